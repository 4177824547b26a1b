//! A claim, and what a run shows of it.

use std::fmt;
use std::sync::Arc;

use super::run::Run;
use crate::report::{Finding, INCONCLUSIVE};

/// One thing that a strategy is expected to show: how to see it in the numbers, and how to say it.
pub trait Claim: fmt::Debug + Send + Sync {
    /// What the run should have shown, for one that did not. Reads on after "Expected".
    fn expectation(&self) -> String;

    /// What the run shows; `None` where its numbers do not bear the claim out.
    fn check(&self, run: &Run<'_>) -> Option<Shown>;

    /// Which number does not bear the claim out, and by how much, for a run of which `check` shows nothing. Reads on
    /// after "but". `None` where the figures of every run say it: how long it took, and how many were under way.
    fn missed(&self, _run: &Run<'_>) -> Option<String> {
        None
    }

    /// Whether it tells of tasks that failed: of a run with failures nothing else is claimed.
    fn tells_of_failures(&self) -> bool {
        false
    }

    /// Whether this run can tell at all: where not, nothing is said.
    fn applies(&self, _run: &Run<'_>) -> bool {
        true
    }
}

/// The claims of one strategy, in the order in which they are told.
pub type Claims = Vec<Arc<dyn Claim>>;

/// The kind of a finding that says: no faster than one after the other.
pub const NO_GAIN: &str = "serialised";

/// What the numbers show, ready to be told.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    pub(super) kind: &'static str,
    text: String,
    short: Option<String>,
    takeaway: Option<&'static str>,
    pub(super) tells_of_blocking: bool,
}

/// A finding of this kind: one sentence or two with the figures, without the strategy's name.
pub fn shown(kind: &'static str, text: impl Into<String>) -> Shown {
    Shown {
        kind,
        text: text.into(),
        short: None,
        takeaway: None,
        tells_of_blocking: false,
    }
}

/// The figures of a claim that they neither bear out nor refute.
pub fn inconclusive(figures: impl fmt::Display) -> Shown {
    shown(INCONCLUSIVE, format!("inconclusive. {figures}"))
}

impl Shown {
    /// The figures that decide, for a cell of a table. Without it, that is the first sentence.
    pub fn short(mut self, short: impl Into<String>) -> Self {
        self.short = Some(short.into());
        self
    }

    /// One more sentence.
    pub fn and(mut self, sentence: &str) -> Self {
        self.text.push(' ');
        self.text += sentence;
        self
    }

    /// What to take away from it; said once a report.
    pub fn takeaway(mut self, takeaway: &'static str) -> Self {
        self.takeaway = Some(takeaway);
        self
    }

    /// It tells why the event loop was blocked, so that nothing else need be said of that.
    pub fn tells_of_blocking(mut self) -> Self {
        self.tells_of_blocking = true;
        self
    }

    /// `told` are the findings that the report has already: none says again what to take away, and what was found in
    /// Rust is told of Python in short.
    pub(super) fn of(self, run: &Run<'_>, told: &[Finding]) -> Finding {
        let strategy = &run.strategy.name;
        let first = self.text.split(". ").next().unwrap_or_default();
        let short = match self.short {
            Some(short) => short,
            None => first.trim_end_matches('.').to_owned(),
        };
        let said = |takeaway: &&str| {
            let mut told = told.iter();
            told.any(|told| told.kind == self.kind && told.takeaway.as_deref() == Some(*takeaway))
        };
        let takeaway = self.takeaway.filter(|takeaway| !said(takeaway));
        let moral = takeaway.map_or_else(String::new, |takeaway| format!(" {takeaway}"));
        let beside_rust = run.in_rust().is_some();
        let same = |told: &Finding| {
            told.language.is_none() && &told.strategy == strategy && told.kind == self.kind
        };
        let sentence = match beside_rust && self.kind != "inconclusive" && told.iter().any(same) {
            true => format!("as in Rust, {short}."),
            false => self.text,
        };
        let whose = match beside_rust {
            true => format!("{strategy} in Python"),
            false => strategy.clone(),
        };
        Finding {
            kind: self.kind.to_owned(),
            text: format!("{whose}: {sentence}{moral}"),
            strategy: strategy.clone(),
            language: run.strategy.language.clone().filter(|_| beside_rust),
            sentence,
            takeaway: takeaway.map(str::to_owned),
            short,
        }
    }
}
