//! `asyncdemo db` as its users meet it, and its strategies on real databases.
//!
//! Nothing here says how long something may take at most: only in which order, and how long at least.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use asyncdemo::claims;
use asyncdemo::concepts::{Strategy, find};
use asyncdemo::lab::{Lab, Outcome, Stop};
use asyncdemo::report::{Blocked, Finding, StrategyReport};
use asyncdemo::services::database::Databases;
use rusqlite::Connection;
use tempfile::TempDir;

const LATENCY: Duration = Duration::from_millis(20);

fn asyncdemo(arguments: &[&str], database: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asyncdemo"));
    command
        .arg("db")
        .args(arguments)
        .env_clear()
        .env("LANG", "C.UTF-8");
    if let Some(file) = database {
        command.arg("--database").arg(file);
    }
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    // As one line: where it is wrapped depends on the length of the temporary directory's name.
    String::from_utf8_lossy(bytes)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn strategies(knobs: &[&str]) -> Vec<Strategy> {
    let db = find("db").unwrap();
    (db.strategies)(knobs).unwrap()
}

fn run(strategy: &Strategy) -> Outcome {
    let lab = Lab {
        slow_poll: Duration::from_millis(10),
        repeat: 1,
        show_heartbeat: false,
        max_tasks: 1_000,
        stop: Stop::default(),
    };
    let outcome = lab.run(strategy, &mut ());
    assert_eq!(outcome.report.error, None, "{}", strategy.name);
    outcome
}

fn run_one(name: &str, knobs: &[&str]) -> (Strategy, Outcome) {
    let strategy = strategies(knobs)
        .into_iter()
        .find(|strategy| strategy.name == name)
        .unwrap();
    let outcome = run(&strategy);
    (strategy, outcome)
}

/// When each task ended, in the order of ending.
fn ends(report: &StrategyReport) -> Vec<Duration> {
    let mut ends: Vec<_> = report.tasks.iter().map(|task| task.end_s.0).collect();
    ends.sort();
    ends
}

/// What is found of a strategy's claims.
fn findings(strategy: &Strategy, report: &StrategyReport, all: &[StrategyReport]) -> Vec<Finding> {
    claims::findings([(report, &strategy.claims[..])], all)
}

fn kinds(strategy: &Strategy, report: &StrategyReport, all: &[StrategyReport]) -> Vec<String> {
    let found = findings(strategy, report, all).into_iter();
    found.map(|finding| finding.kind).collect()
}

/// Without those of the event loop: a busy machine blocks any.
fn of_the_database(strategy: &Strategy, report: &StrategyReport) -> Vec<String> {
    let mut kinds = kinds(strategy, report, &[]);
    kinds.retain(|kind| !matches!(&**kind, "loop_blocked" | "loop_busy"));
    kinds
}

fn told(strategy: &Strategy, report: &StrategyReport) -> Vec<String> {
    let found = findings(strategy, report, &[]).into_iter();
    found.map(|finding| finding.sentence).collect()
}

#[test]
fn every_strategy_returns_the_items_in_the_order_asked() {
    for latency in ["10ms", "0"] {
        let knobs = ["--queries", "5", "--connections", "2", "--latency", latency];
        let all = strategies(&knobs).into_iter();
        for strategy in all.filter(|strategy| strategy.differs.is_none()) {
            let result = run(&strategy).result.unwrap();
            let expected = serde_json::json!(["item 1", "item 2", "item 3", "item 4", "item 5"]);
            assert_eq!(result, expected, "{} with {latency}", strategy.name);
        }
    }
}

#[test]
fn one_at_a_time_for_the_thread_the_connection_and_the_writer() {
    for name in ["blocking", "sequential", "one-connection", "writers"] {
        let (_, outcome) = run_one(name, &["--queries", "4", "--latency", "20ms"]);
        // However many are under way, the third cannot be done before three waits have passed.
        for (done, end) in (1..).zip(ends(&outcome.report)) {
            assert!(end >= LATENCY * done, "{name}: {done} done after {end:?}");
        }
    }
}

#[test]
fn one_connection_takes_them_in_the_order_of_asking() {
    let (_, outcome) = run_one("one-connection", &["--queries", "4", "--latency", "20ms"]);
    let ends: Vec<_> = outcome.report.tasks.iter().map(|task| task.end_s).collect();
    assert!(ends.is_sorted(), "{ends:?}");
    assert_eq!(
        outcome.report.most_in_flight(),
        4,
        "all were awaited at once"
    );
    assert_eq!(outcome.report.metrics["connections_count"], 1.0);
}

#[test]
fn a_pool_has_as_many_under_way_as_it_has_connections() {
    let (_, outcome) = run_one(
        "pool",
        &["--queries", "6", "--connections", "3", "--latency", "20ms"],
    );
    assert_eq!(outcome.report.most_in_flight(), 3);
    assert_eq!(outcome.report.metrics["connections_count"], 3.0);
    assert_eq!(outcome.report.ideal_s.unwrap().0, LATENCY * 2);
    let ends = ends(&outcome.report);
    assert!(
        ends[3] >= LATENCY * 2,
        "the fourth has to wait for a connection: {ends:?}"
    );
}

#[test]
fn only_the_blocking_strategy_holds_the_loop_while_it_waits() {
    let knobs = ["--queries", "3", "--latency", "50ms"];
    let latency = Duration::from_millis(50);
    let (strategy, outcome) = run_one("blocking", &knobs);
    for task in &outcome.report.tasks {
        assert!(
            task.busy_s.0 >= latency,
            "{}: {:?}",
            task.label,
            task.busy_s
        );
    }
    let kinds = kinds(&strategy, &outcome.report, &[]);
    assert_eq!(kinds, ["loop_blocked"]);
    let blocked = outcome.report.blocked.iter();
    assert!(blocked.map(Blocked::length).sum::<Duration>() >= latency * 3);

    let (_, outcome) = run_one("sequential", &knobs);
    for task in &outcome.report.tasks {
        assert!(task.life().0 >= latency, "it did wait");
        assert_eq!(
            task.polls.len(),
            2,
            "{}: once to ask, once for the answer",
            task.label
        );
    }
}

#[test]
fn a_query_that_finds_no_connection_waits_for_one_and_that_is_measured() {
    let (strategy, outcome) = run_one("exhausted", &["--queries", "4", "--latency", "20ms"]);
    assert_eq!(outcome.report.most_in_flight(), 4);
    assert_eq!(outcome.report.metrics["connections_count"], 2.0);
    // As long as the query before it, but for the moment between their beginnings.
    let waited = outcome.report.metrics["longest_wait_for_connection_s"];
    assert!(waited > LATENCY.as_secs_f64() / 2.0, "{waited}");
    assert_eq!(
        of_the_database(&strategy, &outcome.report),
        ["pool_exhausted"]
    );
}

#[test]
fn a_pool_whose_callers_all_want_a_second_connection_waits_until_some_give_up() {
    for connections in ["1", "2", "4"] {
        let knobs = [
            "--queries",
            "4",
            "--latency",
            "20ms",
            "--pool-timeout",
            "60ms",
        ];
        let knobs = [&knobs[..], &["--connections", connections]].concat();
        let (strategy, outcome) = run_one("self-deadlock", &knobs);
        let metrics = &outcome.report.metrics;
        assert!(metrics["gave_up_count"] >= 1.0, "{metrics:?}");
        assert!(
            metrics["longest_wait_for_connection_s"] >= 0.06,
            "{metrics:?}"
        );
        let kinds = of_the_database(&strategy, &outcome.report);
        assert_eq!(kinds, ["pool_deadlock"], "{connections}");
        let names = outcome.result.unwrap();
        let none = names
            .as_array()
            .unwrap()
            .iter()
            .filter(|name| name.is_null());
        assert_eq!(none.count() as f64, metrics["gave_up_count"]);
    }
}

#[test]
fn a_writer_that_has_read_before_is_refused_at_once_and_leaves_no_row() {
    let knobs = ["--queries", "4", "--connections", "4", "--latency", "20ms"];
    let (strategy, outcome) = run_one("deferred", &knobs);
    let metrics = &outcome.report.metrics;
    assert!(metrics["locked_count"] >= 1.0, "{metrics:?}");
    assert_eq!(metrics["rows_found_count"] + metrics["locked_count"], 4.0);
    assert_eq!(
        of_the_database(&strategy, &outcome.report),
        ["locked_at_once"]
    );
}

#[test]
fn what_writers_write_is_counted_and_all_there() {
    let (strategy, outcome) = run_one(
        "writers",
        &["--queries", "12", "--connections", "4", "--latency", "1ms"],
    );
    let metrics = &outcome.report.metrics;
    assert_eq!(metrics["rows_expected_count"], 12.0);
    assert_eq!(metrics["rows_found_count"], 12.0);
    let shown = told(&strategy, &outcome.report);
    let all = "every new row was there at the end: 12 of 12.";
    assert!(shown.contains(&all.to_owned()), "{shown:?}");

    for (other, expected) in [
        (
            11.0,
            "inconclusive. Of 12 rows that were written, 11 were there at the end.",
        ),
        (
            13.0,
            "inconclusive. 13 new rows were there at the end, but 12 were written: something else writes to the file, too.",
        ),
    ] {
        let mut report = outcome.report.clone();
        report.metrics.insert("rows_found_count".to_owned(), other);
        let shown = told(&strategy, &report);
        assert!(shown.contains(&expected.to_owned()), "{shown:?}");
    }
}

#[test]
fn a_pool_overlaps_on_its_connections_and_says_so_only_if_it_did() {
    let (strategy, outcome) = run_one(
        "pool",
        &["--queries", "6", "--connections", "3", "--latency", "50ms"],
    );
    let is_overlap = |text: &String| text.starts_with("the waits overlapped on 3 connections");
    // On a busy machine the times may not bear it out; where they do, it must be said.
    let shown = told(&strategy, &outcome.report);
    let near = outcome.report.overhead_s.unwrap() <= 0.005;
    assert!(!near || shown.iter().any(is_overlap), "{shown:?}");

    let mut late = outcome.report;
    late.wall_s[0].0 += Duration::from_secs(1);
    assert_eq!(kinds(&strategy, &late, &[])[0], "inconclusive");
}

#[test]
fn that_a_short_query_is_dearer_in_another_thread_is_only_said_beside_the_blocking_one() {
    let strategies = strategies(&["--latency", "0"]);
    let (blocking, sequential) = (&strategies[0], &strategies[1]);
    assert!(blocking.by_default && sequential.by_default);
    let mut both = [run(blocking).report, run(sequential).report];
    // What the machine did is put aside: each task here takes its number of milliseconds.
    for (report, milliseconds) in both.iter_mut().zip([1, 3]) {
        for task in &mut report.tasks {
            task.end_s.0 = task.start_s.unwrap().0 + Duration::from_millis(milliseconds);
        }
        report.blocked.clear();
    }
    assert_eq!(
        kinds(sequential, &both[1], &both[1..]),
        [""; 0],
        "there is nothing to compare with"
    );
    let shown = findings(sequential, &both[1], &both);
    assert_eq!(shown.len(), 1, "{shown:?}");
    let expected = "3.0 ms for each, where blocking needed 1.0 ms: ";
    assert!(shown[0].sentence.starts_with(expected), "{shown:?}");
    both[1].tasks = both[0].tasks.clone();
    assert_eq!(kinds(sequential, &both[1], &both), ["inconclusive"]);
}

#[test]
fn without_a_latency_nothing_is_promised_of_times() {
    for strategy in strategies(&["--latency", "0"]) {
        assert_eq!(strategy.ideal, None, "{}", strategy.name);
        assert!(!strategy.summary.contains("waits"), "{}", strategy.summary);
    }
    // What may end with an error promises nothing.
    let all = strategies(&[]).into_iter();
    for strategy in all.filter(|strategy| strategy.differs.is_none()) {
        assert!(strategy.ideal.is_some(), "{}", strategy.name);
        assert!(strategy.summary.contains("200ms"), "{}", strategy.summary);
        assert!(
            strategy.summary.contains("in a registered function"),
            "{}",
            strategy.summary
        );
    }
}

#[test]
fn a_file_that_asyncdemo_made_is_used_again_and_again() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("shop.db");
    for round in 1..=3 {
        let knobs = ["--latency", "1ms", "--queries", "3", "--strategy", "pool"];
        let knobs = [&knobs[..], &["--strategy", "writers"]].concat();
        let done = asyncdemo(&knobs, Some(&file));
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
        let said = text(&done.stdout);
        assert!(
            said.contains("every new row was there at the end: 3 of 3."),
            "{said}"
        );
        assert!(
            said.contains(&format!("rows before {}", 3 * (round - 1))),
            "{said}"
        );
        let names: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["shop.db"], "nothing is left beside it");
    }
    let rows: u32 = Connection::open(&file)
        .unwrap()
        .query_row("SELECT count(*) FROM sales", (), |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 9);
}

