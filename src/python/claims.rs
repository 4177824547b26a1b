//! What the record of a Python program shows, in sentences.

use std::sync::Arc;
use std::time::Duration;

use super::record::Record;
use crate::claims::{self, Claim, Run, Shown, shown};
use crate::report::{Blocked, Finding, StrategyReport};
use crate::units::{self, duration as time};

/// What `program` shows.
pub(super) fn findings(_record: &Record, program: &[StrategyReport]) -> Vec<Finding> {
    let claims: Vec<Arc<dyn Claim>> = vec![Arc::new(LoopBlocked)];
    claims::findings(
        program.iter().map(|strategy| (strategy, &claims[..])),
        program,
    )
}

/// A task held the event loop, at this line.
#[derive(Debug)]
struct LoopBlocked;

impl Claim for LoopBlocked {
    fn expectation(&self) -> String {
        "that a task holds the event loop".into()
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.strategy
            .blocked
            .iter()
            .any(|blocked| blocked.by.is_some())
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let blocked = run
            .strategy
            .blocked
            .iter()
            .filter(|blocked| blocked.by.is_some());
        let worst = blocked.clone().max_by_key(|blocked| blocked.length())?;
        let by = worst.by.as_deref()?;
        let at = worst
            .location
            .as_deref()
            .map_or_else(String::new, |at| format!(", at {at}"));
        let length = time(worst.length());
        let count = blocked.clone().count();
        let total: Duration = blocked.map(Blocked::length).sum();
        let more = match count {
            1 => String::new(),
            _ => format!(
                " That was the longest of {}, {} in all.",
                units::count(count, "stretch", "stretches"),
                time(total)
            ),
        };
        let text = format!("{by} blocked the event loop for {length}{at}.{more}");
        Some(
            shown("loop_blocked", text)
                .takeaway("Nothing else ran meanwhile: no other task, no other request.")
                .short(format!("event loop blocked for {length}{at}"))
                .tells_of_blocking(),
        )
    }
}
