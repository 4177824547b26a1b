//! Claims about waits: one at a time, at once, or so many at once.

use std::time::Duration;

use super::run::{near, slack};
use super::{Claim, NO_GAIN, Run, Shown, missed, shown};
use crate::report::Outcome;
use crate::units::{self, duration as time};

/// A future that nobody polls does nothing.
#[derive(Debug)]
pub struct NeverStarted;

impl Claim for NeverStarted {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (polled, made) = (run.count, run.strategy.task_count());
        Some(format!("{polled} of {made} futures were polled"))
    }

    fn expectation(&self) -> String {
        "that no future was polled".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (future, takeaway) = match run.strategy.is_twin() {
            true => ("coroutine", None),
            false => (
                "future",
                Some("Calling an async fn only makes a future; awaiting it runs it."),
            ),
        };
        let tasks = run.strategy.tasks.iter();
        let unpolled = tasks.filter(|task| task.outcome == Outcome::NeverPolled);
        let unpolled = unpolled.count();
        let them = if unpolled == 1 { "it" } else { "them" };
        (unpolled > 0 && run.started.is_empty()).then(|| {
            let futures = units::count(unpolled, future, &format!("{future}s"));
            let were = if unpolled == 1 { "was" } else { "were" };
            let shown = shown(
                "never_started",
                format!("{futures} {were} made and never awaited, and nothing in {them} ran."),
            )
            .short(format!("{futures} made, none began"));
            match takeaway {
                Some(takeaway) => shown.takeaway(takeaway),
                None => shown,
            }
        })
    }
}

/// The waits add up: one task at a time.
#[derive(Debug)]
pub struct OneAfterTheOther;

impl Claim for OneAfterTheOther {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        not_one_at_a_time(run)
    }

    fn expectation(&self) -> String {
        "the sum of the waits, one at a time".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let took = format!("{} of waiting took {}", time(run.sum), time(run.wall));
        not_one_at_a_time(run).is_none().then(|| {
            shown(
                "sum_of_waits",
                format!("one at a time, so the waits added up: {took}."),
            )
            .short(took)
        })
    }
}

/// Futures made first still run one at a time if they are awaited in turn.
#[derive(Debug)]
pub struct MadeIsNotStarted;

impl Claim for MadeIsNotStarted {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        not_one_at_a_time(run)
    }

    fn expectation(&self) -> String {
        OneAfterTheOther.expectation()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let wall = time(run.wall);
        not_one_at_a_time(run).is_none().then(|| {
            shown("sum_of_waits", format!("both futures existed from the start, but the second did nothing until it was awaited. The waits added up to {wall}."))
                .short(format!("{} of waiting took {wall}", time(run.sum)))
        })
    }
}

fn not_one_at_a_time(run: &Run<'_>) -> Option<String> {
    let too_many = (run.in_flight != 1).then(|| missed::at_once(run));
    let few_or_many = missed::too_few(run).or(too_many);
    few_or_many.or_else(|| missed::off(run.wall, run.sum))
}

/// The waits overlap: as long as the longest.
#[derive(Debug)]
pub struct Overlapped;

impl Claim for Overlapped {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let too_few = (run.in_flight < 2).then(|| missed::at_once(run));
        too_few
            .or_else(|| missed::off(run.wall, run.longest))
            .or_else(|| missed::hardly_gained(run))
    }

    fn expectation(&self) -> String {
        "the longest wait, all at once".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (wall, sum) = (time(run.wall), time(run.sum));
        let threads = units::count(run.strategy.threads, "thread", "threads");
        self.missed(run).is_none().then(|| {
            shown("overlapped", format!(
                "the waits overlapped. It took as long as the longest one ({}), not their sum ({sum}). {threads} did it, busy for {} of {wall}.",
                time(run.longest), time(run.busy)
            ))
            .takeaway(NO_THREAD)
            .short(format!("{sum} of waiting took {wall}, on {threads}"))
        })
    }
}

const NO_THREAD: &str = "Waiting needs no thread.";

