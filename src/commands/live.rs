//! What changes in its place on standard error: the picture that grows while a strategy runs, or one line.

use std::io;
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::page::Style;
use crate::picture::Text;
use crate::report::StrategyReport;

/// Draws what a strategy has done so far.
pub(super) struct Live {
    style: Style,
    slow_poll: Duration,
    expected: Duration,
    drawn: Option<StatusLine>,
}

impl Live {
    /// `expected` is where the axis ends.
    pub(super) fn new(style: Style, slow_poll: Duration, expected: Duration) -> Self {
        Self {
            style,
            slow_poll,
            expected,
            drawn: None,
        }
    }

    /// A strategy is about to run.
    pub(super) fn begin(&mut self) {
        self.drawn = Some(StatusLine::new(self.style));
    }

    /// What it has done so far.
    pub(super) fn see(&self, so_far: &StrategyReport) {
        if let Some(drawn) = &self.drawn {
            let mut text = Text::new(self.style, self.slow_poll, self.expected);
            drawn.show(text.strategy(so_far).trim_end());
        }
    }

    /// One line in place of the picture.
    pub(super) fn say(&self, text: &str) {
        if let Some(drawn) = &self.drawn {
            drawn.say(text);
        }
    }

    /// It has run: nothing stays of the picture.
    pub(super) fn end(&mut self) {
        self.drawn = None;
    }
}

/// A message that is drawn again in its place, until it is dropped.
pub(super) struct StatusLine {
    bar: ProgressBar,
    style: Style,
}

impl StatusLine {
    pub(super) fn new(style: Style) -> Self {
        let target = ProgressDrawTarget::term_like(Box::new(FromTheLeft::new()));
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(plain) = ProgressStyle::with_template("{msg}") {
            bar.set_style(plain);
        }
        Self { bar, style }
    }

    /// What it says now.
    pub(super) fn say(&self, text: &str) {
        self.show(&self.style.encode(text));
    }

    /// What it shows now, as it is.
    fn show(&self, text: &str) {
        self.bar.set_message(text.to_owned());
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        // Before the first message there is nothing to clear but, perhaps, a `^C`.
        let _ = Term::stderr().clear_line();
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
