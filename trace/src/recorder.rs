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
    use std::sync::{Arc, Weak};

    use super::*;
    use crate::{Outcome, State};

    const SECOND: Duration = Duration::from_secs(1);

    async fn nap(seconds: u32) -> u32 {
        tokio::time::sleep(SECOND * seconds).await;
        seconds
    }

    #[tokio::test(start_paused = true)]
    async fn under_join_the_waits_overlap_to_the_nanosecond() {
        let recorder = Recorder::new();
        let both = tokio::join!(recorder.track("one", nap(1)), recorder.track("two", nap(2)));
        assert_eq!(both, (1, 2));

        let timeline = recorder.timeline();
        let [one, two] = &timeline.tasks[..] else {
            panic!("two tasks: {timeline:?}")
        };
        assert_eq!((one.start(), one.end), (Some(Duration::ZERO), SECOND));
        assert_eq!((two.start(), two.end), (Some(Duration::ZERO), SECOND * 2));
        assert_eq!(
            (one.idle(), one.busy(), one.scheduled()),
            (SECOND, Duration::ZERO, Duration::ZERO)
        );
        assert_eq!(one.wakes, [SECOND]);
        assert_eq!(timeline.most_in_flight(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_future_is_cancelled_and_an_unpolled_one_never_polled() {
        let recorder = Recorder::new();
        drop(recorder.track("forgotten", nap(1)));
        tokio::select! {
            _ = recorder.track("winner", nap(1)) => {}
            _ = recorder.track("loser", nap(2)) => {}
        }
        let _running = recorder.track("held", nap(1));

        let timeline = recorder.timeline();
        let outcomes: Vec<_> = timeline
            .tasks
            .iter()
            .map(|task| (task.label.as_str(), task.outcome))
            .collect();
        assert_eq!(
            outcomes,
            [
                ("forgotten", Outcome::NeverPolled),
                ("winner", Outcome::Completed),
                ("loser", Outcome::Cancelled),
                ("held", Outcome::NeverPolled),
            ]
        );
        assert_eq!(timeline.tasks[2].end, SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_is_a_failed_task_with_its_reason() {
        struct Refused;
        impl std::fmt::Display for Refused {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("too busy")
            }
        }
        impl Cause for Refused {
            fn status(&self) -> Option<u16> {
                Some(503)
            }
        }
        let recorder = Recorder::new();
        let ask = async |good: bool| {
            nap(1).await;
            if good { Ok(2) } else { Err(Refused) }
        };
        let good = recorder.track_result("good", ask(true)).await;
        assert!(good.is_ok_and(|answer| answer == 2));
        assert!(recorder.track_result("bad", ask(false)).await.is_err());
        drop(recorder.track_result("dropped", ask(false)));

        let failed = Failed {
            status: Some(503),
            reason: "too busy".to_owned(),
        };
        let tasks = recorder.timeline().tasks;
        let ended = tasks.iter().map(|task| (task.outcome, task.failed.clone()));
        let expected = [
            (Outcome::Completed, None),
            (Outcome::Failed, Some(failed.clone())),
            (Outcome::NeverPolled, None),
        ];
        assert_eq!(ended.collect::<Vec<_>>(), expected);
        assert_eq!(tasks[1].end, SECOND * 2);
        // Summed up, it is known, too.
        let keep = Keep {
            tasks: 0,
            ..Keep::ALL
        };
        let rest = recorder.timeline_of(keep).rest.unwrap();
        assert_eq!(rest.failures, [(failed, 1)].into());
    }

    #[tokio::test]
    async fn a_panic_is_noted_and_goes_on_to_whoever_awaits() {
        let recorder = Recorder::new();
        let task = tokio::spawn(recorder.track("oops", async { panic!("on purpose") }));
        assert!(task.await.is_err_and(|error| error.is_panic()));
        assert_eq!(recorder.timeline().tasks[0].outcome, Outcome::Panicked);
    }

    #[test]
    fn on_two_workers_each_poll_knows_its_thread() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .unwrap();
        let recorder = Recorder::new();
        let barrier = Arc::new(std::sync::Barrier::new(2));
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for label in ["one", "two"] {
                let barrier = Arc::clone(&barrier);
                // Both polls must be going on at once, so they must be on two threads.
                tasks.spawn(recorder.track(label, async move { barrier.wait() }));
            }
            tasks.join_all().await;
        });
        let timeline = recorder.timeline();
        let threads: Vec<_> = timeline
            .tasks
            .iter()
            .map(|task| task.polls[0].thread)
            .collect();
        assert_ne!(threads[0], threads[1]);
        assert_eq!(timeline.threads_that_polled(), 2);
    }

    #[test]
    fn a_poll_that_is_going_on_is_seen_from_outside() {
        let recorder = Recorder::new();
        let seen = recorder.clone();
        let polled = recorder.track("asks", async move {
            let timeline = seen.timeline();
            (
                timeline.tasks[0].outcome,
                timeline.tasks[0].polls.len(),
                timeline.tasks[0].spans(),
            )
        });
        let (outcome, polls, spans) = futures_util::FutureExt::now_or_never(polled).unwrap();
        assert_eq!((outcome, polls), (Outcome::Running, 1));
        assert!(spans.iter().all(|span| span.state == State::Busy));
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_that_moves_to_another_task_is_still_woken() {
        let recorder = Recorder::new();
        let mut moving = Box::pin(recorder.track("moving", nap(1)));
        assert!(futures_util::poll!(moving.as_mut()).is_pending());
        assert_eq!(tokio::spawn(moving).await.unwrap(), 1);
        assert_eq!(recorder.timeline().tasks[0].outcome, Outcome::Completed);
    }

    fn woken_by(timeline: &crate::Timeline, label: &str) -> Vec<Option<String>> {
        let mut lanes = timeline.lanes().into_iter();
        let task = lanes.find(|task| task.label == label).unwrap();
        let by = task.woken_by.iter();
        by.map(|by| by.as_deref().map(str::to_owned)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_wake_knows_in_whose_poll_it_was_called() {
        let recorder = Recorder::new();
        let (send, receive) = tokio::sync::oneshot::channel();
        let sends = async {
            nap(1).await;
            send.send(1)
        };
        // A timer wakes it first, and then whoever sends.
        let receives = async {
            nap(0).await;
            tokio::time::sleep(SECOND / 2).await;
            receive.await
        };
        let outer = async { tokio::join!(recorder.track("sends", sends), async {}) };
        let (received, _) = tokio::join!(
            recorder.track("receives", receives),
            recorder.track("awaits the sender", outer)
        );
        assert_eq!(received, Ok(1));

        let timeline = recorder.timeline();
        let by = woken_by(&timeline, "receives");
        let (last, timers) = by.split_last().unwrap();
        assert_eq!(last.as_deref(), Some("sends"), "the innermost poll: {by:?}");
        assert!(!timers.is_empty() && timers.iter().all(Option::is_none));
        assert_eq!(by.len(), timeline.tasks[0].wakes.len());
        // Woken by its timer alone, and so was whoever awaits it.
        assert!(woken_by(&timeline, "sends").is_empty());
        assert!(woken_by(&timeline, "awaits the sender").is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn no_wake_is_put_down_to_oneself_to_another_recorder_or_to_a_poll_that_is_over() {
        let (recorder, other) = (Recorder::new(), Recorder::new());
        let mut woken = false;
        let itself = std::future::poll_fn(|context| {
            if std::mem::replace(&mut woken, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        recorder.track("itself", itself).await;

        let notify = |recorder: &Recorder, label: &'static str| {
            let (send, receive) = tokio::sync::oneshot::channel();
            let sends = recorder.track(label, async { send.send(()) });
            (receive, sends)
        };
        let (receive, sends) = notify(&other, "elsewhere");
        let _ = tokio::join!(recorder.track("from elsewhere", receive), sends);
        let (receive, sends) = notify(&recorder, "panics");
        let panics = recorder.track("oops", async { panic!("on purpose") });
        let after = async {
            assert!(tokio::spawn(panics).await.is_err());
            drop(sends);
        };
        let (received, ()) = tokio::join!(recorder.track("after a panic", receive), after);
        assert!(received.is_err());

        let timeline = recorder.timeline();
        for label in ["itself", "from elsewhere", "after a panic"] {
            let task = timeline.tasks.iter().find(|task| task.label == label);
            assert_eq!(task.unwrap().wakes.len(), 1, "{label}");
            assert!(woken_by(&timeline, label).is_empty(), "{label}");
        }
    }

    #[tokio::test]
    async fn a_closure_on_a_thread_wakes_as_a_task_does() {
        let recorder = Recorder::new();
        let (send, receive) = tokio::sync::oneshot::channel();
        let mut receives = Box::pin(recorder.track("receives", receive));
        assert!(futures_util::poll!(receives.as_mut()).is_pending());
        let thread = std::thread::spawn(recorder.track_blocking("its thread", || send.send(7)));
        assert_eq!(receives.await, Ok(7));
        assert!(thread.join().is_ok());
        assert_eq!(
            woken_by(&recorder.timeline(), "receives"),
            [Some("its thread".to_owned())]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_kept_whole_is_summed_up_exactly() {
        let recorder = Recorder::new();
        let naps: Vec<_> = (1..=20)
            .map(|seconds| recorder.track("nap", nap(seconds)))
            .collect();
        let dropped = recorder.track("dropped", nap(30));
        tokio::select! {
            _ = futures_util::future::join_all(naps) => {}
            _ = dropped => {}
        }
        drop(recorder.track("unpolled", nap(1)));

        let whole = recorder.timeline();
        let keep = Keep {
            tasks: 3,
            ..Keep::ALL
        };
        let some = recorder.timeline_of(keep);
        assert_eq!(some.tasks, whole.tasks[..3]);
        let rest = some.rest.as_ref().unwrap();
        let outcomes = [
            (Outcome::Completed, 17),
            (Outcome::Cancelled, 1),
            (Outcome::NeverPolled, 1),
        ];
        assert_eq!((rest.count(), &rest.outcomes), (19, &outcomes.into()));
        let others = &whole.tasks[3..];
        let sum = |time: fn(&crate::Task) -> Duration| others.iter().map(time).sum();
        let sums: [Duration; 3] = [
            sum(crate::Task::busy),
            sum(crate::Task::scheduled),
            sum(crate::Task::idle),
        ];
        assert_eq!([rest.busy, rest.scheduled, rest.idle], sums);
        assert_eq!(some.in_flight(), whole.in_flight());
        assert_eq!(some.threads_that_polled(), 1);
    }

    #[tokio::test]
    async fn a_closure_is_seen_on_its_thread_though_nobody_waits_any_more() {
        let recorder = Recorder::new();
        let (go, told) = std::sync::mpsc::channel::<()>();
        let work = recorder.track_blocking("its thread", move || told.recv());
        let mut waits = Box::pin(recorder.track("waits", tokio::task::spawn_blocking(work)));
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        let running = |recorder: &Recorder| recorder.timeline().closures[0].start().is_some();
        while !running(&recorder) {
            tokio::task::yield_now().await;
        }
        drop(waits);
        let given_up = recorder.elapsed();
        assert_eq!(recorder.timeline().closures[0].outcome, Outcome::Running);
        go.send(()).unwrap();
        while recorder.timeline().closures[0].outcome == Outcome::Running {
            tokio::task::yield_now().await;
        }

        let timeline = recorder.timeline();
        let [task] = &timeline.tasks[..] else {
            panic!("one task: {timeline:?}")
        };
        let closure = &timeline.closures[0];
        assert_eq!(
            (task.outcome, closure.outcome),
            (Outcome::Cancelled, Outcome::Completed)
        );
        assert!(task.end <= given_up && closure.end > given_up);
        assert_ne!(closure.polls[0].thread, task.polls[0].thread);
        // It is no task: it is not in flight, and the loop did not run it.
        assert_eq!(
            (timeline.most_in_flight(), timeline.threads_that_polled()),
            (1, 1)
        );
    }

    #[test]
    fn a_closure_that_panics_or_is_never_called_says_so() {
        let recorder = Recorder::new();
        drop(recorder.track_blocking("never", || ()));
        let panics = recorder.track_blocking("panics", || panic!("on purpose"));
        assert!(std::thread::spawn(panics).join().is_err());
        assert_eq!(recorder.track_blocking(format!("{}", 1), || 7)(), 7);
        let outcomes: Vec<_> = recorder
            .timeline()
            .closures
            .iter()
            .map(|it| it.outcome)
            .collect();
        let expected = [Outcome::NeverPolled, Outcome::Panicked, Outcome::Completed];
        assert_eq!(outcomes, expected);
    }

    #[tokio::test]
    async fn a_task_knows_where_it_was_tracked_and_may_be_called_by_it() {
        let recorder = Recorder::new();
        let line = line!() + 1;
        recorder.here(async {}).await;
        recorder.track("named", async {}).await;
        let tasks = recorder.timeline().tasks;
        assert_eq!(tasks[0].label, format!("{}:{line}", file!()));
        assert_eq!(tasks[1].label, "named");
        let lines = tasks
            .iter()
            .map(|task| task.location.as_ref().unwrap().line());
        assert_eq!(lines.collect::<Vec<_>>(), [line, line + 1]);
    }

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
