//! One task: its record, the waker that notes who wakes it, and the list of all of them.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use futures_util::task::{ArcWake, waker, waker_ref};

use crate::life::Failed;
use crate::log::{Event, Kind, Logs, thread_number};

/// What a task is called: usually a literal, at times made at run time.
pub type Label = Cow<'static, str>;

/// A task between two polls.
const RESTING: u64 = 0;
/// A task that was ready, panicked, or was dropped.
const ENDED: u64 = u64::MAX;
/// While a task is polled, its phase is the poll's start in nanoseconds (48 bits: three days) and, in the low bits,
/// the thread.
const THREAD_BITS: u32 = 16;

/// What is known of one tracked future: its record, which the future and its wakers write on.
#[derive(Debug)]
pub(crate) struct Tracker {
    pub(crate) id: u32,
    pub(crate) role: TaskRole,
    /// `None`: it is called by its location.
    label: Option<Label>,
    /// Where it was tracked.
    pub(crate) location: &'static Location<'static>,
    /// Nanoseconds since the recorder's origin.
    pub(crate) created: u64,
    phase: AtomicU64,
    /// The waker of the task that polled first: that is nearly always the only one.
    inner: OnceLock<Inner>,
    logs: Arc<Logs>,
}

impl Tracker {
    /// What it is called.
    pub(crate) fn label(&self) -> Label {
        match &self.label {
            Some(label) => label.clone(),
            None => format!("{}:{}", self.location.file(), self.location.line()).into(),
        }
    }

    /// The start and the thread of the poll that is going on, if one is.
    pub(crate) fn open_poll(&self) -> Option<(Duration, u16)> {
        match self.phase.load(Ordering::Acquire) {
            RESTING | ENDED => None,
            phase => Some((Duration::from_nanos(phase >> THREAD_BITS), phase as u16)),
        }
    }

    fn has_ended(&self) -> bool {
        self.phase.load(Ordering::Acquire) == ENDED
    }

