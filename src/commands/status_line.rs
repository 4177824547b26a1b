//! What is said on standard error while something goes on, in one place and gone at its end.

use std::io;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::page::Style;

/// A message that is drawn again in its place: a line, or a picture of several.
pub(super) struct StatusLine(Option<(ProgressBar, Style)>);

impl StatusLine {
    /// Without a style nothing is drawn.
    pub(super) fn new(style: Option<Style>) -> Self {
        Self(style.map(|style| {
            let target = ProgressDrawTarget::term_like(Box::new(FromTheLeft::new()));
            let bar = ProgressBar::with_draw_target(None, target);
            if let Ok(plain) = ProgressStyle::with_template("{msg}") {
                bar.set_style(plain);
            }
            (bar, style)
        }))
    }

    /// What it says now.
    pub(super) fn say(&self, text: &str) {
        if let Some((bar, style)) = &self.0 {
            bar.set_message(style.encode(text));
        }
    }

    /// Wipes it out, until the next [`StatusLine::say`].
    pub(super) fn clear(&self) {
        if let Some((bar, _)) = &self.0 {
            bar.set_message("");
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        if let Some((bar, _)) = &self.0 {
            bar.finish_and_clear();
            // Before the first message there is nothing to clear but, perhaps, a `^C`.
            let _ = Term::stderr().clear_line();
        }
    }
}

/// Standard error, where the cursor rests at the left of the picture's last line.
///
/// `indicatif` fills that line and leaves the cursor behind its last column. There, the `^C` that a
/// terminal echoes goes to a line of its own, and one line of the picture is never cleared.
#[derive(Debug)]
struct FromTheLeft(Term);

impl FromTheLeft {
    fn new() -> Self {
        Self(Term::buffered_stderr())
    }
}

impl TermLike for FromTheLeft {
    fn width(&self) -> u16 {
        self.0.size().1
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_left(columns)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.0.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.write_str("\r")?;
        self.0.flush()
    }
}
