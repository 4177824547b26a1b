//! `asyncdemo python`: real programs, under every CPython that is here.

use std::path::{Path, PathBuf};
use std::process::Command;

use asyncdemo::report::{Outcome, Report, StrategyReport, Task};
use tempfile::TempDir;

use crate::support::{Output, Test};

/// Those from 3.10 on: on the path as `python3.N`, and pyenv's.
fn interpreters() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&path).flat_map(|folder| {
        let minors = (10..=14).map(move |minor| folder.join(format!("python3.{minor}")));
        minors.collect::<Vec<_>>()
    });
    let home = std::env::var_os("HOME").unwrap_or_default();
    let pyenv = std::fs::read_dir(Path::new(&home).join(".pyenv/versions"));
    let pyenv = pyenv.into_iter().flatten().flatten();
    let mut found: Vec<(String, PathBuf)> = named
        .chain(pyenv.map(|version| version.path().join("bin/python3")))
        .filter_map(|program| Some((version(&program)?, program)))
        .collect();
    found.sort();
    found.dedup_by(|one, other| one.0 == other.0);
    if found.is_empty() {
        println!("skipped: no CPython from 3.10 on is on the path or in ~/.pyenv");
    }
    found.into_iter().map(|(_, program)| program).collect()
}

/// Its version, if it is one that can be watched.
fn version(program: &Path) -> Option<String> {
    let ask = "import sys; print(sys.version_info >= (3, 10) and sys.version)";
    let output = Command::new(program).args(["-c", ask]).output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    (version.trim() != "False" && output.status.success()).then_some(version)
}

/// A folder with this program as `app.py`.
fn program(source: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.py"), source).unwrap();
    folder
}

/// Runs `app.py` under this interpreter.
fn watch(python: &Path, folder: &TempDir, flags: &[&str]) -> Output {
    let app = folder.path().join("app.py");
    Test::new(["python", "--python"])
        .args([python])
        .args(flags)
        .args([app])
        .output()
}

/// The same, as a report.
fn report(python: &Path, source: &str, flags: &[&str]) -> (Report, Output) {
    let folder = program(source);
    let output = watch(python, &folder, &[&["--format", "json"], flags].concat());
    let report =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (report, output)
}

#[track_caller]
fn task<'a>(program: &'a StrategyReport, label: &str) -> &'a Task {
    let found = program.tasks.iter().find(|task| task.label == label);
    let labels: Vec<_> = program.tasks.iter().map(|task| &task.label).collect();
    found.unwrap_or_else(|| panic!("no {label} among {labels:?}"))
}

const SCRIPT: &str = "\
import asyncio, sys, time

async def fetch(name):
    await asyncio.sleep(0.05)
    print('fetched', name)
    return name

async def blocks():
    await asyncio.sleep(0.01)
    time.sleep(0.3)

async def fails():
    await asyncio.sleep(0.01)
    raise LookupError('on purpose')

async def waits():
    await asyncio.sleep(3600)

async def main():
    waiting = asyncio.create_task(waits(), name='the waiting one')
    await asyncio.gather(fetch('one'), fetch('two'), fails(), return_exceptions=True)
    waiting.cancel()
    await blocks()
    await asyncio.to_thread(time.sleep, 0.02)

asyncio.run(main())
sys.exit(3)
";

#[test]
fn an_unchanged_program_is_recorded() {
    for python in interpreters() {
        let (report, output) = report(&python, SCRIPT, &[]);
        assert_eq!(output.status, Some(3), "{output:?}");
        assert_eq!(
            output.stderr, "fetched one\nfetched two\n",
            "its own output"
        );
        let program = &report.strategies[0];
        assert_eq!(program.language.as_deref(), Some("python"));
        assert!(
            program
                .interpreter
                .as_deref()
                .unwrap()
                .starts_with("CPython 3.")
        );

        let one = task(program, "fetch('one')");
        assert_eq!(one.outcome, Outcome::Completed);
        assert!(
            one.location.as_deref().unwrap().ends_with("app.py:3"),
            "{one:?}"
        );
        assert_eq!((one.polls.len(), one.wakes_s.len()), (2, 1));
        let two = task(program, "fetch('two')");
        assert!(
            one.start_s < Some(two.end_s) && two.start_s < Some(one.end_s),
            "at once"
        );

        let failed = task(program, "fails");
        assert_eq!(
            (failed.outcome, failed.exception.as_deref()),
            (Outcome::Failed, Some("LookupError"))
        );
        assert_eq!(task(program, "the waiting one").outcome, Outcome::Cancelled);
        assert_eq!(task(program, "main").outcome, Outcome::Completed);
        assert_eq!(task(program, "sleep (thread)").outcome, Outcome::Completed);
        assert_eq!(program.threads, 2);
        let shutdown = |task: &Task| task.label.contains("shutdown");
        assert!(
            !program.tasks.iter().any(shutdown),
            "a library's own tasks are hidden"
        );

        let blocked = &program.blocked[0];
        assert_eq!(blocked.by.as_deref(), Some("main"));
        assert!(blocked.length().as_millis() >= 300, "{blocked:?}");
        let location = blocked.location.as_deref().unwrap();
        assert!(
            location.ends_with("app.py:10 time.sleep(0.3)"),
            "{location}"
        );
        let finding = &report.findings[0];
        assert_eq!(finding.kind, "loop_blocked");
        assert!(
            finding.text.contains("main blocked the event loop for 3"),
            "{finding:?}"
        );
    }
}

#[test]
fn the_picture_comes_after_the_programs_own_output() {
    for python in interpreters() {
        let output = watch(&python, &program(SCRIPT), &[]);
        assert_eq!(
            (output.status, &*output.stdout),
            (Some(3), "fetched one\nfetched two\n")
        );
        for part in [
            "fetch('one')",
            "█",
            "main blocked the event loop",
            "time.sleep(0.3)",
            "held its thread",
        ] {
            assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
        }
    }
}
