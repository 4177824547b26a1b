//! Temporary files: none is left when a program has ended, however it has, and what one that was killed has left is
//! swept by the next one. Every command and each signal at random moments: `tests/suite/stop.rs`.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use asyncdemo::concepts::ALL;

use crate::support::{Test, signal, within};

fn left_in(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn every_concept_that_ends_leaves_nothing() {
    for concept in ALL {
        let place = tempfile::tempdir().unwrap();
        let output = Test::quick(concept)
            .args(["--all"])
            .env("TMPDIR", place.path())
            .output();
        assert_eq!(output.status, Some(0), "{}", output.stdout);
        assert_eq!(left_in(place.path()), [""; 0], "{}", concept.about.name);
    }
}

#[test]
fn what_fails_leaves_nothing() {
    for words in [
        &["files", "--size", "1MiB"][..],
        &["db"],
        &["queue", "--strategy", "durable"],
        &["tour", "--no-pause"],
    ] {
        let place = tempfile::tempdir().unwrap();
        // No file may be longer than 4 KiB.
        let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
        let output = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_asyncdemo")])
            .args(words)
            .env("TMPDIR", place.path())
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code().is_some_and(|code| code > 0),
            "{words:?}: {said}"
        );
        assert_eq!(left_in(place.path()), [""; 0], "{words:?}");
    }
}

#[test]
fn what_a_killed_program_has_left_is_swept_by_the_next_one() {
    let scripts = tempfile::tempdir().unwrap();
    let script = scripts.path().join("sleeps.py");
    fs::write(&script, "import time\ntime.sleep(3)\n").unwrap();
    let python = Command::new("python3").arg("--version").output().is_ok();
    if !python {
        println!("not tried with asyncdemo python: no python3");
    }
    let script = script.to_str().unwrap();
    for words in [
        &["files", "--repeat", "100", "--size", "1MiB"][..],
        &["db", "--latency", "30s"],
        &["queue", "--strategy", "durable", "--job-time", "30s"],
        &["python", script],
    ] {
        if words[0] == "python" && !python {
            continue;
        }
        let place = tempfile::tempdir().unwrap();
        let home = std::env::var_os("HOME").unwrap_or_default();
        let killed = Test::new(words)
            .env("TMPDIR", place.path())
            .env("HOME", home)
            .start();
        within("a temporary directory", || left_in(place.path()).pop());
        signal("KILL", killed.pid());
        assert_eq!(killed.output().status, None, "{words:?}");
        assert_eq!(left_in(place.path()).len(), 1, "{words:?}");
        let next = Test::new(["list"]).env("TMPDIR", place.path()).output();
        assert_eq!(next.status, Some(0));
        assert_eq!(left_in(place.path()), [""; 0], "{words:?}");
    }
}
