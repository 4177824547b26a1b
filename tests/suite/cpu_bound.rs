//! `asyncdemo cpu-bound` as its users meet it: one thread gains nothing, and what several gain is
//! compared with the machine, which is never asked to be quiet.

use crate::support::{Test, on_a_quiet_machine};
use asyncdemo::report::{Report, StrategyReport, Task};

const KNOBS: [&str; 4] = ["--work", "20ms", "--pieces", "3"];

fn ran(knobs: &[&str]) -> Report {
    let output = Test::new(["cpu-bound", "--format", "json"])
        .args(knobs)
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    serde_json::from_str(&output.stdout).unwrap()
}

/// The lanes but for the heartbeat's.
fn pieces(strategy: &StrategyReport) -> Vec<&Task> {
    let piece = |task: &&Task| task.label.starts_with("piece");
    strategy.tasks.iter().filter(piece).collect()
}

#[test]
fn async_on_one_thread_computes_all_the_time_and_gains_nothing() {
    let chosen = ["--strategy", "sequential", "--strategy", "join"];
    // A machine that stops between two pieces leaves the thread without work for that while.
    on_a_quiet_machine("sequential no_gain join no_gain", || {
        let report = ran(&[&KNOBS[..], &chosen].concat());
        for strategy in &report.strategies {
            assert_eq!((strategy.threads, pieces(strategy).len()), (1, 3));
            assert!(pieces(strategy).iter().all(|task| task.polls.len() == 1));
            assert!(strategy.metrics.is_empty(), "{:?}", strategy.metrics);
        }
        let told = report.findings.iter();
        let told = told.filter(|finding| !finding.kind.starts_with("loop"));
        let told = told.map(|finding| format!("{} {}", finding.strategy, finding.kind));
        told.collect::<Vec<_>>().join(" ")
    });
}

#[test]
fn what_several_threads_bring_is_told_beside_what_the_machine_gives() {
    let several = ["spawned", "spawn-blocking", "rayon"];
    let chosen = several.map(|name| ["--strategy", name]).concat();
    let report = ran(&[&KNOBS[..], &chosen].concat());
    for strategy in &report.strategies {
        let metrics: Vec<_> = strategy.metrics.keys().map(String::as_str).collect();
        let expected = [
            "piece_alone_s",
            "plain_threads_before_count",
            "plain_threads_later_count",
        ];
        assert_eq!(metrics, expected, "{}", strategy.name);
        assert!(strategy.metrics.values().all(|figure| *figure > 0.0));
        let told: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.strategy == strategy.name)
            .filter(|finding| finding.text.contains("plain threads"))
            .map(|finding| finding.kind.as_str())
            .collect();
        // Which of the two is up to the machine.
        assert!(
            matches!(told[..], ["parallel"] | ["inconclusive"]),
            "{told:?}"
        );
    }
    let workers: Vec<_> = report
        .strategies
        .iter()
        .map(|s| s.runtime.workers)
        .collect();
    assert_eq!(workers, [2, 1, 1]);
}

#[test]
fn with_one_worker_there_is_nothing_to_compare() {
    let chosen = [
        "--workers",
        "1",
        "--strategy",
        "spawned",
        "--strategy",
        "rayon",
    ];
    let report = ran(&[&KNOBS[..], &chosen].concat());
    for strategy in &report.strategies {
        assert!(strategy.metrics.is_empty(), "{:?}", strategy.metrics);
        assert_eq!(strategy.ideal_s.unwrap().0.as_millis(), 60);
    }
}
