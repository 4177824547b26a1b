//! From claims to findings: the only place where one is made.

use std::sync::Arc;

use super::claim::{Claim, Shown, inconclusive};
use super::event_loop;
use super::run::Run;
use crate::report::{Finding, StrategyReport};
use crate::units::{self, duration as time};

/// What the numbers of each strategy show of its claims, and whether its loop was blocked, which is
/// looked for always. `all` are the strategies of the same report, `before` what was found of others.
pub fn findings<'a>(
    claimed: impl IntoIterator<Item = (&'a StrategyReport, &'a [Arc<dyn Claim>])>,
    all: &[StrategyReport],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    find_more(claimed, all, &mut findings);
    findings
}

/// [`findings`], where some were found before: what those say to take away is not said again.
pub fn find_more<'a>(
    claimed: impl IntoIterator<Item = (&'a StrategyReport, &'a [Arc<dyn Claim>])>,
    all: &[StrategyReport],
    findings: &mut Vec<Finding>,
) {
    for (strategy, claims) in claimed {
        let has_run = !strategy.wall_s.is_empty() || strategy.did_nothing();
        if strategy.error.is_some() || !has_run {
            continue;
        }
        let run = Run::new(strategy, all);
        for shown in checked(&run, claims) {
            let finding = shown.of(&run, findings);
            findings.push(finding);
        }
    }
}

fn checked(run: &Run<'_>, claims: &[Arc<dyn Claim>]) -> Vec<Shown> {
    let failed = run.strategy.failed_count() > 0;
    let claims = claims
        .iter()
        .filter(|claim| claim.tells_of_failures() == failed && claim.applies(run));
    let mut shown: Vec<Shown> = claims
        .map(|claim| {
            let shown = claim.check(run);
            shown.unwrap_or_else(|| not_borne_out(run, &**claim))
        })
        .collect();
    if let (true, Some(words)) = (shown.is_empty(), run.strategy.failed_in_words()) {
        shown.push(super::shown("failed", format!("{words}.")));
    }
    if !shown.iter().any(|shown| shown.tells_of_blocking) {
        shown.extend(event_loop::unforeseen(run));
    }
    shown
}

fn not_borne_out(run: &Run<'_>, claim: &dyn Claim) -> Shown {
    let took = format!("took {}", time(run.wall));
    let ideal = run.ideal().map(|ideal| format!("ideal {}", time(ideal)));
    let gap = |gap| format!("longest heartbeat gap {}", time(gap));
    let gap = run.max_gap().map(gap);
    let at_once = format!("at most {} under way at once", units::whole(run.in_flight));

    let short = [Some(took.clone()), ideal.clone(), gap.clone()];
    let short = short.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let figures = [Some(took), ideal, Some(at_once), gap];
    let figures = figures.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let expected = claim.expectation();
    let but = match claim.missed(run) {
        Some(missed) => format!("{missed}. The run"),
        None => "it".to_owned(),
    };
    inconclusive(format!("Expected {expected}, but {but} {figures}."))
        .short(format!("inconclusive: {short}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{self, found, ms, report, task};
    use crate::claims::{BlocksTheLoop, Claims, Overlapped, shown};
    use crate::report::Outcome;

    #[test]
    fn what_to_take_away_is_said_once_a_report() {
        let tasks = || vec![task("one", 100, Outcome::Completed); 2];
        let all = [
            report("join", 100, tasks()),
            report("spawned", 100, tasks()),
        ];
        let claims: Claims = vec![Arc::new(Overlapped)];
        let found = findings(all.iter().map(|report| (report, &claims[..])), &all);
        let takeaways = found.iter().map(|finding| finding.takeaway.as_deref());
        let expected = [Some("Waiting needs no thread."), None];
        assert_eq!(takeaways.collect::<Vec<_>>(), expected);
        let [first, second] = [&found[0], &found[1]].map(|it| it.text.as_str());
        assert!(first.starts_with("join: the waits overlapped. "), "{first}");
        assert!(first.ends_with(" Waiting needs no thread."), "{first}");
        assert_eq!(second, format!("spawned: {}", found[1].sentence));
    }

    #[test]
    fn a_task_that_is_called_heartbeat_counts_as_any_other() {
        let tasks = ["heartbeat", "other"].map(|label| task(label, 100, Outcome::Completed));
        let finding = found(Overlapped, &report("join", 100, tasks.into()), &[]).unwrap();
        assert_eq!(finding.kind, "overlapped");
        assert_eq!(finding.short, "200 ms of waiting took 100 ms, on 1 thread");
    }

    #[test]
    fn what_is_not_borne_out_is_called_so_with_its_figures() {
        let mut late = report("join", 612, vec![task("one", 100, Outcome::Completed); 2]);
        late.ideal_s = Some(ms(100));
        let finding = found(Overlapped, &late, &[]).unwrap();
        assert_eq!(finding.kind, "inconclusive");
        assert_eq!(
            finding.sentence,
            "inconclusive. Expected the longest wait, all at once, but it took 612 ms, 512 ms (512 %) more than 100 ms, where 20 ms are allowed. The run took 612 ms, ideal 100 ms, at most 2 under way at once."
        );
        assert_eq!(finding.short, "inconclusive: took 612 ms, ideal 100 ms");
    }

    #[test]
    fn a_finding_without_short_words_is_told_by_its_first_sentence() {
        let ran = report("x", 100, Vec::new());
        let short = |shown: Shown| shown.of(&Run::new(&ran, &[]), &[]).short;
        let whole = shown("nothing_lost", "every row is there: 4 of 4.");
        assert_eq!(short(whole), "every row is there: 4 of 4");
        let two = shown("hidden", "it held 1.5 s. The other hid it.");
        assert_eq!(short(two), "it held 1.5 s");
    }

    #[test]
    fn a_blocked_loop_is_told_unless_a_claim_has_told_it_or_it_is_too_short() {
        let blocked = |millis| StrategyReport {
            blocked: vec![testing::blocked(0, millis, Some("one"))],
            ..report("x", 300, Vec::new())
        };
        let count = |millis, claims: &[Arc<dyn Claim>]| {
            let blocked = blocked(millis);
            findings([(&blocked, claims)], &[]).len()
        };
        assert_eq!((count(60, &[]), count(40, &[])), (1, 0));
        assert_eq!(count(60, &[Arc::new(BlocksTheLoop)]), 1);
        assert_eq!(count(60, &[Arc::new(Overlapped)]), 2);
    }
}
