//! `scale`: one wait, and a million of them.
//!
//! A task is one allocation that holds the state of its future, some hundred bytes here; a thread has a stack, and
//! the kernel schedules it. That is why one thread can serve a million waiting tasks. `join_all` needs no task for
//! each, but all its futures share the budget of one task: after 128 steps Tokio's timers answer `Pending` and wake
//! their future at once, so that other tasks get a turn, and `join_all` has to poll those futures again.
//! `unconstrained` lifts the budget.

mod claims;

use std::future::Future;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use futures_util::future::join_all;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::unconstrained;
use tokio::time::sleep;

use self::claims::{AllAtOnce, Flat, Grows, HeldWhileStarting, TakesMoreMemory};
use super::knob::{Count, Wait};
use super::{About, Concept, Output, Sizes, Strategy, Twin, UsageError, is_alone};
use crate::claims::{Figure, ThreadEachBeside, cost};
use crate::services::usage::Usage;
use crate::trace::Recorder;

/// A thread takes some 10 KiB of memory here: ten thousand are enough to see what it costs.
const MOST_THREADS: usize = 10_000;

/// A task under the recorder takes some 20 µs and 3 KiB in Python, a thread some 200 µs.
const MOST_IN_PYTHON: usize = 100_000;
const MOST_THREADS_IN_PYTHON: usize = 1_000;

/// With more, `joined-budgeted` takes minutes.
const MOST_BUDGETED: usize = 100_000;

/// Why one among many costs more in `joined-budgeted`.
const ASKED_AGAIN: &str = "Tokio lets a task take 128 steps, then its timers answer \"later\", and join_all asks every one of them again";

/// The knobs of `scale`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Scale {
    /// How many tasks: a measurement for each of at most 12 numbers, from {least} to {most}
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        num_args = 1,
        default_value = "1,1000,10000,100000,1000000"
    )]
    pub tasks: Vec<Count<1, 1_000_000>>,

    /// How long each task waits
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    pub delay: Wait,
}

impl Concept for Scale {
    const ABOUT: About = About {
        name: "scale",
        title: "a million waits at once",
        question: "How many tasks can one thread serve?",
        python: "asyncio.create_task",
        examples: "\
  asyncdemo scale                      1 to 1,000,000 tasks, and threads
  asyncdemo scale --tasks 1000,10000 --all
                                       four ways, and what a task costs in each
  asyncdemo scale --strategy joined-budgeted --strategy joined --tasks 50000
                                       why a large join_all gets slow
  asyncdemo scale --tasks 1000000 --strategy spawned --delay 5s",
        heartbeat_lane: false,
        figure: Figure::BytesEach,
        source: include_str!("scale.rs"),
        twin: include_str!("../../lessons/python/scale.py"),
        python_file: "scale.py",
        belief: "Many tasks at once need many threads.",
        tour: &["--tasks", "10000", "--delay", "500ms"],
        quick: &["--tasks", "20", "--delay", "40ms"],
    };

    fn check(&self) -> Result<(), UsageError> {
        match self.tasks.len() {
            1..=12 => Ok(()),
            given => Err(UsageError::new(format!(
                "--tasks takes at most 12 numbers; {given} given"
            ))),
        }
    }

    fn sizes(&self) -> Option<Sizes> {
        Some(Sizes {
            knob: "tasks",
            each: self.tasks.iter().map(|tasks| **tasks).collect(),
        })
    }

    fn strategies(&self) -> Vec<Strategy> {
        let (delay, clean) = (*self.delay, is_alone());
        let tasks = self.tasks.iter().map(|tasks| **tasks).max().unwrap_or(1);
        let several = tasks > 1;
        let naps = (tasks, delay);
        let at_once = |strategy: Strategy| {
            strategy
                .ideal(delay)
                .claim_if(several, AllAtOnce)
                .claim_if(several, Flat)
                .claim_if(several, HeldWhileStarting)
        };
        vec![
            at_once(Strategy::new(
                "spawned",
                "a task each: tokio::spawn",
                naps,
                move |recorder, naps| counted(tasks, clean, spawned(recorder, naps)),
            ))
            .by_default()
            .refutes_belief()
            .twin(Twin::of("a task each: asyncio.create_task").at_most(MOST_IN_PYTHON)),
            at_once(Strategy::staged(
                "threads",
                "a thread each, asleep inside",
                move || within(tasks, MOST_THREADS, "threads"),
                move |recorder, ()| counted(tasks, clean, threads(recorder, naps)),
            ))
            .at_most(MOST_THREADS)
            .claim(TakesMoreMemory("spawned"))
            .by_default()
            .twin(
                Twin::of("a thread each, asleep inside")
                    .at_most(MOST_THREADS_IN_PYTHON)
                    .claim_if(several, ThreadEachBeside),
            ),
            at_once(Strategy::new(
                "joined",
                "all in one task: unconstrained(join_all(…))",
                naps,
                move |recorder, naps| counted(tasks, clean, joined(recorder, naps)),
            ))
            .twin(
                Twin::of("asyncio.gather(…), which makes a task of each").at_most(MOST_IN_PYTHON),
            ),
            Strategy::staged(
                "joined-budgeted",
                "all in one task: join_all(…), as everybody writes it",
                move || within(tasks, MOST_BUDGETED, "children of one join_all"),
                move |recorder, ()| counted(tasks, clean, joined_budgeted(recorder, naps)),
            )
            .at_most(MOST_BUDGETED)
            .ideal(delay)
            .claim(Grows(ASKED_AGAIN))
            .no_twin("gather makes a task of each, and asyncio gives a task no budget"),
        ]
    }
}

