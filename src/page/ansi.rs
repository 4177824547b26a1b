//! Styled lines for a terminal. Nothing else knows of escape codes.

use std::sync::Once;

use colored::{ColoredString, Colorize};

use super::line::{Line, Role};
use super::style::Style;
use super::wrap::wrap;

/// Each line with a newline after it, in colour and in ASCII as `style` says.
pub fn to_ansi(lines: &[Line], style: &Style) -> String {
    let mut text = String::new();
    for line in lines {
        for (role, piece) in line.pieces() {
            let piece = style.encode(piece).replace('\n', " ");
            text.push_str(&style.paint(*role, &piece));
        }
        text.push('\n');
    }
    text
}

impl Style {
    /// `text` wrapped to this stream, with `first` before its first line and `rest` before the others.
    pub fn filled(&self, text: &Line, first: &str, rest: &str) -> String {
        let (first, rest) = (Line::plain(first), Line::plain(rest));
        to_ansi(&wrap(text, self.width.max(20), &first, &rest), self)
    }

    /// `text` as what it is, if there is colour.
    pub fn paint(&self, role: Role, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        // `colored` looks at standard output and at the environment; here the style alone decides.
        static STYLE_DECIDES: Once = Once::new();
        STYLE_DECIDES.call_once(|| colored::control::set_override(true));
        // The sixteen colours that a terminal's own theme defines: they can be read on light and on dark.
        let painted: ColoredString = match role {
            Role::Plain | Role::Link => return text.to_owned(),
            Role::Name | Role::Strong => text.bold().cyan(),
            Role::Dim | Role::Address => text.dimmed(),
            Role::Waiting => text.yellow(),
            Role::Alarm => text.red().bold(),
            Role::Cancelled => text.magenta().bold(),
            Role::Keyword => text.magenta(),
            Role::Literal => text.green(),
            Role::Special | Role::Emphasis => text.blue(),
        };
        painted.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_adds_escape_codes_and_nothing_else() {
        let mut line = Line::default();
        for role in Role::ALL {
            line.push(role, "µ ");
        }
        let lines = [line, Line::default()];
        for ascii in [false, true] {
            let style = |color| Style {
                color,
                ascii,
                ..Style::default()
            };
            let [bare, coloured] = [false, true].map(|color| to_ansi(&lines, &style(color)));
            assert_eq!(console::strip_ansi_codes(&coloured), bare);
            assert_eq!(bare.is_ascii(), ascii);
        }
        let name = [Line::of(Role::Name, "a").with(Role::Plain, "b")];
        let style = Style {
            color: true,
            ..Style::default()
        };
        assert_eq!(to_ansi(&name, &style), "\u{1b}[1;36ma\u{1b}[0mb\n");
    }
}
