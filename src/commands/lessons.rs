//! Which lesson is meant, and whether it may be played: the same for `learn` and `present`.

use std::borrow::Cow;
use std::path::Path;

use anyhow::Result;

use crate::concepts::UsageError;
use crate::lab::{Invocation, Trust};
use crate::lesson::course::{builtin, find, read};
use crate::lesson::{Lesson, Problem};
use crate::page::cleaned;

/// The lessons of this folder, or the built-in ones; and whose they are.
///
/// # Errors
/// The first that cannot be read.
pub fn of(course: Option<&Path>) -> Result<(Cow<'static, [Lesson]>, Trust)> {
    Ok(match course {
        None => (builtin()?.into(), Trust::Own),
        Some(folder) => (read(folder, cleaned)?.into(), Trust::Foreign),
    })
}

/// Refuses the name of a built-in lesson that is not there. Another course is not read before it is played.
///
/// # Errors
/// Which lessons there are.
pub fn is_there(lesson: Option<&str>, course: Option<&Path>) -> Result<()> {
    let (Some(name), None) = (lesson, course) else {
        return Ok(());
    };
    Ok(find(builtin()?, name).map(drop)?)
}

/// Whether every command line of the lessons can be run, before any of them is played.
///
/// # Errors
/// The first that cannot, with its file and its line.
pub fn can_be_played(lessons: &[Lesson], trust: Trust) -> Result<(), Problem> {
    for lesson in lessons {
        for step in &lesson.steps {
            for command in step.commands() {
                let wrong =
                    |what: UsageError| Problem::new(&lesson.file, step.line, what.to_string());
                Invocation::parse(&command, trust).map_err(wrong)?;
            }
        }
    }
    Ok(())
}
