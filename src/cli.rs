//! What may be typed, and which function it calls.

mod help;

use std::ffi::OsString;
use std::sync::LazyLock;

use anyhow::Result;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::exports::{Exports, Whole};
use crate::commands::run::{Ending, Setting};
use crate::commands::screen::{ColorChoice, Screen, TextOrJson};
use crate::commands::{
    compare, course, doctor, jobs, learn, lessons, list, present, probe, python, python_setup,
    replay, reset, run, shell, status, terms, tour,
};
use crate::concepts;
use crate::lab::{self, Format, Invocation, Stop};

pub use help::{screen, tell};

/// A command line that was read.
#[derive(Debug)]
pub struct Cli {
    look: GlobalFlags,
    asked: Asked,
}

/// See async run: predict, run, observe, explain.
#[derive(Debug, Parser)]
#[command(
    name = "asyncdemo",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "asyncdemo help COMMAND says more about a command, asyncdemo help TERM explains a word.",
    after_long_help = help::ENVIRONMENT
)]
struct GlobalFlags {
    /// When to use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "What to show"
    )]
    #[arg(hide_possible_values = true, display_order = LAST)]
    color: ColorChoice,
    /// Draw with ASCII characters only
    #[arg(
        long,
        global = true,
        help_heading = "What to show",
        display_order = LAST
    )]
    ascii: bool,
}

/// What every command has stands behind what it has of its own.
const LAST: usize = 900;

#[derive(Debug)]
enum Asked {
    Overview,
    Run(Box<Invocation>, Exports),
    Other(Box<Command>),
}

// Whatever is no concept. A doc comment here would be the help of the whole program.
#[derive(Debug, Subcommand)]
enum Command {
    /// A lesson: predict, run, observe, explain
    Learn(learn::Options),
    /// What you missed, asked again after 1, 3 and 7 days
    Review(learn::ReviewOptions),
    /// Which lessons are done, and how well
    Status(status::Options),
    /// Forget your progress in one lesson or in all, after asking
    Reset(reset::Options),
    /// Every concept in short form: what many believe, and what was measured
    Tour(tour::Options),
    /// A lesson in front of a class, full screen: predict, vote, run live
    Present(present::Options),
    /// Check a course of lessons, or begin your own
    #[command(disable_help_subcommand = true)]
    Course(course::Options),
    /// List the concepts, each with the question it answers
    List(list::Options),
    /// Watch your own Python program: put this before its command
    Python(Box<python::Options>),
    /// Install FastAPI, httpx and the ORMs for Python files of this project that need them
    PythonSetup(python_setup::Options),
    /// Ask your own service from outside: do its waits overlap, or is its event loop blocked?
    Probe(Box<probe::Options>),
    /// A run as it was, from the report that --export-json wrote
    Replay(replay::Options),
    /// Two reports beside each other: what became slower, beyond the spread of the runs
    Compare(compare::Options),
    /// Jobs that outlive the program: enqueue them, work on them, count them
    Jobs(jobs::Options),
    /// What was found here, and what is missing for what: for a bug report
    Doctor(doctor::Options),
    /// Print the file that lets a shell complete commands and options
    Completions(shell::CompletionsOptions),
    /// Print a manual page, or write them all
    Man(shell::ManOptions),
    /// This help, that of a command, or what a term means: poll, worker, ideal …
    Help(help::Options),
}

/// The parser, with each concept's question, strategies and examples.
pub fn command() -> clap::Command {
    parser(|_| true)
}

/// The parser for a line in which these concepts are named: a start pays for no other. (clap's own `defer`
/// would lose the order of the headings: it adds what all commands have first.)
fn parser(is_named: impl Fn(&str) -> bool) -> clap::Command {
    let concepts = concepts::ALL.iter().map(|entry| {
        let about = entry.about;
        let concept = clap::Command::new(about.name);
        let concept = match is_named(about.name) {
            true => with_knobs(entry, concept),
            false => concept,
        };
        concept.about(about.question)
    });
    let root = GlobalFlags::command().long_version(LONG_VERSION.as_str());
    Command::augment_subcommands(root.subcommands(concepts))
}

