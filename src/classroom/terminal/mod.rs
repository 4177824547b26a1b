//! The classroom on a terminal: what is on the screen put into cells, and the cells on the terminal.

mod colour;
mod draw;
mod stage;

pub use draw::{Look, draw};
pub use stage::{FullScreen, Heard, give_back, is_gone};
