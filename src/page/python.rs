//! Python in colour. It needs comments, texts, numbers and keywords told apart, and nothing more:
//! too little for a parser of Python and all that it would add to the first build.

use super::line::Role;

/// The source in pieces, in order and without a gap, and what each is.
pub(super) fn pieces(source: &str) -> Vec<(Role, &str)> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut line_begins = true;
    while let Some(first) = rest.chars().next() {
        let (length, role) = piece(rest, first, line_begins);
        let (text, after) = rest.split_at(length);
        line_begins = match first {
            '\n' => true,
            ' ' | '\t' => line_begins,
            _ => false,
        };
        pieces.push((role, text));
        rest = after;
    }
    pieces
}

/// How long the piece is that begins with `first`, in bytes, and what it is.
fn piece(rest: &str, first: char, line_begins: bool) -> (usize, Role) {
    if let Some(length) = text(rest) {
        return (length, Role::Literal);
    }
    match first {
        '#' => (until(rest, |ch| ch == '\n'), Role::Dim),
        '@' if line_begins => (
            1 + until(&rest[1..], |ch| !in_word(ch) && ch != '.'),
            Role::Special,
        ),
        '0'..='9' => (until(rest, |ch| !in_word(ch) && ch != '.'), Role::Literal),
        _ if in_word(first) => {
            let length = until(rest, |ch| !in_word(ch));
            let role = match &rest[..length] {
                word if KEYWORDS.contains(&word) => Role::Keyword,
                _ if first.is_uppercase() => Role::Special,
                _ => Role::Plain,
            };
            (length, role)
        }
        _ => (first.len_utf8(), Role::Plain),
    }
}

fn in_word(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '_'
}

fn until(text: &str, end: impl Fn(char) -> bool) -> usize {
    text.find(end).unwrap_or(text.len())
}

/// How long a text in quotes is, with the letters before it, if one begins here.
fn text(rest: &str) -> Option<usize> {
    let letters = until(rest, |ch| !"rRbBfFuU".contains(ch));
    let quoted = &rest[letters..];
    let quote = quoted.chars().next().filter(|ch| "\"'".contains(*ch))?;
    if letters > 2 {
        return None;
    }
    let thrice = quote.to_string().repeat(3);
    let (marks, lines) = if quoted.starts_with(&thrice) {
        (3, true)
    } else {
        (1, false)
    };
    let (body, end) = (&quoted[marks..], &thrice[..marks]);
    let mut escaped = false;
    for (at, ch) in body.char_indices() {
        match ch {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // Nobody closed it.
            '\n' if !lines => return Some(letters + marks + at),
            _ if body[at..].starts_with(end) => return Some(letters + marks + at + marks),
            _ => {}
        }
    }
    Some(rest.len())
}

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is not plain.
    fn seen(source: &str) -> Vec<(Role, &str)> {
        let coloured = |(role, _): &(Role, &str)| *role != Role::Plain;
        pieces(source).into_iter().filter(coloured).collect()
    }

    #[test]
    fn keywords_texts_numbers_and_comments_are_told_apart() {
        use Role::{Dim, Keyword, Literal, Special};
        assert_eq!(
            seen("async def f(x: Path = None) -> 1_000.5:  # it's\n    return f\"{x} \\\" y\""),
            [
                (Keyword, "async"),
                (Keyword, "def"),
                (Special, "Path"),
                (Keyword, "None"),
                (Literal, "1_000.5"),
                (Dim, "# it's"),
                (Keyword, "return"),
                (Literal, "f\"{x} \\\" y\""),
            ]
        );
        assert_eq!(
            seen("@app.post(\"/x\")\na @ b"),
            [(Special, "@app.post"), (Literal, "\"/x\"")]
        );
        assert_eq!(seen("definition, inner, notes = b, 'x', rb''"), {
            [(Literal, "'x'"), (Literal, "rb''")]
        });
    }

    #[test]
    fn a_text_ends_where_it_ends() {
        assert_eq!(
            seen("\"\"\"one \"two\"\nthree\"\"\" four"),
            [(Role::Literal, "\"\"\"one \"two\"\nthree\"\"\"")]
        );
        assert_eq!(
            seen("'open\nfor"),
            [(Role::Literal, "'open"), (Role::Keyword, "for")]
        );
        assert_eq!(seen("\"\"\"open\n"), [(Role::Literal, "\"\"\"open\n")]);
    }

    /// Anything, and what looks like Python.
    fn any_source() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "\"", "'", "\"\"\"", "'''", "\\", "\n", " ", "#", "@", "f", "rb", "def", "x", "1.5",
            "ü", "日", ".", "\t", "\r\n",
        ]);
        prop_oneof![
            any::<String>(),
            prop::collection::vec(words, 0..30).prop_map(|words| words.concat()),
        ]
    }

    proptest! {
        #[test]
        fn no_sign_is_lost_and_none_moves(source in any_source()) {
            let joined: String = pieces(&source).iter().map(|(_, text)| *text).collect();
            prop_assert_eq!(joined, source);
        }

        #[test]
        fn no_piece_is_empty(source in any_source()) {
            prop_assert!(pieces(&source).iter().all(|(_, text)| !text.is_empty()));
        }
    }
}
