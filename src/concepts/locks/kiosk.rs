//! What every strategy of `locks` is given, and what it measures.

use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::Output;
use super::claims::{LONGEST_WAIT, LOST, REQUESTS};
use crate::services::scratch::lock;

/// Sells one ticket to each request. Clones measure together.
#[derive(Clone)]
pub(super) struct Kiosk {
    requests: usize,
    pub(super) payment: Duration,
    pub(super) save: Duration,
    /// The longest that a request waited for the lock, where there is one to wait for.
    longest_wait: Arc<Mutex<Option<Duration>>>,
}

impl Kiosk {
    pub(super) fn new(requests: usize, payment: Duration, save: Duration) -> Self {
        Self {
            requests,
            payment,
            save,
            longest_wait: Arc::default(),
        }
    }

    pub(super) fn requests(&self) -> RangeInclusive<usize> {
        1..=self.requests
    }

    /// Measures how long a request has to wait for the lock.
    pub(super) async fn waited<T>(&self, locking: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let guard = locking.await;
        let mut longest = lock(&self.longest_wait);
        *longest = (*longest).max(Some(start.elapsed()));
        guard
    }

    /// How many tickets were counted, and how many of the requests were not.
    pub(super) fn output(&self, sold: usize) -> Output {
        let lost = self.requests.saturating_sub(sold);
        let output = Output::new(sold)
            .metric(REQUESTS, self.requests as f64)
            .metric(LOST, lost as f64);
        match *lock(&self.longest_wait) {
            Some(longest) => output.metric(LONGEST_WAIT, longest.as_secs_f64()),
            None => output,
        }
    }
}
