//! What a check has found, for people and for programs.

use serde::{Serialize, Serializer};

use super::Trust;
use crate::lesson::{Predict, Problem};
use crate::render::{Paint, Style};
use crate::units;

/// What was found in a course.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    /// Whether it is somebody else's.
    foreign: bool,
    /// Whether a signal stopped the check.
    pub(super) partial: bool,
    pub(super) lessons: Vec<Checked>,
    /// What is wrong with the directory.
    #[serde(serialize_with = "all")]
    problems: Vec<Problem>,
}

/// What was found in a lesson.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) steps: usize,
    pub(super) predictions: Vec<Prediction>,
    pub(super) stated_minutes: u32,
    pub(super) minutes: f64,
    pub(super) took_s: f64,
    #[serde(serialize_with = "all")]
    pub(super) problems: Vec<Problem>,
}

/// A prediction that was run.
#[derive(Debug, Serialize)]
pub(super) struct Prediction {
    line: usize,
    run: String,
    value: String,
    answer: String,
    tolerance: f64,
    /// In each try: seconds, pieces, times or bytes.
    pub(super) measured: Vec<f64>,
    /// Whether the answer was near the last of them.
    pub(super) holds: bool,
}

impl Prediction {
    pub(super) fn new(line: usize, predict: &Predict) -> Self {
        Self {
            line,
            run: predict.run.clone(),
            value: predict.value.clone(),
            answer: predict.answer.clone(),
            tolerance: predict.tolerance,
            measured: Vec::new(),
            holds: false,
        }
    }
}

impl Checked {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            name: file.to_owned(),
            steps: 0,
            predictions: Vec::new(),
            stated_minutes: 0,
            minutes: 0.0,
            took_s: 0.0,
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, line: usize, what: String) {
        let file = self.file.clone();
        self.problems.push(Problem { file, line, what });
    }

    /// A line, and what is wrong beneath it.
    pub(super) fn text(&self, style: &Style) -> String {
        let tries: usize = self
            .predictions
            .iter()
            .map(|prediction| prediction.measured.len())
            .sum();
        let hold = self
            .predictions
            .iter()
            .filter(|prediction| prediction.holds)
            .count();
        let again = if tries > self.predictions.len() {
            format!(" in {tries} tries")
        } else {
            String::new()
        };
        let figures = [
            units::count(self.steps, "step", "steps"),
            format!(
                "{hold} of {} predictions hold{again}",
                self.predictions.len()
            ),
            format!("{:.1} min, says {}", self.minutes, self.stated_minutes),
            format!("checked in {:.1} s", self.took_s),
        ];
        let name = style.paint(Paint::Name, &format!("{:<18}", self.name));
        let line = style.encode(&format!("{name} {}\n", figures.join(" · ")));
        line + &problems(&self.problems, style)
    }
}

impl Found {
    pub(super) fn new(trust: Trust, problems: Vec<Problem>) -> Self {
        Self {
            foreign: trust == Trust::Foreign,
            partial: false,
            lessons: Vec::new(),
            problems,
        }
    }

    /// There is no lesson in the directory.
    pub(super) fn nothing(&mut self, folder: &str) {
        self.problems.push(Problem {
            file: folder.to_owned(),
            line: 1,
            what: "expected lessons with names like 01-waiting.md, found none".to_owned(),
        });
    }

    pub(super) fn is_well(&self) -> bool {
        self.count() == 0
    }

    fn count(&self) -> usize {
        let lessons = self.lessons.iter().map(|lesson| lesson.problems.len());
        lessons.sum::<usize>() + self.problems.len()
    }

    /// What stands below the lessons.
    pub(super) fn text(&self, style: &Style) -> String {
        let mut text = problems(&self.problems, style);
        let lessons = units::count(self.lessons.len(), "lesson", "lessons");
        let wrong = match self.count() {
            0 => "no problems".to_owned(),
            count => units::count(count, "problem", "problems"),
        };
        let took: f64 = self.lessons.iter().map(|lesson| lesson.took_s).sum();
        text += &format!("{lessons}, {wrong}, {took:.1} s\n");
        if self.partial {
            text += "partial: stopped before the end\n";
        }
        if self.foreign {
            text += "A course of somebody else's: nothing but asyncdemo's own concepts was run, and no knob that\n  names a file or an address.\n";
        }
        style.encode(&text)
    }
}

fn problems(problems: &[Problem], style: &Style) -> String {
    let line = |problem: &Problem| {
        // A foreign text must not move the cursor.
        let told: String = problem
            .to_string()
            .chars()
            .map(|sign| if sign.is_control() { ' ' } else { sign })
            .collect();
        style.encode(&format!("  {told}\n"))
    };
    problems.iter().map(line).collect()
}

#[derive(Serialize)]
struct Told<'a> {
    file: &'a str,
    line: usize,
    what: &'a str,
}

fn all<S: Serializer>(problems: &[Problem], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(problems.iter().map(|Problem { file, line, what }| Told {
        file,
        line: *line,
        what,
    }))
}
