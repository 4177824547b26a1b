//! The program as its users meet it: start it, wait for it, and compare all that it says.
#![allow(
    dead_code,
    unused_imports,
    reason = "tests/suite and tests/redis.rs are two programs, and each uses a part of this"
)]
#![allow(clippy::panic, reason = "that is how a test fails")]

mod browser;
mod mask;
#[cfg(unix)]
mod terminal;

pub(crate) use browser::{Browser, ENTER, TAB};
pub(crate) use mask::mask;
#[cfg(unix)]
pub(crate) use terminal::{Finished, Terminal};

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use asyncdemo::concepts::{self, Entry};

/// What takes longer hangs. Far more than the slowest machine needs: it is no measurement.
pub(crate) const HANG: Duration = Duration::from_secs(60);

/// One call of the program in an environment of its own, and what is expected of it: nothing on
/// either stream and exit code 0, unless something else is said.
#[must_use = "nothing happens before `run` or `output`"]
pub(crate) struct Test {
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    from: Option<Stdio>,
    into: Option<Stdio>,
    folder: Option<PathBuf>,
    status: i32,
    stdout: String,
    stderr: String,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// `None` if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Test {
    pub(crate) fn new(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self {
            args: args
                .into_iter()
                .map(|arg| arg.as_ref().to_owned())
                .collect(),
            environment: vec![("PATH".into(), path), ("LANG".into(), "C.UTF-8".into())],
            from: None,
            into: None,
            folder: None,
            status: 0,
            stdout: String::new(),
            stderr: String::new(),
        }
    }

    /// `concept` with knobs that make it quick.
    #[track_caller]
    pub(crate) fn quick(concept: &Entry) -> Self {
        Self::new([concept.about.name]).args(concept.about.quick)
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// What standard input is, instead of nothing.
    pub(crate) fn from(mut self, stdin: impl Into<Stdio>) -> Self {
        self.from = Some(stdin.into());
        self
    }

    /// Where standard output goes, instead of into a pipe that is read to its end.
    pub(crate) fn into(mut self, stdout: impl Into<Stdio>) -> Self {
        self.into = Some(stdout.into());
        self
    }

    /// Where it is started, instead of here.
    pub(crate) fn inside(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    pub(crate) fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn stdout(mut self, stdout: impl Into<String>) -> Self {
        self.stdout = stdout.into();
        self
    }

    pub(crate) fn stderr(mut self, stderr: impl Into<String>) -> Self {
        self.stderr = stderr.into();
        self
    }

    /// Runs it and compares everything.
    #[track_caller]
    pub(crate) fn run(self) {
        let expected = Output {
            status: Some(self.status),
            stdout: self.stdout.clone(),
            stderr: self.stderr.clone(),
        };
        let args = self.args.clone();
        let found = self.output();
        assert_eq!(found.stderr, expected.stderr, "standard error of {args:?}");
        assert_eq!(found.stdout, expected.stdout, "standard output of {args:?}");
        assert_eq!(found.status, expected.status, "exit code of {args:?}");
    }

    /// Runs it and compares nothing.
    #[track_caller]
    pub(crate) fn output(self) -> Output {
        self.start().output()
    }

    /// Starts it and lets it run.
    #[track_caller]
    pub(crate) fn start(self) -> Started {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asyncdemo"));
        command.args(&self.args).env_clear().envs(self.environment);
        if let Some(folder) = self.folder {
            command.current_dir(folder);
        }
        command
            .stdin(self.from.unwrap_or_else(Stdio::null))
            .stdout(self.into.unwrap_or_else(Stdio::piped))
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let stdout = child.stdout.take().map(read_on);
        let stderr = child.stderr.take().map(read_on);
        Started {
            args: self.args,
            child: Mortal(child),
            stdout,
            stderr,
        }
    }
}

/// A child that does not outlive the test that started it.
struct Mortal(Child);

impl Drop for Mortal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A call that runs.
pub(crate) struct Started {
    args: Vec<OsString>,
    child: Mortal,
    stdout: Option<mpsc::Receiver<String>>,
    stderr: Option<mpsc::Receiver<String>>,
}

impl Started {
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Whether it has not ended yet.
    #[track_caller]
    pub(crate) fn runs(&mut self) -> bool {
        let ended = self.child.0.try_wait().expect("it is our child");
        ended.is_none()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn output(mut self) -> Output {
        let deadline = Instant::now() + HANG;
        let mut ended = None;
        while ended.is_none() && Instant::now() < deadline {
            ended = self.child.0.try_wait().expect("it is our child");
            wait(Duration::from_millis(5));
        }
        if ended.is_none() {
            // What it has printed so far says where it stands.
            let _ = self.child.0.kill();
        }
        let read = |stream: Option<mpsc::Receiver<String>>| {
            stream.map_or_else(String::new, |stream| {
                stream.recv_timeout(HANG).expect("its stream ends")
            })
        };
        let (stdout, stderr) = (read(self.stdout), read(self.stderr));
        let Some(status) = ended else {
            panic!(
                "{:?} has not ended within {HANG:?}: {stdout}\n{stderr}",
                self.args
            );
        };
        Output {
            status: status.code(),
            stdout,
            stderr,
        }
    }
}

/// Reads to the end, from a thread: a full pipe must not stop the program.
fn read_on(mut stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks is read as far as it goes.
        let _ = stream.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8(bytes).expect("it writes UTF-8"));
    });
    receiver
}

