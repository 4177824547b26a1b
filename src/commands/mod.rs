//! What the subcommands do.

pub mod code;
mod keyboard;
pub mod list;
pub mod live;
pub mod measure;
pub mod run;
pub mod scale;
pub mod screen;
pub mod signals;
pub mod tour;
