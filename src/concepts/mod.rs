//! The teaching code: one concept, one file. This is the one registry.

mod background;
mod blocking_pitfall;
mod cpu_bound;
mod db;
mod files;
mod gather;
mod http;
mod knob;
mod queue;
mod region;
mod routes;
mod scale;
mod sleep;
mod strategy;
mod timeout;

pub use background::Background;
pub use blocking_pitfall::BlockingPitfall;
pub use cpu_bound::CpuBound;
pub use db::Db;
pub use files::Files;
pub use gather::Gather;
pub use http::Http;
pub use knob::{count, wait};
pub use queue::Queue;
pub use region::{RegionError, region};
pub use routes::Routes;
pub use scale::Scale;
pub use sleep::Sleep;
pub use strategy::{About, Concept, Flavor, Metrics, Output, Run, Strategy};
pub use timeout::Timeout;

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
}

/// Every concept, in the order in which a newcomer should meet them.
pub const ALL: &[Entry] = &[
    entry::<Sleep>(),
    entry::<Gather>(),
    entry::<Routes>(),
    entry::<Files>(),
    entry::<Db>(),
    entry::<Http>(),
    entry::<Background>(),
    entry::<BlockingPitfall>(),
    entry::<CpuBound>(),
    entry::<Timeout>(),
    entry::<Queue>(),
    entry::<Scale>(),
];

const fn entry<C: Concept>() -> Entry {
    Entry {
        about: C::ABOUT,
        strategies: strategies::<C>,
    }
}

fn strategies<C: Concept>(knobs: &[&str]) -> Result<Vec<Strategy>, clap::Error> {
    let mut command = C::augment_args(clap::Command::new(C::ABOUT.name).no_binary_name(true));
    let concept = C::from_arg_matches(&command.try_get_matches_from_mut(knobs)?)?;
    concept
        .check()
        .map_err(|why| command.error(clap::error::ErrorKind::ValueValidation, why))?;
    Ok(concept.strategies())
}
