//! `asyncdemo learn`: a lesson, a step at a time and a line at a time. So it works on a terminal, in a
//! pipe, over ssh, and with a screen reader alike.

mod ask;
mod mend;
mod review;
mod source;
mod step;
mod turn;
mod tutor;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;

use self::ask::Said;
use self::tutor::{Answers, Tutor};
use super::echo::{self, Quiet};
use super::lessons::{self, can_be_played};
use super::run::Ending;
use super::screen::{Screen, complain};
use crate::lab::{Stop, Trust};
use crate::lesson::{Lesson, course};
use crate::page::{Role, markdown, to_ansi};
use crate::progress::{self, Progress, Refused, Score};
use crate::units;

pub use review::{Options as ReviewOptions, review};

/// The knobs of `learn`.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Which lesson, by its name or its number; without it, where you stopped
    pub lesson: Option<String>,

    /// Read the answers from this file, a line each; - is standard input, as it is without this
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,

    /// Play the lessons of this folder. Their commands can run this program's concepts and nothing else
    #[arg(long, value_name = "DIR")]
    pub course: Option<PathBuf>,

    /// Keep the progress in this folder
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Plays a lesson, and then the next one, until the learner stops.
///
/// # Errors
/// Where standard output cannot be written, or the answers cannot be read.
pub fn learn(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let (lessons, trust) = lessons::of(options.course.as_deref())?;
    let lessons = &*lessons;
    if trust == Trust::Foreign {
        can_be_played(lessons, trust)?;
    }
    let identity = options.course.as_deref();
    let identity = identity.map(|folder| course::identity(folder, lessons));
    let progress = keep(options.data_dir.as_deref(), identity.as_deref())?;
    let answers = Answers::from(options.answers.as_deref(), screen, stop)?;
    let mut tutor = Tutor::new(screen, stop, progress, answers, trust);
    if options.course.is_some() || options.data_dir.is_some() {
        tutor.goes_on = "The same command";
    }
    if trust == Trust::Foreign {
        tutor.dim("A course from a folder: its commands run the concepts of asyncdemo and nothing else, and none that names a file or an address. Its progress is kept apart from that of the built-in lessons.")?;
    }
    let _quiet = Quiet::begin();
    let at = match &options.lesson {
        Some(name) => {
            let at = course::find(lessons, name)?;
            tutor.others(lessons, at, name)?;
            at
        }
        None => tutor.where_it_stopped(lessons),
    };
    match tutor.play(&lessons[at], (at + 1, lessons.len()))? {
        Go::On => tutor.end(lessons, at)?,
        Go::Stopped(signal) => return Ok(Ending::Stopped(signal)),
        Go::Quit => {}
    }
    Ok(Ending::Done)
}

/// The progress, or, after one warning, none that is kept; and whether it is. That of a course from a folder is in a
/// place of its own: its lessons may have the names of the built-in ones.
fn keep(folder: Option<&Path>, course: Option<&str>) -> Result<(Progress, bool), Refused> {
    let opened = progress::directory(folder).and_then(|folder| match course {
        None => Progress::open(&folder),
        Some(course) => Progress::open(&progress::of_course(&folder, course)),
    });
    match opened {
        Ok(progress) => Ok((progress, true)),
        Err(trouble) => {
            complain(&format!(
                "asyncdemo: {trouble}\nThe lessons still play; what you do now is not saved.\n"
            ));
            Ok((Progress::unsaved()?, false))
        }
    }
}

/// What comes after a step or a lesson.
enum Go {
    /// The next one.
    On,
    /// The learner stops; or nothing more can be read.
    Quit,
    /// This signal.
    Stopped(i32),
}

