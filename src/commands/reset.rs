//! `asyncdemo reset`: forgets the progress in a lesson, or in all, after asking.

use std::path::PathBuf;

use anyhow::Result;

use super::echo;
use super::keyboard::{self, Typed};
use super::run::Ending;
use super::screen::{Screen, complain, print};
use super::status::Outline;
use crate::lab::Stop;
use crate::lesson::course::{self, NoSuchLesson};
use crate::page::clean;
use crate::progress::{self, LessonProgress, Progress};
use crate::units;

/// What to forget.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Which lesson, by its name or its number; without it, all of them
    pub lesson: Option<String>,

    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,

    /// Where the progress is kept
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// `asyncdemo reset`.
///
/// # Errors
/// Where the progress cannot be changed, or standard output cannot be written.
pub fn reset(
    options: &Options,
    lessons: &[Outline<'_>],
    screen: &Screen,
    stop: &Stop,
) -> Result<Ending> {
    if !options.yes && !screen.asks {
        complain(
            "asyncdemo: reset asks before it forgets, and there is nobody to ask. With --yes it does not ask.\n",
        );
        return Ok(Ending::UsageError);
    }
    let directory = progress::directory(options.data_dir.as_deref())?;
    let mut progress = Progress::open_existing(&directory)?;
    let begun = match &progress {
        Some(progress) => progress.lessons()?,
        None => Vec::new(),
    };
    let lesson = match &options.lesson {
        Some(given) => match find(given, lessons, &begun) {
            Ok(name) => Some(name),
            Err(why) => {
                complain(&screen.out().encode(&format!("asyncdemo: {why}\n")));
                return Ok(Ending::UsageError);
            }
        },
        None => None,
    };
    let forgotten: Vec<_> = begun
        .iter()
        .filter(|one| lesson.is_none_or(|name| one.lesson == name))
        .collect();
    let what = match lesson {
        Some(name) => format!("your progress in {name}"),
        None => "all your progress".to_owned(),
    };
    let Some(progress) = progress.as_mut().filter(|_| !forgotten.is_empty()) else {
        say(screen, "There is no progress to forget.\n")?;
        return Ok(Ending::Done);
    };
    if !options.yes {
        echo::forget();
        echo::asks();
        say(
            screen,
            &format!("Forget {what}: {}? [y/N] ", sum(&forgotten)),
        )?;
        match keyboard::line(stop) {
            Typed::Line(line) if agrees(&line) => {}
            Typed::Line(_) | Typed::NotText(..) | Typed::Flood => {
                say(screen, "Nothing was forgotten.\n")?;
                return Ok(Ending::Done);
            }
            Typed::Closed => {
                say(screen, "\nNothing was forgotten.\n")?;
                return Ok(Ending::Done);
            }
            Typed::Stopped => {
                say(screen, "\nNothing was forgotten.\n")?;
                return Ok(stop.signal().map_or(Ending::Done, Ending::Stopped));
            }
        }
    }
    progress.reset(lesson)?;
    say(screen, &format!("Forgotten: {what}.\n"))?;
    Ok(Ending::Done)
}

fn say(screen: &Screen, text: &str) -> Result<()> {
    // A name may be anything: nothing in it moves the cursor.
    print(&screen.out().encode(&clean(text)))?;
    Ok(())
}

fn agrees(line: &str) -> bool {
    ["y", "yes"].contains(&line.trim().to_lowercase().as_str())
}

/// A lesson of this program, or one that was begun in another course.
fn find<'a>(
    given: &str,
    lessons: &[Outline<'a>],
    begun: &'a [LessonProgress],
) -> Result<&'a str, NoSuchLesson> {
    let mut names: Vec<&str> = lessons.iter().map(|outline| outline.name).collect();
    if let Some(index) = course::position(&names, given) {
        return Ok(names[index]);
    }
    for one in begun {
        if one.lesson == given {
            return Ok(&one.lesson);
        }
        if !names.contains(&one.lesson.as_str()) {
            names.push(&one.lesson);
        }
    }
    Err(NoSuchLesson {
        wanted: given.to_owned(),
        names: names.into_iter().map(str::to_owned).collect(),
    })
}

/// What would be lost.
fn sum(lessons: &[&LessonProgress]) -> String {
    let steps = lessons.iter().map(|one| one.done).sum();
    let answers = lessons
        .iter()
        .map(|one| one.predictions.asked + one.quiz.asked)
        .sum();
    let of = match lessons {
        [_] => String::new(),
        _ => format!(" of {} lessons", units::whole(lessons.len())),
    };
    format!(
        "{}{of} and {}",
        units::count(steps, "step", "steps"),
        units::count(answers, "answer", "answers")
    )
}
