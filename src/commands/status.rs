//! `asyncdemo status`: what of the lessons is done, and how well.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use serde::Serialize;

use super::run::Ending;
use super::screen::{FormatFlag, Screen, TextOrJson, print, print_json};
use crate::lesson::{Problem, course};
use crate::page::{Line, Role, Style, fit, in_columns, to_ansi, wrap};
use crate::progress::{self, LessonProgress, Progress, Refused, Score};
use crate::units;

/// What may be asked of it.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// How it is written.
    #[command(flatten)]
    pub output: FormatFlag,

    /// Where the progress is kept
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// A lesson that there is.
#[derive(Clone, Copy, Debug)]
pub struct Outline<'a> {
    /// As it is called on the command line.
    pub name: &'a str,
    /// A few words.
    pub title: &'a str,
    /// How many steps it has.
    pub steps: usize,
}

/// The lessons that there are.
///
/// # Errors
/// A lesson that cannot be played. A test parses them all, so a user never meets it.
pub fn course() -> Result<Vec<Outline<'static>>, Problem> {
    let lessons = course::builtin()?.iter();
    let outlines = lessons.map(|lesson| Outline {
        name: &lesson.name,
        title: &lesson.about.title,
        steps: lesson.steps.len(),
    });
    Ok(outlines.collect())
}

/// `asyncdemo status`.
///
/// # Errors
/// Where the progress cannot be read, or standard output cannot be written.
pub fn status(options: &Options, lessons: &[Outline<'_>], screen: &Screen) -> Result<Ending> {
    let told = StatusReport::read(options.data_dir.as_deref(), lessons)?;
    match options.output.format {
        TextOrJson::Text => print(&told.text(&screen.out()))?,
        TextOrJson::Json => print_json(&serde_json::to_string(&told)?)?,
    }
    Ok(Ending::Done)
}

/// The whole of `--format json`.
#[derive(Debug, Serialize)]
struct StatusReport {
    schema: &'static str,
    lessons: Vec<Row>,
    total: Row,
    /// How many questions are to be reviewed now.
    due_count: usize,
}

/// A lesson, or all of them.
#[derive(Debug, Default, Serialize)]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    done_count: usize,
    steps_count: usize,
    predictions: Score,
    quiz: Score,
    spent_s: f64,
    /// Whether all of it was finished once.
    finished: bool,
    /// How many questions come back for review, now or later.
    to_review_count: usize,
}

