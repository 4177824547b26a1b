//! Runs the strategies of a concept one after the other, and gathers what they measured.

use anyhow::Result;
use serde_json::Value;

use crate::claims::findings;
use crate::concepts::{About, Strategy};
use crate::lab::origin::{machine, now, program};
use crate::lab::{Audience, Lab};
use crate::report::compare::{equal_work, ratio};
use crate::report::{Finding, INCONCLUSIVE, Report, SCHEMA, StrategyReport};

/// Runs what was `chosen`. A strategy that fails is reported, and the next one runs.
///
/// # Errors
/// Those of the audience.
pub fn measure(
    about: &About,
    arguments: Value,
    chosen: &[Strategy],
    lab: &Lab,
    audience: &mut dyn Audience,
) -> Result<Report> {
    let started = now();
    let mut reports: Vec<StrategyReport> = Vec::new();
    let mut first_is_clear = true;
    // The first is what the others are compared with: not where it does other work than they.
    let first_compares = chosen.first().is_some_and(|first| first.differs.is_none());
    for strategy in chosen {
        audience.before(strategy)?;
        let outcome = lab.run(strategy, audience);
        let mut report = outcome.report;
        // Who does other work, or was stopped in the middle of it, cannot be compared.
        let comparable = first_compares && strategy.differs.is_none() && !outcome.stopped;
        let found = findings([(&report, &strategy.claims[..])], &reports);
        let denied = found.iter().any(Finding::allows_no_ratio);
        if reports.is_empty() {
            first_is_clear = !found.iter().any(|it| it.kind == INCONCLUSIVE);
        }
        report.speedup =
            speedup(reports.first(), &report).filter(|_| comparable && first_is_clear && !denied);
        audience.after(&report)?;
        let began = !report.wall_s.is_empty() || report.did_nothing();
        if began || report.error.is_some() {
            reports.push(report);
        }
        if outcome.stopped {
            break;
        }
    }
    let partial = lab.stop.signal().is_some();
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        concept: about.name.to_owned(),
        arguments,
        program: Some(program()),
        started: Some(started),
        machine: machine(),
        partial,
        slow_poll_s: lab.slow_poll.into(),
        findings: if partial {
            Vec::new()
        } else {
            let claims = chosen.iter().map(|strategy| &strategy.claims[..]);
            findings(reports.iter().zip(claims), &reports)
        },
        strategies: reports,
    };
    // Of a strategy that is compared with one after it, more is known now.
    report.withhold_ratios();
    Ok(report)
}

fn speedup(first: Option<&StrategyReport>, this: &StrategyReport) -> Option<f64> {
    match first {
        None => (this.wall().is_some() && equal_work(this, this)).then_some(1.0),
        Some(first) => ratio(first, this),
    }
}
