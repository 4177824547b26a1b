//! Where the events are kept: one log for each thread.
//!
//! A thread writes to its own log only, so two workers never wait for each other. Polls and wakes
//! take no lock at all; a new chunk takes the lock of this thread's log, which is shared with nobody
//! but whoever asks, now and then, for a timeline. A log knows a task by its number only.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::life::Failed;

/// What happened to a task. The discriminants are the low bits of [`Event::stamp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A poll after which the task goes on: it returned `Pending`, or a part of a body.
    Pending = 0,
    /// The poll that returned `Ready`.
    Ready = 1,
    /// The poll that panicked.
    Panicked = 2,
    /// Somebody called the task's waker.
    Woken = 3,
    /// The future was dropped before it was ready.
    Dropped = 4,
    /// The poll that returned `Ready` with an error.
    Failed = 5,
}

const KIND_BITS: u32 = 3;

/// One event in 16 bytes: a million tasks that sleep once write three million of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// Nanoseconds since the recorder's origin (61 bits: 73 years), then the kind.
    stamp: u64,
    pub(crate) task: u32,
    /// Of a poll. Of a wake it holds who called the waker.
    length: Length,
}

/// How long a poll took: nanoseconds up to 2.1 s, above that microseconds up to 35 minutes.
#[derive(Clone, Copy, Debug)]
struct Length(u32);

impl Length {
    const IN_MICROS: u32 = 1 << 31;

    fn from_nanos(nanos: u64) -> Self {
        match u32::try_from(nanos) {
            Ok(nanos) if nanos < Self::IN_MICROS => Self(nanos),
            _ => Self((nanos / 1_000).min(u64::from(Self::IN_MICROS - 1)) as u32 | Self::IN_MICROS),
        }
    }

    fn to_duration(self) -> Duration {
        match self.0 & Self::IN_MICROS {
            0 => Duration::from_nanos(u64::from(self.0)),
            _ => Duration::from_micros(u64::from(self.0 & !Self::IN_MICROS)),
        }
    }
}

impl Event {
    pub(crate) fn poll(kind: Kind, task: u32, start: u64, end: u64) -> Self {
        Self {
            stamp: start << KIND_BITS | kind as u64,
            task,
            length: Length::from_nanos(end - start),
        }
    }

    pub(crate) fn instant(kind: Kind, task: u32, at: u64) -> Self {
        Self::poll(kind, task, at, at)
    }

    /// A wake, called in a poll of the task `by`, where it was called in one.
    pub(crate) fn wake(task: u32, at: u64, by: Option<u32>) -> Self {
        Self {
            // Nobody is zero. Of the last of four billion tasks it is not known.
            length: Length(by.map_or(0, |by| by.wrapping_add(1))),
            ..Self::instant(Kind::Woken, task, at)
        }
    }

    /// Of a wake, in whose poll it was called.
    pub(crate) fn woken_by(&self) -> Option<u32> {
        self.length.0.checked_sub(1)
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.stamp & ((1 << KIND_BITS) - 1) {
            0 => Kind::Pending,
            1 => Kind::Ready,
            2 => Kind::Panicked,
            3 => Kind::Woken,
            4 => Kind::Dropped,
            _ => Kind::Failed,
        }
    }

    pub(crate) fn start(&self) -> Duration {
        Duration::from_nanos(self.stamp >> KIND_BITS)
    }

    pub(crate) fn end(&self) -> Duration {
        self.start() + self.length.to_duration()
    }
}

/// A piece of a thread's log. Its own thread alone appends, anyone may read, nobody waits: a lock
/// would be a tenth of what recording costs.
#[derive(Debug)]
pub(crate) struct Chunk {
    written: AtomicUsize,
    slots: Box<[[AtomicU64; 2]]>,
}

impl Chunk {
    fn new(capacity: usize) -> Arc<Self> {
        let slots = (0..capacity).map(|_| Default::default()).collect();
        Arc::new(Self {
            written: AtomicUsize::new(0),
            slots,
        })
    }

