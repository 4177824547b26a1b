//! The tracked future and its waker.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::task::{ArcWake, waker, waker_ref};

use super::collect::{self, Keep};
use super::heartbeat::beat;
use super::log::{Event, Kind, Logs, thread_number};
use super::timeline::Timeline;

pub use super::log::Label;

/// Notes what the futures that it tracks do.
///
/// Cheap to clone: all clones write into the same record. Recording takes no lock that two
/// worker threads contend for; each thread has its own log.
#[derive(Clone, Debug)]
pub struct Recorder {
    owner: Arc<Owner>,
}

/// Held by recorders only. The logs know the tasks and each task knows the logs; this cuts that
/// circle when the last recorder goes, so that nothing is leaked.
#[derive(Debug)]
struct Owner {
    logs: Arc<Logs>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        for thread in self.logs.threads().iter() {
            thread.forget_tasks();
        }
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// A recorder whose clock starts now.
    pub fn new() -> Self {
        Self {
            owner: Arc::new(Owner {
                logs: Arc::new(Logs::new()),
            }),
        }
    }

    /// Wraps `future` so that its creation, polls, wakes and end are noted under `label`.
    ///
    /// The wrapped future behaves as before, wherever it is awaited: under `.await`, `join!`,
    /// `select!`, in a `JoinSet`, or spawned. One that is dropped early is noted as cancelled, one
    /// that panics as panicked, one that nobody ever polls as never polled.
    pub fn track<F: Future>(&self, label: impl Into<Label>, future: F) -> Tracked<F> {
        let tracker = self.tracker(label.into(), false);
        Tracked { future, tracker }
    }

    /// A ticker that beats every [`PERIOD`](crate::PERIOD), for ever. Spawn it on the runtime that is measured: it
    /// becomes [`Timeline::heartbeat`], and is none of the timeline's tasks. Of several, the last one made counts.
    pub fn heartbeat(&self) -> impl Future<Output = ()> + Send + 'static {
        Tracked {
            future: beat(),
            tracker: self.tracker("heartbeat".into(), true),
        }
    }

    fn tracker(&self, label: Label, is_heartbeat: bool) -> Arc<Tracker> {
        let logs = &self.owner.logs;
        let tracker = Arc::new(Tracker {
            id: logs.next_task(),
            is_heartbeat,
            label,
            created: logs.now(),
            phase: AtomicU64::new(RESTING),
            inner: OnceLock::new(),
            logs: Arc::clone(logs),
        });
        logs.add_task(Arc::clone(&tracker));
        tracker
    }

    /// How long ago this recorder was made.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.owner.logs.now())
    }

    /// How many tasks were tracked so far.
    pub fn task_count(&self) -> usize {
        self.owner
            .logs
            .threads()
            .iter()
            .map(|log| log.task_count())
            .sum()
    }

    /// Everything noted so far. May be taken while the tasks run: a task that has not ended is
    /// `Running`, and a poll that is going on lasts until now.
    pub fn timeline(&self) -> Timeline {
        self.timeline_of(Keep::ALL)
    }

    /// As [`timeline`](Self::timeline), but of many tasks only some are kept whole. To report a
    /// million takes about a second then (`benches/scale.rs`).
    pub fn timeline_of(&self, keep: Keep) -> Timeline {
        collect::timeline(&self.owner.logs, keep)
    }
}

/// A task between two polls.
const RESTING: u64 = 0;
/// A task that was ready, panicked, or was dropped.
const ENDED: u64 = u64::MAX;
/// While a task is polled, its phase is the poll's start in nanoseconds (48 bits: three days) and, in the low bits,
/// the thread.
const THREAD_BITS: u32 = 16;

/// What a tracked future and its wakers share.
#[derive(Debug)]
pub(super) struct Tracker {
    pub(super) id: u32,
    /// Whether this is the ticker beside the work, and not a part of it.
    pub(super) is_heartbeat: bool,
    pub(super) label: Label,
    /// Nanoseconds since the recorder's origin.
    pub(super) created: u64,
    phase: AtomicU64,
    /// The waker of the task that polled first: that is nearly always the only one.
    inner: OnceLock<Inner>,
    logs: Arc<Logs>,
}

impl Tracker {
    /// The start and the thread of the poll that is going on, if one is.
    pub(super) fn open_poll(&self) -> Option<(Duration, u16)> {
        match self.phase.load(Ordering::Acquire) {
            RESTING | ENDED => None,
            phase => Some((Duration::from_nanos(phase >> THREAD_BITS), phase as u16)),
        }
    }

