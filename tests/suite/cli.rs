//! What is typed and what is printed: exact texts, exit codes, and what the environment asks for.

mod code;
mod knobs;
mod listed;
#[cfg(unix)]
mod on_a_terminal;
mod printed;
mod refused;

use crate::support::{GATHER, Output, Test, gather, mask, on_a_quiet_machine, quick_strategies};
use asyncdemo::cli::{self, Cli};
use asyncdemo::concepts::{self, ALL, Entry, function, region};
use asyncdemo::page::{self, Language, Style};
use console::strip_ansi_codes;
use std::time::Duration;

/// The concepts with their questions, as they are listed.
fn concepts() -> String {
    ALL.iter()
        .map(|concept| format!("  {:<18}{}\n", concept.about.name, concept.about.question))
        .collect()
}

fn help(concept: &Entry) -> String {
    Test::new([concept.about.name, "--help"]).output().stdout
}

/// What is said of a command line that is refused.
#[track_caller]
fn refusal(line: &[&str]) -> String {
    let error = match Cli::parse_from([&["asyncdemo"], line].concat()) {
        Ok(_) => panic!("{line:?} was accepted"),
        Err(error) => error,
    };
    assert_eq!(error.exit_code(), 2, "{line:?}");
    error.to_string()
}
