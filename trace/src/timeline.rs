//! From polls and wakes to busy, scheduled and idle.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use crate::life::{Failed, Outcome, Poll, Span, State, in_flight, spans};
use crate::rest::Rest;
use crate::task::Label;

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
    /// The calls of tracked closures, in the order of their making, each one poll on the thread that ran it. They are
    /// no tasks: they are not in flight, and nothing is scheduled on their threads.
    pub closures: Vec<Task>,
    /// The threads that polled or woke; [`Poll::thread`] counts into this.
    pub threads: Vec<Thread>,
}

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    file: Cow<'static, str>,
    line: u32,
}

impl Place {
    /// As another language names it.
    pub fn new(file: impl Into<Cow<'static, str>>, line: u32) -> Self {
        Self {
            file: file.into(),
            line,
        }
    }

    /// As the compiler, or another language, names the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Counted from one.
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl From<&'static Location<'static>> for Place {
    fn from(location: &'static Location<'static>) -> Self {
        Self::new(location.file(), location.line())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A thread that the recorder met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The name that whoever started the thread gave it.
    pub name: Option<String>,
}

/// One tracked future, or one tracked closure.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// As given to [`Recorder::track`](crate::Recorder::track).
    pub label: String,
    /// Where it was tracked; of a task in another language, where its code stands.
    pub location: Option<Place>,
    /// When the future was made. For an `async fn` that is before anything in it has run.
    pub created: Duration,
    /// In order, none overlapping another.
    pub polls: Vec<Poll>,
    /// Every call of the task's waker, in order.
    pub wakes: Vec<Duration>,
    /// Of each wake, the task or the closure in whose poll it was called: whoever sent, released or notified. `None`
    /// where that is not tracked by the same recorder, as of a timer or a socket, and where a task woke itself. Empty
    /// where no wake has one.
    pub woken_by: Vec<Option<Label>>,
    /// How it ended, if it has.
    pub outcome: Outcome,
    /// Why, if it failed.
    pub failed: Option<Failed>,
    /// When it ended; while it runs, when the timeline was taken.
    pub end: Duration,
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
    /// What a picture has a lane for: the heartbeat, and each task with the closures that it waits for below it.
    /// A closure is made before the future that waits for it.
    pub fn lanes(&self) -> Vec<&Task> {
        let mut lanes: Vec<&Task> = self.heartbeat.iter().collect();
        lanes.extend(with_closures(&self.tasks, &self.closures, |task| {
            task.created
        }));
        lanes
    }

    /// Whether this lane is a closure's.
    pub fn is_closure(&self, lane: &Task) -> bool {
        self.closures
            .iter()
            .any(|closure| std::ptr::eq(closure, lane))
    }

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
}

/// Each task with the closures that it waits for below it: those that were made between the task before and this one.
pub fn with_closures<'a, T, I: PartialOrd>(
    tasks: &'a [T],
    closures: &'a [T],
    created: impl Fn(&T) -> I,
) -> Vec<&'a T> {
    let mut closures = closures.iter().peekable();
    let mut lanes = Vec::new();
    for task in tasks {
        lanes.push(task);
        while let Some(closure) = closures.next_if(|closure| created(closure) <= created(task)) {
            lanes.push(closure);
        }
    }
    lanes.extend(closures);
    lanes
}

#[cfg(test)]
mod tests;
