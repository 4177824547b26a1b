//! `blocking-pitfall`: one blocking call, and everything waits.
//!
//! The scheduler is cooperative: it gets its thread back only when a poll returns. `thread::sleep`, a blocking call
//! or a loop that awaits only what is ready does not return, and nothing else runs on that thread: no task, no timer,
//! not even the `timeout` around the call. More workers make that rarer, not safe: the blocked one may be the worker
//! that watches timers and sockets, and then nobody is woken. `spawn_blocking` moves the call to a thread where it
//! may block.

use std::future::{Future, ready};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};

use super::knob::{Count, Wait};
use super::{About, Concept, Flavor, Output, Strategy, Twin};
use crate::claims::{
    BlocksTheLoop, Figure, KeepsTheLoopAwake, OneBlocker, OneStopsAll, TimeoutIsLate,
};
use crate::trace::Recorder;

/// The knobs of `blocking-pitfall`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct BlockingPitfall {
    /// How long the work takes
    #[arg(long, value_name = "DURATION", default_value = "500ms")]
    pub block: Wait<50>,

    /// The deadline in `timeout-cannot-help`
    #[arg(long, value_name = "DURATION", default_value = "100ms")]
    pub timeout: Wait,

    /// How many threads run tasks: more make a stop of all rarer, not impossible
    #[arg(long, value_name = "N", default_value = "1")]
    pub workers: Count<1, 16>,
}

/// The heart beats for this long before and after, so that one sees what the middle does to it.
const MOMENT: Duration = Duration::from_millis(150);

/// Halfway between two heartbeats: the timer that is due then wakes one task, and no other.
const OFF_BEAT: Duration = Duration::from_millis(155);

/// From one heartbeat to the next.
const BEAT: Duration = Duration::from_millis(10);

/// A timer that is late by less wakes nobody together with a heartbeat.
const ON_TIME: Duration = Duration::from_millis(3);

/// How often [`off_beat`] tries on a machine that is late each time.
const TRIES: u32 = 50;

/// Sleeps for [`OFF_BEAT`]. A busy machine may wake late, and a heartbeat with it: then again, between the next two beats.
/// On time twice, right after a beat and before the next one, means that no beat was held back until now.
async fn off_beat() {
    let mut due = tokio::time::Instant::now() + OFF_BEAT;
    for _ in 0..TRIES {
        let after_a_beat = due - ON_TIME;
        sleep_until(after_a_beat).await;
        let first = after_a_beat.elapsed();
        sleep_until(due).await;
        if first.max(due.elapsed()) < ON_TIME {
            break;
        }
        let beats = (due.elapsed() + ON_TIME).as_nanos() / BEAT.as_nanos() + 1;
        due += BEAT * u32::try_from(beats).unwrap_or(1);
    }
}

/// Why Python has no strategies of several workers.
const ONE_THREAD: &str =
    "asyncio runs every task on one thread, so one blocker stops all, as in thread-sleep";

/// Workers of `unlucky-worker`, where nobody says how many.
const MANY: usize = 8;

impl Concept for BlockingPitfall {
    const ABOUT: About = About {
        name: "blocking-pitfall",
        title: "one call blocks, all wait",
        question: "What happens if I block in an async fn?",
        python: "time.sleep in async def",
        examples: "\
  asyncdemo blocking-pitfall                watch the heartbeat
  asyncdemo blocking-pitfall --workers 8    can one blocker stop eight workers?
  asyncdemo blocking-pitfall --strategy timeout-cannot-help --code
  asyncdemo blocking-pitfall --strategy no-yield --code",
        heartbeat_lane: true,
        figure: Figure::LongestGap,
        source: include_str!("blocking_pitfall.rs"),
        twin: include_str!("../../lessons/python/blocking-pitfall.py"),
        python_file: "blocking-pitfall.py",
        belief: "A blocking call holds up only the task that makes it.",
        tour: &["--block", "300ms"],
        quick: &["--block", "60ms", "--timeout", "20ms"],
    };

    fn next(&self) -> Option<&'static str> {
        (*self.workers == 1).then_some("can one blocker stop eight workers? --workers 8")
    }

    fn strategies(&self) -> Vec<Strategy> {
        let (timeout, workers) = (*self.timeout, *self.workers);
        let alone = workers == 1;
        let several = if alone { MANY } else { workers };
        vec![
            self.strategy("async-sleep", "tokio::time::sleep(…).await", async_sleep)
                .by_default()
                .claim(KeepsTheLoopAwake)
                .twin(Twin::of("asyncio.sleep(…)")),
            self.strategy(
                "thread-sleep",
                "std::thread::sleep(…) in an async fn",
                thread_sleep,
            )
            .by_default()
            .claim_if(alone, BlocksTheLoop)
            .claim_if(!alone, OneBlocker)
            .refutes_belief_if(alone)
            .twin(Twin::of("time.sleep(…) in an async def").claim(BlocksTheLoop)),
            self.strategy(
                "unlucky-worker",
                "std::thread::sleep(…) in a task that a timer woke",
                unlucky_worker,
            )
            .on(Flavor::with_workers(several))
            .ideal(OFF_BEAT + *self.block + MOMENT)
            .by_default_if(!alone)
            .claim(OneStopsAll)
            .refutes_belief_if(!alone)
            .no_twin(ONE_THREAD),
            self.strategy(
                "every-worker",
                "std::thread::sleep(…) in as many tasks as there are workers",
                every_worker,
            )
            .by_default_if(!alone)
            .claim(BlocksTheLoop)
            .no_twin(ONE_THREAD),
            self.strategy(
                "no-yield",
                "a loop that awaits only what is ready",
                no_yield,
            )
            .claim_if(alone, BlocksTheLoop)
            .claim_if(!alone, OneBlocker)
            .twin(Twin::of("a loop that awaits only what is ready").claim(BlocksTheLoop)),
            self.strategy(
                "spawn-blocking",
                "spawn_blocking(|| std::thread::sleep(…)).await",
                spawn_blocking,
            )
            .by_default_if(alone)
            .claim(KeepsTheLoopAwake)
            .twin(Twin::of("asyncio.to_thread(time.sleep, …)")),
            self.strategy(
                "timeout-cannot-help",
                "timeout(…) round a blocking call",
                move |recorder, block| timeout_cannot_help(recorder, block, timeout),
            )
            .claim(TimeoutIsLate(timeout))
            .twin(Twin::of("asyncio.timeout(…) round a blocking call")),
        ]
    }
}

