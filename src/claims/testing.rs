//! Small reports, for the unit tests of claims.

use std::sync::Arc;
use std::time::Duration;

use super::{Claim, findings};
use crate::report::{
    Blocked, Finding, Heartbeat, Outcome, Poll, Runtime, Seconds, StrategyReport, Task,
};

pub(crate) fn ms(millis: u64) -> Seconds {
    Seconds(Duration::from_millis(millis))
}

/// A task from the beginning to `end` that waits.
pub(crate) fn task(label: &str, end: u64, outcome: Outcome) -> Task {
    let poll = Poll {
        start_s: ms(0),
        end_s: ms(0),
        thread: 0,
    };
    Task {
        label: label.to_owned(),
        location: None,
        outcome,
        exception: None,
        failed: None,
        created_s: ms(0),
        start_s: Some(ms(0)),
        end_s: ms(end),
        busy_s: ms(0),
        scheduled_s: ms(0),
        idle_s: ms(end),
        polls: vec![poll],
        wakes_s: Vec::new(),
        woken_by: Vec::new(),
    }
}

/// A stretch in which something held every worker.
pub(crate) fn blocked(start: u64, end: u64, by: Option<&str>) -> Blocked {
    Blocked {
        start_s: ms(start),
        end_s: ms(end),
        by: by.map(str::to_owned),
        location: None,
    }
}

/// A heart that beats every 10 ms, and did not for so long.
pub(crate) fn heartbeat(gap: u64) -> Option<Heartbeat> {
    Some(Heartbeat {
        period_s: ms(10),
        max_gap_s: ms(gap),
        blocked_by: None,
        lane: None,
    })
}

/// A strategy that ran on one thread and one worker.
pub(crate) fn report(name: &str, wall: u64, tasks: Vec<Task>) -> StrategyReport {
    let runtime = Runtime {
        flavor: "current-thread".to_owned(),
        workers: 1,
    };
    StrategyReport {
        wall_s: vec![ms(wall)],
        threads: 1,
        tasks,
        ..StrategyReport::planned(name, "", runtime, None)
    }
}

/// `report` with what its concept has counted.
pub(crate) fn counted(mut report: StrategyReport, metrics: &[(&str, f64)]) -> StrategyReport {
    let metrics = metrics.iter().copied();
    report
        .metrics
        .extend(metrics.map(|(key, value)| (key.to_owned(), value)));
    report
}

/// What is found of one claim, if anything.
pub(crate) fn found(
    claim: impl Claim + 'static,
    report: &StrategyReport,
    all: &[StrategyReport],
) -> Option<Finding> {
    let claims: [Arc<dyn Claim>; 1] = [Arc::new(claim)];
    findings([(report, &claims[..])], all).into_iter().next()
}

/// The kind of what is found of one claim, and its sentence.
pub(crate) fn told(
    claim: impl Claim + 'static,
    report: &StrategyReport,
    all: &[StrategyReport],
) -> String {
    let found = found(claim, report, all);
    found.map_or_else(String::new, |found| {
        format!("{}: {}", found.kind, found.sentence)
    })
}
