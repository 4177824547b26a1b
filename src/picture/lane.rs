//! A task as a lane: what it did in each cell of the axis.

use std::time::Duration;

use super::axis::Axis;
use crate::page::{Line, Role};
use crate::report::{Blocked, Outcome, Seconds, Task};
use crate::trace::State;

/// What one cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
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
    /// Woken, or held up by a blocked loop, for most of the cell.
    CouldNotRun,
    /// Held its thread for most of the cell.
    Blocking,
    /// Held its thread, in a cell that is longer than that.
    BlockingTick,
    /// Dropped before it was done.
    Cancelled,
    /// Ended by a panic.
    Panicked,
}

impl Cell {
    pub(super) fn glyph(self, ascii: bool) -> char {
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
            Self::Cancelled => ('✗', 'x'),
            Self::Panicked => ('!', '!'),
        };
        if ascii { plain } else { unicode }
    }

    pub(super) fn role(self) -> Role {
        match self {
            Self::Idle => Role::Dim,
            Self::CouldNotRun => Role::Waiting,
            Self::Blocking | Self::BlockingTick | Self::Panicked => Role::Alarm,
            Self::Cancelled => Role::Cancelled,
            Self::Blank | Self::First | Self::Done | Self::Tick | Self::Busy => Role::Plain,
        }
    }

    /// For the legend. Glyphs that mean the same share their words.
    pub(super) fn words(self) -> Option<&'static str> {
        match self {
            Self::Blank | Self::Done | Self::BlockingTick => None,
            Self::First => Some("first and last poll"),
            Self::Idle => Some("waiting"),
            Self::Tick => Some("a short poll"),
            Self::Busy => Some("running"),
            Self::CouldNotRun => Some("could not run"),
            Self::Blocking => Some("held its thread"),
            Self::Cancelled => Some("cancelled"),
            Self::Panicked => Some("panicked"),
        }
    }
}

/// The cells of one lane.
pub(super) fn cells(
    task: &Task,
    blocked: &[Blocked],
    slow_poll: Duration,
    axis: Axis,
) -> Vec<Cell> {
    let zero = vec![Duration::ZERO; axis.cells];
    let (mut busy, mut slow, mut stuck) = (zero.clone(), zero.clone(), zero);
    for poll in &task.polls {
        let cells = if poll.duration().0 >= slow_poll {
            &mut slow
        } else {
            &mut busy
        };
        axis.spread(poll.start_s.0, poll.end_s.0, cells);
    }
    for span in task
        .spans()
        .iter()
        .filter(|span| span.state == State::Scheduled)
    {
        axis.spread(span.start, span.end, &mut stuck);
    }
    for blocked in blocked {
        // It waits, or has not been polled yet, and could not have been.
        let (start, end) = (
            blocked.start_s.0.max(task.created_s.0),
            blocked.end_s.0.min(task.end_s.0),
        );
        axis.spread(start, end, &mut stuck);
    }

    let mut cells = vec![Cell::Blank; axis.cells];
    let Some(start) = task.start_s else {
        return cells;
    };
    let (first, last) = (axis.cell(start.0), axis.cell(task.end_s.0));
    let mut ticks = vec![false; axis.cells];
    for poll in &task.polls {
        ticks[axis.cell(poll.start_s.0)] = true;
    }
    for (at, cell) in cells.iter_mut().enumerate().take(last + 1) {
        // A poll may be drawn in its cell only, so this much of the cell is its share.
        let most = (axis.start(at + 1) - axis.start(at)) / 2;
        let own = busy[at] + slow[at];
        *cell = if slow[at] > most {
            Cell::Blocking
        } else if slow[at] > Duration::ZERO {
            Cell::BlockingTick
        } else if own > most {
            Cell::Busy
        } else if stuck[at] > most {
            Cell::CouldNotRun
        } else if at < first {
            Cell::Blank
        } else if ticks[at] {
            Cell::Tick
        } else {
            Cell::Idle
        };
    }
    if matches!(cells[first], Cell::Idle | Cell::Tick) {
        cells[first] = Cell::First;
    }
    let end = match task.outcome {
        Outcome::Completed => Some(Cell::Done),
        Outcome::Cancelled => Some(Cell::Cancelled),
        Outcome::Panicked => Some(Cell::Panicked),
        Outcome::Running | Outcome::NeverPolled => None,
    };
    if let Some(end) = end {
        cells[last] = end;
    }
    cells
}

/// The lane as it is shown.
pub(super) fn draw(cells: &[Cell], ascii: bool) -> Line {
    let mut line = Line::default();
    for run in cells.chunk_by(|one, two| one.role() == two.role()) {
        let glyphs: String = run.iter().map(|cell| cell.glyph(ascii)).collect();
        line.push(run[0].role(), &glyphs);
    }
    line
}

