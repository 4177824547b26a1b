//! Each strategy in Rust and in Python: the same names, the same knobs, one report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use asyncdemo::concepts::{self, Entry};
use asyncdemo::lab::{Invocation, Stop, Trust};
use serde_json::Value;

use asyncdemo::report::{Finding, Outcome, Report, StrategyReport};

use crate::report_schema::{assert_valid, parse};
use crate::support::Test;
use crate::watch_python::{interpreters, tried, version};

/// `asyncio.TaskGroup` came with Python 3.11.
fn new_enough(program: &Path) -> bool {
    let version = version(program).unwrap_or_default();
    let minor = version.split('.').nth(1);
    minor
        .and_then(|minor| minor.parse().ok())
        .is_some_and(|minor: u32| minor >= 11)
}

fn pythons() -> Vec<PathBuf> {
    let mut found = tried();
    found.retain(|program| new_enough(program));
    found
}

/// Runs a concept in both languages, and returns its report, which keeps to the schema.
fn measured(concept: &Entry, python: &Path, more: &[&str]) -> Report {
    let output = Test::quick(concept)
        .args([format!("--python={}", python.display())])
        .args(["--format", "json"])
        .args(more)
        .output();
    assert_eq!(
        (output.status, &*output.stderr),
        (Some(0), ""),
        "{}",
        concept.about.name
    );
    let (report, value) = parse(&output.stdout);
    assert_valid(&value);
    report
}

fn find(name: &str) -> &'static Entry {
    concepts::find(name).expect("there is such a concept")
}

/// A strategy in Rust, and the same in Python.
fn pair<'a>(report: &'a Report, name: &str) -> [&'a StrategyReport; 2] {
    let mut of_name = report.strategies.iter().filter(|it| it.name == name);
    let (rust, python) = (of_name.next(), of_name.next());
    let (rust, python) = rust.zip(python).expect("it ran in both languages");
    assert_eq!(
        (rust.language.as_deref(), python.language.as_deref()),
        (None, Some("python"))
    );
    [rust, python]
}

fn findings<'a>(report: &'a Report, name: &str) -> Vec<&'a Finding> {
    let all = report.findings.iter();
    all.filter(|finding| finding.strategy == name && finding.language.is_some())
        .collect()
}

#[test]
fn gather_waits_at_once_in_both_languages_and_cancels_in_rust_alone() {
    for python in pythons() {
        let report = measured(find("gather"), &python, &["--all"]);
        let names: Vec<_> = report
            .strategies
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        let expected = [
            "sequential",
            "created-first",
            "join",
            "spawned",
            "first-error",
        ];
        assert_eq!(names, expected.map(|name| [name; 2]).concat());
        for name in expected {
            for strategy in pair(&report, name) {
                let labels: Vec<_> = strategy.tasks.iter().map(|task| &task.label).collect();
                assert_eq!(labels, ["fetch one", "fetch two"], "{name}");
                let wall = strategy.wall().expect("it ran");
                let ideal = strategy.ideal_s.expect("arithmetic has one");
                assert!(wall >= ideal, "{name}: {wall:?} is less than {ideal:?}");
                // What was recorded is within the strategy.
                assert!(
                    strategy.tasks.iter().all(|task| task.start_s.is_some()),
                    "{name}"
                );
            }
        }
        let ends = |strategy: &StrategyReport| {
            let ends = strategy.tasks.iter().map(|task| task.outcome);
            ends.collect::<Vec<_>>()
        };
        // Far apart, so that both never end in one poll of a busy machine.
        let line = "gather --strategy first-error --fail-at 50ms --delays 1s,2s --format json";
        let output = Test::new(line.split(' '))
            .args([format!("--python={}", python.display())])
            .output();
        let (report, _) = parse(&output.stdout);
        let [rust, python] = pair(&report, "first-error");
        assert_eq!(ends(rust)[1], Outcome::Cancelled);
        assert_eq!(ends(python), [Outcome::Failed, Outcome::Completed]);
        assert_eq!(python.tasks[0].exception.as_deref(), Some("RuntimeError"));
        assert!(python.tasks[1].end_s > python.tasks[0].end_s);
        let told = findings(&report, "first-error");
        assert_eq!(told[0].kind, "goes_on");
        assert!(
            told[0].text.starts_with("first-error in Python: "),
            "{}",
            told[0].text
        );
    }
}

