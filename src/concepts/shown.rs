//! A source with less in it, to be read: without the instrument, without the linter's attributes, without comments.
//! What is left out changes nothing of what the rest says; a test holds every strategy to that.

use std::ops::Range;

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// A token of Rust, and where it stands.
struct Token<'a> {
    text: &'a str,
    at: Range<usize>,
}

/// Rust without the instrument: `recorder.track("x", f)` is `f`, and a `recorder` that nothing uses then is no
/// parameter. What only speaks to the linter, `#[expect(…)]`, is left out, too.
pub fn plain(source: &str) -> String {
    let mut text = source.to_owned();
    while let Some(less) = without_attribute(&text).or_else(|| untracked(&text)) {
        text = less;
    }
    without_recorder(&text).unwrap_or(text)
}

/// Python without the instrument: `track("x", f)` is `f`.
pub fn plain_python(source: &str) -> String {
    let mut text = source.to_owned();
    while let Some(less) = untracked_python(&text) {
        text = less;
    }
    text
}

/// The function of a Python twin that is called as a strategy, `created_first` of `created-first`.
pub fn function<'a>(twin: &'a str, strategy: &str) -> Option<&'a str> {
    let name = strategy.replace('-', "_");
    let ways = ["async def ", "def "];
    let begin = ways.iter().find_map(|way| {
        let head = format!("{way}{name}(");
        match twin.starts_with(&head) {
            true => Some(0),
            false => Some(twin.find(&format!("\n{head}"))? + 1),
        }
    })?;
    let rest = &twin[begin..];
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        // A signature of several lines closes at the edge.
        let at_the_edge = line.starts_with(|ch: char| !ch.is_whitespace() && ch != ')');
        if end > 0 && at_the_edge {
            break;
        }
        end += line.len();
    }
    Some(rest[..end].trim_end())
}

/// Without the first `track(label, …)`.
fn untracked_python(source: &str) -> Option<String> {
    let skipped = of_python_texts(source);
    let code = |at: usize| !skipped.iter().any(|text| text.contains(&at));
    let in_word = |ch: char| ch.is_alphanumeric() || ch == '_' || ch == '.';
    let begin = source.match_indices("track(").map(|(at, _)| at);
    let begin = begin
        .filter(|at| code(*at) && !source[..*at].ends_with(in_word))
        .find(|at| !source[..*at].ends_with("def "))?;
    let (mut depth, mut comma) = (0_usize, None);
    for (at, ch) in source[begin..].char_indices() {
        let at = begin + at;
        match ch {
            _ if !code(at) => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let before = &source[..begin];
                    let inner = aligned(&source[comma?..at], before);
                    return Some(format!("{before}{inner}{}", &source[at + 1..]));
                }
            }
            ',' if depth == 1 => comma = comma.or(Some(at + 1)),
            _ => {}
        }
    }
    None
}

/// The tokens that are neither blank nor comment.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut at = 0;
    let mut tokens = Vec::new();
    for token in tokenize(source, FrontmatterAllowed::No) {
        let end = at + token.len as usize;
        let says = !matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. }
        );
        if says {
            tokens.push(Token {
                text: &source[at..end],
                at: at..end,
            });
        }
        at = end;
    }
    tokens
}

/// Where these tokens stand first, one after the other.
fn find(tokens: &[Token<'_>], wanted: &[&str]) -> Option<usize> {
    let same = |window: &[Token<'_>]| window.iter().map(|it| it.text).eq(wanted.iter().copied());
    tokens.windows(wanted.len()).position(same)
}

/// The token that closes what the one at `open` opens, and the first comma between them that is in nothing else.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<(Option<usize>, usize)> {
    let (mut depth, mut comma) = (0_usize, None);
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((comma, at));
                }
            }
            "," if depth == 1 => comma = comma.or(Some(at)),
            _ => {}
        }
    }
    None
}

