//! A task as a lane: what it did in each cell of the axis.

use std::time::Duration;

use crate::page::{Line, Role, columns, fit};
use crate::report::{Blocked, Seconds, Task};
use crate::trace::{Axis, Cell, Life};

/// In which role a cell is shown.
pub(super) fn role(cell: Cell) -> Role {
    match cell {
        Cell::Idle => Role::Dim,
        Cell::CouldNotRun => Role::Waiting,
        Cell::Blocking | Cell::BlockingTick | Cell::Panicked | Cell::Failed => Role::Alarm,
        Cell::Cancelled => Role::Cancelled,
        Cell::Blank | Cell::First | Cell::Done | Cell::Tick | Cell::Busy => Role::Plain,
    }
}

/// The cells of one lane.
pub(super) fn cells(
    task: &Task,
    blocked: &[Blocked],
    slow_poll: Duration,
    axis: Axis,
) -> Vec<Cell> {
    let blocked = blocked.iter();
    let blocked: Vec<_> = blocked.map(|it| (it.start_s.0, it.end_s.0)).collect();
    with_life(task, |life| life.cells(&blocked, slow_poll, axis))
}

/// The cells of a closure's lane.
pub(super) fn cells_of_a_closure(closure: &Task, axis: Axis) -> Vec<Cell> {
    with_life(closure, |life| life.cells_of_a_closure(axis))
}

