//! From polls and wakes to busy, scheduled and idle.

use std::panic::Location;
use std::time::Duration;

use crate::life::{Outcome, Poll, Span, State, in_flight, spans};
use crate::rest::Rest;

/// What the tracked tasks did, seen from the recorder's origin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// When this was taken, since the recorder's origin. Nothing in it is later.
    pub end: Duration,
    /// The ticker beside the tasks, where there is one.
    pub heartbeat: Option<Task>,
    /// In the order of their creation.
    pub tasks: Vec<Task>,
    /// The tasks that were made after those, where not all were to be kept.
    pub rest: Option<Rest>,
    /// The threads that polled or woke; [`Poll::thread`] counts into this.
    pub threads: Vec<Thread>,
}

/// A thread that the recorder met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The name that whoever started the thread gave it.
    pub name: Option<String>,
}

/// One tracked future.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// As given to [`Recorder::track`](crate::Recorder::track).
    pub label: String,
    /// Where it was tracked, as the compiler names the file.
    pub location: Option<&'static Location<'static>>,
    /// When the future was made. For an `async fn` that is before anything in it has run.
    pub created: Duration,
    /// In order, none overlapping another.
    pub polls: Vec<Poll>,
    /// Every call of the task's waker, in order.
    pub wakes: Vec<Duration>,
    /// How it ended, if it has.
    pub outcome: Outcome,
    /// When it ended; while it runs, when the timeline was taken.
    pub end: Duration,
}

/// A stretch in which no task could run, because every worker was held by a slow poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Since the recorder's origin.
    pub start: Duration,
    /// Since the recorder's origin.
    pub end: Duration,
    /// The tracked task that held a worker, or `None` where it was something that is not tracked.
    pub by: Option<String>,
}

impl Task {
    /// When it was first polled: until then a future has done nothing.
    pub fn start(&self) -> Option<Duration> {
        self.polls.first().map(|poll| poll.start)
    }

    /// The task's life from its first poll to its end, without a gap and without an overlap.
    pub fn spans(&self) -> Vec<Span> {
        let polls: Vec<_> = self
            .polls
            .iter()
            .map(|poll| (poll.start, poll.end))
            .collect();
        spans(&polls, &self.wakes, self.end)
    }

    /// Time spent in polls.
    pub fn busy(&self) -> Duration {
        self.polls.iter().map(Poll::duration).sum()
    }

    /// Time between a wake and the poll that it led to.
    pub fn scheduled(&self) -> Duration {
        self.time_in(State::Scheduled)
    }

    /// Time spent waiting.
    pub fn idle(&self) -> Duration {
        self.time_in(State::Idle)
    }

    fn time_in(&self, state: State) -> Duration {
        self.spans()
            .iter()
            .filter(|span| span.state == state)
            .map(Span::duration)
            .sum()
    }
}

impl Timeline {
    /// How many tasks had started and not ended, after each change. Begins with the first start.
    pub fn in_flight(&self) -> Vec<(Duration, usize)> {
        let whole = self.tasks.iter();
        let whole = whole.filter_map(|task| Some((task.start()?, task.end)));
        let rest = self.rest.iter().flat_map(|rest| rest.lives.iter().copied());
        in_flight(whole.chain(rest))
    }

    /// The most tasks that were in flight at once.
    pub fn most_in_flight(&self) -> usize {
        self.in_flight()
            .iter()
            .map(|(_, count)| *count)
            .max()
            .unwrap_or(0)
    }

    /// How many different threads polled a task.
    pub fn threads_that_polled(&self) -> usize {
        let mut polled = vec![false; self.threads.len()];
        for poll in self.tasks.iter().flat_map(|task| &task.polls) {
            if let Some(polled) = polled.get_mut(poll.thread) {
                *polled = true;
            }
        }
        for (thread, by_rest) in self
            .rest
            .iter()
            .flat_map(|rest| rest.threads.iter().enumerate())
        {
            if let Some(polled) = polled.get_mut(thread) {
                *polled |= by_rest;
            }
        }
        polled.into_iter().filter(|polled| *polled).count()
    }

    /// The stretches in which every one of `workers` threads was held by a poll of `slow_poll` or
    /// longer. `is_worker` says which threads count: a blocking pool's do not.
    ///
    /// A timer's or a socket's wake does not even arrive then, so that wake → poll alone would say
    /// that nothing was wrong.
    pub fn blocked(
        &self,
        slow_poll: Duration,
        workers: usize,
        is_worker: impl Fn(&Thread) -> bool,
    ) -> Vec<Blocked> {
        let on_worker = |poll: &Poll| self.threads.get(poll.thread).is_some_and(&is_worker);
        let whole = self.tasks.iter();
        let whole =
            whole.flat_map(|task| task.polls.iter().map(|poll| (task.label.as_str(), poll)));
        let rest = self.rest.iter().flat_map(|rest| &rest.slow_polls);
        let rest = rest.map(|(label, poll)| (label.as_str(), poll));
        let slow: Vec<(&str, &Poll)> = whole
            .chain(rest)
            .filter(|(_, poll)| poll.duration() >= slow_poll && on_worker(poll))
            .collect();
        let mut edges: Vec<Duration> = slow
            .iter()
            .flat_map(|(_, poll)| [poll.start, poll.end])
            .collect();
        edges.sort();
        edges.dedup();

        let mut blocked: Vec<Blocked> = Vec::new();
        for edge in edges.windows(2) {
            let (start, end) = (edge[0], edge[1]);
            let over: Vec<_> = slow
                .iter()
                .filter(|(_, poll)| poll.start <= start && end <= poll.end)
                .collect();
            let mut threads: Vec<_> = over.iter().map(|(_, poll)| poll.thread).collect();
            threads.sort();
            threads.dedup();
            if threads.len() < workers.max(1) {
                continue;
            }
            // Of a task and the task that awaits it, the inner one is polled later and is the culprit.
            let culprit = over
                .iter()
                .max_by_key(|(_, poll)| poll.start)
                .map(|(label, _)| (*label).to_owned());
            match blocked.last_mut() {
                Some(last) if last.end == start && last.by == culprit => last.end = end,
                _ => blocked.push(Blocked {
                    start,
                    end,
                    by: culprit,
                }),
            }
        }
        blocked
    }
}

#[cfg(test)]
mod tests;
