//! The clock that all processes of this machine share. It can be set, forward and back, at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The machine's clock. Clones show the same time.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// By how many milliseconds a test has set it.
    set_by: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        ms(since.unwrap_or_default()).saturating_add(self.set_by.load(Ordering::SeqCst))
    }

    /// Sets it forward, or back, as an administrator would.
    #[cfg(test)]
    pub(super) fn set(&self, by: i64) {
        self.set_by.fetch_add(by, Ordering::SeqCst);
    }
}

pub(super) fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
