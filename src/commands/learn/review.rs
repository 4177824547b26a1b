//! `asyncdemo review`: what was missed comes back, after 1, 3 and 7 days.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Result;

use super::ask::Said;
use super::keep;
use super::tutor::{Answers, Tutor};
use crate::commands::run::Ending;
use crate::commands::screen::Screen;
use crate::lab::{Stop, Trust};
use crate::lesson::{Kind, Lesson, Step, course};
use crate::progress::Due;
use crate::units;

/// The knobs of `review`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Read the answers from this file, a line each; - is standard input, as it is without this
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,

    /// Ask all that comes back, whenever it is due
    #[arg(long)]
    pub now: bool,

    /// Keep the progress in this folder
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Asks what is due.
///
/// # Errors
/// Where standard output cannot be written, or the answers or the progress cannot be read.
pub fn review(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let progress = keep(options.data_dir.as_deref(), None)?;
    let due = match options.now {
        true => progress.0.to_review()?,
        false => progress.0.due(SystemTime::now())?,
    };
    let answers = Answers::from(options.answers.as_deref(), screen, stop)?;
    let mut tutor = Tutor::new(screen, stop, progress, answers, Trust::Own);
    tutor.reviews = true;
    let lessons = course::builtin()?;
    // A question may be gone from the course since.
    let due: Vec<_> = due
        .into_iter()
        .filter_map(|due| Some((place(lessons, &due)?, due)))
        .collect();
    if due.is_empty() {
        let later = tutor.progress.to_review()?.len();
        let now = match (options.now, later) {
            (true, _) | (_, 0) => String::new(),
            (false, later) => format!(
                " {} later: asyncdemo review --now asks at once.",
                units::count(later, "question comes back", "questions come back")
            ),
        };
        tutor.say(&format!(
            "Nothing is due. What you miss in a lesson comes back here after 1, 3 and 7 days.{now}"
        ))?;
        return Ok(Ending::Done);
    }
    let questions = units::count(due.len(), "question", "questions");
    tutor.say(&format!("{questions} to ask again."))?;
    let mut right = 0;
    let mut asked = 0;
    let all = due.len();
    for (place, ((lesson, at, step), due)) in due.into_iter().enumerate() {
        tutor.dim(&format!(
            "{} of {all} · from the lesson: {}",
            place + 1,
            lesson.about.title
        ))?;
        let (said, was_right) = match &step.kind {
            Kind::Predict(predict) => tutor.predict(lesson, at, step, predict)?,
            Kind::Quiz(quiz) => tutor.quiz(lesson, at, step, quiz)?,
            Kind::Spot(spot) => tutor.spot(lesson, at, step, spot)?,
            Kind::Repair(repair) => tutor.repair(lesson, at, step, repair)?,
            _ => continue,
        };
        if let Some(was_right) = was_right {
            asked += 1;
            right += usize::from(was_right);
            tutor.save(|progress| progress.reviewed(&due, was_right, SystemTime::now()))?;
        }
        match said {
            Said::Quit | Said::Closed => break,
            Said::Stopped(signal) => return Ok(Ending::Stopped(signal)),
            _ => {}
        }
    }
    tutor.say(&format!("{right} of {asked} right."))?;
    Ok(Ending::Done)
}

/// Where the question stands.
fn place<'a>(lessons: &'a [Lesson], due: &Due) -> Option<(&'a Lesson, usize, &'a Step)> {
    let lesson = lessons.iter().find(|lesson| lesson.name == due.lesson)?;
    let asks = |step: &Step| match &step.kind {
        Kind::Predict(predict) => predict.question == due.question,
        Kind::Quiz(quiz) => quiz.question == due.question,
        Kind::Spot(spot) => spot.question == due.question,
        Kind::Repair(repair) => repair.question == due.question,
        _ => false,
    };
    let at = lesson.steps.iter().position(asks)?;
    Some((lesson, at, &lesson.steps[at]))
}
