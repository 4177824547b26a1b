//! A shop with a real database, for the write that is cancelled in the middle.

use std::time::Duration;

use anyhow::Result;
use tokio_rusqlite::Connection;

use super::Output;
use super::claims::{ROWS, ROWS_LEFT, ROWS_LEFT_IN_TRANSACTION};
use crate::services::database::{Database, Databases};

/// Nobody else writes into a database of one's own.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many rows an order writes.
const ORDER: f64 = 2.0;

/// A new database, with a connection for each of two orders.
pub(super) struct Shop {
    pub(super) one: Connection,
    pub(super) two: Connection,
    pub(super) books: Books,
    pub(super) payment: Duration,
    pub(super) deadline: Duration,
}

/// Counts what is in the database, over a connection of its own: it sees what is committed.
pub(super) struct Books {
    connection: Connection,
    counted: f64,
}

impl Shop {
    /// Opens it in `place`, before the clock starts. An order's payment takes so long, and its deadline is
    /// then. The database has to outlive its connections: when it is dropped, it waits until they are closed.
    pub(super) fn open(
        place: &Databases,
        payment: Duration,
        deadline: Duration,
    ) -> Result<(Self, Database)> {
        let database = place.database()?;
        let connect = || database.connect_async(PATIENCE);
        let shop = Self {
            one: connect()?,
            two: connect()?,
            books: Books {
                connection: connect()?,
                counted: 0.0,
            },
            payment,
            deadline,
        };
        Ok((shop, database))
    }
}

impl Books {
    /// How many rows have come since the last count.
    pub(super) async fn new_rows(&mut self) -> Result<f64> {
        let sql = "SELECT count(*) FROM sales";
        let count = |sqlite: &mut rusqlite::Connection| sqlite.query_row(sql, (), |row| row.get(0));
        let all: f64 = self.connection.call(count).await?;
        Ok(all - std::mem::replace(&mut self.counted, all))
    }

    pub(super) fn output(without: f64, within: f64) -> Output {
        Output::new([without, within])
            .metric(ROWS, ORDER)
            .metric(ROWS_LEFT, without)
            .metric(ROWS_LEFT_IN_TRANSACTION, within)
    }
}

/// One row.
pub(super) async fn insert(database: &Connection, item: u32) -> Result<()> {
    let insert = "INSERT INTO sales (item) VALUES (?1)";
    let insert = move |sqlite: &mut rusqlite::Connection| sqlite.execute(insert, [item]);
    database.call(insert).await?;
    Ok(())
}

/// A statement that returns nothing.
pub(super) async fn execute(database: &Connection, sql: &'static str) -> Result<()> {
    let execute = |sqlite: &mut rusqlite::Connection| sqlite.execute_batch(sql);
    Ok(database.call(execute).await?)
}
