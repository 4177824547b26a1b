//! `asyncdemo doctor`: what was found here, and what is missing for what. The first thing asked for in a bug report.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::run::Ending;
use super::screen::{FormatFlag, Screen, TextOrJson, no_terminals, print, print_json};
use crate::lab;
use crate::page::{Line, Role, in_columns, to_ansi};
use crate::progress;
use crate::python::{Interpreter, Packages, package_names};
use crate::services::files::OpenFiles;
use crate::units;

/// What may be asked of it.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// How it is written.
    #[command(flatten)]
    pub output: FormatFlag,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Checkup {
    what: &'static str,
    found: String,
    /// What cannot be done so, and what to do about it. `None` where nothing is missing.
    missing: Option<String>,
}

/// `asyncdemo doctor`.
///
/// # Errors
/// Where standard output cannot be written.
pub fn doctor(options: &Options, screen: &Screen) -> Result<Ending> {
    let (python, packages) = python();
    let all = [
        found("program", lab::program().built()),
        found("machine", lab::machine().in_words()),
        terminal(screen),
        colour(screen),
        locale(screen),
        clock(),
        open_files(),
        data(),
        python,
        packages,
    ];
    match options.output.format {
        TextOrJson::Json => print_json(&serde_json::to_string(&all)?)?,
        TextOrJson::Text => print(&text(&all, screen))?,
    }
    Ok(Ending::Done)
}

fn text(all: &[Checkup], screen: &Screen) -> String {
    let style = screen.out();
    let rows = all.iter().flat_map(|it| {
        let found = vec![Line::of(Role::Name, it.what), Line::plain(&it.found)];
        let missing = it.missing.as_ref();
        let missing = missing.map(|missing| vec![Line::default(), Line::of(Role::Alarm, missing)]);
        [Some(found), missing].into_iter().flatten()
    });
    to_ansi(&in_columns(None, rows.collect(), style.width), &style)
}

fn found(what: &'static str, found: impl Into<String>) -> Checkup {
    Checkup {
        what,
        found: found.into(),
        missing: None,
    }
}

impl Checkup {
    fn missing(mut self, missing: impl Into<String>) -> Self {
        self.missing = Some(missing.into());
        self
    }
}

fn terminal(screen: &Screen) -> Checkup {
    let term = env::var("TERM").unwrap_or_else(|_| "not set".to_owned());
    let size = match screen.rows() {
        Some(rows) => format!("{} columns × {rows} rows", screen.out().width),
        None => format!("printed {} columns wide", screen.out().width),
    };
    let terminal = found("terminal", format!("{size}, TERM {term}"));
    let others = no_terminals();
    if others.is_empty() {
        return terminal;
    }
    let others = others.join(", ");
    terminal.missing(format!(
        "no terminal: standard {others}; nothing is drawn or asked there"
    ))
}

fn colour(screen: &Screen) -> Checkup {
    let set = ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR"];
    let set = set.iter().filter_map(|name| {
        let value = env::var_os(name).filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", value.to_string_lossy()))
    });
    let set: Vec<_> = set.collect();
    let is = match screen.out().color {
        true => "yes",
        false => "no",
    };
    match set.is_empty() {
        true => found("colour", is),
        false => found("colour", format!("{is} ({})", set.join(", "))),
    }
}

fn locale(screen: &Screen) -> Checkup {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| {
        let value = env::var_os(name).filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", value.to_string_lossy()))
    });
    let named = named.unwrap_or_else(|| "none is set".to_owned());
    match screen.out().ascii {
        false => found("locale", named),
        true => found("locale", named).missing(
            "only ASCII is drawn, for want of UTF-8 or by --ascii; LANG=C.UTF-8 changes that",
        ),
    }
}

