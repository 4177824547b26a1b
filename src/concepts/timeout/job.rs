//! The work that `timeout` stops, and what becomes of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Output;
use super::claims::{AWAITED_CLEANUPS, BEGUN, CLEANUPS, FINISHED, FINISHED_AT};

/// Keeps book of what becomes of some work, even where nobody waits for it.
pub(super) struct Job {
    start: Instant,
    begun: AtomicU32,
    finished: OnceLock<Duration>,
    cleanups: AtomicU32,
    pub(super) awaited_cleanups: AtomicU32,
    pub(super) over: Notify,
}

/// What the work owns while it runs. Its Drop runs however the work ends.
pub(super) struct Guard(Arc<Job>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.cleanups.fetch_add(1, Ordering::SeqCst);
        self.0.over.notify_one();
    }
}

impl Job {
    pub(super) fn start() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            begun: AtomicU32::new(0),
            finished: OnceLock::new(),
            cleanups: AtomicU32::new(0),
            awaited_cleanups: AtomicU32::new(0),
            over: Notify::new(),
        })
    }

    pub(super) fn begin(self: &Arc<Self>) -> Guard {
        self.begun.fetch_add(1, Ordering::SeqCst);
        Guard(Arc::clone(self))
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst) > 0
    }

    pub(super) fn finish(&self) -> &'static str {
        let _ = self.finished.set(self.start.elapsed());
        "an answer"
    }

    /// What became of the work is counted when the runtime is gone: a thread may have gone on.
    pub(super) fn output(self: Arc<Self>, answer: &str) -> Output {
        Output::new(answer).at_exit(move |metrics| {
            let count = |count: &AtomicU32| count.load(Ordering::SeqCst).into();
            metrics.insert(BEGUN, count(&self.begun));
            metrics.insert(CLEANUPS, count(&self.cleanups));
            if count(&self.awaited_cleanups) > 0.0 {
                metrics.insert(AWAITED_CLEANUPS, count(&self.awaited_cleanups));
            }
            let finished = self.finished.get();
            metrics.insert(FINISHED, finished.map_or(0.0, |_| 1.0));
            if let Some(finished) = finished {
                metrics.insert(FINISHED_AT, finished.as_secs_f64());
            }
        })
    }
}
