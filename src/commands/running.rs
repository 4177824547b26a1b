//! Where a Python program that runs is drawn: at the foot of the terminal, on the whole of it, or nowhere.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;

use super::below::Below;
use super::last_seconds::LastSeconds;
use super::own_screen::OwnScreen;
use super::screen::{Screen, width_now};
use crate::page::{Line, Role, Style, to_ansi};
use crate::python::{CommandLine, Record, Watched};

/// The picture at the foot begins so late: what has ended by then is not worth one.
const PATIENCE: Duration = Duration::from_millis(700);

/// The screen of its own is taken so late: what ends at once needs none.
const AT_ONCE: Duration = Duration::from_millis(200);

/// On a screen of its own, so many lines of code are named that held the event loop.
const STALLS: usize = 2;

/// Where the last seconds are drawn, until this is dropped.
pub(super) enum View {
    Nowhere,
    Below(Below, Style),
    Own(OwnScreen, Style),
}

impl View {
    /// On the whole terminal if that is `whole`, else at its foot if a picture is `wanted`; and where the program prints
    /// to, where that is not the terminal.
    pub(super) fn new(
        screen: &Screen,
        whole: bool,
        wanted: bool,
    ) -> Result<(Self, Option<[Stdio; 2]>)> {
        match screen.live() {
            Some(style) if whole => {
                let (printed, streams) = OwnScreen::printed()?;
                let own = OwnScreen::new(screen, printed);
                Ok((Self::Own(own, style), Some(streams)))
            }
            Some(style) if wanted => Ok((Self::Below(Below, style), None)),
            _ => Ok((Self::Nowhere, None)),
        }
    }

    /// Whether there is something to draw when the program has run for so long.
    pub(super) fn begins(&self, after: Duration) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Below(..) => after >= PATIENCE,
            Self::Own(..) => after >= AT_ONCE,
        }
    }

    /// The last seconds, as they are now.
    pub(super) fn draw(&mut self, watched: &Watched, line: &CommandLine, slow_poll: Duration) {
        let has_run = watched.look(Record::has_run);
        let recent = |style| LastSeconds {
            watched,
            line,
            slow_poll,
            style,
        };
        match self {
            // A program without an event loop has the whole terminal.
            Self::Below(below, style) if has_run => {
                let lines = recent(*style).brief(Below::room(), width_now());
                below.draw(&to_ansi(&lines, style));
            }
            Self::Below(..) | Self::Nowhere => {}
            Self::Own(own, style) => {
                let program = style.tame(&format!(" {}", line.spoken()));
                let title = Line::of(Role::Name, "asyncdemo python").with(Role::Plain, &program);
                own.draw(&title, |room| match has_run {
                    true => recent(*style).in_full(room.rows, STALLS, room.columns),
                    false => vec![Line::of(Role::Dim, "no event loop runs in it yet")],
                });
            }
        }
    }
}