    /// Notes a poll, and with it all that does not depend on the type of the future: it is compiled once, not once for
    /// each future that is tracked. `poll` says what came of it.
    pub(crate) fn poll(
        self: &Arc<Self>,
        waker: &Waker,
        poll: &mut dyn FnMut(&mut Context<'_>) -> Kind,
    ) {
        let seen = Identity::of(waker);
        let inner = self.inner.get_or_init(|| Inner {
            waker: waker.clone(),
            seen,
        });
        if inner.seen == seen {
            self.timed(&waker_ref(self), poll);
        } else {
            self.timed(&self.foreign_waker(waker), poll);
        }
    }

    fn timed(&self, waker: &Waker, poll: &mut dyn FnMut(&mut Context<'_>) -> Kind) {
        let mut open = OpenPoll::begin(self);
        open.kind = poll(&mut Context::from_waker(waker));
    }

    /// Why it fails, before its last poll is noted.
    pub(crate) fn fails(&self, failed: Failed) {
        self.logs.failures().insert(self.id, failed);
    }

    /// The waker to poll with where the future has moved to another task.
    #[cold]
    fn foreign_waker(self: &Arc<Self>, inner: &Waker) -> Waker {
        waker(Arc::new(ForeignWaker {
            tracker: Arc::clone(self),
            inner: inner.clone(),
        }))
    }

    /// Notes a call of a closure: from its beginning to its end it is one poll.
    pub(crate) fn call<T>(&self, closure: impl FnOnce() -> T) -> T {
        let mut open = OpenPoll::begin(self);
        let returned = closure();
        open.kind = Kind::Ready;
        returned
    }

    /// The future has been dropped.
    pub(crate) fn dropped(&self) {
        if !self.has_ended() {
            self.note(Event::instant(Kind::Dropped, self.id, self.logs.now()));
            self.phase.store(ENDED, Ordering::Release);
        }
    }

    fn note(&self, event: Event) {
        self.logs.append(event);
    }

    fn note_wake(&self) {
        let polled = POLLED.get();
        let by = polled.recorder == self.logs.recorder && polled.task != self.id;
        let by = by.then_some(polled.task);
        self.note(Event::wake(self.id, self.logs.now(), by));
    }
}

/// What is tracked and may be dropped before its end, which is noted then.
#[derive(Debug)]
pub(crate) struct UntilDropped(pub(crate) Arc<Tracker>);

impl Drop for UntilDropped {
    fn drop(&mut self) {
        self.0.dropped();
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
struct ForeignWaker {
    tracker: Arc<Tracker>,
    inner: Waker,
}

impl ArcWake for ForeignWaker {
    fn wake_by_ref(this: &Arc<Self>) {
        this.tracker.note_wake();
        this.inner.wake_by_ref();
    }
}

/// Which task of which recorder is being polled.
#[derive(Clone, Copy)]
struct Polled {
    recorder: u64,
    task: u32,
}

thread_local! {
    /// The innermost poll that is going on on this thread: a wake that comes meanwhile is its doing.
    static POLLED: Cell<Polled> = const {
        // No recorder gets so far.
        Cell::new(Polled { recorder: u64::MAX, task: 0 })
    };
}

/// A poll that is going on, until it is dropped: by a panic, where nothing else was said.
struct OpenPoll<'a> {
    tracker: &'a Tracker,
    /// The poll in which this one was made.
    outer: Polled,
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
            outer: POLLED.replace(Polled {
                recorder: tracker.logs.recorder,
                task: tracker.id,
            }),
            start,
            kind: Kind::Panicked,
        }
    }
}

impl Drop for OpenPoll<'_> {
    fn drop(&mut self) {
        POLLED.set(self.outer);
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

/// Every task of one recorder, in shards, so that threads that make tasks at once do not wait for each other.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    next: AtomicU32,
    shards: [Mutex<Vec<Arc<Tracker>>>; SHARDS],
}

/// More than most machines have cores.
const SHARDS: usize = 16;

impl Tasks {
    pub(crate) fn add(&self, logs: &Arc<Logs>, description: Description) -> Arc<Tracker> {
        let tracker = Arc::new(Tracker {
            id: self.next.fetch_add(1, Ordering::Relaxed),
            role: description.role,
            label: description.label,
            location: description.location,
            created: logs.now(),
            phase: AtomicU64::new(RESTING),
            inner: OnceLock::new(),
            logs: Arc::clone(logs),
        });
        let shard = &self.shards[usize::from(thread_number()) % SHARDS];
        open(shard).push(Arc::clone(&tracker));
        tracker
    }

    pub(crate) fn count(&self) -> usize {
        self.shards.iter().map(|shard| open(shard).len()).sum()
    }

    /// Each at the place of its number; `None` for one that is being made just now.
    pub(crate) fn all(&self) -> Vec<Option<Arc<Tracker>>> {
        let mut all: Vec<Option<Arc<Tracker>>> = Vec::new();
        for shard in &self.shards {
            let shard = open(shard);
            let end = shard.iter().map(|tracker| tracker.id as usize + 1).max();
            if end > Some(all.len()) {
                all.resize_with(end.unwrap_or(0), || None);
            }
            for tracker in shard.iter() {
                all[tracker.id as usize] = Some(Arc::clone(tracker));
            }
        }
        all
    }
}

/// What is said of a task when it is made.
pub(crate) struct Description {
    /// `None`: it is called by its location.
    pub(crate) label: Option<Label>,
    pub(crate) location: &'static Location<'static>,
    pub(crate) role: TaskRole,
}

/// What a tracker tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskRole {
    /// A future.
    Future,
    /// A closure, on whichever thread calls it.
    Closure,
    /// The ticker beside the work, and not a part of it.
    Heartbeat,
}

fn open(shard: &Mutex<Vec<Arc<Tracker>>>) -> MutexGuard<'_, Vec<Arc<Tracker>>> {
    // Nothing that is done under this lock can leave it half done.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
