//! A learner's progress, in a SQLite file: where they are, what they answered, what comes back for review.
//!
//! Each change is one transaction, so that a program that is killed loses at most the step in hand,
//! and two programs may use one file.

mod place;
mod questions;
mod summary;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use self::place::{KIND, TABLES};
use crate::services::database::opened::Opened;
use crate::services::database::{Why, file};

pub use crate::services::database::Refused;
pub use place::{directory, of_course};
pub use questions::{Due, QuestionKind};
pub use summary::{LessonProgress, Score};

/// One open database, or one in memory.
#[derive(Debug)]
pub struct Progress {
    connection: Connection,
    /// Which file the connection is to, if it is to one.
    opened: Option<Opened>,
    /// For messages.
    file: PathBuf,
}

impl Progress {
    /// In `directory`, which is made if it is missing.
    ///
    /// # Errors
    /// Where there is a file that is not sound, not ours, locked or may not be written: it is left as
    /// it is. Where none can be made.
    pub fn open(directory: &Path) -> Result<Self, Refused> {
        place::make(directory)?;
        Self::at(directory.join(place::FILE), file::make_or_check)
    }

    /// In `directory`, if there is progress: nothing is made.
    ///
    /// # Errors
    /// As [`Progress::open`].
    pub fn open_existing(directory: &Path) -> Result<Option<Self>, Refused> {
        place::ensure_is_directory(directory)?;
        match Self::at(directory.join(place::FILE), file::check_only) {
            Err(refused) if matches!(refused.why, Why::NotThere) => Ok(None),
            opened => opened.map(Some),
        }
    }

    fn at(
        file: PathBuf,
        ready: fn(&Path, &file::FileKind) -> Result<(), Why>,
    ) -> Result<Self, Refused> {
        // What is committed is with the operating system, and outlives a program that is killed. To
        // wait for the disk each time (FULL) would help at a loss of power only; measured, a thousand
        // writes then took 0.2 to 3 s. NORMAL waits where the log is put away: at the end of a
        // lesson, and when the last program closes the file. In between, the file stays whole.
        let (connection, opened) = KIND.connect(&file, ready, "NORMAL")?;
        Ok(Self {
            connection,
            opened: Some(opened),
            file,
        })
    }

    /// Kept nowhere: the lessons still play.
    ///
    /// # Errors
    /// Where there is no memory left.
    pub fn unsaved() -> Result<Self, Refused> {
        let file = PathBuf::from("(in memory)");
        let made = Connection::open_in_memory().and_then(|connection| {
            connection.execute_batch(TABLES)?;
            Ok(connection)
        });
        match made {
            Ok(connection) => Ok(Self {
                connection,
                opened: None,
                file,
            }),
            Err(error) => Err(KIND.refused(&file, error)),
        }
    }

    /// A number of this learner's own, the same each time: where their progress is kept gives it.
    pub fn seed(&self) -> u64 {
        let place = self.file.canonicalize();
        place::hashed(place.as_deref().unwrap_or(&self.file))
    }

    /// The step to go on with: `None` where the lesson was not begun, or was finished since.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn position(&self, lesson: &str) -> Result<Option<usize>, Refused> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT step FROM lessons WHERE lesson = ?1 AND under_way")?
                .query_row([lesson], |row| number(row, 0))
                .optional()
        })
    }

    /// The lesson that was played last, whether it was finished or not.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn latest(&self) -> Result<Option<String>, Refused> {
        self.read(|connection| {
            connection
                .query_row(
                    "SELECT lesson FROM lessons ORDER BY turn DESC LIMIT 1",
                    (),
                    |row| row.get(0),
                )
                .optional()
        })
    }

    /// The learner is at `step` (from 0) of `steps` now, after so much more time.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn reached(
        &mut self,
        lesson: &str,
        step: usize,
        steps: usize,
        spent: Duration,
    ) -> Result<(), Refused> {
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO lessons VALUES (?1, ?2, ?2, ?3, ?4, true, false,
                         (SELECT coalesce(max(turn), 0) + 1 FROM lessons))
                     ON CONFLICT DO UPDATE SET step = ?2, furthest = max(furthest, ?2), steps = ?3,
                         spent_ms = spent_ms + ?4, under_way = true, turn = excluded.turn",
                )?
                .execute(params![lesson, whole(step), whole(steps), millis(spent)])?;
            Ok(())
        })
    }

    /// The lesson's end was reached, after so much more time. It begins anew when it is played again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn finished(&mut self, lesson: &str, spent: Duration) -> Result<(), Refused> {
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO lessons VALUES (?1, 0, 0, 0, ?2, false, true,
                         (SELECT coalesce(max(turn), 0) + 1 FROM lessons))
                     ON CONFLICT DO UPDATE SET step = 0, spent_ms = spent_ms + ?2,
                         under_way = false, finished = true, turn = excluded.turn",
                )?
                .execute(params![lesson, millis(spent)])?;
            Ok(())
        })?;
        // It is kept already. Where it cannot be put on the disk as well, the next time will do.
        let _ = self
            .connection
            .query_row("PRAGMA wal_checkpoint", (), |_| Ok(()));
        Ok(())
    }

    /// That what was written is in the file with that name.
    ///
    /// # Errors
    /// Where the file that was opened has been removed, moved, replaced or damaged.
    pub fn verify(&self) -> Result<(), Refused> {
        let Some(opened) = &self.opened else {
            return Ok(());
        };
        let look = || {
            opened.is_there()?;
            // By a connection of its own: what this one remembers need not be in the file.
            file::check_only(opened.path(), &KIND)
        };
        look().map_err(|why: Why| KIND.refused(&self.file, why))
    }

    /// Forgets a lesson, or all.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn reset(&mut self, lesson: Option<&str>) -> Result<(), Refused> {
        self.write(|transaction| {
            for table in ["lessons", "questions"] {
                let delete = format!("DELETE FROM {table} WHERE ?1 IS NULL OR lesson = ?1");
                transaction.execute(&delete, [lesson])?;
            }
            Ok(())
        })
    }

    fn read<T>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Refused> {
        ask(&self.connection).map_err(|error| KIND.refused(&self.file, error))
    }

    /// One transaction. It takes the lock at its beginning, where it can be waited for.
    fn write<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Refused> {
        let opened = self.opened.as_ref();
        let write = || -> Result<T, Why> {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            let done = change(&transaction)?;
            opened.map_or(Ok(()), Opened::is_there)?;
            transaction.commit()?;
            Ok(done)
        };
        write().map_err(|error| KIND.refused(&self.file, error))
    }
}

/// A number of a column that is not negative; where there is none, 0.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    let number: Option<i64> = row.get(column)?;
    Ok(usize::try_from(number.unwrap_or_default()).unwrap_or_default())
}

fn whole(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// At most 49 days, so that no sum of them leaves SQLite's numbers.
fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests;
