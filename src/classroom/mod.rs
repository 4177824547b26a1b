//! A lesson in front of a class: a slide for each step, votes in two rounds, and runs that go on live.
//!
//! [`Show`] is what is on the screen, and knows of no terminal: a key or news of a run goes in, and out comes
//! what is to be done about it. [`terminal`] puts it into cells and the cells on the terminal, and gives
//! that back as it was.

mod ballot;
mod ballot_pane;
mod code;
mod export;
mod figures;
mod join;
mod keys;
mod knob;
mod pane;
mod player;
mod posted;
mod recording;
mod result;
mod rounds;
mod show;
mod slide;
pub mod terminal;
mod text;
mod theme;
mod turning;
mod voting;
mod walk;

pub use keys::{Ask, CsvFile, KEYS, Key, RunRequest};
pub use player::Player;
pub use posted::{HostPage, VoterPage};
pub use recording::Recordings;
pub use rounds::{Device, MOST_DEVICES, VoteRound};
pub use show::{Addresses, Show};
pub use slide::News;
pub use theme::Theme;
pub use voting::{Ballot, Vote, VoteRefused};
