//! The picture that grows while a strategy runs.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::lab::{Running, Watch};
use crate::render::{Style, Text};

/// Between two pictures: smooth enough to watch, and it costs next to nothing.
const FRAME: Duration = Duration::from_millis(100);

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
        Self { style, slow_poll, expected, drawing: None }
    }
}

impl Watch for Live {
    fn begin(&mut self, run: Running) {
        let (stop, stopped) = mpsc::channel();
        let (style, slow_poll, expected) = (self.style, self.slow_poll, self.expected);
        let draw = move || {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(plain) = ProgressStyle::with_template("{msg}") {
                bar.set_style(plain);
            }
            while stopped.recv_timeout(FRAME) == Err(RecvTimeoutError::Timeout) {
                let block = Text::new(style, slow_poll, expected).strategy(&run.report());
                bar.set_message(block.trim_end().to_owned());
            }
            bar.finish_and_clear();
        };
        // Without a thread there is no live picture; the final one comes all the same.
        self.drawing =
            thread::Builder::new().name("live view".to_owned()).spawn(draw).ok().map(|thread| (stop, thread));
    }

    fn end(&mut self) {
        if let Some((stop, thread)) = self.drawing.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

/// Nobody looks on.
pub struct Unwatched;

impl Watch for Unwatched {
    fn begin(&mut self, _: Running) {}
    fn end(&mut self) {}
}
