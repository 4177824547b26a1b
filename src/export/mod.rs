//! A report as a file for somebody else: one file of this folder for each format, and one line of [`FORMATS`].
//!
//! A format gets what was measured and gives bytes: it opens nothing, and it runs nothing.

mod drawing;
mod exhibit;
mod html;
mod json;
mod markdown;
mod perfetto;
mod svg;

use std::io::{self, Write};

pub use exhibit::{Exhibit, Listing};

/// A way of writing reports, and the flag that asks for it.
#[derive(Debug)]
pub struct ExportFormat {
    /// Without its dashes.
    pub flag: &'static str,
    /// What the help says of it.
    pub help: &'static str,
    /// Whether a terminal can show it.
    pub is_text: bool,
    /// Writes all of it: one report of a concept, several of a tour.
    pub write: fn(&[Exhibit<'_>], &mut dyn Write) -> io::Result<()>,
}

/// Every format, in the order in which the help has them.
pub static FORMATS: &[ExportFormat] = &[
    ExportFormat {
        flag: "export-json",
        help: "Write the report to FILE as JSON: for replay, compare, and programs",
        is_text: true,
        write: json::write,
    },
    ExportFormat {
        flag: "export-markdown",
        help: "Write table, findings and lanes to FILE as Markdown: for an issue or a pull request",
        is_text: true,
        write: markdown::write,
    },
    ExportFormat {
        flag: "export-svg",
        help: "Write the lanes to FILE as a picture that plays: for a README or a slide",
        is_text: true,
        write: svg::write,
    },
    ExportFormat {
        flag: "export-html",
        help: "Write a page to FILE: play, step, zoom and search the lanes in a browser",
        is_text: true,
        write: html::write,
    },
    ExportFormat {
        flag: "export-perfetto",
        help: "Write the tracks to FILE as a trace: for ui.perfetto.dev",
        is_text: false,
        write: perfetto::write,
    },
];
