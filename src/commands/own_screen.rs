//! The whole terminal for the picture of another program that runs, and for what it printed last.
//!
//! All that it prints is kept, and printed when the terminal has been given back: nothing of it is lost with the screen.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use ratatui_core::buffer::Buffer;

use super::echo::Quiet;
use super::screen::{PrintError, Screen, complain, no_terminals, print_bytes, size_now};
use super::signals;
use crate::classroom::terminal::{FullScreen, Look, put_page};
use crate::page::{Line, Role, Style, clean_line, wrap};
use crate::python::Printed;

/// At least so many rows are for what the program prints, and otherwise a third.
const PRINTED: usize = 5;

/// A terminal with fewer rows, or fewer columns, has no room for both.
const LEAST: (usize, usize) = (10, 30);

/// The whole terminal, from the first picture on and until this is dropped.
pub(super) struct OwnScreen {
    stage: Stage,
    printed: Printed,
    look: Look,
    continued: Arc<AtomicBool>,
}

enum Stage {
    /// What ends at once needs no screen.
    NotYet,
    /// What is typed is not shown in the middle of it.
    Taken { stage: FullScreen, _quiet: Quiet },
    /// It cannot be written any more.
    Gone,
}

/// What there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl OwnScreen {
    /// For a program that prints to `printed`.
    pub(super) fn new(screen: &Screen, printed: Printed) -> Self {
        let look = Look {
            theme: None,
            color: screen.err.color,
            ascii: screen.err.ascii,
        };
        Self {
            stage: Stage::NotYet,
            printed,
            look,
            continued: signals::continued(),
        }
    }

    /// Where the program is to print to, and what keeps that.
    pub(super) fn printed() -> Result<(Printed, [Stdio; 2])> {
        let (rows, columns) = size_now();
        Printed::new(rows, columns).context("what the program prints cannot be kept")
    }

    /// Draws a picture, in as many lines as there is room for, and below it what was printed last.
    pub(super) fn draw(&mut self, title: &Line, picture: impl FnOnce(Room) -> Vec<Line>) {
        if self.drawn(title, picture).is_err() {
            // The program goes on all the same, and what it prints is kept.
            self.stage = Stage::Gone;
        }
    }

    fn drawn(
        &mut self,
        title: &Line,
        picture: impl FnOnce(Room) -> Vec<Line>,
    ) -> std::io::Result<()> {
        let style = self.style();
        let stage = match &mut self.stage {
            Stage::Gone => return Ok(()),
            Stage::Taken { stage, .. } => {
                if self.continued.swap(false, Ordering::SeqCst) {
                    stage.resume()?;
                }
                stage
            }
            it @ Stage::NotYet => {
                let taken = FullScreen::take_without_keys()?;
                *it = Stage::Taken {
                    stage: taken,
                    _quiet: Quiet::begin(),
                };
                return self.drawn(title, picture);
            }
        };
        let area = stage.area()?;
        let room = Room {
            rows: area.height.into(),
            columns: area.width.into(),
        };
        let lines = page(title, room, &style, picture, &self.printed.last());
        let mut cells = Buffer::empty(area);
        put_page(&lines, &self.look, &mut cells);
        stage.show(cells)
    }

    fn style(&self) -> Style {
        Style {
            color: self.look.color,
            ascii: self.look.ascii,
            ..Style::default()
        }
    }
}

impl Drop for OwnScreen {
    fn drop(&mut self) {
        // Before anything is printed.
        self.stage = Stage::Gone;
        let handed = self
            .printed
            .hand_on(|piece| print_bytes(piece).map_err(anyhow::Error::from));
        // A terminal that is gone has nobody before it.
        if let Err(error) = handed
            && !error.is::<PrintError>()
        {
            complain(&format!(
                "\nasyncdemo: the rest of what the program printed could not be kept: {error}.\n"
            ));
        }
    }
}

