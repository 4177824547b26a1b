//! From Markdown to steps. What is wrong is told with its file, its line, and what was expected.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Head, Kind, Lesson, MOST_CHOICES, Predict, Quiz, Step, name};
use crate::units;

/// Something in a lesson that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct Problem {
    /// The lesson's file.
    pub file: String,
    /// Counted from one.
    pub line: usize,
    /// What was expected, and what was found.
    pub what: String,
}

impl Problem {
    /// In this file, on this line.
    pub fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        let (file, what) = (file.to_owned(), what.into());
        Self { file, line, what }
    }
}

/// What was expected, and what was found, by who does not know the line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unexpected(pub(super) String);

/// What a block may be.
const BLOCKS: [&str; 10] = [
    "predict", "run", "code", "quiz", "try", "spot", "repair", "hint", "notes", "lesson",
];

/// Reads a lesson.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(file: &str, markdown: &str) -> Result<Lesson, Problem> {
    let problem = |line, what: String| Problem::new(file, line, what);
    let mut about = None;
    let mut steps: Vec<Step> = Vec::new();
    let mut prose = Prose::default();
    for (line, block) in blocks(markdown) {
        let (kind, text) = match block {
            Block::Markdown(text) => {
                prose.add(line, text);
                continue;
            }
            // The title is in the head, for the course's own list.
            Block::Heading | Block::Section => {
                prose.flush(&mut steps);
                continue;
            }
            Block::Fence(kind, text) => (kind, text),
        };
        let at = |what: String| problem(line, what);
        let behind = |steps: &mut Vec<Step>| match steps.last_mut() {
            Some(_) => Ok(steps.len() - 1),
            None => Err(at(format!(
                "`{kind}` belongs behind a step, and there is none yet"
            ))),
        };
        match kind.as_str() {
            "lesson" => {
                if about
                    .replace(toml(&text).map_err(|(row, what)| problem(line + row, what))?)
                    .is_some()
                {
                    return Err(at("expected one `lesson` block, found a second".to_owned()));
                }
                prose = Prose::default();
                continue;
            }
            "hint" | "notes" => {
                prose.flush(&mut steps);
                let index = behind(&mut steps)?;
                let place = if kind == "hint" {
                    &mut steps[index].hint
                } else {
                    &mut steps[index].notes
                };
                *place = Some(text.trim().to_owned());
                continue;
            }
            _ => {}
        }
        let kind = read(&kind, &text).map_err(|(below, what)| problem(line + below, what))?;
        makes_sense(&kind).map_err(|Unexpected(what)| at(what))?;
        prose.flush(&mut steps);
        steps.push(Step {
            line,
            kind,
            hint: None,
            notes: None,
        });
    }
    prose.flush(&mut steps);
    let about: Head = about.ok_or_else(|| {
        problem(
            1,
            "expected a ```toml lesson block with title, question, concept, minutes and belief"
                .to_owned(),
        )
    })?;
    if steps.is_empty() {
        return Err(problem(1, "expected at least one step".to_owned()));
    }
    let stem = name::stem(file);
    Ok(Lesson {
        file: file.to_owned(),
        name: name::of_stem(stem).unwrap_or(stem).to_owned(),
        about,
        steps,
    })
}

/// What a block is, or how many lines below its fence it is wrong, and what was expected.
fn read(kind: &str, text: &str) -> Result<Kind, (usize, String)> {
    Ok(match kind {
        "predict" => Kind::Predict(toml(text)?),
        "quiz" => Kind::Quiz(toml(text)?),
        "try" => Kind::Try(toml(text)?),
        "spot" => Kind::Spot(toml(text)?),
        "repair" => Kind::Repair(toml(text)?),
        "code" => Kind::Code(toml(text)?),
        "run" => Kind::Run(command(text).map_err(|Unexpected(what)| (0, what))?),
        other => {
            let meant = units::did_you_mean(other, BLOCKS.into_iter());
            let what = format!(
                "expected one of predict, run, code, quiz, try, spot, repair, hint, notes or lesson, found `{other}`{meant}"
            );
            return Err((0, what));
        }
    })
}

/// Markdown that has not become a step yet.
#[derive(Default)]
struct Prose {
    line: usize,
    text: String,
}

