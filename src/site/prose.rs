//! Markdown and source as markup. Every text is escaped: HTML in a lesson is shown as the text that it is. There is no
//! picture, and no link but to the web and to the pages of the course.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::lesson::CodeLanguage;
use crate::page::{self, Language, Line, Style, clean, to_html};

/// So wide that no line of source is broken: a page scrolls.
const WIDE: Style = Style {
    color: false,
    ascii: false,
    width: 4_096,
    lanes: 0,
    brief: false,
};

/// Whole blocks: paragraphs, lists, code, tables. `files` are the lessons of the course that a link may lead to.
pub(super) fn blocks(markdown: &str, files: &[String]) -> Markup {
    written(markdown, files, false)
}

/// Words for a place that takes no blocks: a label, a legend.
pub(super) fn words(markdown: &str, files: &[String]) -> Markup {
    written(markdown, files, true)
}

/// A piece of source.
pub(super) fn source(text: &str, language: CodeLanguage) -> Markup {
    listing(&page::code(text, language_of(language), &WIDE))
}

/// A piece of source with a number before each of these lines.
pub(super) fn numbered(text: &str, language: CodeLanguage, lines: &[usize]) -> Markup {
    listing(&page::numbered(text, language_of(language), lines, &WIDE))
}

fn language_of(language: CodeLanguage) -> Language {
    match language {
        CodeLanguage::Python => Language::Python,
        CodeLanguage::Rust => Language::Rust,
    }
}

fn listing(lines: &[Line]) -> Markup {
    html! { pre { code { (PreEscaped(to_html(lines))) } } }
}

fn written(markdown: &str, files: &[String], in_line: bool) -> Markup {
    let mut writer = Writer {
        files,
        in_line,
        html: String::new(),
        fence: None,
        links: Vec::new(),
        heads: false,
    };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        writer.read(event);
    }
    PreEscaped(writer.html.trim().to_owned())
}

/// What is being written.
struct Writer<'a> {
    files: &'a [String],
    in_line: bool,
    html: String,
    fence: Option<(Option<CodeLanguage>, String)>,
    /// Whether each link that is open is one here.
    links: Vec<bool>,
    /// Whether the cells are those of a table's head.
    heads: bool,
}

impl Writer<'_> {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.fence {
                Some((_, source)) => source.push_str(&text),
                None => self.say(&text),
            },
            Event::Code(text) => {
                let text = clean(&text);
                self.add(html! { code { (text) } });
            }
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>"),
            Event::InlineHtml(tag) if tag.to_lowercase().starts_with("<br") => {
                self.html.push_str("<br>");
            }
            Event::InlineHtml(text) | Event::Html(text) => self.say(&text),
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        let text = clean(text);
        self.add(html! { (text) });
    }

    fn add(&mut self, markup: Markup) {
        self.html.push_str(&markup.into_string());
    }

    /// The tag of a block. In a line there is a blank in its place.
    fn block(&mut self, tag: &str) {
        match self.in_line {
            false => self.html.push_str(tag),
            true if self.html.ends_with(' ') || self.html.is_empty() => {}
            true => self.html.push(' '),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.block("<p>"),
            Tag::Heading { level, .. } => self.block(&format!("<{}>", heading(level))),
            Tag::BlockQuote(_) => self.block("<blockquote>"),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) if info.starts_with("rust") => {
                        Some(CodeLanguage::Rust)
                    }
                    CodeBlockKind::Fenced(info) if info.starts_with("py") => {
                        Some(CodeLanguage::Python)
                    }
                    _ => None,
                };
                self.fence = Some((language, String::new()));
            }
            Tag::List(None | Some(1)) if self.in_line => self.block(""),
            Tag::List(None) => self.block("<ul>"),
            Tag::List(Some(first)) => self.block(&format!("<ol start=\"{first}\">")),
            Tag::Item => self.block("<li>"),
            Tag::Table(_) => self.block("<div class=\"scroll\"><table>"),
            Tag::TableHead => {
                self.heads = true;
                self.block("<thead><tr>");
            }
            Tag::TableRow => self.block("<tr>"),
            Tag::TableCell if self.heads => self.block("<th scope=\"col\">"),
            Tag::TableCell => self.block("<td>"),
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<strong>"),
            Tag::Link { dest_url, .. } => {
                let to = self.address(&dest_url);
                self.links.push(to.is_some());
                if let Some(to) = to {
                    let open = html! { a href=(to) rel="noreferrer" {} }.into_string();
                    self.html.push_str(open.trim_end_matches("</a>"));
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.block("</p>"),
            TagEnd::Heading(level) => self.block(&format!("</{}>", heading(level))),
            TagEnd::BlockQuote(_) => self.block("</blockquote>"),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(false) => self.block("</ul>"),
            TagEnd::List(true) => self.block("</ol>"),
            TagEnd::Item => self.block("</li>"),
            TagEnd::Table => self.block("</tbody></table></div>"),
            TagEnd::TableHead => {
                self.heads = false;
                self.block("</tr></thead><tbody>");
            }
            TagEnd::TableRow => self.block("</tr>"),
            TagEnd::TableCell if self.heads => self.block("</th>"),
            TagEnd::TableCell => self.block("</td>"),
            TagEnd::Emphasis => self.html.push_str("</em>"),
            TagEnd::Strong => self.html.push_str("</strong>"),
            TagEnd::Link => {
                let is_here = self.links.pop() == Some(true);
                self.html.push_str(if is_here { "</a>" } else { "" });
            }
            _ => {}
        }
    }

    fn end_code(&mut self) {
        let Some((language, text)) = self.fence.take() else {
            return;
        };
        let text = clean(&text).into_owned();
        let code = match language {
            _ if self.in_line => html! { code { (text) } },
            Some(language) => source(&text, language),
            None => html! { pre { code { (text) } } },
        };
        self.add(code);
    }

    /// Where a link of a lesson leads to from its page.
    fn address(&self, link: &str) -> Option<String> {
        let is_web = |scheme| {
            link.get(..8)
                .is_some_and(|it| it.to_lowercase().starts_with(scheme))
        };
        if is_web("https://") || is_web("http://") {
            return Some(link.to_owned());
        }
        let (file, _) = link.split_once('#').unwrap_or((link, ""));
        let stem = file.trim_start_matches("./").strip_suffix(".md")?;
        let known = self.files.iter().any(|known| known == stem);
        known.then(|| format!("{stem}.html"))
    }
}

