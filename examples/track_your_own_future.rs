//! The instrument on code of your own: who ran, who waited, who was kept waiting?
//!
//! `cargo run --release --example track_your_own_future`
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::time::Duration;

use asyncdemo::trace::Recorder;
use tokio::time::sleep;

async fn brew(what: &str, minutes: u64) -> String {
    sleep(Duration::from_millis(100 * minutes)).await;
    format!("{what} is ready")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let recorder = Recorder::new();
    let (tea, coffee) = tokio::join!(
        recorder.track("tea", brew("tea", 3)),
        recorder.track("coffee", brew("coffee", 2)), //
    );
    println!("{tea}, {coffee}\n");

    let timeline = recorder.timeline();
    println!("{timeline}\n");
    println!("in flight at most: {}", timeline.most_in_flight());
    let blocked = timeline.blocked(Duration::from_millis(10), 1, |_| true);
    println!(
        "blocked: {}",
        if blocked.is_empty() {
            "never".to_owned()
        } else {
            format!("{blocked:?}")
        }
    );
}
