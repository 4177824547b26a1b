//! Runs the strategies of a concept one after the other, and gathers what they measured.

use anyhow::Result;
use serde_json::Value;

use crate::claims::{NO_GAIN, findings};
use crate::concepts::{About, Strategy};
use crate::lab::origin::{machine, now, program};
use crate::lab::{Audience, Lab};
use crate::report::compare::{equal_work, ratio};
use crate::report::{Report, SCHEMA, StrategyReport};

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
    // The first is what the others are compared with: not where it does other work than they.
    let first_compares = chosen.first().is_some_and(|first| first.differs.is_none());
    for strategy in chosen {
        audience.before(strategy)?;
        let outcome = lab.run(strategy, audience);
        let mut report = outcome.report;
        // Who does other work, or was stopped in the middle of it, cannot be compared.
        let comparable = first_compares && strategy.differs.is_none() && !outcome.stopped;
        report.speedup = speedup(reports.first(), &report)
            .filter(|_| comparable && !is_said_to_gain_nothing(strategy, &report, &reports));
        audience.after(&report)?;
        if !report.wall_s.is_empty() || report.error.is_some() {
            reports.push(report);
        }
        if outcome.stopped {
            break;
        }
    }
    let partial = lab.stop.signal().is_some();
    Ok(Report {
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
    })
}

/// Whether a finding says that it was no faster: then no ratio stands beside that, whatever noise or order made of it.
fn is_said_to_gain_nothing(
    strategy: &Strategy,
    report: &StrategyReport,
    before: &[StrategyReport],
) -> bool {
    let found = findings([(report, &strategy.claims[..])], before);
    found.iter().any(|finding| finding.kind == NO_GAIN)
}

fn speedup(first: Option<&StrategyReport>, this: &StrategyReport) -> Option<f64> {
    match first {
        None => equal_work(this, this).then_some(1.0),
        Some(first) => ratio(first, this),
    }
}
