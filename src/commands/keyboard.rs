//! Waits for Enter, and for whatever else may end the wait.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::echo;
use crate::classroom::terminal;
use crate::lab::Stop;
use crate::lesson::{NotUtf8, utf8};

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line, without its end.
    Line(String),
    /// A line that is no text, as far as it can be shown, and the first byte that is none.
    NotText(String, NotUtf8),
    /// More than [`LONGEST`] bytes without an end.
    Flood,
    /// Nothing more can be typed.
    Closed,
    /// A signal came first, or the terminal is gone.
    Stopped,
}

/// No line is longer, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;

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
        Typed::Line(_) | Typed::NotText(..) | Typed::Flood => Pressed::GoOn,
        Typed::Closed => Pressed::Closed,
        Typed::Stopped => Pressed::Stopped,
    }
}

/// Reads a line. A signal comes before it, also where lines come without an end.
pub(super) fn line(stop: &Stop) -> Typed {
    let read = || {
        let mut line = Vec::new();
        let most = LONGEST as u64 + 1;
        let read = io::stdin().lock().take(most).read_until(b'\n', &mut line);
        match read {
            // The end of the input, but also that of the terminal.
            Ok(0) | Err(_) if terminal::is_gone() => Typed::Stopped,
            Ok(0) | Err(_) => Typed::Closed,
            Ok(_) if line.len() > LONGEST => Typed::Flood,
            Ok(_) => text(line),
        }
    };
    echo::asks();
    let typed = interruptible(stop, read);
    echo::was_answered();
    match typed {
        Ok(Some(Typed::Stopped)) => {
            stop.stop(HANG_UP);
            Typed::Stopped
        }
        Ok(typed) => typed.unwrap_or(Typed::Stopped),
        Err(_) => Typed::Closed,
    }
}

fn text(line: Vec<u8>) -> Typed {
    let shown = String::from_utf8_lossy(&line).trim_end().to_owned();
    match utf8(line) {
        Ok(_) => Typed::Line(shown),
        Err(bad) => Typed::NotText(shown, bad),
    }
}

/// What a terminal sends when it goes. Nobody gets it who has it ignored.
pub(super) const HANG_UP: i32 = 1;

/// No file of answers is longer, in bytes.
const LONGEST_FILE: u64 = 1024 * 1024;

/// Reads a file of answers, which may also be a pipe that somebody writes into. Nothing if a signal came first.
///
/// # Errors
/// Where it cannot be read, is too long, or is no text.
pub(super) fn file(path: &Path, stop: &Stop) -> Result<String, NoAnswers> {
    let file = path.to_owned();
    let read = move || {
        let mut bytes = Vec::new();
        let read =
            File::open(file).and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut bytes));
        read.map(|_| bytes)
    };
    let bytes = interruptible(stop, read).and_then(Option::transpose);
    match bytes {
        Ok(Some(bytes)) if bytes.len() as u64 > LONGEST_FILE => {
            Err(NoAnswers::TooLong(path.to_owned()))
        }
        Ok(bytes) => {
            let text = utf8(bytes.unwrap_or_default());
            text.map_err(|bad| NoAnswers::NotText(path.display().to_string(), bad))
        }
        Err(why) => Err(NoAnswers::Unreadable(path.to_owned(), why)),
    }
}

/// A file of answers cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswers {
    /// The system says why.
    #[error("the answers in {} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
    /// It may have no end.
    #[error("{} is longer than 1 MiB: that is no file of answers, a line each", .0.display())]
    TooLong(PathBuf),
    /// It has a byte that is part of no character.
    #[error(
        "{0}:{line}:{column}: the byte {byte:#04x} is not UTF-8. Answers are text, a line each: save them as UTF-8.",
        line = .1.line, column = .1.column, byte = .1.byte
    )]
    NotText(String, NotUtf8),
    /// A line of standard input has no end.
    #[error("standard input has a line of more than {LONGEST} bytes: that is no answer")]
    Flood,
}

/// Reads in a thread of its own: reading cannot be interrupted, and a signal must not wait for it. `None` if a signal
/// came first.
///
/// # Errors
/// Where there is no such thread.
fn interruptible<T: Send + 'static>(
    stop: &Stop,
    read: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let (sender, answer) = mpsc::channel();
    // Whoever asked may be gone when there is an answer.
    let reading = move || drop(sender.send(read()));
    thread::Builder::new()
        .name("keyboard".to_owned())
        .spawn(reading)?;
    loop {
        let read = answer.recv_timeout(Duration::from_millis(20));
        if stop.signal().is_some() {
            return Ok(None);
        }
        match read {
            Ok(read) => return Ok(Some(read)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}
