//! Waits for Enter, and for whatever else may end the wait.

use std::io::{self, BufRead};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::lab::Stop;

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line, without its end.
    Line(String),
    /// Nothing more can be typed.
    Closed,
    /// A signal came first.
    Stopped,
}

/// What was answered to a question that wants no more than Enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    /// Enter, or anything else that is not below.
    GoOn,
    /// `q` and Enter.
    Quit,
    /// Nothing more can be typed. It goes on, and nobody has pressed Enter, so no new line has begun.
    Closed,
    /// A signal came first.
    Stopped,
}

/// Waits for Enter.
pub(super) fn answer(stop: &Stop) -> Pressed {
    match line(stop) {
        Typed::Line(line) if line.trim().eq_ignore_ascii_case("q") => Pressed::Quit,
        Typed::Line(_) => Pressed::GoOn,
        Typed::Closed => Pressed::Closed,
        Typed::Stopped => Pressed::Stopped,
    }
}

/// Reads a line, in a thread of its own: reading cannot be interrupted, and Ctrl-C must not wait for it.
pub(super) fn line(stop: &Stop) -> Typed {
    let (sender, lines) = mpsc::channel();
    let read = move || {
        let mut line = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut line);
        // Whoever asked may be gone by now.
        let _ = sender.send(match read {
            Ok(0) | Err(_) => Typed::Closed,
            Ok(_) => Typed::Line(String::from_utf8_lossy(&line).trim_end().to_owned()),
        });
    };
    if thread::Builder::new()
        .name("keyboard".to_owned())
        .spawn(read)
        .is_err()
    {
        return Typed::Closed;
    }
    loop {
        match lines.recv_timeout(Duration::from_millis(20)) {
            Ok(typed) => return typed,
            Err(_) if stop.signal().is_some() => return Typed::Stopped,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Typed::Closed,
        }
    }
}
