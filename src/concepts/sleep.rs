//! `sleep`: what an `async fn` is.
//!
//! Calling an `async fn` runs none of its body: it returns a future, a value that does nothing until it is polled.
//! Each poll runs on to the next `.await` whose answer is not there yet. There the future hands its waker to the
//! timer and returns `Pending`, and the thread is free for other work. When the time is up, the runtime's driver
//! wakes the task, and it is polled again. A future that nobody awaits is never polled, so its work never starts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::knob::{Count, Wait};
use super::{About, Concept, Output, Strategy, Twin};
use crate::claims::{
    Figure, NeverStarted, OneAfterTheOther, Overlapped, ThreadEach, ThreadEachBeside,
};
use crate::trace::Recorder;

/// The knobs of `sleep`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Sleep {
    /// How many fetches
    #[arg(long, value_name = "N", default_value = "3")]
    pub tasks: Count<1, 100>,

    /// How long each fetch waits
    #[arg(long, value_name = "DURATION", default_value = "500ms")]
    pub delay: Wait,
}

impl Concept for Sleep {
    const ABOUT: About = About {
        name: "sleep",
        title: "what an async fn is",
        question: "What do async and await do?",
        python: "async def, await",
        examples: "\
  asyncdemo sleep                    awaited in turn, at once, and not at all
  asyncdemo sleep --strategy threads --strategy concurrent
                                     three threads, or one that waits for three
  asyncdemo sleep --tasks 100 --code
                                     a hundred waits, and the code that runs",
        heartbeat_lane: false,
        figure: Figure::Wall,
        source: include_str!("sleep.rs"),
        twin: include_str!("../../lessons/python/sleep.py"),
        python_file: "sleep.py",
        belief: "Calling an async function starts it.",
        tour: &["--delay", "300ms"],
        quick: &["--tasks", "3", "--delay", "40ms"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let (tasks, delay) = (*self.tasks, *self.delay);
        let fetches = (tasks, delay);
        let one_by_one = delay * u32::try_from(tasks).unwrap_or(u32::MAX);
        let several = tasks > 1;
        vec![
            Strategy::new(
                "sequential",
                "each fetch awaited before the next",
                fetches,
                sequential,
            )
            .by_default()
            .ideal(one_by_one)
            .claim_if(several, OneAfterTheOther)
            .twin(Twin::of("each fetch awaited before the next")),
            Strategy::new(
                "concurrent",
                "join_all: one thread awaits them all",
                fetches,
                concurrent,
            )
            .by_default()
            .ideal(delay)
            .claim_if(several, Overlapped)
            .twin(Twin::of("asyncio.gather(…): one thread awaits them all")),
            Strategy::new(
                "threads",
                "a thread for each, asleep inside: std::thread::sleep",
                fetches,
                threads,
            )
            .ideal(delay)
            .claim_if(several, ThreadEach)
            .twin(
                Twin::of("a thread for each, asleep inside: time.sleep")
                    .claim_if(several, ThreadEachBeside),
            ),
            Strategy::new(
                "unawaited",
                "each future made, and never awaited",
                fetches,
                unawaited,
            )
            .by_default()
            .ideal(delay)
            .claim(NeverStarted)
            .refutes_belief()
            .differs("never awaited, so there is no answer")
            .twin(Twin::of("each coroutine made, and never awaited")),
        ]
    }
}

// ANCHOR: workload
/// How many fetches, and how long each of them takes.
type Fetches = (usize, Duration);

/// Stands for a call that takes a while. It counts itself first: that shows
/// whether it ever began.
async fn fetch(delay: Duration, begun: &AtomicUsize) -> Value {
    begun.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(delay).await;
    json!({ "data": "Sample data" })
}
// ANCHOR_END: workload

fn output(answers: Vec<Value>, begun: &AtomicUsize) -> Output {
    Output::new(answers).metric("fetches_begun_count", begun.load(Ordering::Relaxed) as f64)
}

// ANCHOR: sequential
async fn sequential(recorder: Recorder, fetches: Fetches) -> Result<Output> {
    let (tasks, delay) = fetches;
    let begun = AtomicUsize::new(0);
    let mut answers = Vec::new();
    for number in 1..=tasks {
        let name = format!("fetch {number}");
        answers.push(recorder.track(name, fetch(delay, &begun)).await);
    }
    Ok(output(answers, &begun))
}
// ANCHOR_END: sequential

// ANCHOR: concurrent
async fn concurrent(recorder: Recorder, fetches: Fetches) -> Result<Output> {
    let (tasks, delay) = fetches;
    let begun = AtomicUsize::new(0);
    let fetching = (1..=tasks).map(|number| {
        let name = format!("fetch {number}");
        recorder.track(name, fetch(delay, &begun))
    });
    let answers = join_all(fetching).await;
    Ok(output(answers, &begun))
}
// ANCHOR_END: concurrent

// ANCHOR: threads
async fn threads(recorder: Recorder, fetches: Fetches) -> Result<Output> {
    let (tasks, delay) = fetches;
    let mut threads = Vec::new();
    for number in 1..=tasks {
        let name = format!("fetch {number}");
        let fetching = recorder.track(name, async move {
            #[expect(
                clippy::disallowed_methods,
                reason = "the thread is here to be blocked"
            )]
            thread::sleep(delay);
            json!({ "data": "Sample data" })
        });
        let runtime = Handle::current();
        let wait = move || runtime.block_on(fetching);
        threads.push(thread::Builder::new().spawn(wait)?);
    }
    let begun = AtomicUsize::new(threads.len());
    // Waiting for a thread blocks, so another thread does it.
    let join = || threads.into_iter().map(|thread| thread.join()).collect();
    let joined = tokio::task::spawn_blocking(join);
    let answers: thread::Result<Vec<Value>> = joined.await?;
    Ok(output(
        answers.map_err(|_| anyhow::anyhow!("a thread panicked"))?,
        &begun,
    ))
}
// ANCHOR_END: threads

// ANCHOR: unawaited
async fn unawaited(recorder: Recorder, fetches: Fetches) -> Result<Output> {
    let (tasks, delay) = fetches;
    let begun = AtomicUsize::new(0);
    let futures = (1..=tasks).map(|number| {
        let name = format!("fetch {number}");
        recorder.track(name, fetch(delay, &begun))
    });
    let futures: Vec<_> = futures.collect();
    // There is time enough for all of them. Nobody uses it.
    tokio::time::sleep(delay).await;
    drop(futures);
    Ok(output(Vec::new(), &begun))
}
// ANCHOR_END: unawaited
