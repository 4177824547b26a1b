//! From the threads' logs to tasks with polls, wakes and an end.
//!
//! The events are grouped by task first, all in one array, so that a million tasks need no million
//! vectors. Tasks beyond those that are kept whole are summed up as they go by.

use std::sync::Arc;
use std::time::Duration;

use crate::life::{Outcome, Poll};
use crate::log::{Event, Kind, Logs};
use crate::rest::Rest;
use crate::task::{Label, TaskRole, Tasks, Tracker};
use crate::timeline::{Task, Thread, Timeline};

/// What of a record is kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// So many tasks, the first that were made; the others are summed up. And so many closures; of others nothing is
    /// kept.
    pub tasks: usize,
    /// Of those others, each poll that is at least so long.
    pub slow_poll: Duration,
}

impl Keep {
    /// Everything.
    pub const ALL: Self = Self {
        tasks: usize::MAX,
        slow_poll: Duration::MAX,
    };
}

/// What the logs hold so far.
pub(crate) fn timeline(tasks: &Tasks, logs: &Logs, keep: Keep) -> Timeline {
    // Before the logs: whatever they say of a task that is not among these comes into the next timeline.
    let trackers = tasks.all();
    let threads = logs.threads().clone();
    let events: Vec<_> = threads.iter().map(|log| log.chunks()).collect();
    let groups = Groups::of(trackers.len(), || {
        events.iter().enumerate().flat_map(|(thread, chunks)| {
            let events = chunks
                .iter()
                .flat_map(|(chunk, written)| chunk.read(*written));
            events.map(move |event| (thread, event))
        })
    });
    // Taken after the logs were read, so that nothing in them is later than it.
    let end = Duration::from_nanos(logs.now());
    let number = |tracker: &Tracker| {
        let (start, number) = tracker.open_poll()?;
        // A thread that has not written yet has no log and so no name here.
        let known = threads.iter().position(|log| log.thread == number);
        Some((start, known.unwrap_or(threads.len())))
    };
    let mut timeline = Timeline {
        end,
        threads: threads
            .iter()
            .map(|log| Thread {
                name: log.name.clone(),
            })
            .collect(),
        ..Timeline::default()
    };
    // After the logs: why a failure is in them is known by then.
    let failures = logs.failures().clone();
    let mut rest = Rest::default();
    let mut draft = Draft::default();
    for (id, tracker) in trackers.iter().enumerate() {
        // A task whose creation has not been read yet is left for the next timeline.
        let Some(tracker) = tracker else { continue };
        draft.read(groups.events(id));
        let (outcome, ended) = draft.finish(number(tracker), end);
        let failed = failures
            .get(&tracker.id)
            .filter(|_| outcome == Outcome::Failed);
        let whole = || Task {
            label: tracker.label().into_owned(),
            failed: failed.cloned(),
            location: Some(tracker.location.into()),
            created: Duration::from_nanos(tracker.created),
            polls: draft.polls.clone(),
            wakes: draft.wakes.clone(),
            woken_by: draft.woken_by(&trackers),
            outcome,
            end: ended,
        };
        if tracker.role == TaskRole::Heartbeat {
            timeline.heartbeat = Some(whole());
        } else if tracker.role == TaskRole::Closure {
            if timeline.closures.len() < keep.tasks {
                timeline.closures.push(whole());
            }
        } else if timeline.tasks.len() < keep.tasks {
            timeline.tasks.push(whole());
        } else {
            rest.add(&draft.polls, &draft.wakes, outcome, failed, ended);
            for poll in &draft.polls {
                if poll.end - poll.start >= keep.slow_poll {
                    rest.slow_polls.push((tracker.label().into_owned(), *poll));
                }
            }
        }
    }
    timeline.rest = (rest.count() > 0).then_some(rest);
    timeline
}

/// All events, those of one task side by side.
struct Groups {
    /// Where each task's events begin; one more at the end.
    begins: Vec<usize>,
    /// The event, and the index of the thread that wrote it.
    events: Vec<(Event, u16)>,
}

