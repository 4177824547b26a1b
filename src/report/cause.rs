//! What tasks failed of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::trace;

/// How many tasks failed of one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedTasks {
    /// The status of the answers that refused, such as HTTP's 503, where there were some.
    pub status: Option<u16>,
    /// In words.
    pub reason: String,
    /// How many.
    pub count: usize,
}

/// What failed in all `runs`, by its cause.
pub(super) fn failures<'a>(runs: impl Iterator<Item = &'a trace::Timeline>) -> Vec<FailedTasks> {
    let mut by_cause: BTreeMap<&trace::Failed, usize> = BTreeMap::new();
    for run in runs {
        let tasks = run.tasks.iter();
        let listed = tasks.filter_map(|task| Some((task.failed.as_ref()?, 1)));
        let rest = run.rest.iter().flat_map(|rest| &rest.failures);
        for (cause, count) in listed.chain(rest.map(|(cause, count)| (cause, *count))) {
            *by_cause.entry(cause).or_default() += count;
        }
    }
    let mut failures: Vec<_> = by_cause
        .into_iter()
        .map(|(cause, count)| FailedTasks {
            status: cause.status,
            reason: cause.reason.clone(),
            count,
        })
        .collect();
    failures.sort_by_key(|failed| std::cmp::Reverse(failed.count));
    failures
}
