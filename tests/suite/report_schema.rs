//! `docs/report.schema.json` says what a report is. Real ones keep to it, and it refuses others: these tests make both, and
//! `.ci/schema.py` asks a validator.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::Test;
use asyncdemo::concepts::{self, Output, Strategy};
use asyncdemo::lab::{self, Lab, Stop};
use asyncdemo::picture;
use asyncdemo::report::{Outcome, Report, SCHEMA, Seconds};
use serde_json::{Value, json};

static SCHEMA_FILE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../docs/report.schema.json")).expect("the schema is JSON")
});

/// Where reports are put for `.ci/run`, which holds each against the schema: no validator is built with the tests.
static KEPT: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let kept = std::env::var_os("ASYNCDEMO_TEST_REPORTS").map(PathBuf::from);
    if kept.is_none() {
        println!("whether reports keep to the schema is asked in .ci/run (ASYNCDEMO_TEST_REPORTS)");
    }
    kept
});

/// Puts a report where `.ci/run` finds it, `folder` being what must be said of it: `valid` or `wrong`.
fn keep(folder: &str, why: &str, report: &Value) {
    static KEPT_ONES: AtomicUsize = AtomicUsize::new(0);
    let Some(kept) = &*KEPT else {
        return;
    };
    let number = KEPT_ONES.fetch_add(1, Ordering::Relaxed);
    let folder = kept.join(folder);
    std::fs::create_dir_all(&folder).expect("it can be made");
    let kept = json!({ "why": why, "report": report }).to_string();
    std::fs::write(folder.join(format!("{number}.json")), kept).expect("it can be written");
}

/// That the schema allows this report, once `.ci/run` asks it.
pub(crate) fn assert_valid(report: &Value) {
    let test = std::thread::current();
    keep("valid", test.name().unwrap_or_default(), report);
}

/// Standard output as a report, once it is sure that it is that and nothing else.
#[track_caller]
pub(crate) fn parse(stdout: &str) -> (Report, Value) {
    let report: Report =
        serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"));
    let mut again = Vec::new();
    picture::json(&report, &mut again).expect("memory can be written");
    assert_eq!(
        String::from_utf8_lossy(&again),
        stdout,
        "nothing is lost on the way"
    );
    // What this program writes, it reads.
    assert_eq!(Report::from_json(stdout.as_bytes()).err(), None);
    (
        report,
        serde_json::from_str(stdout).expect("it was a report"),
    )
}

/// One run that fails and one that cannot even be prepared.
fn failed() -> Report {
    let lab = Lab {
        slow_poll: Duration::from_millis(10),
        repeat: 1,
        show_heartbeat: true,
        max_tasks: 1_000,
        stop: Stop::default(),
    };
    let fails = Strategy::new(
        "fails",
        "after a panic and a cancellation",
        (),
        |recorder, ()| async move {
            let _unpolled = recorder.track("forgotten", async {});
            let refused: Result<(), String> = Err("too busy".to_owned());
            let _ = recorder.track_result("refused", async { refused }).await;
            let oops = tokio::spawn(recorder.track("oops", async { panic!("on purpose") }));
            tokio::select! {
                _ = oops => {}
                () = recorder.track("dropped", std::future::pending()) => {}
            }
            let _: Output = Output::new(()).metric("tries_count", 1.0);
            anyhow::bail!("on purpose")
        },
    );
    let unprepared = Strategy::staged(
        "unprepared",
        "never begins",
        || -> anyhow::Result<()> { anyhow::bail!("locked") },
        |_, ()| async { Ok(Output::new(())) },
    );
    Report {
        schema: SCHEMA.to_owned(),
        concept: "example".to_owned(),
        arguments: json!({ "latency": "1s 500ms", "requests": 10, "delays": ["1s", "2s"], "url": null }),
        program: Some(lab::program()),
        started: Some(lab::now()),
        machine: lab::machine(),
        partial: false,
        slow_poll_s: Seconds(lab.slow_poll),
        strategies: [fails, unprepared]
            .map(|strategy| lab.run(&strategy, &mut ()).report)
            .into(),
        findings: Vec::new(),
        only_in_rust: Vec::new(),
    }
}

