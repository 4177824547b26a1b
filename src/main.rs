//! Parse, call, exit code.

use std::process::ExitCode;

use asyncdemo::cli::Cli;
use asyncdemo::commands::run::Ending;
use asyncdemo::commands::screen::{ColorChoice, PrintError, Screen, complain, print};
use asyncdemo::commands::signals;
use asyncdemo::lab::Stop;
use asyncdemo::page::Style;

fn main() -> ExitCode {
    let cli = match Cli::parse_from(std::env::args_os()) {
        Ok(cli) => cli,
        Err(told) => return tell(&told),
    };
    let stop = Stop::default();
    signals::watch(stop.clone());
    match cli.run(&stop) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::FAILURE,
        Ok(Ending::UsageError) => ExitCode::from(2),
        Ok(Ending::Stopped(signal)) => ExitCode::from(u8::try_from(128 + signal).unwrap_or(1)),
        Err(error) if matches!(error.downcast_ref(), Some(PrintError::NobodyReads)) => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("asyncdemo: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Prints the help that was asked for, or says what is wrong with the command line.
fn tell(told: &clap::Error) -> ExitCode {
    let screen = Screen::detect(ColorChoice::Auto, false);
    let text = |style: Style| {
        style.encode(&if style.color {
            told.render().ansi().to_string()
        } else {
            told.render().to_string()
        })
    };
    if told.use_stderr() {
        let without_a_terminal = Style {
            color: false,
            ..screen.out
        };
        complain(&text(screen.live.unwrap_or(without_a_terminal)));
        return ExitCode::from(2);
    }
    match print(&text(screen.out)) {
        Ok(()) | Err(PrintError::NobodyReads) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("asyncdemo: {error}\n"));
            ExitCode::FAILURE
        }
    }
}
