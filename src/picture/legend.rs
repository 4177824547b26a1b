//! The glyphs of the lanes in words.

use super::lane::role;
use super::text::Picture;
use crate::page::{Line, Role};
use crate::trace::Cell;

const GAP: &str = "   ";

impl Picture {
    /// The glyphs that were drawn, in words.
    pub fn legend(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for cell in self.seen.difference(&self.explained) {
            let Some(entry) = self.entry(*cell) else {
                continue;
            };
            match lines.last_mut() {
                Some(line) if line.width() + GAP.len() + entry.width() <= self.style.width => {
                    line.push(Role::Plain, GAP);
                    line.append(&entry);
                }
                _ => lines.push(entry),
            }
        }
        lines
    }

    /// A glyph in the colour that it has above, and what it means.
    fn entry(&self, cell: Cell) -> Option<Line> {
        let meaning = match cell {
            // Where no poll fills a cell, the tick has to stand for them.
            Cell::BlockingTick if !self.seen.contains(&Cell::Blocking) => Cell::Blocking.words(),
            _ => cell.words(),
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
