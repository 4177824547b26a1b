//! Runs the strategies of a concept one after the other, and gathers what they measured.

use std::iter;
use std::sync::Arc;

use anyhow::Result;
use serde_json::Value;

use crate::claims::{Claim, findings};
use crate::concepts::{About, Counterpart, Strategy};
use crate::lab::origin::{machine, now, program};
use crate::lab::{Audience, Lab, Twins};
use crate::report::compare::{equal_work, ratio};
use crate::report::{Finding, INCONCLUSIVE, OnlyInRust, Report, SCHEMA, StrategyReport};

/// Runs what was `chosen`, each strategy in Rust and, where there are `twins`, then in Python. One that fails is
/// reported, and the next one runs.
///
/// # Errors
/// Those of the audience.
pub fn measure(
    about: &About,
    arguments: Value,
    chosen: &[Strategy],
    twins: Option<&Twins>,
    lab: &Lab,
    audience: &mut dyn Audience,
) -> Result<Report> {
    let mut whole = begun(about, arguments, chosen, twins, lab);
    let mut reports: Vec<StrategyReport> = Vec::new();
    // In Rust, and in Python.
    let mut first_is_clear = [true; 2];
    // The first is what the others are compared with: not where it does other work than they.
    let first_compares = chosen.first().is_some_and(|first| first.differs.is_none());
    let mut claims: Vec<&[Arc<dyn Claim>]> = Vec::new();
    'strategies: for strategy in chosen {
        audience.before(strategy)?;
        let twin = twins.and_then(|twins| Some((twins, strategy.in_python()?)));
        for twin in iter::once(None).chain(twin.map(Some)) {
            let (outcome, claimed) = match twin {
                None => (lab.run(strategy, audience), &strategy.claims),
                Some((twins, twin)) => {
                    audience.before_twin(strategy, twin)?;
                    let outcome = twins.run(strategy, twin, None, lab, audience);
                    (outcome, twin.claims_beside(&strategy.claims))
                }
            };
            let mut report = outcome.report;
            // Who does other work, or was stopped in the middle of it, cannot be compared.
            let comparable = first_compares && strategy.differs.is_none() && !outcome.stopped;
            let found = findings([(&report, &claimed[..])], &reports);
            let denied = found.iter().any(Finding::allows_no_ratio);
            let first = reports.iter().find(|it| it.language == report.language);
            let is_clear = &mut first_is_clear[usize::from(report.is_twin())];
            if first.is_none() {
                *is_clear = !found.iter().any(|it| it.kind == INCONCLUSIVE);
            }
            report.speedup = speedup(first, &report).filter(|_| comparable && *is_clear && !denied);
            audience.after(&report)?;
            let began = !report.wall_s.is_empty() || report.did_nothing();
            if began || report.error.is_some() {
                reports.push(report);
                claims.push(claimed);
            }
            if outcome.stopped {
                break 'strategies;
            }
        }
    }
    whole.partial = lab.stop.signal().is_some();
    if !whole.partial {
        whole.findings = findings(reports.iter().zip(claims), &reports);
    }
    whole.strategies = reports;
    // Of a strategy that is compared with one after it, more is known now.
    whole.withhold_ratios();
    Ok(whole)
}

/// The report of what is about to run, with nothing in it yet.
pub(super) fn begun(
    about: &About,
    arguments: Value,
    chosen: &[Strategy],
    twins: Option<&Twins>,
    lab: &Lab,
) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        concept: about.name.to_owned(),
        arguments,
        program: Some(program()),
        started: Some(now()),
        machine: machine(),
        partial: false,
        slow_poll_s: lab.slow_poll.into(),
        strategies: Vec::new(),
        findings: Vec::new(),
        only_in_rust: match twins {
            Some(_) => chosen.iter().filter_map(only_in_rust).collect(),
            None => Vec::new(),
        },
    }
}

/// A strategy without a counterpart in Python, and why it has none.
fn only_in_rust(strategy: &Strategy) -> Option<OnlyInRust> {
    let why = match &strategy.python {
        Some(Counterpart::Twin(_)) => return None,
        Some(Counterpart::None(why)) => *why,
        None => "its Python side is not written",
    };
    Some(OnlyInRust {
        name: strategy.name.to_owned(),
        why: why.to_owned(),
    })
}

fn speedup(first: Option<&StrategyReport>, this: &StrategyReport) -> Option<f64> {
    match first {
        None => (this.wall().is_some() && equal_work(this, this)).then_some(1.0),
        Some(first) => ratio(first, this),
    }
}
