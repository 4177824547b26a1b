//! Parse, call, exit code.

use std::process::ExitCode;

use asyncdemo::cli::{self, Cli};
use asyncdemo::commands::run::Ending;
use asyncdemo::commands::screen::{PrintError, complain};
use asyncdemo::commands::signals::Signals;
use asyncdemo::concepts::UsageError;
use asyncdemo::lab::{Stop, TwinsError};
use asyncdemo::services::scratch;

fn main() -> ExitCode {
    let line: Vec<_> = std::env::args_os().collect();
    let cli = match Cli::parse_from(&line) {
        Ok(cli) => cli,
        Err(told) => return exit_code(cli::tell(&told, &cli::screen(&line))),
    };
    let stop = Stop::default();
    // A program that is watched has the signals for itself.
    let signals = (!cli.watches()).then(|| Signals::watch(&stop, scratch::remove_all));
    scratch::sweep();
    let went = cli.run(&stop);
    // Also what a strategy has that was stopped, and does not end.
    scratch::remove_all();
    let code = exit_code(went);
    match signals.and_then(|signals| signals.at_the_end(&stop)) {
        Some(signal) => ExitCode::from(u8::try_from(128 + signal).unwrap_or(1)),
        None => code,
    }
}

/// What the program ends with, if no signal came.
fn exit_code(went: anyhow::Result<Ending>) -> ExitCode {
    match went {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::FAILURE,
        Ok(Ending::UsageError) => ExitCode::from(2),
        Ok(Ending::Exit(code)) => ExitCode::from(code),
        Ok(Ending::Stopped(signal)) => ExitCode::from(u8::try_from(128 + signal).unwrap_or(1)),
        Err(error) => match error.downcast_ref() {
            Some(PrintError::NobodyReads) => ExitCode::SUCCESS,
            // As SIGHUP would have ended it.
            Some(PrintError::NoTerminal) => ExitCode::from(129),
            _ if error.is::<TwinsError>() => {
                complain(&format!("asyncdemo: {error}.\n"));
                ExitCode::from(2)
            }
            _ => {
                complain(&format!("asyncdemo: {error:#}\n"));
                match error.is::<UsageError>() {
                    true => ExitCode::from(2),
                    false => ExitCode::FAILURE,
                }
            }
        },
    }
}
