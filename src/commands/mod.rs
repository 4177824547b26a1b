//! What the subcommands do.

pub mod list;
pub mod live;
pub mod run;
pub mod scale;
pub mod screen;
pub mod signals;
