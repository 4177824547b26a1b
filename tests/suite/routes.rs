//! `routes` as its users meet it: a real server on one thread, and real clients beside it.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{Test, no_hang};
use asyncdemo::claims::{Claims, WaitTogether, findings};
use asyncdemo::concepts::{Strategy, find};
use asyncdemo::lab::{Lab, Outcome, Stop};
#[cfg(unix)]
use asyncdemo::report::Report;

fn strategies(knobs: &[&str]) -> Vec<Strategy> {
    let routes = find("routes").unwrap();
    (routes.strategies)(knobs).unwrap()
}

/// Runs one strategy, which must not fail.
#[track_caller]
fn ran(name: &str, knobs: &[&str]) -> Outcome {
    let strategy = strategies(knobs)
        .into_iter()
        .find(|strategy| strategy.name == name)
        .unwrap();
    let lab = Lab {
        slow_poll: Duration::from_millis(10),
        repeat: 1,
        show_heartbeat: true,
        max_tasks: 1_000,
        stop: Stop::default(),
    };
    let outcome = no_hang(name, move || lab.run(&strategy, &mut ()));
    assert_eq!(outcome.report.error, None);
    outcome
}

const NAMES: [&str; 3] = ["async-route", "blocking-route", "offloaded-route"];

#[test]
fn every_client_is_answered_and_every_handler_is_a_lane() {
    for name in NAMES {
        let Outcome { report, result, .. } = ran(name, &["--clients", "5", "--latency", "20ms"]);
        let expected: Vec<_> = (1..=5).map(|id| format!("item {id}")).collect();
        assert_eq!(result, Some(expected.into()), "{name}");
        let mut lanes: Vec<_> = report.tasks.iter().map(|task| &*task.label).collect();
        lanes.sort_unstable();
        let items = [1, 2, 3, 4, 5].map(|id| format!("GET item {id}"));
        let expected: Vec<_> = items.iter().map(String::as_str).collect();
        assert_eq!(lanes, expected, "{name}");

        let metric = |key: &str| report.metrics[key];
        assert!(metric("latency_p50_s") >= 0.02, "{:?}", report.metrics);
        assert!(metric("latency_p50_s") <= metric("latency_p99_s"));
        assert!(metric("latency_p99_s") <= metric("latency_max_s"));
        assert!(metric("ping_longest_wait_s") > 0.0, "{:?}", report.metrics);
        let rate = 5.0 / metric("latency_max_s");
        assert!((metric("requests_per_second") - rate).abs() < 1e-6);
        assert_eq!(report.metrics.len(), 5, "{:?}", report.metrics);
    }
}

#[test]
fn a_blocking_route_serves_one_at_a_time_and_keeps_the_ping_waiting() {
    let knobs = ["--clients", "4", "--latency", "60ms"];
    let report = ran("blocking-route", &knobs).report;
    assert_eq!(report.most_in_flight(), 1);
    assert!(report.metrics["latency_max_s"] >= 0.24);
    // Each handler holds the thread for 60 ms, and every 10 ms a ping is due.
    assert!(report.metrics["ping_longest_wait_s"] >= 0.045);
    let held = report.blocked.iter().filter(|held| held.by.is_some());
    assert_eq!(held.count(), 4, "{:?}", report.blocked);
}

#[test]
fn the_pool_lets_no_more_in_than_it_has_threads() {
    let knobs = ["--clients", "7", "--latency", "30ms", "--pool", "3"];
    let report = ran("offloaded-route", &knobs).report;
    assert_eq!(report.most_in_flight(), 3);
    assert!(report.wall().unwrap().0 >= Duration::from_millis(90));
    let all = ran("async-route", &knobs).report;
    assert!(all.most_in_flight() > 3, "nothing holds these back");
}

#[test]
fn the_ideal_is_arithmetic() {
    let ideals = |knobs: &[&str]| {
        strategies(knobs)
            .iter()
            .map(|strategy| strategy.ideal.unwrap().as_millis())
            .collect::<Vec<_>>()
    };
    assert_eq!(ideals(&[]), [200, 4000, 200]);
    assert_eq!(ideals(&["--clients", "100"]), [200, 20_000, 600]);
    assert_eq!(ideals(&["--clients", "1", "--pool", "1"]), [200, 200, 200]);
}

#[test]
fn what_takes_too_long_runs_only_if_it_is_asked_for() {
    let by_default = |knobs: &[&str]| {
        strategies(knobs)
            .iter()
            .filter(|strategy| strategy.by_default)
            .map(|strategy| strategy.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(by_default(&["--clients", "50"]), NAMES);
    assert_eq!(by_default(&["--clients", "51"]), [NAMES[0], NAMES[2]]);
}

#[test]
fn the_heart_is_no_request() {
    let claims: Claims = vec![Arc::new(WaitTogether)];
    let expected = "2 of 2 waited at once, and 1 thread served them all";
    crate::support::within(expected, || {
        let report = ran("async-route", &["--clients", "2", "--latency", "60ms"]).report;
        let together = findings([(&report, &claims[..])], &[]);
        let mut told = together.iter().map(|finding| &finding.sentence);
        told.any(|text| text.starts_with(expected)).then_some(())
    });
}

/// Runs it with so many open files, at most.
#[cfg(unix)]
fn with_files(files: usize, arguments: &str) -> std::process::Output {
    let script = format!("ulimit -n {files} && exec \"$0\" routes {arguments}");
    std::process::Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_asyncdemo")])
        .output()
        .unwrap()
}

#[cfg(unix)]
#[test]
fn a_thousand_clients_are_all_answered() {
    let output = with_files(
        4096,
        "--clients 1000 --latency 50ms --strategy async-route --strategy offloaded-route --format json",
    );
    if output.status.code() != Some(0) && output.stdout.is_empty() {
        println!("not tried: this machine allows fewer than 4096 open files");
        return;
    }
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    for strategy in &report.strategies {
        assert_eq!(strategy.error, None, "{}", strategy.name);
        assert_eq!(strategy.tasks.len(), 1000, "{}", strategy.name);
    }
    assert_eq!(report.strategies[1].most_in_flight(), 40);
}

#[cfg(unix)]
#[test]
fn too_few_open_files_are_told_before_anything_runs_and_the_advice_is_good() {
    let output = with_files(64, "--clients 1000 --format json");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    let error = report.strategies[0].error.as_deref().unwrap();
    for told in [
        "--clients 1000 needs 2016 open files",
        "only 64 may be open (ulimit -n)",
        "Allow more: ulimit -n 2048",
    ] {
        assert!(error.contains(told), "{told}: {error}");
    }
    assert!(report.strategies[0].wall_s.is_empty(), "nothing has run");
    // Strategies one after the other find as much room as the first.
    let (_, fewer) = error.split_once("fewer clients: ").unwrap();
    let output = with_files(64, &format!("{fewer} --latency 5ms --all"));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn knobs_out_of_range_are_refused() {
    for (knob, told) in [
        (["--clients", "0"], "must be a whole number from 1 to 1000"),
        (
            ["--clients", "1001"],
            "must be a whole number from 1 to 1000",
        ),
        (["--pool", "0"], "must be a whole number from 1 to 500"),
        (["--pool", "501"], "must be a whole number from 1 to 500"),
        (["--latency", "0s"], "must be from 1ms to 10s"),
        (["--latency", "11s"], "must be from 1ms to 10s"),
    ] {
        let output = Test::new(["routes"]).args(knob).output();
        assert_eq!(output.status, Some(2), "{knob:?}");
        assert!(output.stderr.contains(told), "{knob:?}: {}", output.stderr);
    }
}