impl Prose {
    fn add(&mut self, line: usize, text: &str) {
        if self.text.is_empty() {
            self.line = line;
        } else {
            self.text.push_str("\n\n");
        }
        self.text.push_str(text.trim());
    }

    fn flush(&mut self, steps: &mut Vec<Step>) {
        let Self { line, text } = std::mem::take(self);
        if !text.is_empty() {
            steps.push(Step {
                line,
                kind: Kind::Prose(text),
                hint: None,
                notes: None,
            });
        }
    }
}

/// On which line, from 1, a byte stands: counted once, as a long file has many blocks.
pub(super) fn line_of(text: &str) -> impl Fn(usize) -> usize {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    move |at| ends.partition_point(|end| *end < at) + 1
}

enum Block<'a> {
    /// A paragraph, a list, a heading, a fence that is only shown.
    Markdown(&'a str),
    /// The title of the file.
    Heading,
    /// A rule: what comes after it is shown on its own.
    Section,
    /// A block that is a step, by its kind.
    Fence(String, String),
}

/// The outermost blocks, each with the line on which it begins.
fn blocks(markdown: &str) -> Vec<(usize, Block<'_>)> {
    let line = line_of(markdown);
    let mut blocks = Vec::new();
    let mut depth = 0_usize;
    let mut fence: Option<(String, String)> = None;
    for (event, range) in Parser::new(markdown).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0
                    && let Tag::CodeBlock(CodeBlockKind::Fenced(info)) = &tag
                    && let Some(kind) = info.split_whitespace().nth(1)
                {
                    fence = Some((kind.to_owned(), String::new()));
                }
                depth += 1;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if depth > 0 {
                    continue;
                }
                let block = match (end, fence.take()) {
                    (_, Some((kind, text))) => Block::Fence(kind, text),
                    (TagEnd::Heading(HeadingLevel::H1), None) => Block::Heading,
                    _ => Block::Markdown(&markdown[range.clone()]),
                };
                blocks.push((line(range.start), block));
            }
            Event::Text(text) => {
                if let Some((_, body)) = &mut fence {
                    body.push_str(&text);
                }
            }
            Event::Rule if depth == 0 => blocks.push((line(range.start), Block::Section)),
            _ => {}
        }
    }
    blocks
}

/// The block's content, or how many lines below its fence it is wrong, and what was expected.
fn toml<T: DeserializeOwned>(text: &str) -> Result<T, (usize, String)> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let row = text[..at].matches('\n').count() + 1;
        let message = error.message().trim();
        (row, format!("{message}{}", field_meant(message)))
    })
}

/// Which field was meant by one that is unknown: the message quotes it, and then those that there are.
fn field_meant(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field ") else {
        return String::new();
    };
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let typed = quoted.next().unwrap_or_default();
    units::did_you_mean(typed, quoted)
}

/// A command line of this program, as one would type it.
fn command(text: &str) -> Result<String, Unexpected> {
    let line = text.trim();
    match line.strip_prefix("asyncdemo ") {
        Some(rest) if !rest.contains('\n') => Ok(rest.trim().to_owned()),
        _ => Err(Unexpected(format!(
            "expected one line `asyncdemo CONCEPT …`, found `{line}`"
        ))),
    }
}

/// What TOML cannot say.
fn makes_sense(kind: &Kind) -> Result<(), Unexpected> {
    match kind {
        Kind::Quiz(Quiz { choices, .. }) => {
            let right = choices.iter().filter(|choice| choice.right).count();
            if choices.len() < 2 || right == 0 {
                return Err(Unexpected(format!(
                    "expected at least two choices, one or more of them right, found {}, {right} of them right",
                    choices.len()
                )));
            }
            not_too_many(choices.len())
        }
        Kind::Predict(predict) => predict.makes_sense(),
        Kind::Try(attempt) => in_percent(attempt.tolerance),
        Kind::Spot(spot) => spot.makes_sense(),
        Kind::Repair(repair) => repair.makes_sense(),
        Kind::Prose(_) | Kind::Run(_) | Kind::Code(_) => Ok(()),
    }
}