fn with_life(task: &Task, cells: impl FnOnce(Life<'_>) -> Vec<Cell>) -> Vec<Cell> {
    let polls = task.polls.iter();
    let polls: Vec<_> = polls.map(|poll| (poll.start_s.0, poll.end_s.0)).collect();
    let wakes: Vec<_> = task.wakes_s.iter().map(|wake| wake.0).collect();
    cells(Life {
        created: task.created_s.0,
        polls: &polls,
        wakes: &wakes,
        outcome: task.outcome,
        end: task.end_s.0,
    })
}

/// The lane as it is shown.
pub(super) fn draw(cells: &[Cell], ascii: bool) -> Line {
    let mut line = Line::default();
    for run in cells.chunk_by(|one, two| role(*one) == role(*two)) {
        let glyphs: String = run.iter().map(|cell| cell.glyph(ascii)).collect();
        line.push(role(run[0]), &glyphs);
    }
    line
}

/// The lane of a task that failed, and why: behind its end, before its beginning or within it, where there is room.
pub(super) fn with_cause(cells: &[Cell], cause: &str, ascii: bool) -> Line {
    let Some(end) = cells.iter().position(|cell| *cell == Cell::Failed) else {
        return draw(cells, ascii);
    };
    let begin = first(cells);
    let (behind, within) = (cells.len() - end - 1, end.saturating_sub(begin + 1));
    // A blank on either side, so that no glyph touches it.
    let needed = columns(cause) + 2;
    let most = behind.max(begin).max(within);
    let room = needed.min(most);
    if most < LEGIBLE {
        return draw(cells, ascii);
    }
    let words = fit(&format!(" {}", fit(cause, room - 2)), room);
    if behind >= room {
        let blanks = " ".repeat(behind - room);
        let line = draw(&cells[..=end], ascii).with(Role::Alarm, &words);
        return line.with(Role::Plain, &blanks);
    }
    let until = if begin >= room { begin } else { end };
    let mut line = draw(&cells[..until - room], ascii).with(Role::Alarm, &words);
    line.append(&draw(&cells[until..], ascii));
    line
}

/// A lane with its label behind its end, or before its beginning, where there is room for all of it.
pub(super) fn with_label(cells: &[Cell], label: &str, ascii: bool) -> Line {
    let begin = first(cells);
    let end = cells.iter().rposition(|cell| *cell != Cell::Blank);
    let end = end.map_or(0, |last| last + 1);
    let needed = columns(label) + 1;
    if cells.len() - end > needed {
        let blanks = " ".repeat(cells.len() - end - needed);
        let line = draw(&cells[..end], ascii).with(Role::Dim, &format!(" {label}"));
        return line.with(Role::Plain, &blanks);
    }
    if begin >= needed {
        let blanks = " ".repeat(begin - needed);
        let mut line = Line::plain(&blanks).with(Role::Dim, &format!("{label} "));
        line.append(&draw(&cells[begin..], ascii));
        return line;
    }
    draw(cells, ascii)
}

/// With fewer columns than this, a cause says nothing.
const LEGIBLE: usize = 9;

/// Where the lane begins.
fn first(cells: &[Cell]) -> usize {
    let begins = cells.iter().position(|cell| *cell != Cell::Blank);
    begins.unwrap_or(0)
}

/// From few to many. None of them is a glyph of a lane: a full block is a poll which held its thread, a dot could not run.
fn bars(ascii: bool) -> &'static [char] {
    if ascii {
        &['_', ':', '^']
    } else {
        &['▁', '▂', '▃', '▄', '▅', '▆', '▇']
    }
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
    let bars = bars(ascii);
    // One alone is no mountain.
    let highest = most.iter().copied().fold(bars.len(), usize::max);
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
    use crate::claims::testing::{self, ms};
    use crate::report::{Outcome, Poll};

    fn task(polls: &[(u64, u64)], wakes: &[u64], outcome: Outcome, end: u64) -> Task {
        let poll = |&(start, end): &(u64, u64)| Poll {
            start_s: ms(start),
            end_s: ms(end),
            thread: 0,
        };
        Task {
            start_s: polls.first().map(|poll| ms(poll.0)),
            polls: polls.iter().map(poll).collect(),
            wakes_s: wakes.iter().copied().map(ms).collect(),
            ..testing::task("t", end, outcome)
        }
    }

    /// Ten cells of 100 ms.
    fn cells_of(task: &Task, blocked: &[Blocked]) -> Vec<Cell> {
        let axis = Axis::new(Duration::from_secs(1), 10);
        cells(task, blocked, Duration::from_millis(150), axis)
    }

    fn drawn(task: &Task, blocked: &[Blocked]) -> String {
        draw(&cells_of(task, blocked), false).to_string()
    }

    #[test]
    fn a_lane_says_when_it_was_polled_when_it_waited_and_how_it_ended() {
        use Outcome::{Cancelled, Completed, NeverPolled, Panicked};
        let none: &[u64] = &[];
        for (polls, wakes, outcome, end, lane) in [
            // A wait is a line between its first and its last poll.
            (
                &[(0, 0), (500, 500)][..],
                &[500][..],
                Completed,
                500,
                "├────┤    ",
            ),
            (&[(200, 200)], none, Cancelled, 450, "  ├─✗     "),
            (&[(200, 200)], none, Panicked, 450, "  ├─!     "),
            // A short poll is a tick, and a long one fills its cells.
            (
                &[(0, 1), (310, 315), (500, 590), (800, 800)],
                none,
                Completed,
                800,
                "├──┼─■──┤ ",
            ),
            // A task that is woken and not polled could not run.
            (&[(0, 0), (700, 700)], &[300], Completed, 700, "├──░░░░┤  "),
            // One without polls is empty, and a tiny one is its end.
            (&[], none, NeverPolled, 900, "          "),
            (&[(300, 301)], none, Completed, 301, "   ┤      "),
        ] {
            let task = task(polls, wakes, outcome, end);
            assert_eq!(drawn(&task, &[]), lane, "{polls:?} {outcome:?}");
        }
        let wait = task(&[(0, 0), (500, 500)], &[500], Completed, 500);
        assert_eq!(draw(&cells_of(&wait, &[]), true).to_string(), "|----|    ");
    }

    #[test]
    fn a_failed_task_says_why_behind_its_end_or_within_its_lane() {
        let axis = Axis::new(Duration::from_secs(3), 30);
        let shown = |end, cause| {
            let task = task(&[(0, 0), (end, end)], &[end], Outcome::Failed, end);
            let cells = cells(&task, &[], Duration::from_millis(10), axis);
            let line = with_cause(&cells, cause, false);
            assert_eq!(line.width(), 30, "{line}");
            line.to_string()
        };
        assert_eq!(shown(500, "status 503"), "├────✗ status 503             ");
        assert_eq!(shown(2_950, "timed out"), "├───────────────── timed out ✗");
        let polls = [(2_900, 2_900), (2_950, 2_950)];
        let late = task(&polls, &[], Outcome::Failed, 2_950);
        let late = cells(&late, &[], Duration::from_millis(10), axis);
        let late = with_cause(&late, "status 503", false).to_string();
        assert_eq!(late, "                  status 503 ✗");
        let long = shown(1_500, "TLS: the certificate is not trusted");
        assert_eq!(long, "├──────────────✗ TLS: the ce… ");
    }

    #[test]
    fn a_slow_poll_stands_out_from_a_busy_one() {
        let slow = task(&[(0, 0), (200, 420)], &[], Outcome::Running, 1_000);
        let expected = [Cell::Blocking, Cell::Blocking, Cell::BlockingTick];
        assert_eq!(cells_of(&slow, &[])[2..5], expected);
    }

    #[test]
    fn a_blocked_loop_holds_up_whoever_waits_and_whoever_has_not_begun() {
        let blocked = [testing::blocked(200, 600, None)];
        let waits = task(&[(0, 0), (900, 900)], &[900], Outcome::Completed, 900);
        assert_eq!(drawn(&waits, &blocked), "├─░░░░───┤");
        let late = task(&[(600, 600), (900, 900)], &[], Outcome::Completed, 900);
        assert_eq!(drawn(&late, &blocked), "  ░░░░├──┤");
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
            // A failed task and a cancelled one share a glyph: the cause stands beside it.
        ];
        for ascii in [false, true] {
            let glyphs = cells.map(|cell| cell.glyph(ascii));
            let different: std::collections::BTreeSet<_> = glyphs.iter().collect();
            assert_eq!(different.len(), glyphs.len(), "{glyphs:?}");
            // Nor is a bar of a curve one of them: it would say of many tasks that they could not run.
            let bars = bars(ascii);
            assert!(bars.iter().all(|bar| !glyphs.contains(bar)), "{bars:?}");
        }
    }
}
