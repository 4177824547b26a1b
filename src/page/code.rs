//! Source on the screen: in colour, wrapped where the screen ends, and two sources side by side.

use unicode_width::UnicodeWidthChar;

use super::clean::expand_tabs;
use super::line::{Line, Role};
use super::style::Style;
use super::{python, rust};

/// What a source is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// The code that runs.
    Rust,
    /// Its twin.
    Python,
}

/// A source and what stands above it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What it is, in a few words.
    pub head: &'a str,
    /// The text.
    pub text: &'a str,
    /// For its colours.
    pub language: Language,
}

/// A character of a source, and how it looks.
type Styled = (Role, char);
type Row = Vec<Styled>;

/// All code is indented by so much.
const INDENT: usize = 2;

/// A piece of source, line by line.
pub fn code(source: &str, language: Language, style: &Style) -> Vec<Line> {
    let width = style.width.saturating_sub(INDENT);
    let rows = rows(source, language, width, style);
    rows.iter().map(|row| drawn(row).indented(INDENT)).collect()
}

/// As [`code`], with a number before each of these lines, which are counted from 0: they are numbered in their order.
pub fn numbered(source: &str, language: Language, lines: &[usize], style: &Style) -> Vec<Line> {
    let beside = Style {
        width: style.width.saturating_sub(INDENT).max(1),
        ..*style
    };
    let mut numbered = Vec::new();
    for (at, line) in source.lines().enumerate() {
        let number = lines.iter().position(|numbered| *numbered == at);
        let mut mark = number.map_or_else(String::new, |number| (number + 1).to_string());
        let rows = code(line, language, &beside);
        if rows.is_empty() {
            numbered.push(Line::default());
        }
        for row in rows {
            let mut marked = Line::of(Role::Name, &format!("{mark:>INDENT$}"));
            marked.append(&row);
            numbered.push(marked);
            mark.clear();
        }
    }
    numbered
}

/// A source below its head.
pub fn headed(source: Source<'_>, style: &Style) -> Vec<Line> {
    let width = style.width.saturating_sub(INDENT);
    let head = head(source, width, style);
    let mut lines: Vec<_> = head.iter().map(|row| drawn(row).indented(INDENT)).collect();
    lines.push(Line::default());
    let code = code(source.text, source.language, style);
    lines.extend(code.into_iter().skip_while(Line::is_empty));
    lines
}

/// Two sources with a rule between them, each wrapped within its column.
pub fn beside(left: Source<'_>, right: Source<'_>, style: &Style) -> Vec<Line> {
    // Room for the rule and a blank on each side of it.
    let room = style.width.saturating_sub(INDENT + 3);
    let widest = |source: Source<'_>| {
        let lines = source.text.lines().chain([source.head]);
        lines.map(super::style::columns).max().unwrap_or_default()
    };
    // Half for each, unless one needs less.
    let width = widest(left).min(room - widest(right).min(room / 2)).max(1);
    let column = |source: Source<'_>, width: usize| {
        let mut column = head(source, width, style);
        column.push(Row::new());
        column.extend(rows(source.text, source.language, width, style));
        column
    };
    let (left, right) = (
        column(left, width),
        column(right, room.saturating_sub(width).max(1)),
    );
    let nothing = Row::new();
    (0..left.len().max(right.len()))
        .map(|at| {
            let (left, right) = (
                left.get(at).unwrap_or(&nothing),
                right.get(at).unwrap_or(&nothing),
            );
            let gap = " ".repeat(width.saturating_sub(columns(left)) + 1);
            let mut line = drawn(left).with(Role::Plain, &gap);
            line.push(Role::Dim, "│");
            line.push(Role::Plain, " ");
            line.append(&drawn(right));
            line.indented(INDENT)
        })
        .collect()
}

fn head(source: Source<'_>, width: usize, style: &Style) -> Vec<Row> {
    let head = style.tame(source.head);
    let head: Row = head.chars().map(|ch| (Role::Name, ch)).collect();
    wrapped(&head, width)
}