/// A page has its title above all of them.
fn heading(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => "h2",
        HeadingLevel::H3 => "h3",
        _ => "h4",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(markdown: &str) -> String {
        blocks(markdown, &["02-tasks".to_owned()]).into_string()
    }

    #[test]
    fn markdown_becomes_markup() {
        assert_eq!(
            shown("## A *b*\n\nTwo `c<d>`\nlines.\n\n1. x\n2. y\n"),
            "<h2>A <em>b</em></h2><p>Two <code>c&lt;d&gt;</code>\nlines.</p><ol start=\"1\"><li>x</li><li>y</li></ol>"
        );
        assert_eq!(
            shown("| a | b |\n| --- | --- |\n| 1 | 2 |\n"),
            "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead>\
             <tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>"
        );
        let code = shown("```rust\nlet a = \"<b>\";\n```\n");
        assert!(code.starts_with("<pre><code>  <span class=\"keyword\">let</span> a = "));
        assert!(code.contains("&lt;b&gt;"), "{code}");
    }

    #[test]
    fn html_of_a_lesson_is_text() {
        for lesson in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div onclick='x()'>\n\n**c**\n\n</div>",
            "```html\n<script>\n```",
            "`<b>`",
            "<!-- gone -->",
            "[<i>](https://example.org/\"><b>)",
        ] {
            for markup in [shown(lesson), words(lesson, &[]).into_string()] {
                for tag in ["<script", "<img", "<div o", "<b>", "<i>", "<!--"] {
                    assert!(!markup.contains(tag), "{lesson}: {markup}");
                }
            }
        }
        assert_eq!(shown("one<br/>two"), "<p>one<br>two</p>");
    }

    #[test]
    fn a_link_leads_to_the_web_or_to_a_page_of_the_course() {
        assert_eq!(
            shown("[next](02-tasks.md#why)"),
            "<p><a href=\"02-tasks.html\" rel=\"noreferrer\">next</a></p>"
        );
        assert!(shown("[t](https://tokio.rs)").contains("<a href=\"https://tokio.rs\" "));
        for gone in [
            "[x](javascript:alert(1))",
            "[x](data:text/html,a)",
            "[x](../docs/x.md)",
            "[x](//example.org)",
            "[x](#there)",
            "[x](03-gone.md)",
            "![x](https://example.org/a.png)",
        ] {
            assert_eq!(shown(gone), "<p>x</p>", "{gone}");
        }
    }

    #[test]
    fn a_label_has_no_blocks() {
        assert_eq!(
            words("a **b**\n\n- c\n", &[]).into_string(),
            "a <strong>b</strong> c"
        );
    }

    proptest! {
        #[test]
        fn no_text_becomes_a_tag(text in "[a-z<>&\"'/=! ]{0,60}") {
            let markup = shown(&text);
            for piece in markup.split('<').skip(1) {
                let known = ["p>", "/p>", "br>", "blockquote>", "/blockquote>", "h2>", "/h2>", "pre>", "/pre>", "code>", "/code>", "ul>", "/ul>", "li>", "/li>"];
                prop_assert!(known.iter().any(|tag| piece.starts_with(tag)), "{text}: {markup}");
            }
        }
    }
}