    /// `false` if the chunk is full.
    fn append(&self, event: Event) -> bool {
        let index = self.written.load(Ordering::Relaxed);
        let Some([stamp, rest]) = self.slots.get(index) else {
            return false;
        };
        stamp.store(event.stamp, Ordering::Relaxed);
        rest.store(
            u64::from(event.task) << 32 | u64::from(event.length.0),
            Ordering::Relaxed,
        );
        // Releases the two stores above to whoever reads the count.
        self.written.store(index + 1, Ordering::Release);
        true
    }

    /// The first `written` events.
    pub(crate) fn read(&self, written: usize) -> impl Iterator<Item = Event> {
        self.slots[..written].iter().map(|[stamp, rest]| {
            let rest = rest.load(Ordering::Relaxed);
            Event {
                stamp: stamp.load(Ordering::Relaxed),
                task: (rest >> 32) as u32,
                length: Length(rest as u32),
            }
        })
    }
}

/// What one thread has written for one recorder.
#[derive(Debug)]
pub(crate) struct ThreadLog {
    recorder: u64,
    /// See [`thread_number`].
    pub(crate) thread: u16,
    pub(crate) name: Option<String>,
    chunks: Mutex<Vec<Arc<Chunk>>>,
}

impl ThreadLog {
    fn open(&self) -> MutexGuard<'_, Vec<Arc<Chunk>>> {
        // Nothing that is done under this lock can leave it half done.
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_chunk(&self, capacity: usize) -> Arc<Chunk> {
        let chunk = Chunk::new(capacity);
        self.open().push(Arc::clone(&chunk));
        chunk
    }

    /// Everything written so far, in the order of writing: each chunk with how many events it holds.
    pub(crate) fn chunks(&self) -> Vec<(Arc<Chunk>, usize)> {
        let chunks = self.open().clone();
        let written = |chunk: &Chunk| chunk.written.load(Ordering::Acquire);
        chunks
            .into_iter()
            .map(|chunk| {
                let written = written(&chunk);
                (chunk, written)
            })
            .collect()
    }
}

/// A thread's own end of its log.
struct Writer {
    log: Arc<ThreadLog>,
    chunk: Arc<Chunk>,
}

const FIRST_CHUNK: usize = 64;
const LARGEST_CHUNK: usize = 4096;

impl Writer {
    fn append(&mut self, event: Event) {
        if !self.chunk.append(event) {
            self.chunk = self
                .log
                .add_chunk((self.chunk.slots.len() * 2).min(LARGEST_CHUNK));
            self.chunk.append(event);
        }
    }
}

thread_local! {
    /// This thread's writers, one for each recorder that is alive: nearly always just one.
    static WRITERS: RefCell<Vec<Writer>> = const { RefCell::new(Vec::new()) };
}

/// A number for this thread that no other thread of this process has had (the first 65,534 of them).
pub(crate) fn thread_number() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    thread_local!(static NUMBER: Cell<u16> = const { Cell::new(0) });
    NUMBER.with(|number| {
        if number.get() == 0 {
            let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                next.checked_add(1)
            });
            number.set(next.unwrap_or(u16::MAX));
        }
        number.get()
    })
}

/// What a recorder's time is counted by, and from when.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// Tokio's: tests may pause it.
    Tokio(tokio::time::Instant),
    /// The system's, which goes on meanwhile.
    Real(std::time::Instant),
}

/// All logs of one recorder, and the clock that they share.
#[derive(Debug)]
pub(crate) struct Logs {
    /// No other of this process has the same.
    pub(crate) recorder: u64,
    clock: Clock,
    threads: Mutex<Vec<Arc<ThreadLog>>>,
    /// Why tasks failed, by their number. Beside the events, as failures are rare and words are long.
    failures: Mutex<BTreeMap<u32, Failed>>,
}

