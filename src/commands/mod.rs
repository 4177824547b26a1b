//! What the subcommands do.

pub mod jobs;
pub mod list;
pub mod live;
pub mod run;
pub mod screen;
pub mod signals;
