//! Rust in colour, by the compiler's own lexer.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use super::line::Role;

/// The source in pieces, in order and without a gap, and what each is.
pub(super) fn pieces(source: &str) -> Vec<(Role, &str)> {
    let mut pieces = Vec::new();
    let mut rest = source;
    for token in tokenize(source, FrontmatterAllowed::No) {
        let (text, after) = rest.split_at(token.len as usize);
        let is_macro = after.starts_with('!') && !after.starts_with("!=");
        let role = match token.kind {
            TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => Role::Dim,
            TokenKind::Literal { .. } => Role::Literal,
            TokenKind::Ident if KEYWORDS.contains(&text) => Role::Keyword,
            TokenKind::Ident if is_macro || text.starts_with(char::is_uppercase) => Role::Special,
            _ => Role::Plain,
        };
        pieces.push((role, text));
        rest = after;
    }
    pieces
}

const KEYWORDS: [&str; 22] = [
    "as", "async", "await", "break", "const", "continue", "else", "fn", "for", "if", "impl", "in",
    "let", "loop", "match", "move", "mut", "pub", "ref", "return", "use", "while",
];
