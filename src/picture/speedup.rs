//! How much faster, in words.

use crate::report::StrategyReport;
use crate::report::compare::CLEARLY;

/// How much faster or slower than the first. Nothing within the spread, in a report of an earlier
/// version either, and nothing where tasks failed: then, how many did.
pub fn faster(strategy: &StrategyReport) -> String {
    if let Some(failed) = strategy.failed_in_words() {
        let (count, _) = failed.split_once(':').unwrap_or((&failed, ""));
        return count.to_owned();
    }
    let least = if strategy.wall_s.len() == 1 {
        CLEARLY
    } else {
        1.01
    };
    match strategy.speedup {
        Some(times) if times >= least => format!("{times:.2}× faster"),
        Some(times) if times > 0.0 && 1.0 / times >= least => {
            format!("{:.2}× slower", 1.0 / times)
        }
        _ => String::new(),
    }
}
