//! What `locks` claims: which updates are lost, and what it costs to keep them all.

use std::time::Duration;

use crate::claims::{Claim, Run, Shown, missed, near, shown};
use crate::units::{self, duration as time};

/// How many requests sold a ticket, and how many of those were not counted.
pub(super) const REQUESTS: &str = "requests_count";
pub(super) const LOST: &str = "updates_lost_count";
/// The longest that a request waited for the lock.
pub(super) const LONGEST_WAIT: &str = "longest_wait_for_lock_s";

/// On one thread, and without a lock, updates are lost.
#[derive(Debug)]
pub(super) struct LosesUpdates;

impl Claim for LosesUpdates {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (lost, of) = (run.metric(LOST)?, run.metric(REQUESTS)?);
        Some(format!("{lost} of {of} updates were lost"))
    }

    fn expectation(&self) -> String {
        "that updates are lost on one thread".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (lost, of) = (run.metric(LOST)?, run.metric(REQUESTS)?);
        (lost > 0.0 && run.strategy.threads == 1).then(|| {
            shown("updates_lost", format!("{of} tickets were sold, and {lost} of them not counted, on one thread: while a request awaited, others read the number that it was about to change."))
                .takeaway("At an await others run: what was read before it may be old after it.")
                .short(format!("{lost} of {of} updates lost, on 1 thread"))
        })
    }
}

/// Without an await between read and write nothing is lost on one thread, though the requests overlap.
#[derive(Debug)]
pub(super) struct NothingBetween;

impl Claim for NothingBetween {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let apart = (run.in_flight < 2).then(|| missed::at_once(run));
        lost(run).or(apart)
    }

    fn expectation(&self) -> String {
        "that no update is lost, though the requests overlap".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (of, at_once) = (run.metric(REQUESTS)?, units::whole(run.in_flight));
        self.missed(run).is_none().then(|| {
            shown("nothing_between", format!("all {of} updates were kept, without a lock, with {at_once} requests under way at once on one thread: there is no await between read and write."))
                .takeaway("Between two awaits a task has its thread to itself.")
                .short(format!("0 of {of} updates lost, without a lock"))
        })
    }
}

/// Nothing is lost with a lock that each holds for so long, one after the other.
#[derive(Debug)]
pub(super) struct TakesTurns(pub(super) Duration);

impl Claim for TakesTurns {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        lost_or_hardly_waited(run, self.0)
    }

    fn expectation(&self) -> String {
        "that no update is lost, and that the requests take turns".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (of, waited) = (run.metric(REQUESTS)?, time(run.time(LONGEST_WAIT)?));
        self.missed(run).is_none().then(|| {
            shown("took_turns", format!("all {of} updates were kept: one request at a time had the lock, and the last waited {waited} for it."))
                .takeaway("What is read before an await and written after it needs a lock that is held across it.")
                .short(format!("0 of {of} updates lost; the last waited {waited}"))
        })
    }
}

/// The lock is held across a call, too, so long in all. Set beside the other strategy, which holds it for less.
#[derive(Debug)]
pub(super) struct AllWait(pub(super) Duration, pub(super) &'static str);

impl Claim for AllWait {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        lost_or_hardly_waited(run, self.0)
    }

    fn expectation(&self) -> String {
        "that each request waits for the payments of all before it".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (held, waited) = (time(self.0), time(run.time(LONGEST_WAIT)?));
        let beside = run.comparable(self.1).map_or_else(String::new, |other| {
            let (there, than) = (self.1, time(other.wall));
            format!(" With the lock around the update alone ({there}) it took {than}.")
        });
        self.missed(run).is_none().then(|| {
            let took = time(run.wall);
            shown("lock_held_across", format!("each request had the lock for {held}, its payment included, and the last waited {waited} for it. It took {took}.{beside}"))
                .takeaway("Hold a lock for the update alone: whatever it is held across, everybody waits for.")
                .short(format!("the last waited {waited} for the lock"))
        })
    }
}

/// A lock with no await under it: nothing is lost on several workers, and the requests overlap.
#[derive(Debug)]
pub(super) struct ShortSections;