/// Asks until there is an answer.
#[track_caller]
pub(crate) fn within<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + HANG;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {HANG:?}");
        wait(Duration::from_millis(5));
    }
}

/// Gives another thread or program some time.
#[expect(
    clippy::disallowed_methods,
    reason = "a plain thread waits, not a task"
)]
pub(crate) fn wait(time: Duration) {
    thread::sleep(time);
}

/// Does `work` on a thread of its own, so that a test that hangs fails instead.
#[track_caller]
pub(crate) fn no_hang<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (sender, done) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    done.recv_timeout(HANG)
        .unwrap_or_else(|error| panic!("{what}: {error} within {HANG:?}"))
}

/// Compares what a machine that is busy elsewhere may spoil: other findings, other signs on a
/// rail. What is expected must come in one of ten tries, and no try is forgiven for more than that.
#[track_caller]
pub(crate) fn on_a_quiet_machine(expected: &str, mut attempt: impl FnMut() -> String) {
    let mut found = String::new();
    for _ in 0..10 {
        found = attempt();
        if found == expected {
            return;
        }
    }
    assert_eq!(found, expected, "in none of ten tries; this was the last");
}

/// One core of this machine, kept busy until this is dropped.
pub(crate) struct BusyCore(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl BusyCore {
    pub(crate) fn start() -> Self {
        use std::sync::atomic::Ordering;
        let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen = std::sync::Arc::clone(&over);
        thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        Self(over)
    }
}

impl Drop for BusyCore {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Two calls, quick, and no finding or figure that a short pause of the machine would change.
pub(crate) fn gather() -> Test {
    Test::new(["gather", "--delays", "300ms,600ms", "--slow-poll", "1s"])
}

/// What [`gather`] prints, but for what [`mask`] hides.
pub(crate) const GATHER: &str = "\
gather  two waits at once  in Python: asyncio.gather

<ruler>
sequential  one.await, then two.await · current-thread
  fetch one  ├─┤  <time>
  fetch two  ├─┤  <time>
  event loop  longest gap of the heartbeat <time>
  wall  <time> · ideal <time> · overhead <time>

join  tokio::join!(one, two) · current-thread
  fetch one  ├─┤  <time>
  fetch two  ├─┤  <time>
  event loop  longest gap of the heartbeat <time>
  wall  <time> · ideal <time> · overhead <time> · <times>× faster

  wall  ideal  overhead
sequential  <time>  <time>  <time>  █
join  <time>  <time>  <time>  █ <times>× faster

sequential: one at a time, so the waits added up: <time> of waiting took <time>.
join: the waits overlapped. It took as long as the longest one (<time>), not their sum (<time>). 1 thread did it, busy for <time> of <time>. Waiting needs no thread.

More strategies (--all): created-first, spawned, first-error · the code: --code, with Python beside it: --code=both
<legend>
";

/// Sends a signal, `INT` or `TERM`, as another program would.
#[cfg(unix)]
#[track_caller]
pub(crate) fn signal(name: &str, pid: u32) {
    let sent = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -{name} {pid}"))
        .status()
        .expect("there is a shell");
    assert!(sent.success(), "kill -{name} {pid}");
}

/// The names of a concept's strategies, with its quick knobs.
#[track_caller]
pub(crate) fn quick_strategies(concept: &Entry) -> Vec<concepts::Strategy> {
    (concept.strategies)(concept.about.quick)
        .unwrap_or_else(|error| panic!("{}'s quick knobs: {error}", concept.about.name))
}
