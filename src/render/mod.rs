//! A report as bytes on a writer. One file per format; nothing here runs anything.

mod axis;
mod beliefs;
mod brief;
mod code;
mod command_line;
mod comparison;
mod growth;
mod legend;
mod markdown;
mod python;
mod rail;
mod rust;
mod style;
mod text;

pub use beliefs::{Tested, beliefs};
pub use code::{Language, Source, beside, code, headed};
pub use command_line::command_line;
pub use markdown::markdown;
pub use style::{Paint, Style};
pub use text::Text;

use std::io::{self, Write};

use crate::report::Report;

/// Writes the report alone, as JSON, and a newline.
///
/// # Errors
/// Those of `writer`.
pub fn json(report: &Report, writer: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, report)?;
    writeln!(writer)
}