#[test]
fn what_cannot_be_run_in_python_is_said_in_one_line() {
    let refused = |python: &str| {
        let output = Test::new(["gather", &format!("--python={python}")]).output();
        assert_eq!((output.status, &*output.stdout), (Some(2), ""), "{python}");
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
        output.stderr
    };
    assert!(refused("/nowhere/python3").contains("/nowhere/python3 cannot be started"));
    let none = Test::new(["gather", "--python"])
        .env("PATH", "/nowhere")
        .output();
    assert_eq!((none.status, &*none.stdout), (Some(2), ""));
    assert!(
        none.stderr.contains("no Python was found"),
        "{}",
        none.stderr
    );
    for python in interpreters().iter().filter(|python| !new_enough(python)) {
        assert!(refused(&python.to_string_lossy()).contains("needs Python 3.11 or later"));
    }
}

/// A Python that has the standard library and nothing else.
#[cfg(unix)]
#[test]
fn where_packages_are_missing_one_line_says_what_to_do() {
    use std::os::unix::fs::PermissionsExt;

    let Some(python) = pythons().into_iter().next_back() else {
        return;
    };
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let bare = folder.path().join("python3");
    let script = format!("#!/bin/sh\nexec '{}' -S \"$@\"\n", python.display());
    std::fs::write(&bare, script).expect("there is room");
    let all_may = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&bare, all_may).expect("it is ours");
    for (concept, package) in [
        ("routes", "anyio"),
        ("background", "httpx"),
        ("db", "aiosqlite"),
        ("http", "httpx"),
    ] {
        let output = Test::quick(find(concept))
            .args([format!("--python={}", bare.display())])
            .output();
        let said = output.stderr;
        assert_eq!((output.status, &*output.stdout), (Some(2), ""), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let needs = format!("{concept} in Python needs packages that {}", bare.display());
        assert!(said.contains(&needs) && said.contains(package), "{said}");
        assert!(
            said.contains("asyncdemo python-setup installs them"),
            "{said}"
        );
    }
    // What needs none runs with it.
    let output = Test::quick(find("sleep"))
        .args([format!("--python={}", bare.display())])
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
}

/// Each strategy runs as often as there are languages for it, does what is claimed of it or says which number failed,
/// and returns the same figures.
fn runs_in_both(concept: &str, python: &Path) {
    let concept = find(concept);
    let report = measured(concept, python, &["--all"]);
    for strategy in (concept.strategies)(concept.about.quick).expect("they are in range") {
        let name = strategy.name;
        let alone: Vec<_> = report
            .only_in_rust
            .iter()
            .filter(|it| it.name == name)
            .collect();
        let Some(twin) = strategy.in_python() else {
            assert_eq!(alone.len(), 1, "{name} has no twin and no reason");
            continue;
        };
        assert!(alone.is_empty(), "{name}");
        let [_, here] = pair(&report, name);
        assert_eq!(here.error, None, "{name}");
        assert_eq!(here.summary, twin.summary);
        assert!(
            here.interpreter
                .as_ref()
                .is_some_and(|it| it.starts_with("CPython 3."))
        );
        let (Some(wall), Some(ideal)) = (here.wall(), here.ideal_s) else {
            continue;
        };
        let told = findings(&report, name);
        let denied = told.iter().any(|it| it.kind == "inconclusive");
        // How fast this machine computes is measured just before, while others compute, too.
        let computes = concept.about.name == "cpu-bound";
        let fits = wall.0 <= allowed(ideal.0);
        if !(denied || computes || here.did_nothing() || fits) {
            takes_what_arithmetic_says(concept, name, python);
        }
    }
}

/// A tenth longer than the ideal, or 15 ms: httpx takes more than a millisecond for each connection that it opens.
fn allowed(ideal: Duration) -> Duration {
    ideal.mul_f64(1.1).max(ideal + Duration::from_millis(15))
}

