//! The line of a lesson that a problem is about, with a caret below what is wrong.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::lesson::Problem;
use crate::page::{Style, clean_line};

/// The line and its caret; nothing where the problem is about the file as a whole.
pub(super) fn excerpt(markdown: &str, problem: &Problem, style: &Style) -> String {
    let Some((number, line, what)) = place(markdown, problem) else {
        return String::new();
    };
    // A foreign text must not move the cursor, and what is cut off in front has to be cleaned alone.
    let before = clean_line(&line[..what.start]);
    let marked = clean_line(&line[what.clone()]);
    let after = clean_line(&line[what.end..]);
    let span = before.len()..before.len() + marked.len();
    let source = format!("{before}{marked}{after}");
    let snippet = Snippet::source(source)
        .line_start(number)
        .annotation(AnnotationKind::Primary.span(span));
    let renderer = match style.color {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let decor = match style.ascii {
        true => DecorStyle::Ascii,
        false => DecorStyle::Unicode,
    };
    let group = Group::with_level(Level::ERROR).element(snippet);
    let drawn = renderer
        .decor_style(decor)
        .term_width(style.width)
        .render(&[group]);
    style.encode(&format!("{}\n", drawn.trim_end()))
}

/// The number of the line, the line, and what of it is wrong: what the problem quotes, or the answer that it speaks of,
/// in the block that begins there; else the whole line.
fn place<'a>(
    markdown: &'a str,
    problem: &Problem,
) -> Option<(usize, &'a str, std::ops::Range<usize>)> {
    let block = markdown.lines().skip(problem.line.checked_sub(1)?);
    let first = block.clone().next()?.trim_end();
    if first.is_empty() || (problem.line == 1 && !first.starts_with("```")) {
        return None;
    }
    let in_block =
        |at: usize, line: &str| at == 0 || (first.starts_with("```") && !line.starts_with("```"));
    let block: Vec<_> = block
        .enumerate()
        .take_while(|(at, line)| in_block(*at, line))
        .collect();
    let find = |quoted: &str| {
        block.iter().find_map(|(at, line)| {
            let start = line.find(quoted)?;
            Some((problem.line + at, *line, start..start + quoted.len()))
        })
    };
    let answer = problem.what.contains(" answer").then_some("answer = ");
    let quoted = problem
        .what
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| !quoted.is_empty());
    // What was found stands behind what was expected.
    let mut quoted: Vec<_> = quoted.collect();
    quoted.reverse();
    answer
        .and_then(find)
        .map(|(number, line, start)| (number, line, start.start..line.trim_end().len()))
        .or_else(|| quoted.into_iter().find_map(find))
        .or(Some((problem.line, first, 0..first.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: &str = "# Title\n\n```toml predict\nquestion = \"Q?\"\nanswer = \"500ms\"\nvalue = \"join.wall_s\"\n```\n\nSee [this](gone.md).\n";

    fn shown(line: usize, what: &str) -> String {
        let style = Style {
            ascii: true,
            ..Style::default()
        };
        excerpt(LESSON, &Problem::new("01-a.md", line, what), &style)
    }

    #[test]
    fn the_caret_is_below_what_is_wrong() {
        let beside = "expected `join.wall_s` within 10 % of the answer 500ms";
        for (line, what, expected) in [
            (3, beside, "5 | answer = \"500ms\"\n  | ^^^^^^^^^^^^^^^^\n"),
            (
                3,
                "there is no `join.wall_s`",
                "6 | value = \"join.wall_s\"\n  |          ^^^^^^^^^^^\n",
            ),
            (
                9,
                "there is no file `gone.md`",
                "9 | See [this](gone.md).\n  |            ^^^^^^^\n",
            ),
            (
                3,
                "what is it?",
                "3 | ```toml predict\n  | ^^^^^^^^^^^^^^^\n",
            ),
        ] {
            assert_eq!(shown(line, what), format!("  |\n{expected}"));
        }
    }

    #[test]
    fn a_problem_of_the_whole_file_shows_none() {
        assert_eq!(shown(1, "expected at least two predictions"), "");
        assert_eq!(shown(99, "far behind the end"), "");
    }

    #[test]
    fn a_line_of_a_foreign_lesson_sends_no_control_code() {
        let problem = Problem::new("01-a.md", 1, "found `\u{1b}[2J`");
        let shown = excerpt("```sh \u{1b}[2J\u{202e}x\n", &problem, &Style::default());
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    }
}
