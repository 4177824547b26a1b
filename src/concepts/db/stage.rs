//! A database for each strategy of `db`, and what is counted in it.

use std::fmt::Display;
use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rusqlite::ErrorCode;

use super::claims::{ROWS_BEFORE, ROWS_EXPECTED, ROWS_FOUND};
use super::{Output, Strategy};
use crate::services::database::{Database, Databases, Pool};
use crate::trace::Recorder;

/// How long a connection waits for its turn to write, in the Python file.
pub(super) const PATIENCE_IN_PYTHON: Duration = Duration::from_secs(60);

/// What a strategy is asked for, and the connections that it has for that.
pub(super) struct On<C> {
    pub(super) db: C,
    pub(super) queries: u32,
    pub(super) latency: Duration,
    pub(super) pool_timeout: Duration,
}

/// Where the strategies of `db` get their databases, and what they are asked for.
pub(super) struct Stage {
    pub(super) work: On<Arc<Databases>>,
    /// How many rows a strategy adds.
    pub(super) rows: u32,
}

impl Stage {
    /// What arithmetic promises of so many queries at once. Where none waits, nothing.
    pub(super) fn rounds(&self, at_once: usize) -> Option<Duration> {
        let at_once = u32::try_from(at_once).unwrap_or(u32::MAX);
        let ideal = self.work.latency * self.work.queries.div_ceil(at_once);
        Some(ideal).filter(|ideal| !ideal.is_zero())
    }

    /// How long a connection waits for its turn to write: enough for a writer whose turn comes last, and who sleeps
    /// whenever the lock is free.
    pub(super) fn patience(&self) -> Duration {
        (self.work.latency + Duration::from_millis(200)) * self.work.queries
            + Duration::from_secs(10)
    }

    /// How it queries, and what a query does.
    pub(super) fn reads(&self, how: impl Display) -> String {
        match self.work.latency {
            Duration::ZERO => format!("{how}; plain queries"),
            wait => {
                let wait = humantime::format_duration(wait);
                format!("{how}; each waits {wait} inside SQLite, in a registered function")
            }
        }
    }

    /// [`Self::reads`] for writers.
    pub(super) fn writes(&self, how: impl Display) -> String {
        match self.work.latency {
            Duration::ZERO => format!("{how}; plain inserts"),
            wait => {
                let wait = humantime::format_duration(wait);
                format!(
                    "{how}; each holds SQLite's write lock for {wait}, in a registered function"
                )
            }
        }
    }

    /// [`Self::strategy`] on a pool of so many connections.
    pub(super) fn pooled<F>(
        &self,
        name: &'static str,
        connections: usize,
        run: impl Fn(Recorder, On<Pool>) -> F + Send + Sync + 'static,
    ) -> Strategy
    where
        F: Future<Output = Result<Output>> + Send + 'static,
    {
        let connect = move |database: &Database, patience| database.pool(connections, patience);
        self.strategy(name, connect, run)
    }

    /// A strategy on a database of its own, whose connections are opened before the clock starts and
    /// closed after it has stopped. Where it adds rows, they are counted at the end.
    pub(super) fn strategy<C, F>(
        &self,
        name: &'static str,
        connect: impl Fn(&Database, Duration) -> Result<C> + Send + Sync + 'static,
        run: impl Fn(Recorder, On<C>) -> F + Send + Sync + 'static,
    ) -> Strategy
    where
        C: Send + 'static,
        F: Future<Output = Result<Output>> + Send + 'static,
    {
        let (patience, rows) = (self.patience(), self.rows);
        let work = self.work.on(Arc::clone(&self.work.db));
        let prepare = move || {
            let database = work.db.database()?;
            let before = sales(&database)?;
            let connected = work.on(connect(&database, patience)?);
            Ok((connected, before, database))
        };
        Strategy::staged(
            name,
            "",
            prepare,
            move |recorder, (work, before, database)| {
                let run = run(recorder, work);
                async move {
                    let output = run.await.map_err(|error| database.explain(error))?;
                    database.verify()?;
                    Ok(output.at_exit(move |metrics| {
                        metrics.insert(
                            "connections_count",
                            database.connections_open_at_most() as f64,
                        );
                        // By a new connection: what this one sees is in the file.
                        if rows > 0
                            && let Ok(after) = sales(&database)
                        {
                            metrics.insert(ROWS_BEFORE, before);
                            metrics.insert(ROWS_EXPECTED, rows.into());
                            metrics.insert(ROWS_FOUND, after - before);
                        }
                    }))
                }
            },
        )
    }
}

impl<C> On<C> {
    /// The same of another database.
    fn on<D>(&self, db: D) -> On<D> {
        On {
            db,
            queries: self.queries,
            latency: self.latency,
            pool_timeout: self.pool_timeout,
        }
    }

    pub(super) fn ids(&self) -> RangeInclusive<u32> {
        1..=self.queries
    }
}

fn sales(database: &Database) -> Result<f64> {
    let connection = database.connect(Duration::from_secs(1))?;
    Ok(connection.query_row("SELECT count(*) FROM sales", (), |row| row.get(0))?)
}

/// The names, and under `key` how many have none.
pub(super) fn given_up(names: Vec<Option<String>>, key: &'static str) -> Output {
    let none = names.iter().filter(|name| name.is_none()).count();
    Output::new(names).metric(key, none as f64)
}

/// What was written, or nothing where SQLite said that the database is locked.
pub(super) fn refused(written: tokio_rusqlite::Result<String>) -> Result<Option<String>> {
    match written {
        Ok(name) => Ok(Some(name)),
        Err(tokio_rusqlite::Error::Error(error))
            if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
