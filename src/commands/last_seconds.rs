//! The last seconds of a Python program that runs, as lines.

use std::time::Duration;

use crate::page::{Line, Role, Style, wrap};
use crate::picture::Picture;
use crate::python::{self, CommandLine, Watched};
use crate::report::{Blocked, StrategyReport};
use crate::units;

/// What a picture of a running program shows: so much of it.
const SPAN: Duration = Duration::from_secs(5);

/// The ruler, the title, and all the other lanes.
const BESIDE_LANES: usize = 3;

/// A program that runs, and how it is drawn.
pub(super) struct LastSeconds<'a> {
    pub(super) watched: &'a Watched,
    pub(super) line: &'a CommandLine,
    pub(super) slow_poll: Duration,
    pub(super) style: Style,
}

impl LastSeconds<'_> {
    /// In so many lines at most, the last of which says what held the event loop.
    pub(super) fn brief(&self, rows: usize, width: usize) -> Vec<Line> {
        let (program, _, mut lines) = self.drawn(rows.saturating_sub(1), width);
        let held = program.blocked.last().and_then(last);
        lines.extend(held.map(|text| self.alarm(&text)));
        lines
    }

    /// In so many lines at most: also the lines of code that held the event loop, so many of them, and what the signs
    /// mean.
    pub(super) fn in_full(&self, rows: usize, held: usize, width: usize) -> Vec<Line> {
        // Each in two lines at most, and so the legend.
        let beside = 2 * held + 3;
        let (program, picture, mut lines) = self.drawn(rows.saturating_sub(beside), width);
        let held = by_place(&program.blocked, held);
        for text in held {
            let (first, rest) = (Line::default(), Line::plain("  "));
            lines.extend(wrap(&self.alarm(&text), width, &first, &rest));
        }
        lines.push(Line::default());
        lines.extend(picture.legend());
        lines
    }

    fn drawn(&self, rows: usize, width: usize) -> (StrategyReport, Picture, Vec<Line>) {
        let lanes = rows.saturating_sub(BESIDE_LANES).max(1);
        let mut program = self
            .watched
            .look(|record| python::recent(record, self.line, SPAN, lanes));
        program.summary = format!("the last {} s of {}", SPAN.as_secs(), program.summary);
        let style = Style {
            brief: true,
            lanes: lanes + 1,
            width,
            ..self.style
        };
        let mut picture = Picture::new(style, self.slow_poll, SPAN);
        let lines = picture.strategy(&program);
        (program, picture, lines)
    }

    fn alarm(&self, text: &str) -> Line {
        Line::of(Role::Alarm, &self.style.tame(text))
    }
}

fn last(held: &Blocked) -> Option<String> {
    let (by, at) = place(held)?;
    let length = units::duration(held.length());
    Some(format!("event loop held for {length} by {by}{at}"))
}

/// Each place once, the latest first.
fn by_place(held: &[Blocked], most: usize) -> Vec<String> {
    let mut places: Vec<((&str, String), usize, Duration)> = Vec::new();
    for each in held.iter().rev() {
        let Some(place) = place(each) else {
            continue;
        };
        match places.iter_mut().find(|(known, ..)| *known == place) {
            Some((_, times, longest)) => {
                *times += 1;
                *longest = each.length().max(*longest);
            }
            None => places.push((place, 1, each.length())),
        }
    }
    let told = places
        .into_iter()
        .take(most)
        .map(|((by, at), times, longest)| {
            let longest = units::duration(longest);
            match times {
                1 => format!("event loop held for {longest} by {by}{at}"),
                times => format!("event loop held {times} times, {longest} at most, by {by}{at}"),
            }
        });
    told.collect()
}

/// By whom, and at which line.
fn place(held: &Blocked) -> Option<(&str, String)> {
    let at = held.location.as_deref();
    let at = at.map_or_else(String::new, |at| format!(" at {at}"));
    Some((held.by.as_deref()?, at))
}
