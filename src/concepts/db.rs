//! `db`: queries to a real SQLite file.
//!
//! SQLite is a library: a query runs on the thread that calls it, and holds it until the answer is there. An async
//! driver such as tokio-rusqlite therefore gives each connection a thread of its own and sends the queries to it. The
//! caller awaits the answers, but one connection still runs one query at a time, however many are awaited together. A
//! pool runs as many as it has connections. Writers take turns all the same: a SQLite file has one write lock.

mod claims;

use std::fmt::Display;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::ValueHint;
use futures_util::future::try_join_all;
use rusqlite::TransactionBehavior;
use serde::Serialize;
use tokio_rusqlite::Connection;

use self::claims::{NothingLost, ROWS_BEFORE, ROWS_EXPECTED, ROWS_FOUND, TurnsCost};
use super::knob::{Count, Wait};
use super::{About, Concept, Output, Strategy, knob};
use crate::claims::{
    BlocksTheLoop, CostsMore, Figure, KeepsTheLoopAwake, OneAfterTheOther, OverlappedOn,
    SerialisedBy,
};
use crate::services::database::{Database, Databases, ITEMS, Pool};
use crate::trace::Recorder;

/// The knobs of `db`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Db {
    /// How many queries
    #[arg(long, value_name = "N", default_value = "4")]
    pub queries: Count<1, { ITEMS as usize }>,

    /// How long each query waits inside SQLite, in a function registered there: from {least} (plain
    /// queries) to {most}
    #[arg(long, value_name = "DURATION", default_value = "200ms")]
    pub latency: Wait<0>,

    /// How many connections the pool has
    #[arg(long, value_name = "N", default_value = "4")]
    pub connections: Count<1, 32>,

    /// Use this database file instead of a temporary one; it is created if it does not exist. A file
    /// that asyncdemo did not make is refused and left as it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[serde(serialize_with = "knob::path_as_typed")]
    pub database: Option<PathBuf>,
}

/// Why a plain query costs more there than in the async thread.
const TO_AND_FRO: &str =
    "each goes to the connection's thread and back, and is too short to be worth the way";

/// On what queries overlap.
const THREAD_EACH: &str = "connections, each with a thread of its own";

/// Why writers take longer than their writes.
const NO_QUEUE: &str =
    "SQLite keeps no queue, so a writer that finds it locked naps and asks again";

