//! Markdown as styled lines: wrapped, its code in colour, its tables drawn, its HTML without the tags.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::clean::expand_tabs;
use super::code::{Language, code};
use super::line::{Line, Role};
use super::style::Style;
use super::table::Table;
use super::wrap::wrap;

/// Lines longer than this are hard to read, however wide the screen is.
pub const COMFORTABLE: usize = 84;

/// `markdown` as lines, with a blank one between two blocks and none at the end.
pub fn markdown(markdown: &str, style: &Style) -> Vec<Line> {
    let style = Style {
        width: style.width.min(COMFORTABLE),
        ..*style
    };
    let mut page = Page {
        style,
        ..Page::default()
    };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.read(event);
    }
    page.end_block();
    page.lines
}

/// What is being written.
#[derive(Default)]
struct Page {
    style: Style,
    lines: Vec<Line>,
    /// The paragraph that is not finished.
    words: Line,
    roles: Vec<Role>,
    /// Where a list's items stand; the number of the next one, if it is an ordered list.
    lists: Vec<Option<u64>>,
    /// What begins the next paragraph, in place of its indent.
    mark: Option<String>,
    fence: Option<(Option<Language>, String)>,
    link: Option<String>,
    /// A block of HTML that is not finished.
    html: Option<String>,
    table: Option<Table>,
}

impl Page {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.fence {
                Some((_, source)) => source.push_str(&text),
                None => self.say(&text, self.roles.last().copied().unwrap_or_default()),
            },
            Event::Code(text) => self.say(&text, Role::Literal),
            Event::SoftBreak => self.words.push(Role::Plain, " "),
            Event::HardBreak => self.words.push(Role::Plain, "\n"),
            Event::InlineHtml(tag) if tag.to_lowercase().starts_with("<br") => {
                self.words.push(Role::Plain, "\n");
            }
            Event::Html(text) => match &mut self.html {
                Some(html) => html.push_str(&text),
                None => self.say(&without_tags(&text), Role::Plain),
            },
            Event::Rule => self.end_block(),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.end_block();
                self.roles.push(Role::Name);
            }
            Tag::Paragraph | Tag::BlockQuote(_) => self.end_block(),
            Tag::HtmlBlock => {
                self.end_block();
                self.html = Some(String::new());
            }
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
                        let mark = format!("{number}. ");
                        *number = number.saturating_add(1);
                        mark
                    }
                    _ => "- ".to_owned(),
                });
            }
            Tag::Table(alignments) => {
                self.end_block();
                self.table = Some(Table::new(alignments));
            }
            Tag::TableHead => self.roles.push(Role::Name),
            Tag::Strong => self.roles.push(Role::Strong),
            Tag::Emphasis => self.roles.push(Role::Emphasis),
            Tag::Link { dest_url, .. } => {
                self.link = Some(dest_url.into_string());
                self.roles.push(match self.roles.last() {
                    None => Role::Link,
                    Some(role) => *role,
                });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.roles.pop();
                self.end_block();
            }
            TagEnd::Strong | TagEnd::Emphasis => {
                self.roles.pop();
            }
            TagEnd::List(_) => {
                self.end_block();
                self.lists.pop();
            }
            TagEnd::Paragraph => self.end_block(),
            TagEnd::Item => {
                self.end_block();
                // An item without words has no mark to leave to what follows.
                self.mark = None;
            }
            TagEnd::Link => {
                self.roles.pop();
                // The address of a page within the course says nothing here.
                if let Some(link) = self.link.take().filter(|link| link.starts_with("http")) {
                    self.words.push(Role::Plain, " ");
                    self.say(&format!("({link})"), Role::Address);
                }
            }
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                let text = without_tags(&html);
                let words: Vec<_> = text.split_whitespace().collect();
                self.say(&words.join(" "), Role::Plain);
                self.end_block();
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::TableHead => {
                self.roles.pop();
                self.end_row();
            }
            TagEnd::TableRow => self.end_row(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.words);
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    /// Each word as what it is, and the blanks between them as nothing: a line may end at any.
    fn say(&mut self, text: &str, role: Role) {
        let text = self.style.tame(text);
        for (at, word) in text.split(' ').enumerate() {
            if at > 0 {
                self.words.push(Role::Plain, " ");
            }
            self.words.push(role, word);
        }
    }

    fn end_code(&mut self) {
        let Some((language, source)) = self.fence.take() else {
            return;
        };
        self.gap();
        match language {
            Some(language) => self.lines.extend(code(&source, language, &self.style)),
            None => {
                let source = self.style.tame(&expand_tabs(&source));
                let lines = source.lines().map(|line| Line::plain(&format!("  {line}")));
                self.lines.extend(lines);
            }
        }
    }

    fn end_row(&mut self) {
        if let Some(table) = &mut self.table {
            table.end_row();
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else {
            return;
        };
        self.gap();
        let indent = self.lists.len() * 2;
        let lines = table.lines(self.style.width.saturating_sub(indent));
        self.lines
            .extend(lines.iter().map(|line| line.indented(indent)));
    }

    fn gap(&mut self) {
        // The items of a list stand together.
        let tight = self.mark.is_some() && !self.lists.is_empty();
        if !self.lines.is_empty() && !tight {
            self.lines.push(Line::default());
        }
    }

    fn end_block(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.to_string().trim().is_empty() {
            return;
        }
        let last = self.lines.last().map(ToString::to_string);
        let after_an_item = last.as_deref().unwrap_or_default().starts_with(' ');
        let first_of_list = self.mark.as_deref().is_none_or(|mark| mark == "1. ") || !after_an_item;
        if first_of_list && !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let indent = " ".repeat(self.lists.len() * 2);
        let begin = match self.mark.take() {
            Some(mark) => format!("{}{mark}", " ".repeat((self.lists.len() - 1) * 2 + 1)),
            None => indent,
        };
        let hang = Line::plain(&" ".repeat(begin.len()));
        let width = self.style.width.max(begin.len() + 10);
        let wrapped = wrap(&trimmed(&words), width, &Line::plain(&begin), &hang);
        self.lines.extend(wrapped.into_iter().map(Line::trim_end));
    }
}

