//! From the threads' logs to tasks with polls, wakes and an end.

use std::time::Duration;

use super::log::{Kind, Logs};
use super::timeline::{Outcome, Poll, Task, Thread, Timeline};

/// Everything that the logs hold so far.
pub(super) fn timeline(logs: &Logs) -> Timeline {
    let threads = logs.threads().clone();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut events = Vec::new();
    for log in &threads {
        let tasks = log.tasks();
        events.push(log.events());
        for tracker in &tasks {
            let id = tracker.id as usize;
            if id >= drafts.len() {
                drafts.resize_with(id + 1, Draft::default);
            }
            drafts[id].created = Some((
                tracker.label.to_string(),
                Duration::from_nanos(tracker.created),
            ));
            drafts[id].open = tracker.open_poll().map(|(start, number)| {
                // A thread that has not written yet has no log and so no name here.
                (
                    start,
                    threads
                        .iter()
                        .position(|log| log.thread == number)
                        .unwrap_or(threads.len()),
                )
            });
        }
    }
    // Taken after the logs were read, so that nothing in them is later than it.
    let end = Duration::from_nanos(logs.now());
    for (thread, events) in events.iter().enumerate() {
        for event in events {
            // A task whose creation has not been read yet is left for the next timeline.
            if let Some(draft) = drafts.get_mut(event.task as usize) {
                draft.note(
                    event.kind(),
                    Poll {
                        start: event.start(),
                        end: event.end(),
                        thread,
                    },
                );
            }
        }
    }
    Timeline {
        end,
        tasks: drafts
            .into_iter()
            .filter_map(|draft| draft.finish(end))
            .collect(),
        threads: threads
            .iter()
            .map(|log| Thread {
                name: log.name.clone(),
            })
            .collect(),
    }
}

/// A task whose events are still being collected from the threads' logs.
#[derive(Default)]
struct Draft {
    created: Option<(String, Duration)>,
    open: Option<(Duration, usize)>,
    polls: Vec<Poll>,
    wakes: Vec<Duration>,
    ended: Option<(Outcome, Duration)>,
}

impl Draft {
    fn note(&mut self, kind: Kind, poll: Poll) {
        match kind {
            Kind::Woken => self.wakes.push(poll.start),
            Kind::Dropped => self.ended = Some((Outcome::Cancelled, poll.start)),
            Kind::Pending => self.polls.push(poll),
            Kind::Ready => {
                self.polls.push(poll);
                self.ended = Some((Outcome::Completed, poll.end));
            }
            Kind::Panicked => {
                self.polls.push(poll);
                self.ended = Some((Outcome::Panicked, poll.end));
            }
        }
    }

    fn finish(mut self, now: Duration) -> Option<Task> {
        let (label, created) = self.created?;
        self.polls.sort_by_key(|poll| (poll.start, poll.end));
        self.wakes.sort();
        if let (None, Some((start, thread))) = (self.ended, self.open)
            // Where the poll ended while the logs were read, its event is there already.
            && self.polls.last().is_none_or(|last| last.end <= start)
        {
            self.polls.push(Poll {
                start,
                end: now.max(start),
                thread,
            });
        }
        let (outcome, end) = match (self.ended, self.polls.is_empty()) {
            (Some((_, end)), true) => (Outcome::NeverPolled, end),
            (None, true) => (Outcome::NeverPolled, now),
            (Some(ended), false) => ended,
            (None, false) => (Outcome::Running, now),
        };
        Some(Task {
            label,
            created,
            polls: self.polls,
            wakes: self.wakes,
            outcome,
            end,
        })
    }
}
