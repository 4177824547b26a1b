//! Tracks futures, and reads what was noted of them.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::collect::{self, Keep};
use crate::heartbeat::beat;
use crate::life::{Cause, Failed};
use crate::log::{Clock, Kind, Logs};
use crate::task::{Description, Label, TaskRole, Tasks, Tracker, UntilDropped};
use crate::timeline::Timeline;

/// Notes what the futures that it tracks do.
///
/// Cheap to clone: all clones write into the same record. Recording takes no lock that two
/// worker threads contend for; each thread has its own log.
#[derive(Clone, Debug)]
pub struct Recorder {
    // A task knows the logs that it writes to, and the logs know no task: nothing has to be cut when the last
    // recorder goes.
    tasks: Arc<Tasks>,
    logs: Arc<Logs>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// A recorder whose clock starts now. It is Tokio's: where a test pauses it, timelines are exact to the nanosecond.
    pub fn new() -> Self {
        Self::on(Clock::Tokio(tokio::time::Instant::now()))
    }

    /// As [`new`](Self::new), by the system's clock: it goes on where a test has paused Tokio's, and so shows there what
    /// holds a thread, as [`assert_responsive`](Self::assert_responsive) wants it.
    pub fn on_real_clock() -> Self {
        Self::on(Clock::Real(std::time::Instant::now()))
    }

    fn on(clock: Clock) -> Self {
        Self {
            tasks: Arc::default(),
            logs: Arc::new(Logs::new(clock)),
        }
    }

    /// Wraps `future` so that its creation, polls, wakes and end are noted under `label`, and where this was called.
    ///
    /// The wrapped future behaves as before, wherever it is awaited: under `.await`, `join!`,
    /// `select!`, in a `JoinSet`, or spawned. One that is dropped early is noted as cancelled, one
    /// that panics as panicked, one that nobody ever polls as never polled.
    #[track_caller]
    pub fn track<F: Future>(&self, label: impl Into<Label>, future: F) -> Tracked<F> {
        self.tracked(Some(label.into()), future, TaskRole::Future)
    }

    /// As [`track`](Self::track), for a future that may return an error: then the task is noted as failed, and why.
    #[track_caller]
    pub fn track_result<F, T, E>(&self, label: impl Into<Label>, future: F) -> TrackedResult<F>
    where
        F: Future<Output = Result<T, E>>,
        E: Cause,
    {
        let tracked = self.tracked(Some(label.into()), future, TaskRole::Future);
        TrackedResult { tracked }
    }

    /// As [`track`](Self::track), without a label: the task is called by the place of this call, `src/main.rs:12`.
    #[track_caller]
    pub fn here<F: Future>(&self, future: F) -> Tracked<F> {
        self.tracked(None, future, TaskRole::Future)
    }

