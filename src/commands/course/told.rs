//! What a check has found, for people and for programs.

use std::time::Duration;

use serde::Serialize;

use super::excerpt::excerpt;
use crate::lab::Trust;
use crate::lesson::balance::balance;
use crate::lesson::{Lesson, Predict, Problem, Repair, RepairChoice};
use crate::page::{Line, Role, Style, clean_line};
use crate::units;

const FOREIGN: &str = "Nothing but asyncdemo's own concepts is run for a course from a directory, and a knob that names a file or an address is refused. The check takes 10 minutes at most, unless --at-most says otherwise.";

/// What was found in a course.
#[derive(Debug, Default, Serialize)]
pub(super) struct Found {
    /// Whether it is somebody else's.
    foreign: bool,
    /// Whether a signal stopped the check.
    pub(super) partial: bool,
    /// What was not looked at, if the time was over first.
    #[serde(skip_serializing_if = "Option::is_none")]
    out_of_time: Option<String>,
    /// Whether links to files were looked up.
    files: bool,
    pub(super) lessons: Vec<Checked>,
    /// What is wrong with the directory.
    problems: Vec<Problem>,
}

/// What was found in a lesson.
#[derive(Debug, Default, Serialize)]
pub(super) struct Checked {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) steps: usize,
    /// How many predictions there are; each choice of a repair is one.
    #[serde(rename = "predictions_count")]
    pub(super) to_predict: usize,
    /// Those that were run.
    pub(super) predictions: Vec<Prediction>,
    pub(super) stated_minutes: u32,
    pub(super) minutes: f64,
    pub(super) took_s: f64,
    pub(super) problems: Vec<Problem>,
    /// What the lesson says, to show where it is wrong.
    #[serde(skip)]
    markdown: String,
    /// What was read.
    #[serde(skip)]
    pub(super) lesson: Option<Lesson>,
}

/// A prediction that was run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Prediction {
    line: usize,
    pub(super) run: String,
    pub(super) value: String,
    /// Of a choice of a repair, its goal, or that it misses it.
    answer: String,
    tolerance: f64,
    /// In each try: seconds, pieces, times or bytes.
    pub(super) measured: Vec<f64>,
    /// Whether the answer is what they come to.
    pub(super) holds: bool,
    /// Why it was not run: this machine has no Python for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skipped: Option<String>,
}

impl Prediction {
    pub(super) fn new(line: usize, predict: &Predict) -> Self {
        Self {
            line,
            run: predict.run.clone(),
            value: predict.value.clone(),
            answer: predict.answer.clone(),
            tolerance: predict.tolerance,
            ..Self::default()
        }
    }

    pub(super) fn of_repair(line: usize, repair: &Repair, choice: &RepairChoice) -> Self {
        let goal = &repair.goal;
        Self {
            line,
            run: choice.run.clone(),
            value: repair.value.clone(),
            answer: match choice.right {
                true => goal.clone(),
                false => format!("not {goal}"),
            },
            ..Self::default()
        }
    }
}

impl Checked {
    pub(super) fn new(file: &str, markdown: &str) -> Self {
        Self {
            markdown: markdown.to_owned(),
            file: file.to_owned(),
            name: file.to_owned(),
            ..Self::default()
        }
    }

    fn holding(&self) -> usize {
        let holding = |tested: &&Prediction| tested.holds;
        self.predictions.iter().filter(holding).count()
    }

    pub(super) fn problem(&mut self, line: usize, what: String) {
        self.problems.push(Problem::new(&self.file, line, what));
    }

    /// A line, and what is wrong beneath it.
    pub(super) fn text(&self, style: &Style) -> String {
        let tries = self.predictions.iter().map(|tested| tested.measured.len());
        let tries = tries.sum::<usize>();
        let again = if tries > self.predictions.len() {
            format!(" in {tries} tries")
        } else {
            String::new()
        };
        let figures = [
            units::count(self.steps, "step", "steps"),
            format!(
                "{} of {} predictions{again}",
                self.holding(),
                self.to_predict
            ),
            format!("{:.1} min of {}", self.minutes, self.stated_minutes),
            format!("{:.1} s", self.took_s),
        ];
        let name = style.paint(Role::Name, &format!("{:<15}", self.name));
        let line = style.encode(&format!("{name} {}\n", figures.join(" · ")));
        let skipped = self.predictions.iter().filter_map(|tested| {
            let why = tested.skipped.as_ref()?;
            Some(format!("  line {}: skipped: {why}\n", tested.line))
        });
        let skipped = style.encode(&skipped.collect::<String>());
        line + &skipped + &problems(&self.problems, &self.markdown, style)
    }
}

