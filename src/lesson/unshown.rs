//! What a lesson says that no terminal can show: `learn` and `present` have words, lists, tables and code.

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::parse::line_of;
use super::{Lesson, Problem};

/// Elements that are no text, or more than the text in them.
const ELEMENTS: [&str; 12] = [
    "img", "table", "video", "audio", "iframe", "svg", "script", "style", "form", "input",
    "canvas", "object",
];

/// What of a lesson cannot be shown, with its line; of a block, the line on which it begins. `is_hidden` says which
/// characters a page leaves out.
pub fn unshown(lesson: &Lesson, markdown: &str, is_hidden: fn(char) -> bool) -> Vec<Problem> {
    let within = |text| within(text, is_hidden);
    let mut found = within(markdown);
    for step in &lesson.steps {
        let texts = step.texts_of_blocks().into_iter();
        let here = texts.flat_map(within).map(|(_, what)| (step.line, what));
        found.extend(here);
    }
    found.sort_unstable();
    found.dedup();
    let problem = |(line, what)| {
        let what = format!(
            "expected words, lists, tables and code, found {what}, which no terminal shows"
        );
        Problem::new(&lesson.file, line, what)
    };
    found.into_iter().map(problem).collect()
}

fn within(markdown: &str, is_hidden: fn(char) -> bool) -> Vec<(usize, String)> {
    let line = line_of(markdown);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS;
    let mut found = Vec::new();
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        let what = match &event {
            Event::Start(Tag::Image { .. }) => "a picture".to_owned(),
            Event::FootnoteReference(_) => "a footnote".to_owned(),
            Event::TaskListMarker(_) => "a box to tick".to_owned(),
            Event::Start(Tag::Strikethrough) => "text struck through".to_owned(),
            Event::Html(html) | Event::InlineHtml(html) => match element(html) {
                Some(name) => format!("`<{name}>`"),
                None => continue,
            },
            _ => continue,
        };
        found.push((line(range.start), what));
    }
    let hidden = |(_, ch): &(usize, char)| !ch.is_whitespace() && is_hidden(*ch);
    let hidden = markdown.char_indices().filter(hidden);
    found.extend(
        hidden.map(|(at, ch)| (line(at), format!("the character U+{:04X}", u32::from(ch)))),
    );
    found
}

/// The first of [`ELEMENTS`] that begins in `html`.
fn element(html: &str) -> Option<&'static str> {
    let html = html.to_ascii_lowercase();
    let mut tags = html.split('<').skip(1).map(|tag| {
        let end = tag.find(|sign: char| !sign.is_ascii_alphanumeric());
        &tag[..end.unwrap_or(tag.len())]
    });
    tags.find_map(|tag| ELEMENTS.into_iter().find(|known| *known == tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::course::builtin;

    fn within(markdown: &str) -> Vec<(usize, String)> {
        super::within(markdown, |ch| ch.is_control() || ch == '\u{202e}')
    }

    #[test]
    fn what_no_terminal_shows_is_told_with_its_line() {
        for (text, what) in [
            ("![a cat](cat.png)", "a picture"),
            ("<p><IMG src=x></p>", "`<img>`"),
            ("a <svg/> b", "`<svg>`"),
            ("x[^1]\n\n[^1]: y", "a footnote"),
            ("- [ ] one", "a box to tick"),
            ("~~no~~", "text struck through"),
            ("a\u{202e}b", "the character U+202E"),
            ("a\u{1b}b", "the character U+001B"),
        ] {
            assert_eq!(
                within(&format!("One.\n\n{text}")),
                [(3, what.to_owned())],
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_shown_is_left_alone() {
        for text in [
            "a\tb **c** `d` <p>e</p> <br> <details>f</details> 日本語 é 👩\u{200d}🔬",
            "| a | b |\n|---|---|\n| c | d |",
            "```\n<img> ![x](y) ~~z~~\n\tq\n```",
            "`<img>` 1 < 2 <!-- note -->",
        ] {
            assert_eq!(within(text), [], "{text}");
        }
        for lesson in builtin().unwrap() {
            assert_eq!(unshown(lesson, "", char::is_control), [], "{}", lesson.name);
        }
    }
}
