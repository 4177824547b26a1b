//! What the renderers draw, in the theme's own colours instead of the terminal's.

use ratatui_core::text::{Line, Span};

use super::draw::Look;
use super::theme::Role;

/// The lines of `text`. An escape code that no renderer writes is as good as plain.
pub(super) fn lines(text: &str, look: &Look) -> Vec<Line<'static>> {
    text.lines().map(|line| styled(line, look)).collect()
}

fn styled(line: &str, look: &Look) -> Line<'static> {
    let mut pieces = line.split('\u{1b}');
    let plain = pieces.next().unwrap_or_default();
    let mut spans = vec![look.span(Role::Text, plain)];
    for piece in pieces {
        let code = piece
            .strip_prefix('[')
            .and_then(|rest| rest.split_once('m'));
        let (code, text) = code.unwrap_or(("", piece));
        spans.push(look.span(role(code), text));
    }
    Line::from(
        spans
            .into_iter()
            .filter(|span| !span.content.is_empty())
            .collect::<Vec<Span<'static>>>(),
    )
}

/// The codes of [`crate::page::Paint`].
fn role(code: &str) -> Role {
    match code {
        "1;36" => Role::Title,
        "2" => Role::Dim,
        "33" => Role::Waiting,
        "1;31" => Role::Alarm,
        "1;35" => Role::Cancelled,
        "35" => Role::Keyword,
        "32" => Role::Literal,
        "34" => Role::Special,
        _ => Role::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Paint, Style};

    #[test]
    fn what_a_renderer_paints_has_its_role() {
        colored::control::set_override(true);
        let style = Style {
            color: true,
            ..Style::default()
        };
        let look = Look::default();
        for (paint, role) in [
            (Paint::Name, Role::Title),
            (Paint::Dim, Role::Dim),
            (Paint::Waiting, Role::Waiting),
            (Paint::Alarm, Role::Alarm),
            (Paint::Cancelled, Role::Cancelled),
            (Paint::Keyword, Role::Keyword),
            (Paint::Literal, Role::Literal),
            (Paint::Special, Role::Special),
        ] {
            let text = format!("before {} after\n", style.paint(paint, "it"));
            let expected = Line::from(vec![
                look.span(Role::Text, "before "),
                look.span(role, "it"),
                look.span(Role::Text, " after"),
            ]);
            assert_eq!(lines(&text, &look), [expected], "{paint:?}");
        }
    }

    #[test]
    fn nothing_makes_it_panic() {
        let look = Look::default();
        for text in ["\u{1b}", "\u{1b}[", "\u{1b}[2", "\u{1b}[mx", "a\u{1b}b\n\n"] {
            lines(text, &look);
        }
    }
}