#[test]
fn every_concepts_report_keeps_to_the_schema() {
    for concept in concepts::ALL {
        let output = Test::quick(concept)
            .args(["--all", "--repeat", "2", "--format", "json"])
            .output();
        assert_eq!(
            (output.status, &*output.stderr),
            (Some(0), ""),
            "{}",
            concept.about.name
        );
        let (report, value) = parse(&output.stdout);
        assert_valid(&value);
        assert_eq!(
            (report.schema.as_str(), report.concept.as_str()),
            (SCHEMA, concept.about.name)
        );
        let names: Vec<_> = report
            .strategies
            .iter()
            .map(|strategy| strategy.name.as_str())
            .collect();
        let expected: Vec<_> = crate::support::quick_strategies(concept)
            .iter()
            .map(|strategy| strategy.name)
            .collect();
        assert_eq!(names, expected);
        assert!(
            report
                .strategies
                .iter()
                .all(|it| it.did_nothing() || it.wall_s.len() == 2),
            "{}",
            concept.about.name
        );
        assert!(
            !report.partial && !report.findings.is_empty(),
            "{}",
            concept.about.name
        );
    }
}

#[test]
fn work_that_was_not_done_has_no_time() {
    let line = ["sleep", "--delay", "30ms", "--all", "--format", "json"];
    let (report, value) = parse(&Test::new(line).output().stdout);
    assert_valid(&value);
    let idle: Vec<_> = report
        .strategies
        .iter()
        .filter(|it| it.did_nothing())
        .collect();
    assert_eq!(idle.len(), 1);
    assert_eq!(idle[0].name, "unawaited");
    let times = (
        idle[0].wall(),
        idle[0].ideal_s,
        idle[0].overhead_s,
        idle[0].speedup,
    );
    assert_eq!(times, (None, None, None, None));
    let findings: Vec<_> = report
        .findings
        .iter()
        .filter(|it| it.strategy == "unawaited")
        .collect();
    assert_eq!(findings[0].kind, "never_started", "{findings:?}");
    let alone = [
        "sleep",
        "--delay",
        "30ms",
        "--strategy",
        "unawaited",
        "--format",
        "json",
    ];
    let (report, value) = parse(&Test::new(alone).args(["--repeat", "3"]).output().stdout);
    assert_valid(&value);
    assert_eq!(report.strategies[0].wall(), None);
    // On a busy machine the event loop may be found blocked, too.
    let told = report
        .findings
        .iter()
        .filter(|it| it.kind == "never_started");
    assert_eq!(told.count(), 1, "{:?}", report.findings);
}

