//! Lessons: what a learner predicts, runs, looks at, and is told.
//!
//! A lesson is a Markdown file that reads well on any forge. Its steps are its prose and its fenced
//! blocks; the second word after the fence says what a block is: ```` ```toml predict ````.

mod answer;
pub mod balance;
mod blocks;
pub mod check;
mod choices;
pub mod course;
mod excerpt;
mod judge;
mod links;
mod name;
mod order;
mod parse;
mod repair;
mod spot;
mod trial;
mod unshown;
mod utf8;

use serde::Deserialize;

pub use answer::{Answer, Unit, value};
pub use blocks::{
    Choice, CodeLanguage, Excerpt, Predict, Quiz, QuizChoice, Repair, RepairChoice, Spot, SpotLine,
    Try,
};
pub use excerpt::shown;
pub use judge::{Guess, Mark, RUNS, Verdict};
pub use links::links;
pub use order::order;
pub use parse::{Problem, parse};
pub use repair::{RepairTrial, Repaired};
pub use trial::Trial;
pub use unshown::unshown;
pub use utf8::{NotUtf8, utf8};

/// Of a question. Their letters, a to g, are nothing but answers: `h` and those behind it may be keys.
pub const MOST_CHOICES: usize = 7;

/// A lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// The file's name, for messages.
    pub file: String,
    /// What it is called on the command line: the file's name without number and ending.
    pub name: String,
    /// What stands at its head.
    pub about: Head,
    /// In the order of the file.
    pub steps: Vec<Step>,
}

impl Lesson {
    /// The file's name without its folder and its ending: `07-gather`.
    pub fn stem(&self) -> &str {
        name::stem(&self.file)
    }

    /// With each of its texts as `clean` makes it: whoever wrote them, a terminal will show them.
    pub(crate) fn cleaned(mut self, clean: fn(&str) -> String) -> Self {
        let Head {
            title,
            question,
            concept,
            belief,
            course,
            minutes: _,
        } = &mut self.about;
        let mut texts = vec![title, question, concept, belief];
        texts.extend(course);
        for step in &mut self.steps {
            texts.extend(step.hint.iter_mut().chain(&mut step.notes));
            match &mut step.kind {
                Kind::Prose(text) | Kind::Run(text) => texts.push(text),
                Kind::Code(excerpt) => {
                    texts.push(&mut excerpt.concept);
                    texts.extend(&mut excerpt.strategy);
                }
                Kind::Predict(predict) => {
                    let choices = predict.choices.iter_mut();
                    texts.extend(choices.flat_map(|choice| [&mut choice.text, &mut choice.value]));
                    let Predict {
                        question,
                        run,
                        value,
                        answer,
                        why,
                        ..
                    } = predict;
                    texts.extend([question, run, value, answer, why]);
                }
                Kind::Quiz(quiz) => {
                    let choices = quiz.choices.iter_mut();
                    texts.extend(choices.flat_map(|choice| [&mut choice.text, &mut choice.why]));
                    texts.push(&mut quiz.question);
                }
                Kind::Try(turn) => {
                    let Try {
                        question,
                        run,
                        knob,
                        suggest,
                        why,
                        value,
                        unit: _,
                        tolerance: _,
                    } = turn;
                    texts.extend([question, run, knob, suggest, why, value]);
                }
                Kind::Spot(spot) => {
                    let lines = spot.lines.iter_mut();
                    texts.extend(lines.flat_map(|line| [&mut line.line, &mut line.why]));
                    texts.push(&mut spot.question);
                    texts.extend(spot.code.iter_mut().chain(&mut spot.concept));
                    texts.extend(&mut spot.strategy);
                }
                Kind::Repair(repair) => {
                    for choice in &mut repair.choices {
                        let RepairChoice { text, run, why, .. } = choice;
                        texts.extend([text, run, why]);
                    }
                    let Repair {
                        question,
                        code,
                        value,
                        goal,
                        ..
                    } = repair;
                    texts.extend([question, code, value, goal]);
                }
            }
        }
        for text in texts {
            *text = clean(text);
        }
        self
    }

    /// Whether code that is shown at this step stands above a question, which its comments would answer: between them
    /// is nothing but words and other code.
    pub fn withholds(&self, at: usize) -> bool {
        let mut after = self.steps.iter().skip(at + 1);
        let reads = |step: &&Step| matches!(step.kind, Kind::Prose(_) | Kind::Code(_));
        after.find(|step| !reads(step)).is_some_and(Step::asks)
    }

