//! From polls and wakes to busy, scheduled and idle.

use std::time::Duration;

use super::log::{Kind, Logs};

/// What the tracked tasks did, seen from the recorder's origin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// When this was taken, since the recorder's origin. Nothing in it is later.
    pub end: Duration,
    /// In the order of their creation.
    pub tasks: Vec<Task>,
    /// The threads that polled, woke or created; [`Poll::thread`] counts into this.
    pub threads: Vec<Thread>,
}

/// A thread that the recorder met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The name that whoever started the thread gave it.
    pub name: Option<String>,
}

/// One tracked future.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// As given to [`Recorder::track`](super::Recorder::track).
    pub label: String,
    /// When the future was made. For an `async fn` that is before anything in it has run.
    pub created: Duration,
    /// In order, none overlapping another.
    pub polls: Vec<Poll>,
    /// Every call of the task's waker, in order.
    pub wakes: Vec<Duration>,
    /// How it ended, if it has.
    pub outcome: Outcome,
    /// When it ended; while it runs, when the timeline was taken.
    pub end: Duration,
}

/// One call of a future's `poll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Since the recorder's origin.
    pub start: Duration,
    /// Since the recorder's origin.
    pub end: Duration,
    /// The index of the thread in [`Timeline::threads`].
    pub thread: usize,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not ended.
    Running,
    /// It returned.
    Completed,
    /// It was dropped between two polls.
    Cancelled,
    /// A poll of it panicked.
    Panicked,
    /// Nobody has polled it: it was made, and it did nothing.
    NeverPolled,
}

/// What a task is doing. The words are Tokio Console's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being polled.
    Busy,
    /// It was woken and is not yet polled: it could run, and does not.
    Scheduled,
    /// It waits.
    Idle,
}

/// A stretch of a task's life in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What the task was doing.
    pub state: State,
    /// Since the recorder's origin.
    pub start: Duration,
    /// Since the recorder's origin.
    pub end: Duration,
}

/// A stretch in which no task could run, because every worker was held by a slow poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Since the recorder's origin.
    pub start: Duration,
    /// Since the recorder's origin.
    pub end: Duration,
    /// The tracked task that held a worker, or `None` where it was something that is not tracked.
    pub by: Option<String>,
}

impl Poll {
    /// How long it held its thread.
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }
}

impl Span {
    /// How long it lasted.
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }
}

impl Task {
    /// When it was first polled: until then a future has done nothing.
    pub fn start(&self) -> Option<Duration> {
        self.polls.first().map(|poll| poll.start)
    }

    /// The task's life from its first poll to its end, without a gap and without an overlap.
    pub fn spans(&self) -> Vec<Span> {
        let polls: Vec<_> = self.polls.iter().map(|poll| (poll.start, poll.end)).collect();
        spans(&polls, &self.wakes, self.end)
    }

    /// Time spent in polls.
    pub fn busy(&self) -> Duration {
        self.polls.iter().map(Poll::duration).sum()
    }

    /// Time between a wake and the poll that it led to.
    pub fn scheduled(&self) -> Duration {
        self.time_in(State::Scheduled)
    }

    /// Time spent waiting.
    pub fn idle(&self) -> Duration {
        self.time_in(State::Idle)
    }

    fn time_in(&self, state: State) -> Duration {
        self.spans().iter().filter(|span| span.state == state).map(Span::duration).sum()
    }
}

