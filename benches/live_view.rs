//! What the live view costs: one frame of twenty lanes, ten times a second.
//!
//! `cargo bench --bench live_view`
#![expect(clippy::print_stdout, reason = "its figures are its output")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use asyncdemo::page::Style;
use asyncdemo::picture::Picture;
use asyncdemo::report::{Measured, Runtime, StrategyReport};
use asyncdemo::trace::Recorder;
use tokio::time::sleep;

const LANES: usize = 20;
const LENGTH: Duration = Duration::from_secs(3);
const FRAMES: u32 = 200;
const FRAMES_A_SECOND: f64 = 10.0;

fn main() {
    // The run is over before the first frame is timed, so every frame is as dear as the dearest, the last.
    let recorder = Recorder::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        tokio::spawn(recorder.heartbeat());
        let lanes = (0..LANES).map(|lane| recorder.track(format!("fetch {lane}"), sleep(LENGTH)));
        futures_util::future::join_all(lanes).await;
    });

    let runtime = Runtime {
        flavor: "current-thread".to_owned(),
        workers: 1,
    };
    let planned = StrategyReport::planned("concurrent", "join_all", runtime, Some(LENGTH));
    let style = Style {
        color: true,
        lanes: LANES,
        width: 120,
        ..Style::default()
    };
    let start = Instant::now();
    for _ in 0..FRAMES {
        let measured = Measured {
            wall: LENGTH,
            timeline: recorder.timeline(),
            ..Measured::default()
        };
        let report = planned.clone().with_runs(&[measured]);
        black_box(Picture::new(style, Duration::from_millis(10), LENGTH).strategy(&report));
    }
    let frame = start.elapsed() / FRAMES;
    println!("a frame of {LANES} lanes and a heartbeat after {LENGTH:?}, taken and drawn");
    println!("  one frame          {:7.0} µs", frame.as_secs_f64() * 1e6);
    println!(
        "  ten a second       {:7.2} % of a core (target: under 3 %)",
        frame.as_secs_f64() * FRAMES_A_SECOND * 100.0
    );
}
