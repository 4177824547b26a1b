//! What the subcommands do.

pub mod code;
pub mod course;
pub mod jobs;
mod keyboard;
pub mod learn;
pub mod line;
pub mod list;
pub mod live;
pub mod measure;
mod player;
pub mod present;
pub mod reset;
pub mod run;
pub mod scale;
pub mod screen;
pub mod signals;
pub mod status;
pub mod tour;
