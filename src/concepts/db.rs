//! `db`: queries to a real SQLite file.
//!
//! SQLite is a library: a query runs on the thread that calls it, and holds it until the answer is there. An async
//! driver such as tokio-rusqlite therefore gives each connection a thread of its own and sends the queries to it. The
//! caller awaits the answers, but one connection still runs one query at a time, however many are awaited together. A
//! pool runs as many as it has connections. Writers take turns all the same: a SQLite file has one write lock.

mod behind;
mod claims;
mod stage;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::ValueHint;
use futures_util::future::try_join_all;
use rusqlite::{Connection as Sqlite, TransactionBehavior};
use serde::Serialize;
use tokio::time::timeout;
use tokio_rusqlite::Connection;

use self::claims::{
    GAVE_UP, LOCKED, LocksAtOnce, NO_QUEUE, NothingLost, THREAD_EACH, TO_AND_FRO, TurnsCost,
    WAITED, WaitsForAConnection, WaitsForItself,
};
use self::stage::{On, PATIENCE_IN_PYTHON, Stage, given_up, refused};
use super::knob::{Count, Wait};
use super::waits::LongestWait;
use super::{About, Concept, Output, Strategy, Twin, knob};
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

    /// How long a request in `self-deadlock` waits for a second connection before it gives up
    #[arg(long, value_name = "DURATION", default_value = "500ms")]
    pub pool_timeout: Wait,

    /// Use this database file instead of a temporary one; it is created if it does not exist. A file
    /// that asyncdemo did not make is refused and left as it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[serde(serialize_with = "knob::path_as_typed")]
    pub database: Option<PathBuf>,
}

impl Concept for Db {
    const ABOUT: About = About {
        name: "db",
        title: "queries to a real SQLite file",
        question: "How do I query a database without blocking?",
        python: "aiosqlite",
        examples: "\
  asyncdemo db          four queries at once: why not faster?
  asyncdemo db --queries 8 --connections 4
                        two rounds through a pool of four
  asyncdemo db --strategy pool --strategy writers
                        a pool for reading, and for writing
  asyncdemo db --strategy exhausted --strategy self-deadlock
                        a pool that is too small, and one that waits for itself
  asyncdemo db --strategy deferred --strategy writers --code
                        who is told that the database is locked
  asyncdemo db --all --latency 0 --queries 200
                        plain queries: is async worth it?
  asyncdemo db --database shop.db --strategy writers
                        rows in a file that stays",
        heartbeat_lane: false,
        figure: Figure::Wall,
        source: include_str!("db.rs"),
        twin: include_str!("../../lessons/python/web/db.py"),
        python_file: "web/db.py",
        belief: "One connection answers several queries at once.",
        tour: &["--latency", "150ms"],
        quick: &["--queries", "3", "--latency", "20ms", "--connections", "3"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let readers = self.readers().into_iter();
        readers
            .chain(self.too_few())
            .chain(self.writers())
            .collect()
    }
}

impl Db {
    fn readers(&self) -> [Strategy; 4] {
        let (stage, connections) = (self.stage(0), *self.connections);
        let one_by_one = stage.rounds(1);
        // Where nothing waits, the plain way is worth a look, and times show nothing.
        let plain = self.latency.is_zero();
        // A heart that beats every 10 ms misses no short wait.
        let long = one_by_one >= Some(Duration::from_millis(100));
        let several = !plain && *self.queries > 1;
        let pooled = several && connections > 1;
        [
            stage
                .strategy("blocking", Database::connect, blocking)
                .described(stage.reads("rusqlite on the async thread"))
                .by_default_if(plain)
                .ideal(one_by_one)
                .claim_if(long, BlocksTheLoop)
                .twin(Twin::of(stage.reads("sqlite3 in an async def"))),
            stage
                .strategy("sequential", Database::connect_async, sequential)
                .described(stage.reads("tokio-rusqlite, each query awaited before the next"))
                .by_default()
                .ideal(one_by_one)
                .claim_if(several, OneAfterTheOther)
                .claim_if(long, KeepsTheLoopAwake)
                .claim_if(plain, CostsMore("blocking", TO_AND_FRO))
                .twin(Twin::of(stage.reads("aiosqlite, awaited in turn"))),
            stage
                .strategy("one-connection", Database::connect_async, one_connection)
                .described(stage.reads("all queries awaited at once, over one connection"))
                .by_default()
                .refutes_belief()
                .ideal(one_by_one)
                .claim_if(several, SerialisedBy("one connection"))
                .twin(behind::one_connection(&stage, several)),
            stage
                .pooled("pool", connections, pool)
                .described(
                    stage.reads(format!("all queries at once, over a pool of {connections}")),
                )
                .by_default()
                .ideal(stage.rounds(connections))
                .claim_if(several && !pooled, OneAfterTheOther)
                .claim_if(pooled, OverlappedOn(connections, THREAD_EACH))
                .twin(behind::pool(&stage, connections, long)),
        ]
    }