#[test]
fn a_report_says_what_measured_when_and_on_what() {
    let run = || {
        Test::quick(&concepts::ALL[1])
            .args(["--format", "json"])
            .output()
            .stdout
    };
    let (report, _) = parse(&run());
    let program = report.program.expect("it is known");
    assert_eq!(program.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(program, lab::program(), "the tests are built with it");
    assert_eq!(report.machine, lab::machine());
    let started = humantime::parse_rfc3339(&report.started.expect("it is known")).unwrap();
    assert!(started.elapsed().unwrap() < Duration::from_secs(3_600));
}

#[test]
fn a_report_of_version_1_is_read_and_drawn() {
    let written = include_str!("../reports/version-1.json");
    let report = Report::from_json(written.as_bytes()).expect("it was a report once");
    assert_eq!(report.schema, "asyncdemo.report/1");
    assert!(report.program.is_none() && report.started.is_none());
    let style = asyncdemo::page::Style::default();
    let drawn = asyncdemo::page::to_ansi(&picture::Picture::report(&report, style), &style);
    for piece in ["sequential", "join", "fetch one", "the waits overlapped"] {
        assert!(drawn.contains(piece), "{piece} is not in\n{drawn}");
    }
}

#[test]
fn tasks_beyond_those_that_are_asked_for_are_taken_together() {
    let line = [
        "sleep",
        "--tasks",
        "5",
        "--delay",
        "30ms",
        "--max-tasks",
        "2",
    ];
    let output = Test::new(line)
        .args(["--strategy", "concurrent", "--format", "json"])
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let (report, value) = parse(&output.stdout);
    assert_valid(&value);
    let strategy = &report.strategies[0];
    let rest = strategy.rest.as_ref().expect("three are not listed");
    assert_eq!((strategy.tasks.len(), rest.count), (2, 3));
    assert_eq!(rest.outcomes, [(Outcome::Completed, 3)].into());
    assert!(rest.polls >= 6 && rest.wakes >= 3, "{rest:?}");
    assert_eq!(strategy.most_in_flight(), 5);
    let thirty = Duration::from_millis(30);
    assert!(rest.longest_s.0 >= thirty && rest.life_s.0 >= 3 * thirty);
    assert_eq!(
        rest.life_s.0,
        rest.busy_s.0 + rest.scheduled_s.0 + rest.idle_s.0
    );
    assert_eq!(report.findings[0].kind, "overlapped");
}

#[cfg(unix)]
#[test]
fn a_report_that_was_cut_short_keeps_to_the_schema() {
    let knobs = [
        "gather",
        "--delays",
        "100ms,60s",
        "--strategy",
        "join",
        "--format",
        "json",
    ];
    let mut patience = Duration::from_millis(200);
    // A signal that comes before the program listens or its tasks begin proves nothing.
    let report = crate::support::within("a report of a run that had begun", || {
        let started = Test::new(knobs).start();
        crate::support::wait(patience);
        patience *= 2;
        crate::support::signal("INT", started.pid());
        let output = started.output();
        let (report, value) = output.status.map(|_| parse(&output.stdout))?;
        assert_eq!(output.status, Some(130));
        assert_valid(&value);
        assert!(report.partial && report.findings.is_empty(), "{report:?}");
        (report.strategies.first()?.tasks.len() == 2).then_some(report)
    });
    let join = &report.strategies[0];
    assert_eq!(
        (join.wall_s.len(), join.overhead_s, join.speedup),
        (1, None, None)
    );
}

#[test]
fn whoever_does_other_work_is_no_measure_for_the_others() {
    let knobs = "background --mail-time 20ms --strategy lost --strategy drained --format json";
    let knobs: Vec<_> = knobs.split(' ').collect();
    let output = Test::new(&knobs).start().output();
    let (report, _) = parse(&output.stdout);
    let speedups: Vec<_> = report.strategies.iter().map(|ran| ran.speedup).collect();
    assert_eq!(speedups, [None, None]);
}

#[test]
fn a_report_of_what_failed_keeps_to_the_schema() {
    let report = failed();
    let mut json = Vec::new();
    picture::json(&report, &mut json).unwrap();
    let (again, value) = parse(&String::from_utf8(json).unwrap());
    assert_eq!(again, report);
    assert_valid(&value);
    let errors: Vec<_> = report
        .strategies
        .iter()
        .map(|strategy| strategy.error.as_deref())
        .collect();
    assert_eq!(
        errors,
        [Some("on purpose"), Some("it could not be prepared: locked")]
    );
}

#[test]
fn a_report_says_which_task_woke_another() {
    let lab = Lab {
        slow_poll: Duration::from_millis(10),
        repeat: 1,
        show_heartbeat: false,
        max_tasks: 1_000,
        stop: Stop::default(),
    };
    let strategy = Strategy::new("wakes", "one sends", (), |recorder, ()| async move {
        let (send, receive) = tokio::sync::oneshot::channel();
        let receives = recorder.track("receives", receive);
        let sends = recorder.track("sends", async { send.send(1) });
        let _ = tokio::join!(receives, sends);
        Ok(Output::new(()))
    });
    let report = lab.run(&strategy, &mut ()).report;
    let tasks = serde_json::to_value(&report.tasks).unwrap();
    assert_eq!(tasks[0]["woken_by"], json!(["sends"]));
    assert_eq!(tasks[0]["wakes_s"].as_array().map(Vec::len), Some(1));
    assert_eq!(tasks[1].get("woken_by"), None);
    let mut whole = failed();
    whole.strategies = vec![report];
    assert_valid(&serde_json::to_value(&whole).unwrap());
}

/// A report in which every object and every kind of field occurs.
fn full() -> Value {
    let mut report = serde_json::to_value(failed()).unwrap();
    report["program"]["commit"] = json!("0123456789ab");
    report["program"]["features"] = json!(["redis"]);
    report["machine"]["cpu"] = json!("A processor");
    let strategy = &mut report["strategies"][0];
    strategy["overhead_s"] = json!(-0.5);
    strategy["ideal_s"] = json!(1.5);
    strategy["speedup"] = json!(1.5);
    strategy["metrics"] =
        json!({ "rows_count": 12.0, "first_reply_s": 0.25, "body_bytes": 1024.0 });
    strategy["tasks"][1]["failed"]["status"] = json!(503);
    strategy["failures"][0]["status"] = json!(503);
    strategy["blocked"] = json!([{ "start_s": 0.1, "end_s": 0.2, "by": "oops", "location": "app.py:3 time.sleep(1)" }]);
    strategy["language"] = json!("python");
    strategy["interpreter"] = json!("CPython 3.13.0");
    strategy["tasks"][0]["woken_by"] = json!(["oops", null]);
    strategy["tasks"][0]["exception"] = json!("ValueError");
    strategy["heartbeat"]["blocked_by"] = json!("oops");
    report["findings"] = json!([{
        "kind": "loop_blocked",
        "text": "fails: oops held the thread. So it would be.",
        "strategy": "fails",
        "sentence": "oops held the thread.",
        "takeaway": "So it would be.",
        "short": "nothing else ran",
    }]);
    report
}

/// The fields that reports did not have from the beginning, and those that are not known everywhere. All
/// others are always there.
const LATER: [&str; 17] = [
    "waited_for_core_s",
    "only_in_rust",
    "lane",
    "location",
    "strategy",
    "sentence",
    "takeaway",
    "short",
    "commit",
    "cpu",
    "language",
    "interpreter",
    "exception",
    "closures",
    "failed",
    "failures",
    "woken_by",
];

/// Where the keys are a concept's own.
fn is_open(path: &str) -> bool {
    path.starts_with("/arguments") || path.ends_with("/metrics")
}

/// The path of every value in `value`.
fn paths(value: &Value, at: String, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(key, field)| paths(field, format!("{at}/{key}"), into));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| paths(item, format!("{at}/{index}"), into));
        }
        _ => {}
    }
    into.push(at);
}