/// Most waits overlap, whatever it costs beside them to serve so many.
#[derive(Debug)]
pub struct WaitTogether;

impl Claim for WaitTogether {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (in_flight, of) = (run.in_flight, run.started.len());
        let apart = in_flight < 2 || in_flight * 2 <= of;
        let apart = apart.then(|| format!("only {}", missed::at_once(run)));
        apart.or_else(|| missed::hardly_gained(run))
    }

    fn expectation(&self) -> String {
        "most of them waiting at once".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (in_flight, of) = (run.in_flight, run.started.len());
        let threads = units::count(run.strategy.threads, "thread", "threads");
        self.missed(run).is_none().then(|| {
            shown("overlapped", format!(
                "{in_flight} of {of} waited at once, and {threads} served them all: {} of waiting took {}.",
                time(run.sum), time(run.wall)
            ))
            .takeaway(NO_THREAD)
        })
    }
}

/// The waits overlap on so many of these, each of which serves one at a time.
#[derive(Debug)]
pub struct OverlappedOn(pub usize, pub &'static str);

impl Claim for OverlappedOn {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (width, at_once) = (run.count.min(self.0), missed::at_once(run));
        if run.in_flight > width {
            return Some(format!("{at_once}, more than {width}"));
        }
        if run.in_flight < 2 || run.in_flight * 2 <= width {
            return Some(format!("only {at_once}, of {width} that may be"));
        }
        let ideal = run.ideal().unwrap_or(run.longest);
        not_in_rounds(run, ideal, width).or_else(|| missed::hardly_gained(run))
    }

    fn expectation(&self) -> String {
        let Self(width, what) = self;
        format!("{width} waits at once, on as many {what}")
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (what, at_once) = (self.1, run.in_flight);
        let took = format!("{} of waiting took {}", time(run.sum), time(run.wall));
        self.missed(run).is_none().then(|| {
            shown(
                "overlapped",
                format!("the waits overlapped on {at_once} {what}: {took}."),
            )
            .short(format!("{took}, {at_once} at once"))
        })
    }
}

/// So many waits, of which `width` may be under way at once, did not take about as long as arithmetic promises. A busy
/// machine makes them longer, twice as long at the most, as long as that is nearer to `ideal` than to one after the
/// other.
fn not_in_rounds(run: &Run<'_>, ideal: Duration, width: usize) -> Option<String> {
    if near(run.wall, ideal) {
        return None;
    }
    let rounds = run.count.div_ceil(width.max(1)).max(1);
    let in_turn = ideal.mul_f64(run.count as f64 / rounds as f64);
    let most = (ideal * 2).min((ideal + in_turn) / 2);
    let (wall, in_turn) = (time(run.wall), time(in_turn));
    if run.wall < ideal {
        missed::off(run.wall, ideal)
    } else if run.wall > most {
        let (beside, most) = (missed::beside(run.wall, ideal), time(most));
        Some(format!(
            "it took {wall}, {beside}, where {most} are allowed: one after the other would be {in_turn}"
        ))
    } else {
        None
    }
}

/// The first error cancels what has not finished.
#[derive(Debug)]
pub struct ErrorCancels;

impl Claim for ErrorCancels {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        Some(format!("0 of {} tasks were cancelled", run.count))
    }

    fn expectation(&self) -> String {
        "that the error cancels what has not finished".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let cancelled = run.ended(Outcome::Cancelled).next()?;
        let (label, after) = (&cancelled.label, time(cancelled.life().0));
        let text = format!(
            "the first error ended everything. {label} was dropped after {after}, before it had finished."
        );
        Some(shown("cancelled", text).takeaway("Dropping a future cancels it."))
    }
}

