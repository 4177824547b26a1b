//! A SQLite database in a real file: a temporary one for each run, or one of the user's.
//!
//! Every connection knows the SQL function `pause(seconds)`. It waits inside SQLite, on the thread of
//! whoever asks, as a query over a large table would.

pub(crate) mod file;
pub(crate) mod opened;
mod pool;
mod refused;
pub(crate) mod turn;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::functions::FunctionFlags;

use self::opened::Opened;
use super::scratch::{Scratch, lock};

pub use file::ITEMS;
pub use pool::{Lent, Pool};
pub use refused::{Elsewhere, Refused, Why};

/// How long a database waits for its connections to close when it is dropped.
const CLOSING: Duration = Duration::from_secs(1);

/// Where databases are made. Keep it as long as their runs: what is left of them goes with it.
#[derive(Debug, Default)]
pub struct Databases {
    file: Option<PathBuf>,
    /// What helps where there is no temporary directory, beside setting `TMPDIR`.
    instead: &'static str,
    /// Known here, too: a run that is blocked inside SQLite cannot drop its database when it is stopped.
    live: Mutex<Vec<Arc<Shared>>>,
}

impl Databases {
    /// In `file`, or without one in a new temporary directory for each database.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self {
            file,
            instead: ", or give --database FILE",
            live: Mutex::default(),
        }
    }

    /// In a new temporary directory for each database, for a concept that takes no file.
    pub fn temporary() -> Self {
        Self::default()
    }

    /// A database of [`ITEMS`] items, named `item 1` and so on. A new temporary one; or the file,
    /// which is made if nothing has its name.
    ///
    /// # Errors
    /// [`Refused`] where the file is not one that asyncdemo made, is damaged, locked or may not be
    /// written: it is then left as it is. Where no temporary directory can be made.
    pub fn database(&self) -> Result<Database> {
        let (shown, path, scratch) = match &self.file {
            Some(file) => {
                let path = std::path::absolute(file)
                    .with_context(|| format!("{} is not a path", file.display()))?;
                (file.clone(), path, None)
            }
            None => {
                let scratch = Scratch::new(self.instead)?;
                let path = scratch.path().join("items.db");
                (path.clone(), path, Some(scratch))
            }
        };
        let live = Arc::new(Shared {
            scratch: Mutex::new(scratch),
            ..Shared::default()
        });
        let ready = file::make_or_check(&path, &file::DATABASE).and_then(|()| Opened::file(&path));
        let opened = ready.map_err(|why| refused(&shown, why))?;
        let database = Database {
            shown,
            opened,
            live,
        };
        let mut all = lock(&self.live);
        all.retain(|live| !lock(&live.state).ended);
        all.push(Arc::clone(&database.live));
        Ok(database)
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        for live in lock(&self.live).drain(..) {
            live.end();
        }
    }
}

/// A database that is in use. Dropping it ends what still waits in it; a temporary one is removed.
#[derive(Debug)]
pub struct Database {
    /// As the user knows it.
    shown: PathBuf,
    opened: Opened,
    live: Arc<Shared>,
}

impl Database {
    /// Where it is, absolute.
    pub fn path(&self) -> &Path {
        self.opened.path()
    }

    /// That what was written is in the file with that name.
    ///
    /// # Errors
    /// [`Refused`] where the file that was opened has been removed, moved or replaced.
    pub fn verify(&self) -> Result<()> {
        self.opened.is_there().map_err(|why| self.refused(why))
    }

    /// The most connections that were open at once so far.
    pub fn connections_open_at_most(&self) -> usize {
        lock(&self.live.state).most
    }