/// Without the first `recorder.track(label, …)`.
fn untracked(source: &str) -> Option<String> {
    let tokens = tokens(source);
    let ways = ["track", "track_blocking", "track_result"];
    let mut found = ways
        .iter()
        .filter_map(|way| find(&tokens, &["recorder", ".", way, "("]));
    let begin = found.next()?;
    let (comma, close) = closing(&tokens, begin + 3)?;
    let inner = &source[tokens[comma?].at.end..tokens[close].at.start];
    // It may be somebody's: `app.recorder.track(…)`.
    let mut first = begin;
    while first >= 2 && tokens[first - 1].text == "." {
        first -= 2;
    }
    let before = &source[..tokens[first].at.start];
    let mut after = &source[tokens[close].at.end..];
    let inner = aligned(inner, before);
    // `.await` stood on a line of its own because the call was long.
    if !inner.contains('\n') && after.trim_start().starts_with('.') {
        after = after.trim_start();
    }
    Some(format!("{before}{inner}{after}"))
}

/// What stood in the parentheses, without the comma behind it, and moved to where they began.
fn aligned(inner: &str, before: &str) -> String {
    let text = inner.trim();
    let text = text.strip_suffix(',').unwrap_or(text).trim_end();
    let blanks = |line: &str| line.len() - line.trim_start().len();
    let own = match inner.find(|ch: char| !ch.is_whitespace()) {
        // It began on a line of its own, so far from the edge.
        Some(at) if inner[..at].contains('\n') => at - inner[..at].rfind('\n').unwrap_or(0) - 1,
        _ => return text.to_owned(),
    };
    let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    let less = own.saturating_sub(blanks(line));
    let mut lines = text.lines();
    let mut moved = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        moved.push('\n');
        moved.push_str(&line[less.min(blanks(line))..]);
    }
    moved
}

/// Without the first attribute for the linter, and the line it stands on.
fn without_attribute(source: &str) -> Option<String> {
    let tokens = tokens(source);
    let mut found = ["expect", "allow"]
        .iter()
        .filter_map(|name| find(&tokens, &["#", "[", name, "("]));
    let begin = found.next()?;
    let (_, close) = closing(&tokens, begin + 1)?;
    let before = source[..tokens[begin].at.start].trim_end_matches(' ');
    let after = source[tokens[close].at.end..].trim_start_matches([' ', '\n']);
    let indent = " ".repeat(tokens[begin].at.start - before.len());
    Some(format!("{before}{indent}{after}"))
}

/// Without the parameter `recorder`, if nothing else names it.
fn without_recorder(source: &str) -> Option<String> {
    let tokens = tokens(source);
    let named = tokens.iter().filter(|token| token.text == "recorder");
    let begin = find(&tokens, &["recorder", ":", "Recorder", ","])?;
    if named.count() > 1 {
        return None;
    }
    let after = source[tokens[begin + 3].at.end..].trim_start();
    Some(format!("{}{after}", &source[..tokens[begin].at.start]))
}

/// A source without comments: of Python also without the texts that only document. Lines that held nothing else go
/// with them.
pub fn uncommented(source: &str, python: bool) -> String {
    let comments = if python {
        of_python(source)
    } else {
        of_rust(source)
    };
    let mut kept = String::new();
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let here = at..at + line.len();
        at = here.end;
        let overlaps = |it: &&Range<usize>| it.start < here.end && it.end > here.start;
        let mut rest = String::new();
        let mut from = here.start;
        let mut any = false;
        for comment in comments.iter().filter(overlaps) {
            any = true;
            rest.push_str(&source[from..comment.start.max(from)]);
            from = comment.end.min(here.end).max(from);
        }
        rest.push_str(&source[from..here.end]);
        if any && rest.trim().is_empty() {
            continue;
        }
        match any {
            true => {
                kept.push_str(rest.trim_end());
                kept.push('\n');
            }
            false => kept.push_str(&rest),
        }
    }
    kept
}

fn of_rust(source: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut comments = Vec::new();
    for token in tokenize(source, FrontmatterAllowed::No) {
        let end = at + token.len as usize;
        if let TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } = token.kind {
            comments.push(at..end);
        }
        at = end;
    }
    comments
}

/// Comments, and texts in three quotes that stand alone.
fn of_python(source: &str) -> Vec<Range<usize>> {
    let texts = of_python_texts(source).into_iter();
    let documents = |text: &Range<usize>| {
        let line = &source[source[..text.start].rfind('\n').map_or(0, |end| end + 1)..text.start];
        let said = &source[text.clone()];
        let thrice = said.starts_with("\"\"\"") || said.starts_with("'''");
        said.starts_with('#') || (thrice && line.trim().is_empty())
    };
    texts.filter(documents).collect()
}

