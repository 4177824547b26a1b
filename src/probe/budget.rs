//! How many requests may be sent in all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Requests that may still be sent. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn of(requests: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(requests)))
    }

    /// Takes one, if one is left.
    pub(super) fn take(&self) -> bool {
        self.take_all(1)
    }

    /// Takes so many, if so many are left.
    pub(super) fn take_all(&self, count: usize) -> bool {
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(count)
            });
        taken.is_ok()
    }
}
