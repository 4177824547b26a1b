//! How long callers wait for what only a few can have: a lock, a connection.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::Output;
use crate::services::scratch::lock;

/// The longest of several waits. Clones measure together.
#[derive(Clone, Debug, Default)]
pub(super) struct LongestWait(Arc<Mutex<Option<Duration>>>);

impl LongestWait {
    /// Measures how long `waiting` takes.
    pub(super) async fn of<T>(&self, waiting: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let what = waiting.await;
        let mut longest = lock(&self.0);
        *longest = (*longest).max(Some(start.elapsed()));
        what
    }

    /// Adds it to what was counted, under `key`, where anybody has waited.
    pub(super) fn count(&self, key: &'static str, output: Output) -> Output {
        match *lock(&self.0) {
            Some(longest) => output.metric(key, longest.as_secs_f64()),
            None => output,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_longest_counts_and_where_nobody_waited_there_is_none() {
        let waits = LongestWait::default();
        let counted = |waits: &LongestWait| waits.count("wait_s", Output::new(1)).metrics;
        assert!(counted(&waits).is_empty());
        for seconds in [1, 3, 2] {
            waits.clone().of(sleep(Duration::from_secs(seconds))).await;
        }
        assert_eq!(counted(&waits), [("wait_s", 3.0)].into());
    }
}
