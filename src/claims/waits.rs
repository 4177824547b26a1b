//! Claims about waits: one at a time, at once, or so many at once.

use super::run::{CLEARLY, near, slack};
use super::{Claim, Run, Shown, shown};
use crate::report::Outcome;
use crate::units::{self, duration as time};

/// A future that nobody polls does nothing.
#[derive(Debug)]
pub struct NeverStarted;

impl Claim for NeverStarted {
    fn expectation(&self) -> String {
        "that no future was polled".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let tasks = run.strategy.tasks.iter();
        let unpolled = tasks.filter(|task| task.outcome == Outcome::NeverPolled);
        let unpolled = unpolled.count();
        let them = if unpolled == 1 { "it" } else { "them" };
        (unpolled > 0 && run.started.is_empty()).then(|| {
            let made = units::count(unpolled, "future was", "futures were");
            let futures = units::count(unpolled, "future", "futures");
            shown(
                "never_started",
                format!("{made} made and never awaited, and nothing in {them} ran."),
            )
            .takeaway("Calling an async fn only makes a future; awaiting it runs it.")
            .short(format!("{futures} made, none began"))
        })
    }
}

/// The waits add up: one task at a time.
#[derive(Debug)]
pub struct OneAfterTheOther;

impl Claim for OneAfterTheOther {
    fn expectation(&self) -> String {
        "the sum of the waits, one at a time".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let took = format!("{} of waiting took {}", time(run.sum), time(run.wall));
        one_at_a_time(run).then(|| {
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
    fn expectation(&self) -> String {
        OneAfterTheOther.expectation()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let wall = time(run.wall);
        one_at_a_time(run).then(|| {
            shown("sum_of_waits", format!("both futures existed from the start, but the second did nothing until it was awaited. The waits added up to {wall}."))
                .short(format!("{} of waiting took {wall}", time(run.sum)))
        })
    }
}

fn one_at_a_time(run: &Run<'_>) -> bool {
    run.in_flight == 1 && run.count > 1 && near(run.wall, run.sum)
}

/// The waits overlap: as long as the longest.
#[derive(Debug)]
pub struct Overlapped;

impl Claim for Overlapped {
    fn expectation(&self) -> String {
        "the longest wait, all at once".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (wall, sum) = (time(run.wall), time(run.sum));
        let threads = units::count(run.strategy.threads, "thread", "threads");
        let overlapped =
            run.in_flight > 1 && near(run.wall, run.longest) && run.sum > run.wall.mul_f64(CLEARLY);
        overlapped.then(|| {
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
    fn expectation(&self) -> String {
        "most of them waiting at once".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (in_flight, of) = (run.in_flight, run.started.len());
        let together = in_flight > 1 && in_flight * 2 > of && run.sum > run.wall.mul_f64(CLEARLY);
        let threads = units::count(run.strategy.threads, "thread", "threads");
        together.then(|| {
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
    fn expectation(&self) -> String {
        let Self(width, what) = self;
        format!("{width} waits at once, on as many {what}")
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let Self(width, what) = self;
        let width = run.count.min(*width);
        let took = format!("{} of waiting took {}", time(run.sum), time(run.wall));
        let overlapped = width > 1
            && run.in_flight == width
            && near(run.wall, run.ideal().unwrap_or(run.longest))
            && run.sum > run.wall.mul_f64(CLEARLY);
        overlapped.then(|| {
            shown(
                "overlapped",
                format!("the waits overlapped on {width} {what}: {took}."),
            )
            .short(format!("{took}, {width} at once"))
        })
    }
}

/// The first error cancels what has not finished.
#[derive(Debug)]
pub struct ErrorCancels;

impl Claim for ErrorCancels {
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
    fn expectation(&self) -> String {
        format!("that {} makes them take turns", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (by, in_flight, in_turn) = (self.0, run.in_flight, run.ideal()?);
        let serialised = in_flight > 1 && run.wall + slack(in_turn) > in_turn;
        let (wall, in_turn) = (time(run.wall), time(in_turn));
        serialised.then(|| {
            shown("serialised", format!("{in_flight} were under way at once, and yet it took {wall}, no faster than one after the other ({in_turn}): {by} serves one at a time."))
                .short(format!("{in_flight} at once took {wall}, one by one {in_turn}"))
        })
    }
}

/// At most so many at once, because of this.
#[derive(Debug)]
pub struct LimitedTo(pub usize, pub &'static str);

impl Claim for LimitedTo {
    fn expectation(&self) -> String {
        format!("at most {} at once for the {}", self.0, self.1)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (Self(limit, what), of, wall) = (self, run.count, time(run.wall));
        let in_time = run.ideal().is_none_or(|ideal| near(run.wall, ideal));
        (run.in_flight == of.min(*limit) && in_time).then(|| {
            shown("limited", format!("of {of}, never more than {limit} were under way at once: the {what} held the rest back. It took {wall}."))
        })
    }
}

/// Each wait holds a thread of its own.
#[derive(Debug)]
pub struct ThreadEach;

impl Claim for ThreadEach {
    fn expectation(&self) -> String {
        "a thread for each wait".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (waits, threads, wall) = (run.count, run.strategy.threads, time(run.wall));
        (threads == waits && near(run.wall, run.longest)).then(|| {
            shown("thread_each", format!("{waits} waits took {wall}, and each held a thread that did nothing else: {threads} threads, where one is enough."))
        })
    }
}
