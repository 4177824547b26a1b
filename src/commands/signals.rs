//! Ctrl-C and SIGTERM: the first asks whatever runs to stop, the second ends the program at once.

use std::process;
use std::thread;

use console::Term;

use crate::lab::Stop;

/// Watches from a thread of its own: a strategy that blocks its event loop cannot keep it from hearing.
///
/// Where no such thread can be had, the signals end the program as they always do.
pub fn watch(stop: Stop) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let listen = move || {
        runtime.block_on(async {
            while let Some(signal) = next_signal().await {
                if let Some(first) = stop.signal() {
                    let _ = Term::stderr().show_cursor();
                    process::exit(128 + first);
                }
                stop.stop(signal);
            }
        });
    };
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(listen);
}

#[cfg(unix)]
async fn next_signal() -> Option<i32> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt()).ok()?;
    let mut terminate = signal(SignalKind::terminate()).ok()?;
    tokio::select! {
        _ = interrupt.recv() => Some(2),
        _ = terminate.recv() => Some(15),
    }
}

#[cfg(not(unix))]
async fn next_signal() -> Option<i32> {
    tokio::signal::ctrl_c().await.ok().map(|()| 2)
}
