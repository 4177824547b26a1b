//! Text for a terminal: how it is styled, wrapped and encoded, Markdown, and source code.

mod code;
mod command_line;
mod markdown;
mod python;
mod rust;
mod style;

pub use code::{Language, Source, beside, code, headed};
pub use command_line::command_line;
pub use markdown::markdown;
pub use style::{Paint, Style};
pub(crate) use style::{columns, fit};