impl Claim for ShortSections {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        lost(run).or_else(|| missed::hardly_gained(run))
    }

    fn expectation(&self) -> String {
        NothingBetween.expectation()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (of, at_once) = (run.metric(REQUESTS)?, units::whole(run.in_flight));
        self.missed(run).is_none().then(|| {
            let (workers, took) = (run.strategy.runtime.workers, time(run.wall));
            shown("short_sections", format!("all {of} updates were kept on {workers} workers, with {at_once} requests under way at once, and it took {took}: each holds the lock for one line."))
                .takeaway("Where nothing is awaited under the lock, the lock of std is the right one.")
        })
    }
}

/// Updates were lost.
fn lost(run: &Run<'_>) -> Option<String> {
    let (lost, of) = (run.metric(LOST)?, run.metric(REQUESTS)?);
    (lost > 0.0).then(|| format!("{lost} of {of} updates were lost"))
}

/// Each holds the lock for so long: some update was lost, or the last did not wait for all the others.
fn lost_or_hardly_waited(run: &Run<'_>, held: Duration) -> Option<String> {
    lost(run).or_else(|| {
        let (waited, of) = (run.time(LONGEST_WAIT)?, run.metric(REQUESTS)?);
        let least = held.mul_f64((of - 1.0).max(0.0));
        let enough = waited >= least || near(waited, least);
        (!enough).then(|| {
            let (waited, least) = (time(waited), time(least));
            format!("the last waited {waited} for the lock, where {least} are needed")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{self, counted, task, told};
    use crate::report::{Outcome, StrategyReport};

    const HELD: Duration = Duration::from_millis(50);

    /// Five requests at once, of which so many updates were lost.
    fn report(lost: f64, longest_wait: f64) -> StrategyReport {
        let tasks = vec![task("request", 250, Outcome::Completed); 5];
        let counts = [(REQUESTS, 5.0), (LOST, lost), (LONGEST_WAIT, longest_wait)];
        counted(testing::report("it", 250, tasks), &counts)
    }

    #[test]
    fn what_is_lost_is_what_was_counted() {
        assert_eq!(
            told(LosesUpdates, &report(4.0, 0.0), &[]),
            "updates_lost: 5 tickets were sold, and 4 of them not counted, on one thread: while a request awaited, others read the number that it was about to change."
        );
        for told in [
            told(NothingBetween, &report(0.0, 0.0), &[]),
            told(ShortSections, &report(0.0, 0.0), &[]),
        ] {
            assert!(told.contains("all 5 updates were kept"), "{told}");
            assert!(told.contains("5 requests under way at once"), "{told}");
        }
        for (told, lost) in [
            (told(LosesUpdates, &report(0.0, 0.0), &[]), 0),
            (told(NothingBetween, &report(1.0, 0.0), &[]), 1),
            (told(ShortSections, &report(1.0, 0.0), &[]), 1),
            (told(TakesTurns(HELD), &report(1.0, 0.2), &[]), 1),
            (told(AllWait(HELD, "other"), &report(1.0, 0.2), &[]), 1),
        ] {
            let why = format!("but {lost} of 5 updates were lost.");
            assert!(told.starts_with("inconclusive"), "{told}");
            assert!(told.contains(&why), "{told}");
        }
    }

    #[test]
    fn whoever_comes_last_waits_for_all_the_others_or_they_took_no_turns() {
        let told = |wait| told(TakesTurns(HELD), &report(0.0, wait), &[]);
        for wait in [0.19, 0.2, 0.9] {
            assert!(told(wait).contains("the last waited"), "{}", told(wait));
        }
        let none = told(0.1);
        let why = "but the last waited 100 ms for the lock, where 200 ms are needed.";
        assert!(
            none.starts_with("inconclusive") && none.contains(why),
            "{none}"
        );
    }

    #[test]
    fn a_lock_held_for_longer_is_set_beside_one_held_for_less() {
        let held = report(0.0, 0.2);
        let alone = told(AllWait(HELD, "other"), &held, &[]);
        assert!(alone.ends_with("It took 250 ms."), "{alone}");
        let mut other = report(0.0, 0.0);
        other.name = "other".to_owned();
        let both = told(AllWait(HELD, "other"), &held, &[other]);
        let beside = "With the lock around the update alone (other) it took 250 ms.";
        assert!(both.ends_with(beside), "{both}");
    }
}
