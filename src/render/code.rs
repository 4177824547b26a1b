//! Source, highlighted by the compiler's own lexer.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use super::style::{Paint, Style};

/// A piece of Rust source, indented by two columns, with a newline after each line.
pub fn code(source: &str, style: &Style) -> String {
    let mut painted = String::new();
    let mut rest = source;
    for token in tokenize(source, FrontmatterAllowed::No) {
        let (text, after) = rest.split_at(token.len as usize);
        let is_macro = after.starts_with('!') && !after.starts_with("!=");
        let paint = match token.kind {
            TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => Paint::Dim,
            TokenKind::Literal { .. } => Paint::Literal,
            TokenKind::Ident if KEYWORDS.contains(&text) => Paint::Keyword,
            TokenKind::Ident if is_macro || text.starts_with(char::is_uppercase) => Paint::Special,
            _ => Paint::Plain,
        };
        painted.push_str(&style.paint(paint, text));
        rest = after;
    }
    painted
        .lines()
        .map(|line| format!("{}\n", format!("  {}", style.encode(line)).trim_end()))
        .collect()
}

const KEYWORDS: [&str; 22] = [
    "as", "async", "await", "break", "const", "continue", "else", "fn", "for", "if", "impl", "in",
    "let", "loop", "match", "move", "mut", "pub", "ref", "return", "use", "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_the_source_is_only_indented() {
        let source = "// a comment\nasync fn f() { join!(1, \"two\") }\n";
        assert_eq!(
            code(source, &Style::default()),
            "  // a comment\n  async fn f() { join!(1, \"two\") }\n"
        );
    }

    #[test]
    fn with_colour_nothing_but_escape_codes_is_added() {
        colored::control::set_override(true);
        let source = "let x = tokio::join!(a, b); // both\n";
        let painted = code(
            source,
            &Style {
                color: true,
                ..Style::default()
            },
        );
        assert!(painted.contains("\x1b["), "{painted:?}");
        assert_eq!(console::strip_ansi_codes(&painted).trim(), source.trim());
    }
}
