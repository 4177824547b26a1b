//! A report that was saved earlier, drawn again:
//!
//! `asyncdemo gather --format json > report.json`
//! `cargo run --release --example render_a_report -- report.json`
//!
//! Without a file it draws the one that lies beside this example.
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::fs;

use asyncdemo::page::{Style, to_ansi};
use asyncdemo::picture::Picture;
use asyncdemo::report::Report;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1);
    let file = file
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/examples/gather.json").to_owned());
    let json =
        fs::read_to_string(&file).map_err(|error| format!("{file} could not be read: {error}"))?;
    let report: Report =
        serde_json::from_str(&json).map_err(|error| format!("{file} is no report: {error}"))?;

    println!(
        "{} on {} cores, {}\n",
        report.concept, report.machine.cores, report.machine.os
    );
    let style = Style::default();
    print!("{}", to_ansi(&Picture::report(&report, style), &style));
    Ok(())
}
