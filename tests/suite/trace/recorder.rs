//! What a recorder notes of futures and closures.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use asyncdemo_trace::{Cause, Failed, Keep, Outcome, Recorder, State, Task, Timeline};
use futures_util::FutureExt;

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
    let (outcome, polls, spans) = polled.now_or_never().unwrap();
    assert_eq!((outcome, polls), (Outcome::Running, 1));
    assert!(spans.iter().all(|span| span.state == State::Busy));
}

#[tokio::test(start_paused = true)]
async fn a_future_that_moves_to_another_task_is_still_woken() {
    let recorder = Recorder::new();
    let mut moving = Box::pin(recorder.track("moving", nap(1)));
    assert!(moving.as_mut().now_or_never().is_none());
    assert_eq!(tokio::spawn(moving).await.unwrap(), 1);
    assert_eq!(recorder.timeline().tasks[0].outcome, Outcome::Completed);
}

fn woken_by(timeline: &Timeline, label: &str) -> Vec<Option<String>> {
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
    assert!(receives.as_mut().now_or_never().is_none());
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
    let sum = |time: fn(&Task) -> Duration| others.iter().map(time).sum();
    let sums: [Duration; 3] = [sum(Task::busy), sum(Task::scheduled), sum(Task::idle)];
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
    assert!(waits.as_mut().now_or_never().is_none());
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
