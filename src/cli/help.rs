//! `asyncdemo help`, what the long help says beside the flags, and how help and errors are to look.

use std::ffi::{OsStr, OsString};

use anyhow::Result;
use clap::ValueEnum;

use crate::commands::run::Ending;
use crate::commands::screen::{ColorChoice, Screen, complain_styled, print};

/// What is asked of `help`.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Options {
    /// A command, as in `help course check`, or a term, as in `help poll`; `help terms` lists the terms
    #[arg(value_name = "COMMAND or TERM")]
    pub(super) words: Vec<String>,
}

/// The end of the program's long help.
pub(super) const ENVIRONMENT: &str = "\
Exit codes:
  0         done, or the reader of the output has closed it
  1         a strategy failed, a course has problems, or a file cannot be used
  2         the command line is wrong, or a terminal is needed and there is none
  130, 143  stopped by Ctrl-C, by SIGTERM

Colour: --color, else the first of these that is set and not empty
  NO_COLOR                  no colour
  FORCE_COLOR               colour, in a pipe too
  CLICOLOR_FORCE            the same, unless it is 0
  CLICOLOR=0, TERM=dumb     no colour
Without any, a terminal has colour, and a pipe has none.

Other environment variables:
  LC_ALL, LC_CTYPE, LANG    if the first that is set does not say UTF-8,
                            only ASCII is drawn, as with --ascii
  ASYNCDEMO_DATA_DIR        where your progress is kept";

/// The end of a concept's long help.
pub(super) const MORE: &str = "Exit codes and environment variables: asyncdemo --help";

/// Prints the help that was asked for, or says what is wrong with the command line.
///
/// # Errors
/// Where standard output cannot be written.
pub fn tell(told: &clap::Error, screen: &Screen) -> Result<Ending> {
    let style = match told.use_stderr() {
        true => screen.err,
        false => screen.out(),
    };
    let text = told.render();
    let text = style.encode(&match style.color {
        true => text.ansi().to_string(),
        false => text.to_string(),
    });
    if told.use_stderr() {
        complain_styled(&text);
        return Ok(Ending::UsageError);
    }
    print(&text)?;
    Ok(Ending::Done)
}

/// What help and errors are printed on. A line that cannot be read as a whole says all the same how they
/// are to look, in front of its command and behind.
pub fn screen(line: &[OsString]) -> Screen {
    let mut words = line.iter().map(OsString::as_os_str).skip(1);
    let (mut color, mut ascii) = (ColorChoice::Auto, false);
    while let Some(word) = words.next().filter(|word| *word != "--") {
        let word = word.to_str().unwrap_or_default();
        let given = match word.split_once('=') {
            Some(("--color", given)) => Some(given),
            _ if word == "--color" => words.next().and_then(OsStr::to_str),
            _ => None,
        };
        ascii |= word == "--ascii";
        if let Some(given) = given {
            color = ColorChoice::from_str(given, false).unwrap_or(color);
        }
    }
    Screen::detect(color, ascii)
}