/// `0.1.0 (1a2b3c4), dev build, features: redis`: what a bug report names. clap keeps no text that is not static.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let program = lab::program().built();
    program.trim_start_matches("asyncdemo ").to_owned()
});

fn with_knobs(entry: &concepts::Entry, concept: clap::Command) -> clap::Command {
    let about = entry.about;
    let examples = format!("Examples:\n  {}", about.examples);
    Exports::augment_args(Invocation::arguments(entry, concept))
        .long_about(format!(
            "{}\n\nMany believe: {}\nIn Python: {}",
            about.question, about.belief, about.python
        ))
        .after_long_help(format!("{}\n\n{examples}", help::MORE))
        .after_help(examples)
}

impl Cli {
    /// Reads a command line.
    ///
    /// # Errors
    /// What is wrong with it, or the help that it asks for.
    pub fn parse_from(
        line: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Result<Self, clap::Error> {
        let line: Vec<OsString> = line.into_iter().map(Into::into).collect();
        let mut command = parser(|concept| line.iter().any(|word| word == concept));
        let matches =
            command.try_get_matches_from_mut(&line).map_err(|wrong| {
                match jobs::moved(&line, &wrong) {
                    Some(went) => clap::Error::raw(ErrorKind::UnknownArgument, went),
                    None => wrong,
                }
            })?;
        let look = GlobalFlags::from_arg_matches(&matches)?;
        let asked = Asked::read(&matches)
            .map_err(|why| typed(command, &matches).error(ErrorKind::ValueValidation, why))?;
        Ok(Self { look, asked })
    }

    /// Whether a program is watched: then the signals are for that one.
    pub fn watches(&self) -> bool {
        matches!(&self.asked, Asked::Other(command) if matches!(**command, Command::Python(_)))
    }

    /// Does what was typed.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub fn run(self, stop: &Stop) -> Result<Ending> {
        let screen = Screen::detect(self.look.color, self.look.ascii);
        match self.asked {
            Asked::Overview => list::overview(&screen),
            Asked::Run(invocation, exports) => {
                let (report, ending) = run::run(&invocation, Setting::Alone, &screen, stop)?;
                let reports = [report];
                exports.write(&reports, Whole::of(&reports))?;
                Ok(ending)
            }
            Asked::Other(command) => command.run(&screen, stop),
        }
    }
}

/// The command that was typed: its usage is what an error shows.
fn typed(mut command: clap::Command, mut matches: &ArgMatches) -> clap::Command {
    while let Some((name, inner)) = matches.subcommand()
        && let Some(found) = command.find_subcommand(name).cloned()
    {
        (command, matches) = (found, inner);
    }
    command
}

impl Asked {
    fn read(matches: &ArgMatches) -> Result<Self> {
        let Some((name, given)) = matches.subcommand() else {
            return Ok(Self::Overview);
        };
        if let Ok(entry) = concepts::find(name) {
            let mut invocation = Invocation::from_matches(entry, given)?;
            let exports = Exports::from_arg_matches(given)?;
            exports.check()?;
            invocation.options.exported = !exports.is_empty();
            if exports.take_stdout() {
                invocation.options.format = invocation.options.format.beside_an_export()?;
            }
            return Ok(Self::Run(Box::new(invocation), exports));
        }
        let command = Command::from_arg_matches(matches)?;
        command.check()?;
        Ok(Self::Other(Box::new(command)))
    }
}