    /// A ticker that beats every [`PERIOD`](crate::PERIOD), for ever. Spawn it on the runtime that is measured: it
    /// becomes [`Timeline::heartbeat`], and is none of the timeline's tasks. Of several, the last one made counts.
    #[track_caller]
    pub fn heartbeat(&self) -> impl Future<Output = ()> + Send + 'static {
        self.tracked(Some("heartbeat".into()), beat(), TaskRole::Heartbeat)
    }

    /// As [`track`](Self::track), for a closure that a thread will call: hand what this returns to `spawn_blocking`, to
    /// a thread pool, to `std::thread::spawn`. The closure's call is noted from its beginning to its end, with its
    /// thread, and stands in [`Timeline::closures`].
    ///
    /// Whoever awaits such a call only waits, and may be gone before the thread is done. This shows what the thread does:
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use asyncdemo_trace::{Outcome, Recorder};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let recorder = Recorder::new();
    /// let work = || std::thread::sleep(Duration::from_millis(30));
    /// let thread = tokio::task::spawn_blocking(recorder.track_blocking("its thread", work));
    /// let waiting = recorder.track("waits", thread);
    /// let _gave_up = tokio::time::timeout(Duration::from_millis(5), waiting).await;
    /// # while recorder.timeline().closures[0].outcome == Outcome::Running { tokio::task::yield_now().await }
    ///
    /// let timeline = recorder.timeline();
    /// assert_eq!(timeline.tasks[0].outcome, Outcome::Cancelled);
    /// assert_eq!(timeline.closures[0].outcome, Outcome::Completed);
    /// # });
    /// ```
    #[track_caller]
    pub fn track_blocking<L, F, T>(&self, label: L, closure: F) -> impl FnOnce() -> T + use<L, F, T>
    where
        L: Into<Label>,
        F: FnOnce() -> T,
    {
        let call = UntilDropped(self.tracker(Some(label.into()), TaskRole::Closure));
        move || call.0.call(closure)
    }

    #[track_caller]
    fn tracked<F>(&self, label: Option<Label>, future: F, role: TaskRole) -> Tracked<F> {
        let tracker = self.tracker(label, role);
        Tracked { future, tracker }
    }

    #[track_caller]
    fn tracker(&self, label: Option<Label>, role: TaskRole) -> Arc<Tracker> {
        let description = Description {
            label,
            location: Location::caller(),
            role,
        };
        self.add(description)
    }

    pub(crate) fn add(&self, description: Description) -> Arc<Tracker> {
        self.tasks.add(&self.logs, description)
    }

    /// How long ago this recorder was made.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.logs.now())
    }

    /// How many tasks were tracked so far.
    pub fn task_count(&self) -> usize {
        self.tasks.count()
    }

    /// Everything noted so far. May be taken while the tasks run: a task that has not ended is
    /// `Running`, and a poll that is going on lasts until now.
    pub fn timeline(&self) -> Timeline {
        self.timeline_of(Keep::ALL)
    }

    /// As [`timeline`](Self::timeline), but of many tasks only some are kept whole. To report a
    /// million takes about a second then (`benches/scale.rs`).
    pub fn timeline_of(&self, keep: Keep) -> Timeline {
        collect::timeline(&self.tasks, &self.logs, keep)
    }
}

pin_project_lite::pin_project! {
    /// A future that is tracked. Made by [`Recorder::track`]; its output is the inner future's.
    #[must_use = "a future does nothing until it is awaited: it will be shown as never polled"]
    #[derive(Debug)]
    pub struct Tracked<F> {
        #[pin]
        future: F,
        tracker: Arc<Tracker>,
    }

    impl<F> PinnedDrop for Tracked<F> {
        fn drop(this: Pin<&mut Self>) {
            this.tracker.dropped();
        }
    }
}

impl<F: Future> Tracked<F> {
    /// `failed` says of what it returned whether that is an error.
    fn poll_noted(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        failed: impl Fn(&F::Output) -> Option<Failed>,
    ) -> Poll<F::Output> {
        let mut this = self.project();
        let mut result = Poll::Pending;
        this.tracker.poll(context.waker(), &mut |context| {
            result = this.future.as_mut().poll(context);
            let Poll::Ready(output) = &result else {
                return Kind::Pending;
            };
            match failed(output) {
                Some(failed) => {
                    this.tracker.fails(failed);
                    Kind::Failed
                }
                None => Kind::Ready,
            }
        });
        result
    }
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_noted(context, |_| None)
    }
}

pin_project_lite::pin_project! {
    /// A future that is tracked and may fail. Made by [`Recorder::track_result`]; its output is the inner future's.
    #[must_use = "a future does nothing until it is awaited: it will be shown as never polled"]
    #[derive(Debug)]
    pub struct TrackedResult<F> {
        #[pin]
        tracked: Tracked<F>,
    }
}

impl<F, T, E> Future for TrackedResult<F>
where
    F: Future<Output = Result<T, E>>,
    E: Cause,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let failed = |output: &F::Output| {
            let error = output.as_ref().err()?;
            Some(Failed {
                status: error.status(),
                reason: error.to_string(),
            })
        };
        self.project().tracked.poll_noted(context, failed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;

    #[tokio::test]
    async fn nothing_is_leaked_when_the_recorder_goes() {
        let recorder = Recorder::new();
        let logs: Weak<Logs> = Arc::downgrade(&recorder.logs);
        recorder.track("done", async {}).await;
        tokio::spawn(recorder.track("spawned", tokio::task::yield_now()))
            .await
            .unwrap();
        drop(recorder);
        assert!(logs.upgrade().is_none());
    }
}
