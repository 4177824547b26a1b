//! A concept with its knobs and options, as somebody typed them: on the command line, in a lesson, or in
//! front of a class.

use std::time::Duration;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, ValueHint};
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::concepts::{self, Entry, Set, Sizes, Strategy, UsageError};
use crate::lab::{Audience, Options, Stop, Twins, TwinsError, measure};
use crate::report::Report;

/// A concept with its knobs, ready to be run.
#[derive(Clone, Debug)]
pub struct Invocation {
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

impl Invocation {
    /// Adds to `command` what may be typed after the name of a concept.
    pub fn arguments(entry: &Entry, command: Command) -> Command {
        let strategies = (entry.strategies)(&[]).unwrap_or_default();
        let names: Vec<_> = strategies.iter().map(|strategy| strategy.name).collect();
        Options::augment_args((entry.knobs)(command)).mut_arg("strategy", |argument| {
            argument.value_parser(PossibleValuesParser::new(names))
        })
    }

    /// What was typed after the name of a concept.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_matches(entry: &Entry, matches: &ArgMatches) -> Result<Self, UsageError> {
        let options = Options::from_arg_matches(matches);
        Ok(Self {
            set: (entry.read)(matches)?,
            options: options.map_err(|error| UsageError::new(error.to_string()))?,
        })
    }

    /// A concept in its short form, for the tour.
    ///
    /// # Errors
    /// Where its own knobs for the tour are out of their range, which a test looks after.
    pub fn of_tour(entry: &Entry) -> Result<Self, UsageError> {
        Self::parse_words(entry, entry.about.tour, Trust::Own)
    }

    /// Reads a line without the program's name. Nothing but this program's concepts can be run.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str, trust: Trust) -> Result<Self, UsageError> {
        let words = shlex::split(line)
            .ok_or_else(|| UsageError::new(format!("`{line}`: a quote is not closed")))?;
        let (name, knobs) = words.split_first().ok_or_else(|| {
            UsageError::new("expected a concept and its knobs, found an empty line")
        })?;
        let entry = concepts::find(name).map_err(|why| UsageError::new(why.to_string()))?;
        Self::parse_words(entry, knobs, trust)
            .map_err(|why| UsageError::new(format!("`{line}`: {why}")))
    }

    fn parse_words<S: AsRef<str>>(
        entry: &Entry,
        knobs: &[S],
        trust: Trust,
    ) -> Result<Self, UsageError> {
        let bare = Command::new(entry.about.name).no_binary_name(true);
        let mut command = Self::arguments(entry, bare);
        let matches = command
            .try_get_matches_from_mut(knobs.iter().map(S::as_ref))
            .map_err(|error| told(entry.about.name, &error))?;
        if trust == Trust::Foreign
            && let Some(knob) = names_something_outside(&command, &matches)
        {
            return Err(UsageError::new(format!(
                "--{} names a file or an address, and a foreign course may not",
                knob.replace('_', "-")
            )));
        }
        Self::from_matches(entry, &matches)
    }

    /// The strategies that are to run, and the others.
    pub fn choose(&self) -> (Vec<Strategy>, Vec<Strategy>) {
        let asked_for = &self.options.strategy;
        let strategies = self.set.strategies.iter().cloned();
        strategies.partition(|strategy| match asked_for.is_empty() {
            true => self.options.all || strategy.by_default,
            false => asked_for.iter().any(|name| name == strategy.name),
        })
    }

    /// How long arithmetic says that it takes: what it says of no strategy counts as nothing.
    pub fn ideal(&self) -> Duration {
        self.ideals(|_| 1)
    }

    /// [`Self::ideal`], where each strategy is measured in several sizes.
    pub fn ideal_of(&self, sizes: &Sizes) -> Duration {
        self.ideals(|strategy| {
            let fits = |size: &&usize| strategy.most.is_none_or(|most| **size <= most);
            u32::try_from(sizes.each.iter().filter(fits).count()).unwrap_or(u32::MAX)
        })
    }

    fn ideals(&self, times: impl Fn(&Strategy) -> u32) -> Duration {
        let (chosen, _) = self.choose();
        let twin = |strategy: &Strategy| match self.options.python {
            Some(_) => strategy.in_python()?.ideal_beside(strategy.ideal),
            None => None,
        };
        let ideals = chosen.iter().map(|strategy| {
            let each = [strategy.ideal, twin(strategy)].into_iter().flatten();
            let each = each.fold(Duration::ZERO, Duration::saturating_add);
            each.saturating_mul(times(strategy))
        });
        let once = ideals.fold(Duration::ZERO, Duration::saturating_add);
        once.saturating_mul(u32::try_from(*self.options.repeat).unwrap_or(u32::MAX))
    }

    /// Runs it.
    ///
    /// # Errors
    /// Those of the audience, and where its Python side cannot be run: what fails is in the report.
    pub fn measure(&self, stop: &Stop, audience: &mut dyn Audience) -> Result<Report> {
        let twins = self.twins()?;
        self.measure_with(twins.as_ref(), stop, audience)
    }

    /// Its Python side, if it is asked for.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub fn twins(&self) -> Result<Option<Twins>, TwinsError> {
        Twins::of(&self.set, &self.options)
    }

    /// Without its Python side, where there is no Python for it.
    pub fn in_rust_alone(mut self) -> Self {
        self.options.python = None;
        self
    }

    /// [`Self::measure`] with its Python side, if it has one.
    ///
    /// # Errors
    /// Those of the audience: what fails is in the report.
    pub fn measure_with(
        &self,
        twins: Option<&Twins>,
        stop: &Stop,
        audience: &mut dyn Audience,
    ) -> Result<Report> {
        let (chosen, _) = self.choose();
        let lab = self.options.lab(&self.set.about, stop);
        let arguments = self.set.arguments.clone();
        measure(&self.set.about, arguments, &chosen, twins, &lab, audience)
    }
}

