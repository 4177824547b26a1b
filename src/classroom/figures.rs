//! Figures that can be read from the last row.

use crate::page::{Line, Role};

/// A figure that can be read from the last row.
pub(super) fn figures(text: &str) -> Vec<Line> {
    let rows = (0..3).map(|row| {
        let glyphs = text.chars().map(|ch| glyph(ch)[row]);
        glyphs.collect::<Vec<_>>().join(" ")
    });
    rows.map(|row| Line::of(Role::Name, &row)).collect()
}

fn glyph(ch: char) -> [&'static str; 3] {
    match ch {
        '0' => ["█▀█", "█ █", "▀▀▀"],
        '1' => ["▀█ ", " █ ", "▀▀▀"],
        '2' => ["▀▀█", "█▀▀", "▀▀▀"],
        '3' => ["▀▀█", " ▀█", "▀▀▀"],
        '4' => ["█ █", "▀▀█", "  ▀"],
        '5' => ["█▀▀", "▀▀█", "▀▀▀"],
        '6' => ["█▀▀", "█▀█", "▀▀▀"],
        '7' => ["▀▀█", "  █", "  ▀"],
        '8' => ["█▀█", "█▀█", "▀▀▀"],
        '9' => ["█▀█", "▀▀█", "▀▀▀"],
        '.' => [" ", " ", "▀"],
        ',' => [" ", " ", "▄"],
        ' ' => [" ", " ", " "],
        's' => ["   ", "█▀▀", "▄▄█"],
        _ => letter(ch),
    }
}

/// What is no digit stands as it is, on the last row.
fn letter(ch: char) -> [&'static str; 3] {
    match ch {
        'm' => ["     ", "█▀█▀█", "▀ ▀ ▀"],
        _ => [" ", " ", " "],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_three_rows_high() {
        let rows = figures("1.5 s");
        assert_eq!(rows.len(), 3);
        for ch in "0123456789., ms".chars() {
            let [a, b, c] = glyph(ch).map(|row| row.chars().count());
            assert!(a == b && b == c, "{ch}");
        }
    }
}
