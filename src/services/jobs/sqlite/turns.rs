//! Turns between processes. SQLite keeps no queue: whoever asks while the lock is free has it. By itself
//! it naps for up to 100 ms between two looks, and a worker whose transactions follow each other at
//! once starves the workers of other processes. So naps are short, and there is a gap for others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// How long a transaction waits for its turn, nap by nap.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at a lock.
const NAP: Duration = Duration::from_micros(500);

/// Between two transactions of one process.
const GAP: Duration = Duration::from_micros(250);

pub(super) fn wait_for_the_lock(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|looks| {
        block_for(NAP);
        NAP * u32::try_from(looks).unwrap_or_default() < PATIENCE
    }))
}

/// When the last transaction of a connection ended. Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<Option<Instant>>>);

impl Turns {
    fn last(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ended(&self) {
        *self.last() = Some(Instant::now());
    }

    /// Waits where the last transaction has only just ended.
    pub(super) fn leave_a_gap(&self) {
        let since = self.last().map_or(GAP, |last| last.elapsed());
        block_for(GAP.saturating_sub(since));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "in the thread of a connection, which does nothing else"
)]
fn block_for(time: Duration) {
    thread::sleep(time);
}