#[test]
fn a_file_that_is_not_its_own_fails_once_and_for_all_and_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("notes.txt");
    fs::write(&file, "milk, bread\n").unwrap();
    let done = asyncdemo(&[], Some(&file));
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(text(&done.stderr), "");
    let said = text(&done.stdout);
    assert_eq!(
        said.matches("is not a SQLite database. It was left as it is. Give --database")
            .count(),
        1,
        "{said}"
    );
    assert_eq!(
        said.matches("failed for the same reason as sequential")
            .count(),
        2,
        "{said}"
    );
    assert!(!said.contains("overhead"), "nothing was measured: {said}");
    assert_eq!(fs::read(&file).unwrap(), b"milk, bread\n");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

    let done = asyncdemo(&["--format", "json"], Some(&file));
    assert_eq!(done.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    for strategy in report["strategies"].as_array().unwrap() {
        let error = strategy["error"].as_str().unwrap();
        assert!(
            error.contains("notes.txt is not a SQLite database"),
            "{error}"
        );
        assert_eq!(strategy["wall_s"], serde_json::json!([]));
    }
}

#[test]
fn a_file_that_another_program_has_locked_fails_and_stays_locked() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("shop.db");
    let place = Databases::new(Some(file.clone()));
    drop(place.database().unwrap());
    let other = Connection::open(&file).unwrap();
    // With this mode the lock is on the file itself, and not on the log's index.
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE")
        .unwrap();
    // To look at it from within this program must not give up the lock that this program has.
    place.database().unwrap_err();
    let done = asyncdemo(&["--strategy", "pool"], Some(&file));
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done.stdout);
    assert!(said.contains("is locked by another program"), "{said}");
    other
        .execute_batch("INSERT INTO sales (item) VALUES (1); COMMIT")
        .unwrap();
}

