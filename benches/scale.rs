//! What a million tasks cost, and what recording them adds.
//!
//! `cargo bench --bench scale`. Each measurement runs in a process of its own, plain and recorded in
//! turn, so that the speed of the machine matters less.

#![expect(clippy::print_stdout, reason = "its figures are its output")]

use std::process::Command;
use std::time::{Duration, Instant};

use asyncdemo::page::{Style, to_ansi};
use asyncdemo::picture::Picture;
use asyncdemo::report::{Measured, StrategyReport};
use asyncdemo::services::usage::Usage;
use asyncdemo::trace::{Keep, Recorder};
use futures_util::future::join_all;
use tokio::runtime::Builder;
use tokio::task::unconstrained;
use tokio::time::sleep;

const TASKS: usize = 1_000_000;
const DELAY: Duration = Duration::from_secs(5);
const ROUNDS: usize = 3;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Some(role), Some(tasks)) = (arguments.next(), arguments.next())
        && let Ok(tasks) = tasks.parse()
    {
        return child(&role, tasks);
    }
    println!("{TASKS} tasks that sleep for {DELAY:?} each, current-thread, median of {ROUNDS}");
    for way in ["spawned", "joined"] {
        let (mut plain, mut recorded) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            plain.push(measure(&format!("{way}-plain"), TASKS));
            recorded.push(measure(&format!("{way}-recorded"), TASKS));
        }
        let ratio = median(
            plain
                .iter()
                .zip(&recorded)
                .map(|(plain, recorded)| recorded.cpu / plain.cpu),
        );
        let most = if way == "spawned" { 640 } else { 400 };
        for (name, runs) in [("untracked", &plain), ("recorded", &recorded)] {
            println!(
                "  {way:<8} {name:<10} {:5.0} bytes and {:5.2} µs of CPU each",
                median(runs.iter().map(|run| run.bytes)) / TASKS as f64,
                median(runs.iter().map(|run| run.cpu)) * 1e6 / TASKS as f64,
            );
        }
        println!("           CPU × {ratio:.2}   (targets: at most {most} bytes, × 1.5)");
        let report = median(recorded.iter().map(|run| run.report));
        println!("           to report them takes {report:.2} s (target: under 1)");
    }
    println!("cost of a recorded, spawned task by their number");
    for tasks in [10_000, 100_000, 1_000_000] {
        let runs: Vec<_> = (0..ROUNDS)
            .map(|_| measure("spawned-recorded", tasks))
            .collect();
        println!(
            "  {tasks:>9} {:5.0} bytes {:5.2} µs",
            median(runs.iter().map(|run| run.bytes)) / tasks as f64,
            median(runs.iter().map(|run| run.cpu)) * 1e6 / tasks as f64,
        );
    }
}

struct Run {
    cpu: f64,
    bytes: f64,
    report: f64,
}

fn measure(role: &str, tasks: usize) -> Run {
    let exe = std::env::current_exe().expect("this program has a path");
    let child = Command::new(exe)
        .args([role, &tasks.to_string()])
        .output()
        .expect("a child of this program");
    let figures: Vec<f64> = String::from_utf8_lossy(&child.stdout)
        .split_whitespace()
        .map(|figure| figure.parse().expect("a number"))
        .collect();
    let [cpu, bytes, report] = figures[..] else {
        unreachable!("{role}: {figures:?}")
    };
    Run { cpu, bytes, report }
}

/// One measurement: prints the CPU seconds, the memory in bytes, and the seconds that the report takes, as
/// text and as JSON.
fn child(role: &str, tasks: usize) {
    let recorder = Recorder::new();
    let runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let before = Usage::now().expect("this system tells");
    runtime.block_on(async {
        match role {
            "spawned-plain" => {
                let spawned: Vec<_> = (0..tasks).map(|_| tokio::spawn(sleep(DELAY))).collect();
                for task in spawned {
                    task.await.expect("no task panics");
                }
            }
            "spawned-recorded" => {
                let nap = || recorder.track("task", sleep(DELAY));
                let spawned: Vec<_> = (0..tasks).map(|_| tokio::spawn(nap())).collect();
                for task in spawned {
                    task.await.expect("no task panics");
                }
            }
            "joined-plain" => {
                unconstrained(join_all((0..tasks).map(|_| sleep(DELAY)))).await;
            }
            "joined-recorded" => {
                let nap = || recorder.track("task", sleep(DELAY));
                unconstrained(join_all((0..tasks).map(|_| nap()))).await;
            }
            _ => unreachable!("{role}"),
        }
    });
    let after = Usage::now().expect("this system tells");
    let start = Instant::now();
    let keep = Keep {
        tasks: 1_000,
        slow_poll: Duration::from_millis(10),
    };
    let timeline = recorder.timeline_of(keep);
    let runtime = asyncdemo::report::Runtime {
        flavor: "current-thread".to_owned(),
        workers: 1,
    };
    let measured = Measured {
        wall: timeline.end,
        timeline,
        ..Measured::default()
    };
    let planned = StrategyReport::planned(role, "", runtime, Some(DELAY));
    let report = planned.with_runs(&[measured]);
    assert!(!role.ends_with("recorded") || report.most_in_flight() == tasks);
    let style = Style::default();
    let lines = Picture::new(style, keep.slow_poll, DELAY).strategy(&report);
    let text = to_ansi(&lines, &style);
    let json = serde_json::to_string(&report).expect("a report is JSON");
    assert!(text.len() < json.len());
    println!(
        "{} {} {}",
        (after.cpu - before.cpu).as_secs_f64(),
        after.peak_memory - before.peak_memory,
        start.elapsed().as_secs_f64()
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