impl StatusReport {
    /// Makes nothing: who only looks leaves no file behind.
    fn read(given: Option<&Path>, lessons: &[Outline<'_>]) -> Result<Self, Refused> {
        let directory = progress::directory(given)?;
        let (found, due_count) = match Progress::open_existing(&directory)? {
            Some(progress) => (progress.lessons()?, progress.due(SystemTime::now())?.len()),
            None => (Vec::new(), 0),
        };
        Ok(Self::of(lessons, found, due_count))
    }

    fn of(lessons: &[Outline<'_>], mut found: Vec<LessonProgress>, due_count: usize) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        for outline in lessons {
            let at = found.iter().position(|one| one.lesson == outline.name);
            let one = at.map(|at| found.remove(at)).unwrap_or_default();
            rows.push(Row::new(outline, &one));
        }
        // Lessons that have gone since: what was done of them is done.
        rows.extend(found.iter().map(|one| {
            let outline = Outline {
                name: &one.lesson,
                title: "",
                steps: one.steps,
            };
            Row::new(&outline, one)
        }));
        let mut total = Row {
            finished: !rows.is_empty(),
            ..Row::default()
        };
        for row in &rows {
            total.done_count += row.done_count;
            total.steps_count += row.steps_count;
            for (sum, score) in [
                (&mut total.predictions, row.predictions),
                (&mut total.quiz, row.quiz),
            ] {
                sum.right += score.right;
                sum.asked += score.asked;
            }
            total.spent_s += row.spent_s;
            total.finished &= row.finished;
            total.to_review_count += row.to_review_count;
        }
        Self {
            schema: "asyncdemo.status/1",
            lessons: rows,
            total,
            due_count,
        }
    }

    fn text(&self, style: &Style) -> String {
        let mut lines = Vec::new();
        if !self.lessons.is_empty() {
            let wide = style.width >= 64;
            let head = ["lesson", "steps", "predictions", "quiz", "time"];
            let head = head.map(|text| Line::of(Role::Dim, text)).to_vec();
            let rows = self.lessons.iter().chain([&self.total]);
            let rows = rows.map(|row| row.cells(wide)).collect();
            lines = in_columns(
                Some(head).filter(|_| wide),
                rows,
                style.width.saturating_sub(2),
            );
            lines.extend([Line::default(), self.bar(style), Line::default()]);
        }
        let none = Line::default();
        let width = style.width.max(20) - 2;
        lines.extend(wrap(&Line::plain(&self.next()), width, &none, &none));
        let lines: Vec<_> = lines.iter().map(|line| line.indented(2)).collect();
        to_ansi(&lines, style)
    }

    /// How much of all is done.
    fn bar(&self, style: &Style) -> Line {
        let (done, steps) = (self.total.done_count, self.total.steps_count);
        let cells = style.width.saturating_sub(14).clamp(4, 50);
        // Full only when all is done, and not empty when something is.
        let filled = match done {
            0 => 0,
            _ => (cells * done / steps.max(1)).clamp(1, cells),
        };
        let (full, empty) = if style.ascii {
            ("#", ".")
        } else {
            ("█", "░")
        };
        Line::of(Role::Name, &full.repeat(filled))
            .with(Role::Dim, &empty.repeat(cells - filled))
            .with(Role::Plain, &format!(" {} %", 100 * done / steps.max(1)))
    }

    /// What to do now.
    fn next(&self) -> String {
        if self.total.spent_s == 0.0 && self.total.done_count == 0 {
            return "Nothing is done yet: asyncdemo learn begins.".to_owned();
        }
        let on = if self.total.finished {
            "All lessons are done."
        } else {
            "asyncdemo learn goes on."
        };
        let review = match (self.total.to_review_count, self.due_count) {
            (0, _) => String::new(),
            (later, 0) => format!(
                " What you missed comes back for review: {}, and none today.",
                units::count(later, "question", "questions")
            ),
            (all, now) => format!(
                " asyncdemo review asks again what you missed: {} now, of {}.",
                units::whole(now),
                units::count(all, "question", "questions")
            ),
        };
        format!("{on}{review}")
    }
}

impl Row {
    fn new(outline: &Outline<'_>, one: &LessonProgress) -> Self {
        Self {
            name: Some(outline.name.to_owned()),
            title: Some(outline.title.to_owned()),
            // It may have had more steps when it was played.
            done_count: match one.finished {
                true => outline.steps,
                false => one.done.min(outline.steps),
            },
            steps_count: outline.steps,
            predictions: one.predictions,
            quiz: one.quiz,
            spent_s: one.spent.as_secs_f64(),
            finished: one.finished,
            to_review_count: one.to_review,
        }
    }

    /// Its name and its figures, side by side where there is room for that.
    fn cells(&self, wide: bool) -> Vec<Line> {
        let words = |score: Score| match score.asked {
            0 => "-".to_owned(),
            asked => format!("{} of {asked}", score.right),
        };
        let name = fit(self.name.as_deref().unwrap_or("total"), 24);
        let name = Line::of(Role::Name, name.trim_end());
        let steps = format!("{} of {}", self.done_count, self.steps_count);
        let (predictions, quiz) = (words(self.predictions), words(self.quiz));
        let time = spent(self.spent_s);
        if !wide {
            let all = format!("{steps} steps, predictions {predictions}, quiz {quiz}, {time}");
            return vec![name, Line::plain(&all)];
        }
        let role = match self.spent_s > 0.0 {
            true => Role::Plain,
            false => Role::Dim,
        };
        let figures = [steps, predictions, quiz, time];
        let figures = figures.iter().map(|figure| Line::of(role, figure));
        [name].into_iter().chain(figures).collect()
    }
}

/// Minutes: a lesson takes some.
fn spent(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds)
        .unwrap_or_default()
        .as_secs();
    match (whole / 3600, whole / 60 % 60) {
        (0, 0) if seconds > 0.0 => format!("{whole} s"),
        (0, 0) => "-".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{} h {minutes} min", units::whole(hours as usize)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSONS: [Outline<'_>; 3] = [
        outline("what-async-is", 9),
        outline("gather", 12),
        outline("limits", 7),
    ];

