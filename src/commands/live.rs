//! The picture that grows while a strategy runs.

use std::time::Duration;

use super::status_line::StatusLine;
use crate::page::{Style, to_ansi};
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
        self.drawn = Some(StatusLine::new(Some(self.style)));
    }

    /// What it has done so far.
    pub(super) fn see(&self, so_far: &StrategyReport) {
        if let Some(drawn) = &self.drawn {
            let mut text = Text::new(self.style, self.slow_poll, self.expected);
            drawn.say(to_ansi(&text.strategy(so_far), &self.style).trim_end());
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