/// Without blanks and newlines at either end.
fn trimmed(words: &Line) -> Line {
    let mut trimmed = Line::default();
    for (role, text) in words.pieces() {
        let text = if trimmed.is_empty() {
            text.trim_start()
        } else {
            text
        };
        trimmed.push(*role, text);
    }
    trimmed.trim_end()
}

/// The text between the tags. Comments are tags, too.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let tag = after.starts_with(|ch: char| ch.is_ascii_alphabetic() || "/!?".contains(ch));
        let end = if after.starts_with("!--") { "-->" } else { ">" };
        rest = match after.split_once(end) {
            Some((_, behind)) if tag => {
                text.push(' ');
                behind
            }
            // Never closed, so the rest of it is no text.
            None if tag => "",
            _ => {
                text.push('<');
                after
            }
        };
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::{columns, to_ansi};

    fn shown(text: &str, style: &Style) -> String {
        to_ansi(&markdown(text, style), style)
    }

    fn narrow(width: usize) -> Style {
        Style {
            width,
            ..Style::default()
        }
    }

    #[test]
    fn paragraphs_lists_and_code_are_told_apart() {
        let text = "# Title\n\nOne *two* `three()`\nfour, see [Tokio](https://tokio.rs).\n\n- a\n- b\n\n1. x\n2. y\n\n```python\nawait one()\n```\n\n```sh\nls\n```\n\nEnd.";
        assert_eq!(
            shown(text, &Style::default()),
            "Title\n\nOne two three() four, see Tokio (https://tokio.rs).\n\n - a\n - b\n\n 1. x\n 2. y\n\n  await one()\n\n  ls\n\nEnd.\n"
        );
    }

    #[test]
    fn a_table_is_a_table_and_fits() {
        let text = "Before.\n\n| what | how long it took here | n |\n| --- | --- | ---: |\n| `a` | 903 ms, all in all | 1 |\n| bcd | 日本語日本語日本語 | 12 |\n\nAfter.";
        assert_eq!(
            shown(text, &narrow(28)),
            "Before.\n\nwhat  how long it took     n\n      here\n────────────────────────────\na     903 ms, all in all   1\nbcd   日本語日本語日本語  12\n\nAfter.\n"
        );
        assert_eq!(
            shown("| a | b |\n|---|---|\n| c | d |", &narrow(3)),
            "a\n  b\n\nc\n  d\n"
        );
    }

    #[test]
    fn the_text_within_html_stays_and_its_tags_go() {
        let text = "<details>\n<summary>More</summary>\nIt <!-- not\nthis --> 1 < 2.\n</details>\n\nH<sub>2</sub>O<br>is wet.";
        assert_eq!(
            shown(text, &Style::default()),
            "More It 1 < 2.\n\nH2O\nis wet.\n"
        );
    }

    #[test]
    fn tabs_in_code_go_to_their_stops() {
        let text = "```\na\tb\n\tc\n```\n\n```python\nif a:\n\tb()\n```";
        assert_eq!(
            shown(text, &Style::default()),
            "  a   b\n      c\n\n  if a:\n      b()\n"
        );
    }

    #[test]
    fn what_comes_from_a_stranger_moves_no_cursor() {
        for text in [
            "a\u{1b}[2Jb",
            "```\n\u{1b}[2J\n```",
            "```rust\n\u{1b}[2J\n```",
        ] {
            assert!(
                !shown(text, &Style::default()).contains('\u{1b}'),
                "{text:?}"
            );
        }
    }

    fn any_markdown() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "word ",
            "日本語テキスト",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "  ",
            "`--data-dir`",
            "**",
            "*",
            "| a | bcd efg |\n",
            "|---|--:|\n",
            "```\n",
            "```rust\n",
            "<b>",
            "<div>\n",
            "</div>\n",
            "<!-- ",
            "903 ms",
            "# ",
            "> ",
            "\t",
            "[a](b)",
            "\u{1b}[2J",
            "&amp;",
            "99999999999999999999. ",
        ]);
        prop_oneof![
            prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat()),
            any::<String>(),
        ]
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_the_screen_or_moves_the_cursor(text in any_markdown(), width in 1_usize..100) {
            let lines = markdown(&text, &narrow(width));
            let code = text.contains("```") || text.contains("    ") || text.contains('\t');
            for line in lines {
                let line = line.to_string();
                // Lists within lists are indented however narrow it is; source without a language is as it is.
                let deep = line.len() - line.trim_start().len();
                prop_assert!(code || columns(&line) <= width.max(deep + 16), "{width}: {line:?}");
                prop_assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }
}
