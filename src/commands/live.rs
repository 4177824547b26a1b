//! The picture that grows while a strategy runs.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::lab::{Running, Watch};
use crate::page::Style;
use crate::picture::Text;

/// Between two pictures: smooth enough to watch, and it costs next to nothing.
const FRAME: Duration = Duration::from_millis(100);

/// A picture of a million tasks takes its time: the next one comes when so many times that has gone by.
const SHARE: u32 = 20;

/// Draws on standard error, from a thread of its own: it goes on when the event loop does not.
pub struct Live {
    style: Style,
    slow_poll: Duration,
    expected: Duration,
    drawing: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Live {
    /// `expected` is where the axis ends.
    pub fn new(style: Style, slow_poll: Duration, expected: Duration) -> Self {
        Self {
            style,
            slow_poll,
            expected,
            drawing: None,
        }
    }
}

impl Watch for Live {
    fn begin(&mut self, run: Running) {
        let (stop, stopped) = mpsc::channel();
        let (style, slow_poll, expected) = (self.style, self.slow_poll, self.expected);
        let draw = move || {
            let bar = line();
            let mut pause = FRAME;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let start = Instant::now();
                let block = Text::new(style, slow_poll, expected).strategy(&run.report());
                bar.set_message(block.trim_end().to_owned());
                pause = FRAME.max(start.elapsed() * SHARE);
            }
            bar.finish_and_clear();
            // Before the first picture there is nothing to clear but, perhaps, a `^C`.
            let _ = Term::stderr().clear_line();
        };
        // Without a thread there is no live picture; the final one comes all the same.
        self.drawing = thread::Builder::new()
            .name("live view".to_owned())
            .spawn(draw)
            .ok()
            .map(|thread| (stop, thread));
    }

    fn end(&mut self) {
        if let Some((stop, thread)) = self.drawing.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

/// A message on standard error that is drawn again in place.
pub(super) fn line() -> ProgressBar {
    let target = ProgressDrawTarget::term_like(Box::new(FromTheLeft::new()));
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(plain) = ProgressStyle::with_template("{msg}") {
        bar.set_style(plain);
    }
    bar
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

/// Nobody looks on.
pub struct Unwatched;

impl Watch for Unwatched {
    fn begin(&mut self, _: Running) {}
    fn end(&mut self) {}
}

/// One line that changes in its place, where somebody looks.
pub struct Line(Option<(ProgressBar, Style)>);

impl Line {
    /// Without a style nothing is drawn.
    pub fn new(style: Option<Style>) -> Self {
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
    pub fn say(&self, text: &str) {
        if let Some((bar, style)) = &self.0 {
            bar.set_message(style.encode(text));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some((bar, _)) = &self.0 {
            bar.finish_and_clear();
            let _ = Term::stderr().clear_line();
        }
    }
}
