//! What the subcommands do.

mod below;
pub mod code;
pub mod compare;
pub mod course;
mod echo;
pub mod exports;
pub mod jobs;
mod keyboard;
pub mod learn;
pub mod lessons;
pub mod list;
mod live;
mod live_screen;
pub mod present;
pub mod probe;
pub mod python;
pub mod python_setup;
pub mod replay;
pub mod reset;
pub mod run;
pub mod screen;
pub mod signals;
pub mod status;
mod status_line;
pub mod terms;
pub mod tour;