/// Comments, and texts in quotes.
pub(super) fn of_python_texts(source: &str) -> Vec<Range<usize>> {
    let mut texts = Vec::new();
    let mut at = 0;
    while let Some(ch) = source[at..].chars().next() {
        let rest = &source[at..];
        let end = match ch {
            '#' => at + rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => at + quoted(rest, ch),
            _ => {
                at += ch.len_utf8();
                continue;
            }
        };
        texts.push(at..end);
        at = end;
    }
    texts
}

/// How long the text in quotes is with which `rest` begins.
fn quoted(rest: &str, quote: char) -> usize {
    let thrice = quote.to_string().repeat(3);
    let marks = if rest.starts_with(&thrice) { 3 } else { 1 };
    let mut escaped = false;
    for (at, ch) in rest[marks..].char_indices() {
        let at = marks + at;
        match ch {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // Nobody closed it.
            '\n' if marks == 1 => return at,
            _ if rest[at..].starts_with(&thrice[..marks]) => return at + marks,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use proc_macro2::{Delimiter, TokenStream, TokenTree};

    use super::*;
    use crate::concepts::{ALL, region};

    /// Every region that can be shown, and its concept's name.
    fn regions() -> Vec<(String, &'static str)> {
        let mut regions = Vec::new();
        for entry in ALL {
            let strategies = (entry.strategies)(&[]).unwrap();
            let names = strategies.iter().map(|strategy| strategy.name);
            for name in names.chain(["workload"]) {
                if let Ok(source) = region(entry.about.source, name) {
                    regions.push((format!("{} {name}", entry.about.name), source));
                }
            }
        }
        regions
    }

    /// The same omission, by the compiler's own token trees: in each tree a call `recorder.track(label, f)` is `f`,
    /// `#[expect(…)]` is nothing, as all `attributes` are, and so is the parameter, where nothing names it.
    fn omitted(stream: TokenStream, recorder: bool, attributes: &[&str]) -> TokenStream {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let is = |at: usize, text: &str| trees.get(at).is_some_and(|it| it.to_string() == text);
        let group = |at: usize, by: Delimiter| match trees.get(at) {
            Some(TokenTree::Group(group)) if group.delimiter() == by => Some(group.stream()),
            _ => None,
        };
        let mut kept: Vec<TokenTree> = Vec::new();
        let mut at = 0;
        while at < trees.len() {
            let ways = ["track", "track_blocking", "track_result"];
            let tracks = ways.iter().any(|way| is(at + 2, way));
            if is(at, "recorder")
                && is(at + 1, ".")
                && tracks
                && let Some(inner) = group(at + 3, Delimiter::Parenthesis)
            {
                // Whose it is, goes with it.
                while kept.pop_if(|last| last.to_string() == ".").is_some() {
                    kept.pop();
                }
                let mut inner: Vec<_> = inner.into_iter().collect();
                let comma = inner.iter().position(|it| it.to_string() == ",").unwrap();
                inner.drain(..=comma);
                inner.pop_if(|last| last.to_string() == ",");
                kept.extend(omitted(inner.into_iter().collect(), recorder, attributes));
                at += 4;
                continue;
            }
            if is(at, "#")
                && let Some(inner) = group(at + 1, Delimiter::Bracket)
                && attributes.contains(&&*inner.into_iter().next().unwrap().to_string())
            {
                at += 2;
                continue;
            }
            if !recorder && is(at, "recorder") && is(at + 1, ":") && is(at + 3, ",") {
                at += 4;
                continue;
            }
            kept.push(match &trees[at] {
                TokenTree::Group(group) => {
                    let inner = omitted(group.stream(), recorder, attributes);
                    proc_macro2::Group::new(group.delimiter(), inner).into()
                }
                other => other.clone(),
            });
            at += 1;
        }
        kept.into_iter().collect()
    }

    #[test]
    fn without_the_instrument_every_strategy_is_the_same_but_for_it() {
        let regions = regions();
        assert!(regions.len() > 50, "{}", regions.len());
        let mut tracked = 0;
        for (name, source) in regions {
            let parsed = |text: &str| TokenStream::from_str(text).unwrap();
            let shown = plain(source);
            tracked += usize::from(shown != source);
            let names = |text: &str| tokens(text).iter().any(|it| it.text == "recorder");
            let expected = omitted(parsed(source), names(&shown), &["expect", "allow"]);
            assert_eq!(
                parsed(&shown).to_string(),
                expected.to_string(),
                "{name}\n{shown}"
            );
            assert!(!shown.contains("recorder.track"), "{name}\n{shown}");
            assert!(
                shown.lines().all(|line| line.len() <= 78),
                "{name}\n{shown}"
            );
            // And what is left out of that are comments alone.
            let bare = uncommented(&shown, false);
            let undocumented = omitted(parsed(&shown), true, &["doc"]);
            assert_eq!(
                parsed(&bare).to_string(),
                undocumented.to_string(),
                "{name}"
            );
            assert_eq!(uncommented(&bare, false), bare);
            assert_eq!(of_rust(&bare), [], "{name}\n{bare}");
        }
        assert!(tracked > 40, "{tracked}");
    }

    #[test]
    fn what_is_left_is_as_one_would_write_it() {
        assert_eq!(
            plain(
                "async fn f(recorder: Recorder, x: u8) {\n    let a = recorder.track(\"a\", b(1, 2)).await;\n}\n"
            ),
            "async fn f(x: u8) {\n    let a = b(1, 2).await;\n}\n"
        );
        assert_eq!(
            plain("    recorder\n        .track(\"a\", async { b(x) })\n        .await;\n"),
            "    async { b(x) }.await;\n"
        );
        assert_eq!(
            plain(
                "    spawn(recorder.track(\n        format!(\"{a}, b\"),\n        async move {\n            c().await\n        },\n    ));\n"
            ),
            "    spawn(async move {\n        c().await\n    });\n"
        );
        assert_eq!(
            plain("    app.recorder.track(name(), query).await\n"),
            "    query.await\n"
        );
        // What else is done with it stays.
        let kept = "fn f(recorder: Recorder, x: u8) {\n    g(recorder)\n}\n";
        assert_eq!(plain(kept), kept);
        assert_eq!(
            plain("    #[expect(\n        clippy::a,\n        reason = \"b\"\n    )]\n    c();\n"),
            "    c();\n"
        );
    }

    #[test]
    fn python_is_shown_without_the_instrument_too() {
        let twin = "import a\n\nasync def one_two(\n    knobs: K,\n) -> int:\n    x = track(\"a, (b\", f(1, 2))  # track(c, d)\n    return await gather(\n        track(\n            name,\n            g(\n                y,\n            ),\n        ),\n    )\n\n\ndef other(): ...\n";
        let shown = function(twin, "one-two").unwrap();
        assert!(shown.starts_with("async def one_two(\n    knobs"));
        assert_eq!(
            plain_python(shown),
            "async def one_two(\n    knobs: K,\n) -> int:\n    x = f(1, 2)  # track(c, d)\n    return await gather(\n        g(\n            y,\n        ),\n    )"
        );
        assert_eq!(function(twin, "other"), Some("def other(): ..."));
        assert_eq!(function(twin, "nobody"), None);
        for kept in [
            "backtrack(a, b)",
            "x.track(a, b)",
            "track(",
            "track(a)",
            "def track(a, b): pass",
        ] {
            assert_eq!(plain_python(kept), kept);
        }
    }

    #[test]
    fn comments_go_and_texts_stay() {
        assert_eq!(
            uncommented(
                "// one\nlet a = \"// no\"; // two\n\n/* three\nfour */\nb();\n",
                false
            ),
            "let a = \"// no\";\n\nb();\n"
        );
        assert_eq!(
            uncommented(
                "\"\"\"What it\ndoes.\"\"\"\nimport a  # b\n\nx = '# c' + \"\"\"# d\"\"\"\n# e\ny = \"it\\\"s # f\"\n",
                true
            ),
            "import a\n\nx = '# c' + \"\"\"# d\"\"\"\ny = \"it\\\"s # f\"\n"
        );
        for odd in [
            "",
            "#",
            "'",
            "\"\"\"",
            "'\\",
            "\"\"\"a\n",
            "/*",
            "//\u{e9}\n\n",
        ] {
            uncommented(odd, true);
            uncommented(odd, false);
            plain(odd);
        }
    }
}
