//! A report as bytes on a writer. One file per part of the picture; nothing here runs anything.

mod beliefs;
mod brief;
mod comparison;
mod fold;
mod growth;
mod lane;
mod legend;
mod speedup;
mod text;

pub use beliefs::{Tested, beliefs};
pub use text::Picture;

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