impl BlockingPitfall {
    /// A strategy with a moment of quiet before its work and after it.
    fn strategy<F>(
        &self,
        name: &'static str,
        summary: &str,
        run: impl Fn(Recorder, Time) -> F + Send + Sync + 'static,
    ) -> Strategy
    where
        F: Future<Output = Result<Output>> + Send + 'static,
    {
        Strategy::new(name, summary, *self.block, run)
            .on(Flavor::with_workers(*self.workers))
            .ideal(*self.block + 2 * MOMENT)
    }
}

// ANCHOR: workload
/// How long the work takes.
type Time = Duration;

/// Work as a library does it that knows nothing of async: the thread is held.
#[expect(clippy::disallowed_methods, reason = "this is the pitfall")]
fn blocking_work(time: Time) {
    std::thread::sleep(time);
}
// ANCHOR_END: workload

// ANCHOR: async-sleep
async fn async_sleep(recorder: Recorder, block: Time) -> Result<Output> {
    sleep(MOMENT).await;
    recorder.track("worker task", sleep(block)).await;
    sleep(MOMENT).await;
    Ok(Output::new("done"))
}
// ANCHOR_END: async-sleep

// ANCHOR: thread-sleep
async fn thread_sleep(recorder: Recorder, block: Time) -> Result<Output> {
    sleep(MOMENT).await;
    recorder
        .track("worker task", async { blocking_work(block) })
        .await;
    sleep(MOMENT).await;
    Ok(Output::new("done"))
}
// ANCHOR_END: thread-sleep

// ANCHOR: unlucky-worker
async fn unlucky_worker(recorder: Recorder, block: Time) -> Result<Output> {
    let one_of_many = async {
        // The worker that watches the timers is the one that this wakes. It
        // wakes no other for a single task, and polls it itself.
        off_beat().await;
        // So nobody watches timers and sockets now, and all others sleep on.
        blocking_work(block);
    };
    recorder.track("worker task", one_of_many).await;
    sleep(MOMENT).await;
    Ok(Output::new("done"))
}
// ANCHOR_END: unlucky-worker

// ANCHOR: every-worker
async fn every_worker(recorder: Recorder, block: Time) -> Result<Output> {
    sleep(MOMENT).await;
    let mut tasks = JoinSet::new();
    for number in 1..=Handle::current().metrics().num_workers() {
        let name = format!("worker task {number}");
        let work = async move { blocking_work(block) };
        tasks.spawn(recorder.track(name, work));
    }
    tasks.join_all().await;
    sleep(MOMENT).await;
    Ok(Output::new("done"))
}
// ANCHOR_END: every-worker

// ANCHOR: no-yield
async fn no_yield(recorder: Recorder, block: Time) -> Result<Output> {
    sleep(MOMENT).await;
    let busy = async {
        let start = Instant::now();
        while start.elapsed() < block {
            // An await yields only if what it waits for is not ready.
            ready(()).await;
        }
    };
    recorder.track("worker task", busy).await;
    sleep(MOMENT).await;
    Ok(Output::new("done"))
}
// ANCHOR_END: no-yield

// ANCHOR: spawn-blocking
async fn spawn_blocking(recorder: Recorder, block: Time) -> Result<Output> {
    sleep(MOMENT).await;
    let work = move || blocking_work(block);
    let work = recorder.track_blocking("its thread", work);
    let elsewhere = tokio::task::spawn_blocking(work);
    recorder.track("worker task", elsewhere).await?;
    sleep(MOMENT).await;
    Ok(Output::new("done"))
}
// ANCHOR_END: spawn-blocking

// ANCHOR: timeout-cannot-help
async fn timeout_cannot_help(
    recorder: Recorder,
    block: Time,
    deadline: Duration,
) -> Result<Output> {
    sleep(MOMENT).await;
    // The timeout looks at its timer between two polls, and there is only
    // one poll.
    let limited = timeout(deadline, async { blocking_work(block) });
    let outcome = recorder.track("worker task", limited).await;
    sleep(MOMENT).await;
    let timed_out = outcome.is_err().into();
    Ok(Output::new("done").metric("timed_out_count", timed_out))
}
// ANCHOR_END: timeout-cannot-help