impl Logs {
    pub(crate) fn new(clock: Clock) -> Self {
        static NEXT_RECORDER: AtomicU64 = AtomicU64::new(0);
        Self {
            recorder: NEXT_RECORDER.fetch_add(1, Ordering::Relaxed),
            clock,
            threads: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    pub(crate) fn failures(&self) -> MutexGuard<'_, BTreeMap<u32, Failed>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nanoseconds since the recorder was made.
    pub(crate) fn now(&self) -> u64 {
        let elapsed = match self.clock {
            Clock::Tokio(origin) => origin.elapsed(),
            Clock::Real(origin) => origin.elapsed(),
        };
        // 128-bit arithmetic, as in `as_nanos`, would be a tenth of what recording costs.
        elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos())
    }

    pub(crate) fn threads(&self) -> MutexGuard<'_, Vec<Arc<ThreadLog>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn append(&self, event: Event) {
        let written = WRITERS.try_with(|writers| {
            let mut writers = writers.borrow_mut();
            let found = writers
                .iter()
                .position(|writer| writer.log.recorder == self.recorder);
            let index = found.unwrap_or_else(|| {
                // A log that nobody else holds belongs to a recorder that is gone.
                writers.retain(|writer| Arc::strong_count(&writer.log) > 1);
                writers.push(self.add_thread());
                writers.len() - 1
            });
            writers[index].append(event);
        });
        // Otherwise the thread is ending and its storage is gone: what it still says gets a log of its own.
        if written.is_err() {
            self.add_thread().append(event);
        }
    }

    fn add_thread(&self) -> Writer {
        let mut threads = self.threads();
        let log = Arc::new(ThreadLog {
            recorder: self.recorder,
            thread: thread_number(),
            name: std::thread::current().name().map(str::to_owned),
            chunks: Mutex::default(),
        });
        threads.push(Arc::clone(&log));
        Writer {
            chunk: log.add_chunk(FIRST_CHUNK),
            log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_keeps_its_kind_and_its_nanoseconds() {
        for kind in [
            Kind::Pending,
            Kind::Ready,
            Kind::Panicked,
            Kind::Woken,
            Kind::Dropped,
            Kind::Failed,
        ] {
            let event = Event::poll(kind, 7, 1_000_000_001, 1_000_000_301);
            assert_eq!(event.kind(), kind);
            assert_eq!(event.start(), Duration::from_nanos(1_000_000_001));
            assert_eq!(event.end(), Duration::from_nanos(1_000_000_301));
        }
        assert_eq!(size_of::<Event>(), 16);
    }

    #[test]
    fn a_wake_keeps_who_called_it() {
        for by in [None, Some(0), Some(u32::MAX - 1)] {
            let event = Event::wake(7, 1_000_000_001, by);
            assert_eq!((event.kind(), event.woken_by()), (Kind::Woken, by));
            assert_eq!(event.start(), Duration::from_nanos(1_000_000_001));
        }
    }

    #[test]
    fn a_log_keeps_its_order_over_many_chunks() {
        let logs = Logs::new(Clock::Real(std::time::Instant::now()));
        for at in 0..10_000 {
            logs.append(Event::instant(Kind::Woken, at as u32, at));
        }
        let threads = logs.threads();
        let chunks = threads[0].chunks();
        let events = chunks
            .iter()
            .flat_map(|(chunk, written)| chunk.read(*written));
        let tasks: Vec<_> = events.map(|event| event.task).collect();
        assert_eq!(tasks, (0..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn a_long_poll_is_kept_in_microseconds_and_never_wraps() {
        let length = |nanos| Length::from_nanos(nanos).to_duration();
        assert_eq!(length(2_147_483_647), Duration::from_nanos(2_147_483_647));
        assert_eq!(length(2_147_483_648), Duration::from_micros(2_147_483));
        assert_eq!(length(60_000_000_000), Duration::from_secs(60));
        assert_eq!(length(u64::MAX), Duration::from_micros((1 << 31) - 1));
    }
}
