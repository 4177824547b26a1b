//! A picture at the foot of the terminal, below what another program writes there.
//!
//! That program has the terminal for itself and knows nothing of this: the rows above scroll, as the terminal is told,
//! and those below do not. Each line is written at once with its way there and back, so that what the other writes
//! comes before or after it, never within.

use console::Term;

use super::screen::complain;

/// The rows that are kept for the picture, until it is dropped.
pub(super) struct Below {
    /// Of the terminal.
    rows: u16,
    kept: u16,
}

/// At least so many are left to the program.
const LEFT: u16 = 8;

impl Below {
    /// `None` where the terminal is too small.
    pub(super) fn new(wanted: u16) -> Option<Self> {
        let (rows, _) = Term::stderr().size_checked()?;
        let kept = wanted.min(rows.saturating_sub(LEFT));
        (kept >= 3).then(|| {
            let below = Self { rows, kept };
            // Room first: what stands there scrolls up. Then the cursor goes back to where it was, in the upper part.
            complain(&format!("{}\x1b[{kept}A", "\n".repeat(usize::from(kept))));
            below.divide();
            below
        })
    }

    /// How many lines it has room for.
    pub(super) fn lines(&self) -> usize {
        usize::from(self.kept)
    }

    fn divide(&self) {
        complain(&format!("\x1b7\x1b[1;{}r\x1b8", self.rows - self.kept));
    }

    /// Draws these lines, as many as have room.
    pub(super) fn draw(&mut self, text: &str) {
        // A window that was made larger or smaller has lost the division.
        if let Some((rows, _)) = Term::stderr().size_checked()
            && rows != self.rows
            && rows > self.kept + 2
        {
            self.rows = rows;
            self.divide();
        }
        let first = self.rows - self.kept + 1;
        let mut lines = text.lines();
        for row in first..=self.rows {
            let line = lines.next().unwrap_or_default();
            complain(&format!("\x1b7\x1b[{row};1H\x1b[2K{line}\x1b[0m\x1b8"));
        }
    }
}

impl Drop for Below {
    fn drop(&mut self) {
        self.draw("");
        complain("\x1b7\x1b[r\x1b8");
    }
}
