//! A report as bytes on a writer. One file per part of the picture; nothing here runs anything.

mod alarm;
mod beliefs;
mod brief;
mod comparison;
mod fitting;
mod fold;
mod growth;
mod lane;
mod legend;
mod speedup;
mod text;
mod twins;

pub use alarm::in_words as failures_in_words;
pub use beliefs::{Tested, beliefs};
pub use fitting::Subject;
pub use fold::{DrawnLanes, lanes_in};
pub use speedup::faster;
pub use text::Picture;

use std::io::{self, Write};

use crate::report::Report;

const PARTIAL: &str = "partial: stopped before the end; what is above was measured until then";

/// Writes the report alone, as JSON, and a newline.
///
/// # Errors
/// Those of `writer`.
pub fn json(report: &Report, writer: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, report)?;
    writeln!(writer)
}
