//! Words of one kind as lines.

use crate::page::{Line, Role, Style, markdown, wrap};

type Lines = Vec<Line>;

/// A paragraph of one kind.
pub(super) fn paragraph(role: Role, text: &str, style: &Style) -> Lines {
    let none = Line::default();
    wrap(
        &Line::of(role, &style.tame(text)),
        style.width,
        &none,
        &none,
    )
}

/// Markdown as [`paragraph`] has words: what is plain in it is of this kind, and each line begins with `first` or `hang`.
pub(super) fn marked(role: Role, text: &str, style: &Style, first: &Line, hang: &Line) -> Lines {
    let beside = Style {
        width: style.width.saturating_sub(hang.to_string().len()).max(1),
        ..*style
    };
    let lines = markdown(text, &beside).into_iter().enumerate();
    let mark = |(at, line): (usize, Line)| {
        let mut marked = if at == 0 { first.clone() } else { hang.clone() };
        for (piece, text) in line.pieces() {
            let plain = *piece == Role::default();
            marked.push(if plain { role } else { *piece }, text);
        }
        marked
    };
    lines.map(mark).collect()
}

/// What is asked.
pub(super) fn question(text: &str, style: &Style) -> Lines {
    let none = Line::default();
    marked(Role::Name, text, style, &none, &none)
}