/// The lines of a source, none wider than that.
fn rows(source: &str, language: Language, width: usize, style: &Style) -> Vec<Row> {
    let source = style.tame(&expand_tabs(source));
    let pieces = match language {
        Language::Rust => rust::pieces(&source),
        Language::Python => python::pieces(&source),
    };
    let chars: Row = pieces
        .iter()
        .flat_map(|(role, text)| text.chars().map(|ch| (*role, ch)))
        .collect();
    let lines: Vec<&[Styled]> = chars.split_inclusive(|(_, ch)| *ch == '\n').collect();
    // The lines of a comment are one text: where one of them is too wide, all are filled anew.
    let whole =
        |one: &&[Styled], two: &&[Styled]| comment(one).is_some_and(|it| comment(two) == Some(it));
    let paragraphs = lines.chunk_by(whole).flat_map(|paragraph| {
        let torn = paragraph.len() > 1 && paragraph.iter().any(|it| !fits(without_end(it), width));
        match torn {
            true => vec![joined(paragraph)],
            false => paragraph.iter().map(|line| line.to_vec()).collect(),
        }
    });
    paragraphs.flat_map(|line| wrapped(&line, width)).collect()
}

/// Where the comment begins that a line is nothing but, and how long its mark is. `None` where its text is set in further:
/// that stands in lines of its own.
fn comment(line: &[Styled]) -> Option<(usize, usize)> {
    let indent = leading_blanks(line);
    let mark = line[indent..]
        .iter()
        .take_while(|(role, ch)| *role == Role::Dim && "/!#".contains(*ch))
        .count();
    let text = &line[indent + mark..];
    let plain = text.first()?.1 == ' ' && text.get(1).is_some_and(|(_, ch)| !ch.is_whitespace());
    (mark > 0 && plain).then_some((indent, mark))
}

/// The lines of a comment as one.
fn joined(lines: &[&[Styled]]) -> Row {
    let mut all = Row::new();
    for line in lines {
        let from = match comment(line) {
            Some((indent, mark)) if !all.is_empty() => indent + mark,
            _ => 0,
        };
        all.extend(&without_end(line)[from..]);
    }
    all
}

fn without_end(line: &[Styled]) -> &[Styled] {
    let end = line.iter().rposition(|(_, ch)| !ch.is_whitespace());
    &line[..end.map_or(0, |last| last + 1)]
}

/// A line that is too wide goes on below, indented further; a comment goes on as a comment.
fn wrapped(line: &[Styled], width: usize) -> Vec<Row> {
    let width = width.max(1);
    let mut rest = without_end(line);
    let mut row = Row::new();
    let mut indent = leading_blanks(rest);
    let hanging = Hanging::of(rest, indent);
    let mut rows = Vec::new();
    loop {
        let room = width.saturating_sub(columns(&row)).max(1);
        if fits(rest, room) {
            row.extend(rest);
            rows.push(row);
            return rows;
        }
        let cut = cut(rest, indent, fitting(rest, room));
        row.extend(&rest[..cut]);
        rows.push(row);
        rest = &rest[cut..];
        rest = &rest[leading_blanks(rest)..];
        if rest.is_empty() {
            return rows;
        }
        indent = 0;
        row = hanging.before(rest, width);
    }
}

/// Where a row ends that has room for `fit` chars: at a blank in its second half, or before a method
/// or after what opens, or at any blank; else wherever the room ends.
fn cut(chars: &[Styled], indent: usize, fit: usize) -> usize {
    let last = fit.min(chars.len() - 1);
    // A blank before it, or the mark of a comment, belongs to what follows.
    let belongs_on =
        |before: Styled| before.1 == ' ' || before.0 == Role::Dim && "#/!".contains(before.1);
    let blank = (indent + 1..=last)
        .rev()
        .find(|at| chars[*at].1 == ' ' && !belongs_on(chars[*at - 1]));
    let joint = (indent + 2..=last)
        .rev()
        .find(|at| chars[*at].1 == '.' || "([{".contains(chars[*at - 1].1));
    blank
        .filter(|at| *at > fit / 2)
        .or(joint)
        .or(blank)
        .unwrap_or(fit)
}

