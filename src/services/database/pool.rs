//! A pool: as many queries at once as it has connections.

use std::ops::Deref;
use std::sync::Mutex;

use anyhow::{Context, Result};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_rusqlite::Connection;

use super::lock;

/// Connections that are lent to one query at a time.
#[derive(Debug)]
pub struct Pool {
    idle: Mutex<Vec<Connection>>,
    /// One permit for each idle connection. Who finds none waits for it, in the order of coming.
    free: Semaphore,
}

impl Pool {
    /// A pool of these connections.
    pub fn new(connections: Vec<Connection>) -> Self {
        Self {
            free: Semaphore::new(connections.len()),
            idle: Mutex::new(connections),
        }
    }

    /// Waits until a connection is free, and lends it until the return value is dropped.
    ///
    /// A query whose future is dropped goes on in its connection's thread; who is lent that
    /// connection next waits for it.
    ///
    /// # Errors
    /// Never in practice: where there is a permit, there is a connection.
    pub async fn connection(&self) -> Result<Lent<'_>> {
        let permit = self.free.acquire().await?;
        let connection = lock(&self.idle).pop();
        let connection = connection.context("the pool has lost a connection")?;
        Ok(Lent {
            connection,
            pool: self,
            _permit: permit,
        })
    }
}

/// A connection on loan. It goes back when this is dropped.
#[derive(Debug)]
pub struct Lent<'a> {
    connection: Connection,
    pool: &'a Pool,
    /// Released after `drop` has put the connection back: fields go last.
    _permit: SemaphorePermit<'a>,
}

impl Deref for Lent<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // A clone is another handle of the same connection.
        lock(&self.pool.idle).push(self.connection.clone());
    }
}
