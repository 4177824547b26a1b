//! What the detection of facts looks at: the figures of one strategy, taken together.

use std::time::Duration;

use super::claims::Fact;
use super::{Blocked, Rest, Seconds, StrategyReport, Task};

/// One strategy in figures.
pub(super) struct Numbers<'a> {
    pub(super) strategy: &'a StrategyReport,
    pub(super) wall: Duration,
    /// The tasks that were polled, of those that are listed.
    pub(super) started: Vec<&'a Task>,
    /// How many were polled, listed or not.
    pub(super) count: usize,
    pub(super) busy: Duration,
    pub(super) sum: Duration,
    pub(super) longest: Duration,
    pub(super) in_flight: usize,
}

impl<'a> Numbers<'a> {
    pub(super) fn of(strategy: &'a StrategyReport) -> Self {
        let started: Vec<_> = strategy
            .tasks
            .iter()
            .filter(|task| task.start_s.is_some())
            .collect();
        let life = |task: &&Task| task.life().0;
        let rest = |time: fn(&Rest) -> Seconds| {
            strategy
                .rest
                .as_ref()
                .map_or(Duration::ZERO, |rest| time(rest).0)
        };
        Self {
            strategy,
            wall: strategy.wall().unwrap_or_default().0,
            sum: started.iter().map(life).sum::<Duration>() + rest(|rest| rest.life_s),
            longest: started
                .iter()
                .map(life)
                .max()
                .unwrap_or_default()
                .max(rest(|rest| rest.longest_s)),
            busy: started.iter().map(|task| task.busy_s.0).sum::<Duration>()
                + rest(|rest| rest.busy_s),
            count: started.len() + strategy.rest.as_ref().map_or(0, Rest::started),
            in_flight: strategy.most_in_flight(),
            started,
        }
    }

    /// The tasks whose label is `name` and a number.
    pub(super) fn called(&self, name: &str) -> impl Iterator<Item = &'a Task> {
        self.started
            .iter()
            .copied()
            .filter(move |task| task.label.starts_with(name))
    }

    pub(super) fn lives(&self, name: &str) -> impl Iterator<Item = Duration> {
        self.called(name).map(|task| task.life().0)
    }

    pub(super) fn each(&self) -> Option<Duration> {
        self.sum.checked_div(u32::try_from(self.count).ok()?)
    }

    pub(super) fn blocked_in_all(&self) -> Duration {
        self.strategy.blocked.iter().map(length).sum()
    }

    pub(super) fn max_gap(&self) -> Option<Duration> {
        self.strategy
            .heartbeat
            .as_ref()
            .map(|heartbeat| heartbeat.max_gap_s.0)
    }

    pub(super) fn worst_stretch(&self) -> Option<&'a Blocked> {
        let blocked = self.strategy.blocked.iter();
        blocked.max_by_key(|blocked| length(blocked))
    }

    pub(super) fn loop_blocked(&self) -> Option<Fact> {
        let worst = self.worst_stretch()?;
        let longest = length(worst);
        if worst.by.is_none() {
            let within = |task: &&Task| -> Duration {
                let polls = task.polls.iter().map(|poll| (poll.start_s.0, poll.end_s.0));
                polls
                    .map(|(start, end)| {
                        end.min(worst.end_s.0)
                            .saturating_sub(start.max(worst.start_s.0))
                    })
                    .sum()
            };
            let held: Vec<Duration> = self
                .started
                .iter()
                .map(within)
                .filter(|held| !held.is_zero())
                .collect();
            if held.iter().sum::<Duration>() * 2 > longest {
                return Some(Fact::LoopBusy {
                    tasks: held.len(),
                    longest,
                });
            }
        }
        let period = self
            .strategy
            .heartbeat
            .as_ref()
            .map_or(Duration::MAX, |heartbeat| heartbeat.period_s.0);
        let missed_beats = self.blocked_in_all().as_nanos() / period.as_nanos().max(1);
        let (workers, total) = (self.strategy.runtime.workers, self.blocked_in_all());
        Some(Fact::LoopBlocked {
            by: worst.by.clone(),
            workers,
            longest,
            total,
            missed_beats,
        })
    }
}

pub(super) fn length(blocked: &Blocked) -> Duration {
    blocked.end_s.0.saturating_sub(blocked.start_s.0)
}
