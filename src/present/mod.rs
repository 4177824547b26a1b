//! A lesson on a large screen: a slide for each step, votes by show of hands, and runs that go on live.
//!
//! [`Show`] is what is on the screen, and knows of no terminal: a key or news of a run goes in, and out comes
//! what is to be done about it. [`draw`] puts it into cells, [`Stage`] puts the cells on the terminal, and gives
//! that back as it was.

mod ansi;
mod ballot;
mod draw;
mod keys;
mod knob;
mod markdown;
mod pane;
mod recording;
mod show;
mod slide;
mod stage;
mod theme;
mod wrap;

pub use draw::{Look, draw};
pub use keys::{Ask, Job, KEYS, Key};
pub use recording::{Shelf, until};
pub use show::Show;
pub use slide::News;
pub use stage::{Heard, Stage, give_back};
pub use theme::Theme;
