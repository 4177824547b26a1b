//! What a lesson must have, as far as it can be told without running anything.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::choices;
use super::parse::Unexpected;
use super::{Excerpt, Kind, Lesson, Predict, Problem};
use crate::concepts::{self, function, region};

/// With which words a lesson comes to the reader's own program.
const AT_HOME: &str = "In your project";

/// What a learner reads in a minute.
const WORDS_A_MINUTE: f64 = 200.0;
/// What a learner thinks about a question.
const SECONDS_A_QUESTION: f64 = 20.0;
/// How long a lesson may take.
const MINUTES: std::ops::RangeInclusive<u32> = 5..=12;

/// How much there is to read and to answer in a lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Words, those of the code that is shown among them. Hints and notes are not for everybody.
    pub words: usize,
    /// Predictions, quiz questions and knobs to turn.
    pub questions: usize,
}

impl Reading {
    /// Of a lesson.
    pub fn of(lesson: &Lesson) -> Self {
        let mut reading = Self::default();
        for step in &lesson.steps {
            let (question, texts) = match &step.kind {
                Kind::Prose(text) => (0, vec![text.as_str()]),
                Kind::Run(line) => (0, vec![line.as_str()]),
                Kind::Code(code) => (0, vec![shown(code).unwrap_or_default()]),
                Kind::Predict(Predict {
                    question,
                    choices,
                    why,
                    ..
                }) => {
                    let mut texts = vec![question.as_str(), why];
                    texts.extend(choices.iter().map(|choice| choice.text.as_str()));
                    (1, texts)
                }
                Kind::Quiz(quiz) => {
                    let mut texts = vec![quiz.question.as_str()];
                    for choice in &quiz.choices {
                        texts.extend([choice.text.as_str(), &choice.why]);
                    }
                    (1, texts)
                }
                Kind::Try(turn) => (1, vec![turn.question.as_str(), &turn.why]),
                Kind::Spot(spot) => {
                    let mut texts = vec![spot.question.as_str()];
                    texts.extend(spot.code.as_deref());
                    texts.extend(spot.lines.iter().map(|line| line.why.as_str()));
                    (1, texts)
                }
                // Of its choices one is run, or two.
                Kind::Repair(repair) => {
                    let mut texts = vec![repair.question.as_str(), &repair.code];
                    for choice in &repair.choices {
                        texts.push(&choice.text);
                    }
                    texts.extend(repair.choices.iter().take(2).map(|it| it.why.as_str()));
                    (1, texts)
                }
            };
            reading.questions += question;
            let words = texts.iter().map(|text| text.split_whitespace().count());
            reading.words += words.sum::<usize>();
        }
        reading
    }

    /// How many minutes that takes, with runs of so many seconds.
    pub fn minutes(&self, runs: f64) -> f64 {
        let answering = self.questions as f64 * SECONDS_A_QUESTION;
        self.words as f64 / WORDS_A_MINUTE + (answering + runs) / 60.0
    }
}

/// The source that a `code` block shows.
fn shown(code: &Excerpt) -> Result<&'static str, Unexpected> {
    let about = concepts::find(&code.concept)
        .map_err(|why| Unexpected(why.to_string()))?
        .about;
    match &code.strategy {
        Some(name) if code.python => function(about.twin, name).ok_or_else(|| {
            Unexpected(format!(
                "expected a function in {} called as the strategy `{name}`, found none",
                about.python_file
            ))
        }),
        None => Ok(about.twin),
        Some(name) => region(about.source, name).map_err(|error| {
            Unexpected(format!(
                "expected a strategy of `{}`, or `workload`: {error}",
                about.name
            ))
        }),
    }
}

/// What is wrong with a lesson, whatever its runs may show.
pub fn content(lesson: &Lesson) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |line, what: String| problems.push(Problem::new(&lesson.file, line, what));
    if let Err(what) = concepts::find(&lesson.about.concept) {
        wrong(1, what.to_string());
    }
    let kinds = || lesson.steps.iter().map(|step| &step.kind);
    let counted = |is: fn(&Kind) -> bool| kinds().filter(|kind| is(kind)).count();
    let predictions = counted(|it| matches!(it, Kind::Predict(_)));
    let quizzes = counted(|it| matches!(it, Kind::Quiz(_)));
    let tries = counted(|it| matches!(it, Kind::Try(_)));
    let spots = counted(|it| matches!(it, Kind::Spot(_)));
    for (least, name, found) in [
        (2, "predictions", predictions),
        (3, "quiz questions", quizzes),
        (1, "`try`", tries),
        (1, "`spot`", spots),
    ] {
        if found < least {
            let what = format!("expected at least {least} {name}, found {found}");
            wrong(1, what);
        }
    }
    if !kinds().any(|kind| matches!(kind, Kind::Prose(text) if has_heading(text))) {
        let what = format!("expected a section with the heading `{AT_HOME}`, found none");
        wrong(1, what);
    }
    for step in &lesson.steps {
        let checked = match &step.kind {
            Kind::Code(code) => shown(code).map(|_| ()),
            Kind::Predict(predict) => choices::of(predict),
            Kind::Quiz(quiz) => {
                choices::distinct(quiz.choices.iter().map(|choice| choice.text.as_str()))
            }
            Kind::Repair(repair) => {
                choices::distinct(repair.choices.iter().map(|choice| choice.text.as_str()))
            }
            _ => Ok(()),
        };
        if let Err(Unexpected(what)) = checked {
            wrong(step.line, what);
        }
    }
    problems
}

fn has_heading(markdown: &str) -> bool {
    let mut heading: Option<String> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) => heading
                .iter_mut()
                .for_each(|heading| heading.push_str(&text)),
            Event::End(TagEnd::Heading(_))
                if heading
                    .take()
                    .is_some_and(|heading| heading.trim() == AT_HOME) =>
            {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// Whether the lesson takes as long as it says, with runs of so many seconds.
pub fn time(lesson: &Lesson, runs: f64) -> Vec<Problem> {
    let stated = lesson.about.minutes;
    let wrong = |what: String| Problem::new(&lesson.file, 1, what);
    let mut problems = Vec::new();
    if !MINUTES.contains(&stated) {
        problems.push(wrong(format!(
            "expected from {} to {} minutes, found {stated}",
            MINUTES.start(),
            MINUTES.end()
        )));
    }
    let reading = Reading::of(lesson);
    let minutes = reading.minutes(runs);
    let (least, most) = (f64::from(stated) * 0.5, f64::from(stated) * 1.5);
    if !(least..=most).contains(&minutes) {
        problems.push(wrong(format!(
            "expected {least:.1} to {most:.1} minutes of work in a lesson of {stated}, found {minutes:.1}: {} words, {} questions, runs of {runs:.1} s",
            reading.words, reading.questions
        )));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::course::builtin;

    #[test]
    fn the_lessons_in_this_program_have_what_a_lesson_must_have() {
        let lessons = builtin().unwrap().iter();
        let problems: Vec<_> = lessons.flat_map(content).collect();
        assert_eq!(problems, []);
    }

    #[test]
    fn reading_is_words_questions_and_runs() {
        let reading = Reading {
            words: 400,
            questions: 6,
        };
        assert!((reading.minutes(30.0) - 4.5).abs() < 1e-9);
    }
}