/// With knobs to which some milliseconds matter less, a strategy takes no longer than is allowed, or says
/// that it is inconclusive. A run counts in which Rust kept to that, with a core idle before and after it: elsewhere the
/// machine was busy.
fn takes_what_arithmetic_says(concept: &Entry, strategy: &str, python: &Path) {
    let fits = |it: &StrategyReport| Some(it.wall()?.0 <= allowed(it.ideal_s?.0));
    let mut missed = Vec::new();
    for _ in 0..TRIES {
        let idle = a_core_is_idle();
        let output = Test::new([concept.about.name, "--strategy", strategy])
            .args(concept.about.tour)
            .args([format!("--python={}", python.display())])
            .args(["--format", "json"])
            .output();
        let (report, _) = parse(&output.stdout);
        let both: Vec<_> = report
            .strategies
            .iter()
            .filter(|it| it.name == strategy)
            .collect();
        let [there, here] = both[..] else {
            // Not with so many.
            return;
        };
        let told = findings(&report, strategy);
        // Or it says what it cost to hand over SQLite's lock.
        let says_so = |it: &&Finding| ["inconclusive", "turns_cost"].contains(&&*it.kind);
        if told.iter().any(says_so) || fits(here) != Some(false) {
            return;
        }
        if fits(there) == Some(true) && idle && a_core_is_idle() {
            missed.push((here.wall(), here.ideal_s));
        }
    }
    let name = concept.about.name;
    // Twice is no accident.
    assert!(missed.len() < 2, "{name} {strategy}: {missed:?}");
    println!("{name} {strategy}: this machine is too busy to tell");
}

/// Whether fewer threads run than there are cores. Where that cannot be known, it is taken to be so.
fn a_core_is_idle() -> bool {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let running = load.split(' ').nth(3).and_then(|it| it.split_once('/'));
    let running = running.and_then(|(running, _)| running.parse().ok());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    // The one that asks is among them.
    running.is_none_or(|running: usize| running <= cores)
}

/// How often something is tried that a busy machine may spoil.
const TRIES: usize = 5;

/// Each strategy returns in Python what it returns in Rust, or says why it does not.
fn returns_the_same(concept: &str, python: &Path) {
    let about = find(concept).about;
    let words = about.quick.join(" ");
    let line = format!("{concept} {words} --all --python={}", python.display());
    let asked = Invocation::parse(&line, Trust::Own).expect("it can be run");
    let twins = asked.twins().expect("there is a Python for it");
    let twins = twins.expect("it was asked for");
    let lab = asked.options.lab(&about, &Stop::default());
    for strategy in asked.choose().0 {
        let Some(twin) = strategy.in_python() else {
            continue;
        };
        let name = format!("{concept} --strategy {}", strategy.name);
        if let Some(why) = twin.differs {
            assert!(!why.is_empty(), "{name}");
            continue;
        }
        let mut both = [Value::Null, Value::Bool(true)];
        for _ in 0..TRIES {
            let there = lab.run(&strategy, &mut ());
            let here = twins.run(&strategy, twin, None, &lab, &mut ());
            both = [there, here].map(|it| {
                assert_eq!(it.report.error, None, "{name}");
                let result = it.result.unwrap_or_else(|| panic!("{name} has no result"));
                numbers_alike(&result)
            });
            if both[0] == both[1] {
                break;
            }
        }
        assert_eq!(both[0], both[1], "{name}, in none of {TRIES} tries");
    }
}

/// Python has 2 where Rust has 2.0.
fn numbers_alike(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(values) => values.iter().map(numbers_alike).collect(),
        other => other.clone(),
    }
}

fn run_in_both(concepts: &[&str]) {
    let Some(python) = pythons().into_iter().next_back() else {
        return;
    };
    for concept in concepts {
        runs_in_both(concept, &python);
        returns_the_same(concept, &python);
    }
}

#[test]
fn waiting_and_blocking_run_in_both() {
    run_in_both(&["sleep", "blocking-pitfall", "timeout"]);
}

