//! A picture at the foot of the terminal, below what another program writes there.
//!
//! That program has the terminal for itself and knows nothing of this: the rows above scroll, as the terminal is told,
//! and those below do not. Each picture is written in one piece with its way there and back, so that what the other
//! writes comes before or after it, never within.

use std::sync::{Mutex, MutexGuard, PoisonError};

use console::{Term, truncate_str};

use super::screen::complain_styled;

/// At least so many rows are left to the program.
const LEFT: u16 = 8;

/// Fewer are not worth a picture, and more take too much of the program's own.
const KEPT: std::ops::RangeInclusive<u16> = 5..=16;

/// The rows that are kept for the picture, and in a terminal of which size.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Rows {
    rows: u16,
    columns: u16,
    kept: u16,
}

/// What is kept at the moment. Whoever halts the program gives it back, from another thread.
static HELD: Mutex<Option<Rows>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<Rows>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something while the terminal belongs to the program alone; no picture comes between.
pub(super) fn without<T>(something: impl FnOnce() -> T) -> T {
    let mut held = held();
    if let Some(rows) = held.take() {
        complain_styled(&rows.given_back());
    }
    something()
}

/// A picture at the foot of the terminal, until it is dropped.
pub(super) struct Below;

impl Below {
    /// How many lines there is room for: none where the terminal is too small.
    pub(super) fn room() -> usize {
        Rows::now().map_or(0, |rows| usize::from(rows.kept))
    }

    /// Draws these lines, as many as have room.
    pub(super) fn draw(&self, text: &str) {
        let Some(now) = Rows::now() else {
            return without(|| ());
        };
        let mut held = held();
        let mut piece = match *held {
            Some(rows) if rows == now => String::new(),
            Some(rows) => rows.given_back() + &now.room(),
            None => now.room(),
        };
        *held = Some(now);
        piece += &now.drawn(text);
        complain_styled(&piece);
    }
}

impl Drop for Below {
    fn drop(&mut self) {
        without(|| ());
    }
}

impl Rows {
    /// As many as the terminal can spare now.
    fn now() -> Option<Self> {
        let (rows, columns) = Term::stderr().size_checked()?;
        let kept = (rows * 2 / 5)
            .min(*KEPT.end())
            .min(rows.saturating_sub(LEFT));
        (kept >= *KEPT.start()).then_some(Self {
            rows,
            columns,
            kept,
        })
    }

    /// Makes room below the cursor: what stands above scrolls up. A line feed would also go to the left, where the
    /// program may have written half a line; a vertical tab does not.
    fn room(self) -> String {
        let kept = self.kept;
        format!("{}\x1b[{kept}A", "\x0b".repeat(usize::from(kept)))
    }

    /// The picture. The division is made anew each time: the program may have reset the terminal.
    fn drawn(self, text: &str) -> String {
        let above = self.rows - self.kept;
        let mut piece = format!("\x1b7\x1b[1;{above}r");
        let mut lines = text.lines();
        for row in above + 1..=self.rows {
            let line = lines.next().unwrap_or_default();
            let line = truncate_str(line, usize::from(self.columns), "");
            piece += &format!("\x1b[{row};1H\x1b[0m\x1b[2K{line}\x1b[0m");
        }
        piece + "\x1b8"
    }

    /// Without the picture, and without a division. In a window that has another size by now, the picture may stand
    /// anywhere below the cursor.
    fn given_back(self) -> String {
        if Term::stderr().size_checked() == Some((self.rows, self.columns)) {
            self.drawn("") + "\x1b7\x1b[r\x1b8"
        } else {
            "\x1b7\x1b[r\x1b8\x1b[J".to_owned()
        }
    }
}
