//! `asyncdemo help TERM`: what a word on the screen means, from `docs/terms.md`.

use anyhow::Result;

use super::run::Ending;
use super::screen::{Screen, print};
use crate::page::{markdown, to_ansi};

/// The glossary: a heading for each term, and up to three lines below it.
const GLOSSARY: &str = include_str!("../../docs/terms.md");

/// What all terms together are asked for by.
const ALL: &str = "terms";

/// The Markdown that explains `word`, its heading included; of `terms`, the names of all. `None` if it is no term.
pub fn explained(word: &str) -> Option<String> {
    let wanted = plain(word);
    if wanted == ALL {
        let names: Vec<_> = terms().map(|(name, _)| name).collect();
        return Some(format!(
            "# Terms\n\n{}\n\n`asyncdemo help poll` explains one.",
            names.join(" · ")
        ));
    }
    let singular = wanted.strip_suffix('s').unwrap_or(&wanted);
    terms()
        .find(|(name, _)| [wanted.as_str(), singular].contains(&plain(name).as_str()))
        .map(|(name, text)| format!("# {name}\n\n{text}"))
}

/// Prints what [`explained`] has found.
///
/// # Errors
/// Where standard output cannot be written.
pub fn print_term(text: &str, screen: &Screen) -> Result<Ending> {
    let style = screen.out();
    let lines = markdown(text, &style);
    print(&format!("{}\n", to_ansi(&lines, &style).trim_end()))?;
    Ok(Ending::Done)
}

fn terms() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = GLOSSARY.split("\n## ").skip(1);
    sections
        .filter_map(|section| section.split_once('\n'))
        .map(|(name, text)| (name.trim(), text.trim()))
}

/// `Slow polls`, `slow-poll` and `SLOW POLL` are one word.
fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace(['-', '_'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_is_found_and_takes_three_lines() {
        assert!(terms().count() > 30);
        for (name, text) in terms() {
            let found = explained(name);
            assert!(found.is_some_and(|it| it.contains(text)), "{name}");
            assert!((1..=3).contains(&text.lines().count()), "{name}");
        }
    }

    #[test]
    fn terms_are_in_the_order_of_the_alphabet() {
        let names: Vec<_> = terms().map(|(name, _)| plain(name)).collect();
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn a_term_is_found_as_people_type_it() {
        for typed in ["slow poll", "slow-poll", "Slow Polls", "gil", "lanes"] {
            assert!(explained(typed).is_some(), "{typed}");
        }
        assert_eq!(explained("banana"), None);
    }
}