/// With FastAPI, uvicorn and the database libraries: skipped, and said so, where they cannot be installed.
#[cfg(unix)]
#[test]
fn a_service_and_a_database_run_in_both() {
    let Some(python) = crate::watch_server::with_fastapi() else {
        return;
    };
    for concept in ["routes", "background", "db", "http"] {
        runs_in_both(concept, python);
        returns_the_same(concept, python);
    }
}

/// Of 300 requests 100 have a connection, 100 the next, and the last 100 wait in vain.
#[cfg(unix)]
#[test]
fn httpx_gives_up_waiting_for_a_connection() {
    let Some(python) = crate::watch_server::with_fastapi() else {
        return;
    };
    let line = "http --strategy concurrent --requests 300 --latency 2s --timeout 3s --format json";
    let mut ended = std::collections::BTreeMap::new();
    for _ in 0..TRIES {
        let output = Test::new(line.split(' '))
            .args([format!("--python={}", python.display())])
            .output();
        let (report, value) = parse(&output.stdout);
        assert_valid(&value);
        let [_, here] = pair(&report, "concurrent");
        ended.clear();
        for task in &here.tasks {
            *ended.entry(task.exception.clone()).or_insert(0) += 1;
        }
        let gave_up = ended.get(&Some("PoolTimeout".to_owned()));
        let told = findings(&report, "concurrent");
        // On a busy machine an answer may come too late, too: then others have failed.
        if let (Some(gave_up), [told, ..]) = (gave_up, &told[..]) {
            assert_eq!(told.kind, "pool_limited", "{told:?}");
            let words = format!("{gave_up} requests of 300 gave up waiting: PoolTimeout.");
            assert!(told.text.contains(&words), "{told:?}");
            return;
        }
    }
    panic!("nothing was found in {TRIES} tries; in the last the requests ended so: {ended:?}");
}

#[test]
fn one_thread_loses_updates_in_both() {
    let Some(python) = pythons().into_iter().next_back() else {
        return;
    };
    run_in_both(&["locks"]);
    let report = measured(find("locks"), &python, &["--all"]);
    for (name, lost) in [
        ("race", 2.0),
        ("no-await", 0.0),
        ("async-lock", 0.0),
        ("held-across", 0.0),
    ] {
        for strategy in pair(&report, name) {
            assert_eq!(strategy.metrics["updates_lost_count"], lost, "{name}");
        }
    }
}

