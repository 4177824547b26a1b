//! Turns between processes. A worker whose transactions follow each other at once would starve the workers
//! of other processes, however short their naps are. So there is a gap for others.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::database::turn::block_for;
use super::scratch::lock;

/// Between two transactions of one process.
const GAP: Duration = Duration::from_micros(250);

/// When the last transaction of a connection ended. Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<Option<Instant>>>);

impl Turns {
    pub(super) fn ended(&self) {
        *lock(&self.0) = Some(Instant::now());
    }

    /// Waits where the last transaction has only just ended.
    pub(super) fn leave_a_gap(&self) {
        let since = lock(&self.0).map_or(GAP, |last| last.elapsed());
        block_for(GAP.saturating_sub(since));
    }
}
