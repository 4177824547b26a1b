//! A task as a lane: what it did in each cell of an axis.

use std::time::Duration;

use crate::axis::Axis;
use crate::life::{Outcome, State, spans};

/// What one cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing: not yet started, or over.
    Blank,
    /// The first poll.
    First,
    /// The last poll of a task that returned.
    Done,
    /// Waiting for most of the cell.
    Idle,
    /// Polled in this cell, though not for most of it.
    Tick,
    /// Polled for most of the cell.
    Busy,
    /// Woken, or held up by a blocked event loop, for most of the cell.
    CouldNotRun,
    /// Held its thread for most of the cell.
    Blocking,
    /// Held its thread, in a cell that is longer than that.
    BlockingTick,
    /// Dropped before it was done.
    Cancelled,
    /// Returned an error, or ended by an exception.
    Failed,
    /// Ended by a panic.
    Panicked,
}

impl Cell {
    /// Its character, of ASCII alone or not.
    pub fn glyph(self, ascii: bool) -> char {
        let (unicode, plain) = match self {
            Self::Blank => (' ', ' '),
            Self::First => ('├', '|'),
            Self::Done => ('┤', '|'),
            Self::Idle => ('─', '-'),
            Self::Tick => ('┼', '+'),
            Self::Busy => ('■', '='),
            // Heavier than their harmless kin, so that they differ where there is no colour.
            Self::BlockingTick => ('╋', '*'),
            Self::Blocking => ('█', '#'),
            Self::CouldNotRun => ('░', '.'),
            // Cancelled too: what it is of the two, the lane says beside it.
            Self::Cancelled | Self::Failed => ('✗', 'x'),
            Self::Panicked => ('!', '!'),
        };
        if ascii { plain } else { unicode }
    }

    /// For a legend. Glyphs that mean the same share their words.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Blank | Self::Done | Self::BlockingTick => None,
            Self::First => Some("first and last poll"),
            Self::Idle => Some("waiting"),
            Self::Tick => Some("a short poll"),
            Self::Busy => Some("running"),
            Self::CouldNotRun => Some("could not run"),
            Self::Blocking => Some("held its thread"),
            Self::Cancelled => Some("cancelled"),
            Self::Failed => Some("failed"),
            Self::Panicked => Some("panicked"),
        }
    }
}

/// What a lane shows of a task, wherever the task is kept. Instants count from the beginning of the axis.
#[derive(Clone, Copy, Debug)]
pub struct Life<'a> {
    /// When the future was made.
    pub created: Duration,
    /// Each poll from its start to its end, in order.
    pub polls: &'a [(Duration, Duration)],
    /// Each wake, in order.
    pub wakes: &'a [Duration],
    /// How it ended.
    pub outcome: Outcome,
    /// When it ended.
    pub end: Duration,
}

/// How much of each cell went to what.
struct Shares {
    busy: Vec<Duration>,
    slow: Vec<Duration>,
    stuck: Vec<Duration>,
}

impl Life<'_> {
    /// The cells of its lane. `blocked` are the stretches in which nothing could run; a poll of `slow_poll` or longer
    /// held its thread.
    pub fn cells(
        &self,
        blocked: &[(Duration, Duration)],
        slow_poll: Duration,
        axis: Axis,
    ) -> Vec<Cell> {
        let mut cells = vec![Cell::Blank; axis.cells];
        let Some((start, _)) = self.polls.first() else {
            return cells;
        };
        let shares = self.shares(blocked, slow_poll, axis);
        let (first, last) = (axis.cell(*start), axis.cell(self.end));
        let mut ticks = vec![false; axis.cells];
        for (start, _) in self.polls {
            ticks[axis.cell(*start)] = true;
        }
        for (at, cell) in cells.iter_mut().enumerate().take(last + 1) {
            // A poll may be drawn in its cell only, so this much of the cell is its share.
            let most = (axis.start(at + 1) - axis.start(at)) / 2;
            *cell = shares.most(at, most).unwrap_or(if at < first {
                Cell::Blank
            } else if ticks[at] {
                Cell::Tick
            } else {
                Cell::Idle
            });
        }
        if matches!(cells[first], Cell::Idle | Cell::Tick) {
            cells[first] = Cell::First;
        }
        match self.outcome {
            Outcome::Completed => cells[last] = Cell::Done,
            Outcome::Cancelled => cells[last] = Cell::Cancelled,
            Outcome::Failed => cells[last] = Cell::Failed,
            Outcome::Panicked => cells[last] = Cell::Panicked,
            Outcome::Running | Outcome::NeverPolled => {}
        }
        cells
    }

    /// As [`cells`](Self::cells), for a closure: until a thread takes it up, it could not run, and from then on it runs,
    /// on a thread that it may hold as long as it likes.
    pub fn cells_of_a_closure(&self, axis: Axis) -> Vec<Cell> {
        let taken_up = self.polls.first().map_or(self.end, |call| call.0);
        self.cells(&[(self.created, taken_up)], Duration::MAX, axis)
    }

    fn shares(&self, blocked: &[(Duration, Duration)], slow_poll: Duration, axis: Axis) -> Shares {
        let zero = vec![Duration::ZERO; axis.cells];
        let (mut busy, mut slow, mut stuck) = (zero.clone(), zero.clone(), zero);
        for &(start, end) in self.polls {
            let is_slow = end.saturating_sub(start) >= slow_poll;
            axis.spread(start, end, if is_slow { &mut slow } else { &mut busy });
        }
        for span in spans(self.polls, self.wakes, self.end) {
            if span.state == State::Scheduled {
                axis.spread(span.start, span.end, &mut stuck);
            }
        }
        for &(start, end) in blocked {
            // It waits, or has not been polled yet, and could not have been.
            axis.spread(start.max(self.created), end.min(self.end), &mut stuck);
        }
        Shares { busy, slow, stuck }
    }
}

impl Shares {
    /// What the cell at this place is, where something took more than `most` of it.
    fn most(&self, at: usize, most: Duration) -> Option<Cell> {
        if self.slow[at] > most {
            Some(Cell::Blocking)
        } else if self.slow[at] > Duration::ZERO {
            Some(Cell::BlockingTick)
        } else if self.busy[at] > most {
            Some(Cell::Busy)
        } else if self.stuck[at] > most {
            Some(Cell::CouldNotRun)
        } else {
            None
        }
    }
}