#[test]
fn files_computing_queues_and_many_tasks_run_in_both() {
    run_in_both(&["files", "cpu-bound", "queue", "scale"]);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_python_side_and_what_was_measured_is_told() {
    if pythons().is_empty() {
        return;
    }
    // In Rust the error ends it at once. In Python the other call goes on.
    let line =
        "gather --python --strategy first-error --fail-at 10ms --delays 20ms,60s --format json";
    let started = Test::new(line.split(' ')).start();
    crate::support::wait(Duration::from_millis(1_500));
    crate::support::signal("INT", started.pid());
    let output = started.output();
    assert_eq!(output.status, Some(130), "{output:?}");
    let (report, value) = parse(&output.stdout);
    assert_valid(&value);
    assert!(report.partial && report.findings.is_empty());
}

/// Clients that give up: what is counted is the same in both languages, and what is found.
#[test]
fn clients_that_give_up_are_told_alike_in_both() {
    let Some(python) = pythons().into_iter().next_back() else {
        return;
    };
    let names = ["overload", "shed", "retry-storm"];
    let line = "queue --jobs 10 --every 10ms --job-time 75ms --patience 375ms --format json";
    let output = Test::new(line.split(' '))
        .args(names.iter().flat_map(|name| ["--strategy", name]))
        .args([format!("--python={}", python.display())])
        .output();
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let (report, value) = parse(&output.stdout);
    assert_valid(&value);
    for (name, kind, jobs_at_least) in [
        ("overload", "answered_too_late", 10.0),
        ("shed", "shed", 1.0),
        ("retry-storm", "retries_add_load", 11.0),
    ] {
        for strategy in pair(&report, name) {
            let counted = |figure| strategy.metrics[figure];
            let gave_up = counted("requests_count") - counted("in_time_count");
            assert_eq!(counted("requests_count"), 10.0, "{name}");
            assert!(gave_up > 0.0, "{name}: {:?}", strategy.metrics);
            assert!(counted("jobs_count") >= jobs_at_least, "{name}");
            assert_eq!(counted("refused_count") > 0.0, name == "shed", "{name}");
        }
        let here = findings(&report, name);
        let there = report.findings.iter();
        let there = there.filter(|it| it.strategy == name && it.language.is_none());
        for told in here.into_iter().chain(there) {
            // One core may be busy: then it says which number failed.
            let expected = [kind, "inconclusive", "loop_blocked"];
            assert!(expected.contains(&&*told.kind), "{told:?}");
        }
    }
}

/// After two of the strategies of `db`: what the ORMs make of one connection, and a pool behind a route of FastAPI. And
/// a file that was named is the one that is used, by its relative name, too.
#[cfg(unix)]
#[test]
fn the_orms_and_a_route_are_tried_after_the_strategies_of_db() {
    let Some(python) = crate::watch_server::with_fastapi() else {
        return;
    };
    let report = measured(find("db"), python, &["--all"]);
    let kinds = |name: &str| {
        let told = findings(&report, name).into_iter();
        told.map(|it| it.kind.as_str()).collect::<Vec<_>>()
    };
    let [there, here] = pair(&report, "one-connection");
    assert_eq!(here.metrics["session_refused_count"], 2.0);
    assert!(here.metrics["tortoise_at_once_s"] >= 0.06, "{here:?}");
    assert!(!there.metrics.contains_key("session_refused_count"));
    assert!(kinds("one-connection").contains(&"session_refuses"));
    let [_, here] = pair(&report, "pool");
    assert!(here.metrics["route_at_once_s"] >= 0.02, "{here:?}");

    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let rows = || -> u32 {
        let database = rusqlite::Connection::open(folder.path().join("shop.db"));
        let database = database.expect("it is there");
        let count = database.query_row("SELECT count(*) FROM sales", (), |row| row.get(0));
        count.expect("it can be read")
    };
    let line = "db --queries 2 --latency 10ms --strategy writers --database shop.db";
    let named = |python: Option<&Path>| {
        let python = python.map(|python| format!("--python={}", python.display()));
        let output = Test::new(line.split(' ').chain(python.as_deref()))
            .inside(folder.path())
            .output();
        assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    };
    named(None);
    assert_eq!(rows(), 2);
    named(Some(python));
    assert_eq!(rows(), 6, "two in Rust, and two in Python");
}

/// After the strategies of `background`: several tasks of one request, a client that leaves, and a real SIGTERM.
#[cfg(unix)]
#[test]
fn what_fastapi_does_otherwise_is_tried_after_the_strategies_of_background() {
    let Some(python) = crate::watch_server::with_fastapi() else {
        return;
    };
    let output = Test::new(["background", "--all", "--mails", "2"])
        .args(["--mail-time", "200ms", "--format", "json"])
        .args([format!("--python={}", python.display())])
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let (report, value) = parse(&output.stdout);
    assert_valid(&value);
    for (name, figure, counted, kind) in [
        ("inline", "sent_for_nobody_count", 1.0, "goes_on_for_nobody"),
        ("background", "tasks_in_order_count", 2.0, "tasks_in_order"),
        (
            "background",
            "begun_after_a_failure_count",
            0.0,
            "tasks_in_order",
        ),
        ("lost", "sent_after_sigterm_count", 0.0, "lost_at_sigterm"),
        (
            "drained",
            "sent_after_sigterm_count",
            1.0,
            "waits_at_sigterm",
        ),
    ] {
        let [there, here] = pair(&report, name);
        assert_eq!(here.metrics.get(figure), Some(&counted), "{name}: {figure}");
        assert!(!there.metrics.contains_key(figure), "{name}");
        let told = findings(&report, name);
        assert!(told.iter().any(|it| it.kind == kind), "{name}: {told:?}");
    }
    let [_, lost] = pair(&report, "lost");
    assert_eq!(lost.metrics["mails_lost_count"], 2.0);
}