/// All at once, and yet one at a time, because of this.
#[derive(Debug)]
pub struct SerialisedBy(pub &'static str);

impl Claim for SerialisedBy {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let alone = (run.in_flight < 2).then(|| missed::at_once(run));
        alone.or_else(|| {
            let in_turn = run.ideal()?;
            let quicker = run.wall + slack(in_turn) <= in_turn;
            let (wall, beside) = (time(run.wall), missed::beside(run.wall, in_turn));
            quicker.then(|| format!("it took {wall}, {beside} one after the other"))
        })
    }

    fn expectation(&self) -> String {
        format!("that {} makes them take turns", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (by, in_flight, in_turn) = (self.0, run.in_flight, run.ideal()?);
        let (wall, in_turn) = (time(run.wall), time(in_turn));
        self.missed(run).is_none().then(|| {
            shown(NO_GAIN, format!("{in_flight} were under way at once, and yet it took {wall}, no faster than one after the other ({in_turn}): {by} serves one at a time."))
                .short(format!("{in_flight} at once took {wall}, one by one {in_turn}"))
        })
    }
}

/// At most so many at once, because of this.
#[derive(Debug)]
pub struct LimitedTo(pub usize, pub &'static str);

impl Claim for LimitedTo {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let width = run.count.min(self.0);
        let other = run.in_flight != width;
        let other = other.then(|| format!("{}, not {width}", missed::at_once(run)));
        other.or_else(|| not_in_rounds(run, run.ideal()?, width))
    }

    fn expectation(&self) -> String {
        format!("at most {} at once for the {}", self.0, self.1)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (Self(limit, what), of, wall) = (self, run.count, time(run.wall));
        self.missed(run).is_none().then(|| {
            shown("limited", format!("of {of}, never more than {limit} were under way at once: the {what} held the rest back. It took {wall}."))
        })
    }
}

/// Each wait holds a thread of its own.
#[derive(Debug)]
pub struct ThreadEach;

impl Claim for ThreadEach {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (waits, threads) = (run.count, run.strategy.threads);
        let on = units::count(threads, "thread", "threads");
        let shared = (threads != waits).then(|| format!("{waits} waits had {on}"));
        shared.or_else(|| missed::off(run.wall, run.longest))
    }

    fn expectation(&self) -> String {
        "a thread for each wait".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (waits, threads, wall) = (run.count, run.strategy.threads, time(run.wall));
        self.missed(run).is_none().then(|| {
            shown("thread_each", format!("{waits} waits took {wall}, and each held a thread that did nothing else: {threads} threads, where one is enough."))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{ms, report, task, told};
    use crate::report::StrategyReport;

    /// So many tasks, of which the first `at_once` begin at the beginning, the next when those end, and so on.
    fn in_rounds(count: usize, at_once: usize, each: u64, wall: u64, ideal: u64) -> StrategyReport {
        let mut tasks = vec![task("wait", each, Outcome::Completed); count];
        for (place, task) in tasks.iter_mut().enumerate() {
            let start = ms((place / at_once) as u64 * each);
            task.start_s = Some(start);
            task.end_s = ms(start.0.as_millis() as u64 + each);
        }
        let mut report = report("it", wall, tasks);
        report.ideal_s = Some(ms(ideal));
        report
    }

    #[test]
    fn a_busy_machine_makes_a_pool_slower_and_takes_no_overlap_from_it() {
        let pool = |at_once, wall| {
            let run = in_rounds(20, at_once, 200, wall, 200);
            told(OverlappedOn(20, "threads"), &run, &[])
        };
        for wall in [200, 220, 284, 400] {
            let shown = pool(20, wall);
            let said = format!(
                "overlapped: the waits overlapped on 20 threads: 4.000 s of waiting took {wall} ms."
            );
            assert_eq!(shown, said);
        }
        assert!(pool(15, 400).contains("overlapped on 15 threads"));
        assert_eq!(
            pool(20, 450),
            "inconclusive: inconclusive. Expected 20 waits at once, on as many threads, but it took 450 ms, 250 ms (125 %) more than 200 ms, where 400 ms are allowed: one after the other would be 4.000 s. The run took 450 ms, ideal 200 ms, at most 20 under way at once."
        );
        assert!(
            pool(3, 400).contains("but only 3 of 20 were under way at once, of 20 that may be.")
        );
        assert!(pool(1, 4_000).contains("but only 1 of 20 was under way at once"));
        assert!(pool(20, 100).contains("it took 100 ms, 100 ms (50 %) less than 200 ms"));
        // More than there is room for are not on so many threads.
        let more = in_rounds(20, 20, 200, 210, 200);
        let more = told(OverlappedOn(5, "threads"), &more, &[]);
        assert!(
            more.contains("20 of 20 were under way at once, more than 5"),
            "{more}"
        );
    }

    /// Three at a time: 1 s by arithmetic, and 3 s would be one after the other.
    #[test]
    fn a_limit_is_refused_where_something_else_made_them_take_turns() {
        let limited = |at_once, wall| {
            let run = in_rounds(12, at_once, 250, wall, 1_000);
            told(LimitedTo(3, "--limit"), &run, &[])
        };
        for wall in [1_000, 1_300, 1_900] {
            assert!(limited(3, wall).starts_with("limited: of 12, never more than 3"));
        }
        for (at_once, wall, why) in [
            (
                3,
                3_000,
                "it took 3.000 s, 2.000 s (200 %) more than 1.000 s",
            ),
            (4, 1_000, "4 of 12 were under way at once, not 3"),
            (1, 3_000, "1 of 12 was under way at once, not 3"),
            (3, 700, "it took 700 ms, 300 ms (30 %) less than 1.000 s"),
        ] {
            let told = limited(at_once, wall);
            assert!(
                told.starts_with("inconclusive: ") && told.contains(why),
                "{told}"
            );
        }
        // Of three, two at a time: two rounds are nearer to three than to one.
        let run = in_rounds(3, 2, 100, 270, 200);
        assert!(told(LimitedTo(2, "--limit"), &run, &[]).contains("where 250 ms are allowed"));
    }

    #[test]
    fn waits_that_took_turns_have_not_overlapped_and_the_number_says_so() {
        let run = |at_once, wall| in_rounds(4, at_once, 100, wall, 100);
        assert!(told(Overlapped, &run(4, 110), &[]).starts_with("overlapped: "));
        assert!(told(WaitTogether, &run(4, 250), &[]).starts_with("overlapped: "));
        for (told, why) in [
            (
                told(Overlapped, &run(1, 400), &[]),
                "but 1 of 4 was under way at once.",
            ),
            (
                told(Overlapped, &run(4, 400), &[]),
                "but it took 400 ms, 300 ms (300 %) more than 100 ms, where 20 ms are allowed.",
            ),
            (
                told(WaitTogether, &run(2, 200), &[]),
                "but only 2 of 4 were under way at once.",
            ),
            (
                told(WaitTogether, &run(4, 390), &[]),
                "but 400 ms of waiting took 390 ms, so 1.0 at once on average, where 1.2 are needed.",
            ),
            (
                told(OneAfterTheOther, &run(2, 200), &[]),
                "but 2 of 4 were under way at once.",
            ),
            (
                told(OneAfterTheOther, &run(1, 500), &[]),
                "but it took 500 ms, 100 ms (25 %) more than 400 ms, where 40 ms are allowed.",
            ),
            (
                told(ThreadEach, &run(4, 100), &[]),
                "but 4 waits had 1 thread.",
            ),
            (
                told(NeverStarted, &run(4, 100), &[]),
                "but 4 of 4 futures were polled.",
            ),
            (
                told(ErrorCancels, &run(4, 100), &[]),
                "but 0 of 4 tasks were cancelled.",
            ),
        ] {
            assert!(
                told.starts_with("inconclusive: ") && told.contains(why),
                "{told}"
            );
        }
        let quicker = in_rounds(4, 4, 100, 200, 400);
        let told = told(SerialisedBy("a lock"), &quicker, &[]);
        assert!(
            told.contains(
                "but it took 200 ms, 200 ms (50 %) less than 400 ms one after the other."
            ),
            "{told}"
        );
    }
}
