//! What went wrong although the run went on, where nobody overlooks it.

use super::text::Picture;
use crate::page::{Line, Role};
use crate::report::{Report, StrategyReport};

impl Picture {
    /// The tasks that failed in strategies that did not, with the causes: the last line. Nothing where none did.
    pub(super) fn alarm(&self, report: &Report) -> Vec<Line> {
        match in_words(&report.strategies) {
            Some(words) => self.wrapped(Role::Alarm, &words, Line::of(Role::Alarm, "! "), 2),
            None => Vec::new(),
        }
    }
}

/// `concurrent: 2 of 10 failed: timed out. limited: 1 of 10 failed: timed out.` Nothing where none did, and of
/// strategies that failed as a whole: those say so themselves, and so does the exit code.
pub fn in_words(strategies: &[StrategyReport]) -> Option<String> {
    let in_part = strategies.iter().filter(|it| it.error.is_none());
    let words = in_part.filter_map(|it| Some(format!("{}: {}.", it.name, it.failed_in_words()?)));
    let words: Vec<_> = words.collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::report;
    use crate::report::FailedTasks;

    #[test]
    fn every_strategy_with_failures_is_named_with_the_cause() {
        let failing = |name: &str, count| {
            let mut strategy = report(name, 100, Vec::new());
            let reason = "timed out".to_owned();
            strategy.failures = vec![FailedTasks {
                status: None,
                reason,
                count,
            }];
            strategy
        };
        let well = report("sequential", 100, Vec::new());
        assert_eq!(in_words(std::slice::from_ref(&well)), None);
        let told = in_words(&[well, failing("concurrent", 2), failing("limited", 1)]);
        let expected = "concurrent: 2 of 0 failed: timed out. limited: 1 of 0 failed: timed out.";
        assert_eq!(told.as_deref(), Some(expected));
        let mut broken = failing("concurrent", 2);
        broken.error = Some("no".to_owned());
        assert_eq!(in_words(&[broken]), None);
    }
}
