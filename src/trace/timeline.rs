//! From polls and wakes to busy, scheduled and idle.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the tracked tasks did, seen from the recorder's origin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// When this was taken, since the recorder's origin. Nothing in it is later.
    pub end: Duration,
    /// In the order of their creation.
    pub tasks: Vec<Task>,
    /// The threads that polled, woke or created; [`Poll::thread`] counts into this.
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
    /// As given to [`Recorder::track`](super::Recorder::track).
    pub label: String,
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

/// One call of a future's `poll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Since the recorder's origin.
    pub start: Duration,
    /// Since the recorder's origin.
    pub end: Duration,
    /// The index of the thread in [`Timeline::threads`].
    pub thread: usize,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not ended.
    Running,
    /// It returned.
    Completed,
    /// It was dropped between two polls.
    Cancelled,
    /// A poll of it panicked.
    Panicked,
    /// Nobody has polled it: it was made, and it did nothing.
    NeverPolled,
}

/// What a task is doing. The words are Tokio Console's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being polled.
    Busy,
    /// It was woken and is not yet polled: it could run, and does not.
    Scheduled,
    /// It waits.
    Idle,
}

/// A stretch of a task's life in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What the task was doing.
    pub state: State,
    /// Since the recorder's origin.
    pub start: Duration,
    /// Since the recorder's origin.
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

impl Poll {
    /// How long it held its thread.
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }
}

impl Span {
    /// How long it lasted.
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }
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
        in_flight(
            self.tasks
                .iter()
                .filter_map(|task| Some((task.start()?, task.end))),
        )
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
        let mut slow: Vec<(&Task, &Poll)> = Vec::new();
        for task in &self.tasks {
            let on_worker = |poll: &&Poll| self.threads.get(poll.thread).is_some_and(&is_worker);
            slow.extend(
                task.polls
                    .iter()
                    .filter(|poll| poll.duration() >= slow_poll)
                    .filter(on_worker)
                    .map(|poll| (task, poll)),
            );
        }
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
                .map(|(task, _)| task.label.clone());
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

/// A life from its first poll to its end, without a gap and without an overlap.
///
/// Between two polls a task is idle until the first wake and scheduled from then on. A wake that
/// comes during a poll counts from that poll's end. `polls` and `wakes` are in order.
pub fn spans(polls: &[(Duration, Duration)], wakes: &[Duration], end: Duration) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut push = |state, start, end| {
        if start < end {
            spans.push(Span { state, start, end });
        }
    };
    let mut wakes = wakes.iter().copied().peekable();
    for (index, &(start, stop)) in polls.iter().enumerate() {
        push(State::Busy, start, stop);
        let next = polls.get(index + 1).map_or(end, |next| next.0);
        // A wake at the instant at which a poll starts is the one that caused it.
        while wakes.next_if(|wake| *wake <= start).is_some() {}
        let woken = wakes
            .next_if(|wake| *wake <= next)
            .map_or(next, |wake| wake.max(stop));
        push(State::Idle, stop, woken);
        push(State::Scheduled, woken, next);
    }
    spans
}

/// How many of some lives, each from its start to its end, were going on after each change.
pub fn in_flight(lives: impl IntoIterator<Item = (Duration, Duration)>) -> Vec<(Duration, usize)> {
    let mut changes: Vec<(Duration, isize)> = Vec::new();
    for (start, end) in lives {
        changes.push((start, 1));
        changes.push((end, -1));
    }
    // At one instant, ends come before starts: a task that follows another does not overlap it.
    changes.sort_unstable();
    let mut curve: Vec<(Duration, usize)> = Vec::new();
    let mut count = 0_isize;
    for (at, change) in changes {
        count += change;
        let in_flight = usize::try_from(count).unwrap_or(0);
        match curve.last_mut() {
            Some(last) if last.0 == at => last.1 = in_flight,
            _ => curve.push((at, in_flight)),
        }
    }
    curve
}

#[cfg(test)]
mod tests;
