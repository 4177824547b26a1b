//! Another person's Python program, watched: what its tasks did, on the same timeline.
//!
//! `src/python/asyncdemo/` is the half that runs inside the program, in Python. This is the other half: it finds an
//! interpreter, starts the program beside that recorder, reads the events that come back, and makes of them what a
//! demo in Rust makes, too.

mod call;
mod child;
mod claims;
mod events;
mod folded;
mod in_turn;
mod interpreter;
mod lane;
mod package;
mod packages;
mod printed;
mod record;
mod settings;
mod strategy;
mod summary;

pub use child::{Child, StartError, Watched};
pub use events::{Event, Frame, StreamError, Told, read};
pub use interpreter::{Interpreter, InterpreterError};
pub use package::{FILES, write_to};
pub use packages::{
    Installer, Packages, PackagesError, REQUIREMENTS, missing, package_names, pinned,
};
pub use printed::Printed;
pub use record::Record;
pub use settings::{CommandLine, CommandLineError, Settings};
pub use strategy::{Demo, DemoError, Scripts, StrategyRun};
pub use summary::{Measurement, most_telling, recent, report, taken_together};
