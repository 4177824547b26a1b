//! `blocking-pitfall`: one blocker among several workers.

use asyncdemo::concepts::{self, Strategy};
use asyncdemo::lab::{self, Lab};
use asyncdemo::report::Report;

use crate::support::{no_hang, on_a_quiet_machine};

/// Runs these of its strategies.
fn measured(names: &'static [&'static str], knobs: &'static [&'static str]) -> Report {
    let concept = concepts::find("blocking-pitfall").unwrap();
    let mut strategies = (concept.strategies)(knobs).unwrap();
    strategies.retain(|strategy: &Strategy| names.contains(&strategy.name));
    assert_eq!(strategies.len(), names.len());
    no_hang("blocking-pitfall", move || {
        let arguments = serde_json::Value::Null;
        lab::measure(
            &concept.about,
            arguments,
            &strategies,
            None,
            &Lab::default(),
            &mut (),
        )
        .unwrap()
    })
}

fn kinds(report: &Report) -> String {
    let kinds = report.findings.iter().map(|finding| finding.kind.as_str());
    kinds.collect::<Vec<_>>().join(" ")
}

const UNLUCKY: &[&str] = &["unlucky-worker"];
const SHORT: &[&str] = &["--block", "200ms"];

#[test]
fn one_blocker_stops_eight_workers_and_the_picture_shows_it() {
    on_a_quiet_machine("one_stops_all", || {
        let report = measured(UNLUCKY, SHORT);
        let strategy = &report.strategies[0];
        assert_eq!(strategy.runtime.workers, 8);
        // As seen by the lanes: one worker was held, and all of them are called blocked.
        let task = &strategy.tasks[0];
        let longest = task
            .polls
            .iter()
            .max_by_key(|poll| poll.duration())
            .unwrap();
        let drawn = strategy.blocked.iter().find(|blocked| blocked.by.is_some());
        if let Some(blocked) = drawn {
            assert_eq!(
                (blocked.start_s, blocked.end_s),
                (longest.start_s, longest.end_s)
            );
        }
        kinds(&report)
    });
}

#[test]
fn of_one_blocker_on_two_workers_a_run_tells_what_it_saw_and_that_the_next_may_differ() {
    const TWO: &[&str] = &["--block", "200ms", "--workers", "2"];
    let told = |finding: &asyncdemo::report::Finding| match finding.kind.as_str() {
        "one_held" | "one_stops_all" => finding.text.contains("the other way in the next run"),
        _ => false,
    };
    on_a_quiet_machine("told", || {
        let report = measured(&["thread-sleep"], TWO);
        let told = report.findings.iter().any(told);
        if told {
            "told".to_owned()
        } else {
            kinds(&report)
        }
    });
}

/// `cargo test --test suite nineteen_of_twenty -- --ignored --nocapture`
#[test]
#[ignore = "it keeps a core busy for half a minute"]
fn one_blocker_stops_eight_workers_in_nineteen_of_twenty_runs_beside_a_busy_core() {
    let _busy = crate::support::BusyCore::start();
    let kinds: Vec<_> = (0..20).map(|_| kinds(&measured(UNLUCKY, &[]))).collect();
    let shown = kinds
        .iter()
        .filter(|kinds| kinds.contains("one_stops_all"))
        .count();
    println!(
        "one blocker stopped eight workers in {shown} of {} runs",
        kinds.len()
    );
    assert!(shown >= 19, "{kinds:?}");
}