impl Tutor<'_> {
    /// The lesson last touched; if that was finished, the next one that was not.
    fn where_it_stopped(&self, lessons: &[Lesson]) -> usize {
        let known = self.progress.lessons().unwrap_or_default();
        let latest = self.progress.latest().ok().flatten();
        let latest = lessons
            .iter()
            .position(|lesson| Some(&lesson.name) == latest.as_ref());
        let after = match latest {
            Some(latest) => match self.progress.position(&lessons[latest].name) {
                Ok(Some(_)) => return latest,
                _ => latest + 1,
            },
            None => 0,
        };
        let finished = |at: &usize| {
            let mut known = known.iter();
            known.any(|known| known.finished && known.lesson == lessons[*at].name)
        };
        let mut order = (after..lessons.len()).chain(0..after);
        order.find(|at| !finished(at)).unwrap_or(0)
    }

    /// Where a concept's name stands for the first of several lessons: which others there are.
    fn others(&mut self, lessons: &[Lesson], at: usize, wanted: &str) -> Result<()> {
        let named = |lesson: &Lesson| lesson.about.concept == wanted && lesson.name != wanted;
        let others = lessons.iter().skip(at + 1).filter(|lesson| named(lesson));
        let others: Vec<_> = others.map(|lesson| lesson.name.as_str()).collect();
        if !named(&lessons[at]) || others.is_empty() {
            return Ok(());
        }
        self.dim(&format!(
            "Several lessons are about {wanted}: this is the first, {}; there is {}, too.",
            lessons[at].name,
            others.join(", ")
        ))
    }

    /// What a lesson came to, what comes back, and where it goes on. It does not go on by itself: a lesson is enough for
    /// a sitting.
    fn end(&mut self, lessons: &[Lesson], at: usize) -> Result<()> {
        let lesson = &lessons[at];
        let known = self.progress.lessons().unwrap_or_default();
        let known = known.iter().find(|known| known.lesson == lesson.name);
        let known = known.cloned().unwrap_or_default();
        let score = |score: Score, name| match score.asked {
            0 => None,
            asked => Some(format!("{} of {asked} {name} right", score.right)),
        };
        let scores = [
            score(known.predictions, "predictions"),
            score(known.quiz, "questions"),
        ];
        let scores: Vec<_> = scores.into_iter().flatten().collect();
        let mut told = Vec::new();
        if !scores.is_empty() {
            told.push(format!("{}.", scores.join(", ")));
        }
        let tomorrow = SystemTime::now() + Duration::from_secs(25 * 60 * 60);
        let due = self.progress.due(tomorrow).unwrap_or_default();
        let due = due.iter().filter(|due| due.lesson == lesson.name).count();
        if due > 0 && self.kept && self.trust == Trust::Own {
            let questions = units::count(due, "question comes", "questions come");
            told.push(format!(
                "{questions} back tomorrow, in asyncdemo review; asyncdemo review --now asks at once."
            ));
        }
        let after = self.where_it_stopped(lessons);
        told.push(match lessons.get(after) {
            _ if at + 1 == lessons.len() => "That was the last lesson.".to_owned(),
            Some(next) if after != at && self.kept => {
                format!("Next: {}. {} begins it.", next.about.title, self.goes_on)
            }
            _ => format!("Next: {}.", lessons[at + 1].about.title),
        });
        self.say(&told.join(" "))
    }

    fn play(&mut self, lesson: &Lesson, (number, of): (usize, usize)) -> Result<Go> {
        let steps = lesson.steps.len();
        let mut at = match self.progress.position(&lesson.name) {
            Ok(Some(at)) if at < steps => at,
            _ => 0,
        };
        self.head(lesson, number, of, at)?;
        while let Some(step) = lesson.steps.get(at) {
            let begun = Instant::now();
            echo::forget();
            let place = format!("{} of {steps}", at + 1);
            self.dim(&format!("{} · step {place}", lesson.about.title))?;
            let said = self.step(lesson, at, step)?;
            let next = match said {
                Said::Back => at.saturating_sub(1),
                Said::Quit | Said::Closed | Said::Stopped(_) => at,
                Said::Enter | Said::Again | Said::Text(_) => at + 1,
            };
            let spent = begun.elapsed();
            self.save(|progress| match next == steps {
                true => progress.finished(&lesson.name, spent),
                false => progress.reached(&lesson.name, next, steps, spent),
            })?;
            match said {
                Said::Quit | Said::Closed => {
                    self.say(&self.farewell(&lesson.name, next))?;
                    return Ok(Go::Quit);
                }
                Said::Stopped(signal) => {
                    // The terminal may be gone: that is no other ending.
                    let _ = self.say(&self.farewell(&lesson.name, next));
                    return Ok(Go::Stopped(signal));
                }
                _ => at = next,
            }
        }
        self.say(&format!("Lesson {number} is done: {}.", lesson.about.title))?;
        Ok(Go::On)
    }

    fn head(&mut self, lesson: &Lesson, number: usize, of: usize, at: usize) -> Result<()> {
        let about = &lesson.about;
        let title = format!(
            "Lesson {number} of {of} · {} · {} min",
            about.title, about.minutes
        );
        let mut text = format!("{}\n\nMany believe: *{}*", about.question, about.belief);
        if at > 0 {
            text += &format!("\n\nYou stopped at step {}.", at + 1);
        }
        let style = self.screen.out();
        let name = style.paint(Role::Name, &style.encode(&title));
        self.print(&format!("\n{name}\n\n"))?;
        self.print(&to_ansi(&markdown(&text, &style), &style))
    }
}
