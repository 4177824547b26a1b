//! Runs a strategy on a runtime of its own, under the recorder and beside a heartbeat.

mod bound;
mod core_wait;
mod invocation;
mod knobs;
mod measure;
mod options;
mod origin;
mod processes;
mod repeat;
mod runtime;
mod twins;
mod watch;

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;

pub use self::bound::Bound;
pub use self::invocation::{Invocation, Trust};
pub use self::measure::measure;
pub use self::options::{Code, Format, Options};
pub use self::origin::{machine, now, program};
use self::repeat::repeat;
pub use self::runtime::SHUTDOWN;
use self::runtime::{Finished, Message, WORKER, on_a_fresh_runtime};
pub use self::twins::{Twins, TwinsError};
use self::watch::Pace;
pub use self::watch::{Audience, FRAME};
use crate::concepts::{Flavor, SLOW_POLL, Strategy};
use crate::report::{self, Measured, StrategyReport};
use crate::trace::{self, Heartbeat, Keep, Recorder, Thread, Timeline};

/// A heartbeat that is late by less may be the machine's doing and not the program's.
const NOISE: Duration = Duration::from_millis(40);

/// Between two looks at whether a run goes on as it should.
const LOOK: Duration = Duration::from_millis(10);

/// How long a run that was stopped may take to clean up behind itself.
const GRACE: Duration = Duration::from_millis(500);

/// Asks whatever runs to stop. Clones ask the same.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    signal: Arc<AtomicI32>,
    token: CancellationToken,
}

impl Stop {
    /// Stops what runs, because of this signal: 2 for an interrupt, 15 for a termination.
    pub fn stop(&self, signal: i32) {
        let _ = self
            .signal
            .compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.token.cancel();
    }

    /// Cancelled when something asks.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// The signal that asked, if one has.
    pub fn signal(&self) -> Option<i32> {
        Some(self.signal.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }
}

/// Where strategies are run.
#[derive(Clone, Debug)]
pub struct Lab {
    /// A poll at least this long is called blocking.
    pub slow_poll: Duration,
    /// How often each strategy is run.
    pub repeat: u32,
    /// Whether the heartbeat is a lane of its own.
    pub show_heartbeat: bool,
    /// So many tasks are reported one by one, the rest of them taken together.
    pub max_tasks: usize,
    /// Who may stop it.
    pub stop: Stop,
}

impl Default for Lab {
    fn default() -> Self {
        Self {
            slow_poll: SLOW_POLL,
            repeat: 1,
            show_heartbeat: false,
            max_tasks: 1_000,
            stop: Stop::default(),
        }
    }
}

/// What came of a strategy.
#[derive(Debug)]
pub struct Outcome {
    /// Its measurements.
    pub report: StrategyReport,
    /// What it returned in the last run. `None` if it failed or was stopped.
    pub result: Option<serde_json::Value>,
    /// Whether it was stopped.
    pub stopped: bool,
}

impl Lab {
    /// Runs `strategy` as often as asked, each time on a fresh runtime. A strategy that fails or
    /// panics is reported, not passed on.
    pub fn run(&self, strategy: &Strategy, audience: &mut dyn Audience) -> Outcome {
        let planned = plan(strategy);
        let once = || self.run_once(strategy, &planned, audience);
        let ended = |(run, _): &(Measured, _)| (run.error.is_some(), run.cut_short);
        let repeated = repeat(self.repeat, once, ended);
        let stopped = repeated.stopped;
        let (runs, mut results): (Vec<_>, Vec<_>) = repeated.runs.into_iter().unzip();
        let mut report = planned.with_runs(&runs);
        report.error = report.error.or(repeated.unprepared);
        Outcome {
            report,
            result: results.pop().flatten().filter(|_| !stopped),
            stopped,
        }
    }

    /// `None` if it was stopped before it began. Without an output it was stopped, or failed.
    fn run_once(
        &self,
        strategy: &Strategy,
        planned: &StrategyReport,
        audience: &mut dyn Audience,
    ) -> Result<Option<(Measured, Option<serde_json::Value>)>> {
        let start = strategy.prepare().context("it could not be prepared")?;
        if self.stop.signal().is_some() {
            return Ok(None);
        }
        let recorder = Recorder::new();
        let (sender, messages) = mpsc::channel();
        let (warm_up, run) = (strategy.warm_up(), start(recorder.clone()));
        let (flavor, stop, in_thread) =
            (strategy.flavor, self.stop.token.clone(), recorder.clone());
        // Of its own, so that a strategy that blocks its thread cannot keep Ctrl-C waiting.
        let name = match flavor {
            Flavor::CurrentThread => WORKER,
            Flavor::MultiThread(_) => "lab",
        };
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || on_a_fresh_runtime(flavor, warm_up, run, &in_thread, &stop, &sender))
            .context("no thread could be started for it")?;

