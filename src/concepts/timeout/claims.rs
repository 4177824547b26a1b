//! What `timeout` claims: how work is stopped, and whether it is.

use std::time::Duration;

use crate::claims::{Claim, Outcome, Run, Shown, missed, shown};
use crate::units::duration as time;

pub(super) const BEGUN: &str = "begun_count";
pub(super) const CLEANUPS: &str = "cleanups_count";
pub(super) const AWAITED_CLEANUPS: &str = "awaited_cleanups_count";
pub(super) const FINISHED: &str = "finished_count";
pub(super) const FINISHED_AT: &str = "finished_after_s";
pub(super) const ROWS: &str = "rows_of_an_order_count";
pub(super) const ROWS_LEFT: &str = "rows_left_count";
pub(super) const ROWS_LEFT_IN_TRANSACTION: &str = "rows_left_in_transaction_count";

/// At this time a task is dropped by this, and its guard cleans up.
#[derive(Debug)]
pub(super) struct Drops(pub(super) Duration, pub(super) &'static str);

impl Claim for Drops {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let Some(task) = run.ended(Outcome::Cancelled).next() else {
            return Some(format!("0 of {} tasks were dropped", run.count));
        };
        missed::late(run, task.life().0, self.0).or_else(|| {
            let cleanups = run.metric(CLEANUPS)?;
            Some(format!("{cleanups} guards cleaned up"))
        })
    }

    fn expectation(&self) -> String {
        let (when, by) = (time(self.0), self.1);
        format!("that {by} drops the work after {when}, and that its guard cleans up")
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let Self(when, by) = self;
        let task = run.ended(Outcome::Cancelled).next()?;
        let (label, after, cleanups) = (&task.label, task.life().0, run.metric(CLEANUPS)?);
        (cleanups > 0.0 && missed::late(run, after, *when).is_none()).then(|| {
            shown("dropped", format!("{by} dropped {label} after {}, in the middle of its wait. Guards that cleaned up: {cleanups}.", time(after)))
                .takeaway("Cancelling a future means dropping it: whatever it owns is dropped with it, and no line after its await runs.")
        })
    }
}

/// At this time two tasks are aborted. The one that waits ends at once, the one that computes at its
/// next await.
#[derive(Debug)]
pub(super) struct AbortsAtTheNextAwait(pub(super) Duration);

impl Claim for AbortsAtTheNextAwait {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let cancelled: Vec<_> = run.ended(Outcome::Cancelled).collect();
        let [prompt, .., late] = &cancelled[..] else {
            let (ended, of) = (cancelled.len(), run.count);
            return Some(format!("{ended} of {of} tasks were aborted"));
        };
        missed::late(run, prompt.end_s.0, self.0).or_else(|| {
            let (prompt, late) = (time(prompt.end_s.0), time(late.end_s.0));
            let asked = time(self.0);
            Some(format!(
                "they ended at {prompt} and {late}, and no poll went on over {asked}"
            ))
        })
    }

    fn expectation(&self) -> String {
        let when = time(self.0);
        format!(
            "that both tasks are aborted after {when}, and that the one that computes ends later"
        )
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let asked = self.0;
        let cancelled: Vec<_> = run.ended(Outcome::Cancelled).collect();
        let [prompt, .., late] = &cancelled[..] else {
            return None;
        };
        // It was being polled when it was aborted, and ended when that poll did.
        let mut polls = late.polls.iter();
        let computed = polls.any(|poll| poll.start_s.0 < asked && poll.end_s.0 > asked);
        let (at_once, later) = (prompt.end_s.0, late.end_s.0);
        let prompt_enough = missed::late(run, at_once, asked).is_none();
        (prompt_enough && computed && at_once < later).then(|| {
            shown("aborted_at_await", format!(
                "both tasks were aborted after {}. {} ended at {}, {} only at {}: until then it held its thread, without an await.",
                time(asked), prompt.label, time(at_once), late.label, time(later)
            ))
            .takeaway("A task can be stopped only where it awaits.")
        })
    }
}

/// Nobody waits any more, and a thread finishes the work all the same.
#[derive(Debug)]
pub(super) struct RunsOn;

