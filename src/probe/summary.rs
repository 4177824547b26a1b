//! From what was asked and answered to the strategies and findings of a report.

use std::sync::Arc;
use std::time::Duration;

use super::ask::Probed;
use super::claims::claim;
use super::plan::ProbePlan;
use super::verdict::{Judged, judge};
use crate::claims::{Claim, findings};
use crate::report::{Finding, Measured, Runtime, StrategyReport};

/// The strategy of a request alone.
const ALONE: &str = "alone";

/// The strategy of many at once.
const AT_ONCE: &str = "at-once";

/// What a report says of a service.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Requests alone, and many at once, if it came to that.
    pub strategies: Vec<StrategyReport>,
    /// One: what it shows. None where somebody stopped it.
    pub findings: Vec<Finding>,
    /// What it rests on.
    pub judged: Judged,
}

/// What was seen, as a report has it.
pub fn summary(plan: &ProbePlan, mut probed: Probed) -> Summary {
    let judged = judge(&probed.observed);
    let claim: Arc<dyn Claim> = claim(&judged, &probed.observed, plan.time);
    let alone = std::mem::take(&mut probed.alone);
    let mut strategies = Vec::new();
    if !alone.is_empty() {
        strategies.push(planned(1).with_runs(&alone));
    }
    if !probed.rounds.is_empty() {
        // Those that show something else would be drawn beside a finding that they do not bear out.
        let shown = judged.rounds.iter().map(|at| probed.rounds[*at].clone());
        let shown: Vec<Measured> = shown.collect();
        let mut at_once = planned(probed.observed.at_once).with_runs(&shown);
        at_once.metrics = metrics(&probed, &judged);
        strategies.push(at_once);
    }
    if let Some(failure) = &probed.no_ping
        && let Some(ping) = &plan.ping
    {
        let mut failed = planned(1);
        failed.error = Some(format!("{} (--ping) cannot be pinged: {failure}", ping.url));
        strategies.push(failed);
    }
    let findings = match (probed.stopped, strategies.last()) {
        (false, Some(last)) => findings([(last, &[claim][..])], &strategies),
        _ => Vec::new(),
    };
    Summary {
        strategies,
        findings,
        judged,
    }
}

/// The strategy of so many requests at once, before it has run.
pub fn planned(count: usize) -> StrategyReport {
    let runtime = Runtime {
        flavor: "current-thread".to_owned(),
        workers: 1,
    };
    let (name, summary) = match count {
        1 => (ALONE, "one request, and nothing else under way".to_owned()),
        _ => (AT_ONCE, format!("{count} requests, all at once")),
    };
    StrategyReport::planned(name, &summary, runtime, None)
}

fn metrics(probed: &Probed, judged: &Judged) -> std::collections::BTreeMap<String, f64> {
    let rounds = &probed.observed.rounds;
    let seconds = |of: Option<Duration>| of.map(|of| of.as_secs_f64());
    let counted = [
        ("rounds_count", Some(rounds.len() as f64)),
        ("agreeing_rounds_count", Some(judged.rounds.len() as f64)),
        ("longest_ping_s", seconds(judged.longest_ping)),
        ("quiet_ping_s", seconds(probed.observed.quiet_ping)),
        (
            "pings_failed_count",
            Some(probed.pings_failed as f64).filter(|failed| *failed > 0.0),
        ),
    ];
    let counted = counted.into_iter();
    counted
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}
