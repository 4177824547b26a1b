//! What pages are made of.

use std::collections::HashMap;

use crate::lesson::{CodeLanguage, Lesson};
use crate::report::Report;

/// A course whose lines were run.
#[derive(Debug)]
pub struct SiteCourse<'a> {
    /// What tells it from others: under this, a browser keeps the answers.
    pub identity: String,
    /// In order.
    pub lessons: &'a [Lesson],
    /// What came of each command line.
    pub runs: HashMap<String, SiteRun>,
}

/// A run as a page shows it.
#[derive(Debug)]
pub struct SiteRun {
    /// What was measured.
    pub report: Report,
    /// Its lanes: an SVG that plays by itself.
    pub picture: String,
    /// What it was run without, and why.
    pub note: Option<String>,
    /// The code that ran.
    pub code: Vec<SiteCode>,
}

/// The code of a strategy.
#[derive(Debug)]
pub struct SiteCode {
    /// As typed after `--strategy`.
    pub strategy: String,
    /// What it is written in.
    pub language: CodeLanguage,
    /// The text.
    pub text: String,
}
