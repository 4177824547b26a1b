//! A timeline as text: an axis, and a lane for each task.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::axis::Axis;
use crate::lane::{Cell, Life};
use crate::timeline::{Task, Timeline};

/// Columns, where the format says nothing.
const WIDTH: usize = 80;
/// A poll at least this long held its thread.
const SLOW_POLL: Duration = Duration::from_millis(10);
/// Columns for how long a task took, at the right.
const FIGURE: usize = 11;
/// Narrower than this there are no figures.
const NARROW: usize = 50;

/// Draws a lane for each task, the heartbeat first: `{}` in 80 columns, `{:120}` in 120, `{:#}` in ASCII.
impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let picture = Picture::of(self, f.width().unwrap_or(WIDTH), f.alternate());
        picture.head(f)?;
        for task in self.lanes() {
            picture.lane(task, f)?;
        }
        if let Some(rest) = &self.rest {
            let more = format!("+ {} more", rest.count());
            writeln!(f, "{}", picture.fit(&more, picture.width).trim_end())?;
        }
        picture.legend(f)
    }
}

/// What all lanes have in common.
struct Picture<'a> {
    timeline: &'a Timeline,
    width: usize,
    label: usize,
    figure: usize,
    ascii: bool,
    axis: Axis,
    blocked: Vec<(Duration, Duration)>,
    end: Duration,
}

impl<'a> Picture<'a> {
    fn of(timeline: &'a Timeline, width: usize, ascii: bool) -> Self {
        let width = width.max(3);
        let lanes = timeline.lanes().into_iter();
        let longest = lanes.map(|task| task.label.width()).max().unwrap_or(0);
        let label = longest.clamp(1, (width / 3).max(1));
        let figure = if width < NARROW { 0 } else { FIGURE };
        let rest = timeline.rest.iter().flat_map(|rest| &rest.lives);
        let ends = timeline.tasks.iter().chain(&timeline.closures);
        let ends = ends.map(|task| task.end);
        let end = ends.chain(rest.map(|life| life.1)).max();
        let end = end.unwrap_or(timeline.end);
        let workers = timeline.threads_that_polled();
        let blocked = timeline.blocked(SLOW_POLL, workers, |_| true);
        Self {
            timeline,
            width,
            label,
            figure,
            ascii,
            axis: Axis::new(end, width.saturating_sub(label + 1 + figure)),
            blocked: blocked.iter().map(|it| (it.start, it.end)).collect(),
            end,
        }
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{:1$}{2}", "", self.label + 1, self.axis.ruler());
        // The last number may stand beyond the end of the axis: half a number would be another one.
        while line.width() > self.width {
            line.truncate(line.rfind(' ').unwrap_or(0));
        }
        writeln!(f, "{}", line.trim_end())
    }

    fn lane(&self, task: &Task, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.fit(&task.label, self.label);
        if task.polls.is_empty() {
            let never = if self.timeline.is_closure(task) {
                "never called"
            } else {
                "never polled"
            };
            let line = format!("{label} {never}");
            return writeln!(f, "{}", self.fit(&line, self.width).trim_end());
        }
        let cells = self.cells(task).into_iter();
        let lane: String = cells.map(|cell| cell.glyph(self.ascii)).collect();
        let took = task.start().map(|start| task.end.saturating_sub(start));
        let took = match took {
            Some(took) if self.figure > 0 && !self.is_heartbeat(task) => format!("{took:.3?}"),
            _ => String::new(),
        };
        let line = format!("{label} {lane}{took:>0$}", self.figure);
        writeln!(f, "{}", line.trim_end())
    }

    fn cells(&self, task: &Task) -> Vec<Cell> {
        // A heart beats on when the last task has ended.
        let polls = task.polls.iter().filter(|poll| poll.start <= self.end);
        let polls: Vec<_> = polls.map(|poll| (poll.start, poll.end)).collect();
        let life = Life {
            created: task.created,
            polls: &polls,
            wakes: &task.wakes,
            outcome: task.outcome,
            end: task.end.min(self.end),
        };
        if self.timeline.is_closure(task) {
            life.cells_of_a_closure(self.axis)
        } else {
            life.cells(&self.blocked, SLOW_POLL, self.axis)
        }
    }

    fn is_heartbeat(&self, task: &Task) -> bool {
        let heartbeat = self.timeline.heartbeat.as_ref();
        heartbeat.is_some_and(|heartbeat| std::ptr::eq(heartbeat, task))
    }

