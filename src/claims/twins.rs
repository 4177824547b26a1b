//! Claims about Python that set a strategy beside the same one in Rust.

use std::collections::BTreeSet;

use super::{Claim, Run, Shown, missed, shown};
use crate::report::{Outcome, Task};
use crate::units::{self, duration as time};

/// One of several fails, and the others go on: nothing cancels them, where in Rust they were dropped.
#[derive(Debug)]
pub struct GoesOn;

impl Claim for GoesOn {
    fn expectation(&self) -> String {
        "that one fails and the other goes on to its end".into()
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let failed = run.ended(Outcome::Failed).count();
        let cancelled = run.ended(Outcome::Cancelled).count();
        Some(format!("{failed} failed and {cancelled} were cancelled"))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let failed = run.ended(Outcome::Failed).next()?;
        let after = |task: &&Task| task.end_s > failed.end_s;
        let on = run.ended(Outcome::Completed).find(after)?;
        let (label, ran) = (&on.label, time(on.life().0));
        let text = format!(
            "the error came after {}, and {label} went on to its end at {ran}: gather cancels nothing.",
            time(failed.life().0)
        );
        let dropped = run.in_rust().and_then(|rust| {
            let dropped = rust.ended(Outcome::Cancelled).next()?;
            Some(format!(
                "In Rust it was dropped after {}.",
                time(dropped.life().0)
            ))
        });
        let shown = shown("goes_on", text).takeaway("An asyncio.TaskGroup cancels the others.");
        Some(match dropped {
            Some(dropped) => shown.and(&dropped),
            None => shown,
        })
    }
}

/// What is handed to threads holds one each, while the tasks that await it share the event loop's.
#[derive(Debug)]
pub struct ThreadEachBeside;

impl Claim for ThreadEachBeside {
    fn expectation(&self) -> String {
        "a thread for each wait, beside the event loop's".into()
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (waits, threads) = (run.count, threads_of_closures(run));
        let on = units::count(threads, "thread", "threads");
        let shared = (threads != waits).then(|| format!("{waits} waits had {on}"));
        shared.or_else(|| missed::off(run.wall, run.longest))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (threads, wall) = (threads_of_closures(run), time(run.wall));
        self.missed(run).is_none().then(|| {
            let text = format!(
                "{threads} waits took {wall}, and each held a thread that did nothing else, beside the one of the event loop."
            );
            shown("thread_each", text).short(format!("{threads} waits held {threads} threads for {wall}"))
        })
    }
}

/// On how many threads closures ran.
fn threads_of_closures(run: &Run<'_>) -> usize {
    let closures = run.strategy.closures.iter();
    let polls = closures.flat_map(|closure| &closure.polls);
    let threads: BTreeSet<usize> = polls.map(|poll| poll.thread).collect();
    threads.len()
}
