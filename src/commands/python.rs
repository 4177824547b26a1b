//! `asyncdemo python`: runs somebody's own Python program under the recorder, and shows what it did.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::exports::{Exports, Whole};
use super::own_screen;
use super::run::{Ending, print_report};
use super::running::View;
use super::screen::{Screen, TextOrJson, complain, complain_styled, to_standard_error};
use super::signals;
use crate::concepts::{Count, Wait, ranged};
use crate::lab::{self, Stop};
use crate::page::{Line, Role, Style, to_ansi, wrap};
use crate::picture::Picture;
use crate::python::{
    self, Child, CommandLine, Interpreter, Measurement, Record, Settings, Watched,
};
use crate::report::{Blocked, Report};
use crate::units;

/// Between two looks at whether the program has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Between two pictures.
const FRAME: Duration = Duration::from_millis(200);

/// So many names are told of whatever was not kept one by one.
const GROUPS: usize = 5;

/// What may be asked of it.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_args(ranged))]
#[command(
    override_usage = "asyncdemo python [OPTIONS] SCRIPT|-m MODULE|-c CODE [ARGUMENTS]…",
    after_help = "Put it before your own command:
  asyncdemo python app.py
  asyncdemo python -m uvicorn app:app --port 8000
  asyncdemo python -m pytest tests/test_app.py

The program is not changed, and its input and output are its own. The report goes to standard error when it has \
ended, or was stopped by Ctrl-C; the exit code is the program's."
)]
pub struct Options {
    /// The interpreter; without it that of the active virtual environment, else python3, python or py
    #[arg(long, value_name = "PATH", help_heading = "What to run")]
    pub python: Option<PathBuf>,

    /// Treat polls at least this long as blocking
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "50ms",
        help_heading = "What to run"
    )]
    pub slow_poll: Wait,

    /// Exit with 1 if the event loop was blocked at least this long: a check for CI
    #[arg(long, value_name = "DURATION", help_heading = "What to run")]
    pub fail_blocked: Option<Wait>,

    /// Show each coroutine of the program's own files that is awaited, not its tasks only: from Python 3.12 on
    #[arg(long, help_heading = "What to show")]
    pub awaits: bool,

    /// Show the tasks of libraries, too
    #[arg(long, help_heading = "What to show")]
    pub internal: bool,

    /// List at most N tasks individually and aggregate the rest
    #[arg(
        long,
        value_name = "N",
        default_value = "1000",
        help_heading = "What to show"
    )]
    pub max_tasks: Count<1, 100_000>,

    /// Draw nothing until the program has ended
    #[arg(long, help_heading = "What to show")]
    pub quiet: bool,

    /// Draw on the whole terminal while the program runs; what the program prints is shown below, and printed in full
    /// when it has ended
    #[arg(long, conflicts_with = "quiet", help_heading = "What to show")]
    pub screen: bool,

    /// The report as text on standard error, or as json on standard output: the program's own output then goes to
    /// standard error
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "What to show"
    )]
    pub format: TextOrJson,

    /// What is written beside the screen.
    #[command(flatten)]
    pub exports: Exports,

    /// The program, and what it is given: what you would write after `python`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "PROGRAM",
        hide = true
    )]
    pub program: Vec<OsString>,
}

/// Runs the program, and shows what it did.
///
/// # Errors
/// Where it cannot be started, or standard output cannot be written.
pub fn python(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let (line, interpreter) = match asked(options) {
        Ok(asked) => asked,
        Err(error) => {
            complain(&format!("asyncdemo: {error:#}.\n"));
            return Ok(Ending::UsageError);
        }
    };
    if options.screen
        && let Some(why) = own_screen::why_not(screen)
    {
        complain(&format!(
            "asyncdemo: --screen needs a terminal, and {why}. Without --screen it runs anywhere.\n"
        ));
        return Ok(Ending::UsageError);
    }
    let settings = Settings {
        slow_poll: *options.slow_poll,
        internal: options.internal,
        awaits: options.awaits,
        max_tasks: *options.max_tasks,
        demo: None,
    };
    let origin = Measurement {
        program: lab::program(),
        started: lab::now(),
        machine: lab::machine(),
    };
    let stdout = match options.format {
        TextOrJson::Text if !options.exports.take_stdout() => Stdio::inherit(),
        _ => to_standard_error(),
    };
    if let Some(word) = line.hands_on_by() {
        complain(&format!(
            "asyncdemo: {word} runs the app in a process of its own, which is not watched: give one process to it \
             (uvicorn without --reload and --workers).\n"
        ));
    }
    let wanted = options.format == TextOrJson::Text && !options.quiet;
    let (view, streams) = View::new(screen, options.screen, wanted)?;
    let mut child = Child::start(&interpreter, &line, settings, |command| match streams {
        Some([out, err]) => {
            command.stdout(out).stderr(err);
        }
        None => {
            command.stdout(stdout);
        }
    })?;
    signals::pass_on(child.pid(), stop);
    let status = wait(&mut child, options, view, &line)?;
    child.drain();

    let watched = child.watched();
    let report = watched.look(|record| python::report(record, &line, &interpreter, origin));
    show(options, screen, &report, &watched)?;
    if watched.look(Record::has_run) {
        // A server is stopped by a signal, and a test may fail: its report is whole all the same.
        let reports = std::slice::from_ref(&report);
        options.exports.write(reports, Whole::Yes)?;
    }
    Ok(ending(options, &report, status))
}

