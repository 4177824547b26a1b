//! How far some work is, on one line of standard error that is gone at its end.

use std::cell::RefCell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::echo::Quiet;
use crate::page::Style;

/// A bar, and what there is to say beside it.
pub(super) struct StatusLine(Option<Bar>);

struct Bar {
    bar: RefCell<ProgressBar>,
    style: Style,
    _quiet: Quiet,
}

impl StatusLine {
    /// Without a style nothing is drawn.
    pub(super) fn new(style: Option<Style>) -> Self {
        Self(style.map(|style| Bar {
            bar: RefCell::new(bar(&style)),
            style,
            _quiet: Quiet::begin(),
        }))
    }

    /// So many of all are done, and what else there is to say.
    pub(super) fn say(&self, done: usize, of: usize, text: &str) {
        let Some(drawn) = &self.0 else {
            return;
        };
        let bar = drawn.bar.borrow();
        bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
        bar.set_message(drawn.style.encode(text));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    }

    /// Wipes it out, until the next [`StatusLine::say`].
    pub(super) fn clear(&self) {
        if let Some(drawn) = &self.0 {
            drawn.bar.replace(bar(&drawn.style)).finish_and_clear();
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        if let Some(drawn) = &self.0 {
            drawn.bar.borrow().finish_and_clear();
        }
    }
}

fn bar(style: &Style) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // Where there is room for one of them, the words say more.
    let template = match style.width {
        ..60 => "{wide_msg}",
        _ => "{bar:16} {wide_msg}",
    };
    if let Ok(look) = ProgressStyle::with_template(template) {
        bar.set_style(look.progress_chars(if style.ascii { "#-" } else { "━╌" }));
    }
    bar
}
