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
    use crate::report::{Outcome, Poll};

    fn ms(millis: u64) -> Seconds {
        Seconds(Duration::from_millis(millis))
    }

    fn task(polls: &[(u64, u64)], wakes: &[u64], outcome: Outcome, end: u64) -> Task {
        Task {
            label: "t".into(),
            location: None,
            outcome,
            exception: None,
            failed: None,
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
            woken_by: Vec::new(),
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
        let late = task(
            &[(2_900, 2_900), (2_950, 2_950)],
            &[],
            Outcome::Failed,
            2_950,
        );
        let late = cells(&late, &[], Duration::from_millis(10), axis);
        let late = with_cause(&late, "status 503", false).to_string();
        assert_eq!(late, "                  status 503 ✗");
        let long = shown(1_500, "TLS: the certificate is not trusted");
        assert_eq!(long, "├──────────────✗ TLS: the ce… ");
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
            location: None,
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
