//! Jobs in a SQLite file, for workers on one machine.
//!
//! Every change is one `BEGIN IMMEDIATE` transaction: SQLite has one writer at a time, so two workers
//! cannot take the same job, in whatever process they are.

mod clock;
mod tables;
mod turns;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use tokio_rusqlite::Connection;

use self::clock::{Clock, ms};
use self::tables::{HELD, KIND};
use self::turns::Turns;
use super::database::Why;
use super::database::file::{self, FileKind};
use super::database::opened::Opened;
use super::scratch::Scratch;
use super::{
    Awaited, Claimed, Counts, Dead, Enqueued, JobStore, Lease, LeasePolicy, NewJob, VANISHED,
    backoff,
};
use super::{database, scratch};

/// Jobs in a file.
#[derive(Clone, Debug)]
pub struct SqliteJobs {
    /// As the user knows it.
    shown: PathBuf,
    /// Which file the connection is to: nobody finds what is written into one that has been removed.
    opened: Opened,
    /// One connection, with a thread of its own: within a process, transactions take turns there.
    connection: Connection,
    turns: Turns,
    clock: Clock,
    /// Goes with the last clone, where the file is a temporary one.
    _scratch: Option<Arc<Scratch>>,
}

impl SqliteJobs {
    /// Opens the file, which is made if nothing has its name.
    ///
    /// # Errors
    /// [`database::Refused`] where the file is not one that asyncdemo made for jobs, is damaged, locked or may
    /// not be written: it is then left as it is.
    pub fn make_or_open(file: &Path) -> Result<Self> {
        Self::new(file, file::make_or_check, None)
    }

    /// Opens the file, which must be there.
    ///
    /// # Errors
    /// As [`SqliteJobs::make_or_open`], and where nothing has its name.
    pub fn open(file: &Path) -> Result<Self> {
        Self::new(file, file::check_only, None)
    }

    /// A new file in a temporary directory of its own, which is removed with the last clone.
    ///
    /// # Errors
    /// Where no such directory can be made.
    pub fn temporary() -> Result<Self> {
        let scratch = Scratch::new("")?;
        let file = scratch.path().join("jobs.db");
        Self::new(&file, file::make_or_check, Some(Arc::new(scratch)))
    }

    fn new(
        shown: &Path,
        ready: fn(&Path, &FileKind) -> Result<(), Why>,
        scratch: Option<Arc<Scratch>>,
    ) -> Result<Self> {
        // A job that was accepted is on the disk, whatever happens to the machine.
        let (connection, opened) = KIND.connect(shown, ready, "FULL")?;
        connection
            .pragma_update(None, "foreign_keys", true)
            .map_err(|error| KIND.refused(shown, error))?;
        Ok(Self {
            shown: shown.to_owned(),
            opened,
            connection: database::threaded(connection)?,
            turns: Turns::default(),
            clock: Clock::default(),
            _scratch: scratch,
        })
    }

    /// One transaction that writes. It waits for its turn, and the time is asked after that.
    async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Transaction<'_>, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (turns, clock, opened) = (self.turns.clone(), self.clock.clone(), self.opened.clone());
        let transact = move |connection: &mut rusqlite::Connection| -> Result<T, Why> {
            turns.leave_a_gap();
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = act(&transaction, clock.now())?;
            opened.is_there()?;
            transaction.commit()?;
            turns.ended();
            Ok(value)
        };
        let done = self.connection.call(transact).await;
        done.map_err(|error| self.explain(error))
    }

    async fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let opened = self.opened.clone();
        let ask = move |connection: &mut rusqlite::Connection| -> Result<T, Why> {
            let answer = act(connection)?;
            opened.is_there()?;
            Ok(answer)
        };
        let done = self.connection.call(ask).await;
        done.map_err(|error| self.explain(error))
    }

    /// Closes the file. Clones can then do nothing more.
    ///
    /// # Errors
    /// Where SQLite cannot close it.
    pub async fn close(self) -> Result<()> {
        let closed = self.connection.clone().close().await;
        closed.map_err(|error| self.explain(error))
    }

    fn explain<E: Into<Why> + std::error::Error + Send + Sync + 'static>(
        &self,
        error: tokio_rusqlite::Error<E>,
    ) -> anyhow::Error {
        match error {
            tokio_rusqlite::Error::Error(error) => KIND.refused(&self.shown, error).into(),
            other => anyhow::Error::new(other).context(format!("{}", self.shown.display())),
        }
    }
}

