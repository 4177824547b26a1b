//! What may be typed, and which function it calls.

use std::ffi::OsString;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::run::{Ending, Options};
use crate::commands::screen::{ColorChoice, Screen};
use crate::commands::{course, jobs, learn, line, list, present, reset, run, scale, status, tour};

use crate::concepts::{self, Concept, Set};
use crate::lab::Stop;

/// See async run: predict, run, look, understand.
#[derive(Debug, Parser)]
#[command(
    name = "asyncdemo",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    look: Look,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args, Debug)]
struct Look {
    /// When to use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "What to show"
    )]
    #[arg(hide_possible_values = true)]
    color: ColorChoice,
    /// Draw with ASCII signs only
    #[arg(long, global = true, help_heading = "What to show")]
    ascii: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Sleep(Demo<concepts::Sleep>),
    Gather(Demo<concepts::Gather>),
    Routes(Demo<concepts::Routes>),
    Files(Demo<concepts::Files>),
    Db(Demo<concepts::Db>),
    Http(Demo<concepts::Http>),
    Background(Demo<concepts::Background>),
    BlockingPitfall(Demo<concepts::BlockingPitfall>),
    CpuBound(Demo<concepts::CpuBound>),
    Timeout(Demo<concepts::Timeout>),
    Queue(Demo<concepts::Queue>),
    Scale(Demo<concepts::Scale>),
    /// A lesson: predict, run, look, understand
    Learn(learn::Options),
    /// What you missed, asked again after 1, 3 and 7 days
    Review(learn::ReviewOptions),
    /// What of the lessons is done, and how well
    Status(status::Options),
    /// Forgets your progress in a lesson, or in all; asks first
    Reset(reset::Options),
    /// Every concept in short form: what many believe, and what is measured
    Tour(tour::Options),
    /// A lesson in front of a class, full screen: predict, vote, run live
    Present(present::Options),
    /// A course of lessons: check one, or begin your own
    #[command(disable_help_subcommand = true)]
    Course(course::Options),
    /// The concepts, with the question that each answers
    List(list::Options),
}

/// A concept's own knobs, and what every concept takes.
#[derive(Args, Debug)]
struct Demo<C: Concept> {
    #[command(flatten)]
    concept: C,
    #[command(flatten)]
    options: Options,
}

impl<C: Concept> Demo<C> {
    fn run(&self, screen: &Screen, stop: &Stop) -> Result<Ending> {
        let (_, ending) = run::run(Set::of(&self.concept), &self.options, screen, stop)?;
        Ok(ending)
    }
}

/// The parser, with each concept's question, strategies and examples.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    for entry in concepts::ALL {
        let about = entry.about;
        let names = (entry.strategies)(&[]).unwrap_or_default();
        let names: Vec<_> = names.iter().map(|strategy| strategy.name).collect();
        command = command.mut_subcommand(about.name, |command| {
            command
                .about(about.question)
                .after_help(format!("Examples:\n  {}", about.examples))
                .mut_arg("strategy", |argument| {
                    argument.value_parser(PossibleValuesParser::new(names))
                })
        });
    }
    command
}

impl Cli {
    /// Reads a command line.
    ///
    /// # Errors
    /// What is wrong with it, or the help that it asks for.
    pub fn parse_from(
        line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let mut command = command();
        let cli = Self::from_arg_matches(&command.try_get_matches_from_mut(line)?)?;
        let checked = match &cli.command {
            Some(Command::Sleep(demo)) => demo.concept.check(),
            Some(Command::Gather(demo)) => demo.concept.check(),
            Some(Command::Routes(demo)) => demo.concept.check(),
            Some(Command::Files(demo)) => demo.concept.check(),
            Some(Command::Db(demo)) => demo.concept.check(),
            Some(Command::Http(demo)) => demo.concept.check(),
            Some(Command::Background(demo)) => demo.concept.check(),
            Some(Command::BlockingPitfall(demo)) => demo.concept.check(),
            Some(Command::Scale(demo)) => demo.concept.check(),
            Some(Command::CpuBound(demo)) => demo.concept.check(),
            Some(Command::Timeout(demo)) => demo.concept.check(),
            Some(Command::Learn(learn::Options { lesson, course, .. })) => {
                line::is_there(lesson.as_deref(), course.as_deref())
            }
            Some(Command::Present(present::Options { lesson, course, .. })) => {
                line::is_there(lesson.as_deref(), course.as_deref())
            }
            Some(Command::Queue(demo)) => jobs::check(&demo.concept, &demo.options),
            Some(
                Command::Review(_)
                | Command::Tour(_)
                | Command::Course(_)
                | Command::List(_)
                | Command::Status(_)
                | Command::Reset(_),
            )
            | None => Ok(()),
        };
        checked
            .map_err(|why| command.error(ErrorKind::ValueValidation, why))
            .map(|()| cli)
    }

    /// Does what was typed.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub fn run(self, stop: &Stop) -> Result<Ending> {
        let screen = Screen::detect(self.look.color, self.look.ascii);
        match self.command {
            Some(Command::Sleep(demo)) => demo.run(&screen, stop),
            Some(Command::Gather(demo)) => demo.run(&screen, stop),
            Some(Command::Routes(demo)) => demo.run(&screen, stop),
            Some(Command::Files(demo)) => demo.run(&screen, stop),
            Some(Command::Db(demo)) => demo.run(&screen, stop),
            Some(Command::Http(demo)) => demo.run(&screen, stop),
            Some(Command::Background(demo)) => demo.run(&screen, stop),
            Some(Command::BlockingPitfall(demo)) => demo.run(&screen, stop),
            Some(Command::Scale(demo)) if demo.concept.here => demo.run(&screen, stop),
            Some(Command::Scale(demo)) => scale::run(&demo.concept, &demo.options, &screen, stop),
            Some(Command::CpuBound(demo)) => demo.run(&screen, stop),
            Some(Command::Timeout(demo)) => demo.run(&screen, stop),
            Some(Command::Learn(options)) => learn::learn(&options, &screen, stop),
            Some(Command::Review(options)) => learn::review(&options, &screen, stop),
            Some(Command::Tour(options)) => tour::tour(&options, &screen, stop),
            Some(Command::Present(options)) => present::present(&options, &screen, stop),
            Some(Command::Course(options)) => course::course(&options, &screen, stop),
            Some(Command::List(options)) => list::list(&options, &screen),
            Some(Command::Status(options)) => status::status(&options, &status::course()?, &screen),
            Some(Command::Reset(options)) => {
                reset::reset(&options, &status::course()?, &screen, stop)
            }
            Some(Command::Queue(demo)) if demo.concept.keeps() => {
                jobs::run(&demo.concept, &demo.options, &screen, stop)
            }
            Some(Command::Queue(demo)) => demo.run(&screen, stop),
            None => list::overview(&screen),
        }
    }
}
