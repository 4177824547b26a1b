//! How many tasks of a strategy failed, and why.

use super::StrategyReport;
use crate::units;

impl StrategyReport {
    /// How many tasks failed, in all repeats.
    pub fn failed_count(&self) -> usize {
        self.failures.iter().map(|failed| failed.count).sum()
    }

    /// Whether more tasks failed than did not.
    pub fn mostly_failed(&self) -> bool {
        self.failed_count() * 2 > self.task_count() * self.wall_s.len()
    }

    /// How many failed, of how many, and why: `2 of 10 failed: timed out`. `None` where none did.
    pub fn failed_in_words(&self) -> Option<String> {
        let causes = match &self.failures[..] {
            [] => return None,
            [one] => one.reason.clone(),
            several => {
                let causes = several.iter();
                let causes = causes.map(|cause| format!("{} × {}", cause.count, cause.reason));
                causes.collect::<Vec<_>>().join(", ")
            }
        };
        let of = units::whole(self.task_count() * self.wall_s.len());
        let failed = units::whole(self.failed_count());
        Some(format!("{failed} of {of} failed: {causes}"))
    }
}
