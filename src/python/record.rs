//! What is kept of a Python program while it runs: bounded, however long that is.
//!
//! Tasks are kept whole, those with the longest polls rather than others; what is over is summed up. Nothing here
//! grows with the length of the run.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::events::{Event, Frame, Hello, Told};
use super::folded::Folded;
use super::lane::{End, Lane, LaneKind};
use super::settings::Settings;
use crate::trace::{self, Thread};

/// So many polls and wakes are kept of all lanes together: some 32 MiB.
const KEPT: usize = 1_500_000;

/// A text that was numbered so long ago is spoken of no more: more than `TEXTS` in `_stream.py`.
const TEXTS: i64 = 20_000;

/// So many heartbeats are kept: half an hour.
const BEATS: usize = 200_000;

/// So many different findings are kept.
const TOLD: usize = 50;

/// Everything that one process has sent.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub(super) settings: Settings,
    pub(super) hello: Option<Hello>,
    texts: HashMap<i64, Arc<str>>,
    pub(super) lanes: HashMap<i64, Lane>,
    pub(super) folded: Folded,
    pub(super) threads: Vec<Thread>,
    thread_numbers: HashMap<i64, usize>,
    /// The thread in which each event loop runs.
    loops: HashMap<i64, usize>,
    /// The longest time between two heartbeats: when it began, and when it was over.
    pub(super) gap: Option<(u64, u64)>,
    /// When each heartbeat was due and when it came, where the program is a demo.
    pub(super) beats: Vec<(u64, u64)>,
    /// What the recorder found, and how often.
    pub(super) told: Vec<(Told, usize)>,
    /// When the first event loop began to run.
    pub(super) begun: Option<u64>,
    /// The latest instant that is known of.
    pub(super) now: u64,
    /// When that was heard of.
    heard: Option<Instant>,
    finished: usize,
    over: bool,
}

impl Record {
    /// Of a process that has sent nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Whether a recorder has spoken.
    pub fn is_begun(&self) -> bool {
        self.hello.is_some()
    }

    /// Whether an event loop has run.
    pub fn has_run(&self) -> bool {
        self.begun.is_some()
    }

    /// Whether all that happened was sent: the recorder has said so.
    pub fn is_whole(&self) -> bool {
        self.over
    }

    /// Takes in what was sent.
    pub fn take(&mut self, message: Frame) {
        match message {
            Frame::Hello(hello) => self.hello = Some(hello),
            Frame::Text(number, text) => {
                self.texts.insert(number, text.into());
                if number % TEXTS == 0 {
                    self.texts.retain(|each, _| *each > number - TEXTS);
                }
            }
            Frame::Told(told) => self.told(told),
            Frame::Over => self.over = true,
            Frame::Events(events) => {
                let before = self.now;
                events.into_iter().for_each(|event| self.event(event));
                if self.now > before {
                    self.heard = Some(Instant::now());
                }
            }
        }
    }

