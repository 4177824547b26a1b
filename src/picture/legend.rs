//! The glyphs of the lanes in words.

use super::lane::role;
use super::text::Picture;
use crate::page::{Line, Role};
use crate::trace::Cell;

/// Between two entries, and where room is short.
const GAP: &str = "   ";
const NARROW_GAP: &str = "  ";

impl Picture {
    /// The glyphs that were drawn, in words.
    pub fn legend(&self) -> Vec<Line> {
        let whole = self.filled(Cell::words, GAP);
        if whole.len() < 2 {
            return whole;
        }
        // A line for the glyphs is a lane less: in fewer words, if that makes it fewer lines.
        let short = self.filled(few_words, NARROW_GAP);
        if short.len() < whole.len() {
            short
        } else {
            whole
        }
    }

    fn filled(&self, words: fn(Cell) -> Option<&'static str>, gap: &str) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for cell in self.seen.difference(&self.explained) {
            let Some(entry) = self.entry(*cell, words) else {
                continue;
            };
            match lines.last_mut() {
                Some(line) if line.width() + gap.len() + entry.width() <= self.style.width => {
                    line.push(Role::Plain, gap);
                    line.append(&entry);
                }
                _ => lines.push(entry),
            }
        }
        lines
    }

    /// A glyph in the colour that it has above, and what it means.
    fn entry(&self, cell: Cell, words: fn(Cell) -> Option<&'static str>) -> Option<Line> {
        let meaning = match cell {
            // Where no poll fills a cell, the tick has to stand for them.
            Cell::BlockingTick if !self.seen.contains(&Cell::Blocking) => words(Cell::Blocking),
            _ => words(cell),
        }?;
        let glyph = cell.glyph(self.style.ascii);
        let glyphs = match cell {
            Cell::First => format!("{glyph} {}", Cell::Done.glyph(self.style.ascii)),
            Cell::Blocking if self.seen.contains(&Cell::BlockingTick) => {
                format!("{glyph} {}", Cell::BlockingTick.glyph(self.style.ascii))
            }
            _ => glyph.to_string(),
        };
        let entry = Line::of(role(cell), &glyphs).with(Role::Plain, " ");
        Some(entry.with(Role::Dim, meaning))
    }
}

/// [`Cell::words`], where they have to be few.
fn few_words(cell: Cell) -> Option<&'static str> {
    match cell {
        Cell::First => Some("start, end"),
        Cell::Tick => Some("short poll"),
        Cell::Blocking => Some("blocking"),
        _ => cell.words(),
    }
}
