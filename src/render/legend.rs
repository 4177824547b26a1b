//! The signs of the rails in words.

use super::rail::Sign;
use super::style::Paint;
use super::text::Text;

impl Text {
    /// The signs that were drawn, in words.
    pub fn legend(&self) -> String {
        let mut words: Vec<String> = Vec::new();
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
            words.push(match sign {
                Sign::First => format!("{glyph} {} {meaning}", Sign::Done.glyph(self.style.ascii)),
                Sign::Blocking if self.seen.contains(&Sign::BlockingTick) => {
                    let tick = Sign::BlockingTick.glyph(self.style.ascii);
                    format!("{glyph} {tick} {meaning}")
                }
                _ => format!("{glyph} {meaning}"),
            });
        }
        // Words that belong together stay together when the line is broken.
        let glued: Vec<_> = words
            .iter()
            .map(|words| words.replace(' ', "\u{a0}"))
            .collect();
        let lines = self.wrapped(&glued.join("   "), "", "").into_iter();
        self.lines(lines.map(|line| self.style.paint(Paint::Dim, &line.replace('\u{a0}', " "))))
    }
}