    /// The glyphs that occur, with what they mean.
    fn legend(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lanes = self.timeline.lanes().into_iter();
        let seen: BTreeSet<Cell> = lanes.flat_map(|task| self.cells(task)).collect();
        let entries = seen.iter().filter_map(|cell| {
            let glyph = cell.glyph(self.ascii);
            let glyphs = match cell {
                Cell::First => format!("{glyph} {}", Cell::Done.glyph(self.ascii)),
                _ => glyph.to_string(),
            };
            Some(format!("{glyphs} {}", cell.words()?))
        });
        let mut line = String::new();
        for entry in entries {
            if !line.is_empty() && line.width() + 3 + entry.width() > self.width {
                writeln!(f, "{}", self.fit(&line, self.width).trim_end())?;
                line.clear();
            }
            if !line.is_empty() {
                line.push_str("   ");
            }
            line.push_str(&entry);
        }
        write!(f, "{}", self.fit(&line, self.width).trim_end())
    }

    /// The text in exactly so many columns: filled up, or cut.
    fn fit(&self, text: &str, columns: usize) -> String {
        let shown = |ch: char| match ch {
            _ if ch.is_control() => ' ',
            _ if self.ascii && !ch.is_ascii() => '?',
            _ => ch,
        };
        let text: String = text.chars().map(shown).collect();
        if text.width() <= columns {
            return format!("{text}{:1$}", "", columns - text.width());
        }
        let mut cut = String::new();
        for ch in text.chars() {
            if cut.width() + ch.width().unwrap_or(0) + 1 > columns {
                break;
            }
            cut.push(ch);
        }
        cut.push(if self.ascii { '.' } else { '…' });
        let used = cut.width();
        format!("{cut}{:1$}", "", columns.saturating_sub(used))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Outcome, Poll, Recorder};

    async fn brew(millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn two_waits_overlap_and_one_future_is_never_polled() {
        let recorder = Recorder::new();
        drop(recorder.track("tea", brew(1)));
        tokio::join!(
            recorder.track("green tea", brew(300)),
            recorder.track("coffee", brew(200))
        );
        assert_eq!(
            format!("{:60}", recorder.timeline()),
            [
                "          0 s          0.1          0.2          0.3",
                "tea       never polled",
                "green tea ├─────────────────────────┼───────────┤  300.000ms",
                "coffee    ├─────────────────────────┤              200.000ms",
                "├ ┤ first and last poll   ─ waiting   ┼ a short poll",
            ]
            .join("\n")
        );
        let ascii = format!("{:#60}", recorder.timeline());
        assert!(ascii.is_ascii(), "{ascii}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_closure_has_a_lane_below_the_task_that_waits_for_it() {
        let recorder = Recorder::new();
        let closure = recorder.track_blocking("its thread", || ());
        let waits = recorder.track("waits", brew(100));
        let other = recorder.track("other", brew(300));
        // Nothing calls it until then: it could not run.
        tokio::join!(waits, other, async {
            brew(200).await;
            closure();
        });
        drop(recorder.track_blocking("forgotten", || ()));
        assert_eq!(
            format!("{:60}", recorder.timeline()),
            [
                "           0 s         0.1          0.2          0.3",
                "waits      ├───────────┤                           100.000ms",
                "its thread ░░░░░░░░░░░░░░░░░░░░░░░░░┤                0.000ns",
                "other      ├───────────┼────────────┼───────────┤  300.000ms",
                "forgotten  never called",
                "├ ┤ first and last poll   ─ waiting   ┼ a short poll",
                "░ could not run",
            ]
            .join("\n")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_heart_that_beats_on_does_not_stretch_the_axis() {
        let recorder = Recorder::new();
        let heart = tokio::spawn(recorder.heartbeat());
        recorder.track("nap", brew(100)).await;
        brew(900).await;
        heart.abort();
        let drawn = recorder.timeline().to_string();
        assert!(drawn.contains("0.10") && !drawn.contains("0.2"), "{drawn}");
        assert!(
            drawn.lines().any(|line| line.starts_with("heartbeat ")),
            "{drawn}"
        );
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(
            width in 0_usize..200,
            label in ".{0,20}",
            polls in prop::collection::vec((0_u64..2_000_000_000, 0_u64..50_000_000), 0..6),
            ascii: bool,
        ) {
            let mut at = Duration::ZERO;
            let polls: Vec<_> = polls.iter().map(|(wait, length)| {
                let start = at + Duration::from_nanos(*wait);
                at = start + Duration::from_nanos(*length);
                Poll { start, end: at, thread: 0 }
            }).collect();
            let task = Task {
                label, location: None, created: Duration::ZERO, polls, wakes: Vec::new(), woken_by: Vec::new(),
                outcome: Outcome::Completed, failed: None, end: at,
            };
            let timeline = Timeline { end: at, tasks: vec![task], ..Timeline::default() };
            let drawn = if ascii { format!("{timeline:#width$}") } else { format!("{timeline:width$}") };
            for line in drawn.lines() {
                prop_assert!(line.width() <= width.max(3), "{width}: {line:?}");
            }
        }
    }
}
