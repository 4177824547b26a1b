//! One name for one thing, and functions that fit on a screen.

use std::collections::{BTreeMap, BTreeSet};

use super::sources;
use super::tokens::{closing, is_name, tokens};

/// The longest function.
const LONGEST: usize = 100;

/// Functions that are longer today, and the file: delete an entry when it is needed no longer.
const LONG: &[(&str, &str)] = &[];

/// A type's name that more than one file may have, and the reason.
const SHARED: &[(&str, &str)] = &[
    ("Options", "the flags of each command"),
    ("Job", "the work of a concept, in the words of its own code"),
    ("Stage", "what the strategies of a concept are given"),
];

/// Type names that mean several things today: delete an entry when it is needed no longer.
const AMBIGUOUS: &[&str] = &[];

#[test]
fn a_function_has_at_most_a_hundred_lines() {
    let mut long = BTreeSet::new();
    for file in sources() {
        let tokens = tokens(&file.code);
        for (at, pair) in tokens.windows(2).enumerate() {
            if pair[0].text != "fn" || !is_name(pair[1].text) {
                continue;
            }
            // The parameters and the return type have no brace; a trait's method may have no body.
            let body = (at..tokens.len()).find(|at| matches!(tokens[*at].text, "{" | ";"));
            let Some(body) = body.filter(|body| tokens[*body].text == "{") else {
                continue;
            };
            let lines = tokens[closing(&tokens, body)].line - pair[0].line + 1;
            if lines > LONGEST {
                long.insert((file.path.clone(), pair[1].text.to_owned()));
            }
        }
    }
    let known = LONG
        .iter()
        .map(|(file, name)| ((*file).to_owned(), (*name).to_owned()));
    assert_eq!(long, known.collect());
}

#[test]
fn one_name_is_one_type() {
    let mut types: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for file in sources() {
        if file.path.ends_with("tests.rs") || file.path.contains("/tests/") {
            continue;
        }
        for pair in tokens(&file.code).windows(2) {
            if matches!(pair[0].text, "struct" | "enum" | "trait") && is_name(pair[1].text) {
                let named = (file.path.starts_with("trace/"), pair[1].text.to_owned());
                types.entry(named).or_default().insert(file.path.clone());
            }
        }
    }
    types.retain(|_, files| files.len() > 1);
    for (name, reason) in SHARED {
        let shared = types.remove(&(false, (*name).to_owned()));
        assert!(
            shared.is_some(),
            "{name} is one type now: delete it from SHARED ({reason})"
        );
    }
    for name in AMBIGUOUS {
        let shared = types.remove(&(false, (*name).to_owned()));
        assert!(
            shared.is_some(),
            "{name} is one type now: delete it from AMBIGUOUS"
        );
    }
    let found: Vec<_> = types
        .iter()
        .map(|((_, name), files)| {
            format!(
                "{name}: {}",
                files.iter().cloned().collect::<Vec<_>>().join(", ")
            )
        })
        .collect();
    assert!(found.is_empty(), "types of one name:\n{}", found.join("\n"));
}

/// clap's value parsers return a `String`; elsewhere an error is a type.
#[test]
fn an_error_is_not_a_string() {
    let mut found = BTreeSet::new();
    for file in sources() {
        let tokens = tokens(&file.code);
        for at in 0..tokens.len() {
            let text = |after: usize| tokens.get(at + after).map_or("", |token| token.text);
            // `…, String>` at the end of a `Result<`.
            if (text(0), text(1), text(2)) != (",", "String", ">") {
                continue;
            }
            let mut depth = 1_usize;
            let open = (0..at).rev().find(|at| {
                match tokens[*at].text {
                    ">" => depth += 1,
                    "<" => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            if open.is_some_and(|open| open > 0 && tokens[open - 1].text == "Result") {
                found.insert(file.path.clone());
            }
        }
    }
    let value_parsers = ["concepts/http.rs", "commands/jobs/options.rs"];
    assert_eq!(found, value_parsers.map(str::to_owned).into());
}
