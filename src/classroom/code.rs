//! What a camera reads from the screen.

use qrcode::{Color, EcLevel, QrCode};

use super::theme::Theme;
use crate::page::{Line, Style};

/// Modules without anything in them that a camera wants around the code.
const QUIET: usize = 4;

/// An address as a code. Made once: it is drawn again and again.
pub(super) struct CameraCode(QrCode);

impl CameraCode {
    /// `None` where it is too long.
    pub(super) fn of(address: &str) -> Option<Self> {
        // In capitals it is smaller, and the same: nothing in it depends on the case.
        let text = address.to_uppercase();
        let small = QrCode::with_error_correction_level(&text, EcLevel::L).ok()?;
        // What corrects more errors is welcome where it makes the code no larger.
        let better = QrCode::with_error_correction_level(&text, EcLevel::M).ok();
        let better = better.filter(|better| better.width() == small.width());
        Some(Self(better.unwrap_or(small)))
    }

    /// Two rows of modules on one line. `None` where only ASCII can be drawn: two columns and a row for each module are
    /// more than a terminal has.
    pub(super) fn lines(&self, theme: Theme, style: &Style) -> Option<Vec<Line>> {
        if style.ascii {
            return None;
        }
        let width = self.0.width();
        let dark = |x: usize, y: usize| {
            let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < width);
            match (inside(x), inside(y)) {
                (Some(x), Some(y)) => self.0[(x, y)] == Color::Dark,
                _ => false,
            }
        };
        // What is drawn is light where the ground is dark: most cameras want dark on light.
        let inked = |x: usize, y: usize| dark(x, y) == (theme == Theme::Light);
        let side = width + 2 * QUIET;
        let row = |y: usize| {
            let cell = |x: usize| match (inked(x, y), y + 1 < side && inked(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            };
            Line::plain(&(0..side).map(cell).collect::<String>())
        };
        Some((0..side).step_by(2).map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_address_in_both_themes() {
        let style = Style::default();
        let code = QrCode::with_error_correction_level("HTTP://A/B", EcLevel::M).unwrap();
        for theme in [Theme::Light, Theme::Dark] {
            let lines = CameraCode::of("http://a/b")
                .unwrap()
                .lines(theme, &style)
                .unwrap();
            for (row, line) in lines.iter().enumerate() {
                let line = line.to_string();
                let half = |ink: char| {
                    let inked = line.chars().map(|ch| ch == '█' || ch == ink);
                    inked
                        .map(|inked| inked == (theme == Theme::Light))
                        .collect::<Vec<_>>()
                };
                for (at, dark) in ['▀', '▄'].map(half).into_iter().enumerate() {
                    let y = row * 2 + at;
                    if y >= code.width() + 2 * QUIET {
                        continue;
                    }
                    for (x, dark) in dark.into_iter().enumerate() {
                        let inside = |at: usize| at >= QUIET && at < QUIET + code.width();
                        let said =
                            inside(x) && inside(y) && code[(x - QUIET, y - QUIET)] == Color::Dark;
                        assert_eq!(dark, said, "{theme:?} {x} {y}");
                    }
                }
            }
        }
    }
}