#[test]
fn a_query_that_fails_halfway_names_the_file() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("shop.db");
    let knobs = ["--queries", "1", "--database", file.to_str().unwrap()];
    let writers = strategies(&knobs).pop().unwrap();
    let start = writers.prepare().unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("DROP TABLE sales").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let error = runtime
        .block_on(start(asyncdemo::trace::Recorder::new()))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("{} ", file.display())),
        "{error}"
    );
}

#[test]
fn knobs_out_of_range_are_a_usage_error_that_names_the_range() {
    for (knob, value, range) in [
        ("--connections", "0", "from 1 to 32"),
        ("--connections", "33", "from 1 to 32"),
        ("--queries", "0", "from 1 to 200"),
        ("--queries", "201", "from 1 to 200"),
        ("--queries", "-4", "from 1 to 200"),
        ("--latency", "-1s", "from 0s to 1m"),
        ("--latency", "61s", "from 0s to 1m"),
        ("--latency", "nan", "from 0s to 1m"),
    ] {
        let done = asyncdemo(&[knob, value], None);
        assert_eq!(done.status.code(), Some(2), "{knob} {value}");
        assert_eq!(text(&done.stdout), "", "{knob} {value}");
        let said = text(&done.stderr);
        assert!(said.contains(knob) && said.contains(range), "{said}");
    }
    assert_eq!(asyncdemo(&["--database", ""], None).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_inside_sqlite_leaves_no_temporary_file() {
    for strategy in ["blocking", "one-connection", "writers"] {
        let scratch = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_asyncdemo"));
        command
            .args(["db", "--latency", "60s", "--strategy", strategy])
            .env("TMPDIR", scratch.path());
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        let made = || fs::read_dir(scratch.path()).unwrap().count() == 1;
        while !made() {
            std::thread::yield_now();
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the run should have begun; the test holds if it has not, too"
        )]
        std::thread::sleep(Duration::from_millis(300));
        let killed = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{strategy}");
        assert_eq!(
            fs::read_dir(scratch.path()).unwrap().count(),
            0,
            "{strategy}"
        );
    }
}
