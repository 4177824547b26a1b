//! Tasks by the thousand, each number in a process of its own.

use crate::support::Test;
use asyncdemo::report::Report;

fn report(test: Test) -> Report {
    let output = test.args(["--format", "json"]).output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    serde_json::from_str(&output.stdout).expect("it is a report")
}

#[test]
fn each_number_is_measured_in_a_process_of_its_own() {
    let line = ["scale", "--tasks", "2000,20000", "--delay", "1s"];
    let report = report(Test::new(line).args(["--strategy", "spawned", "--strategy", "joined"]));
    let rows: Vec<_> = report
        .strategies
        .iter()
        .map(|row| (row.name.as_str(), row.metrics["tasks_count"]))
        .collect();
    assert_eq!(
        rows,
        [
            ("spawned", 2e3),
            ("spawned", 2e4),
            ("joined", 2e3),
            ("joined", 2e4)
        ]
    );
    for row in &report.strategies {
        let tasks = row.metrics["tasks_count"];
        // All were recorded: a thousand whole, and every one in the curve.
        assert_eq!((row.tasks.len(), row.task_count()), (1_000, tasks as usize));
        assert_eq!(row.most_in_flight(), tasks as usize);
        let each = row.metrics["grown_memory_bytes"] / tasks;
        assert!((100.0..2_000.0).contains(&each), "{each} bytes each");
        assert!(row.metrics["cpu_s"] > 0.0);
    }
    // The larger one ran first, and yet the peak of the smaller one is its own.
    let peak = |row: usize| report.strategies[row].metrics["peak_memory_bytes"];
    assert!(peak(2) < peak(1), "{} {}", peak(2), peak(1));
}

#[test]
fn what_is_too_much_for_a_way_is_not_tried_and_says_so() {
    let line = ["scale", "--tasks", "5,100001", "--delay", "10ms"];
    let output = Test::new(line)
        .args(["--strategy", "joined-budgeted"])
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let text = output.stdout;
    assert!(
        text.contains("\n    100,001  not tried: too many for this strategy\n"),
        "{text}"
    );
}

#[test]
fn a_join_all_with_a_budget_is_polled_again_and_again() {
    // Each round lets 128 timers through and asks all others in vain: the square of the tasks.
    let line = ["scale", "--tasks", "4000,32000", "--delay", "10ms"];
    crate::support::on_a_quiet_machine("growing_cost", || {
        let report = report(Test::new(line).args(["--strategy", "joined-budgeted"]));
        let first = report.findings.into_iter().next();
        first.map(|finding| finding.kind).unwrap_or_default()
    });
}

#[cfg(unix)]
#[test]
fn a_process_that_runs_out_of_memory_is_a_row_and_not_the_end() {
    let line =
        "ulimit -v 400000; exec \"$0\" scale --tasks 10,1000000 --delay 10ms --strategy spawned";
    let output = std::process::Command::new("sh")
        .args(["-c", line, env!("CARGO_BIN_EXE_asyncdemo")])
        .output()
        .expect("there is a shell");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("1,000,000  its process ended with signal"),
        "{text}"
    );
    assert!(text.contains("\n         10"), "{text}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_it_with_what_was_measured() {
    let line = ["scale", "--tasks", "3,5", "--delay", "1s"];
    let started = Test::new(line).args(["--strategy", "spawned"]).start();
    let pid = started.pid();
    let child = || {
        let children = format!("/proc/{pid}/task/{pid}/children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        children.split_whitespace().next().map(str::to_owned)
    };
    if !std::path::Path::new("/proc/self/task").exists() {
        return println!("skipped: this system does not list a process's children in /proc");
    }
    let first = crate::support::within("the first process measures", child);
    crate::support::within("the second one does", || {
        child().filter(|other| *other != first)
    });
    crate::support::signal("INT", pid);
    let output = started.output();
    assert_eq!((output.status, &*output.stderr), (Some(130), ""));
    assert!(output.stdout.contains("\n          3"), "{}", output.stdout);
    assert!(output.stdout.contains("\npartial: "), "{}", output.stdout);
    assert_eq!(child(), None, "nobody is left behind");
}
