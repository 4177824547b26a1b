//! Programs in Python that end as no program should, and interpreters that are none.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use asyncdemo::report::Report;
use tempfile::TempDir;

use crate::support::{Output, Test};
use crate::watch_python::{program, tried};

fn watched(source: &str, flags: &[&str]) -> Option<Output> {
    let python = tried().pop()?;
    let folder = program(source);
    let call = Test::new(["python", "--python"])
        .args([python])
        .args(flags)
        .args([folder.path().join("app.py")]);
    Some(call.output())
}

/// Names that no terminal should see as they are, one that is no Unicode, and one that is very long.
const NAMES: &str = r#"
import asyncio

async def work():
    await asyncio.sleep(0.02)

async def main():
    names = ["\x1b]0;title\x07", "\u202eleft", "\ud800", "two\nlines\tand", "x" * 1_000_000, ""]
    await asyncio.gather(*[asyncio.create_task(work(), name=name) for name in names])

asyncio.run(main())
"#;

#[test]
fn a_task_may_be_called_anything() {
    let Some(output) = watched(NAMES, &[]) else {
        return;
    };
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert!(
        output.stderr.contains("  main ") && output.stderr.contains("xxxx"),
        "{}",
        output.stderr
    );
    let harmless = |ch: char| ch == '\n' || !ch.is_control() && ch != '\u{202e}';
    assert!(output.stderr.chars().all(harmless), "{:?}", output.stderr);
    let lines = output.stderr.lines();
    assert!(lines.clone().all(|line| line.chars().count() <= 80));
    let json = watched(NAMES, &["--format", "json"]).unwrap().stdout;
    let report: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(report.strategies[0].task_count(), 7);
    assert!(!report.partial && json.len() < 100_000, "{}", json.len());
}

#[test]
fn what_a_program_did_before_it_was_cut_off_is_not_taken_for_the_whole() {
    const SLEEPS: &str = "    await asyncio.sleep(0.3)\n";
    for (ends, status) in [
        ("os._exit(7)", 7),
        ("os.execv('/bin/sh', ['sh', '-c', 'exit 5'])", 5),
        ("os.kill(os.getpid(), 9)", 137),
        ("pass", 0),
        ("sys.exit(3)", 3),
        ("raise ValueError", 1),
    ] {
        let source = format!(
            "import asyncio, os, sys\n\nasync def main():\n{SLEEPS}    {ends}\n\nasyncio.run(main())\n"
        );
        let whole = ["pass", "sys.exit(3)", "raise ValueError"].contains(&ends);
        let Some(output) = watched(&source, &[]) else {
            return;
        };
        assert_eq!(output.status, Some(status), "{ends}: {}", output.stderr);
        let told = output.stderr.contains("The record is not whole");
        assert_eq!(told, !whole, "{ends}: {}", output.stderr);
        let json = watched(&source, &["--format", "json"]).unwrap().stdout;
        // What the program itself writes goes to standard error.
        let report: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(report.partial, !whole, "{ends}");
    }
}

/// A program of the shell that claims to be an interpreter.
fn shell(folder: &TempDir, name: &str, script: &str) -> PathBuf {
    let file = folder.path().join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

fn refused(python: &Path) -> String {
    let flag = format!("--python={}", python.display());
    let output = Test::new(["gather", "--delays", "10ms,20ms", &flag]).output();
    assert_eq!(output.status, Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{}", output.stdout);
    output.stderr
}

#[test]
fn what_is_no_interpreter_is_said_to_be_none_and_why() {
    let folder = TempDir::new().unwrap();
    for (name, script, why) in [
        ("ends", "exit 3", "which version it is (exit status: 3). "),
        (
            "is-killed",
            "kill -9 $$",
            "which version it is (signal: 9 (SIGKILL)). ",
        ),
        ("complains", "echo nothing here. >&2", "(nothing here). "),
        ("old", "echo CPython 3.9.1", "needs Python 3.1"),
        (
            "writes-codes",
            "printf '\\033]0;title\\007' >&2",
            "which version it is (",
        ),
    ] {
        let told = refused(&shell(&folder, name, script));
        // Each of these sentences goes on to what to do, or ends.
        let why = why.trim_end();
        assert!(told.contains(why), "{name}: {told}");
        assert!(!told.contains('\u{1b}'), "{name}: {told:?}");
        assert!(!told.contains(". ."), "{name}: {told}");
    }
    assert!(refused(folder.path()).contains("cannot be started"));
}

/// Half a minute, as long as it waits.
#[test]
#[ignore = "half a minute each: cargo test --test suite attack::python -- --ignored"]
fn who_claims_to_be_python_and_says_nothing_or_never_stops_is_ended() {
    let folder = TempDir::new().unwrap();
    for (name, script) in [("hangs", "exec sleep 1000"), ("floods", "exec yes")] {
        let told = refused(&shell(&folder, name, script));
        assert!(
            told.contains("has not answered within 30s"),
            "{name}: {told}"
        );
    }
    super::fuzz::within_memory();
}