#[test]
fn wrong_reports_are_made_for_the_schema_to_refuse() {
    let full = full();
    assert_valid(&full);
    let mut everywhere = Vec::new();
    paths(&full, String::new(), &mut everywhere);
    let refused = |why: String, change: &dyn Fn(&mut Value)| {
        let mut wrong = full.clone();
        change(&mut wrong);
        keep("wrong", &why, &wrong);
    };
    for path in everywhere
        .iter()
        .filter(|path| !path.starts_with("/arguments/"))
    {
        if full.pointer(path).is_some_and(Value::is_object) {
            refused(format!("another field in {path}"), &|wrong| {
                let fields = wrong
                    .pointer_mut(path)
                    .and_then(Value::as_object_mut)
                    .unwrap();
                fields.insert("An-other".to_owned(), json!(1));
            });
        }
        let wrong_type = match full.pointer(path) {
            Some(Value::Number(_)) => json!("1"),
            Some(Value::Null) => json!([]),
            _ => json!(1),
        };
        refused(format!("{wrong_type} as {path}"), &|wrong| {
            *wrong.pointer_mut(path).unwrap() = wrong_type.clone()
        });
        let (parent, key) = path.rsplit_once('/').unwrap_or_default();
        if full.pointer(parent).is_some_and(Value::is_object)
            && !is_open(parent)
            && !path.is_empty()
            && !LATER.contains(&key)
        {
            refused(format!("{parent} without {key}"), &|wrong| {
                wrong
                    .pointer_mut(parent)
                    .and_then(Value::as_object_mut)
                    .unwrap()
                    .remove(key);
            });
        }
        let may_be_negative = path.ends_with("/overhead_s") || is_open(parent);
        if full.pointer(path).is_some_and(Value::is_number) && !may_be_negative {
            refused(format!("a negative {path}"), &|wrong| {
                *wrong.pointer_mut(path).unwrap() = json!(-1)
            });
        }
    }
    for (path, value) in [
        ("/schema", json!("asyncdemo.report/1")),
        ("/strategies/0/runtime/flavor", json!("many threads")),
        ("/strategies/0/tasks/0/outcome", json!("Completed")),
        ("/strategies/0/metrics", json!({ "rows": 12 })),
        ("/arguments", json!({ "latency": { "s": 1 } })),
    ] {
        refused(format!("{value} as {path}"), &|wrong| {
            *wrong.pointer_mut(path).unwrap() = value.clone()
        });
    }
}

#[test]
fn the_schema_describes_every_field_with_its_unit_and_lets_nothing_else_in() {
    fn walk(schema: &Value, at: &str) {
        if schema["type"] == "object" {
            assert!(
                schema
                    .get("additionalProperties")
                    .is_some_and(|more| *more != json!(true)),
                "{at} is open"
            );
        }
        for group in ["properties", "patternProperties", "$defs"] {
            for (name, field) in schema[group].as_object().into_iter().flatten() {
                let at = format!("{at}/{name}");
                let described = field["description"].as_str().unwrap_or_default();
                assert!(described.ends_with('.'), "{at} is not described");
                let name = name.trim_end_matches('$');
                assert!(
                    !name.ends_with("_s") || described.contains("econds"),
                    "{at} does not name its unit"
                );
                walk(field, &at);
            }
        }
        if let Some(properties) = schema["properties"].as_object() {
            let required: Vec<_> = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .collect();
            for name in properties.keys() {
                let required = required.iter().any(|key| *key == name);
                assert_ne!(required, LATER.contains(&&**name), "{at}/{name}");
            }
        }
    }
    assert_eq!(SCHEMA_FILE["properties"]["schema"]["const"], SCHEMA);
    walk(&SCHEMA_FILE, "");
}