impl Concept for Db {
    const ABOUT: About = About {
        name: "db",
        title: "queries to a real SQLite file",
        question: "How do I query a database without blocking?",
        python: "aiosqlite",
        examples: "\
  asyncdemo db                              four queries at once: why not faster?
  asyncdemo db --queries 8 --connections 4  two rounds through a pool of four
  asyncdemo db --strategy pool --strategy writers
                                            a pool for reading, and for writing
  asyncdemo db --all --code                 five ways, with the code that runs
  asyncdemo db --all --latency 0 --queries 200
                                            plain queries: is async worth it?
  asyncdemo db --database shop.db --strategy writers
                                            rows in a file that stays",
        heartbeat_lane: false,
        figure: Figure::Wall,
        source: include_str!("db.rs"),
        twin: include_str!("../../lessons/python/db.py"),
        python_file: "db.py",
        belief: "One connection answers several queries at once.",
        tour: &["--latency", "150ms"],
        quick: &["--queries", "3", "--latency", "20ms", "--connections", "3"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let (latency, connections) = (*self.latency, *self.connections);
        let queries = u32::try_from(*self.queries).unwrap_or(u32::MAX);
        let rounds = queries.div_ceil(u32::try_from(connections).unwrap_or(u32::MAX));
        // Enough for a writer whose turn comes last, and who sleeps whenever the lock is free.
        let patience = (latency + Duration::from_millis(200)) * queries + Duration::from_secs(10);
        let place = Arc::new(Databases::new(self.database.clone()));
        let (one_by_one, in_rounds) = (self.ideal(queries), self.ideal(rounds));
        // Where nothing waits, the plain way is worth a look, and times show nothing.
        let plain = latency.is_zero();
        // A heart that beats every 10 ms misses no short wait.
        let long = one_by_one >= Some(Duration::from_millis(100));
        let several = !plain && queries > 1;
        // A pool of one connection is no pool.
        let pooled = several && connections > 1;
        let alone = several && connections == 1;
        vec![
            staged(
                "blocking",
                self.reads("rusqlite on the async thread"),
                (&place, 0),
                move |database| database.connect(patience),
                move |recorder, connection| blocking(recorder, connection, queries, latency),
            )
            .by_default_if(plain)
            .ideal(one_by_one)
            .claim_if(long, BlocksTheLoop),
            staged(
                "sequential",
                self.reads("tokio-rusqlite, each query awaited before the next"),
                (&place, 0),
                move |database| database.connect_async(patience),
                move |recorder, connection| sequential(recorder, connection, queries, latency),
            )
            .by_default()
            .ideal(one_by_one)
            .claim_if(several, OneAfterTheOther)
            .claim_if(long, KeepsTheLoopAwake)
            .claim_if(plain, CostsMore("blocking", TO_AND_FRO)),
            staged(
                "one-connection",
                self.reads("all queries awaited at once, over one connection"),
                (&place, 0),
                move |database| database.connect_async(patience),
                move |recorder, connection| one_connection(recorder, connection, queries, latency),
            )
            .by_default()
            .refutes_belief()
            .ideal(one_by_one)
            .claim_if(several, SerialisedBy("one connection")),
            staged(
                "pool",
                self.reads(format!("all queries at once, over a pool of {connections}")),
                (&place, 0),
                move |database| database.pool(connections, patience),
                move |recorder, connections| pool(recorder, connections, queries, latency),
            )
            .by_default()
            .ideal(in_rounds)
            .claim_if(alone, OneAfterTheOther)
            .claim_if(pooled, OverlappedOn(connections, THREAD_EACH)),
            staged(
                "writers",
                self.writes(format!(
                    "each query an INSERT, over a pool of {connections}"
                )),
                (&place, queries),
                move |database| database.pool(connections, patience),
                move |recorder, connections| writers(recorder, connections, queries, latency),
            )
            .ideal(one_by_one)
            .claim_if(alone, OneAfterTheOther)
            .claim_if(pooled, SerialisedBy("SQLite's one writer"))
            .claim_if(pooled, TurnsCost(NO_QUEUE))
            .claim(NothingLost),
        ]
    }
}

impl Db {
    /// What arithmetic promises of a strategy that waits so many times. Of no wait, nothing.
    fn ideal(&self, waits: u32) -> Option<Duration> {
        Some(*self.latency * waits).filter(|ideal| !ideal.is_zero())
    }

    /// How it queries, and what a query does.
    fn reads(&self, how: impl Display) -> String {
        match *self.latency {
            Duration::ZERO => format!("{how}; plain queries"),
            wait => {
                let wait = humantime::format_duration(wait);
                format!("{how}; each waits {wait} inside SQLite, in a registered function")
            }
        }
    }

