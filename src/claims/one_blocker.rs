//! Claims about one blocker among several workers.
//!
//! One worker at a time watches sockets and timers. Tokio's worker that was woken by them polls what they woke before
//! it passes that on, and wakes nobody for a single task. If that poll blocks, the other workers sleep, and nothing
//! wakes them: <https://github.com/tokio-rs/tokio/issues/4730>. So it depends on who wakes whom whether one blocker
//! stops everything or nothing.

use std::time::Duration;

use super::event_loop::{AWAKE, workers_held};
use super::{Claim, Run, Shown, inconclusive, shown};
use crate::report::Task;
use crate::units::{self, duration as time};

const NO_BOUND: &str = "More workers make it rarer and harder to reproduce, they do not bound the damage: one blocker, \
    if it has the driver, stops everything; as many blockers as workers do so for certain.";

/// One blocker stops all workers, as it holds the one that watches sockets and timers.
#[derive(Debug)]
pub struct OneStopsAll;

impl Claim for OneStopsAll {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let gap = time(run.max_gap()?);
        let held = run.worst_stretch();
        let held = held.map_or(0, |worst| workers_held(run, worst));
        let workers = run.strategy.runtime.workers;
        Some(format!(
            "{held} of {workers} workers were held while nothing ran, where 1 of several is needed; the heartbeat's longest gap was {gap}"
        ))
    }

    fn expectation(&self) -> String {
        "that one blocker stops every worker".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (worst, workers) = (run.worst_stretch()?, run.strategy.runtime.workers);
        let by = worst.by.as_ref()?;
        (workers_held(run, worst) == 1 && workers > 1).then(|| {
            let (longest, missed) = (time(worst.length()), run.beats(worst.length()));
            let text = format!(
                "{by} held one of {workers} workers for {longest}, and nothing else ran. The heartbeat was due {missed} times meanwhile, and the other {} slept: the one that was held is the one that watches sockets and timers.",
                others(workers)
            );
            let short = format!("one of {workers} workers was held: nothing ran for {longest}");
            shown("one_stops_all", text)
                .takeaway(NO_BOUND)
                .short(short)
                .tells_of_blocking()
        })
    }
}

/// One blocker on one of several workers: whether that stopped the others in this run.
#[derive(Debug)]
pub struct OneBlocker;

impl Claim for OneBlocker {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let held = run
            .started
            .iter()
            .map(|task| longest_poll(task))
            .max()
            .unwrap_or_default();
        let (held, awake) = (time(held), time(AWAKE));
        Some(format!(
            "no poll was longer than {held}, where more than {awake} are needed"
        ))
    }

    fn expectation(&self) -> String {
        "one worker to be held".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        if let Some(stopped) = OneStopsAll.check(run) {
            return Some(stopped.and("It may go the other way in the next run."));
        }
        let gap = run.max_gap()?;
        let slow = |task: &&&Task| longest_poll(task) > AWAKE;
        let by = run.started.iter().find(slow)?;
        let workers = run.strategy.runtime.workers;
        let held = longest_poll(by);
        let (label, for_, apart) = (&by.label, time(held), time(gap));
        if gap > AWAKE {
            return Some(inconclusive(format!(
                "{label} held one of {workers} workers for {for_}, and the heartbeat's longest gap was {apart}: too long for a free worker (at most {}), too short for a stop of all.",
                time(AWAKE)
            )));
        }
        let text = format!(
            "{label} held one of {workers} workers for {for_}, and in this run the heartbeat went on, never more than {apart} apart: one of the other {} watched the timers. It may go the other way in the next run (--strategy unlucky-worker).",
            others(workers)
        );
        Some(shown("one_held", text).takeaway(NO_BOUND))
    }
}

fn others(workers: usize) -> String {
    units::count(workers.saturating_sub(1), "worker", "workers")
}

fn longest_poll(task: &Task) -> Duration {
    let polls = task.polls.iter().map(|poll| poll.duration().0);
    polls.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{blocked, heartbeat, ms, report, task, told};
    use crate::report::{Outcome, Poll, StrategyReport};

    /// A task that holds one of eight workers from 150 to 450 ms, and a heart whose longest gap is this.
    fn held(gap: u64, stops_all: bool) -> StrategyReport {
        let mut blocker = task("worker task", 450, Outcome::Completed);
        blocker.polls = vec![Poll {
            start_s: ms(150),
            end_s: ms(450),
            thread: 3,
        }];
        let mut report = report("it", 600, vec![blocker]);
        report.runtime.workers = 8;
        report.heartbeat = heartbeat(gap);
        let stretch = blocked(150, 450, Some("worker task"));
        report.blocked = stops_all.then_some(stretch).into_iter().collect();
        report
    }

    #[test]
    fn one_that_stops_all_is_told_as_what_it_is() {
        let stopped = "worker task held one of 8 workers for 300 ms, and nothing else ran. The heartbeat was due 30 times meanwhile, and the other 7 workers slept: the one that was held is the one that watches sockets and timers.";
        assert_eq!(
            told(OneStopsAll, &held(305, true), &[]),
            format!("one_stops_all: {stopped}")
        );
        assert_eq!(
            told(OneBlocker, &held(305, true), &[]),
            format!("one_stops_all: {stopped} It may go the other way in the next run.")
        );
    }

    #[test]
    fn one_that_stops_nobody_is_no_cure_and_says_so() {
        assert_eq!(
            told(OneBlocker, &held(12, false), &[]),
            "one_held: worker task held one of 8 workers for 300 ms, and in this run the heartbeat went on, never more than 12 ms apart: one of the other 7 workers watched the timers. It may go the other way in the next run (--strategy unlucky-worker)."
        );
        let between = told(OneBlocker, &held(90, false), &[]);
        assert!(between.starts_with("inconclusive: "), "{between}");
        assert!(
            between.contains("90 ms: too long for a free worker (at most 50 ms)"),
            "{between}"
        );
        assert!(told(OneStopsAll, &held(12, false), &[]).starts_with("inconclusive: "));
    }

    #[test]
    fn every_worker_held_is_not_one_blocker() {
        let mut both = held(305, true);
        both.runtime.workers = 2;
        let mut other = both.tasks[0].clone();
        other.polls[0].thread = 4;
        both.tasks.push(other);
        assert!(told(OneStopsAll, &both, &[]).starts_with("inconclusive: "));
    }
}