/// What stands before each further row of a line.
struct Hanging {
    indent: Row,
    /// `//` or `#`, and a blank.
    comment: Row,
}

impl Hanging {
    fn of(line: &[Styled], indent: usize) -> Self {
        let comment = line.iter().position(|(role, _)| *role == Role::Dim);
        let marks = line[comment.unwrap_or(line.len())..].iter();
        let mut mark: Row = marks
            .take_while(|(_, ch)| "/!#".contains(*ch))
            .copied()
            .collect();
        mark.push((Role::Dim, ' '));
        // A line that is all comment goes on right below.
        let further = if comment == Some(indent) { 0 } else { 4 };
        Self {
            indent: vec![(Role::Plain, ' '); indent + further],
            comment: mark,
        }
    }

    fn before(&self, rest: &[Styled], width: usize) -> Row {
        let mut before = self.indent.clone();
        let mark = &self.comment[..self.comment.len() - 1];
        if rest[0].0 == Role::Dim && !rest.starts_with(mark) {
            before.extend(&self.comment);
        }
        before.truncate(width / 2);
        before
    }
}

fn leading_blanks(chars: &[Styled]) -> usize {
    chars
        .iter()
        .position(|(_, ch)| *ch != ' ')
        .unwrap_or(chars.len())
}

/// How many chars fit into `room`, one at least.
fn fitting(chars: &[Styled], room: usize) -> usize {
    let mut used = 0;
    let fits = |(_, ch): &&Styled| {
        used += ch.width().unwrap_or(0);
        used <= room
    };
    chars.iter().take_while(fits).count().max(1)
}

fn columns(chars: &[Styled]) -> usize {
    chars.iter().map(|(_, ch)| ch.width().unwrap_or(0)).sum()
}

/// Whether they take so many columns at most. Of a long line no more is counted than that: it is asked once a row.
fn fits(chars: &[Styled], room: usize) -> bool {
    let mut taken = 0;
    chars.iter().all(|(_, ch)| {
        taken += ch.width().unwrap_or(0);
        taken <= room
    })
}

