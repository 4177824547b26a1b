//! A command line of this program that stands in a lesson: `gather --delays 1s,2s --all`.

use std::time::Duration;

use std::path::Path;

use anyhow::Result;
use clap::builder::ValueHint;
use clap::parser::ValueSource;
use clap::{Args, Command, FromArgMatches};

use super::live::Unwatched;
use super::measure::{Audience, measure};
use super::run::{Ending, Options, run};
use super::screen::Screen;
use crate::concepts::{self, Set, Strategy};
use crate::lab::{Stop, Watch};
use crate::lesson::course::{builtin, find};
use crate::lesson::{Lesson, Problem};
use crate::report::{Report, StrategyReport};

/// A concept with its knobs, ready to be run.
#[derive(Clone, Debug)]
pub struct Line {
    /// The concept.
    pub set: Set,
    /// Which strategies, how often.
    pub options: Options,
}

/// Whose lesson it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// This program's own.
    Own,
    /// Somebody else's: no knob that names a file or an address.
    Foreign,
}

impl Line {
    /// Reads a line without the program's name. Nothing but this program's concepts can be run.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str, trust: Trust) -> Result<Self, String> {
        let words = shlex::split(line).ok_or_else(|| format!("`{line}`: a quote is not closed"))?;
        let (name, knobs) = words
            .split_first()
            .ok_or("expected a concept and its knobs, found an empty line")?;
        let entry = concepts::find(name).map_err(|why| why.to_string())?;
        let bare = Command::new(entry.about.name).no_binary_name(true);
        let mut command = Options::augment_args((entry.knobs)(bare));
        let wrong = |error: clap::Error| {
            let said = error.to_string();
            let said = said.lines().next().unwrap_or_default();
            format!("`{line}`: {}", said.trim_start_matches("error: "))
        };
        let matches = command.try_get_matches_from_mut(knobs).map_err(wrong)?;
        if trust == Trust::Foreign {
            let outside = command.get_arguments().find(|knob| {
                let hint = knob.get_value_hint();
                matches!(hint, ValueHint::FilePath | ValueHint::Url)
                    && matches.value_source(knob.get_id().as_str())
                        == Some(ValueSource::CommandLine)
            });
            if let Some(knob) = outside {
                return Err(format!(
                    "`{line}`: --{} names a file or an address, and a foreign course may not",
                    knob.get_id().as_str().replace('_', "-")
                ));
            }
        }
        let mut options = Options::from_arg_matches(&matches).map_err(wrong)?;
        options.bare = true;
        let set = (entry.read)(&matches).map_err(|why| format!("`{line}`: {why}"))?;
        let unknown = options
            .strategy
            .iter()
            .find(|name| set.strategies.iter().all(|strategy| strategy.name != *name));
        match unknown {
            Some(name) => Err(format!(
                "`{line}`: {} has no strategy `{name}`",
                set.about.name
            )),
            None => Ok(Self { set, options }),
        }
    }

    /// How long arithmetic says that it takes: what it says of no strategy counts as nothing.
    pub fn ideal(&self) -> Duration {
        let (chosen, _) = self.options.choose(self.set.strategies.clone());
        let ideals = chosen.iter().filter_map(|strategy| strategy.ideal);
        let once = ideals.fold(Duration::ZERO, Duration::saturating_add);
        once.saturating_mul(u32::try_from(self.options.repeat).unwrap_or(u32::MAX))
    }

    /// Runs it, and shows it as the program always does.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub fn run(&self, screen: &Screen, stop: &Stop) -> Result<(Report, Ending)> {
        run(self.set.clone(), &self.options, screen, stop)
    }

    /// Runs it and shows nothing.
    ///
    /// # Errors
    /// None: what fails is in the report.
    pub fn measure(&self, stop: &Stop) -> Result<Report> {
        let (chosen, _) = self.options.choose(self.set.strategies.clone());
        let lab = self.options.lab(&self.set.about, stop);
        let arguments = self.set.arguments.clone();
        measure(&self.set.about, arguments, &chosen, &lab, &mut Nobody)
    }
}

/// Refuses the name of a built-in lesson that is not there. Another course is not read before it is played.
///
/// # Errors
/// Which lessons there are.
pub fn is_there(lesson: Option<&str>, course: Option<&Path>) -> Result<(), String> {
    let (Some(name), None) = (lesson, course) else {
        return Ok(());
    };
    let lessons = builtin().map_err(|problem| problem.to_string())?;
    find(lessons, name).map(drop).map_err(|why| why.to_string())
}

/// Whether every command line of the lessons can be run, before any of them is played.
///
/// # Errors
/// The first that cannot, with its file and its line.
pub fn can_be_played(lessons: &[Lesson], trust: Trust) -> Result<(), Problem> {
    for lesson in lessons {
        for step in &lesson.steps {
            let Some(command) = step.command() else {
                continue;
            };
            Line::parse(&command, trust).map_err(|what| Problem {
                file: lesson.file.clone(),
                line: step.line,
                what,
            })?;
        }
    }
    Ok(())
}

/// Nobody looks on.
struct Nobody;

impl Audience for Nobody {
    fn before(&mut self, _: &Strategy) -> Result<()> {
        Ok(())
    }

    fn watch(&self) -> Box<dyn Watch> {
        Box::new(Unwatched)
    }

    fn after(&mut self, _: &StrategyReport) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> String {
        Line::parse(line, Trust::Foreign).unwrap_err()
    }

    #[test]
    fn a_line_is_a_concept_with_its_knobs() {
        let line = Line::parse("gather --delays 10ms,'20ms' --strategy join", Trust::Own).unwrap();
        assert_eq!(line.set.about.name, "gather");
        assert_eq!(line.set.arguments["delays"][1], "20ms");
        let report = line.measure(&Stop::default()).unwrap();
        let names: Vec<_> = report
            .strategies
            .iter()
            .map(|strategy| strategy.name.as_str())
            .collect();
        assert_eq!(names, ["join"]);
    }

    #[test]
    fn nothing_but_a_concept_is_run() {
        assert!(refused("rm -rf /").starts_with("expected a concept"));
        assert!(refused("tour").starts_with("expected a concept"));
        assert!(refused("").starts_with("expected a concept"));
        assert!(refused("gather 'open").contains("quote"));
        assert!(refused("gather --delays soon,later").contains("--delays"));
        assert!(refused("gather --delays 1s,2s,3s").contains("two durations"));
        assert!(refused("gather --strategy nosuch").contains("no strategy `nosuch`"));
    }

    #[test]
    fn a_foreign_course_names_no_file_and_no_address() {
        for line in [
            "db --database shop.db",
            "http --url http://localhost:8000/",
            "queue --durable jobs.db",
        ] {
            assert!(refused(line).contains("a foreign course may not"), "{line}");
            assert!(Line::parse(line, Trust::Own).is_ok(), "{line}");
        }
        assert!(Line::parse("db", Trust::Foreign).is_ok());
    }
}