/// Ends a lease: the job gets another state, if `held` is still the one that has it.
fn leave(
    transaction: &Transaction<'_>,
    held: &Lease,
    now: i64,
    change: &str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<bool> {
    let sql = format!("UPDATE jobs SET {change} WHERE {HELD}");
    let mut all: Vec<&dyn rusqlite::ToSql> = vec![&held.id, &held.lease];
    all.extend(values);
    let ours = transaction.prepare_cached(&sql)?.execute(&all[..])? == 1;
    if ours {
        transaction
            .prepare_cached(
                "UPDATE leases SET until_ms = min(until_ms, ?3) WHERE job = ?1 AND lease = ?2",
            )?
            .execute(params![held.id, held.lease, now])?;
    }
    Ok(ours)
}

impl JobStore for SqliteJobs {
    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Enqueued> {
        self.write(move |transaction, now| {
            let mut enqueued = Enqueued::default();
            let mut insert = transaction.prepare_cached(
                "INSERT INTO jobs (key, fails, due_ms) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO NOTHING",
            )?;
            for job in jobs {
                match insert.execute(params![job.key, job.fails, now])? {
                    0 => enqueued.already_there += 1,
                    _ => enqueued.new += 1,
                }
            }
            Ok(enqueued)
        })
        .await
    }

    async fn claim(&self, worker: &str, policy: LeasePolicy) -> Result<Claimed> {
        let worker = worker.to_owned();
        self.write(move |transaction, now| {
            let lease_ms = ms(policy.lease);
            let until = now.saturating_add(lease_ms);
            // Set back by a day, the clock would keep a job waiting for a day.
            transaction
                .prepare_cached(
                    "UPDATE jobs SET due_ms = ?1 + span_ms
                     WHERE state IN ('waiting', 'leased') AND due_ms > ?1 AND due_ms > ?1 + span_ms",
                )?
                .execute([now])?;
            transaction
                .prepare_cached(
                    "UPDATE jobs SET state = 'dead', error = ?3
                     WHERE state = 'leased' AND due_ms <= ?1 AND attempts >= ?2",
                )?
                .execute(params![now, policy.attempts, VANISHED])?;
            let job = transaction
                .prepare_cached(
                    "UPDATE jobs SET state = 'leased', lease = lease + 1, attempts = attempts + 1,
                                     due_ms = ?2, span_ms = ?3
                     WHERE id = (SELECT id FROM jobs
                                 WHERE state IN ('waiting', 'leased') AND due_ms <= ?1
                                 ORDER BY due_ms, id LIMIT 1)
                     RETURNING id, key, fails, lease",
                )?
                .query_row(params![now, until, lease_ms], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .optional()?;
            if let Some((id, key, fails, lease)) = job {
                transaction
                    .prepare_cached("INSERT INTO leases VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![id, lease, worker, now, until])?;
                let id = id.to_string();
                return Ok(Claimed::Job(Lease { id, key, fails, worker, lease }));
            }
            let next: Option<(i64, bool)> = transaction
                .prepare_cached(
                    "SELECT due_ms, state = 'leased' FROM jobs
                     WHERE state IN ('waiting', 'leased') ORDER BY due_ms, id LIMIT 1",
                )?
                .query_row((), |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            Ok(next.map_or(Claimed::Empty, |(due, leased)| {
                let time = u64::try_from(due.saturating_sub(now)).unwrap_or_default();
                Claimed::Wait {
                    time: Duration::from_millis(time),
                    awaited: if leased { Awaited::Lease } else { Awaited::Rest },
                }
            }))
        })
        .await
    }

    async fn extend(&self, held: &Lease, policy: LeasePolicy) -> Result<bool> {
        let held = held.clone();
        self.write(move |transaction, now| {
            let lease_ms = ms(policy.lease);
            let until = now.saturating_add(lease_ms);
            let sql =
                format!("UPDATE jobs SET state = 'leased', due_ms = ?3, span_ms = ?4 WHERE {HELD}");
            let ours = transaction
                .prepare_cached(&sql)?
                .execute(params![held.id, held.lease, until, lease_ms])?
                == 1;
            if ours {
                transaction
                    .prepare_cached(
                        "UPDATE leases SET until_ms = ?3 WHERE job = ?1 AND lease = ?2",
                    )?
                    .execute(params![held.id, held.lease, until])?;
            }
            Ok(ours)
        })
        .await
    }

    async fn complete(&self, held: &Lease, result: String) -> Result<bool> {
        let held = held.clone();
        self.write(move |transaction, now| {
            let ours = leave(transaction, &held, now, "state = 'done', error = NULL", &[])?;
            if ours {
                transaction
                    .prepare_cached("INSERT INTO results (job, lease, result) VALUES (?1, ?2, ?3)")?
                    .execute(params![held.id, held.lease, result])?;
            }
            Ok(ours)
        })
        .await
    }

    async fn fail(&self, held: &Lease, why: String, policy: LeasePolicy) -> Result<bool> {
        let held = held.clone();
        self.write(move |transaction, now| {
            let attempts: Option<u32> = transaction
                .prepare_cached("SELECT attempts FROM jobs WHERE id = ?1")?
                .query_row([&held.id], |row| row.get(0))
                .optional()?;
            let attempts = attempts.unwrap_or_default();
            let rest = ms(backoff(attempts));
            let due = now.saturating_add(rest);
            let change = if attempts >= policy.attempts {
                "state = 'dead', error = ?3, due_ms = ?4, span_ms = ?5"
            } else {
                "state = 'waiting', error = ?3, due_ms = ?4, span_ms = ?5"
            };
            leave(transaction, &held, now, change, &[&why, &due, &rest])
        })
        .await
    }

    async fn give_back(&self, held: &Lease) -> Result<bool> {
        let held = held.clone();
        self.write(move |transaction, now| {
            let change = "state = 'waiting', attempts = attempts - 1, due_ms = ?3, span_ms = 0";
            leave(transaction, &held, now, change, &[&now])
        })
        .await
    }

    async fn counts(&self) -> Result<Counts> {
        self.read(|connection| {
            let query = "SELECT count(*), count(*) FILTER (WHERE state = 'waiting'),
                                count(*) FILTER (WHERE state = 'leased'),
                                (SELECT count(*) FROM results),
                                count(*) FILTER (WHERE state = 'dead'),
                                (SELECT count(*) FROM leases), count(*) FILTER (WHERE lease > 0)
                         FROM jobs";
            connection.prepare_cached(query)?.query_row((), |row| {
                let (runs, begun): (u32, u32) = (row.get(5)?, row.get(6)?);
                Ok(Counts {
                    jobs: row.get(0)?,
                    waiting: row.get(1)?,
                    leased: row.get(2)?,
                    done: row.get(3)?,
                    dead: row.get(4)?,
                    runs,
                    repeats: runs.saturating_sub(begun),
                })
            })
        })
        .await
    }

    async fn dead(&self, most: u32) -> Result<Vec<Dead>> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT key, coalesce(error, '') FROM jobs WHERE state = 'dead' ORDER BY id LIMIT ?1",
                )?
                .query_map([most], |row| Ok(Dead { key: row.get(0)?, error: row.get(1)? }))?
                .collect()
        })
        .await
    }

    async fn verify(&self) -> Result<()> {
        let opened = self.opened.clone();
        let look = move |_: &mut rusqlite::Connection| {
            opened.is_there()?;
            // By a connection of its own: what this one remembers need not be in the file.
            file::check_only(opened.path(), &KIND)
        };
        let done = self.connection.call(look).await;
        done.map_err(|error| self.explain(error))
    }

    async fn results(&self) -> Result<Vec<(String, String)>> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT key, result FROM results JOIN jobs ON jobs.id = job ORDER BY job",
                )?
                .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests;