    /// What the time is in the program. While its event loop is held, nothing tells of any new instant.
    pub(super) fn clock(&self) -> u64 {
        let silent = self.heard.map_or(Duration::ZERO, |heard| heard.elapsed());
        self.now.saturating_add(nanos(silent))
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Made { lane, at, by } => {
                let made = self.instant(at);
                let fresh = Lane {
                    made,
                    by,
                    ..Lane::default()
                };
                self.lanes.insert(lane, fresh);
            }
            Event::Kind { lane, on, kind } => {
                let thread = self.loops.get(&on).copied();
                self.with(lane, |lane| {
                    lane.kind = LaneKind::of(kind);
                    lane.on = on;
                    lane.thread = thread.unwrap_or(lane.thread);
                });
            }
            Event::Group { lane, text } => {
                let text = self.text(text);
                self.with(lane, |lane| lane.group = text);
            }
            Event::Label { lane, text, place } => {
                let (text, place) = (self.text(text), (place != 0).then(|| self.text(place)));
                let demo = self.settings.demo;
                self.with(lane, |lane| {
                    lane.label = text;
                    lane.place = place.unwrap_or_else(|| Arc::clone(&lane.place));
                    lane.aside = demo.is_some_and(|file| !lane.belongs_to(file));
                });
            }
            Event::Poll { lane, start, end } => self.polled(lane, start, end),
            Event::Wake { lane, at } => {
                let at = self.instant(at);
                self.with(lane, |lane| lane.woken(at));
            }
            Event::End { lane, at, how } => self.ended(lane, at, how),
            Event::On { lane, thread } => {
                let thread = self.thread_numbers.get(&thread).copied();
                self.with(lane, |lane| lane.thread = thread.unwrap_or(lane.thread));
            }
            Event::Seen { lane, poll, text } => {
                let (poll, line) = (self.instant(poll), self.text(text));
                self.with(lane, |lane| lane.seen(poll, line));
            }
            Event::Thread { thread, name } => {
                let name = Some(self.text(name).to_string());
                self.thread_numbers.insert(thread, self.threads.len());
                self.threads.push(Thread { name });
            }
            Event::Runs { on, at, thread } => {
                let at = self.instant(at);
                self.begun = self.begun.or(Some(at));
                if let Some(thread) = self.thread_numbers.get(&thread) {
                    self.loops.insert(on, *thread);
                }
            }
            Event::Beat { on: _, due, at } => {
                let (due, at) = (self.instant(due), self.instant(at));
                let last = due.saturating_sub(nanos(trace::PERIOD));
                if self.settings.demo.is_some() && self.beats.len() < BEATS {
                    self.beats.push((due, at.max(due)));
                }
                if self
                    .gap
                    .is_none_or(|(start, end)| at.saturating_sub(last) > end - start)
                {
                    self.gap = Some((last, at.max(last)));
                }
            }
        }
    }

    fn told(&mut self, told: Told) {
        let same = |(known, _): &(Told, usize)| {
            (&known.finding, &known.subject, &known.detail)
                == (&told.finding, &told.subject, &told.detail)
        };
        match self.told.iter().position(same) {
            Some(at) => {
                let (known, times) = &mut self.told[at];
                *times += 1;
                known.nanos = known.nanos.max(told.nanos);
            }
            None if self.told.len() < TOLD => self.told.push((told, 1)),
            None => {}
        }
    }

    /// Whether an event loop runs in this thread.
    pub(super) fn is_loop_thread(&self, thread: usize) -> bool {
        self.loops.values().any(|each| *each == thread)
    }

    fn polled(&mut self, lane: i64, start: i64, end: i64) {
        let (start, end) = (self.instant(start), self.instant(end));
        let slow = nanos(self.settings.slow_poll);
        let most = (KEPT / self.lanes.len().max(1)).max(64);
        let loops = &self.loops;
        let Some(lane) = self.lanes.get_mut(&lane) else {
            return;
        };
        // The task of `asyncio.run` is made before its loop runs anywhere.
        lane.thread = loops.get(&lane.on).copied().unwrap_or(lane.thread);
        if lane.poll_count == 0 && !lane.aside {
            self.folded.in_flight.begins(start);
        }
        lane.polled(start, end.max(start));
        if lane.polls.len() + lane.wakes.len() > most {
            lane.thin(slow);
        }
    }

    fn ended(&mut self, lane: i64, at: i64, how: i64) {
        let at = self.instant(at);
        let end = match how {
            0 => End::Completed,
            -1 => End::Cancelled,
            -2 => End::Destroyed,
            -3 => End::NeverAwaited,
            text => End::Failed(self.text(text)),
        };
        let Some(lane) = self.lanes.get_mut(&lane) else {
            return;
        };
        if lane.poll_count > 0 && !lane.aside {
            self.folded.in_flight.ends(at);
        }
        lane.ended = Some((at, end));
        self.finished += 1;
        if self.finished > 2 * self.settings.max_tasks.max(50) {
            self.fold();
        }
    }

    /// Sums up the lanes that are over, but for those with the longest polls.
    fn fold(&mut self) {
        let over = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.ended.is_some() && !lane.aside);
        let mut over: Vec<_> = over
            .map(|(id, lane)| (worth(lane, &self.settings), *id))
            .collect();
        over.sort_unstable();
        let surplus = over.len().saturating_sub(self.settings.max_tasks);
        for (_, id) in over.drain(..surplus) {
            if let Some(lane) = self.lanes.remove(&id) {
                self.folded.add(&lane, self.now);
            }
        }
        self.finished = over.len();
    }

    fn with(&mut self, lane: i64, change: impl FnOnce(&mut Lane)) {
        // One that is not there was made before anybody listened.
        if let Some(lane) = self.lanes.get_mut(&lane) {
            change(lane);
        }
    }

    fn text(&self, number: i64) -> Arc<str> {
        self.texts.get(&number).cloned().unwrap_or_default()
    }

    /// An instant of the process's clock since the recorder began.
    fn instant(&mut self, at: i64) -> u64 {
        let origin = self.hello.as_ref().map_or(0, |hello| hello.origin);
        let since = u64::try_from(at.saturating_sub(origin)).unwrap_or(0);
        self.now = self.now.max(since);
        since
    }
}

/// What is kept rather than another: slow polls, then failures, then what came first.
fn worth(lane: &Lane, settings: &Settings) -> (u64, bool, std::cmp::Reverse<u64>) {
    let slow = if lane.longest >= nanos(settings.slow_poll) {
        lane.longest
    } else {
        0
    };
    let failed = matches!(
        lane.ended,
        Some((_, End::Failed(_) | End::Destroyed | End::NeverAwaited))
    );
    (slow, failed, std::cmp::Reverse(lane.made))
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
