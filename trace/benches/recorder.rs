//! What recording costs: time for each poll, memory for each task.
//!
//! `cargo bench --bench recorder`. Each figure is a difference within one run, so that the speed
//! of the machine matters less.

#![expect(clippy::print_stdout, reason = "its figures are its output")]

use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

use asyncdemo_trace::Recorder;
use tokio::runtime::{Builder, Runtime};

fn main() {
    if let Some(role) = std::env::args()
        .nth(1)
        .and_then(|argument| Role::parse(&argument))
    {
        return println!("{}", role.peak_kib());
    }
    polls();
    closures();
    memory();
}

/// Rounds in turn, plain and tracked, so that a slow moment of the machine hits both; the median of the differences.
fn polls() {
    const POLLS: u32 = 200_000;
    const ROUNDS: usize = 21;
    let runtime = runtime();
    let mut plain = Vec::new();
    let mut tracked = Vec::new();
    for _ in 0..ROUNDS {
        plain.push(nanos_per_poll(&runtime, POLLS, yield_often(POLLS)));
        let recorder = Recorder::new();
        tracked.push(nanos_per_poll(
            &runtime,
            POLLS,
            recorder.track("yields", yield_often(POLLS)),
        ));
    }
    let mut added: Vec<f64> = plain
        .iter()
        .zip(&tracked)
        .map(|(plain, tracked)| tracked - plain)
        .collect();
    println!("a poll and a wake (yield_now, current-thread, median of {ROUNDS} rounds of {POLLS})");
    println!("  untracked          {:7.0} ns", median(&mut plain));
    println!("  tracked            {:7.0} ns", median(&mut tracked));
    println!(
        "  added              {:7.0} ns   (target: at most 120)",
        median(&mut added)
    );
}

/// The same of a closure: to make it, to call it, and to note both.
fn closures() {
    const CALLS: u32 = 20_000;
    const ROUNDS: usize = 21;
    let call = |times: u32| {
        black_box(times);
    };
    let mut plain = Vec::new();
    let mut tracked = Vec::new();
    for _ in 0..ROUNDS {
        plain.push(nanos_per_call(CALLS, call));
        let recorder = Recorder::new();
        let call = |times| recorder.track_blocking("call", move || call(times))();
        tracked.push(nanos_per_call(CALLS, call));
    }
    println!("a closure (track_blocking, called once, median of {ROUNDS} rounds of {CALLS})");
    println!("  untracked          {:7.0} ns", median(&mut plain));
    println!("  tracked            {:7.0} ns", median(&mut tracked));
}

fn nanos_per_call(calls: u32, call: impl Fn(u32)) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(call);
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
}

async fn yield_often(polls: u32) {
    for _ in 0..polls {
        black_box(tokio::task::yield_now()).await;
    }
}

fn nanos_per_poll(runtime: &Runtime, polls: u32, future: impl Future) -> f64 {
    let start = Instant::now();
    runtime.block_on(future);
    start.elapsed().as_nanos() as f64 / f64::from(polls)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Peak memory is a process's own: each measurement runs in a child.
#[derive(Clone, Copy)]
enum Role {
    Nothing,
    Plain,
    Tracked,
}

const TASKS: usize = 200_000;

impl Role {
    fn parse(argument: &str) -> Option<Self> {
        match argument {
            "peak-nothing" => Some(Self::Nothing),
            "peak-plain" => Some(Self::Plain),
            "peak-tracked" => Some(Self::Tracked),
            _ => None,
        }
    }

    /// Runs the role and returns this process's peak resident memory.
    fn peak_kib(self) -> u64 {
        let recorder = Recorder::new();
        runtime().block_on(async {
            let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
            let mut handles = Vec::with_capacity(TASKS);
            for _ in 0..TASKS {
                let nap = tokio::time::sleep_until(deadline);
                match self {
                    Self::Nothing => {}
                    Self::Plain => handles.push(tokio::spawn(nap)),
                    Self::Tracked => handles.push(tokio::spawn(recorder.track("nap", nap))),
                }
            }
            for handle in handles {
                handle.await.expect("no task panics");
            }
        });
        drop(recorder);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok())
            .unwrap_or(0)
    }
}

fn memory() {
    let peak = |role: &str| -> f64 {
        let exe = std::env::current_exe().expect("this program has a path");
        let child = std::process::Command::new(exe)
            .arg(role)
            .output()
            .expect("a child of this program");
        String::from_utf8_lossy(&child.stdout)
            .trim()
            .parse::<f64>()
            .expect("a number of KiB")
            * 1024.0
    };
    let (nothing, plain, tracked) = (
        peak("peak-nothing"),
        peak("peak-plain"),
        peak("peak-tracked"),
    );
    if nothing == 0.0 {
        return println!("memory: skipped, this system has no /proc/self/status");
    }
    println!("a spawned task that sleeps once (two polls, one wake, its label; {TASKS} of them)");
    println!(
        "  untracked          {:7.0} bytes",
        (plain - nothing) / TASKS as f64
    );
    println!(
        "  tracked            {:7.0} bytes",
        (tracked - nothing) / TASKS as f64
    );
    println!(
        "  added              {:7.0} bytes (target: at most 176)",
        (tracked - plain) / TASKS as f64
    );
}
