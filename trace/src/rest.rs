//! The tasks that are not kept whole, summed up.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::life::{Failed, Outcome, Poll, State, each_span};

/// What many tasks did, taken together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rest {
    /// From the first poll to the end, of each task that was polled.
    pub lives: Vec<(Duration, Duration)>,
    /// How many ended so.
    pub outcomes: BTreeMap<Outcome, usize>,
    /// Why those failed that did, and how many for each reason.
    pub failures: BTreeMap<Failed, usize>,
    /// How many polls there were.
    pub polls: usize,
    /// How many wakes there were.
    pub wakes: usize,
    /// Time in polls, of all of them.
    pub busy: Duration,
    /// Time between a wake and the poll that it led to, of all of them.
    pub scheduled: Duration,
    /// Time spent waiting, of all of them.
    pub idle: Duration,
    /// Which threads polled them, by index.
    pub threads: Vec<bool>,
    /// Those polls that were asked for, each with its task's label.
    pub slow_polls: Vec<(String, Poll)>,
}

impl Rest {
    /// How many tasks.
    pub fn count(&self) -> usize {
        self.outcomes.values().sum()
    }

    pub(crate) fn add(
        &mut self,
        polls: &[Poll],
        wakes: &[Duration],
        outcome: Outcome,
        failed: Option<&Failed>,
        end: Duration,
    ) {
        if let Some(failed) = failed {
            *self.failures.entry(failed.clone()).or_default() += 1;
        }
        *self.outcomes.entry(outcome).or_default() += 1;
        self.polls += polls.len();
        self.wakes += wakes.len();
        let Some(first) = polls.first() else { return };
        self.lives.push((first.start, end));
        for poll in polls {
            if poll.thread >= self.threads.len() {
                self.threads.resize(poll.thread + 1, false);
            }
            self.threads[poll.thread] = true;
        }
        let of = |poll: &Poll| (poll.start, poll.end);
        each_span(polls.iter().map(of), wakes, end, |span| {
            *match span.state {
                State::Busy => &mut self.busy,
                State::Scheduled => &mut self.scheduled,
                State::Idle => &mut self.idle,
            } += span.duration();
        });
    }
}
