//! When nothing else could run.

use std::time::Duration;

use crate::heartbeat::PERIOD;
use crate::life::Poll;
use crate::timeline::{Task, Thread, Timeline};

/// A stretch in which no task could run: every worker was held by a slow poll, or the worker that watches sockets and
/// timers was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Since the recorder's origin.
    pub start: Duration,
    /// Since the recorder's origin.
    pub end: Duration,
    /// The tracked task that held a worker, or `None` where it was something that is not tracked.
    pub by: Option<String>,
}

/// So many beats in a row are not missed by chance while other workers are free.
const BEATS_MISSED: u32 = 4;

/// A slow poll of a tracked task on a worker.
#[derive(Clone, Copy)]
struct Slow<'a> {
    label: &'a str,
    poll: &'a Poll,
    /// Whether its thread was the one that watches sockets and timers.
    held_the_driver: bool,
}

impl Timeline {
    /// The stretches in which every one of `workers` threads was held by a poll of `slow_poll` or
    /// longer, or in which the one was that watches sockets and timers. `is_worker` says which threads
    /// count: a blocking pool's do not.
    ///
    /// A timer's or a socket's wake does not even arrive then, so that wake → poll alone would say
    /// that nothing was wrong.
    ///
    /// Which worker has the driver, Tokio does not tell. It shows: the heart does not beat once from the beginning of
    /// the poll to its end, though it is due at least four times. Of two workers that are held at once, the heartbeat
    /// alone does not tell the one that watches from the other, and both count.
    pub fn blocked(
        &self,
        slow_poll: Duration,
        workers: usize,
        is_worker: impl Fn(&Thread) -> bool,
    ) -> Vec<Blocked> {
        let slow = self.slow_polls(slow_poll, is_worker);
        let mut edges: Vec<Duration> = slow
            .iter()
            .flat_map(|slow| [slow.poll.start, slow.poll.end])
            .collect();
        edges.sort();
        edges.dedup();

        let mut blocked: Vec<Blocked> = Vec::new();
        let mut previous: Option<Slow<'_>> = None;
        for edge in edges.windows(2) {
            let (start, end) = (edge[0], edge[1]);
            let over: Vec<_> = slow
                .iter()
                .filter(|slow| slow.poll.start <= start && end <= slow.poll.end)
                .collect();
            let mut threads: Vec<_> = over.iter().map(|slow| slow.poll.thread).collect();
            threads.sort();
            threads.dedup();
            let all_held = threads.len() >= workers.max(1);
            // Of a task and the task that awaits it, the inner one is polled later and is the culprit.
            let culprit = over
                .iter()
                .filter(|slow| all_held || slow.held_the_driver)
                .max_by_key(|slow| slow.poll.start);
            let Some(mut culprit) = culprit else {
                continue;
            };
            // Of two that hold two workers at once, the one keeps its name that has it: it is one stretch.
            let same = |slow: &&&Slow<'_>| {
                previous.is_some_and(|before: Slow<'_>| std::ptr::eq(before.poll, slow.poll))
            };
            if let Some(before) = over.iter().find(same)
                && before.poll.thread != culprit.poll.thread
                && (all_held || before.held_the_driver)
            {
                culprit = before;
            }
            previous = Some(**culprit);
            match blocked.last_mut() {
                // Two that hold two workers at once do not end at the same instant. What is left then is shorter than a
                // slow poll, and no stretch of its own.
                Some(last)
                    if last.end == start
                        && (last.by.as_deref() == Some(culprit.label)
                            || (culprit.poll.start < start && end - start < slow_poll)) =>
                {
                    last.end = end;
                }
                _ => blocked.push(Blocked {
                    start,
                    end,
                    by: Some(culprit.label.to_owned()),
                }),
            }
        }
        blocked
    }

    fn slow_polls(
        &self,
        slow_poll: Duration,
        is_worker: impl Fn(&Thread) -> bool,
    ) -> Vec<Slow<'_>> {
        let whole = self.tasks.iter();
        let whole =
            whole.flat_map(|task| task.polls.iter().map(|poll| (task.label.as_str(), poll)));
        let rest = self.rest.iter().flat_map(|rest| &rest.slow_polls);
        let rest = rest.map(|(label, poll)| (label.as_str(), poll));
        whole
            .chain(rest)
            .filter(|(_, poll)| poll.duration() >= slow_poll)
            .filter(|(_, poll)| self.threads.get(poll.thread).is_some_and(&is_worker))
            .map(|(label, poll)| Slow {
                label,
                poll,
                held_the_driver: self.no_beat_during(poll),
            })
            .collect()
    }

    /// Whether the heart should have beaten several times during this poll, and did not once.
    fn no_beat_during(&self, poll: &Poll) -> bool {
        let beat_within = |heart: &Task| {
            // Beats are in order, and there may be thousands of them.
            let next = heart.polls.partition_point(|beat| beat.start <= poll.start);
            let beat = heart.polls.get(next);
            beat.is_some_and(|beat| beat.start < poll.end)
        };
        let heart = self
            .heartbeat
            .as_ref()
            .filter(|heart| heart.start().is_some());
        poll.duration() >= PERIOD * BEATS_MISSED && heart.is_some_and(|heart| !beat_within(heart))
    }
}
