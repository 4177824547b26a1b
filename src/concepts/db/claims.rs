//! What `db` claims of writers: what taking turns costs, and that no row is lost.

use crate::claims::{Claim, Run, Shown, inconclusive, missed, shown};
use crate::units::duration as time;

/// The rows that were there before the run, that should have come, and that came.
pub(super) const ROWS_BEFORE: &str = "rows_before_count";
pub(super) const ROWS_EXPECTED: &str = "rows_expected_count";
pub(super) const ROWS_FOUND: &str = "rows_found_count";

/// Beyond the time of one after the other, taking turns costs time, for this reason.
#[derive(Debug)]
pub(super) struct TurnsCost(pub(super) &'static str);

impl Claim for TurnsCost {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let ideal = run.ideal()?;
        let (took, beside) = (time(run.wall), missed::beside(run.wall, ideal));
        Some(format!("it took {took}, {beside} one after the other"))
    }

    fn expectation(&self) -> String {
        "that handing over the lock costs time".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (extra, why) = (time(run.wall.checked_sub(run.ideal()?)?), self.0);
        let text = format!("handing over the lock cost another {extra} in all: {why}.");
        Some(shown("turns_cost", text))
    }
}

/// All rows that were written are there.
#[derive(Debug)]
pub(super) struct NothingLost;

impl Claim for NothingLost {
    fn expectation(&self) -> String {
        "that every row is there".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (found, expected) = (run.metric(ROWS_FOUND)?, run.metric(ROWS_EXPECTED)?);
        Some(if found == expected {
            let text = format!("every new row was there at the end: {found} of {found}.");
            shown("nothing_lost", text)
        } else if found > expected {
            inconclusive(format!(
                "{found} new rows were there at the end, but {expected} were written: something else writes to the file, too."
            ))
        } else {
            inconclusive(format!(
                "Of {expected} rows that were written, {found} were there at the end."
            ))
        })
    }
}
