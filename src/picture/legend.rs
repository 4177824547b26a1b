//! The signs of the rails in words.

use super::lane::Sign;
use super::text::Text;
use crate::page::{Paint, columns};

const GAP: &str = "   ";

impl Text {
    /// The signs that were drawn, in words.
    pub fn legend(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut wide = 0;
        for sign in self.seen.difference(&self.explained) {
            let meaning = match sign {
                // Where no poll fills a cell, the tick has to stand for them.
                Sign::BlockingTick if !self.seen.contains(&Sign::Blocking) => {
                    Sign::Blocking.words()
                }
                _ => sign.words(),
            };
            let Some(meaning) = meaning else {
                continue;
            };
            let glyph = sign.glyph(self.style.ascii);
            let glyphs = match sign {
                Sign::First => format!("{glyph} {}", Sign::Done.glyph(self.style.ascii)),
                Sign::Blocking if self.seen.contains(&Sign::BlockingTick) => {
                    format!("{glyph} {}", Sign::BlockingTick.glyph(self.style.ascii))
                }
                _ => glyph.to_string(),
            };
            // In the colour that it has above.
            let entry = format!(
                "{} {}",
                self.style.paint(sign.paint(), &glyphs),
                self.style.paint(Paint::Dim, meaning)
            );
            let room = columns(&glyphs) + 1 + columns(meaning);
            match lines.last_mut() {
                Some(line) if wide + GAP.len() + room <= self.style.width => {
                    *line += &format!("{GAP}{entry}");
                    wide += GAP.len() + room;
                }
                _ => {
                    lines.push(entry);
                    wide = room;
                }
            }
        }
        self.lines(lines)
    }
}
