//! How work is stopped, and whether it is: what `timeout` claims, and what its numbers show.

use std::time::Duration;

use super::findings::near;
use super::{Outcome, StrategyReport, Task};
use crate::units;

/// What a strategy is expected to show about stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopping {
    /// At this time a task is dropped by this, and its guard cleans up.
    Drops(Duration, &'static str),
    /// At this time two tasks are aborted. The one that waits ends at once, the one that computes at
    /// its next await.
    AtTheNextAwait(Duration),
    /// Nobody waits any more, and a thread finishes the work all the same.
    RunsOn,
    /// A task that is asked at this time stops by itself, and cleans up with awaits.
    CleansUpItself(Duration),
    /// A write of several rows is cancelled between them: torn by itself, whole in a transaction.
    TearsApart,
}

/// What one strategy's numbers show about stopping.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant says what its figures are")]
pub enum Stopped {
    /// Dropped in the middle of a wait.
    Dropped {
        by: &'static str,
        label: String,
        after: Duration,
        cleanups: f64,
    },
    /// Aborted at the same time, ended at different ones.
    Aborted {
        asked: Duration,
        prompt: (String, Duration),
        late: (String, Duration),
    },
    /// Given up, and finished later; or not yet when the program shut the runtime down.
    RanOn {
        label: String,
        given_up: Duration,
        finished: Option<Duration>,
    },
    /// Stopped by itself, so much later than it was asked.
    CleanedUp {
        label: String,
        asked: Duration,
        later: Duration,
    },
    /// The rows that were left, of so many, without a transaction and in one.
    Torn { of: f64, without: f64, within: f64 },
}

/// The metrics that these claims look at. They are the concept's.
const BEGUN: &str = "begun_count";
const CLEANUPS: &str = "cleanups_count";
const AWAITED_CLEANUPS: &str = "awaited_cleanups_count";
const FINISHED: &str = "finished_count";
const FINISHED_AT: &str = "finished_after_s";
const ROWS: &str = "rows_of_an_order_count";
const ROWS_WITHOUT: &str = "rows_left_count";
const ROWS_WITHIN: &str = "rows_left_in_transaction_count";

impl Stopping {
    /// `None` where the numbers do not bear it out.
    pub(super) fn bear_out(self, strategy: &StrategyReport) -> Option<Stopped> {
        let metric = |key: &str| strategy.metrics.get(key).copied();
        let ended = |outcome: Outcome| {
            let started = strategy
                .tasks
                .iter()
                .filter(|task| task.start_s.is_some() && task.outcome == outcome);
            started.collect::<Vec<&Task>>()
        };
        let (completed, cancelled) = (ended(Outcome::Completed), ended(Outcome::Cancelled));
        match self {
            Self::Drops(when, by) => {
                let task = cancelled.first()?;
                let (after, cleanups) = (task.life().0, metric(CLEANUPS)?);
                (cleanups > 0.0 && near(after, when)).then(|| Stopped::Dropped {
                    by,
                    label: task.label.clone(),
                    after,
                    cleanups,
                })
            }
            Self::AtTheNextAwait(asked) => {
                let [prompt, .., late] = &cancelled[..] else {
                    return None;
                };
                // It was being polled when it was aborted, and ended when that poll did.
                let computed = late
                    .polls
                    .iter()
                    .any(|poll| poll.start_s.0 < asked && poll.end_s.0 > asked);
                let (at_once, later) = (prompt.end_s.0, late.end_s.0);
                let shown = near(at_once, asked) && computed && at_once < later;
                shown.then(|| Stopped::Aborted {
                    asked,
                    prompt: (prompt.label.clone(), at_once),
                    late: (late.label.clone(), later),
                })
            }
            Self::RunsOn => {
                let task = cancelled.first()?;
                let given_up = task.life().0;
                let finished = metric(FINISHED_AT).map(Duration::try_from_secs_f64);
                let finished = finished.transpose().ok()?;
                // What had not begun yet was really stopped.
                let ran_on = match finished {
                    Some(finished) => finished > given_up,
                    None => metric(BEGUN)? > 0.0,
                };
                ran_on.then(|| Stopped::RanOn {
                    label: task.label.clone(),
                    given_up,
                    finished,
                })
            }
            Self::CleansUpItself(asked) => {
                let task = completed.first()?;
                let later = task.end_s.0.checked_sub(asked)?;
                let cleaned = metric(AWAITED_CLEANUPS)? > 0.0 && metric(FINISHED)? == 0.0;
                cleaned.then(|| Stopped::CleanedUp {
                    label: task.label.clone(),
                    asked,
                    later,
                })
            }
            Self::TearsApart => {
                let (of, without, within) =
                    (metric(ROWS)?, metric(ROWS_WITHOUT)?, metric(ROWS_WITHIN)?);
                let torn = 0.0 < without && without < of;
                (torn && within == 0.0).then_some(Stopped::Torn {
                    of,
                    without,
                    within,
                })
            }
        }
    }