impl Claim for RunsOn {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let Some(task) = run.ended(Outcome::Cancelled).next() else {
            return Some(format!("0 of {} tasks were given up", run.count));
        };
        let given_up = time(task.life().0);
        match run.time(FINISHED_AT) {
            Some(at) => Some(format!(
                "it was done at {}, and given up at {given_up}",
                time(at)
            )),
            None => Some(format!("{} had begun", run.metric(BEGUN)?)),
        }
    }

    fn expectation(&self) -> String {
        "that the thread goes on when nothing waits for it any more".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let task = run.ended(Outcome::Cancelled).next()?;
        let (label, given_up) = (&task.label, task.life().0);
        let (ran_on, ending) = if run.metric(FINISHED_AT).is_some() {
            let at = run.time(FINISHED_AT)?;
            let ending = format!("did all of it regardless, and was done at {}", time(at));
            (at > given_up, ending)
        } else {
            // What had not begun yet was really stopped.
            let ending = "was still working when the runtime had been shut down".to_owned();
            (run.metric(BEGUN)? > 0.0, ending)
        };
        ran_on.then(|| {
            shown("ran_on", format!("after {} nothing waited for {label} any more, and it was aborted. Its thread {ending}.", time(given_up)))
                .takeaway("No thread can be stopped from outside: abort() helps only while the call still waits for a thread.")
        })
    }
}

/// A task that is asked at this time stops by itself, and cleans up with awaits.
#[derive(Debug)]
pub(super) struct CleansUpItself(pub(super) Duration);

impl Claim for CleansUpItself {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let Some(task) = run.ended(Outcome::Completed).next() else {
            return Some(format!("0 of {} tasks ended by themselves", run.count));
        };
        let (cleanups, finished) = (run.metric(AWAITED_CLEANUPS)?, run.metric(FINISHED)?);
        let ended = time(task.end_s.0);
        Some(format!(
            "it ended at {ended}, with {cleanups} cleanups, and {finished} finished"
        ))
    }

    fn expectation(&self) -> String {
        format!(
            "that the work is asked to stop after {}, and cleans up",
            time(self.0)
        )
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let task = run.ended(Outcome::Completed).next()?;
        let (label, later) = (&task.label, task.end_s.0.checked_sub(self.0)?);
        let cleaned = run.metric(AWAITED_CLEANUPS)? > 0.0 && run.metric(FINISHED)? == 0.0;
        cleaned.then(|| {
            shown("cleaned_up_itself", format!("{label} was asked to stop after {}, cleaned up for {}, awaiting, and then ended by itself.", time(self.0), time(later)))
                .takeaway("Drop cannot await. A task that is asked to stop, not dropped, can.")
        })
    }
}

/// A write of several rows is cancelled between them: torn by itself, whole in a transaction.
#[derive(Debug)]
pub(super) struct TearsApart;

impl Claim for TearsApart {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (of, without) = (run.metric(ROWS)?, run.metric(ROWS_LEFT)?);
        let within = run.metric(ROWS_LEFT_IN_TRANSACTION)?;
        Some(format!(
            "{without} of {of} rows were left, and {within} of the transaction"
        ))
    }

    fn expectation(&self) -> String {
        "that the cancelled order is torn, and in a transaction is not".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (of, without) = (run.metric(ROWS)?, run.metric(ROWS_LEFT)?);
        let within = run.metric(ROWS_LEFT_IN_TRANSACTION)?;
        (0.0 < without && without < of && within == 0.0).then(|| {
            shown("torn", format!("cancelled between its steps, the order left {without} of its {of} rows in the database. In a transaction it left {within}: what is not committed is rolled back."))
                .takeaway("A future may be dropped at every await: writes that belong together go in one transaction.")
        })
    }
}

