//! The teaching code: one concept, one file. This is the one registry.

pub mod background;
pub mod blocking_pitfall;
pub mod cpu_bound;
pub mod db;
pub mod files;
pub mod gather;
pub mod http;
mod knob;
pub mod locks;
mod python_files;
mod python_shown;
pub mod queue;
mod region;
pub mod routes;
pub mod scale;
mod shown;
pub mod sleep;
mod strategy;
pub mod timeout;
mod twin;
mod waits;

use serde_json::Value;

use crate::units;

pub use http::http_url;
pub use knob::{Count, Wait, ranged};
pub use python_files::DEMO;
pub use python_shown::python_of;
pub use region::{RegionError, region};
pub use shown::{function, plain, plain_python, uncommented};
pub use strategy::{
    ALONE, About, Concept, Flavor, Metrics, Output, Run, SLOW_POLL, Sizes, Strategy, UsageError,
    WarmUp, is_alone,
};
pub use twin::{Counterpart, Twin};

/// A concept as those see it who do not set its knobs.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The fixed part.
    pub about: About,
    /// Its strategies with the knobs as given on a command line, without the program's and the
    /// concept's name. No knobs are the defaults.
    ///
    /// # Errors
    /// Where the command line would be refused.
    pub strategies: fn(&[&str]) -> Result<Vec<Strategy>, clap::Error>,
    /// Adds its knobs to a parser.
    pub knobs: fn(clap::Command) -> clap::Command,
    /// Reads them back.
    ///
    /// # Errors
    /// What is wrong with them, for the user.
    pub read: fn(&clap::ArgMatches) -> Result<Set, UsageError>,
}

/// A concept whose knobs are set.
#[derive(Clone, Debug)]
pub struct Set {
    /// The fixed part.
    pub about: About,
    /// Every way of doing its work.
    pub strategies: Vec<Strategy>,
    /// The knobs, as a user would type them.
    pub arguments: Value,
    /// The sizes that want a process each.
    pub sizes: Option<Sizes>,
    /// What should be known before it runs, if something should.
    pub foreword: Option<String>,
    /// What to try next, if something suggests itself.
    pub next: Option<&'static str>,
}

impl Set {
    /// `concept` as it stands.
    pub fn of<C: Concept>(concept: &C) -> Self {
        Self {
            about: C::ABOUT,
            strategies: concept.strategies(),
            arguments: serde_json::to_value(concept).unwrap_or(Value::Null),
            sizes: concept.sizes(),
            foreword: concept.foreword(),
            next: concept.next(),
        }
    }
}

/// Every concept, in the order in which a newcomer should meet them.
pub const ALL: &[Entry] = &[
    entry::<sleep::Sleep>(),
    entry::<gather::Gather>(),
    entry::<routes::Routes>(),
    entry::<files::Files>(),
    entry::<db::Db>(),
    entry::<http::Http>(),
    entry::<background::Background>(),
    entry::<blocking_pitfall::BlockingPitfall>(),
    entry::<cpu_bound::CpuBound>(),
    entry::<timeout::Timeout>(),
    entry::<locks::Locks>(),
    entry::<queue::Queue>(),
    entry::<scale::Scale>(),
];

/// The concept of this name, as it is typed.
///
/// # Errors
/// Where there is none.
pub fn find(name: &str) -> Result<&'static Entry, NoSuchConcept> {
    let found = ALL.iter().find(|entry| entry.about.name == name);
    found.ok_or_else(|| NoSuchConcept(name.to_owned()))
}

/// There is no concept of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a concept (asyncdemo list names them), found `{0}`{meant}", meant = meant(.0))]
pub struct NoSuchConcept(String);

fn meant(typed: &str) -> String {
    units::did_you_mean(typed, ALL.iter().map(|entry| entry.about.name))
}

const fn entry<C: Concept>() -> Entry {
    Entry {
        about: C::ABOUT,
        strategies: strategies::<C>,
        knobs: with_knobs::<C>,
        read: read::<C>,
    }
}

fn with_knobs<C: Concept>(command: clap::Command) -> clap::Command {
    C::augment_args(command).mut_args(ranged)
}

fn read<C: Concept>(matches: &clap::ArgMatches) -> Result<Set, UsageError> {
    let concept =
        C::from_arg_matches(matches).map_err(|error| UsageError::new(error.to_string()))?;
    concept.check()?;
    Ok(Set::of(&concept))
}

fn strategies<C: Concept>(knobs: &[&str]) -> Result<Vec<Strategy>, clap::Error> {
    let mut command = with_knobs::<C>(clap::Command::new(C::ABOUT.name).no_binary_name(true));
    let concept = C::from_arg_matches(&command.try_get_matches_from_mut(knobs)?)?;
    concept
        .check()
        .map_err(|why| command.error(clap::error::ErrorKind::ValueValidation, why))?;
    Ok(concept.strategies())
}
