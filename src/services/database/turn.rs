//! Waiting for one's turn to write. SQLite keeps no queue: whoever asks while the lock is free has it. By
//! itself it naps for up to 100 ms between two looks, and where another process writes without a
//! pause it may never find the lock free. So naps are short here.

use std::thread;
use std::time::Duration;

use rusqlite::Connection;

/// Between two looks at a lock.
const NAP: Duration = Duration::from_micros(500);

/// A transaction waits for its turn, nap by nap, for so many seconds.
pub(crate) fn wait<const SECONDS: u64>(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|looks| {
        block_for(NAP);
        NAP * u32::try_from(looks).unwrap_or_default() < Duration::from_secs(SECONDS)
    }))
}

/// Waits on this thread.
#[expect(
    clippy::disallowed_methods,
    reason = "for threads that do nothing else than wait for a database"
)]
pub(crate) fn block_for(time: Duration) {
    thread::sleep(time);
}