/// How much longer a thread sleeps than it asked to: what every figure of a wait has in it.
fn clock() -> Checkup {
    const ASKED: Duration = Duration::from_millis(1);
    let mut over: Vec<_> = (0..9).map(|_| slept(ASKED).saturating_sub(ASKED)).collect();
    over.sort();
    let (median, most) = (over[over.len() / 2], over[over.len() - 1]);
    let clock = found(
        "clock",
        format!(
            "a sleep of 1 ms ends {} late (median of 9; at most {})",
            units::duration(median),
            units::duration(most)
        ),
    );
    match median > Duration::from_millis(5) {
        false => clock,
        true => clock.missing("the machine is busy or its timer coarse: expect `inconclusive`"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how late a thread wakes is what is asked"
)]
fn slept(time: Duration) -> Duration {
    let before = Instant::now();
    thread::sleep(time);
    before.elapsed()
}

/// `routes --clients 1000`: both ends of a thousand connections, and some more.
const MANY_FILES: usize = 2_100;

fn open_files() -> Checkup {
    let files = OpenFiles::now();
    let limit = files.limit.map(units::whole);
    let limit = limit.unwrap_or_else(|| "no limit known".to_owned());
    let now = found("open files", format!("{} now, at most {limit}", files.open));
    match files.spare() < MANY_FILES {
        false => now,
        true => now.missing(format!(
            "a thousand connections take {}: `ulimit -n 4096` before",
            units::whole(MANY_FILES)
        )),
    }
}

fn data() -> Checkup {
    let folder = match progress::directory(None) {
        Ok(folder) => folder,
        Err(error) => {
            return found("data", "nowhere").missing(format!("{error:#}: progress is not kept"));
        }
    };
    let shown = folder.display();
    if !folder.exists() {
        return found("data", format!("{shown}, which is made when it is needed"));
    }
    match tempfile::tempfile_in(&folder) {
        Ok(_) => found("data", format!("{shown}, {}", kept(&folder))),
        Err(error) => found("data", shown.to_string()).missing(format!(
            "no file can be made there ({error}): progress is not kept; --data-dir names another folder"
        )),
    }
}

fn kept(folder: &Path) -> &'static str {
    match folder.join("progress.db").exists() {
        true => "with progress in it",
        false => "no lesson begun",
    }
}

/// The interpreter, and the packages of concepts that need some.
fn python() -> (Checkup, Checkup) {
    let (python, asked) = match Interpreter::find(None) {
        Ok(it) => {
            let path = asked(&it.program, "import sys; print(sys.executable)");
            let python = format!("{}, {}", it.spoken(), path.trim());
            (found("python", python), Some(it.program))
        }
        Err(error) => {
            let none = found("python", "none that can be watched");
            (none.missing(error.to_string()), None)
        }
    };
    let Some(has) = Packages::found().or(asked) else {
        return (python, found("packages", "none without a Python"));
    };
    let installed = installed(&has);
    let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let names: Vec<_> = installed.iter().map(|line| name(line)).collect();
    let lacking = package_names().filter(|name| !names.iter().any(|it| it == name));
    let lacking: Vec<_> = lacking.collect();
    let packages = match installed.is_empty() {
        true => found("packages", "none"),
        false => found("packages", installed.join(", ")),
    };
    if lacking.is_empty() {
        return (python, packages);
    }
    let lacking = lacking.join(", ");
    let missing = format!(
        "not there: {lacking}. With --python, `routes`, `background`, `db` and `http` need them: asyncdemo python-setup"
    );
    (python, packages.missing(missing))
}

/// Which of the packages this interpreter has: `fastapi 0.139.0`.
fn installed(python: &Path) -> Vec<String> {
    let names: Vec<_> = package_names().map(|name| format!("{name:?}")).collect();
    let ask = format!(
        "\
import importlib.metadata as about
for name in [{}]:
    try: print(name, about.version(name))
    except about.PackageNotFoundError: pass",
        names.join(", ")
    );
    asked(python, &ask).lines().map(str::to_owned).collect()
}

/// What it prints; nothing where it cannot.
fn asked(python: &Path, program: &str) -> String {
    let mut python = Command::new(python);
    let said = python.args(["-c", program]).stdin(Stdio::null()).output();
    said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}