impl Command {
    /// Refuses what is each in range and yet makes no sense together.
    fn check(&self) -> Result<()> {
        match self {
            Self::Learn(learn::Options { lesson, course, .. })
            | Self::Present(present::Options { lesson, course, .. }) => {
                lessons::is_there(lesson.as_deref(), course.as_deref())
            }
            Self::Jobs(options) => Ok(options.check()?),
            Self::Tour(options) => Ok(options.exports.check()?),
            Self::Replay(options) => Ok(options.exports.check()?),
            Self::Python(options) => {
                options.exports.check()?;
                alone_on_stdout(&options.exports, options.format)
            }
            Self::Probe(options) => {
                options.exports.check()?;
                alone_on_stdout(&options.exports, options.output.format)
            }
            _ => Ok(()),
        }
    }

    fn run(self, screen: &Screen, stop: &Stop) -> Result<Ending> {
        match self {
            Self::Learn(options) => learn::learn(&options, screen, stop),
            Self::Review(options) => learn::review(&options, screen, stop),
            Self::Status(options) => status::status(&options, &status::course()?, screen),
            Self::Reset(options) => reset::reset(&options, &status::course()?, screen, stop),
            Self::Tour(options) => tour::tour(&options, screen, stop),
            Self::Present(options) => present::present(&options, screen, stop),
            Self::Course(options) => course::course(&options, screen, stop),
            Self::List(options) => list::list(&options, screen),
            Self::Python(options) => python::python(&options, screen, stop),
            Self::PythonSetup(options) => python_setup::python_setup(&options, screen, stop),
            Self::Probe(options) => probe::probe(&options, screen, stop),
            Self::Replay(options) => replay::replay(&options, screen, stop),
            Self::Compare(options) => compare::compare(&options, screen),
            Self::Jobs(options) => jobs::jobs(&options, screen, stop),
            Self::Doctor(options) => doctor::doctor(&options, screen),
            Self::Completions(options) => shell::completions(&options, command()),
            Self::Man(options) => shell::man(&options, command(), screen),
            Self::Help(options) => help(&options, screen),
        }
    }
}

/// Refuses two things on standard output.
fn alone_on_stdout(exports: &Exports, format: TextOrJson) -> Result<()> {
    if exports.take_stdout() && format == TextOrJson::Json {
        Format::Json.beside_an_export()?;
    }
    Ok(())
}

/// `asyncdemo help`.
///
/// # Errors
/// Where standard output cannot be written.
fn help(options: &help::Options, screen: &Screen) -> Result<Ending> {
    let words = &options.words;
    let is_command = parser(|_| false)
        .find_subcommand(words.first().map_or("", String::as_str))
        .is_some();
    match terms::explained(&words.join(" ")) {
        Some(text) if !is_command => terms::print_term(&text, screen),
        _ => tell(&look_up(words), screen),
    }
}

/// What there is to say about these words.
fn look_up(words: &[String]) -> clap::Error {
    let root = parser(|_| false);
    let mut at = &root;
    for (place, word) in words.iter().enumerate() {
        let Some(inner) = at.find_subcommand(word) else {
            return unknown(&words[..=place]);
        };
        at = inner;
    }
    answer(words, "--help").unwrap_or_else(|| unknown(words))
}

/// No command is called so. The parser knows which is meant.
fn unknown(words: &[String]) -> clap::Error {
    let said = || format!("there is no help for `{}`\n", words.join(" "));
    // It may take the last word for what a command works on.
    let mut error = answer(words, "--")
        .unwrap_or_else(|| parser(|_| false).error(ErrorKind::InvalidSubcommand, said()));
    if error.get(ContextKind::SuggestedSubcommand).is_none() {
        let tip = "`asyncdemo help terms` lists the words that are explained".into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// What is answered to a command line that does nothing.
fn answer(words: &[String], last: &str) -> Option<clap::Error> {
    let words = words.iter().map(String::as_str);
    let line = ["asyncdemo"].into_iter().chain(words).chain([last]);
    Cli::parse_from(line).err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_not_made() {
        let parser = parser(|concept| concept == "gather");
        let knobs = |concept| {
            let found = parser.find_subcommand(concept);
            found.map(|found| found.get_arguments().count())
        };
        assert!(knobs("gather") > Some(3));
        assert_eq!(knobs("scale"), Some(0));
    }
}
