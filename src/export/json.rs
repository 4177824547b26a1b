//! `--export-json`: the report as it is; those of a tour as a list.

use std::io::{self, Write};

use super::exhibit::Exhibit;

pub(super) fn write(exhibits: &[Exhibit<'_>], out: &mut dyn Write) -> io::Result<()> {
    match exhibits {
        [one] => serde_json::to_writer(&mut *out, one.report)?,
        several => {
            let reports: Vec<_> = several.iter().map(|exhibit| exhibit.report).collect();
            serde_json::to_writer(&mut *out, &reports)?;
        }
    }
    writeln!(out)
}