fn asked(options: &Options) -> Result<(CommandLine, Interpreter)> {
    let line = CommandLine::read(&options.program)?;
    let interpreter = Interpreter::find(options.python.as_deref())?;
    Ok((line, interpreter))
}

/// Waits for its end, and shows the last seconds meanwhile.
fn wait(
    child: &mut Child,
    options: &Options,
    mut view: View,
    line: &CommandLine,
) -> Result<ExitStatus> {
    let watched = child.watched();
    let (begun, mut drawn) = (Instant::now(), Instant::now());
    loop {
        if let Some(status) = child
            .ended()
            .context("it is not known how the program ended")?
        {
            return Ok(status);
        }
        if view.begins(begun.elapsed()) && drawn.elapsed() >= FRAME {
            view.draw(&watched, line, *options.slow_poll);
            drawn = Instant::now();
        }
        thread::park_timeout(LOOK);
    }
}

/// The program's own exit code, unless the check failed.
fn ending(options: &Options, report: &Report, status: ExitStatus) -> Ending {
    let own = exit_code(status);
    let programs = report.strategies.iter();
    let blocked = programs.flat_map(|program| &program.blocked);
    let worst = blocked.map(Blocked::length).max().unwrap_or_default();
    match options.fail_blocked {
        Some(limit) if own == 0 && worst >= *limit => {
            let (worst, limit) = (units::duration(worst), units::duration(*limit));
            complain(&format!(
                "asyncdemo: the event loop was blocked for {worst}; --fail-blocked allows {limit}.\n"
            ));
            Ending::Failed
        }
        _ => Ending::Exit(own),
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code();
    #[cfg(unix)]
    let code = code.or_else(|| {
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        signal.map(|signal| 128 + signal)
    });
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// The report, once the program has ended.
fn show(options: &Options, screen: &Screen, report: &Report, watched: &Watched) -> Result<()> {
    if options.format == TextOrJson::Json {
        return print_report(report);
    }
    let style = screen.live().unwrap_or(Style {
        color: false,
        ..screen.out()
    });
    complain_styled(&to_ansi(&lines(report, watched, style), &style));
    Ok(())
}

fn lines(report: &Report, watched: &Watched, style: Style) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    let filled = |text: &Line| {
        let (first, rest) = (Line::default(), Line::plain("  "));
        wrap(text, style.width.max(20), &first, &rest)
    };
    if !watched.look(Record::has_run) {
        if let Some(trouble) = watched.trouble() {
            lines.push(not_whole(&trouble, style));
            return lines;
        }
        let why = if watched.look(Record::is_begun) {
            "no event loop ran in its process. Processes that it starts are not recorded: for a server, \
             run one in its own process (uvicorn without --workers and --reload, hypercorn with --workers 0)."
        } else {
            "the program ended before the recorder could speak, or closed its connection."
        };
        let text = format!("asyncdemo: nothing was recorded: {why}");
        lines.extend(filled(&Line::of(Role::Dim, &text)));
        return lines;
    }
    let ends = report.strategies.iter().map(|program| program.end().0);
    let mut text = Picture::new(style, report.slow_poll_s.0, ends.max().unwrap_or_default());
    for program in &report.strategies {
        let most = style.lanes.saturating_sub(2).max(1);
        lines.extend(text.strategy(&python::most_telling(program, most)));
    }
    let together = watched.look(python::taken_together);
    if !together.is_empty() {
        let some = together.iter().take(GROUPS).map(String::as_str);
        let told = some.collect::<Vec<_>>().join("; ");
        let told = style.tame(&format!("Not kept one by one: {told}."));
        lines.extend(filled(&Line::of(Role::Dim, &told)));
        lines.push(Line::default());
    }
    lines.extend(text.findings(&report.findings));
    lines.extend(text.legend());
    if let Some(trouble) = watched.trouble() {
        lines.push(not_whole(&trouble, style));
    } else if !watched.look(Record::is_whole) {
        let trouble = "the program ended without a word to the recorder, as by a signal, a crash, os._exit or exec. \
             What it did in its last moments is missing, and the times above end before it did";
        lines.extend(filled(&not_whole(trouble, style)));
    }
    lines
}

fn not_whole(trouble: &str, style: Style) -> Line {
    let text = format!("The record is not whole: {trouble}.");
    Line::of(Role::Alarm, &style.tame(&text))
}