/// What is wrong with the line of a lesson, in few words.
fn told(concept: &str, error: &clap::Error) -> UsageError {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    if text(ContextKind::InvalidArg).starts_with("--strategy ") {
        let unknown = text(ContextKind::InvalidValue);
        return UsageError::new(format!("{concept} has no strategy `{unknown}`"));
    }
    let said = error.to_string();
    let said = said.lines().next().unwrap_or_default();
    UsageError::new(said.trim_start_matches("error: "))
}

/// The first knob that was given a file or an address.
fn names_something_outside<'a>(command: &'a Command, matches: &ArgMatches) -> Option<&'a str> {
    let outside = command.get_arguments().find(|knob| {
        let hint = knob.get_value_hint();
        let id = knob.get_id().as_str();
        let given = matches.get_raw(id).is_some_and(|values| values.len() > 0);
        matches!(
            hint,
            ValueHint::FilePath | ValueHint::ExecutablePath | ValueHint::Url
        ) && matches.value_source(id) == Some(ValueSource::CommandLine)
            && given
    });
    outside.map(|knob| knob.get_id().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> String {
        Invocation::parse(line, Trust::Foreign)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_line_is_a_concept_with_its_knobs() {
        let gather =
            Invocation::parse("gather --delays 10ms,'20ms' --strategy join", Trust::Own).unwrap();
        assert_eq!(gather.set.about.name, "gather");
        assert_eq!(gather.set.arguments["delays"][1], "20ms");
        let report = gather.measure(&Stop::default(), &mut ()).unwrap();
        let names = report.strategies.iter().map(|strategy| &*strategy.name);
        assert!(names.eq(["join"]));
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
            "gather --python=/bin/sh",
        ] {
            assert!(refused(line).contains("a foreign course may not"), "{line}");
            assert!(Invocation::parse(line, Trust::Own).is_ok(), "{line}");
        }
        assert!(Invocation::parse("db", Trust::Foreign).is_ok());
        assert!(refused("gather --python app.py").contains("app.py"));
        let program_own = Invocation::parse("gather --python", Trust::Foreign);
        assert_eq!(program_own.unwrap().options.python, Some(None));
    }
}
