//! From what the lab measured to the report.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cause::failures;
use super::{Blocked, Heartbeat, Poll, Rest, Runtime, Seconds, StrategyReport, Task};
use crate::trace;

/// One run of one strategy, as the lab hands it over.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// From the first poll of the strategy to its return; for a run that was stopped, to the stop.
    pub wall: Duration,
    /// When the strategy began, since the recorder's origin. The report counts from here.
    pub start: Duration,
    /// The tasks, and the heartbeat where it is to be shown.
    pub timeline: trace::Timeline,
    /// The ticker beside it.
    pub heartbeat: Option<trace::Heartbeat>,
    /// See [`trace::Timeline::blocked`].
    pub blocked: Vec<trace::Blocked>,
    /// How long its thread was ready to run and got no core, where the system tells.
    pub waited_for_core: Option<Duration>,
    /// What the concept counted.
    pub metrics: BTreeMap<String, f64>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// Whether it was stopped, or still goes on: then its wall time is no result.
    pub cut_short: bool,
}

impl StrategyReport {
    /// A report without measurements: what was to be run, and on what.
    pub fn planned(name: &str, summary: &str, runtime: Runtime, ideal: Option<Duration>) -> Self {
        Self {
            name: name.to_owned(),
            summary: summary.to_owned(),
            runtime,
            ideal_s: ideal.map(Seconds),
            ..Self::default()
        }
    }

    /// Adds the runs' measurements; the tasks are those of the run with the median wall time.
    pub fn with_runs(mut self, runs: &[Measured]) -> Self {
        self.wall_s = runs.iter().map(|run| Seconds(run.wall)).collect();
        self.error = runs.iter().find_map(|run| run.error.clone());
        // The ideal is that of the whole work; what failed or was stopped did not do it.
        let came_to_its_end = |run: &Measured| run.error.is_none() && !run.cut_short;
        if let (Some(wall), Some(ideal), true) =
            (self.wall(), self.ideal_s, runs.iter().all(came_to_its_end))
        {
            self.overhead_s = Some(wall.0.as_secs_f64() - ideal.0.as_secs_f64());
        }
        self.failures = failures(runs.iter().map(|run| &run.timeline));
        let Some(median) = self
            .wall()
            .and_then(|wall| runs.iter().find(|run| run.wall == wall.0))
        else {
            return self;
        };
        let since_start = |at: Duration| Seconds(at.saturating_sub(median.start));
        self.heartbeat = median.heartbeat.as_ref().map(|heartbeat| Heartbeat {
            period_s: Seconds(heartbeat.period),
            max_gap_s: Seconds(heartbeat.max_gap),
            blocked_by: heartbeat.blocked_by.clone(),
            lane: (median.timeline.heartbeat.as_ref())
                .map(|heart| Task::since(heart, median.start)),
        });
        let blocked = median.blocked.iter();
        self.blocked = blocked
            .map(|blocked| Blocked {
                start_s: since_start(blocked.start),
                end_s: since_start(blocked.end),
                by: blocked.by.clone(),
                location: None,
            })
            .collect();
        self.threads = median.timeline.threads_that_polled();
        self.waited_for_core_s = median.waited_for_core.map(Seconds);
        self.metrics = median.metrics.clone();
        let since = |task: &trace::Task| Task::since(task, median.start);
        self.tasks = median.timeline.tasks.iter().map(since).collect();
        self.closures = median.timeline.closures.iter().map(since).collect();
        self.rest = median.timeline.rest.as_ref().map(|rest| Rest {
            in_flight: thinned(&median.timeline.in_flight(), STRETCHES)
                .into_iter()
                .map(|(at, count)| (since_start(at), count))
                .collect(),
            ..Rest::from(rest)
        });
        if self.did_nothing() && self.error.is_none() {
            // Its time is that of no work.
            self.wall_s.clear();
            (self.ideal_s, self.overhead_s) = (None, None);
        }
        self
    }
}

/// More than any screen has columns.
const STRETCHES: u32 = 1_000;

/// A curve in at most so many stretches, of each the most that was reached, and how it ends.
fn thinned(curve: &[(Duration, usize)], stretches: u32) -> Vec<(Duration, usize)> {
    let (Some((begin, _)), Some((end, last))) = (curve.first(), curve.last()) else {
        return Vec::new();
    };
    let stretch = ((*end - *begin) / stretches).max(Duration::from_nanos(1));
    let mut thin: Vec<(Duration, usize)> = Vec::new();
    let mut until = *begin;
    for (at, count) in curve {
        match thin.last_mut() {
            Some(open) if *at < until => open.1 = open.1.max(*count),
            before => {
                // What is in flight when a stretch begins is in flight in it.
                until = *at + stretch;
                let before = before.map_or(0, |_| *count);
                thin.push((*at, before.max(*count)));
            }
        }
    }
    if thin
        .last()
        .is_some_and(|open| open.0 < *end || open.1 != *last)
    {
        thin.push((*end, *last));
    }
    thin
}

impl From<&trace::Rest> for Rest {
    fn from(rest: &trace::Rest) -> Self {
        let lives = || rest.lives.iter().map(|(start, end)| *end - *start);
        Self {
            count: rest.count(),
            outcomes: rest.outcomes.clone(),
            polls: rest.polls,
            wakes: rest.wakes,
            life_s: Seconds(lives().sum()),
            longest_s: Seconds(lives().max().unwrap_or_default()),
            busy_s: Seconds(rest.busy),
            scheduled_s: Seconds(rest.scheduled),
            idle_s: Seconds(rest.idle),
            in_flight: Vec::new(),
        }
    }
}

impl Task {
    fn since(task: &trace::Task, start: Duration) -> Self {
        let since_start = |at: Duration| Seconds(at.saturating_sub(start));
        let poll = |poll: &trace::Poll| Poll {
            start_s: since_start(poll.start),
            end_s: since_start(poll.end),
            thread: poll.thread,
        };
        Self {
            label: task.label.clone(),
            location: task.location.as_ref().map(ToString::to_string),
            outcome: task.outcome,
            exception: None,
            failed: task.failed.clone(),
            created_s: since_start(task.created),
            start_s: task.start().map(since_start),
            end_s: since_start(task.end),
            busy_s: Seconds(task.busy()),
            scheduled_s: Seconds(task.scheduled()),
            idle_s: Seconds(task.idle()),
            polls: task.polls.iter().map(poll).collect(),
            wakes_s: task.wakes.iter().copied().map(since_start).collect(),
            woken_by: (task.woken_by.iter())
                .map(|by| by.as_deref().map(str::to_owned))
                .collect(),
        }
    }
}