    /// With too few connections, whatever the knobs are: half as many as there are queries, and one for each of
    /// those who want two.
    fn too_few(&self) -> [Strategy; 2] {
        let (stage, pool_timeout) = (self.stage(0), *self.pool_timeout);
        let half = (*self.connections).min((*self.queries / 2).max(1));
        let one_each = (*self.connections).min(*self.queries);
        let waits = !self.latency.is_zero() && *self.queries > half;
        [
            stage
                .pooled("exhausted", half, exhausted)
                .described(stage.reads(format!("all queries at once, over a pool of only {half}")))
                .ideal(stage.rounds(half))
                .claim_if(waits, WaitsForAConnection(half))
                .twin(Twin::of(
                    stage.reads(format!("SQLAlchemy, a session each, over a pool of only {half}")),
                )),
            stage
                .pooled("self-deadlock", one_each, self_deadlock)
                .described(format!(
                    "a pool of {one_each}: each request holds one and asks for a second"
                ))
                .claim(WaitsForItself(one_each, pool_timeout))
                .differs("some requests give up, with an error")
                .twin(
                    Twin::of(format!(
                        "SQLAlchemy's pool of {one_each}: each request holds a session and opens a second"
                    ))
                    .differs("which requests give up is chance"),
                ),
        ]
    }

    fn writers(&self) -> [Strategy; 2] {
        let (stage, connections) = (self.stage(1), *self.connections);
        let several = !self.latency.is_zero() && *self.queries > 1;
        // A pool of one connection is no pool.
        let pooled = several && connections > 1;
        [
            stage
                .pooled("deferred", connections, deferred)
                .described("BEGIN, SELECT, INSERT: it reads before it asks for the write lock")
                .claim_if(pooled, LocksAtOnce(stage.patience()))
                .differs("some inserts fail, with an error")
                .twin(
                    Twin::of("aiosqlite: BEGIN, SELECT, INSERT")
                        .claim_if(pooled, LocksAtOnce(PATIENCE_IN_PYTHON))
                        .differs("which inserts fail is chance"),
                ),
            stage
                .pooled("writers", connections, writers)
                .described(stage.writes(format!(
                    "each query an INSERT, over a pool of {connections}"
                )))
                .ideal(stage.rounds(1))
                .claim_if(several && !pooled, OneAfterTheOther)
                .claim_if(pooled, SerialisedBy("SQLite's one writer"))
                .claim_if(pooled, TurnsCost(NO_QUEUE))
                .claim(NothingLost)
                .twin(Twin::of(stage.writes(format!(
                    "aiosqlite: each query an INSERT, over a pool of {connections}"
                )))),
        ]
    }

