//! Where the links of a lesson lead. Nothing is fetched.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};
use reqwest::Url;

use super::course::LessonFile;
use super::parse::{Unexpected, line_of};
use super::{Lesson, Problem};

/// What is wrong with the links of a lesson. Those to files are looked up below `root`, which holds the
/// lesson's own file; without one they are not.
pub fn links(source: &LessonFile, lesson: &Lesson, root: Option<&Path>) -> Vec<Problem> {
    let known: HashSet<String> = anchors(&source.markdown).collect();
    let wrong_links = |text, first| wrong_links(text, first, source, root, &known);
    let mut wrong = wrong_links(&source.markdown, 1);
    for step in &lesson.steps {
        for text in step.texts_of_blocks() {
            // Where in its block a text stands, TOML does not say.
            let here = wrong_links(text, step.line).into_iter();
            wrong.extend(here.map(|(_, what)| (step.line, what)));
        }
    }
    let problem = |(line, what): (_, String)| Problem::new(&source.file, line, what);
    wrong.into_iter().map(problem).collect()
}

fn wrong_links(
    markdown: &str,
    first: usize,
    source: &LessonFile,
    root: Option<&Path>,
    known: &HashSet<String>,
) -> Vec<(usize, String)> {
    let line = line_of(markdown);
    let line = |at: usize| line(at) - 1 + first;
    let broken = RefCell::new(Vec::new());
    let note = |link: BrokenLink<'_>| -> Option<(CowStr<'_>, CowStr<'_>)> {
        // Brackets alone are often no link at all.
        if !matches!(link.link_type, LinkType::Shortcut) {
            let text = &markdown[link.span.clone()];
            broken.borrow_mut().push((
                line(link.span.start),
                format!("expected an address for the link `{text}`, found none"),
            ));
        }
        None
    };
    let mut wrong = Vec::new();
    let parser = Parser::new_with_broken_link_callback(markdown, Options::empty(), Some(note));
    for (event, range) in parser.into_offset_iter() {
        let (Event::Start(Tag::Link {
            link_type,
            dest_url,
            ..
        })
        | Event::Start(Tag::Image {
            link_type,
            dest_url,
            ..
        })) = event
        else {
            continue;
        };
        let told = match link_type {
            LinkType::Email => Ok(()),
            LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut => {
                Err(Unexpected(format!(
                    "expected the address within the link, [text](address), as a lesson is shown in pieces, found `{}`",
                    &markdown[range.clone()]
                )))
            }
            _ => leads(&dest_url, source, root, known),
        };
        if let Err(Unexpected(what)) = told {
            wrong.push((line(range.start), what));
        }
    }
    wrong.append(&mut broken.borrow_mut());
    wrong
}

/// Whether there is something at an address, as far as that can be told from here.
fn leads(
    address: &str,
    source: &LessonFile,
    root: Option<&Path>,
    known: &HashSet<String>,
) -> Result<(), Unexpected> {
    if let Some(anchor) = address.strip_prefix('#') {
        return if known.contains(anchor) {
            Ok(())
        } else {
            Err(Unexpected(format!(
                "expected a heading for the link `{address}`, found none"
            )))
        };
    }
    match Url::parse(address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => return Ok(()),
        Ok(url) => {
            return Err(Unexpected(format!(
                "expected a link that begins with https:// or names a file of the course, found `{}:`",
                url.scheme()
            )));
        }
        Err(error) if error.to_string().contains("relative URL") => {}
        Err(error) => {
            return Err(Unexpected(format!(
                "expected an address, found `{address}`: {error}"
            )));
        }
    }
    let Some(root) = root.and_then(|root| root.canonicalize().ok()) else {
        return Ok(());
    };
    let missing = || {
        Unexpected(format!(
            "expected a file for the link `{address}`, found none"
        ))
    };
    let name = Path::new(&source.file).file_name().unwrap_or_default();
    let here = Path::new(&source.file).parent().unwrap_or(Path::new(""));
    let here = here.canonicalize().map_err(|_| missing())?.join(name);
    let there = Url::from_file_path(here)
        .ok()
        .and_then(|here| here.join(address).ok())
        .and_then(|there| there.to_file_path().ok())
        .and_then(|there| there.canonicalize().ok())
        .ok_or_else(missing)?;
    if there.starts_with(&root) {
        Ok(())
    } else {
        Err(Unexpected(format!(
            "expected a file of the course for the link `{address}`, found one outside of it"
        )))
    }
}

/// The names by which a forge links to the headings of a file.
fn anchors(markdown: &str) -> impl Iterator<Item = String> {
    let mut anchors = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    anchors.into_iter().map(|heading| {
        let kept = |ch: &char| ch.is_alphanumeric() || matches!(ch, ' ' | '-' | '_');
        let kept = heading
            .trim()
            .to_lowercase()
            .chars()
            .filter(kept)
            .collect::<String>();
        kept.replace(' ', "-")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrong(markdown: &str) -> Vec<(usize, String)> {
        let source = LessonFile {
            file: "lessons/03-gather.md".to_owned(),
            markdown: markdown.to_owned().into(),
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let known = anchors(markdown).collect();
        wrong_links(markdown, 1, &source, Some(root), &known)
    }

    #[test]
    fn a_link_that_leads_somewhere_is_well() {
        for link in [
            "[x](https://tokio.rs/tokio#a)",
            "<https://tokio.rs>",
            "[x](../src/concepts/gather.rs)",
            "[x](03-gather.md#try)",
            "![x](python/gather.py)",
            "[x](%30%33-gather.md)",
            "# Two waits, `join!`\n[x](#two-waits-join)",
            "an [option] and a list[0]",
            "`[x](nosuch)`",
            "```\n[x](nosuch)\n```",
        ] {
            assert_eq!(wrong(link), [], "{link}");
        }
    }

    #[test]
    fn a_link_that_leads_nowhere_is_told_with_its_line() {
        let outside =
            |link| format!("a file of the course for the link `{link}`, found one outside of it");
        for (link, what) in [
            (
                "[x](nosuch.md)",
                "a file for the link `nosuch.md`, found none",
            ),
            (
                "[x](#nosuch)",
                "a heading for the link `#nosuch`, found none",
            ),
            ("[x](/etc/hosts)", &outside("/etc/hosts")),
            ("[x](../../..)", &outside("../../..")),
            (
                "[x](javascript:alert)",
                "a link that begins with https:// or names a file of the course, found `javascript:`",
            ),
            ("[x](https://)", "an address, found `https://`: empty host"),
            (
                "[x][nosuch]",
                "an address for the link `[x][nosuch]`, found none",
            ),
            (
                "[x][y]\n\n[y]: https://tokio.rs",
                "the address within the link, [text](address), as a lesson is shown in pieces, found `[x][y]`",
            ),
        ] {
            assert_eq!(
                wrong(&format!("One.\n\n{link}")),
                [(3, format!("expected {what}"))]
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_has_links_or_none(text in "[\\[\\]()<>:#ä\\PC\n]{0,40}") {
            for (line, _) in wrong(&text) {
                prop_assert!(line >= 1);
            }
        }
    }
}