/// Why there can be none, if that is so. Its input may be anything: the keys are the program's.
pub(super) fn why_not(screen: &Screen) -> Option<String> {
    let streams = no_terminals();
    let missing = streams.iter().find(|stream| **stream != "input");
    match missing {
        Some(stream) => Some(format!("standard {stream} is none")),
        None if screen.live().is_none() => Some("this one is dumb".to_owned()),
        None => None,
    }
}

/// The lines of the whole screen.
fn page(
    title: &Line,
    room: Room,
    style: &Style,
    picture: impl FnOnce(Room) -> Vec<Line>,
    printed: &str,
) -> Vec<Line> {
    if room.rows < LEAST.0 || room.columns < LEAST.1 {
        return last_lines(printed, room);
    }
    let below = Room {
        rows: (room.rows / 3).max(PRINTED),
        ..room
    };
    // The title, and what divides the two.
    let above = Room {
        rows: room.rows - below.rows - 2,
        ..room
    };
    let mut lines = vec![title.clone()];
    lines.extend(picture(above).into_iter().take(above.rows));
    lines.resize(above.rows + 1, Line::default());
    let rule = "─".repeat(room.columns);
    let divides = format!("── what it prints {rule}");
    let divides: String = divides.chars().take(room.columns).collect();
    lines.push(Line::of(Role::Dim, &style.encode(&divides)));
    lines.extend(last_lines(printed, below));
    lines
}

/// The last lines of what was printed, as many as have room. Colours and whatever else moves a cursor are left out.
fn last_lines(printed: &str, room: Room) -> Vec<Line> {
    let printed = console::strip_ansi_codes(printed);
    let ends = printed.ends_with('\n');
    let mut lines: Vec<Line> = Vec::new();
    for line in printed.rsplit('\n').skip(usize::from(ends)) {
        if lines.len() >= room.rows {
            break;
        }
        // A line that is written anew in its place is what it was last.
        let line = line.trim_end_matches('\r');
        let line = line.rsplit('\r').next().unwrap_or_default();
        let line = clean_line(&line.replace('\t', "    "));
        let line = Line::plain(&line);
        let (first, rest) = (Line::default(), Line::plain("  "));
        lines.extend(wrap(&line, room.columns, &first, &rest).into_iter().rev());
    }
    lines.truncate(room.rows);
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(rows: usize, columns: usize) -> Room {
        Room { rows, columns }
    }

    fn told(printed: &str, rows: usize) -> Vec<String> {
        let lines = last_lines(printed, room(rows, 40));
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_last_lines_are_shown_with_one_that_is_not_yet_over() {
        assert_eq!(told("one\ntwo\nthree\n", 2), ["two", "three"]);
        assert_eq!(told("one\ntwo\nthr", 2), ["two", "thr"]);
        assert_eq!(told("one\n\n", 5), ["one", ""]);
        assert_eq!(told("", 5), [""; 1]);
        assert_eq!(told("\x1b[32mINFO\x1b[0m:\tup\r\n", 5), ["INFO:    up"]);
        assert_eq!(told("10 %\r20 %\r30 %", 5), ["30 %"]);
        let long = "word ".repeat(20);
        let lines = told(&format!("before\n{long}\n"), 3);
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("  word"), "{lines:?}");
    }

    #[test]
    fn the_page_fills_the_screen_and_is_never_taller() {
        for (rows, columns) in [(24, 80), (36, 120), (10, 30), (9, 80), (1, 1)] {
            let printed = "a line of it\n".repeat(100);
            let title = Line::plain("title");
            let lines = page(
                &title,
                room(rows, columns),
                &Style::default(),
                |above| vec![Line::plain("a lane"); above.rows + 3],
                &printed,
            );
            assert_eq!(lines.len(), rows);
            // A terminal that has no room for a word cuts it.
            assert!(columns < 30 || lines.iter().all(|line| line.width() <= columns));
            let lanes = lines.iter().filter(|line| line.to_string() == "a lane");
            assert!(rows < 10 || lanes.count() >= 3);
        }
    }
}