/// At this time this cancels a task in Python: an exception is raised in it, at its await.
#[derive(Debug)]
pub(super) struct Raises(pub(super) Duration, pub(super) &'static str);

impl Claim for Raises {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        Drops(self.0, self.1).missed(run)
    }

    fn expectation(&self) -> String {
        let (when, by) = (time(self.0), self.1);
        format!("that {by} cancels the work after {when}, and that its finally runs")
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let Self(when, by) = self;
        let task = run.ended(Outcome::Cancelled).next()?;
        let (label, after, cleanups) = (&task.label, task.life().0, run.metric(CLEANUPS)?);
        (cleanups > 0.0 && missed::late(run, after, *when).is_none()).then(|| {
            shown("cancelled_by_exception", format!("{by} raised CancelledError in {label} after {}, at its await. The finally blocks that ran: {cleanups}.", time(after)))
                .takeaway("A finally may await, where Rust's Drop cannot; and code that catches everything can swallow it.")
        })
    }
}

/// Two tasks are to be cancelled at this time, and one of them computes. There is one thread: nobody is cancelled before
/// it is done.
#[derive(Debug)]
pub(super) struct CancelsTooLate(pub(super) Duration);

impl Claim for CancelsTooLate {
    fn expectation(&self) -> String {
        let when = time(self.0);
        format!("that neither task is cancelled after {when}, because one of them computes")
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let ends = run.ended(Outcome::Cancelled).map(|task| time(task.end_s.0));
        let ends: Vec<_> = ends.collect();
        Some(match &ends[..] {
            [] => format!("0 of {} tasks were cancelled", run.count),
            ends => format!("they ended at {}", ends.join(" and ")),
        })
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let asked = self.0;
        let cancelled: Vec<_> = run.ended(Outcome::Cancelled).collect();
        let [waits, .., computes] = &cancelled[..] else {
            return None;
        };
        let mut polls = computes.polls.iter();
        let held = polls.find(|poll| poll.start_s.0 < asked && poll.end_s.0 > asked)?;
        (waits.end_s >= held.end_s).then(|| {
            let text = format!(
                "both were to be cancelled after {}, and {} ended only at {}, {} at {}: {} held the event loop until {}, and nobody could even ask.",
                time(asked), waits.label, time(waits.end_s.0), computes.label,
                time(computes.end_s.0), computes.label, time(held.end_s.0)
            );
            let shown = shown("cancelled_too_late", text).tells_of_blocking();
            let rust = run.in_rust().and_then(|rust| {
                let waits = rust.ended(Outcome::Cancelled).next()?;
                Some(format!(
                    "In Rust, on two workers, {} ended at {}.",
                    waits.label,
                    time(waits.end_s.0)
                ))
            });
            match rust {
                Some(rust) => shown.and(&rust),
                None => shown,
            }
        })
    }
}

/// A task that is cancelled at this time catches that, and cleans up with awaits before it ends.
#[derive(Debug)]
pub(super) struct CleansUpWhenCancelled(pub(super) Duration);

