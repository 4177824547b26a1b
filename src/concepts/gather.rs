//! `gather`: several waits at once.
//!
//! A Rust future is lazy: to make two and then to await one after the other is still sequential, because the second
//! is not polled before the first has finished. `join!` polls both within the same task, so their waits overlap on
//! one thread, and the total is the longest wait, not the sum. `JoinSet` gives each a task of its own, which the
//! runtime may poll on another worker. `try_join!` returns at the first error and drops the rest, which cancels it.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::knob::Wait;
use super::{About, Concept, Output, Strategy, Twin, UsageError};
use crate::claims::{ErrorCancels, Figure, GoesOn, MadeIsNotStarted, OneAfterTheOther, Overlapped};
use crate::trace::Recorder;

/// The knobs of `gather`.
#[derive(clap::Args, Clone, Debug)]
pub struct Gather {
    /// How long each of the two calls takes: two durations, each from {least} to {most}
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        num_args = 1,
        default_value = "1s,2s"
    )]
    pub delays: Vec<Wait>,

    /// When the first call fails in `first-error`; without it, half way through the shorter of the two
    #[arg(long, value_name = "DURATION")]
    pub fail_at: Option<Wait>,
}

impl Concept for Gather {
    const ABOUT: About = About {
        name: "gather",
        title: "two waits at once",
        question: "How do I run several things at once?",
        python: "asyncio.gather",
        examples: "\
  asyncdemo gather                          1 s + 2 s takes 2 s. Why?
  asyncdemo gather --delays 300ms,300ms     as long as one of them
  asyncdemo gather --all --code             five ways, with the code that runs
  asyncdemo gather --strategy first-error   one fails: and the other?",
        heartbeat_lane: false,
        figure: Figure::Wall,
        source: include_str!("gather.rs"),
        twin: include_str!("../../lessons/python/gather.py"),
        python_file: "gather.py",
        belief: "Doing two things at once takes two threads.",
        tour: &["--delays", "500ms,1s"],
        quick: &["--delays", "40ms,80ms", "--fail-at", "20ms"],
    };

    fn check(&self) -> Result<(), UsageError> {
        match self.delays.len() {
            2 => Ok(()),
            given => Err(UsageError::new(format!(
                "--delays takes two durations, as in --delays 1s,2s; {given} given (for many waits at once: asyncdemo sleep --tasks 20)"
            ))),
        }
    }

    fn strategies(&self) -> Vec<Strategy> {
        let delays @ [one, two] = [*self.delays[0], *self.delays[1]];
        let fail_at = self.fails_at();
        vec![
            Strategy::new(
                "sequential",
                "one.await, then two.await",
                delays,
                sequential,
            )
            .by_default()
            .ideal(one + two)
            .claim(OneAfterTheOther)
            .twin(Twin::of("await one, then await two")),
            Strategy::new(
                "created-first",
                "both futures made first, then awaited in turn",
                delays,
                created_first,
            )
            .ideal(one + two)
            .claim(MadeIsNotStarted)
            .twin(Twin::of("both coroutines made first, then awaited in turn")),
            Strategy::new("join", "tokio::join!(one, two)", delays, join)
                .by_default()
                .ideal(one.max(two))
                .claim(Overlapped)
                .refutes_belief()
                .twin(Twin::of("asyncio.gather(one, two)")),
            Strategy::new(
                "spawned",
                "each in a task of its own: JoinSet",
                delays,
                spawned,
            )
            .ideal(one.max(two))
            .claim(Overlapped)
            .twin(Twin::of("each in a task of its own: asyncio.TaskGroup")),
            Strategy::new(
                "first-error",
                "tokio::try_join!(one, two), and one fails",
                [fail_at, two],
                first_error,
            )
            .ideal(fail_at)
            .claim(ErrorCancels)
            .differs("it ends with the error, not with the answers")
            .twin(
                Twin::of("asyncio.gather(one, two), and one fails")
                    .claim(GoesOn)
                    .goes_on_for(two)
                    .differs("an exception is no Result"),
            ),
        ]
    }
}

impl Gather {
    fn fails_at(&self) -> Duration {
        let shorter = self.delays.iter().map(|delay| **delay).min();
        let half = shorter.unwrap_or_default() / 2;
        self.fail_at.map_or(half, |fail_at| *fail_at)
    }
}

/// With the moment of the error, whether it was set or follows from the delays.
impl Serialize for Gather {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut knobs = serializer.serialize_struct("Gather", 2)?;
        knobs.serialize_field("delays", &self.delays)?;
        match &self.fail_at {
            Some(fail_at) => knobs.serialize_field("fail_at", fail_at)?,
            None => {
                let half = humantime::format_duration(self.fails_at());
                knobs.serialize_field("fail_at", &half.to_string())?;
            }
        }
        knobs.end()
    }
}

// ANCHOR: workload
/// How long each of the two calls takes.
type Delays = [Duration; 2];

/// Stands for a slow call: it waits, and the thread is free meanwhile.
async fn fetch(name: &'static str, delay: Duration) -> String {
    sleep(delay).await;
    format!("answer {name}")
}
// ANCHOR_END: workload

// ANCHOR: sequential
async fn sequential(recorder: Recorder, delays: Delays) -> Result<Output> {
    let [one, two] = delays;
    let one = recorder.track("fetch one", fetch("one", one)).await;
    let two = recorder.track("fetch two", fetch("two", two)).await;
    Ok(Output::new([one, two]))
}
// ANCHOR_END: sequential

// ANCHOR: created-first
async fn created_first(recorder: Recorder, delays: Delays) -> Result<Output> {
    let [one, two] = delays;
    // Making a future runs nothing of it; `await` does. So these still take
    // turns.
    let one = recorder.track("fetch one", fetch("one", one));
    let two = recorder.track("fetch two", fetch("two", two));
    Ok(Output::new([one.await, two.await]))
}
// ANCHOR_END: created-first

// ANCHOR: join
async fn join(recorder: Recorder, delays: Delays) -> Result<Output> {
    let [one, two] = delays;
    // One task, one thread: while one future waits, the other is polled.
    let (one, two) = tokio::join!(
        recorder.track("fetch one", fetch("one", one)),
        recorder.track("fetch two", fetch("two", two)),
    );
    Ok(Output::new([one, two]))
}
// ANCHOR_END: join

// ANCHOR: spawned
async fn spawned(recorder: Recorder, delays: Delays) -> Result<Output> {
    let mut tasks = JoinSet::new();
    for (place, name) in ["one", "two"].into_iter().enumerate() {
        let fetching = fetch(name, delays[place]);
        let fetching = recorder.track(format!("fetch {name}"), fetching);
        // The place comes back with the answer: a JoinSet yields in the order
        // of finishing.
        tasks.spawn(async move { (place, fetching.await) });
    }
    let mut answers = [const { String::new() }; 2];
    while let Some(done) = tasks.join_next().await {
        let (place, answer) = done?;
        answers[place] = answer;
    }
    Ok(Output::new(answers))
}
// ANCHOR_END: spawned

// ANCHOR: first-error
async fn first_error(recorder: Recorder, delays: Delays) -> Result<Output> {
    let [fail_at, two] = delays;
    let failing = async {
        sleep(fail_at).await;
        bail!("fetch one failed")
    };
    let other = async { Ok(fetch("two", two).await) };
    // The first error ends the whole: what has not finished is dropped, and
    // so cancelled.
    let both: Result<((), String)> = tokio::try_join!(
        recorder.track("fetch one", failing),
        recorder.track("fetch two", other),
    );
    Ok(Output::new(both.map_err(|error| error.to_string())))
}
// ANCHOR_END: first-error
