//! Waits for Enter, and for whatever else may end the wait.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::lab::Stop;

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Enter, or anything else that is not below.
    GoOn,
    /// `q` and Enter.
    Quit,
    /// Nothing more can be typed. It goes on, and nobody has pressed Enter, so no new line has begun.
    Closed,
    /// A signal came first.
    Stopped,
}

/// Reads a line, in a thread of its own: reading cannot be interrupted, and Ctrl-C must not wait for it.
pub(super) fn answer(stop: &Stop) -> Answer {
    let (sender, lines) = mpsc::channel();
    let read = move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        // Whoever asked may be gone by now.
        let _ = sender.send(match read {
            Ok(0) => Answer::Closed,
            Ok(_) if line.trim().eq_ignore_ascii_case("q") => Answer::Quit,
            // What is no text is no `q` either.
            Ok(_) | Err(_) => Answer::GoOn,
        });
    };
    if thread::Builder::new()
        .name("keyboard".to_owned())
        .spawn(read)
        .is_err()
    {
        return Answer::Closed;
    }
    loop {
        match lines.recv_timeout(Duration::from_millis(20)) {
            Ok(answer) => return answer,
            Err(_) if stop.signal().is_some() => return Answer::Stopped,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Answer::Closed,
        }
    }
}