impl Found {
    pub(super) fn new(trust: Trust, problems: Vec<Problem>, files: bool) -> Self {
        Self {
            foreign: trust == Trust::Foreign,
            files,
            problems,
            ..Self::default()
        }
    }

    /// There is no lesson in the directory.
    pub(super) fn nothing(&mut self, folder: &str) {
        let what = "expected lessons with names like 01-waiting.md, found none";
        self.problems.push(Problem::new(folder, 1, what));
    }

    /// What gives answers away over the whole course, if all of it could be read.
    pub(super) fn weigh(&mut self, folder: &str) {
        let lessons = self.lessons.iter().map(|checked| checked.lesson.clone());
        let Some(lessons) = lessons.collect::<Option<Vec<_>>>() else {
            return;
        };
        let problems = balance(&lessons).into_iter();
        self.problems
            .extend(problems.map(|what| Problem::new(folder, 1, what)));
    }

    /// The time was over before the end.
    pub(super) fn out_of_time(&mut self, most: Duration, lessons: usize) {
        let tested: usize = self.lessons.iter().map(|one| one.predictions.len()).sum();
        let there: usize = self.lessons.iter().map(|one| one.to_predict).sum();
        self.out_of_time = Some(format!(
            "out of time: the check may take {} in all (--at-most). It came to {} of {}, and to {tested} of their {there} predictions",
            units::long(most),
            self.lessons.len(),
            units::count(lessons, "lesson", "lessons"),
        ));
    }

    pub(super) fn is_well(&self) -> bool {
        self.count() == 0 && self.out_of_time.is_none()
    }

    fn count(&self) -> usize {
        let lessons = self.lessons.iter().map(|lesson| lesson.problems.len());
        lessons.sum::<usize>() + self.problems.len()
    }

    /// What stands below the lessons.
    pub(super) fn text(&self, style: &Style) -> String {
        let mut text = problems(&self.problems, "", style);
        let lessons = units::count(self.lessons.len(), "lesson", "lessons");
        let wrong = match self.count() {
            0 => "no problems".to_owned(),
            count => units::count(count, "problem", "problems"),
        };
        let predictions: usize = self.lessons.iter().map(|lesson| lesson.to_predict).sum();
        let hold: usize = self.lessons.iter().map(Checked::holding).sum();
        let took: f64 = self.lessons.iter().map(|lesson| lesson.took_s).sum();
        // The sum of nothing is -0.0.
        let took = took + 0.0;
        text += &format!("{lessons}, {hold} of {predictions} predictions, {wrong}, {took:.1} s\n");
        if self.partial {
            text += "partial: stopped before the end\n";
        }
        if let Some(why) = &self.out_of_time {
            text += &style.filled(&Line::plain(why), "", "  ");
        }
        if !self.files {
            text += "Links to files were not looked up: only in the repository can they be.\n";
        }
        if self.foreign {
            text += &style.filled(&Line::plain(FOREIGN), "", "  ");
        }
        style.encode(&text)
    }
}

/// So many problems are shown with their lines. Somebody who has more mends these first; and for each of them the whole
/// lesson is looked through.
const SHOWN: usize = 50;

fn problems(problems: &[Problem], markdown: &str, style: &Style) -> String {
    let line = |problem: &Problem| {
        // A foreign text must not move the cursor.
        let told = clean_line(&problem.to_string());
        style.encode(&format!("  {told}\n")) + &excerpt(markdown, problem, style)
    };
    let mut text: String = problems.iter().take(SHOWN).map(line).collect();
    let more = problems.len().saturating_sub(SHOWN);
    if more > 0 {
        let more = units::count(more, "more problem", "more problems");
        text += &style.encode(&format!("  … and {more}: --format json has all of them\n"));
    }
    text
}
