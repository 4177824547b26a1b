//! What every strategy of `locks` is given, and what it measures.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::claims::{LONGEST_WAIT, LOST, REQUESTS};
use super::{LongestWait, Output};

/// Sells one ticket to each request. Clones measure together.
#[derive(Clone)]
pub(super) struct Kiosk {
    requests: usize,
    pub(super) payment: Duration,
    pub(super) save: Duration,
    pub(super) waits: LongestWait,
}

impl Kiosk {
    pub(super) fn new(requests: usize, payment: Duration, save: Duration) -> Self {
        Self {
            requests,
            payment,
            save,
            waits: LongestWait::default(),
        }
    }

    pub(super) fn requests(&self) -> RangeInclusive<usize> {
        1..=self.requests
    }

    /// How many tickets were counted, and how many of the requests were not.
    pub(super) fn output(&self, sold: usize) -> Output {
        let lost = self.requests.saturating_sub(sold);
        let output = Output::new(sold)
            .metric(REQUESTS, self.requests as f64)
            .metric(LOST, lost as f64);
        self.waits.count(LONGEST_WAIT, output)
    }
}