    /// [`Self::reads`] for writers.
    fn writes(&self, how: impl Display) -> String {
        match *self.latency {
            Duration::ZERO => format!("{how}; plain inserts"),
            wait => {
                let wait = humantime::format_duration(wait);
                format!(
                    "{how}; each holds SQLite's write lock for {wait}, in a registered function"
                )
            }
        }
    }
}

/// A strategy on a database of its own, whose connections are opened before the clock starts and
/// closed after it has stopped. `writes` is how many rows it adds; they are counted at the end.
fn staged<C, F>(
    name: &'static str,
    summary: String,
    (place, writes): (&Arc<Databases>, u32),
    connect: impl Fn(&Database) -> Result<C> + Send + Sync + 'static,
    run: impl Fn(Recorder, C) -> F + Send + Sync + 'static,
) -> Strategy
where
    C: Send + 'static,
    F: Future<Output = Result<Output>> + Send + 'static,
{
    let place = Arc::clone(place);
    let prepare = move || {
        let database = place.database()?;
        let before = sales(&database)?;
        Ok((connect(&database)?, before, database))
    };
    Strategy::staged(
        name,
        summary,
        prepare,
        move |recorder, (connections, before, database)| {
            let run = run(recorder, connections);
            async move {
                let output = run.await.map_err(|error| database.explain(error))?;
                database.verify()?;
                Ok(output.at_exit(move |metrics| {
                    metrics.insert(
                        "connections_count",
                        database.connections_open_at_most() as f64,
                    );
                    // By a new connection: what this one sees is in the file.
                    if writes > 0
                        && let Ok(after) = sales(&database)
                    {
                        metrics.insert(ROWS_BEFORE, before);
                        metrics.insert(ROWS_EXPECTED, writes.into());
                        metrics.insert(ROWS_FOUND, after - before);
                    }
                }))
            }
        },
    )
}

fn sales(database: &Database) -> Result<f64> {
    let connection = database.connect(Duration::from_secs(1))?;
    Ok(connection.query_row("SELECT count(*) FROM sales", (), |row| row.get(0))?)
}

// ANCHOR: workload
/// One query. `pause` is our own function, registered in SQLite: it stands
/// for a table that takes long to search, and holds the thread as that would.
fn select(
    connection: &mut rusqlite::Connection,
    id: u32,
    pause: Duration,
) -> rusqlite::Result<String> {
    if pause.is_zero() {
        let sql = "SELECT name FROM items WHERE id = ?1";
        return connection.query_row(sql, [id], |row| row.get(0));
    }
    let sql = "SELECT name, pause(?2) FROM items WHERE id = ?1";
    connection.query_row(sql, (id, pause.as_secs_f64()), |row| row.get(0))
}

/// The same for async code: tokio-rusqlite runs it in the connection's own
/// thread.
async fn fetch(db: &Connection, id: u32, pause: Duration) -> Result<String> {
    let answer = db.call(move |connection| select(connection, id, pause));
    Ok(answer.await?)
}

/// One write. IMMEDIATE takes SQLite's write lock at once, and waits while
/// another connection has it.
fn insert(
    connection: &mut rusqlite::Connection,
    id: u32,
    pause: Duration,
) -> rusqlite::Result<String> {
    let at_once = TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(at_once)?;
    let sql = "INSERT INTO sales (item) VALUES (?1) \
               RETURNING (SELECT name FROM items WHERE id = item)";
    let name = transaction.query_row(sql, [id], |row| row.get(0))?;
    if !pause.is_zero() {
        let seconds = [pause.as_secs_f64()];
        transaction.query_row("SELECT pause(?1)", seconds, |_| Ok(()))?;
    }
    transaction.commit()?;
    Ok(name)
}
// ANCHOR_END: workload

// ANCHOR: blocking
async fn blocking(
    recorder: Recorder,
    mut connection: rusqlite::Connection,
    queries: u32,
    latency: Duration,
) -> Result<Output> {
    let mut names = Vec::new();
    for id in 1..=queries {
        // Nothing in here is awaited: until SQLite answers, this thread can
        // do nothing else.
        let query = async { select(&mut connection, id, latency) };
        names.push(recorder.track(format!("query {id}"), query).await?);
    }
    Ok(Output::new(names))
}
// ANCHOR_END: blocking

// ANCHOR: sequential
async fn sequential(
    recorder: Recorder,
    connection: Connection,
    queries: u32,
    latency: Duration,
) -> Result<Output> {
    let mut names = Vec::new();
    for id in 1..=queries {
        let query = fetch(&connection, id, latency);
        names.push(recorder.track(format!("query {id}"), query).await?);
    }
    Ok(Output::new(names))
}
// ANCHOR_END: sequential

// ANCHOR: one-connection
async fn one_connection(
    recorder: Recorder,
    connection: Connection,
    queries: u32,
    latency: Duration,
) -> Result<Output> {
    let querying = (1..=queries).map(|id| {
        let query = fetch(&connection, id, latency);
        recorder.track(format!("query {id}"), query)
    });
    // All are on their way at once, to one thread, where they queue.
    let names = try_join_all(querying).await?;
    Ok(Output::new(names))
}
// ANCHOR_END: one-connection

// ANCHOR: pool
async fn pool(
    recorder: Recorder,
    connections: Pool,
    queries: u32,
    latency: Duration,
) -> Result<Output> {
    let (recorder, pool) = (&recorder, &connections);
    let querying = (1..=queries).map(|id| async move {
        // Tracked from here on: a lane begins when a connection is free.
        let connection = pool.connection().await?;
        let query = fetch(&connection, id, latency);
        recorder.track(format!("query {id}"), query).await
    });
    let names = try_join_all(querying).await?;
    Ok(Output::new(names))
}
// ANCHOR_END: pool

// ANCHOR: writers
async fn writers(
    recorder: Recorder,
    connections: Pool,
    queries: u32,
    latency: Duration,
) -> Result<Output> {
    let (recorder, pool) = (&recorder, &connections);
    let writing = (1..=queries).map(|id| async move {
        let connection = pool.connection().await?;
        let write = connection.call(move |db| insert(db, id, latency));
        anyhow::Ok(recorder.track(format!("insert {id}"), write).await?)
    });
    let names = try_join_all(writing).await?;
    Ok(Output::new(names))
}
// ANCHOR_END: writers
