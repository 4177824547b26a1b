//! A task's life in stretches: busy, scheduled, idle.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One call of a future's `poll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Since the recorder's origin.
    pub start: Duration,
    /// Since the recorder's origin.
    pub end: Duration,
    /// The index of the thread in [`Timeline::threads`](crate::Timeline::threads).
    pub thread: usize,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not ended.
    Running,
    /// It returned.
    Completed,
    /// It returned an error, or an exception ended it.
    Failed,
    /// It was dropped between two polls.
    Cancelled,
    /// A poll of it panicked.
    Panicked,
    /// Nobody has polled it: it was made, and it did nothing.
    NeverPolled,
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Failed {
    /// The status of an answer that refused, such as HTTP's 503, where there was one.
    pub status: Option<u16>,
    /// In words.
    pub reason: String,
}

/// An error as [`track_result`](crate::Recorder::track_result) notes it: its words, and its status if it has one.
pub trait Cause: std::fmt::Display {
    /// The status of an answer that refused, such as HTTP's 503.
    fn status(&self) -> Option<u16> {
        None
    }
}

impl Cause for String {}
impl Cause for &str {}
impl Cause for std::io::Error {}
impl Cause for Box<dyn std::error::Error + Send + Sync> {}

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

/// A life from its first poll to its end, without a gap and without an overlap.
///
/// Between two polls a task is idle until the first wake and scheduled from then on. A wake that
/// comes during a poll counts from that poll's end. `polls` and `wakes` are in order.
pub fn spans(polls: &[(Duration, Duration)], wakes: &[Duration], end: Duration) -> Vec<Span> {
    let mut spans = Vec::new();
    each_span(polls.iter().copied(), wakes, end, |span| spans.push(span));
    spans
}

/// As [`spans`], each handed on as it is found.
pub(crate) fn each_span(
    polls: impl Iterator<Item = (Duration, Duration)>,
    wakes: &[Duration],
    end: Duration,
    mut push: impl FnMut(Span),
) {
    let mut push = |state, start, end| {
        if start < end {
            push(Span { state, start, end });
        }
    };
    let mut polls = polls.peekable();
    let mut wakes = wakes.iter().copied().peekable();
    while let Some((start, stop)) = polls.next() {
        push(State::Busy, start, stop);
        let next = polls.peek().map_or(end, |next| next.0);
        // A wake at the instant at which a poll starts is the one that caused it.
        while wakes.next_if(|wake| *wake <= start).is_some() {}
        let woken = wakes
            .next_if(|wake| *wake <= next)
            .map_or(next, |wake| wake.max(stop));
        push(State::Idle, stop, woken);
        push(State::Scheduled, woken, next);
    }
}

/// How many of some lives, each from its start to its end, were going on after each change.
pub fn in_flight(lives: impl IntoIterator<Item = (Duration, Duration)>) -> Vec<(Duration, usize)> {
    let (mut starts, mut ends): (Vec<_>, Vec<_>) = lives.into_iter().unzip();
    // Tasks begin and end nearly in order, so that this takes little more than one look at them.
    starts.sort_unstable();
    ends.sort_unstable();
    let mut starts = starts.into_iter().peekable();
    let mut ends = ends.into_iter().peekable();
    let mut curve: Vec<(Duration, usize)> = Vec::new();
    let (mut begun, mut ended) = (0_usize, 0_usize);
    // No start is left when the last end is reached: nothing ends before it starts.
    while let Some(at) = ends.peek().copied() {
        let at = starts.peek().map_or(at, |start| at.min(*start));
        // All changes of one instant at once: a task that follows another does not overlap it.
        while starts.next_if_eq(&at).is_some() {
            begun += 1;
        }
        while ends.next_if_eq(&at).is_some() {
            ended += 1;
        }
        curve.push((at, begun.saturating_sub(ended)));
    }
    curve
}
