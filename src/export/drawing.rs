//! What a picture of lanes needs, whatever it is drawn on: which lanes, on which axis, and in which stretches.

use std::time::Duration;

use super::exhibit::Exhibit;
use crate::page::clean_line;
use crate::picture::faster;
use crate::report::{Outcome, Report, Seconds, StrategyReport, Task, cost};
use crate::trace::{State, spans};
use crate::units;

/// A stretch of a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stretch {
    pub(super) kind: StretchKind,
    pub(super) start: Duration,
    pub(super) end: Duration,
}

/// What a task did in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StretchKind {
    Idle,
    /// Woken and not yet polled, or held up by a blocked event loop.
    CouldNotRun,
    Busy,
    /// A poll that held its thread.
    Blocking,
}

impl StretchKind {
    pub(super) const ALL: [Self; 4] = [Self::Idle, Self::CouldNotRun, Self::Busy, Self::Blocking];

    /// A class, a key.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::CouldNotRun => "stuck",
            Self::Busy => "busy",
            Self::Blocking => "slow",
        }
    }

    /// For a legend.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Idle => "waiting",
            Self::CouldNotRun => "could not run",
            Self::Busy => "running",
            Self::Blocking => "held its thread",
        }
    }
}

/// The stretches of a lane, those that lie above others last: a wait, what kept it from running, its polls.
pub(super) fn stretches(report: &Report, strategy: &StrategyReport, task: &Task) -> Vec<Stretch> {
    let polls = task.polls.iter();
    let polls: Vec<_> = polls.map(|poll| (poll.start_s.0, poll.end_s.0)).collect();
    let Some((first, _)) = polls.first().copied() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut push = |kind, start: Duration, end: Duration| all.push(Stretch { kind, start, end });
    let (begin, is_closure) = match strategy.is_closure(task) {
        true => (task.created_s.0, true),
        false => (first, false),
    };
    push(StretchKind::Idle, begin, task.end_s.0);
    if is_closure {
        push(StretchKind::CouldNotRun, begin, first);
    } else {
        let wakes: Vec<_> = task.wakes_s.iter().map(|wake| wake.0).collect();
        let spans = spans(&polls, &wakes, task.end_s.0).into_iter();
        for span in spans.filter(|span| span.state == State::Scheduled) {
            push(StretchKind::CouldNotRun, span.start, span.end);
        }
        for blocked in &strategy.blocked {
            let (start, end) = (blocked.start_s.0.max(task.created_s.0), blocked.end_s.0);
            let end = end.min(task.end_s.0);
            if start < end {
                push(StretchKind::CouldNotRun, start, end);
            }
        }
    }
    for (start, end) in polls {
        let is_slow = !is_closure && end.saturating_sub(start) >= report.slow_poll_s.0;
        let kind = if is_slow {
            StretchKind::Blocking
        } else {
            StretchKind::Busy
        };
        push(kind, start, end);
    }
    all
}

/// How a lane ends, if that is worth a mark.
pub(super) fn end_mark(task: &Task) -> Option<(&'static str, &'static str)> {
    match task.outcome {
        Outcome::Cancelled => Some(("✗", "cancelled")),
        Outcome::Failed => Some(("✗", "failed")),
        Outcome::Panicked => Some(("!", "panicked")),
        Outcome::Running | Outcome::Completed | Outcome::NeverPolled => None,
    }
}

/// `sequential`, `sequential in Python`, `spawned, 1,000 tasks`.
pub(super) fn called(report: &Report, strategy: &StrategyReport) -> String {
    let mut name = tame(&strategy.name);
    if report.sizes_of(strategy) > 1 {
        let counted = strategy
            .metrics
            .get(cost::TASKS)
            .map(|tasks| *tasks as usize);
        let tasks = counted.unwrap_or_else(|| strategy.task_count());
        name += &format!(", {}", units::count(tasks, "task", "tasks"));
    }
    match (&strategy.language, report.in_both()) {
        (Some(_), true) => name += " · Python",
        (None, true) => name += " · Rust",
        _ => {}
    }
    name
}

/// How it went: `2.001 s · 1.50× faster`, with the figure of the concept where that is another one than the time.
pub(super) fn result(exhibit: &Exhibit<'_>, strategy: &StrategyReport) -> String {
    if let Some(error) = &strategy.error {
        return format!("failed: {}", tame(error));
    }
    if strategy.did_nothing() {
        return "did nothing".to_owned();
    }
    let figure = exhibit.figure;
    let mut parts = Vec::new();
    if figure != crate::report::Figure::Wall
        && let Some(value) = figure.of(strategy)
    {
        parts.push(format!("{} {}", figure.name(), figure.shown(value)));
    }
    if let Some(Seconds(wall)) = strategy.wall() {
        parts.push(units::duration(wall));
    }
    parts.push(faster(strategy));
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// The instants that a ruler names, with their words: at most so many.
pub(super) fn ruler(end: Duration, most: usize) -> Vec<(Duration, String)> {
    let end_s = end.as_secs_f64();
    if end_s <= 0.0 {
        return vec![(Duration::ZERO, "0 s".to_owned())];
    }
    let mut step = 1e-9;
    'found: for exponent in -9..12 {
        for factor in [1.0, 2.0, 5.0] {
            step = factor * 10_f64.powi(exponent);
            if end_s / step <= most as f64 {
                break 'found;
            }
        }
    }
    let (unit, name) = match step {
        1.0.. => (1.0, "s"),
        0.001.. => (0.001, "ms"),
        0.000_001.. => (0.000_001, "µs"),
        _ => (1e-9, "ns"),
    };
    // Seconds where they need few decimals: 0.5 and not 500 ms.
    let (unit, name) = match step {
        0.1..1.0 => (1.0, "s"),
        _ => (unit, name),
    };
    let count = (end_s / step + 1e-6).floor() as usize;
    let ticks = (0..=count.min(most)).map(|at| {
        let seconds = at as f64 * step;
        let decimals = usize::from(unit == 1.0 && step < 1.0);
        let label = match at {
            0 => "0".to_owned(),
            _ => format!("{:.decimals$} {name}", seconds / unit),
        };
        (Duration::from_secs_f64(seconds.max(0.0)), label)
    });
    ticks.collect()
}

/// Text of others as text: one line, without control characters and what XML has no place for.
pub(super) fn tame(text: &str) -> String {
    let none = |ch: &char| !matches!(ch, '\u{fffe}' | '\u{ffff}');
    clean_line(text).chars().filter(none).collect()
}

/// When the last of it ended.
pub(super) fn end(report: &Report) -> Duration {
    let ends = report.strategies.iter().map(|strategy| strategy.end().0);
    ends.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ruler_has_round_numbers() {
        let labels = |ms: u64, most| {
            let ticks = ruler(Duration::from_millis(ms), most).into_iter();
            ticks.map(|(_, label)| label).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(3_005, 8), "0 0.5 s 1.0 s 1.5 s 2.0 s 2.5 s 3.0 s");
        assert_eq!(
            labels(80, 8),
            "0 10 ms 20 ms 30 ms 40 ms 50 ms 60 ms 70 ms 80 ms"
        );
        assert_eq!(labels(20_000, 5), "0 5 s 10 s 15 s 20 s");
        assert_eq!(labels(0, 5), "0 s");
    }
}