impl Groups {
    /// A counting sort: `events` is gone through twice.
    fn of<I>(tasks: usize, events: impl Fn() -> I) -> Self
    where
        I: Iterator<Item = (usize, Event)>,
    {
        let mut begins = vec![0_usize; tasks + 1];
        for (_, event) in events() {
            if let Some(count) = begins.get_mut(event.task as usize + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for begin in &mut begins {
            total += *begin;
            *begin = total;
        }
        let nothing = Event::instant(Kind::Woken, 0, 0);
        let mut sorted = vec![(nothing, 0_u16); total];
        let mut next = begins.clone();
        for (thread, event) in events() {
            if (event.task as usize) < tasks {
                let place = &mut next[event.task as usize];
                sorted[*place] = (event, u16::try_from(thread).unwrap_or(u16::MAX));
                *place += 1;
            }
        }
        Self {
            begins,
            events: sorted,
        }
    }

    fn events(&self, task: usize) -> &[(Event, u16)] {
        &self.events[self.begins[task]..self.begins[task + 1]]
    }
}

/// One task whose events are being put in order. Used again for the next one.
#[derive(Default)]
struct Draft {
    polls: Vec<Poll>,
    wakes: Vec<Duration>,
    /// The same wakes, each with the number of the task that called it.
    woken: Vec<(Duration, Option<u32>)>,
    ended: Option<(Outcome, Duration)>,
}

impl Draft {
    fn read(&mut self, events: &[(Event, u16)]) {
        self.polls.clear();
        self.wakes.clear();
        self.woken.clear();
        self.ended = None;
        for (event, thread) in events {
            let poll = Poll {
                start: event.start(),
                end: event.end(),
                thread: usize::from(*thread),
            };
            match event.kind() {
                Kind::Woken => self.woken.push((poll.start, event.woken_by())),
                Kind::Dropped => self.ended = Some((Outcome::Cancelled, poll.start)),
                Kind::Pending => self.polls.push(poll),
                Kind::Ready => {
                    self.polls.push(poll);
                    self.ended = Some((Outcome::Completed, poll.end));
                }
                Kind::Failed => {
                    self.polls.push(poll);
                    self.ended = Some((Outcome::Failed, poll.end));
                }
                Kind::Panicked => {
                    self.polls.push(poll);
                    self.ended = Some((Outcome::Panicked, poll.end));
                }
            }
        }
        self.polls.sort_by_key(|poll| (poll.start, poll.end));
        self.woken.sort();
        self.wakes.extend(self.woken.iter().map(|(at, _)| *at));
    }

    /// Of each wake, who called it; empty where that is known of none.
    fn woken_by(&self, trackers: &[Option<Arc<Tracker>>]) -> Vec<Option<Label>> {
        let label = |by: u32| Some(trackers.get(by as usize)?.as_ref()?.label());
        let woken = self.woken.iter();
        let woken_by: Vec<_> = woken.map(|(_, by)| by.and_then(label)).collect();
        if woken_by.iter().all(Option::is_none) {
            return Vec::new();
        }
        woken_by
    }

    /// How it ended, and when. `open` is the start and the thread of the poll that is going on.
    fn finish(&mut self, open: Option<(Duration, usize)>, now: Duration) -> (Outcome, Duration) {
        if let (None, Some((start, thread))) = (self.ended, open)
            // Where the poll ended while the logs were read, its event is there already.
            && self.polls.last().is_none_or(|last| last.end <= start)
            // One that began since then is left for the next timeline.
            && start <= now
        {
            self.polls.push(Poll {
                start,
                end: now,
                thread,
            });
        }
        match (self.ended, self.polls.is_empty()) {
            (Some((_, end)), true) => (Outcome::NeverPolled, end),
            (None, true) => (Outcome::NeverPolled, now),
            (Some(ended), false) => ended,
            (None, false) => (Outcome::Running, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_that_began_after_the_timeline_was_taken_is_not_in_it() {
        let now = Duration::from_millis(10);
        let mut draft = Draft::default();
        let open = Some((now + Duration::from_nanos(1), 0));
        assert_eq!(draft.finish(open, now), (Outcome::NeverPolled, now));
        assert!(draft.polls.is_empty());

        assert_eq!(draft.finish(Some((now, 0)), now), (Outcome::Running, now));
        assert_eq!(draft.polls[0].duration(), Duration::ZERO);
    }
}
