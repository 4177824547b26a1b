//! `asyncdemo timeout` as its users meet it: what each way of stopping leaves behind.

use std::time::Duration;

use crate::support::{Test, on_a_quiet_machine};
use asyncdemo::report::{Outcome, Report, StrategyReport};

/// One strategy's report.
fn ran(strategy: &str, knobs: &[&str]) -> (Report, StrategyReport) {
    let line = ["timeout", "--format", "json", "--strategy", strategy];
    let output = Test::new(line).args(knobs).output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let report: Report = serde_json::from_str(&output.stdout).unwrap();
    let strategy = report.strategies[0].clone();
    (report, strategy)
}

const WORK: Duration = Duration::from_millis(200);
const DEADLINE: Duration = Duration::from_millis(50);
const KNOBS: [&str; 4] = ["--work", "200ms", "--deadline", "50ms"];

#[test]
fn a_blocking_call_ends_when_it_likes_and_its_answer_counts() {
    let (_, report) = ran("timeout-blocking", &KNOBS);
    assert_eq!(report.tasks[0].outcome, Outcome::Completed);
    assert!(report.tasks[0].end_s.0 >= WORK);
    assert_eq!(report.metrics["finished_count"], 1.0);
}

#[test]
fn a_thread_goes_on_when_its_handle_has_been_dropped_and_aborted() {
    let (_, report) = ran("abort-blocking", &KNOBS);
    assert_eq!(report.tasks[0].outcome, Outcome::Cancelled);
    assert!(report.metrics["finished_after_s"] >= WORK.as_secs_f64());
    assert!(report.wall_s[0].0 >= DEADLINE);
}

#[test]
fn a_thread_that_outlives_the_runtime_is_told_as_that() {
    let (report, strategy) = ran("abort-blocking", &["--work", "60s", "--deadline", "10ms"]);
    assert_eq!(strategy.metrics["finished_count"], 0.0);
    assert!(!strategy.metrics.contains_key("finished_after_s"));
    let [finding] = &report.findings[..] else {
        unreachable!("{:?}", report.findings)
    };
    assert_eq!(finding.kind, "ran_on");
    assert!(finding.text.contains("still working"), "{}", finding.text);
}

#[test]
fn a_task_that_computes_is_aborted_where_it_awaits() {
    let (_, report) = ran("abort", &KNOBS);
    let [waits, computes] = &report.tasks[..] else {
        unreachable!("two tasks: {:?}", report.tasks)
    };
    let outcomes = (waits.outcome, computes.outcome);
    assert_eq!(outcomes, (Outcome::Cancelled, Outcome::Cancelled));
    assert!(waits.end_s.0 >= DEADLINE);
    assert!(computes.busy_s.0 >= DEADLINE * 3 / 2, "it was not cut off");
}

#[test]
fn the_torn_order_is_in_the_database_and_the_transaction_is_not() {
    // A machine that takes longer than the deadline for one INSERT cancels before it.
    on_a_quiet_machine("1 0 torn", || {
        let (report, strategy) = ran("half-done", &["--work", "60s", "--deadline", "200ms"]);
        assert_eq!(strategy.metrics["rows_of_an_order_count"], 2.0);
        format!(
            "{} {} {}",
            strategy.metrics["rows_left_count"],
            strategy.metrics["rows_left_in_transaction_count"],
            report.findings[0].kind
        )
    });
}

#[test]
fn an_order_in_time_is_whole_and_nothing_is_claimed() {
    let (report, strategy) = ran("half-done", &["--work", "1ms", "--deadline", "30s"]);
    let left = ["rows_left_count", "rows_left_in_transaction_count"];
    assert_eq!(left.map(|key| strategy.metrics[key]), [2.0, 2.0]);
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.kind.starts_with("loop")),
        "{:?}",
        report.findings
    );
}

#[cfg(unix)]
#[test]
fn without_a_temporary_directory_only_the_order_fails_and_says_why() {
    let output = Test::new(["timeout", "--work", "2ms", "--deadline", "1ms"])
        .env("TMPDIR", "/nowhere")
        .status(1)
        .output();
    assert_eq!(output.status, Some(1));
    let text = output.stdout.split_whitespace().collect::<Vec<_>>();
    let told = "no temporary directory can be made in /nowhere: entity not found. Set TMPDIR to a place where you may make files.";
    assert!(text.join(" ").contains(told), "{}", output.stdout);
}

/// A deadline that comes before the request has reached the handler: about every sixth run.
#[test]
fn a_client_that_leaves_before_its_request_has_come_is_not_waited_for() {
    for _ in 0..12 {
        let (_, report) = ran("client-leaves", &["--work", "100ms", "--deadline", "1ms"]);
        assert_eq!(report.metrics["finished_count"], 0.0);
    }
}
