//! Words of several styles in lines of one width.

use ratatui_core::style::Style;
use ratatui_core::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Breaks at blanks; a word that is wider than a line wherever the line ends. `first` stands before the first
/// line and `rest` before the others.
pub(super) fn wrap(
    pieces: &[(Style, String)],
    width: usize,
    first: &str,
    rest: &str,
    indent: Style,
) -> Vec<Line<'static>> {
    let mut wrapping = Wrapping {
        width: width.max(rest.width() + 1),
        rest: Span::styled(rest.to_owned(), indent),
        lines: Vec::new(),
        row: vec![Span::styled(first.to_owned(), indent)],
        used: first.width(),
        begun: false,
    };
    // A word may change its style in the middle of it.
    let mut word: Vec<(Style, char)> = Vec::new();
    for (style, text) in pieces {
        for sign in text.chars() {
            if sign == ' ' || sign == '\n' {
                wrapping.add(&word);
                word.clear();
                if sign == '\n' {
                    wrapping.turn();
                }
            } else if !sign.is_control() {
                word.push((*style, sign));
            }
        }
    }
    wrapping.add(&word);
    wrapping.turn();
    wrapping.lines
}

struct Wrapping {
    width: usize,
    rest: Span<'static>,
    lines: Vec<Line<'static>>,
    row: Vec<Span<'static>>,
    used: usize,
    /// Whether there is a word on this row.
    begun: bool,
}

impl Wrapping {
    fn turn(&mut self) {
        let row = std::mem::replace(&mut self.row, vec![self.rest.clone()]);
        self.lines.push(Line::from(row));
        self.used = self.rest.width();
        self.begun = false;
    }

    fn add(&mut self, word: &[(Style, char)]) {
        if word.is_empty() {
            return;
        }
        let wide = word
            .iter()
            .map(|(_, sign)| sign.width().unwrap_or(0))
            .sum::<usize>();
        if self.begun && self.used + 1 + wide > self.width {
            self.turn();
        }
        if self.begun {
            let style = word
                .first()
                .map_or_else(Style::default, |(style, _)| *style);
            self.push(style, ' ');
        }
        for (style, sign) in word {
            if self.used + sign.width().unwrap_or(0) > self.width && self.begun {
                self.turn();
            }
            self.push(*style, *sign);
            self.begun = true;
        }
    }

    fn push(&mut self, style: Style, sign: char) {
        self.used += sign.width().unwrap_or(0);
        match self.row.last_mut() {
            Some(span) if span.style == style && self.begun => span.content.to_mut().push(sign),
            _ => self.row.push(Span::styled(sign.to_string(), style)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str, width: usize, rest: &str) -> Vec<String> {
        let pieces = [(Style::new(), text.to_owned())];
        wrap(&pieces, width, "", rest, Style::new())
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn words_stay_whole_and_further_lines_are_indented() {
        assert_eq!(
            plain("one two three four", 9, "  "),
            ["one two", "  three", "  four"]
        );
        assert_eq!(plain("abcdefgh", 3, ""), ["abc", "def", "gh"]);
        assert_eq!(plain("", 3, ""), [""]);
    }

    #[test]
    fn a_word_of_two_styles_is_one_word() {
        let pieces = [
            (Style::new(), "to aw".to_owned()),
            (Style::new().bold(), "ait".to_owned()),
        ];
        let lines = wrap(&pieces, 6, "", "", Style::new());
        let shown: Vec<_> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["to", "await"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_and_no_letter_is_lost(text in "[a-zé \n]{0,80}", width in 1_usize..30) {
            let lines = plain(&text, width, "");
            prop_assert!(lines.iter().all(|line| line.width() <= width));
            let letters = |text: &str| text.chars().filter(|sign| !sign.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
