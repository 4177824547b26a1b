//! The prose of a lesson as lines.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use ratatui_core::style::{Modifier, Style};
use ratatui_core::text::Line;

use super::ansi;
use super::draw::Look;
use super::theme::Role;
use super::wrap::wrap;
use crate::page::{self, Language};

/// `text` in lines of this width.
pub(super) fn lines(text: &str, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut page = Page {
        width,
        look,
        lines: Vec::new(),
        pieces: Vec::new(),
        styles: vec![look.style(Role::Text)],
        lists: Vec::new(),
        mark: None,
        code: None,
    };
    for event in Parser::new(text) {
        page.take(event);
    }
    page.paragraph();
    while page.lines.last().is_some_and(|line| line.width() == 0) {
        page.lines.pop();
    }
    page.lines
}

struct Page<'a> {
    width: usize,
    look: &'a Look,
    lines: Vec<Line<'static>>,
    /// A paragraph that is not whole yet.
    pieces: Vec<(Style, String)>,
    styles: Vec<Style>,
    /// The number of the next item of each list we are in, if it counts.
    lists: Vec<Option<u64>>,
    /// What stands before the item's first line.
    mark: Option<String>,
    /// The source of a block, and its language.
    code: Option<(Option<Language>, String)>,
}

impl Page<'_> {
    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn within(&mut self, change: impl FnOnce(Style) -> Style) {
        self.styles.push(change(self.style()));
    }

    fn paragraph(&mut self) {
        if self.pieces.is_empty() && self.mark.is_none() {
            return;
        }
        let indent = "  ".repeat(self.lists.len());
        let outer = "  ".repeat(self.lists.len().saturating_sub(1));
        let first = match self.mark.take() {
            Some(mark) => format!("{outer}{mark}"),
            None => indent.clone(),
        };
        let style = self.look.style(Role::Text);
        let pieces = std::mem::take(&mut self.pieces);
        self.lines
            .extend(wrap(&pieces, self.width, &first, &indent, style));
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => match &mut self.code {
                Some((_, source)) => source.push_str(&text),
                None => self.pieces.push((self.style(), self.look.encode(&text))),
            },
            Event::Code(text) => {
                let style = self.look.style(Role::Literal);
                // What belongs together stays together, if it is short.
                self.pieces.push((style, self.look.encode(&text)));
            }
            Event::SoftBreak => self.pieces.push((self.style(), " ".to_owned())),
            Event::HardBreak => self.pieces.push((self.style(), "\n".to_owned())),
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(tag),
            Event::Rule => self.gap(),
            Event::InlineHtml(text) | Event::Html(text) => {
                self.pieces.push((self.style(), self.look.encode(&text)));
            }
            _ => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.gap();
                let title = self.look.style(Role::Title);
                self.within(|_| title);
            }
            Tag::Emphasis => self.within(|style| style.add_modifier(Modifier::ITALIC)),
            Tag::Strong => self.within(|style| style.add_modifier(Modifier::BOLD)),
            Tag::Link { .. } => self.within(|style| style.add_modifier(Modifier::UNDERLINED)),
            Tag::List(number) => {
                self.paragraph();
                self.lists.push(number);
            }
            Tag::Item => {
                let number = self.lists.last_mut().and_then(|number| {
                    let this = *number;
                    *number = this.map(|this| this + 1);
                    this
                });
                self.mark = Some(match number {
                    Some(number) => format!("{number} "),
                    None => self.look.encode("• ").replace('?', "-"),
                });
            }
            Tag::CodeBlock(kind) => {
                self.paragraph();
                self.gap();
                let language = match &kind {
                    CodeBlockKind::Fenced(info) => match info.split_whitespace().next() {
                        Some("rust") => Some(Language::Rust),
                        Some("python") => Some(Language::Python),
                        _ => None,
                    },
                    CodeBlockKind::Indented => None,
                };
                self.code = Some((language, String::new()));
            }
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.paragraph();
                if self.lists.is_empty() {
                    self.gap();
                }
            }
            TagEnd::Heading(_) => {
                self.paragraph();
                self.styles.pop();
                self.gap();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link => {
                self.styles.pop();
            }
            TagEnd::Item => self.paragraph(),
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.gap();
                }
            }
            TagEnd::CodeBlock => {
                let (language, source) = self.code.take().unwrap_or_default();
                match language {
                    Some(language) => {
                        let drawn = page::code(&source, language, &self.look.drawing(self.width));
                        self.lines.extend(ansi::lines(&drawn, self.look));
                    }
                    None => {
                        let style = self.look.style(Role::Literal);
                        for line in source.lines() {
                            let line = format!("  {}", self.look.encode(line));
                            self.lines.push(Line::styled(line, style));
                        }
                    }
                }
                self.gap();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        lines(text, 30, &Look::default())
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn paragraphs_lists_and_code_are_laid_out() {
        assert_eq!(
            shown(
                "One *two* `three`\nfour.\n\n- a long item that does not fit\n- b\n\n```python\nawait x\n```\n"
            ),
            [
                "One two three four.",
                "",
                "• a long item that does not",
                "  fit",
                "• b",
                "",
                "  await x"
            ]
        );
        assert_eq!(shown("1. a\n2. b"), ["1 a", "2 b"]);
        assert!(shown("").is_empty());
    }
}
