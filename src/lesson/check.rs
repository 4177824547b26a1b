//! What a lesson must have, as far as it can be told without running anything.

use super::parse::Unexpected;
use super::{Answer, Excerpt, Kind, Lesson, Predict, Problem};
use crate::concepts::{self, function, region};

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
    let mut wrong = |line, what| {
        problems.push(Problem {
            file: lesson.file.clone(),
            line,
            what,
        });
    };
    if let Err(what) = concepts::find(&lesson.about.concept) {
        wrong(1, what.to_string());
    }
    for (least, kind, name) in [
        (
            2,
            counted(lesson, |kind| matches!(kind, Kind::Predict(_))),
            "predictions",
        ),
        (
            3,
            counted(lesson, |kind| matches!(kind, Kind::Quiz(_))),
            "quiz questions",
        ),
        (
            1,
            counted(lesson, |kind| matches!(kind, Kind::Try(_))),
            "`try`",
        ),
    ] {
        if kind < least {
            wrong(1, format!("expected at least {least} {name}, found {kind}"));
        }
    }
    for step in &lesson.steps {
        match &step.kind {
            Kind::Code(code) => {
                if let Err(Unexpected(what)) = shown(code) {
                    wrong(step.line, what);
                }
            }
            Kind::Predict(predict) => {
                if let Err(Unexpected(what)) = one_choice(predict) {
                    wrong(step.line, what);
                }
            }
            _ => {}
        }
    }
    problems
}

fn counted(lesson: &Lesson, is: impl Fn(&Kind) -> bool) -> usize {
    lesson.steps.iter().filter(|step| is(&step.kind)).count()
}

/// Whether the lesson takes as long as it says, with runs of so many seconds.
pub fn time(lesson: &Lesson, runs: f64) -> Vec<Problem> {
    let stated = lesson.about.minutes;
    let wrong = |what| Problem {
        file: lesson.file.clone(),
        line: 1,
        what,
    };
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

/// The choices of a prediction that are near a value.
pub fn near(predict: &Predict, value: f64) -> Vec<&str> {
    let choices = predict.choices.iter().filter(|choice| {
        let read = predict.unit.read(&choice.value);
        let unit = predict.unit;
        read.is_some_and(|read| Answer { value: read, unit }.is_near(value, predict.tolerance))
    });
    choices.map(|choice| choice.text.as_str()).collect()
}

/// Of the choices, where there are any, one and only one is the answer.
fn one_choice(predict: &Predict) -> Result<(), Unexpected> {
    let Some(value) = predict.unit.read(&predict.answer) else {
        return Ok(());
    };
    let near = near(predict, value);
    if predict.choices.is_empty() || near.len() == 1 {
        return Ok(());
    }
    Err(Unexpected(format!(
        "expected one choice within {} % of the answer {}, found {}",
        predict.tolerance,
        predict.answer,
        listed(&near)
    )))
}

/// `none`, or the texts in quotes.
pub fn listed(texts: &[&str]) -> String {
    if texts.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<_> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(" and ")
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