    /// Each query adds so many rows.
    fn stage(&self, rows: u32) -> Stage {
        let queries = u32::try_from(*self.queries).unwrap_or(u32::MAX);
        let work = On {
            db: Arc::new(Databases::new(self.database.clone())),
            queries,
            latency: *self.latency,
            pool_timeout: *self.pool_timeout,
        };
        let rows = rows * queries;
        Stage { work, rows }
    }
}

// ANCHOR: workload
type Outcome = Result<Output>;
type Answer = rusqlite::Result<String>;

/// One query. `pause` is our own function, registered in SQLite: it stands
/// for a table that takes long to search, and holds the thread as that would.
fn select(sqlite: &Sqlite, id: u32, pause: Duration) -> Answer {
    if pause.is_zero() {
        let sql = "SELECT name FROM items WHERE id = ?1";
        return sqlite.query_row(sql, [id], |row| row.get(0));
    }
    let sql = "SELECT name, pause(?2) FROM items WHERE id = ?1";
    sqlite.query_row(sql, (id, pause.as_secs_f64()), |row| row.get(0))
}

/// The same for async code: tokio-rusqlite runs it in the connection's own
/// thread.
async fn fetch(db: &Connection, id: u32, pause: Duration) -> Result<String> {
    let answer = db.call(move |sqlite| select(sqlite, id, pause));
    Ok(answer.await?)
}

/// One write. IMMEDIATE takes SQLite's write lock at once, and waits while
/// another connection has it.
fn insert(sqlite: &mut Sqlite, id: u32, pause: Duration) -> Answer {
    let at_once = TransactionBehavior::Immediate;
    let transaction = sqlite.transaction_with_behavior(at_once)?;
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

/// One write that reads first. DEFERRED, as a plain BEGIN is, takes no lock:
/// the INSERT asks for it.
fn read_and_insert(sqlite: &mut Sqlite, id: u32, pause: Duration) -> Answer {
    let later = TransactionBehavior::Deferred;
    let transaction = sqlite.transaction_with_behavior(later)?;
    let name = select(&transaction, id, pause)?;
    transaction.execute("INSERT INTO sales (item) VALUES (?1)", [id])?;
    transaction.commit()?;
    Ok(name)
}
// ANCHOR_END: workload

// ANCHOR: blocking
async fn blocking(recorder: Recorder, mut work: On<Sqlite>) -> Outcome {
    let mut names = Vec::new();
    for id in work.ids() {
        // Nothing in here is awaited: until SQLite answers, this thread can
        // do nothing else.
        let (sqlite, pause) = (&mut work.db, work.latency);
        let query = async move { select(sqlite, id, pause) };
        names.push(recorder.track(format!("query {id}"), query).await?);
    }
    Ok(Output::new(names))
}
// ANCHOR_END: blocking

// ANCHOR: sequential
async fn sequential(recorder: Recorder, work: On<Connection>) -> Outcome {
    let mut names = Vec::new();
    for id in work.ids() {
        let query = fetch(&work.db, id, work.latency);
        names.push(recorder.track(format!("query {id}"), query).await?);
    }
    Ok(Output::new(names))
}
// ANCHOR_END: sequential

// ANCHOR: one-connection
async fn one_connection(recorder: Recorder, work: On<Connection>) -> Outcome {
    let querying = work.ids().map(|id| {
        let query = fetch(&work.db, id, work.latency);
        recorder.track(format!("query {id}"), query)
    });
    // All are on their way at once, to one thread, where they queue.
    let names = try_join_all(querying).await?;
    Ok(Output::new(names))
}
// ANCHOR_END: one-connection

// ANCHOR: pool
async fn pool(recorder: Recorder, work: On<Pool>) -> Outcome {
    let (recorder, pool, pause) = (&recorder, &work.db, work.latency);
    let querying = work.ids().map(|id| async move {
        // Tracked from here on: a lane begins when a connection is free.
        let connection = pool.connection().await?;
        let query = fetch(&connection, id, pause);
        recorder.track(format!("query {id}"), query).await
    });
    let names = try_join_all(querying).await?;
    Ok(Output::new(names))
}
// ANCHOR_END: pool

// ANCHOR: exhausted
async fn exhausted(recorder: Recorder, work: On<Pool>) -> Outcome {
    let (work, waits) = (&work, &LongestWait::default());
    let querying = work.ids().map(|id| {
        let query = async move {
            // Where none is free, the query waits here, and has not begun.
            let connection = waits.of(work.db.connection()).await?;
            fetch(&connection, id, work.latency).await
        };
        recorder.track(format!("query {id}"), query)
    });
    let names = try_join_all(querying).await?;
    Ok(waits.count(WAITED, Output::new(names)))
}
// ANCHOR_END: exhausted

// ANCHOR: self-deadlock
async fn self_deadlock(recorder: Recorder, work: On<Pool>) -> Outcome {
    let (work, waits) = (&work, &LongestWait::default());
    let requests = work.ids().map(|id| {
        let request = async move {
            let first = work.db.connection().await?;
            fetch(&first, id, work.latency).await?;
            // It keeps `first` while it waits, and so do all the others.
            let second = timeout(work.pool_timeout, work.db.connection());
            let Ok(second) = waits.of(second).await else {
                return Ok(None);
            };
            let second = second?;
            fetch(&second, id, work.latency).await.map(Some)
        };
        recorder.track(format!("request {id}"), request)
    });
    let names = try_join_all(requests).await?;
    Ok(waits.count(WAITED, given_up(names, GAVE_UP)))
}
// ANCHOR_END: self-deadlock

// ANCHOR: deferred
async fn deferred(recorder: Recorder, work: On<Pool>) -> Outcome {
    let (recorder, pool, pause) = (&recorder, &work.db, work.latency);
    let writing = work.ids().map(|id| async move {
        let connection = pool.connection().await?;
        let write = connection.call(move |db| read_and_insert(db, id, pause));
        // Where another has written since it read, it fails at once.
        refused(recorder.track(format!("insert {id}"), write).await)
    });
    let names = try_join_all(writing).await?;
    Ok(given_up(names, LOCKED))
}
// ANCHOR_END: deferred

// ANCHOR: writers
async fn writers(recorder: Recorder, work: On<Pool>) -> Outcome {
    let (recorder, pool, pause) = (&recorder, &work.db, work.latency);
    let writing = work.ids().map(|id| async move {
        let connection = pool.connection().await?;
        let write = connection.call(move |db| insert(db, id, pause));
        anyhow::Ok(recorder.track(format!("insert {id}"), write).await?)
    });
    let names = try_join_all(writing).await?;
    Ok(Output::new(names))
}
// ANCHOR_END: writers