    /// A connection that is used on the caller's own thread. Where another one writes, it waits its
    /// turn for at most `busy_timeout`.
    ///
    /// # Errors
    /// Where SQLite cannot open the file once more.
    pub fn connect(&self, busy_timeout: Duration) -> Result<rusqlite::Connection> {
        let connect = || -> rusqlite::Result<_> {
            let connection = file::open(self.path())?;
            let open = Open::count(&self.live);
            let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
            connection.create_scalar_function("pause", 1, flags, move |context| {
                open.0.pause(context.get(0)?)
            })?;
            connection.busy_timeout(busy_timeout)?;
            // What a write-ahead log is made for: a commit does not wait for the disk, a checkpoint does.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            // SQLite opens the file itself only when it is first asked.
            connection.query_row("SELECT count(*) FROM items", (), |_| Ok(()))?;
            Ok(connection)
        };
        connect().map_err(|error| self.refused(error.into()))
    }

    /// A connection with a thread of its own, for async code.
    ///
    /// # Errors
    /// Where SQLite cannot open the file once more, or no thread can be started.
    pub fn connect_async(&self, busy_timeout: Duration) -> Result<tokio_rusqlite::Connection> {
        threaded(self.connect(busy_timeout)?)
    }

    /// A pool of so many of these.
    ///
    /// # Errors
    /// As [`Database::connect_async`].
    pub fn pool(&self, connections: usize, busy_timeout: Duration) -> Result<Pool> {
        let connections: Result<Vec<_>> = (0..connections)
            .map(|_| self.connect_async(busy_timeout))
            .collect();
        Ok(Pool::new(connections?))
    }

    /// What a query's error means, with the file's name. Other errors stay as they are.
    pub fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match error
            .chain()
            .find_map(|cause| cause.downcast_ref::<rusqlite::Error>())
        {
            Some(cause) => self.refused(Why::of(cause)),
            None => error,
        }
    }

    fn refused(&self, why: Why) -> anyhow::Error {
        refused(&self.shown, why)
    }
}

fn refused(shown: &Path, why: Why) -> anyhow::Error {
    file::DATABASE.refused(shown, why).into()
}

/// The connection with a thread of its own, for async code.
///
/// # Errors
/// Where no thread can be started.
pub(crate) fn threaded(connection: rusqlite::Connection) -> Result<tokio_rusqlite::Connection> {
    // tokio-rusqlite panics where it gets no thread.
    let trial = thread::Builder::new()
        .spawn(|| ())
        .context("no thread can be started for a connection")?;
    let _ = trial.join();
    Ok(connection.into())
}

impl Drop for Database {
    fn drop(&mut self) {
        self.live.end();
        let (open, most) = {
            let state = lock(&self.live.state);
            (state.open, state.most)
        };
        // A file that was refused has had no connection of ours, and is none of our business.
        if open == 0 && most > 0 {
            file::checkpoint_wal(self.path());
        }
    }
}

/// What a database and its connections share.
#[derive(Debug, Default)]
struct Shared {
    scratch: Mutex<Option<Scratch>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    open: usize,
    most: usize,
    ended: bool,
}

impl Shared {
    /// The SQL function. It holds the thread as any query does, but the database's end wakes it.
    fn pause(&self, seconds: f64) -> rusqlite::Result<f64> {
        let failed = |why: &str| rusqlite::Error::UserFunctionError(why.into());
        let wait = Duration::try_from_secs_f64(seconds)
            .map_err(|_| failed("pause() takes seconds, from 0"))?;
        let going_on = |state: &mut State| !state.ended;
        let waited = self
            .changed
            .wait_timeout_while(lock(&self.state), wait, going_on);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.ended {
            Err(failed("the run is over"))
        } else {
            Ok(seconds)
        }
    }

    fn end(&self) {
        lock(&self.state).ended = true;
        self.changed.notify_all();
        // SQLite puts its log away when the last connection closes, in that connection's thread.
        let still_open = |state: &mut State| state.open > 0;
        drop(
            self.changed
                .wait_timeout_while(lock(&self.state), CLOSING, still_open),
        );
        drop(lock(&self.scratch).take());
    }
}

/// Lives as long as its connection: SQLite drops a registered function after it has closed the file.
struct Open(Arc<Shared>);

impl Open {
    fn count(live: &Arc<Shared>) -> Self {
        let mut state = lock(&live.state);
        state.open += 1;
        state.most = state.most.max(state.open);
        Self(Arc::clone(live))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.0.state).open -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
