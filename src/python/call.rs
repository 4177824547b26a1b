//! A program that is asked something: it may never answer, or answer without an end.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Of what is written, so much is kept: the last of it.
pub(super) const KEPT: usize = 4 << 20;

/// Between two looks at whether it has ended.
const LOOK: Duration = Duration::from_millis(5);

/// How long what it has written may take to arrive once it has ended. A child of its own may hold the pipe open.
const LATE: Duration = Duration::from_secs(2);

/// Runs `command` without input, for `patience` at most, and until `is_stopped`: how it ended, and the last of what it
/// wrote.
///
/// # Errors
/// Where it cannot be started, is stopped (`Interrupted`), or has not ended by then (`TimedOut`): then it is ended.
pub(super) fn answer(
    command: &mut Command,
    patience: Option<Duration>,
    is_stopped: &dyn Fn() -> bool,
) -> io::Result<Output> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let outputs = (child.stdout.take(), child.stderr.take());
    let pipes = (last_of(outputs.0), last_of(outputs.1));
    let status = ended(&mut child, patience, is_stopped);
    if status.is_err() {
        // It may have ended by now.
        let _ = child.kill();
        let _ = child.wait();
    }
    let status = status?;
    let late = |written: io::Result<Receiver<Vec<u8>>>| -> io::Result<Vec<u8>> {
        Ok(written?.recv_timeout(LATE).unwrap_or_default())
    };
    Ok(Output {
        status,
        stdout: late(pipes.0)?,
        stderr: late(pipes.1)?,
    })
}

fn ended(
    child: &mut Child,
    patience: Option<Duration>,
    is_stopped: &dyn Fn() -> bool,
) -> io::Result<ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if is_stopped() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "stopped"));
        }
        if let Some(patience) = patience.filter(|patience| begun.elapsed() >= *patience) {
            let waited = format!("it has not answered within {patience:?}");
            return Err(io::Error::new(io::ErrorKind::TimedOut, waited));
        }
        thread::park_timeout(LOOK);
    }
}

/// Reads to the end, on a thread of its own, and sends the last [`KEPT`] bytes. Nothing comes where there is no pipe.
pub(super) fn last_of(pipe: Option<impl Read + Send + 'static>) -> io::Result<Receiver<Vec<u8>>> {
    let (sender, written) = mpsc::channel();
    if let Some(mut pipe) = pipe {
        thread::Builder::new().spawn(move || {
            let (mut last, mut some) = (VecDeque::new(), [0; 1 << 14]);
            while let Ok(count @ 1..) = pipe.read(&mut some) {
                last.extend(&some[..count]);
                last.drain(..last.len().saturating_sub(KEPT));
            }
            let _ = sender.send(last.into());
        })?;
    }
    Ok(written)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, patience: u64, is_stopped: bool) -> io::Result<Output> {
        let patience = Some(Duration::from_millis(patience));
        answer(
            Command::new("/bin/sh").args(["-c", script]),
            patience,
            &|| is_stopped,
        )
    }

    #[test]
    fn an_answer_is_how_it_ended_and_what_it_wrote() {
        let answer = shell("echo out; echo err >&2; exit 3", 60_000, false).unwrap();
        assert_eq!(answer.status.code(), Some(3));
        assert_eq!(
            (answer.stdout, answer.stderr),
            (b"out\n".into(), b"err\n".into())
        );
    }

    #[test]
    fn who_never_answers_is_ended() {
        let kind = |script, patience, stopped| shell(script, patience, stopped).unwrap_err().kind();
        assert_eq!(kind("exec sleep 1000", 100, false), io::ErrorKind::TimedOut);
        assert_eq!(
            kind("exec sleep 1000", 60_000, true),
            io::ErrorKind::Interrupted
        );
        assert_eq!(kind("exec yes", 100, false), io::ErrorKind::TimedOut);
    }

    #[test]
    fn of_much_the_last_is_kept() {
        let script = "yes | head -c 6000000; echo; echo last";
        let answer = shell(script, 60_000, false).unwrap();
        assert_eq!(answer.stdout.len(), KEPT);
        assert!(answer.stdout.ends_with(b"\nlast\n"));
    }
}