fn within(tasks: usize, most: usize, what: &str) -> Result<()> {
    ensure!(
        tasks <= most,
        "{tasks} {what}: no more than {most} are tried"
    );
    Ok(())
}

/// Counts what the work costs this process. Only the first peak of memory in a process is clean:
/// it never falls again.
async fn counted(
    tasks: usize,
    clean: bool,
    work: impl Future<Output = Result<Output>>,
) -> Result<Output> {
    let before = Usage::now();
    let output = work.await?.metric(cost::TASKS, tasks as f64);
    let (Some(before), Some(after)) = (before, Usage::now()) else {
        return Ok(output);
    };
    let cpu = after.cpu.saturating_sub(before.cpu);
    let grown = after.peak_memory.saturating_sub(before.peak_memory);
    let output = output.metric(cost::CPU, cpu.as_secs_f64());
    if !clean {
        return Ok(output);
    }
    Ok(output
        .metric(cost::PEAK, after.peak_memory as f64)
        .metric(cost::GROWN, grown as f64))
}

// ANCHOR: workload
/// How many, and for how long.
type Naps = (usize, Duration);

/// Waits, from the moment at which it is first polled.
async fn nap(delay: Duration) {
    sleep(delay).await;
}
// ANCHOR_END: workload

// ANCHOR: spawned
async fn spawned(recorder: Recorder, (tasks, delay): Naps) -> Result<Output> {
    let spawned: Vec<_> = (0..tasks)
        .map(|_| tokio::spawn(recorder.track("task", nap(delay))))
        .collect();
    for task in spawned {
        task.await?;
    }
    Ok(Output::new(tasks))
}
// ANCHOR_END: spawned

// ANCHOR: threads
async fn threads(recorder: Recorder, (tasks, delay): Naps) -> Result<Output> {
    let mut threads = Vec::new();
    let mut refused = None;
    for number in 1..=tasks {
        let nap = recorder.track("thread", async move {
            #[expect(clippy::disallowed_methods, reason = "it shall")]
            thread::sleep(delay);
        });
        let runtime = Handle::current();
        match thread::Builder::new().spawn(move || runtime.block_on(nap)) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                let why = format!("the system refused thread {number}");
                refused = Some(anyhow!(error).context(why));
                break;
            }
        }
    }
    // Waiting for a thread blocks, so another thread does it.
    let mut threads = threads.into_iter();
    let join_all = move || threads.try_for_each(thread::JoinHandle::join);
    let joined = tokio::task::spawn_blocking(join_all).await;
    if let Some(refused) = refused {
        return Err(refused);
    }
    joined
        .context("no thread was left to wait for the others")?
        .map_err(|_| anyhow!("a thread panicked"))?;
    Ok(Output::new(tasks))
}
// ANCHOR_END: threads

// ANCHOR: joined
async fn joined(recorder: Recorder, (tasks, delay): Naps) -> Result<Output> {
    let naps = (0..tasks).map(|_| recorder.track("task", nap(delay)));
    // Without the budget that Tokio gives to a task: see `joined-budgeted`.
    unconstrained(join_all(naps)).await;
    Ok(Output::new(tasks))
}
// ANCHOR_END: joined

// ANCHOR: joined-budgeted
async fn joined_budgeted(recorder: Recorder, naps: Naps) -> Result<Output> {
    let (tasks, delay) = naps;
    // One lane for all. Each is polled so often that to note every poll would
    // cost more than the polls.
    let naps = join_all((0..tasks).map(|_| nap(delay)));
    recorder.track("all of them", naps).await;
    Ok(Output::new(tasks))
}
// ANCHOR_END: joined-budgeted
