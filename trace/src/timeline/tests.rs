use proptest::prelude::*;

use super::*;
use crate::blocked::Blocked;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn task(label: &str, polls: &[(u64, u64, usize)], wakes: &[u64], end: u64) -> Task {
    Task {
        label: label.to_owned(),
        location: None,
        created: Duration::ZERO,
        polls: polls
            .iter()
            .map(|&(start, end, thread)| Poll {
                start: ms(start),
                end: ms(end),
                thread,
            })
            .collect(),
        wakes: wakes.iter().copied().map(ms).collect(),
        woken_by: Vec::new(),
        outcome: Outcome::Completed,
        failed: None,
        end: ms(end),
    }
}

fn timeline(workers: usize, tasks: Vec<Task>) -> Timeline {
    let end = tasks.iter().map(|task| task.end).max().unwrap_or_default();
    Timeline {
        end,
        tasks,
        threads: vec![Thread::default(); workers],
        ..Timeline::default()
    }
}

#[test]
fn a_woken_task_is_scheduled_until_it_is_polled() {
    let task = task("t", &[(0, 1, 0), (9, 10, 0)], &[5], 10);
    let states: Vec<_> = task
        .spans()
        .iter()
        .map(|span| (span.state, span.start, span.end))
        .collect();
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
    let by: Vec<_> = blocked
        .iter()
        .map(|b| (b.start, b.end, b.by.as_deref().unwrap_or("?")))
        .collect();
    assert_eq!(
        by,
        [
            (ms(0), ms(20), "outer"),
            (ms(20), ms(80), "inner"),
            (ms(80), ms(100), "outer")
        ]
    );
}

#[test]
fn two_workers_are_blocked_only_while_both_are_held() {
    let one = task("one", &[(0, 50, 0)], &[], 50);
    let two = task("two", &[(30, 80, 1)], &[], 80);
    let both = timeline(2, vec![one.clone(), two]);
    assert_eq!(
        both.blocked(ms(10), 2, |_| true),
        [Blocked {
            start: ms(30),
            end: ms(50),
            by: Some("two".into())
        }]
    );
    assert_eq!(timeline(2, vec![one]).blocked(ms(10), 2, |_| true), []);
    assert_eq!(both.blocked(ms(10), 1, |_| false), [], "only workers count");
}

#[test]
fn one_of_two_workers_is_enough_where_the_heart_stops_as_long_as_it_is_held() {
    let beats = |starts: &[u64]| {
        let polls: Vec<_> = starts.iter().map(|at| (*at, *at, 1)).collect();
        Some(task("heartbeat", &polls, &[], 400))
    };
    let blocker = || task("blocker", &[(55, 355, 0)], &[], 355);
    let blocked = |heartbeat| {
        let timeline = Timeline {
            heartbeat,
            ..timeline(2, vec![blocker()])
        };
        timeline.blocked(ms(10), 2, |_| true)
    };
    let stretch = [Blocked {
        start: ms(55),
        end: ms(355),
        by: Some("blocker".into()),
    }];
    assert_eq!(blocked(beats(&[30, 40, 50, 355, 365])), stretch);
    // While the poll goes on, too.
    assert_eq!(blocked(beats(&[30, 40, 50])), stretch);
    for heartbeat in [
        None,
        beats(&[]),
        // Another worker watched the timers, if late.
        beats(&[30, 40, 50, 60, 70, 80]),
        beats(&[30, 40, 50, 340, 350]),
    ] {
        assert_eq!(blocked(heartbeat), []);
    }
    // A poll that is over before four beats are due says nothing.
    let brief = Timeline {
        heartbeat: beats(&[50, 90]),
        ..timeline(2, vec![task("brief", &[(55, 90, 0)], &[], 90)])
    };
    assert_eq!(brief.blocked(ms(10), 2, |_| true), []);
}

#[test]
fn a_task_that_follows_another_is_not_in_flight_with_it() {
    let tasks = vec![
        task("a", &[(0, 1, 0)], &[], 10),
        task("b", &[(10, 11, 0)], &[], 20),
    ];
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
