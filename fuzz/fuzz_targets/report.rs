//! Any bytes as a report: refused with a reason, or drawn and written in every format.
#![no_main]

use asyncdemo::export::{Exhibit, FORMATS};
use asyncdemo::page::{Style, to_ansi};
use asyncdemo::picture::Picture;
use asyncdemo::report::{Figure, Report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = Report::from_json(bytes) else { return };
    for width in [1, 40, 80] {
        let style = Style { width, ..Style::default() };
        to_ansi(&Picture::report(&report, style), &style);
    }
    let exhibit = [Exhibit { report: &report, title: "", figure: Figure::Wall, code: Vec::new() }];
    for format in FORMATS {
        (format.write)(&exhibit, &mut std::io::sink()).expect("a sink takes everything");
    }
});