impl Predict {
    fn makes_sense(&self) -> Result<(), Unexpected> {
        let mut values = vec![&self.answer];
        values.extend(self.choices.iter().map(|choice| &choice.value));
        for value in values {
            if self.unit.read(value).is_none() {
                return Err(Unexpected(format!(
                    "expected {}, found `{value}`",
                    self.unit.example()
                )));
            }
        }
        in_percent(self.tolerance)?;
        if self.choices.len() == 1 {
            return Err(Unexpected(
                "expected no choices, or at least two".to_owned(),
            ));
        }
        not_too_many(self.choices.len())
    }
}

fn not_too_many(choices: usize) -> Result<(), Unexpected> {
    if choices > MOST_CHOICES {
        return Err(Unexpected(format!(
            "expected at most {MOST_CHOICES} choices, found {choices}"
        )));
    }
    Ok(())
}

fn in_percent(tolerance: f64) -> Result<(), Unexpected> {
    if (0.0..=100.0).contains(&tolerance) {
        return Ok(());
    }
    Err(Unexpected(format!(
        "expected a tolerance from 0 to 100 percent, found {tolerance}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# Title\n\n```toml lesson\ntitle = \"T\"\nquestion = \"Q?\"\nconcept = \"gather\"\nminutes = 5\nbelief = \"B.\"\n```\n";

    fn steps(body: &str) -> Vec<Step> {
        parse("lessons/07-gather.md", &format!("{HEAD}\n{body}"))
            .unwrap()
            .steps
    }

    #[test]
    fn a_lesson_has_a_head_a_name_and_steps() {
        let text = format!("{HEAD}\nHello *you*.\n\n- one\n- two\n");
        let lesson = parse("lessons/07-gather.md", &text).unwrap();
        assert_eq!((lesson.name.as_str(), lesson.about.minutes), ("gather", 5));
        let [step] = &lesson.steps[..] else {
            panic!("{lesson:?}")
        };
        let prose = "Hello *you*.\n\n- one\n- two";
        assert_eq!(step.kind, Kind::Prose(prose.to_owned()));
        assert_eq!(step.line, 11);
    }

    #[test]
    fn a_rule_parts_the_prose_and_a_hint_belongs_to_what_is_before_it() {
        let steps = steps(
            "One.\n\n---\n\nTwo.\n\n```text hint\nThink.\n```\n\n```sh run\nasyncdemo gather --all\n```\n",
        );
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[1].hint.as_deref(), Some("Think."));
        assert_eq!(steps[2].kind, Kind::Run("gather --all".to_owned()));
    }

    #[test]
    fn code_that_is_only_shown_stays_in_the_prose() {
        let prose = "Look:\n\n```python\nawait one()\n```";
        assert_eq!(steps(prose)[0].kind, Kind::Prose(prose.to_owned()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let quiz =
            |choices: &str| format!("```toml quiz\nquestion = \"Q?\"\nchoices = [{choices}]\n```");
        let one = quiz("{ text = \"a\", why = \"w\" }");
        let eight = quiz(&"{ text = \"a\", right = true, why = \"w\" },".repeat(8));
        for (body, expected) in [
            (
                "```toml predikt\n```",
                "11: expected one of predict, run, code, quiz, try, spot, repair, hint, notes or lesson, found `predikt`. Did you mean `predict`?",
            ),
            (
                &one,
                "11: expected at least two choices, one or more of them right, found 1, 0 of them right",
            ),
            (&eight, "11: expected at most 7 choices, found 8"),
            ("```toml code\nconcept = 3\n```", "12: "),
            (
                "```toml code\nconzept = \"gather\"\n```",
                ". Did you mean `concept`?",
            ),
            (
                "```sh run\nrm -rf /\n```",
                "11: expected one line `asyncdemo CONCEPT …`",
            ),
        ] {
            let problem = parse("07-gather.md", &format!("{HEAD}\n{body}"))
                .unwrap_err()
                .to_string();
            assert!(
                problem.starts_with("07-gather.md:1") && problem.contains(expected),
                "{problem}"
            );
        }
        let title = parse("x.md", "# Only a title\n").unwrap_err();
        assert!(title.to_string().starts_with("x.md:1: expected a"));
    }
}
