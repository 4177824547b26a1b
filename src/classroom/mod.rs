//! A lesson on a large screen: a slide for each step, votes by show of hands, and runs that go on live.
//!
//! [`Show`] is what is on the screen, and knows of no terminal: a key or news of a run goes in, and out comes
//! what is to be done about it. [`terminal`] puts it into cells and the cells on the terminal, and gives
//! that back as it was.

mod ballot;
mod figures;
mod keys;
mod knob;
mod pane;
mod player;
mod recording;
mod result;
mod show;
mod slide;
pub mod terminal;
mod theme;
mod turning;

pub use keys::{Ask, KEYS, Key, RunRequest};
pub use player::Player;
pub use recording::Recordings;
pub use show::Show;
pub use slide::News;
pub use theme::Theme;