impl Timeline {
    pub(super) fn from_logs(logs: &Logs) -> Self {
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
                drafts[id].created = Some((tracker.label.to_string(), Duration::from_nanos(tracker.created)));
                drafts[id].open = tracker.open_poll().map(|(start, number)| {
                    // A thread that has not written yet has no log and so no name here.
                    (start, threads.iter().position(|log| log.thread == number).unwrap_or(threads.len()))
                });
            }
        }
        // Taken after the logs were read, so that nothing in them is later than it.
        let end = Duration::from_nanos(logs.now());
        for (thread, events) in events.iter().enumerate() {
            for event in events {
                // A task whose creation has not been read yet is left for the next timeline.
                if let Some(draft) = drafts.get_mut(event.task as usize) {
                    draft.note(event.kind(), Poll { start: event.start(), end: event.end(), thread });
                }
            }
        }
        Self {
            end,
            tasks: drafts.into_iter().filter_map(|draft| draft.finish(end)).collect(),
            threads: threads.iter().map(|log| Thread { name: log.name.clone() }).collect(),
        }
    }

    /// How many tasks had started and not ended, after each change. Begins with the first start.
    pub fn in_flight(&self) -> Vec<(Duration, usize)> {
        in_flight(self.tasks.iter().filter_map(|task| Some((task.start()?, task.end))))
    }

    /// The most tasks that were in flight at once.
    pub fn most_in_flight(&self) -> usize {
        self.in_flight().iter().map(|(_, count)| *count).max().unwrap_or(0)
    }

    /// How many different threads polled a task.
    pub fn threads_that_polled(&self) -> usize {
        let mut polled = vec![false; self.threads.len()];
        for poll in self.tasks.iter().flat_map(|task| &task.polls) {
            if let Some(polled) = polled.get_mut(poll.thread) {
                *polled = true;
            }
        }
        polled.into_iter().filter(|polled| *polled).count()
    }

    /// The stretches in which every one of `workers` threads was held by a poll of `slow_poll` or
    /// longer. `is_worker` says which threads count: a blocking pool's do not.
    ///
    /// A timer's or a socket's wake does not even arrive then, so that wake → poll alone would say
    /// that nothing was wrong.
    pub fn blocked(&self, slow_poll: Duration, workers: usize, is_worker: impl Fn(&Thread) -> bool) -> Vec<Blocked> {
        let mut slow: Vec<(&Task, &Poll)> = Vec::new();
        for task in &self.tasks {
            let on_worker = |poll: &&Poll| self.threads.get(poll.thread).is_some_and(&is_worker);
            slow.extend(
                task.polls
                    .iter()
                    .filter(|poll| poll.duration() >= slow_poll)
                    .filter(on_worker)
                    .map(|poll| (task, poll)),
            );
        }
        let mut edges: Vec<Duration> = slow.iter().flat_map(|(_, poll)| [poll.start, poll.end]).collect();
        edges.sort();
        edges.dedup();

        let mut blocked: Vec<Blocked> = Vec::new();
        for edge in edges.windows(2) {
            let (start, end) = (edge[0], edge[1]);
            let over: Vec<_> = slow.iter().filter(|(_, poll)| poll.start <= start && end <= poll.end).collect();
            let mut threads: Vec<_> = over.iter().map(|(_, poll)| poll.thread).collect();
            threads.sort();
            threads.dedup();
            if threads.len() < workers.max(1) {
                continue;
            }
            // Of a task and the task that awaits it, the inner one is polled later and is the culprit.
            let culprit = over.iter().max_by_key(|(_, poll)| poll.start).map(|(task, _)| task.label.clone());
            match blocked.last_mut() {
                Some(last) if last.end == start && last.by == culprit => last.end = end,
                _ => blocked.push(Blocked { start, end, by: culprit }),
            }
        }
        blocked
    }
}

/// A life from its first poll to its end, without a gap and without an overlap.
///
/// Between two polls a task is idle until the first wake and scheduled from then on. A wake that
/// comes during a poll counts from that poll's end. `polls` and `wakes` are in order.
pub fn spans(polls: &[(Duration, Duration)], wakes: &[Duration], end: Duration) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut push = |state, start, end| {
        if start < end {
            spans.push(Span { state, start, end });
        }
    };
    let mut wakes = wakes.iter().copied().peekable();
    for (index, &(start, stop)) in polls.iter().enumerate() {
        push(State::Busy, start, stop);
        let next = polls.get(index + 1).map_or(end, |next| next.0);
        // A wake at the instant at which a poll starts is the one that caused it.
        while wakes.next_if(|wake| *wake <= start).is_some() {}
        let woken = wakes.next_if(|wake| *wake <= next).map_or(next, |wake| wake.max(stop));
        push(State::Idle, stop, woken);
        push(State::Scheduled, woken, next);
    }
    spans
}

