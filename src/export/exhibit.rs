//! What a format is given.

use crate::report::{Figure, Report};

/// A report, and what its concept says of itself.
#[derive(Clone, Debug)]
pub struct Exhibit<'a> {
    /// What was measured.
    pub report: &'a Report,
    /// A few words: `two waits at once`. Empty where there are none.
    pub title: &'a str,
    /// What its strategies are compared by.
    pub figure: Figure,
    /// The code that ran, strategy by strategy. Empty where it is not known, or was another one.
    pub code: Vec<Listing<'a>>,
}

/// The code of one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<'a> {
    /// As typed after `--strategy`.
    pub strategy: &'a str,
    /// As in its report: `None` is Rust.
    pub language: Option<&'static str>,
    /// The file that it stands in, as locations in the report name it.
    pub file: String,
    /// The number of its first line there.
    pub first_line: usize,
    /// The text.
    pub text: &'a str,
}

impl Exhibit<'_> {
    /// What stands above it: `gather: two waits at once`.
    pub(super) fn heading(&self) -> String {
        match self.title {
            "" => self.report.concept.clone(),
            title => format!("{}: {title}", self.report.concept),
        }
    }

    /// When, where and by what it was measured: `2026-11-26T22:00:00Z · linux x86_64, 2 cores · asyncdemo 0.1.0`.
    pub(super) fn origin(&self) -> String {
        self.report.origin()
    }
}
