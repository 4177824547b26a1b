//! One lane of a Python program: a task, a request, a job on a thread.

use std::sync::Arc;
use std::time::Duration;

use crate::trace::{self, Outcome, Place, Poll};

/// What a lane stands for: `class Kind` in `_stream.py`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LaneKind {
    #[default]
    Task,
    Tracked,
    Request,
    Job,
    Internal,
    Callback,
}

impl LaneKind {
    pub(super) fn of(number: i64) -> Self {
        match number {
            1 => Self::Tracked,
            2 => Self::Request,
            3 => Self::Job,
            4 => Self::Internal,
            5 => Self::Callback,
            _ => Self::Task,
        }
    }
}

/// How a lane ended: `class End` in `_stream.py`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Completed,
    Cancelled,
    /// Thrown away while it waited.
    Destroyed,
    NeverAwaited,
    /// By an exception of this name.
    Failed(Arc<str>),
}

/// What is kept of a lane. Instants are nanoseconds since the recorder began.
#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    pub(super) kind: LaneKind,
    /// Counted with others of this name.
    pub(super) group: Arc<str>,
    pub(super) label: Arc<str>,
    /// `app.py:12`, or nothing.
    pub(super) place: Arc<str>,
    pub(super) made: u64,
    /// The lane that was polled when it was made, or 0.
    pub(super) by: i64,
    /// The event loop that polls it, or 0.
    pub(super) on: i64,
    /// An index into the record's threads.
    pub(super) thread: usize,
    pub(super) polls: Vec<(u64, u64)>,
    pub(super) wakes: Vec<u64>,
    pub(super) ended: Option<(u64, End)>,
    /// Where slow polls were seen to stand.
    pub(super) seen: Vec<Seen>,
    /// The longest poll. It is kept where polls are dropped.
    pub(super) longest: u64,
    pub(super) busy: u64,
    pub(super) poll_count: usize,
    pub(super) wake_count: usize,
    /// Whether it is no part of the demo that runs.
    pub(super) aside: bool,
}

/// A line at which a poll stood when somebody looked.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The start of the poll.
    poll: u64,
    line: Arc<str>,
    times: u32,
}

/// So many lines are kept of one lane.
const SEEN: usize = 256;

impl Lane {
    /// Whether it is part of a demo in this file: what that tracks, as in Rust, and what it hands to threads. A demo
    /// with a server tracks the requests that it is about.
    pub(super) fn belongs_to(&self, file: &str) -> bool {
        let place = self.place.rsplit_once(':');
        match self.kind {
            LaneKind::Job => true,
            LaneKind::Tracked => place.is_some_and(|(at, _)| at == file),
            LaneKind::Request | LaneKind::Task | LaneKind::Internal | LaneKind::Callback => false,
        }
    }

    pub(super) fn polled(&mut self, start: u64, end: u64) {
        let length = end.saturating_sub(start);
        self.polls.push((start, end));
        self.longest = self.longest.max(length);
        self.busy = self.busy.saturating_add(length);
        self.poll_count += 1;
    }

    pub(super) fn woken(&mut self, at: u64) {
        self.wakes.push(at);
        self.wake_count += 1;
    }

    /// Drops the older half of what is kept, but for the first poll and those that are slow.
    pub(super) fn thin(&mut self, slow: u64) {
        let half = self.polls.len() / 2;
        let mut at = 0;
        self.polls.retain(|(start, end)| {
            at += 1;
            at == 1 || at > half || end.saturating_sub(*start) >= slow
        });
        let half = self.wakes.len() / 2;
        self.wakes.drain(..half);
    }

    pub(super) fn seen(&mut self, poll: u64, line: Arc<str>) {
        let known = self
            .seen
            .iter()
            .rposition(|seen| seen.poll == poll && seen.line == line);
        match known {
            Some(at) => self.seen[at].times = self.seen[at].times.saturating_add(1),
            None if self.seen.len() < SEEN => self.seen.push(Seen {
                poll,
                line,
                times: 1,
            }),
            None => {}
        }
    }

    /// The line at which the poll that began then stood most often.
    pub(super) fn line_of(&self, poll: u64) -> Option<&str> {
        let seen = self.seen.iter().filter(|seen| seen.poll == poll);
        // Of two that were seen equally often, the first.
        let most = seen.reduce(|one, other| if other.times > one.times { other } else { one })?;
        Some(&most.line)
    }

    pub(super) fn outcome(&self) -> Outcome {
        match &self.ended {
            _ if self.polls.is_empty() => Outcome::NeverPolled,
            None => Outcome::Running,
            Some((_, End::Completed)) => Outcome::Completed,
            Some((_, End::Failed(_))) => Outcome::Failed,
            Some((_, End::Cancelled | End::Destroyed | End::NeverAwaited)) => Outcome::Cancelled,
        }
    }

    /// When it ended, or `now`.
    pub(super) fn end(&self, now: u64) -> u64 {
        self.ended.as_ref().map_or(now, |(at, _)| *at)
    }

    /// The same as a task of a timeline.
    pub(super) fn task(&self, label: String, now: u64) -> trace::Task {
        let poll = |(start, end): &(u64, u64)| Poll {
            start: Duration::from_nanos(*start),
            end: Duration::from_nanos(*end),
            thread: self.thread,
        };
        let place = self.place.rsplit_once(':');
        let place = place.and_then(|(file, line)| Some((file.to_owned(), line.parse().ok()?)));
        trace::Task {
            label,
            location: place.map(|(file, line)| Place::new(file, line)),
            created: Duration::from_nanos(self.made),
            polls: self.polls.iter().map(poll).collect(),
            wakes: self
                .wakes
                .iter()
                .copied()
                .map(Duration::from_nanos)
                .collect(),
            woken_by: Vec::new(),
            outcome: self.outcome(),
            failed: None,
            end: Duration::from_nanos(self.end(now)),
        }
    }

    /// The name of the exception that ended it.
    pub(super) fn exception(&self) -> Option<&str> {
        match &self.ended {
            Some((_, End::Failed(name))) => Some(name),
            _ => None,
        }
    }

    /// What is left of it from `start` until `now`: of the polls before, the last one, so that it is seen to wait. A
    /// poll that was seen to hold the loop, and has not ended, lasts until now.
    pub(super) fn between(&self, start: u64, now: u64) -> Self {
        let before = self.polls.partition_point(|poll| poll.1 < start);
        let mut polls = self.polls[before.saturating_sub(1)..].to_vec();
        let lasts = self.seen.last().map(|seen| seen.poll);
        let ended = |since: u64| polls.last().is_some_and(|poll| poll.0 >= since);
        if let Some(since) = lasts.filter(|since| !ended(*since) && self.ended.is_none()) {
            polls.push((since, now.max(since)));
        }
        let within = polls.iter().filter(|poll| poll.1 >= start);
        let longest = within.map(|(start, end)| end - start).max();
        Self {
            longest: longest.unwrap_or(0),
            polls,
            wakes: self
                .wakes
                .iter()
                .copied()
                .filter(|at| *at >= start)
                .collect(),
            seen: self.seen.clone(),
            ended: self.ended.clone(),
            group: Arc::clone(&self.group),
            label: Arc::clone(&self.label),
            place: Arc::clone(&self.place),
            ..*self
        }
    }
}
