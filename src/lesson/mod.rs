//! Lessons: what a learner predicts, runs, looks at, and is told.
//!
//! A lesson is a Markdown file that reads well on any forge. Its steps are its prose and its fenced
//! blocks; the second word after the fence says what a block is: ```` ```toml predict ````.

mod answer;
pub mod check;
pub mod course;
mod judge;
mod links;
mod name;
mod parse;
mod trial;
mod unshown;
mod utf8;

use serde::Deserialize;

pub use answer::{Answer, Unit, value};
pub use judge::{Guess, Mark, RUNS, Verdict};
pub use links::links;
pub use parse::{Problem, parse};
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
            minutes: _,
        } = &mut self.about;
        let mut texts = vec![title, question, concept, belief];
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
                    } = turn;
                    texts.extend([question, run, knob, suggest, why]);
                }
            }
        }
        for text in texts {
            *text = clean(text);
        }
        self
    }

    /// Whether one of its runs is of this concept.
    pub(crate) fn shows(&self, concept: &str) -> bool {
        let mut lines = self.steps.iter().filter_map(Step::command);
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
    /// lesson suggests.
    pub fn command(&self) -> Option<String> {
        match &self.kind {
            Kind::Run(line) => Some(line.clone()),
            Kind::Predict(predict) => Some(predict.run.clone()),
            Kind::Try(attempt) => Some(attempt.with(&attempt.suggest)),
            Kind::Prose(_) | Kind::Code(_) | Kind::Quiz(_) => None,
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
}

/// What will be measured?
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// What is asked.
    pub question: String,
    /// The command line that is run, without the program's name.
    pub run: String,
    /// Where in its report the answer is: `join.wall_s`.
    pub value: String,
    /// What is typed and measured.
    pub unit: Unit,
    /// What the measurement should come to: the course check compares.
    pub answer: String,
    /// How far an answer may be from the measurement and still be right, in percent of it.
    pub tolerance: f64,
    /// Answers to choose from. Without them the value itself is asked for.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// Where chance decides: in how many percent of the runs, at least, it comes to the answer.
    pub share: Option<f64>,
    /// Said after the run, whatever was answered.
    pub why: String,
}

/// An answer to choose: right if its value is what was measured.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// As shown.
    pub text: String,
    /// What it stands for.
    pub value: String,
}

/// A region of a concept, or its Python twin.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excerpt {
    /// Whose source.
    pub concept: String,
    /// Which region. Without it, the Python twin.
    pub strategy: Option<String>,
}

/// A question with choices, each with its why.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiz {
    /// What is asked.
    pub question: String,
    /// At least two, one or more of them right.
    pub choices: Vec<QuizChoice>,
}

/// One choice of a quiz.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuizChoice {
    /// As shown.
    pub text: String,
    /// Whether it is right.
    #[serde(default)]
    pub right: bool,
    /// Why it is, or why not.
    pub why: String,
}

/// Something to change, and to see what becomes of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Try {
    /// What will happen?
    pub question: String,
    /// The command line without the knob and without the program's name.
    pub run: String,
    /// The knob, as `--delays`.
    pub knob: String,
    /// A value worth trying.
    pub suggest: String,
    /// Said after the run.
    pub why: String,
}

impl Try {
    /// The command line with the knob at `value`, which is one word whatever it holds.
    pub fn with(&self, value: &str) -> String {
        let Self { run, knob, .. } = self;
        if value.is_empty() {
            return format!("{run} {knob}");
        }
        // Only a NUL cannot be quoted, and no knob takes one.
        let quoted = shlex::try_quote(value).unwrap_or_default();
        format!("{run} {knob}={quoted}")
    }
}
