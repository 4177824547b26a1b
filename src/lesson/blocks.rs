//! The blocks of a lesson, as TOML has them.

use serde::Deserialize;

use super::Unit;

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
    /// Whether it is what many believe, and so not right.
    #[serde(default)]
    pub belief: bool,
}

/// A region of a concept, or its Python twin.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excerpt {
    /// Whose source.
    pub concept: String,
    /// Which region. Without it, the Python twin.
    pub strategy: Option<String>,
    /// Whether the strategy's function in the Python twin is meant.
    #[serde(default)]
    pub python: bool,
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
    /// Where in the report the answer is: `join.wall_s`.
    pub value: String,
    /// What is typed and measured.
    pub unit: Unit,
    /// How far an answer may be from the measurement and still be right, in percent of it.
    #[serde(default = "a_fifth")]
    pub tolerance: f64,
}

fn a_fifth() -> f64 {
    20.0
}

/// What a piece of code in a lesson is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeLanguage {
    /// What a learner comes from.
    #[default]
    Python,
    /// What the program is written in.
    Rust,
}

/// A line to find in code: which one is at fault?
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// What is asked.
    pub question: String,
    /// The code. Without it, that of `concept` is shown.
    pub code: Option<String>,
    /// What `code` is written in.
    #[serde(default)]
    pub language: CodeLanguage,
    /// Whose source.
    pub concept: Option<String>,
    /// Which region of it. Without it, the Python twin.
    pub strategy: Option<String>,
    /// Whether the strategy's function in the Python twin is meant.
    #[serde(default)]
    pub python: bool,
    /// From which lines to choose: one of them is right.
    pub lines: Vec<SpotLine>,
}

/// A line that may be chosen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpotLine {
    /// The line, or a part that no other line has.
    pub line: String,
    /// Whether it is the one.
    #[serde(default)]
    pub right: bool,
    /// Why it is, or why not.
    pub why: String,
}

/// Code with a hole, and what may stand in it. What is chosen is run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// What is asked.
    pub question: String,
    /// The code, with `____` where something is to stand.
    pub code: String,
    /// What it is written in.
    #[serde(default)]
    pub language: CodeLanguage,
    /// Which field of the strategy that a choice runs decides: `wall_s`, `metrics.lost_count`.
    pub value: String,
    /// What it is measured in.
    pub unit: Unit,
    /// What it should come to: `at most 300ms`, `at least 2x`, `exactly 0`.
    pub goal: String,
    /// What may stand in the hole.
    pub choices: Vec<RepairChoice>,
}

/// What may stand in the hole of a repair.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepairChoice {
    /// The code for the hole: a line, or a few.
    pub text: String,
    /// The command line of the run that it stands for, with one strategy.
    pub run: String,
    /// Whether that meets the goal.
    #[serde(default)]
    pub right: bool,
    /// Said after the run.
    pub why: String,
}

impl Try {
    /// What is predicted of the run with the knob at `value`. No answer is stated: the run decides.
    pub fn predict(&self, value: &str) -> Predict {
        Predict {
            question: self.question.clone(),
            run: self.with(value),
            value: self.value.clone(),
            unit: self.unit,
            answer: String::new(),
            tolerance: self.tolerance,
            choices: Vec::new(),
            // Whatever the run comes to is no disturbance: nobody knows what it should be.
            share: Some(0.0),
            why: self.why.clone(),
        }
    }

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