/// How many of some lives, each from its start to its end, were going on after each change.
pub fn in_flight(lives: impl IntoIterator<Item = (Duration, Duration)>) -> Vec<(Duration, usize)> {
    let mut changes: Vec<(Duration, isize)> = Vec::new();
    for (start, end) in lives {
        changes.push((start, 1));
        changes.push((end, -1));
    }
    // At one instant, ends come before starts: a task that follows another does not overlap it.
    changes.sort_unstable();
    let mut curve: Vec<(Duration, usize)> = Vec::new();
    let mut count = 0_isize;
    for (at, change) in changes {
        count += change;
        let in_flight = usize::try_from(count).unwrap_or(0);
        match curve.last_mut() {
            Some(last) if last.0 == at => last.1 = in_flight,
            _ => curve.push((at, in_flight)),
        }
    }
    curve
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
            self.polls.push(Poll { start, end: now.max(start), thread });
        }
        let (outcome, end) = match (self.ended, self.polls.is_empty()) {
            (Some((_, end)), true) => (Outcome::NeverPolled, end),
            (None, true) => (Outcome::NeverPolled, now),
            (Some(ended), false) => ended,
            (None, false) => (Outcome::Running, now),
        };
        Some(Task { label, created, polls: self.polls, wakes: self.wakes, outcome, end })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn task(label: &str, polls: &[(u64, u64, usize)], wakes: &[u64], end: u64) -> Task {
        Task {
            label: label.to_owned(),
            created: Duration::ZERO,
            polls: polls.iter().map(|&(start, end, thread)| Poll { start: ms(start), end: ms(end), thread }).collect(),
            wakes: wakes.iter().copied().map(ms).collect(),
            outcome: Outcome::Completed,
            end: ms(end),
        }
    }

    fn timeline(workers: usize, tasks: Vec<Task>) -> Timeline {
        let end = tasks.iter().map(|task| task.end).max().unwrap_or_default();
        Timeline { end, tasks, threads: vec![Thread::default(); workers] }
    }

    #[test]
    fn a_woken_task_is_scheduled_until_it_is_polled() {
        let task = task("t", &[(0, 1, 0), (9, 10, 0)], &[5], 10);
        let states: Vec<_> = task.spans().iter().map(|span| (span.state, span.start, span.end)).collect();
        assert_eq!(
            states,
            [
                (State::Busy, ms(0), ms(1)),
                (State::Idle, ms(1), ms(5)),
                (State::Scheduled, ms(5), ms(9)),
                (State::Busy, ms(9), ms(10)),
            ]
        );
    }

    #[test]
    fn a_wake_during_a_poll_counts_from_its_end() {
        let task = task("t", &[(0, 4, 0), (9, 10, 0)], &[2], 10);
        assert_eq!((task.idle(), task.scheduled()), (Duration::ZERO, ms(5)));
    }

    #[test]
    fn one_worker_is_blocked_by_the_innermost_slow_poll() {
        let outer = task("outer", &[(0, 100, 0)], &[], 100);
        let inner = task("inner", &[(20, 80, 0)], &[], 80);
        let quick = task("quick", &[(80, 85, 0)], &[], 85);
        let blocked = timeline(1, vec![outer, inner, quick]).blocked(ms(10), 1, |_| true);
        let by: Vec<_> = blocked.iter().map(|b| (b.start, b.end, b.by.as_deref().unwrap_or("?"))).collect();
        assert_eq!(by, [(ms(0), ms(20), "outer"), (ms(20), ms(80), "inner"), (ms(80), ms(100), "outer")]);
    }

    #[test]
    fn two_workers_are_blocked_only_while_both_are_held() {
        let one = task("one", &[(0, 50, 0)], &[], 50);
        let two = task("two", &[(30, 80, 1)], &[], 80);
        let both = timeline(2, vec![one.clone(), two]);
        assert_eq!(both.blocked(ms(10), 2, |_| true), [Blocked { start: ms(30), end: ms(50), by: Some("two".into()) }]);
        assert_eq!(timeline(2, vec![one]).blocked(ms(10), 2, |_| true), []);
        assert_eq!(both.blocked(ms(10), 1, |_| false), [], "only workers count");
    }

    #[test]
    fn a_task_that_follows_another_is_not_in_flight_with_it() {
        let tasks = vec![task("a", &[(0, 1, 0)], &[], 10), task("b", &[(10, 11, 0)], &[], 20)];
        let timeline = timeline(1, tasks);
        assert_eq!(timeline.in_flight(), [(ms(0), 1), (ms(10), 1), (ms(20), 0)]);
        assert_eq!(timeline.most_in_flight(), 1);
    }

    prop_compose! {
        /// Polls that do not overlap, wakes anywhere, an end at or after the last poll.
        fn any_task()(
            gaps in prop::collection::vec((0_u64..50, 0_u64..50), 1..20),
            wakes in prop::collection::vec(0_u64..2_000, 0..40),
            tail in 0_u64..50,
        ) -> Task {
            let mut at = 0;
            let mut polls = Vec::new();
            for (gap, length) in gaps {
                polls.push((at + gap, at + gap + length, 0));
                at += gap + length;
            }
            let mut task = task("any", &polls, &[], at + tail);
            task.wakes = wakes.into_iter().map(ms).collect();
            task.wakes.sort();
            task
        }
    }

    proptest! {
        #[test]
        fn spans_cover_a_life_without_a_gap_or_an_overlap(task in any_task()) {
            let spans = task.spans();
            let mut cursor = task.start().unwrap();
            for span in &spans {
                prop_assert_eq!(span.start, cursor);
                prop_assert!(span.start < span.end);
                cursor = span.end;
            }
            prop_assert_eq!(cursor, task.end);
            prop_assert_eq!(task.busy() + task.scheduled() + task.idle(), task.end - task.start().unwrap());
        }

        #[test]
        fn the_state_at_each_instant_is_what_polls_and_wakes_say(task in any_task()) {
            for span in task.spans() {
                let middle = span.start + span.duration() / 2;
                let polled = task.polls.iter().any(|poll| poll.start <= middle && middle < poll.end);
                let last = task.polls.iter().rfind(|poll| poll.start <= middle).unwrap();
                let woken = task.wakes.iter().any(|wake| *wake > last.start && *wake <= middle);
                let expected = if polled { State::Busy } else if woken { State::Scheduled } else { State::Idle };
                prop_assert_eq!(span.state, expected);
            }
        }

        #[test]
        fn blocked_stretches_are_disjoint_and_inside_slow_polls(tasks in prop::collection::vec(any_task(), 1..4)) {
            let timeline = timeline(1, tasks);
            let blocked = timeline.blocked(ms(10), 1, |_| true);
            for pair in blocked.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            for stretch in blocked {
                for at in (stretch.start.as_millis()..stretch.end.as_millis()).map(|at| ms(at as u64)) {
                    let holds = |poll: &Poll| poll.duration() >= ms(10) && poll.start <= at && at < poll.end;
                    prop_assert!(timeline.tasks.iter().flat_map(|task| &task.polls).any(holds));
                }
            }
        }

        #[test]
        fn the_in_flight_curve_ends_at_zero(tasks in prop::collection::vec(any_task(), 1..10)) {
            let count = tasks.len();
            let timeline = timeline(1, tasks);
            prop_assert_eq!(timeline.in_flight().last().map(|last| last.1), Some(0));
            prop_assert!(timeline.most_in_flight() <= count);
        }
    }
}