    /// What the run should have shown. Reads on after "Expected".
    pub(super) fn expected(self) -> String {
        match self {
            Self::Drops(when, by) => format!(
                "that {by} drops the work after {}, and that its guard cleans up",
                units::duration(when)
            ),
            Self::AtTheNextAwait(asked) => format!(
                "that both tasks are aborted after {}, and that the one that computes ends later",
                units::duration(asked)
            ),
            Self::RunsOn => "that the thread goes on when nobody waits any more".into(),
            Self::CleansUpItself(asked) => format!(
                "that the work is asked to stop after {}, and cleans up",
                units::duration(asked)
            ),
            Self::TearsApart => {
                "that the cancelled order is torn, and in a transaction is not".into()
            }
        }
    }
}

impl Stopped {
    /// For scripts.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Dropped { .. } => "dropped",
            Self::Aborted { .. } => "aborted_at_await",
            Self::RanOn { .. } => "ran_on",
            Self::CleanedUp { .. } => "cleaned_up_itself",
            Self::Torn { .. } => "torn",
        }
    }

    /// What a learner should take away.
    pub(super) fn moral(&self) -> &'static str {
        match self {
            Self::Dropped { .. } => {
                "To cancel a future is to drop it: whatever it owns is dropped with it, and no line after its await runs."
            }
            Self::Aborted { .. } => "A task can be ended only where it awaits.",
            Self::RanOn { .. } => {
                "No thread can be stopped from outside: abort() helps only while the call still waits for a thread."
            }
            Self::CleanedUp { .. } => {
                "A Drop cannot await; a task that is asked, and not dropped, can."
            }
            Self::Torn { .. } => {
                "At every await a future may be dropped: what belongs together belongs into a transaction."
            }
        }
    }

    pub(super) fn figures(&self, strategy: &str) -> String {
        let time = |duration: &Duration| units::duration(*duration);
        match self {
            Self::Dropped {
                by,
                label,
                after,
                cleanups,
            } => format!(
                "{strategy}: {by} dropped {label} after {}, in the middle of its wait. Guards that cleaned up: {cleanups}.",
                time(after)
            ),
            Self::Aborted {
                asked,
                prompt,
                late,
            } => format!(
                "{strategy}: both tasks were aborted after {}. {} ended at {}, {} only at {}: until then it held its thread, without an await.",
                time(asked),
                prompt.0,
                time(&prompt.1),
                late.0,
                time(&late.1)
            ),
            Self::RanOn {
                label,
                given_up,
                finished: Some(finished),
            } => format!(
                "{strategy}: after {} nobody waited for {label} any more, and it was aborted. Its thread did all of it regardless, and was done at {}.",
                time(given_up),
                time(finished)
            ),
            Self::RanOn {
                label, given_up, ..
            } => format!(
                "{strategy}: after {} nobody waited for {label} any more, and it was aborted. Its thread still worked when the runtime had been shut down.",
                time(given_up)
            ),
            Self::CleanedUp {
                label,
                asked,
                later,
            } => format!(
                "{strategy}: {label} was asked to stop after {}, cleaned up for {}, awaiting, and then ended by itself.",
                time(asked),
                time(later)
            ),
            Self::Torn {
                of,
                without,
                within,
            } => format!(
                "{strategy}: cancelled between its steps, the order left {without} of its {of} rows in the database. In a transaction it left {within}: what is not committed is rolled back."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Claim, Fact, Poll, Runtime, Seconds, facts, words};

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Polled at its start, and at its end if it has completed.
    fn task(label: &str, end: u64, outcome: Outcome) -> Task {
        let poll = |start: u64, end: u64| Poll {
            start_s: Seconds(ms(start)),
            end_s: Seconds(ms(end)),
            thread: 0,
        };
        Task {
            label: label.to_owned(),
            location: None,
            outcome,
            created_s: Seconds(ms(0)),
            start_s: Some(Seconds(ms(0))),
            end_s: Seconds(ms(end)),
            busy_s: Seconds(ms(0)),
            scheduled_s: Seconds(ms(0)),
            idle_s: Seconds(ms(end)),
            polls: vec![poll(0, 0)],
            wakes_s: Vec::new(),
        }
    }

    fn report(tasks: Vec<Task>, metrics: &[(&str, f64)]) -> StrategyReport {
        let runtime = Runtime {
            flavor: "current-thread".to_owned(),
            workers: 1,
        };
        StrategyReport {
            wall_s: vec![Seconds(ms(300))],
            tasks,
            metrics: metrics
                .iter()
                .map(|(key, value)| ((*key).to_owned(), *value))
                .collect(),
            ..StrategyReport::planned("this", "", runtime, None)
        }
    }

    /// What is said of a claim, all in one.
    fn told(claim: Stopping, report: &StrategyReport) -> String {
        let [fact] = &facts(report, &[Claim::Stops(claim)], &[])[..] else {
            unreachable!("one claim, one fact")
        };
        format!("{}: {}", fact.kind(), words("this", fact, true))
    }

    #[test]
    fn a_drop_is_told_only_where_the_guard_has_run_and_the_time_fits() {
        let claim = Stopping::Drops(ms(300), "the timeout");
        let cut = |end, cleanups| {
            report(
                vec![task("work", end, Outcome::Cancelled)],
                &[(CLEANUPS, cleanups)],
            )
        };
        assert_eq!(
            told(claim, &cut(301, 1.0)),
            "dropped: this: the timeout dropped work after 301 ms, in the middle of its wait. Guards that cleaned up: 1."
        );
        for other in [
            cut(301, 0.0),
            cut(900, 1.0),
            report(
                vec![task("work", 301, Outcome::Completed)],
                &[(CLEANUPS, 1.0)],
            ),
            report(vec![task("work", 301, Outcome::Cancelled)], &[]),
        ] {
            assert_eq!(
                told(claim, &other),
                "inconclusive: this: inconclusive. Expected that the timeout drops the work after 300 ms, and that its guard cleans up, but it took 300 ms, at most 1 under way at once."
            );
        }
    }

    #[test]
    fn an_abort_is_late_where_a_poll_went_on_while_it_was_asked_for() {
        let claim = Stopping::AtTheNextAwait(ms(300));
        let waits = task("waits", 301, Outcome::Cancelled);
        let mut computes = task("computes", 450, Outcome::Cancelled);
        let quiet = report(vec![waits.clone(), computes.clone()], &[]);
        assert!(
            told(claim, &quiet).starts_with("inconclusive"),
            "no poll went on"
        );
        computes.polls[0].end_s = Seconds(ms(450));
        assert_eq!(
            told(claim, &report(vec![waits, computes], &[])),
            "aborted_at_await: this: both tasks were aborted after 300 ms. waits ended at 301 ms, computes only at 450 ms: until then it held its thread, without an await."
        );
    }

    #[test]
    fn a_thread_that_finished_too_early_has_not_run_on() {
        let told = |key: &str, value: f64| {
            let cut = vec![task("work", 300, Outcome::Cancelled)];
            told(Stopping::RunsOn, &report(cut, &[(key, value)]))
        };
        assert!(told(FINISHED_AT, 1.0).ends_with("was done at 1.000 s."));
        assert!(told(BEGUN, 1.0).ends_with("when the runtime had been shut down."));
        let stopped = told(BEGUN, 0.0);
        assert!(stopped.starts_with("inconclusive"), "{stopped}");
        for wrong in [0.2, -1.0, f64::NAN, f64::INFINITY] {
            let told = told(FINISHED_AT, wrong);
            assert!(told.starts_with("inconclusive"), "{wrong}: {told}");
        }
    }

    #[test]
    fn who_was_asked_has_ended_by_itself_and_has_not_finished() {
        let claim = Stopping::CleansUpItself(ms(300));
        let run = |outcome, end, awaited, finished| {
            let metrics = [(AWAITED_CLEANUPS, awaited), (FINISHED, finished)];
            told(claim, &report(vec![task("work", end, outcome)], &metrics))
        };
        let good = run(Outcome::Completed, 450, 1.0, 0.0);
        assert!(good.contains("cleaned up for 150 ms"), "{good}");
        for bad in [
            run(Outcome::Cancelled, 450, 1.0, 0.0),
            run(Outcome::Completed, 200, 1.0, 0.0),
            run(Outcome::Completed, 450, 0.0, 0.0),
            run(Outcome::Completed, 450, 1.0, 1.0),
        ] {
            assert!(bad.starts_with("inconclusive"), "{bad}");
        }
    }

    #[test]
    fn torn_is_some_of_the_rows_and_not_all_or_none() {
        let run = |without, within| {
            let metrics = [(ROWS, 2.0), (ROWS_WITHOUT, without), (ROWS_WITHIN, within)];
            Stopping::TearsApart.bear_out(&report(Vec::new(), &metrics))
        };
        let torn = Stopped::Torn {
            of: 2.0,
            without: 1.0,
            within: 0.0,
        };
        assert_eq!(run(1.0, 0.0), Some(torn));
        for (without, within) in [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (1.0, 1.0)] {
            assert_eq!(run(without, within), None, "{without} {within}");
        }
    }

    #[test]
    fn each_claim_is_a_claim_of_the_report() {
        let nothing = report(Vec::new(), &[]);
        for claim in [
            Stopping::Drops(ms(1), "x"),
            Stopping::AtTheNextAwait(ms(1)),
            Stopping::RunsOn,
            Stopping::CleansUpItself(ms(1)),
            Stopping::TearsApart,
        ] {
            let facts = facts(&nothing, &[Claim::Stops(claim)], &[]);
            assert!(
                matches!(facts[..], [Fact::Inconclusive { .. }]),
                "{facts:?}"
            );
        }
    }
}
