//! The picture that grows while a strategy runs.

use std::time::Duration;

use super::live_screen::LiveScreen;
use super::screen::width_now;

use crate::page::{Line, Style, to_ansi};
use crate::picture::Picture;
use crate::report::{Figure, StrategyReport};

/// Draws what a strategy has done so far.
pub(super) struct Live {
    /// None where nobody looks: then nothing is drawn.
    style: Option<Style>,
    slow_poll: Duration,
    expected: Duration,
    /// Where strategies run in both languages, what they are compared by.
    both: Option<Figure>,
    line: LiveScreen,
}

impl Live {
    /// `expected` is where the axis ends.
    pub(super) fn new(
        style: Option<Style>,
        slow_poll: Duration,
        expected: Duration,
        both: Option<Figure>,
    ) -> Self {
        Self {
            style,
            slow_poll,
            expected,
            both,
            line: LiveScreen::new(None),
        }
    }

    /// Whether somebody looks.
    pub(super) fn is_watched(&self) -> bool {
        self.style.is_some()
    }

    /// A strategy is about to run.
    pub(super) fn begin(&mut self) {
        self.line = LiveScreen::new(self.style);
    }

    /// What it has done so far, below what those before it have done, if they do not stay on the screen by
    /// themselves: as wide as the terminal is now.
    pub(super) fn see(&self, before: &[StrategyReport], so_far: Option<&StrategyReport>) {
        if let Some(style) = self.style {
            let style = Style {
                width: width_now(),
                ..style
            };
            let strategies = before.iter().chain(so_far);
            let ends = strategies.clone().map(|strategy| strategy.end().0);
            let end = ends.fold(self.expected, Duration::max);
            let mut text = Picture::new(style, self.slow_poll, end)
                .in_both(self.both.is_some(), self.both.unwrap_or(Figure::Wall));
            let lanes: Vec<Line> = strategies.flat_map(|it| text.strategy(it)).collect();
            // Where it will stand in the end, so that nothing jumps then.
            let mut lines = match style.brief {
                true => text.legend(),
                false => Vec::new(),
            };
            lines.extend(lanes);
            self.say(to_ansi(&lines, &style).trim_end());
        }
    }

    /// One line in place of the picture.
    pub(super) fn say(&self, text: &str) {
        self.line.say(text);
    }

    /// It has run: nothing stays of the picture.
    pub(super) fn end(&mut self) {
        self.line = LiveScreen::new(None);
    }
}

/// The style in which so many strategies, in two languages if in `both`, fit on so many lines.
pub(super) fn in_brief(style: Style, rows: usize, strategies: usize, both: bool) -> Style {
    Style {
        brief: true,
        lanes: lanes(rows, strategies.max(1), both),
        ..style
    }
}

/// How many lanes each strategy may have for all of them to be seen on so many lines.
fn lanes(rows: usize, strategies: usize, both: bool) -> usize {
    // Each has a title; where it runs in two languages, its name stands beside its first lane.
    let (titles, blocks) = match both {
        true => (0, 2 * strategies),
        false => (strategies, strategies),
    };
    // What was typed, the head, the legend and the axis, in two lines where they have to be.
    let lines = rows.saturating_sub(7 + titles);
    (lines / blocks).clamp(1, 6)
}
