//! The program as a child process, with the recorder beside it.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::events::{StreamError, read};
use super::interpreter::Interpreter;
use super::package;
use super::record::Record;
use super::settings::{CommandLine, Settings};
use crate::services::scratch::Scratch;

/// How long what the program has sent may take to arrive once it has ended.
const LATE: Duration = Duration::from_secs(2);

/// Between two looks at whether somebody has connected.
const LOOK: Duration = Duration::from_millis(2);

/// Why the program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The recorder has to be a file for Python to import it.
    #[error(
        "the recorder could not be written to a temporary folder: {0}. Free some space, or set TMPDIR"
    )]
    Package(io::Error),
    /// It sends what it notes over loopback.
    #[error("no port of 127.0.0.1 could be opened for what the recorder sends: {0}")]
    Port(io::Error),
    /// The interpreter.
    #[error("{program} could not be started: {source}")]
    Program {
        /// Which.
        program: String,
        /// Why.
        source: io::Error,
    },
}

/// What has come of it so far. Clones share it.
#[derive(Clone, Debug)]
pub struct Watched(Arc<Mutex<Listening>>);

#[derive(Debug)]
struct Listening {
    record: Record,
    trouble: Option<StreamError>,
    over: bool,
}

impl Watched {
    /// Looks at the record.
    pub fn look<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.open().record)
    }

    /// Why the recording is not whole, if it is not.
    pub fn trouble(&self) -> Option<String> {
        self.open().trouble.as_ref().map(ToString::to_string)
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Listening> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The program, while it runs.
#[derive(Debug)]
pub struct Child {
    child: std::process::Child,
    watched: Watched,
    // Until the program has ended: a child of its own may import the recorder late.
    _package: Scratch,
}

impl Child {
    /// Starts the program. Its standard streams are ours, but for what `prepare` sets: its streams, its folder.
    ///
    /// # Errors
    /// Where the recorder cannot be put beside it, or it does not start.
    pub fn start(
        interpreter: &Interpreter,
        line: &CommandLine,
        settings: Settings,
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Self, StartError> {
        let package =
            Scratch::new("").map_err(|error| StartError::Package(io::Error::other(error)))?;
        package::write_to(package.path()).map_err(StartError::Package)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(StartError::Port)?;
        listener.set_nonblocking(true).map_err(StartError::Port)?;
        let port = listener.local_addr().map_err(StartError::Port)?.port();
        // Other users of this machine can connect, too; they do not know this.
        let token = format!("{:016x}", RandomState::new().hash_one(port));

        let mut command = Command::new(&interpreter.program);
        command
            .args(&line.flags)
            .arg(package.path().join("asyncdemo").join("__main__.py"))
            .args(&line.program)
            .env("ASYNCDEMO_EVENTS", format!("{port}/{token}"))
            .env("ASYNCDEMO_SETTINGS", settings.to_json());
        prepare(&mut command);
        let child = command.spawn().map_err(|source| StartError::Program {
            program: interpreter.program.display().to_string(),
            source,
        })?;

        let watched = Watched(Arc::new(Mutex::new(Listening {
            record: Record::new(settings),
            trouble: None,
            over: false,
        })));
        let reader = watched.clone();
        // Detached: it ends with the stream, and nobody waits longer than `LATE` for it.
        thread::Builder::new()
            .name("events".to_owned())
            .spawn(move || listen(&listener, token.as_bytes(), &reader))
            .map_err(StartError::Port)?;
        Ok(Self {
            child,
            watched,
            _package: package,
        })
    }

    /// Where it writes to, as far as that was to be read here.
    pub(super) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Ends it at once.
    pub(super) fn kill(&mut self) {
        // It may have ended by now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its number, for signals.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has sent so far.
    pub fn watched(&self) -> Watched {
        self.watched.clone()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until all that it has sent is read, now that it has ended.
    pub fn drain(&self) {
        let deadline = Instant::now() + LATE;
        while !self.watched.open().over
            && self.watched.look(Record::is_begun)
            && Instant::now() < deadline
        {
            thread::park_timeout(LOOK);
        }
    }
}

/// Waits for the program to connect, and reads until it ends.
fn listen(listener: &TcpListener, token: &[u8], watched: &Watched) {
    loop {
        match listener.accept() {
            Ok((stream, _)) => match follow(stream, token, watched) {
                Ok(true) => break,
                // Somebody else.
                Ok(false) => {}
                Err(error) => {
                    watched.open().trouble = Some(error);
                    break;
                }
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // Where the program never speaks, whoever started it ends with it.
                thread::park_timeout(LOOK);
            }
            Err(error) => {
                watched.open().trouble = Some(error.into());
                break;
            }
        }
    }
    watched.open().over = true;
}

/// Reads one connection to its end, if it is the program's.
fn follow(mut stream: TcpStream, token: &[u8], watched: &Watched) -> Result<bool, StreamError> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(LATE))?;
    let mut given = vec![0; token.len()];
    if stream.read_exact(&mut given).is_err() || given != token {
        return Ok(false);
    }
    stream.set_read_timeout(None)?;
    let mut stream = io::BufReader::with_capacity(1 << 16, stream);
    while let Some(message) = read(&mut stream)? {
        watched.open().record.take(message);
    }
    Ok(true)
}
