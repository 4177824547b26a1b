//! `files` as its users meet it: real files, and none left behind.

#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use crate::support::{Test, no_hang};
use asyncdemo::concepts::{Strategy, find};
use asyncdemo::lab::{Lab, Outcome, Stop};
use asyncdemo::report::Report;

fn strategies(knobs: &[&str]) -> Vec<Strategy> {
    let files = find("files").unwrap();
    (files.strategies)(knobs).unwrap()
}

#[track_caller]
fn ran(strategy: &Strategy) -> Outcome {
    let lab = Lab {
        slow_poll: Duration::from_millis(10),
        repeat: 1,
        show_heartbeat: true,
        max_tasks: 1_000,
        stop: Stop::default(),
    };
    let running = strategy.clone();
    let outcome = no_hang(strategy.name, move || lab.run(&running, &mut ()));
    assert_eq!(outcome.report.error, None, "{}", strategy.name);
    outcome
}

#[cfg(unix)]
fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

#[test]
fn every_strategy_reads_what_was_written_into_every_file() {
    let mut first: Option<serde_json::Value> = None;
    for strategy in strategies(&["--files", "7", "--size", "100KiB"]) {
        let Outcome { report, result, .. } = ran(&strategy);
        let sums = result.unwrap();
        let different: std::collections::BTreeSet<_> = sums
            .as_array()
            .unwrap()
            .iter()
            .map(|sum| sum.as_u64().unwrap())
            .collect();
        assert_eq!(different.len(), 7, "{}: {sums}", strategy.name);
        assert_eq!(
            *first.get_or_insert(sums.clone()),
            sums,
            "{}",
            strategy.name
        );
        assert_eq!(
            strategy.ideal, None,
            "arithmetic promises nothing of a disk"
        );

        let expected = if strategy.name == "one-offload" { 1 } else { 7 };
        assert_eq!(report.tasks.len(), expected, "{}", strategy.name);
    }
}

#[test]
fn no_more_files_at_once_than_are_allowed() {
    for (limit, at_once) in [("1", 1), ("3", 3), ("500", 6)] {
        let knobs = ["--files", "6", "--size", "1MiB", "--limit", limit];
        let strategies = strategies(&knobs);
        let concurrent = strategies
            .iter()
            .find(|strategy| strategy.name == "tokio-concurrent")
            .unwrap();
        let most = ran(concurrent).report.most_in_flight();
        assert!(most <= at_once, "--limit {limit}: {most}");
    }
}

#[test]
fn what_does_not_make_sense_is_refused() {
    for (arguments, told) in [
        (
            &["--files", "0"][..],
            "must be a whole number from 1 to 1000",
        ),
        (&["--size", "0"], "must be from 1B to 64MiB"),
        (&["--size", "65MiB"], "must be from 1B to 64MiB"),
        (&["--size", "1MB"], "written like 4096, 64KiB or 1MiB"),
        (&["--size", "-1"], "must be from 1B to 64MiB"),
        (&["--limit", "501"], "must be a whole number from 1 to 500"),
        (
            &["--size", "5MiB"],
            "--files 64 of --size 5MiB are 320MiB in all; at most 256MiB are written",
        ),
    ] {
        let output = Test::new(["files"]).args(arguments).output();
        assert_eq!(output.status, Some(2), "{arguments:?}");
        assert!(
            output.stderr.contains(told),
            "{arguments:?}: {}",
            output.stderr
        );
    }
    let output = Test::new(["files", "--size", "64KiB", "--format", "json"]).output();
    let report: Report = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report.arguments["size"], "64KiB");
}

#[test]
fn where_no_directory_can_be_made_it_says_so() {
    let output = Test::new(["files", "--strategy", "std", "--format", "json"])
        .env("TMPDIR", "/nowhere/at/all")
        .output();
    assert_eq!(output.status, Some(1));
    let report: Report = serde_json::from_str(&output.stdout).unwrap();
    let error = report.strategies[0].error.as_deref().unwrap();
    assert!(
        error.contains("no temporary directory can be made in /nowhere/at/all"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn nothing_is_left_behind_after_the_end_or_an_interrupt() {
    let place = tempfile::tempdir().unwrap();
    let output = Test::new(["files", "--size", "4KiB", "--all"])
        .env("TMPDIR", place.path())
        .output();
    assert_eq!(output.status, Some(0), "{}", output.stdout);
    assert!(is_empty(place.path()));
    for strategy in ["std", "tokio-sequential", "tokio-concurrent", "one-offload"] {
        let run = ["files", "--repeat", "100", "--size", "1MiB", "--strategy"];
        let started = Test::new(run)
            .args([strategy])
            .env("TMPDIR", place.path())
            .start();
        let begun = || (!is_empty(place.path())).then_some(());
        crate::support::within("it makes its directory", begun);
        crate::support::signal("INT", started.pid());
        assert_eq!(started.output().status, Some(130), "{strategy}");
        assert!(is_empty(place.path()), "{strategy}");
    }
}

#[cfg(unix)]
#[test]
fn a_few_open_files_are_enough() {
    let run =
        "ulimit -n 40 && exec \"$0\" files --size 4KiB --files 300 --limit 300 --all --format json";
    let output = std::process::Command::new("sh")
        .args(["-c", run, env!("CARGO_BIN_EXE_asyncdemo")])
        .output()
        .unwrap();
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    for strategy in &report.strategies {
        assert_eq!(strategy.error, None, "{}", strategy.name);
    }
    let summary = &report.strategies[2].summary;
    assert!(
        summary.ends_with("files at once: no more may be open (ulimit -n)"),
        "{summary}"
    );
}

/// On a file system of its own, of one megabyte, where this machine lets a user mount one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_the_directory_is_gone() {
    let place = tempfile::tempdir().unwrap();
    let run = "mount -t tmpfs -o size=1m none \"$1\" || exit 99
        TMPDIR=\"$1\" \"$0\" files --size 64KiB --strategy one-offload --format json
        status=$?
        ls -A \"$1\" >&2
        exit $status";
    let output = std::process::Command::new("unshare")
        .args(["-rm", "sh", "-c", run, env!("CARGO_BIN_EXE_asyncdemo")])
        .arg(place.path())
        .output();
    let Ok(output) = output.map(|output| (output.status.code(), output)) else {
        println!("not tried: there is no unshare");
        return;
    };
    let (status, output) = output;
    if output.stdout.is_empty() {
        println!("not tried: {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    assert_eq!(status, Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "what is left");
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    let error = report.strategies[0].error.as_deref().unwrap();
    let told = "no room: 64 files of 65536 bytes, 4194304 in all, do not fit into";
    assert!(error.contains(told), "{error}");
}