        let (begun, finished) = self.wait(&messages, audience, |start| {
            let end = recorder.elapsed();
            let mut so_far = self.measured(&recorder, flavor, start, end);
            so_far.cut_short = true;
            planned.clone().with_runs(&[so_far])
        });
        let start = begun.unwrap_or_default();
        let Some(finished) = finished else {
            let wall = recorder.elapsed().saturating_sub(start);
            let mut measured = self.measured(&recorder, flavor, start, start + wall);
            measured.cut_short = self.stop.signal().is_some();
            if !measured.cut_short {
                measured.error = Some("its thread panicked".to_owned());
            }
            return Ok(begun.map(|_| (measured, None)));
        };
        let mut measured = self.measured(&recorder, flavor, start, start + finished.wall);
        measured.waited_for_core = finished.waited_for_core;
        // To free what a million tasks have noted takes a while, and nobody needs to wait for it. Without
        // a thread it is freed here.
        let _ = thread::Builder::new().spawn(move || drop(recorder));
        match finished.output {
            Ok(output) => {
                let output = output.exited();
                let metrics = output.metrics.iter();
                let metrics = metrics.map(|(key, value)| ((*key).to_owned(), *value));
                measured.metrics = metrics.collect();
                Ok(Some((measured, Some(output.result))))
            }
            Err(error) => {
                match self.stop.signal() {
                    Some(_) => measured.cut_short = true,
                    None => measured.error = Some(format!("{error:#}")),
                }
                Ok(Some((measured, None)))
            }
        }
    }

    /// Waits for the run, and shows it meanwhile. When it began, if it did; and what came of it, if it
    /// came to an end.
    fn wait(
        &self,
        messages: &mpsc::Receiver<Message>,
        audience: &mut dyn Audience,
        so_far: impl Fn(Duration) -> StrategyReport,
    ) -> (Option<Duration>, Option<Finished>) {
        let finished = |message| match message {
            Ok(Message::Finished(finished)) => Some(finished),
            _ => None,
        };
        let mut begun = None;
        let mut pace = Pace::begin();
        loop {
            match messages.recv_timeout(LOOK) {
                Ok(Message::Started(start)) => {
                    begun = Some(start);
                    pace = Pace::begin();
                }
                Err(mpsc::RecvTimeoutError::Timeout) if self.stop.signal().is_some() => {
                    return (begun, finished(messages.recv_timeout(GRACE)));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if let Some(start) = begun {
                        pace.show(audience, || so_far(start));
                    }
                }
                ended => return (begun, finished(ended)),
            }
        }
    }

    fn measured(
        &self,
        recorder: &Recorder,
        flavor: Flavor,
        start: Duration,
        end: Duration,
    ) -> Measured {
        let mut timeline = recorder.timeline_of(Keep {
            tasks: self.max_tasks,
            slow_poll: self.slow_poll,
        });
        let workers = flavor.workers();
        let is_worker = |thread: &Thread| {
            let name = thread.name.as_deref();
            name.is_some_and(|name| name.starts_with(WORKER))
        };
        let heartbeat = Heartbeat::measure(&timeline, end);
        let mut blocked = timeline.blocked(self.slow_poll, workers, is_worker);
        let untracked = heartbeat
            .as_ref()
            .and_then(|heartbeat| self.untracked(heartbeat, &timeline, &blocked));
        blocked.extend(untracked);
        timeline.heartbeat = timeline.heartbeat.filter(|_| self.show_heartbeat);
        if let Some(heart) = &mut timeline.heartbeat {
            // It beats until the measuring ends; that its runtime then drops it is no news.
            (heart.outcome, heart.end) = (trace::Outcome::Running, end);
            heart.polls.retain(|beat| beat.end <= end);
        }
        Measured {
            wall: end.saturating_sub(start),
            start,
            timeline,
            heartbeat,
            blocked,
            ..Measured::default()
        }
    }

    /// A gap of the heartbeat that no tracked poll explains: something untracked held every worker.
    fn untracked(
        &self,
        heartbeat: &Heartbeat,
        timeline: &Timeline,
        known: &[trace::Blocked],
    ) -> Option<trace::Blocked> {
        let (due, end) = (
            heartbeat.gap_start + heartbeat.period,
            heartbeat.gap_start + heartbeat.max_gap,
        );
        // What is known may explain a small part of a long gap: then the rest of it is looked at, in one piece.
        let explained = known
            .iter()
            .filter(|slow| slow.start < end && due < slow.end);
        let mut explained: Vec<_> = explained.map(|slow| (slow.start, slow.end)).collect();
        explained.sort();
        let ends = std::iter::once(due).chain(explained.iter().map(|slow| slow.1));
        let starts = explained.iter().map(|slow| slow.0).chain([end]);
        let rest = ends
            .zip(starts)
            .max_by_key(|(from, to)| to.saturating_sub(*from));
        let (start, rest_end) = rest.unwrap_or((due, end));
        let rest = rest_end.saturating_sub(start);
        let most = rest * 2 > end.saturating_sub(due);
        let late = rest >= self.slow_poll.max(NOISE) && !timeline.tasks.is_empty();
        (late && most).then_some(trace::Blocked {
            start,
            end: rest_end,
            by: None,
        })
    }
}

/// What is known of a strategy before it runs.
pub fn plan(strategy: &Strategy) -> StrategyReport {
    let flavor = match strategy.flavor {
        Flavor::CurrentThread => "current-thread",
        Flavor::MultiThread(_) => "multi-thread",
    };
    let runtime = report::Runtime {
        flavor: flavor.to_owned(),
        workers: strategy.flavor.workers(),
    };
    StrategyReport::planned(strategy.name, &strategy.summary, runtime, strategy.ideal)
}