/// How many were in flight, as a row of little bars: the most of each cell.
pub(super) fn curve(in_flight: &[(Seconds, usize)], axis: Axis, ascii: bool) -> String {
    let mut most = vec![0_usize; axis.cells];
    for (index, (at, count)) in in_flight.iter().enumerate() {
        let until = in_flight.get(index + 1).map_or(*at, |next| next.0);
        let cells = axis.cell(at.0)..=axis.cell(until.0);
        most[cells]
            .iter_mut()
            .for_each(|cell| *cell = (*cell).max(*count));
    }
    let highest = most.iter().copied().max().unwrap_or(0).max(1);
    let bars: &[char] = if ascii {
        &['.', ':', '+', '#']
    } else {
        &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    };
    let bar = |count: usize| {
        if count == 0 {
            ' '
        } else {
            bars[(count * bars.len()).div_ceil(highest) - 1]
        }
    };
    most.into_iter()
        .map(bar)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Poll;

    fn ms(millis: u64) -> Seconds {
        Seconds(Duration::from_millis(millis))
    }

    fn task(polls: &[(u64, u64)], wakes: &[u64], outcome: Outcome, end: u64) -> Task {
        Task {
            label: "t".into(),
            location: None,
            outcome,
            created_s: ms(0),
            start_s: polls.first().map(|poll| ms(poll.0)),
            end_s: ms(end),
            busy_s: ms(0),
            scheduled_s: ms(0),
            idle_s: ms(0),
            polls: polls
                .iter()
                .map(|&(start, end)| Poll {
                    start_s: ms(start),
                    end_s: ms(end),
                    thread: 0,
                })
                .collect(),
            wakes_s: wakes.iter().copied().map(ms).collect(),
        }
    }

    /// Ten cells of 100 ms.
    fn drawn(task: &Task, blocked: &[Blocked]) -> String {
        let axis = Axis::new(Duration::from_secs(1), 10);
        let cells = cells(task, blocked, Duration::from_millis(150), axis);
        draw(&cells, false).to_string()
    }

    #[test]
    fn a_wait_is_a_line_between_its_first_and_its_last_poll() {
        assert_eq!(
            drawn(
                &task(&[(0, 0), (500, 500)], &[500], Outcome::Completed, 500),
                &[]
            ),
            "├────┤    "
        );
        assert_eq!(
            drawn(&task(&[(200, 200)], &[], Outcome::Cancelled, 450), &[]),
            "  ├─✗     "
        );
        assert_eq!(
            drawn(&task(&[(200, 200)], &[], Outcome::Panicked, 450), &[]),
            "  ├─!     "
        );
    }

    #[test]
    fn a_short_poll_is_a_tick_and_a_long_one_fills_its_cells() {
        let mixed = task(
            &[(0, 1), (310, 315), (500, 590), (800, 800)],
            &[],
            Outcome::Completed,
            800,
        );
        assert_eq!(drawn(&mixed, &[]), "├──┼─■──┤ ");
    }

    #[test]
    fn a_slow_poll_stands_out_from_a_busy_one() {
        let axis = Axis::new(Duration::from_secs(1), 10);
        let cells = cells(
            &task(&[(0, 0), (200, 420)], &[], Outcome::Running, 1_000),
            &[],
            Duration::from_millis(150),
            axis,
        );
        assert_eq!(
            cells[2..5],
            [Cell::Blocking, Cell::Blocking, Cell::BlockingTick]
        );
    }

    #[test]
    fn a_woken_task_that_is_not_polled_could_not_run() {
        assert_eq!(
            drawn(
                &task(&[(0, 0), (700, 700)], &[300], Outcome::Completed, 700),
                &[]
            ),
            "├──░░░░┤  "
        );
    }

    #[test]
    fn a_blocked_loop_holds_up_whoever_waits_and_whoever_has_not_begun() {
        let blocked = [Blocked {
            start_s: ms(200),
            end_s: ms(600),
            by: None,
        }];
        assert_eq!(
            drawn(
                &task(&[(0, 0), (900, 900)], &[900], Outcome::Completed, 900),
                &blocked
            ),
            "├─░░░░───┤"
        );
        assert_eq!(
            drawn(
                &task(&[(600, 600), (900, 900)], &[], Outcome::Completed, 900),
                &blocked
            ),
            "  ░░░░├──┤"
        );
    }

    #[test]
    fn a_task_without_polls_is_empty_and_a_tiny_one_is_its_end() {
        assert_eq!(
            drawn(&task(&[], &[], Outcome::NeverPolled, 900), &[]),
            "          "
        );
        assert_eq!(
            drawn(&task(&[(300, 301)], &[], Outcome::Completed, 301), &[]),
            "   ┤      "
        );
    }

    #[test]
    fn glyphs_differ_without_colour_too() {
        // A first and a last poll are told apart by their side.
        let cells = [
            Cell::First,
            Cell::Idle,
            Cell::Tick,
            Cell::Busy,
            Cell::CouldNotRun,
            Cell::Blocking,
            Cell::BlockingTick,
            Cell::Cancelled,
            Cell::Panicked,
        ];
        for ascii in [false, true] {
            let glyphs = cells.map(|cell| cell.glyph(ascii));
            let different: std::collections::BTreeSet<_> = glyphs.iter().collect();
            assert_eq!(different.len(), glyphs.len(), "{glyphs:?}");
        }
    }

    #[test]
    fn in_ascii_the_lane_has_the_same_shape() {
        let axis = Axis::new(Duration::from_secs(1), 10);
        let cells = cells(
            &task(&[(0, 0), (500, 500)], &[500], Outcome::Completed, 500),
            &[],
            Duration::from_millis(150),
            axis,
        );
        assert_eq!(draw(&cells, true).to_string(), "|----|    ");
    }
}
