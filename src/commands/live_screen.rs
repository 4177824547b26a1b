//! The picture that is drawn again in its place on standard error, and is gone at its end.

use std::cell::RefCell;
use std::env;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use console::{Term, measure_text_width, truncate_str};

use super::echo::Quiet;
use crate::page::Style;

/// A picture that is drawn again in its place. `indicatif`, which draws the line of [`super::status_line`], does not know
/// how tall lines have become in a narrower window.
///
/// In a window that has another width than at the beginning, it is drawn on a page of its own, until the width is what
/// it was. Where the lines have gone meanwhile that were written before, only the terminal knows.
pub(super) struct LiveScreen(Option<RefCell<Drawn>>);

struct Drawn {
    style: Style,
    /// How wide each of its lines is, and the terminal when the first was drawn.
    lines: Vec<usize>,
    columns: usize,
    _quiet: Quiet,
}

/// Whether the page of its own is shown.
static OWN_PAGE: AtomicBool = AtomicBool::new(false);

const TO_OWN_PAGE: &str = "\x1b[?1049h";
const FROM_OWN_PAGE: &str = "\x1b[?1049l";

/// Shows what the terminal showed before, if a page of its own is in front of that.
pub(super) fn give_back() {
    if OWN_PAGE.swap(false, Ordering::SeqCst) {
        let _ = Term::stderr().write_all(FROM_OWN_PAGE.as_bytes());
    }
}

impl LiveScreen {
    /// Without a style nothing is drawn.
    pub(super) fn new(style: Option<Style>) -> Self {
        Self(style.map(|style| {
            RefCell::new(Drawn {
                style,
                lines: Vec::new(),
                columns: 0,
                _quiet: Quiet::begin(),
            })
        }))
    }

    /// What it says now.
    pub(super) fn say(&self, text: &str) {
        if let Some(drawn) = &self.0 {
            drawn.borrow_mut().say(text);
        }
    }

    /// Wipes it out, until the next [`LiveScreen::say`].
    pub(super) fn clear(&self) {
        self.say("");
    }
}

impl Drop for LiveScreen {
    fn drop(&mut self) {
        if self.0.is_some() {
            give_back();
            self.clear();
            // Before the first message there is nothing to clear but, perhaps, a `^C`.
            let _ = Term::stderr().clear_line();
        }
    }
}

impl Drawn {
    /// All in one piece. The cursor rests at the left of the last line: there, the `^C` that a terminal may echo needs no
    /// line of its own.
    fn say(&mut self, text: &str) {
        let mut terminal = Term::buffered_stderr();
        let (rows, columns) = terminal.size();
        let (rows, columns) = (usize::from(rows).max(1), usize::from(columns).max(1));
        let text = self.style.encode(text);
        let lines: Vec<_> = text
            .lines()
            .take(rows)
            .map(|line| truncate_str(line, columns, ""))
            .collect();
        let elsewhere = !self.lines.is_empty() && columns != self.columns && !lines.is_empty();
        let was_elsewhere = OWN_PAGE.swap(elsewhere, Ordering::SeqCst);
        let mut piece = String::new();
        match (was_elsewhere, elsewhere) {
            (false, true) => piece += TO_OWN_PAGE,
            (true, false) => piece += FROM_OWN_PAGE,
            _ => {}
        }
        if elsewhere {
            piece += "\x1b[2J\x1b[H";
        } else {
            piece += &self.wiped(rows, columns);
            self.lines = lines.iter().map(|line| measure_text_width(line)).collect();
            self.columns = columns;
        }
        piece += &lines.join("\r\n");
        piece.push('\r');
        // A terminal that is gone has nobody before it.
        let _ = terminal
            .write_all(piece.as_bytes())
            .and_then(|()| terminal.flush());
    }

    /// What clears the lines that were drawn, and nothing above them, though the terminal may be narrower now. Line by
    /// line: tmux keeps a copy of a whole screen that is cleared.
    fn wiped(&self, rows: usize, columns: usize) -> String {
        let narrower = columns < self.columns && wraps_anew();
        let tall = |width: &usize| match narrower {
            true => width.div_ceil(columns).max(1),
            false => 1,
        };
        let tall: Vec<usize> = self.lines.iter().map(tall).collect();
        let all = tall.iter().sum::<usize>().clamp(1, rows);
        // The cursor is in the first row of the last line.
        let above = all - tall.last().copied().unwrap_or(1).min(all);
        let up = |lines: usize| match lines {
            0 => String::new(),
            lines => format!("\x1b[{lines}A"),
        };
        let cleared = vec!["\x1b[2K"; all].join("\x1b[B");
        format!("\r{}{cleared}{}", up(above), up(all - 1))
    }
}

/// Whether the terminal wraps anew, when it becomes narrower, what was written before. Others cut it off. One that is not
/// known is taken for one of those: if that is wrong, a piece of the picture stays, but no line of the user's is cleared.
fn wraps_anew() -> bool {
    let is = |name: &str, begin: &str| {
        env::var(name).is_ok_and(|value| !value.is_empty() && value.starts_with(begin))
    };
    // `screen` hides the terminal around it, and cuts off.
    let inside = is("TMUX", "") || is("TERM", "tmux");
    let known = [
        "VTE_VERSION",
        "KITTY_WINDOW_ID",
        "WEZTERM_PANE",
        "ALACRITTY_WINDOW_ID",
        "KONSOLE_VERSION",
        "GHOSTTY_RESOURCES_DIR",
        "WT_SESSION",
    ];
    let programs = ["iTerm", "Apple_Terminal", "vscode", "WezTerm", "ghostty"];
    let around = known.iter().any(|name| is(name, ""))
        || programs.iter().any(|name| is("TERM_PROGRAM", name));
    inside || (around && !is("STY", ""))
}