    fn has_ended(&self) -> bool {
        self.phase.load(Ordering::Acquire) == ENDED
    }

    /// Notes a poll, and with it all that does not depend on the type of the future: it is compiled once, not once for
    /// each future that is tracked. `poll` says whether the future is done.
    fn poll(self: &Arc<Self>, waker: &Waker, poll: &mut dyn FnMut(&mut Context<'_>) -> bool) {
        let seen = Identity::of(waker);
        let inner = self.inner.get_or_init(|| Inner {
            waker: waker.clone(),
            seen,
        });
        if inner.seen == seen {
            self.timed(&waker_ref(self), poll);
        } else {
            self.timed(&self.waker_away(waker), poll);
        }
    }

    fn timed(&self, waker: &Waker, poll: &mut dyn FnMut(&mut Context<'_>) -> bool) {
        let mut open = OpenPoll::begin(self);
        open.kind = if poll(&mut Context::from_waker(waker)) {
            Kind::Ready
        } else {
            Kind::Pending
        };
    }

    /// The waker to poll with where the future has moved to another task.
    #[cold]
    fn waker_away(self: &Arc<Self>, inner: &Waker) -> Waker {
        waker(Arc::new(Moved {
            tracker: Arc::clone(self),
            inner: inner.clone(),
        }))
    }

    fn dropped(&self) {
        if !self.has_ended() {
            self.note(Event::instant(Kind::Dropped, self.id, self.logs.now()));
            self.phase.store(ENDED, Ordering::Release);
        }
    }

    fn note(&self, event: Event) {
        self.logs.append(event);
    }

    fn note_wake(&self) {
        self.note(Event::instant(Kind::Woken, self.id, self.logs.now()));
    }
}

/// The waker to pass wakes on to.
#[derive(Debug)]
struct Inner {
    waker: Waker,
    seen: Identity,
}

/// Which waker a poll came with. `Waker::will_wake` would do, but for Tokio's `block_on`: a clone
/// of its waker has a vtable at another address, so that each poll seems to come from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    data: usize,
    vtable: usize,
}

impl Identity {
    fn of(waker: &Waker) -> Self {
        Self {
            data: waker.data() as usize,
            vtable: std::ptr::from_ref(waker.vtable()) as usize,
        }
    }
}

impl ArcWake for Tracker {
    fn wake_by_ref(this: &Arc<Self>) {
        this.note_wake();
        if let Some(inner) = this.inner.get() {
            inner.waker.wake_by_ref();
        }
    }
}

/// The waker of a tracked future that has moved to another task since its first poll.
struct Moved {
    tracker: Arc<Tracker>,
    inner: Waker,
}

impl ArcWake for Moved {
    fn wake_by_ref(this: &Arc<Self>) {
        this.tracker.note_wake();
        this.inner.wake_by_ref();
    }
}

/// A poll that is going on, until it is dropped: by a panic, where nothing else was said.
struct OpenPoll<'a> {
    tracker: &'a Tracker,
    start: u64,
    kind: Kind,
}

impl<'a> OpenPoll<'a> {
    fn begin(tracker: &'a Tracker) -> Self {
        let thread = u64::from(thread_number());
        // At the origin itself the phase would look like RESTING.
        let start = tracker.logs.now();
        tracker
            .phase
            .store(start.max(1) << THREAD_BITS | thread, Ordering::Release);
        Self {
            tracker,
            start,
            kind: Kind::Panicked,
        }
    }
}

impl Drop for OpenPoll<'_> {
    fn drop(&mut self) {
        let end = self.tracker.logs.now();
        self.tracker
            .note(Event::poll(self.kind, self.tracker.id, self.start, end));
        let phase = if self.kind == Kind::Pending {
            RESTING
        } else {
            ENDED
        };
        self.tracker.phase.store(phase, Ordering::Release);
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

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let mut result = Poll::Pending;
        this.tracker.poll(context.waker(), &mut |context| {
            result = this.future.as_mut().poll(context);
            result.is_ready()
        });
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

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
    async fn nothing_is_leaked_when_the_recorder_goes() {
        let recorder = Recorder::new();
        let logs: Weak<Logs> = Arc::downgrade(&recorder.owner.logs);
        recorder.track("done", async {}).await;
        tokio::spawn(recorder.track("spawned", tokio::task::yield_now()))
            .await
            .unwrap();
        drop(recorder);
        assert!(logs.upgrade().is_none());
    }
}