    /// Whether one of its runs is of this concept.
    pub(crate) fn shows(&self, concept: &str) -> bool {
        let mut lines = self.steps.iter().flat_map(Step::commands);
        lines.any(|line| line.split_whitespace().next() == Some(concept))
    }
}

/// The head of a lesson: its first block, `toml lesson`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// A few words.
    pub title: String,
    /// The learner's question that it answers.
    pub question: String,
    /// The concept that it plays with.
    pub concept: String,
    /// How long it takes.
    pub minutes: u32,
    /// What many believe before.
    pub belief: String,
    /// What the course is called that it begins: under that name a learner's progress is kept.
    pub course: Option<String>,
}

/// A piece of a lesson that is shown at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where it begins in its file.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
    /// For who is stuck: a `text hint` block behind it.
    pub hint: Option<String>,
    /// For whoever presents it: a `text notes` block behind it.
    pub notes: Option<String>,
}

impl Step {
    /// The command line that it runs, without the program's name. A knob to turn stands where the
    /// lesson suggests; of several to choose from it is the first.
    pub fn command(&self) -> Option<String> {
        self.commands().into_iter().next()
    }

    /// Every command line that it may run, as [`Step::command`] has it.
    pub fn commands(&self) -> Vec<String> {
        match &self.kind {
            Kind::Run(line) => vec![line.clone()],
            Kind::Predict(predict) => vec![predict.run.clone()],
            Kind::Try(attempt) => vec![attempt.with(&attempt.suggest)],
            Kind::Repair(repair) => {
                let choices = repair.choices.iter();
                choices.map(|choice| choice.run.clone()).collect()
            }
            Kind::Prose(_) | Kind::Code(_) | Kind::Quiz(_) | Kind::Spot(_) => Vec::new(),
        }
    }

    /// Whether it asks something whose answer code above it might give away.
    pub fn asks(&self) -> bool {
        match &self.kind {
            Kind::Prose(_) | Kind::Run(_) | Kind::Code(_) => false,
            Kind::Predict(_) | Kind::Quiz(_) | Kind::Try(_) => true,
            Kind::Spot(_) | Kind::Repair(_) => true,
        }
    }

    /// The Markdown in its blocks, where TOML does not say on which line it stands. What stands between the blocks
    /// is in the file itself.
    fn texts_of_blocks(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = match &self.kind {
            Kind::Prose(_) | Kind::Run(_) | Kind::Code(_) => Vec::new(),
            Kind::Predict(predict) => {
                let choices = predict.choices.iter().map(|choice| choice.text.as_str());
                choices
                    .chain([predict.question.as_str(), &predict.why])
                    .collect()
            }
            Kind::Quiz(quiz) => {
                let choices = quiz.choices.iter();
                let texts = choices.flat_map(|choice| [choice.text.as_str(), &choice.why]);
                texts.chain([quiz.question.as_str()]).collect()
            }
            Kind::Try(turn) => vec![&turn.question, &turn.why],
            Kind::Spot(spot) => {
                let whys = spot.lines.iter().map(|line| line.why.as_str());
                whys.chain([spot.question.as_str()]).collect()
            }
            Kind::Repair(repair) => {
                let whys = repair.choices.iter().map(|choice| choice.why.as_str());
                whys.chain([repair.question.as_str()]).collect()
            }
        };
        texts.extend(self.hint.iter().chain(&self.notes).map(String::as_str));
        texts
    }
}

/// What a step is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Markdown.
    Prose(String),
    /// A question before a run.
    Predict(Predict),
    /// A run to look at: a command line of this program, without its name.
    Run(String),
    /// Source to look at.
    Code(Excerpt),
    /// A question with choices.
    Quiz(Quiz),
    /// A knob to turn.
    Try(Try),
    /// A line to find.
    Spot(Spot),
    /// A line to replace.
    Repair(Repair),
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::report::{Report, Seconds};

    /// A run of `gather`, as it was recorded.
    pub(super) fn recorded() -> Report {
        serde_json::from_str(include_str!("../../examples/gather.json")).unwrap()
    }

    /// The same, with `join` at so many seconds.
    pub(super) fn with_join_at(seconds: f64) -> Report {
        let mut report = recorded();
        let join = report.strategies.iter_mut().find(|one| one.name == "join");
        join.unwrap().wall_s = vec![Seconds(Duration::from_secs_f64(seconds))];
        report
    }
}
