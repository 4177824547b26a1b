//! The classroom on a terminal: what is on the screen put into cells, and the cells on the terminal.

mod ansi;
mod draw;
mod markdown;
mod pane;
mod stage;
mod theme;
mod wrap;

pub use draw::{Look, draw};
pub use stage::{Heard, Stage, give_back};
pub use theme::Theme;