    const fn outline(name: &str, steps: usize) -> Outline<'_> {
        Outline {
            name,
            title: "",
            steps,
        }
    }

    fn found() -> Vec<LessonProgress> {
        let score = |right, asked| Score { right, asked };
        let one = |lesson: &str, done, finished, spent| LessonProgress {
            lesson: lesson.to_owned(),
            done,
            steps: 20,
            spent: Duration::from_secs(spent),
            finished,
            ..LessonProgress::default()
        };
        vec![
            LessonProgress {
                predictions: score(1, 2),
                quiz: score(0, 1),
                to_review: 2,
                ..one("gather", 15, false, 59)
            },
            one("old\u{1b}[2J", 2, false, 1),
            LessonProgress {
                predictions: score(2, 2),
                quiz: score(3, 3),
                ..one("what-async-is", 20, true, 4_000)
            },
        ]
    }

    fn text(told: &StatusReport, width: usize, ascii: bool) -> String {
        let out = Style {
            width,
            ascii,
            ..Style::default()
        };
        told.text(&out)
    }

    #[test]
    fn the_lessons_in_their_order_and_a_bar_over_all() {
        let told = StatusReport::of(&LESSONS, found(), 1);
        assert_eq!(
            text(&told, 80, false),
            "  lesson         steps     predictions  quiz    time
  what-async-is  9 of 9    2 of 2       3 of 3  1 h 6 min
  gather         12 of 12  1 of 2       0 of 1  59 s
  limits         0 of 7    -            -       -
  old [2J        2 of 20   -            -       1 s
  total          23 of 48  3 of 4       3 of 4  1 h 7 min

  ███████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░ 47 %

  asyncdemo learn goes on. asyncdemo review asks again what you missed: 1 now,
  of 2 questions.
"
        );
    }

    #[test]
    fn on_a_narrow_screen_a_lesson_has_two_lines() {
        let told = StatusReport::of(&LESSONS[..2], found()[..1].to_vec(), 0);
        assert_eq!(
            text(&told, 32, true),
            "  what-async-is
    0 of 9 steps, predictions -,
    quiz -, -
  gather
    12 of 12 steps, predictions
    1 of 2, quiz 0 of 1, 59 s
  total
    12 of 21 steps, predictions
    1 of 2, quiz 0 of 1, 59 s

  ##########........ 57 %

  asyncdemo learn goes on. What
  you missed comes back for
  review: 2 questions, and none
  today.
"
        );
    }

    #[test]
    fn nothing_done_and_everything_done() {
        let nothing = text(&StatusReport::of(&LESSONS, Vec::new(), 0), 80, true);
        let bar = format!("  {} 0 %\n", ".".repeat(50));
        assert!(nothing.contains(&bar), "{nothing}");
        assert!(nothing.ends_with("\n  Nothing is done yet: asyncdemo learn begins.\n"));
        assert_eq!(
            text(&StatusReport::of(&[], Vec::new(), 0), 80, true),
            "  Nothing is done yet: asyncdemo learn begins.\n"
        );
        let all = StatusReport::of(&LESSONS[..1], found()[2..].to_vec(), 0);
        let all = text(&all, 80, true);
        let bar = format!("  {} 100 %\n", "#".repeat(50));
        assert!(all.contains(&bar), "{all}");
        assert!(all.ends_with("\n  All lessons are done.\n"), "{all}");
    }
}
