//! Markdown on a terminal: wrapped, its code in colour.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::code::{Language, code};
use super::style::{Paint, Style};

/// Lines longer than this are hard to read, however wide the screen is.
const COMFORTABLE: usize = 84;

/// `markdown` as text, with a blank line between two blocks and none at the end.
pub fn markdown(markdown: &str, style: &Style) -> String {
    let style = Style {
        width: style.width.min(COMFORTABLE),
        ..*style
    };
    let mut page = Page {
        style,
        ..Page::default()
    };
    for event in Parser::new(markdown) {
        page.read(event);
    }
    page.end_block();
    page.out
}

/// What is being written.
#[derive(Default)]
struct Page {
    style: Style,
    out: String,
    /// The paragraph that is not finished, words already painted.
    words: String,
    paint: Vec<Paint>,
    /// Where a list's items stand; the number of the next one, if it is an ordered list.
    lists: Vec<Option<u64>>,
    /// What begins the next paragraph, in place of its indent.
    mark: Option<String>,
    fence: Option<(Option<Language>, String)>,
    link: Option<String>,
}

impl Page {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.fence {
                Some((_, source)) => source.push_str(&text),
                None => self.say(&text, self.paint.last().copied().unwrap_or(Paint::Plain)),
            },
            Event::Code(text) => self.say(&text, Paint::Literal),
            Event::SoftBreak => self.words.push(' '),
            Event::HardBreak => self.words.push('\n'),
            Event::Rule => self.end_block(),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.end_block();
                self.paint.push(Paint::Name);
            }
            Tag::Paragraph | Tag::BlockQuote(_) => self.end_block(),
            Tag::CodeBlock(kind) => {
                self.end_block();
                let language = match kind {
                    CodeBlockKind::Fenced(info) if info.starts_with("rust") => Some(Language::Rust),
                    CodeBlockKind::Fenced(info) if info.starts_with("py") => Some(Language::Python),
                    _ => None,
                };
                self.fence = Some((language, String::new()));
            }
            Tag::List(first) => {
                self.end_block();
                self.lists.push(first);
            }
            Tag::Item => {
                self.end_block();
                self.mark = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                });
            }
            Tag::Strong => self.paint.push(Paint::Name),
            Tag::Emphasis => self.paint.push(Paint::Special),
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.paint.pop();
                self.end_block();
            }
            TagEnd::Strong | TagEnd::Emphasis => {
                self.paint.pop();
            }
            TagEnd::List(_) => {
                self.end_block();
                self.lists.pop();
            }
            TagEnd::Paragraph | TagEnd::Item => self.end_block(),
            TagEnd::Link => {
                // The address of a page within the course says nothing here.
                if let Some(link) = self.link.take().filter(|link| link.starts_with("http")) {
                    self.say(&format!(" ({link})"), Paint::Dim);
                }
            }
            TagEnd::CodeBlock => {
                let Some((language, source)) = self.fence.take() else {
                    return;
                };
                let block = match language {
                    Some(language) => code(&source, language, &self.style),
                    None => source
                        .lines()
                        .map(|line| format!("  {}\n", self.style.encode(&self.style.tame(line))))
                        .collect(),
                };
                self.gap();
                self.out.push_str(&block);
            }
            _ => {}
        }
    }

    /// Each word in its colour, so that a line may end between any two.
    fn say(&mut self, text: &str, paint: Paint) {
        let text = self.style.encode(&self.style.tame(text));
        let mut first = true;
        for word in text.split(' ') {
            if !std::mem::take(&mut first) {
                self.words.push(' ');
            }
            self.words.push_str(&self.style.paint(paint, word));
        }
    }

    fn gap(&mut self) {
        // The items of a list stand together.
        let tight = self.mark.is_some() && self.out.ends_with('\n') && !self.lists.is_empty();
        if !self.out.is_empty() && !tight {
            self.out.push('\n');
        }
    }

    fn end_block(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.trim().is_empty() {
            return;
        }
        let first_of_list = self.mark.as_deref().is_none_or(|mark| mark == "1. ")
            || !self
                .out
                .lines()
                .next_back()
                .unwrap_or_default()
                .starts_with(' ');
        if first_of_list && !self.out.is_empty() {
            self.out.push('\n');
        }
        let indent = " ".repeat(self.lists.len() * 2);
        let begin = match self.mark.take() {
            Some(mark) => format!("{}{mark}", " ".repeat((self.lists.len() - 1) * 2 + 1)),
            None => indent.clone(),
        };
        let hang = " ".repeat(begin.len());
        let options = textwrap::Options::new(self.style.width.max(begin.len() + 10))
            .initial_indent(&begin)
            .subsequent_indent(&hang)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            // An address that is cut in two can neither be clicked nor copied.
            .break_words(false);
        for line in textwrap::wrap(words.trim(), options) {
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_and_code_are_told_apart() {
        let text = "# Title\n\nOne *two* `three()`\nfour, see [Tokio](https://tokio.rs).\n\n- a\n- b\n\n1. x\n2. y\n\n```python\nawait one()\n```\n\n```sh\nls\n```\n\nEnd.";
        assert_eq!(
            markdown(text, &Style::default()),
            "Title\n\nOne two three() four, see Tokio (https://tokio.rs).\n\n - a\n - b\n\n 1. x\n 2. y\n\n  await one()\n\n  ls\n\nEnd.\n"
        );
    }

    #[test]
    fn nothing_is_wider_than_the_screen() {
        let text = "A long paragraph of many words that has to be wrapped somewhere.\n\n- an item that is long, too, and hangs";
        let style = Style {
            width: 30,
            color: true,
            ..Style::default()
        };
        for line in markdown(text, &style).lines() {
            let plain = console::strip_ansi_codes(line);
            assert!(plain.len() <= 30, "{plain}");
        }
    }

    #[test]
    fn what_comes_from_a_stranger_moves_no_cursor() {
        assert!(!markdown("a\u{1b}[2Jb", &Style::default()).contains('\u{1b}'));
        assert!(!markdown("```\n\u{1b}[2J\n```", &Style::default()).contains('\u{1b}'));
    }
}