fn drawn(row: &[Styled]) -> Line {
    let mut line = Line::default();
    for run in row.chunk_by(|one, two| one.0 == two.0) {
        let text: String = run.iter().map(|(_, ch)| *ch).collect();
        line.push(run[0].0, &text);
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::{columns, to_ansi};

    fn code(source: &str, language: Language, style: &Style) -> String {
        to_ansi(&super::code(source, language, style), style)
    }

    fn beside(left: Source<'_>, right: Source<'_>, style: &Style) -> String {
        to_ansi(&super::beside(left, right, style), style)
    }

    fn style(width: usize) -> Style {
        Style {
            width,
            ..Style::default()
        }
    }

    #[test]
    fn source_is_indented_and_goes_on_below_where_it_is_too_wide() {
        use Language::{Python, Rust};
        let comment = "    // One thread polls all of them,\n    // and no poll ends before\n    // its piece does.\n    go()\n";
        for (source, language, width, expected) in [
            (
                "// a comment\nasync fn f() { join!(1, \"two\") }\n\nfn g() {}\n",
                Rust,
                80,
                "  // a comment\n  async fn f() { join!(1, \"two\") }\n\n  fn g() {}\n",
            ),
            // Tabs go to their stops, and nothing moves the cursor.
            (
                "if a:\n\tb()\u{1b}[2J # \u{202e}\n",
                Python,
                80,
                "  if a:\n      b() [2J #\n",
            ),
            (
                "    // Waits for the mail.\n    office.mailbox.deliver(mail, time).await;\n",
                Rust,
                26,
                "      // Waits for the\n      // mail.\n      office.mailbox\n          .deliver(mail,\n          time).await;\n",
            ),
            // A comment goes on as one.
            (
                "one()  # at the very end of it\nlonger_than_that()  # here\n",
                Python,
                26,
                "  one()  # at the very end\n      # of it\n  longer_than_that()\n      # here\n",
            ),
            // One of several lines is filled anew as one text.
            (
                comment,
                Rust,
                32,
                "      // One thread polls all of\n      // them, and no poll ends\n      // before its piece does.\n      go()\n",
            ),
            // What is set in, and what is another comment, keeps its line.
            (
                "# a text that is too wide\n#   set in\n# and on\n\n# other\n",
                Python,
                20,
                "  # a text that is\n  # too wide\n  #   set in\n  # and on\n\n  # other\n",
            ),
        ] {
            assert_eq!(code(source, language, &style(width)), expected);
        }
        // Where all lines fit, they stay as they were written.
        let as_written = "of them,\n      // and no poll ends before\n";
        assert!(code(comment, Rust, &style(40)).contains(as_written));
    }

    #[test]
    fn lines_to_choose_from_are_numbered_in_their_order() {
        let lines = super::numbered(
            "a()\n\n  b(c,  dd)\nd()\n",
            Language::Python,
            &[0, 2],
            &style(12),
        );
        assert_eq!(
            to_ansi(&lines, &style(12)),
            " 1  a()\n\n 2    b(c,\n        dd)\n    d()\n"
        );
    }

    #[test]
    fn with_colour_nothing_but_escape_codes_is_added() {
        let source = "let x = tokio::join!(a, b); // both\n";
        let in_colour = Style {
            color: true,
            ..Style::default()
        };
        let painted = code(source, Language::Rust, &in_colour);
        assert!(painted.contains("\x1b["), "{painted:?}");
        assert_eq!(console::strip_ansi_codes(&painted).trim(), source.trim());
    }

    #[test]
    fn two_sources_stand_side_by_side() {
        let left = Source {
            head: "Rust",
            text: "one().await;\nlet two = waits(for_it, 1);\n",
            language: Language::Rust,
        };
        let right = Source {
            head: "Python: the same",
            text: "await one()\n\ntwo = waits(for_it, 1)  # at the end\n",
            language: Language::Python,
        };
        let expected = "
  Rust                  │ Python: the same
                        │
  one().await;          │ await one()
  let two = waits(      │
      for_it, 1);       │ two = waits(for_it,
                        │     1)  # at the end
";
        let drawn = beside(left, right, &style(46));
        assert_eq!(format!("\n{drawn}"), expected, "{drawn}");
        // Where there is room enough, the rule stands where the left one ends.
        assert!(beside(left, right, &style(120)).contains("  let two = waits(for_it, 1); │\n"));
    }

    fn any_source() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "    ",
            " ",
            "\n",
            "// ",
            "# ",
            "word",
            "\"",
            "日本",
            "a.very.long.one(without,blanks)",
        ]);
        prop_oneof![
            "\\PC{0,60}",
            prop::collection::vec(words, 0..30).prop_map(|words| words.concat()),
        ]
    }

    proptest! {
        #[test]
        fn wrapping_keeps_every_character_in_its_order(source in any_source(), width in 1_usize..60) {
            for language in [Language::Rust, Language::Python] {
                let shown = code(&source, language, &style(width));
                for line in shown.lines() {
                    prop_assert!(width < 6 || columns(line) <= width, "{width}: {line:?}");
                }
                // Comments repeat their mark, so only what has none is compared.
                if !source.contains(['/', '#']) {
                    let dense = |text: &str| text.chars().filter(|ch| !ch.is_whitespace()).collect::<String>();
                    prop_assert_eq!(dense(&shown), dense(&source));
                }
            }
        }

        #[test]
        fn two_columns_are_never_wider_than_the_screen(
            (left, right) in (any_source(), any_source()),
            width in 120_usize..170,
        ) {
            let source = |text, language| Source { head: "A head of some words", text, language };
            let (left, right) = (source(&left, Language::Rust), source(&right, Language::Python));
            for line in beside(left, right, &style(width)).lines() {
                prop_assert!(columns(line) <= width, "{width}: {line:?}");
            }
        }
    }
}
