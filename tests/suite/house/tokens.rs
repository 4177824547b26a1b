//! A source file as the compiler's lexer sees it: no comments, no blanks, no unit tests.

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};

/// One token: a word, or a single sign. A literal is `"…"`, whatever is in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// From 1.
    pub(super) line: usize,
}

pub(super) fn tokens(code: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    for token in tokenize(code, FrontmatterAllowed::No) {
        let text = &code[at..at + token.len as usize];
        at += text.len();
        match token.kind {
            TokenKind::LineComment { .. }
            | TokenKind::BlockComment { .. }
            | TokenKind::Whitespace => {}
            TokenKind::Literal { kind, .. } => {
                let text = match kind {
                    LiteralKind::Int { .. } | LiteralKind::Float { .. } => text,
                    _ => "\"…\"",
                };
                tokens.push(Token { text, line });
            }
            _ => tokens.push(Token { text, line }),
        }
        line += text.matches('\n').count();
    }
    tokens
}

/// The index of the bracket that closes the one at `open`.
pub(super) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