impl Claim for CleansUpWhenCancelled {
    fn expectation(&self) -> String {
        format!(
            "that the work is cancelled after {}, and cleans up",
            time(self.0)
        )
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let Some(task) = run.ended(Outcome::Cancelled).next() else {
            return Some(format!("0 of {} tasks were cancelled", run.count));
        };
        let cleanups = run.metric(AWAITED_CLEANUPS).unwrap_or(0.0);
        let ended = time(task.end_s.0);
        Some(format!("it ended at {ended}, with {cleanups} cleanups"))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let task = run.ended(Outcome::Cancelled).next()?;
        let (label, later) = (&task.label, task.end_s.0.checked_sub(self.0)?);
        (run.metric(AWAITED_CLEANUPS)? > 0.0).then(|| {
            shown("cleaned_up_when_cancelled", format!("{label} was cancelled after {}, caught CancelledError, cleaned up for {}, awaiting, and then ended.", time(self.0), time(later)))
                .takeaway("In Python it needs no token: an exception can be caught, and the code that does may await.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{self, counted, ms, task, told};
    use crate::report::{StrategyReport, Task};

    const DEADLINE: Duration = Duration::from_millis(300);

    fn report(tasks: Vec<Task>, metrics: &[(&str, f64)]) -> StrategyReport {
        counted(testing::report("this", 300, tasks), metrics)
    }

    #[test]
    fn a_timer_may_be_late_by_as_much_as_a_heartbeat_was() {
        let told = |end, gap| {
            let mut report = report(
                vec![task("work", end, Outcome::Cancelled)],
                &[(CLEANUPS, 1.0)],
            );
            report.heartbeat = Some(crate::report::Heartbeat {
                period_s: ms(10),
                max_gap_s: ms(gap),
                blocked_by: None,
                lane: None,
            });
            told(Drops(DEADLINE, "the timeout"), &report, &[])
        };
        assert!(told(336, 58).starts_with("dropped: "), "{}", told(336, 58));
        let late = told(390, 58);
        assert!(
            late.contains("90 ms (30 %) more than 300 ms, where 78 ms are allowed: a heartbeat was late by 48 ms."),
            "{late}"
        );
        // However late a heartbeat was, twice the time is another thing.
        assert!(told(650, 900).starts_with("inconclusive"));
    }

    #[test]
    fn a_drop_is_told_only_where_the_guard_has_run_and_the_time_fits() {
        let told = |end, outcome, metrics: &[_]| {
            let work = task("work", end, outcome);
            told(
                Drops(DEADLINE, "the timeout"),
                &report(vec![work], metrics),
                &[],
            )
        };
        assert_eq!(
            told(301, Outcome::Cancelled, &[(CLEANUPS, 1.0)]),
            "dropped: the timeout dropped work after 301 ms, in the middle of its wait. Guards that cleaned up: 1."
        );
        let (cancelled, completed) = (Outcome::Cancelled, Outcome::Completed);
        for (end, outcome, metrics, why) in [
            (
                301,
                cancelled,
                &[(CLEANUPS, 0.0)][..],
                "0 guards cleaned up.",
            ),
            (
                900,
                cancelled,
                &[(CLEANUPS, 1.0)],
                "it took 900 ms, 600 ms (200 %) more than 300 ms, where 30 ms are allowed.",
            ),
            (
                301,
                completed,
                &[(CLEANUPS, 1.0)],
                "0 of 1 tasks were dropped.",
            ),
            (
                301,
                cancelled,
                &[],
                "it took 300 ms, at most 1 under way at once.",
            ),
        ] {
            let other = told(end, outcome, metrics);
            assert!(other.starts_with("inconclusive: "), "{other}");
            let said = format!("and that its guard cleans up, but {why}");
            assert!(other.contains(&said), "{other}");
        }
    }

    #[test]
    fn an_abort_is_late_where_a_poll_went_on_while_it_was_asked_for() {
        let told = |tasks| told(AbortsAtTheNextAwait(DEADLINE), &report(tasks, &[]), &[]);
        let waits = task("waits", 301, Outcome::Cancelled);
        let mut computes = task("computes", 450, Outcome::Cancelled);
        let quiet = told(vec![waits.clone(), computes.clone()]);
        assert!(quiet.starts_with("inconclusive"), "no poll went on");
        computes.polls[0].end_s = ms(450);
        assert_eq!(
            told(vec![waits, computes]),
            "aborted_at_await: both tasks were aborted after 300 ms. waits ended at 301 ms, computes only at 450 ms: until then it held its thread, without an await."
        );
    }

    #[test]
    fn a_thread_that_finished_too_early_has_not_run_on() {
        let told = |key: &str, value: f64| {
            let cut = vec![task("work", 300, Outcome::Cancelled)];
            told(RunsOn, &report(cut, &[(key, value)]), &[])
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
        let run = |outcome, end, awaited, finished| {
            let metrics = [(AWAITED_CLEANUPS, awaited), (FINISHED, finished)];
            let work = vec![task("work", end, outcome)];
            told(CleansUpItself(DEADLINE), &report(work, &metrics), &[])
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
            let metrics = [
                (ROWS, 2.0),
                (ROWS_LEFT, without),
                (ROWS_LEFT_IN_TRANSACTION, within),
            ];
            told(TearsApart, &report(Vec::new(), &metrics), &[])
        };
        let torn = run(1.0, 0.0);
        assert!(torn.contains("left 1 of its 2 rows"), "{torn}");
        for (without, within) in [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (1.0, 1.0)] {
            let other = run(without, within);
            assert!(
                other.starts_with("inconclusive"),
                "{without} {within}: {other}"
            );
        }
    }
}
