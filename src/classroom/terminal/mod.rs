//! The classroom on a terminal: what is on the screen put into cells, and the cells on the terminal.

mod colour;
mod draw;
mod look;
mod stage;

pub use draw::draw;
pub use look::{Look, put_page};
pub use stage::{FullScreen, Heard, give_back, is_gone};
