//! The lab, asked directly: what goes wrong in a strategy is told, and nothing else suffers from it.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::{no_hang, on_a_quiet_machine};
use anyhow::bail;
use asyncdemo::concepts::{Flavor, Output, Strategy};
use asyncdemo::lab::{self, Audience, Lab, Stop};
use asyncdemo::report::{self, StrategyReport};
use tokio::task::{JoinSet, spawn_blocking, yield_now};
use tokio::time::sleep;

const MOMENT: Duration = Duration::from_millis(20);
/// Far longer than the longest gap that a busy machine makes.
const LONG: Duration = Duration::from_millis(600);
/// Longer than any test may take: whoever waits for it hangs.
const EVER: Duration = Duration::from_secs(600);

fn lab() -> Lab {
    Lab {
        slow_poll: LONG / 2,
        repeat: 1,
        show_heartbeat: false,
        max_tasks: 1_000,
        stop: Stop::default(),
    }
}

#[track_caller]
fn run(lab: Lab, strategy: Strategy) -> lab::Outcome {
    no_hang(strategy.name, move || lab.run(&strategy, &mut ()))
}

#[expect(clippy::disallowed_methods, reason = "to block a thread is the point")]
fn block(time: Duration) {
    thread::sleep(time);
}

fn outcomes(report: &StrategyReport) -> Vec<(&str, report::Outcome)> {
    report
        .tasks
        .iter()
        .map(|task| (task.label.as_str(), task.outcome))
        .collect()
}

#[test]
fn a_task_that_panics_is_reported_and_the_rest_finish() {
    for flavor in [Flavor::CurrentThread, Flavor::MultiThread(2)] {
        let strategy = Strategy::new("panics", "one of three", (), |recorder, ()| async move {
            let mut tasks = JoinSet::new();
            tasks.spawn(recorder.track("first", sleep(MOMENT)));
            tasks.spawn(recorder.track("oops", async { panic!("on purpose") }));
            tasks.spawn(recorder.track("last", sleep(MOMENT)));
            let mut panics = 0;
            while let Some(joined) = tasks.join_next().await {
                panics += usize::from(joined.is_err_and(|error| error.is_panic()));
            }
            Ok(Output::new(panics))
        });
        let outcome = run(lab(), strategy.on(flavor));
        assert_eq!(
            (outcome.result, outcome.report.error.as_deref()),
            (Some(1.into()), None)
        );
        use report::Outcome::{Completed, Panicked};
        assert_eq!(
            outcomes(&outcome.report),
            [
                ("first", Completed),
                ("oops", Panicked),
                ("last", Completed)
            ]
        );
    }
}

#[test]
fn a_strategy_that_panics_is_an_error_and_the_next_one_runs() {
    for flavor in [Flavor::CurrentThread, Flavor::MultiThread(2)] {
        let panics = Strategy::new("panics", "at once", (), |recorder, ()| async move {
            recorder.track("before", yield_now()).await;
            panic!("on purpose")
        });
        let outcome = run(lab(), panics.on(flavor));
        assert_eq!(
            outcome.report.error.as_deref(),
            Some("it panicked: on purpose")
        );
        assert_eq!((outcome.result, outcome.stopped), (None, false));
        assert_eq!(
            outcomes(&outcome.report),
            [("before", report::Outcome::Completed)]
        );

        let fine = Strategy::new("fine", "nothing", (), |_, ()| async {
            Ok(Output::new("done"))
        });
        assert_eq!(run(lab(), fine.on(flavor)).result, Some("done".into()));
    }
}

#[test]
fn a_strategy_that_fails_says_why_and_what_it_did_until_then() {
    let strategy = Strategy::new("fails", "after a wait", (), |recorder, ()| async move {
        recorder.track("waits", sleep(MOMENT)).await;
        bail!("the server is gone")
    });
    let report = run(lab(), strategy.ideal(LONG)).report;
    assert_eq!(report.error.as_deref(), Some("the server is gone"));
    assert_eq!(outcomes(&report), [("waits", report::Outcome::Completed)]);
    assert!(report.wall_s[0].0 >= MOMENT);
    assert_eq!(
        report.overhead_s, None,
        "what failed cannot be compared with its ideal"
    );
}

#[test]
fn an_error_in_the_preparation_is_reported_without_figures() {
    let prepare = || -> anyhow::Result<()> { bail!("the file is locked") };
    let strategy = Strategy::staged("staged", "a database", prepare, |_, ()| async {
        Ok(Output::new(()))
    });
    let outcome = run(Lab { repeat: 3, ..lab() }, strategy.ideal(LONG));
    let expected = StrategyReport {
        error: Some("it could not be prepared: the file is locked".to_owned()),
        ..lab::plan(
            &Strategy::new("staged", "a database", (), |_, ()| async {
                Ok(Output::new(()))
            })
            .ideal(LONG),
        )
    };
    assert_eq!(
        outcome.report, expected,
        "it never ran, so there is nothing measured"
    );
    assert!(!outcome.stopped);
}

#[test]
fn every_run_has_a_stage_of_its_own() {
    let (made, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let prepare = move || Ok(made.fetch_add(1, Ordering::SeqCst));
    let in_run = Arc::clone(&seen);
    let strategy = Strategy::staged("staged", "counts", prepare, move |_, stage| {
        let seen = Arc::clone(&in_run);
        async move {
            assert_eq!(seen.fetch_add(1, Ordering::SeqCst), stage);
            Ok(Output::new(stage))
        }
    });
    let outcome = run(Lab { repeat: 3, ..lab() }, strategy);
    assert_eq!(
        (outcome.report.error, seen.load(Ordering::SeqCst)),
        (None, 3)
    );
}

#[test]
fn a_blocking_thread_that_never_ends_is_left_behind() {
    for flavor in [Flavor::CurrentThread, Flavor::MultiThread(2)] {
        let strategy = Strategy::new("leaves", "a thread that sleeps on", (), |_, ()| async {
            let (started, has_started) = tokio::sync::oneshot::channel();
            spawn_blocking(move || {
                let _ = started.send(());
                block(EVER);
            });
            has_started.await?;
            Ok(Output::new("back"))
        });
        let outcome = run(lab(), strategy.on(flavor));
        assert_eq!(
            (outcome.result, outcome.report.error),
            (Some("back".into()), None)
        );
    }
}

#[test]
fn the_median_run_is_the_one_that_is_shown() {
    let count = AtomicUsize::new(0);
    let strategy = Strategy::new("uneven", "three lengths", (), move |recorder, ()| {
        let run = count.fetch_add(1, Ordering::SeqCst);
        async move {
            recorder
                .track(format!("run {run}"), sleep(MOMENT * [9, 1, 3][run] as u32))
                .await;
            Ok(Output::new("same"))
        }
    });
    let report = run(Lab { repeat: 3, ..lab() }, strategy.ideal(MOMENT)).report;
    let mut order = [0, 1, 2];
    order.sort_by_key(|run| report.wall_s[*run]);
    assert_eq!(
        outcomes(&report),
        [(&*format!("run {}", order[1]), report::Outcome::Completed)]
    );
    let median = report.wall_s[order[1]];
    assert_eq!((report.wall_s.len(), report.wall()), (3, Some(median)));
    assert_eq!(
        report.overhead_s,
        Some(median.0.as_secs_f64() - MOMENT.as_secs_f64())
    );
}

#[test]
fn one_blocker_on_one_thread_blocks_the_loop_and_is_named() {
    let strategy = Strategy::new("blocks", "one thread", (), |recorder, ()| async move {
        let waits = recorder.track("waits", sleep(MOMENT));
        tokio::join!(waits, recorder.track("culprit", async { block(LONG) }));
        Ok(Output::new(()))
    });
    let report = run(lab(), strategy).report;
    let [blocked] = &report.blocked[..] else {
        panic!("one stretch: {:?}", report.blocked)
    };
    assert_eq!(blocked.by.as_deref(), Some("culprit"));
    assert!(blocked.end_s.0 - blocked.start_s.0 >= LONG);
    let heartbeat = report.heartbeat.expect("it beat before the strategy began");
    assert_eq!(heartbeat.blocked_by.as_deref(), Some("culprit"));
    assert!(heartbeat.max_gap_s.0 >= LONG);
}

#[test]
fn what_blocks_and_is_not_tracked_is_found_by_the_heartbeat() {
    let strategy = Strategy::new("blocks", "untracked", (), |recorder, ()| async move {
        let waits = tokio::spawn(recorder.track("waits", sleep(MOMENT)));
        yield_now().await;
        block(LONG);
        waits.await?;
        Ok(Output::new(()))
    });
    let report = run(lab(), strategy).report;
    let [blocked] = &report.blocked[..] else {
        panic!("one stretch: {:?}", report.blocked)
    };
    assert_eq!(blocked.by, None);
    // The first beat that was missed was due up to a period after the thread was taken.
    assert!(
        blocked.end_s.0 - blocked.start_s.0 >= LONG - asyncdemo::trace::PERIOD,
        "{blocked:?}"
    );
}

#[test]
fn on_two_workers_one_blocker_stops_nobody_while_the_other_is_awake() {
    let strategy = Strategy::new(
        "hides",
        "one of two workers",
        (),
        |recorder, ()| async move {
            let (release, released) = mpsc::channel();
            let blocker = tokio::spawn(recorder.track("blocker", async move { released.recv() }));
            let other = recorder.track("other", async move {
                // It needs the timer again and again: the other worker has to be awake all the while.
                for _ in 0..10 {
                    sleep(LONG / 10).await;
                }
                release.send(())
            });
            tokio::spawn(other).await??;
            blocker.await??;
            Ok(Output::new(()))
        },
    );
    let report = run(lab(), strategy.on(Flavor::MultiThread(2))).report;
    assert_eq!(report.error, None);
    let held = report.tasks[0]
        .polls
        .iter()
        .map(|poll| poll.duration().0)
        .max();
    assert!(held >= Some(LONG), "the blocker held its worker: {held:?}");
    // A machine that stops for longer than that gives a stretch without a name.
    assert!(
        report.blocked.iter().all(|blocked| blocked.by.is_none()),
        "{:?}",
        report.blocked
    );
}

#[test]
fn on_two_workers_two_blockers_freeze_everything() {
    let strategy = Strategy::new(
        "freezes",
        "two of two workers",
        (),
        |recorder, ()| async move {
            // Each waits for the other, so that both hold a worker at once.
            let both = Arc::new(std::sync::Barrier::new(2));
            let mut tasks = JoinSet::new();
            for label in ["one", "two"] {
                let both = Arc::clone(&both);
                tasks.spawn(recorder.track(label, async move {
                    both.wait();
                    block(LONG);
                }));
            }
            tasks.join_all().await;
            Ok(Output::new(()))
        },
    );
    let report = run(lab(), strategy.on(Flavor::MultiThread(2))).report;
    let named: Vec<_> = report
        .blocked
        .iter()
        .filter_map(|blocked| blocked.by.as_deref())
        .collect();
    assert!(matches!(named[..], ["one" | "two"]), "{:?}", report.blocked);
    assert_eq!(report.threads, 2);
    assert!(
        report
            .heartbeat
            .is_some_and(|heartbeat| heartbeat.max_gap_s.0 >= LONG / 2)
    );
}

#[test]
fn a_thread_of_the_blocking_pool_is_no_worker() {
    let strategy = Strategy::new("pool", "blocks elsewhere", (), |recorder, ()| async move {
        let (handle, label) = (tokio::runtime::Handle::current(), recorder.clone());
        let elsewhere = spawn_blocking(move || {
            handle.block_on(label.track("elsewhere", async { block(LONG) }))
        });
        recorder.track("here", elsewhere).await?;
        Ok(Output::new(()))
    });
    for flavor in [Flavor::CurrentThread, Flavor::MultiThread(1)] {
        let report = run(lab(), strategy.clone().on(flavor)).report;
        assert!(
            report.blocked.iter().all(|blocked| blocked.by.is_none()),
            "{flavor:?}: {:?}",
            report.blocked
        );
        assert_eq!(
            report.threads, 2,
            "{flavor:?}: the worker, and the pool's thread"
        );
    }
}

#[test]
fn the_heartbeat_is_a_lane_only_where_it_is_asked_for() {
    let strategy = Strategy::new("waits", "once", (), |recorder, ()| async move {
        recorder.track("waits", sleep(MOMENT)).await;
        Ok(Output::new(()))
    });
    let shown = run(
        Lab {
            show_heartbeat: true,
            max_tasks: 1_000,
            ..lab()
        },
        strategy.clone(),
    )
    .report;
    use report::Outcome::{Completed, Running};
    assert_eq!(outcomes(&shown), [("waits", Completed)]);
    let lane = |report: &StrategyReport| report.heartbeat.clone().and_then(|heart| heart.lane);
    assert_eq!(lane(&shown).map(|lane| lane.outcome), Some(Running));
    assert_eq!(shown.lanes().len(), 2);
    let hidden = run(lab(), strategy).report;
    assert_eq!(
        (outcomes(&hidden), lane(&hidden)),
        (vec![("waits", Completed)], None)
    );
}

#[test]
fn a_task_that_is_called_heartbeat_is_a_task_like_any_other() {
    let strategy = Strategy::new("waits", "twice at once", (), |recorder, ()| async move {
        let heartbeat = recorder.track("heartbeat", sleep(MOMENT));
        tokio::join!(heartbeat, recorder.track("other", sleep(MOMENT)));
        Ok(Output::new(()))
    });
    for show_heartbeat in [false, true] {
        let lab = Lab {
            show_heartbeat,
            ..lab()
        };
        let report = run(lab, strategy.clone()).report;
        use report::Outcome::Completed;
        assert_eq!(
            outcomes(&report),
            [("heartbeat", Completed), ("other", Completed)]
        );
        assert_eq!((report.most_in_flight(), report.task_count()), (2, 2));
        let lanes = report.lanes();
        let own = lanes.iter().filter(|lane| report.is_heartbeat(lane));
        assert_eq!(own.count(), usize::from(show_heartbeat));
    }
}

/// Asks for a stop as soon as so many tasks are tracked.
struct StopAt(usize, Stop);

impl Audience for StopAt {
    fn watches(&self) -> bool {
        true
    }

    fn see(&mut self, so_far: StrategyReport) {
        let polled = so_far.tasks.iter().filter(|task| task.start_s.is_some());
        if polled.count() >= self.0 {
            self.1.stop(2);
        }
    }
}

#[test]
fn a_stop_ends_a_strategy_that_waits_and_one_that_blocks_its_thread() {
    let waits = Strategy::new("waits", "for ever", (), |recorder, ()| async move {
        recorder.track("task", pending::<()>()).await;
        Ok(Output::new(()))
    });
    let blocks = Strategy::new("blocks", "for ever", (), |recorder, ()| async move {
        recorder.track("task", async { block(EVER) }).await;
        Ok(Output::new(()))
    });
    for (strategy, ended) in [
        (waits, report::Outcome::Cancelled),
        (blocks, report::Outcome::Running),
    ] {
        for flavor in [Flavor::CurrentThread, Flavor::MultiThread(2)] {
            // A machine that stops for half a second makes the lab give up on a task that would have ended.
            on_a_quiet_machine(&format!("{:?}", [("task", ended)]), || {
                let lab = Lab { repeat: 3, ..lab() };
                let strategy = strategy.clone().on(flavor).ideal(LONG);
                let outcome = no_hang(strategy.name, move || {
                    let mut watch = StopAt(1, lab.stop.clone());
                    lab.run(&strategy, &mut watch)
                });
                assert!(outcome.stopped && outcome.result.is_none(), "{outcome:?}");
                assert_eq!(
                    (&outcome.report.error, outcome.report.overhead_s),
                    (&None, None)
                );
                format!("{:?}", outcomes(&outcome.report))
            });
        }
    }
}

#[test]
fn a_stopped_strategy_is_looked_at_when_it_has_cleaned_up_behind_itself() {
    struct CleansUp;
    impl Drop for CleansUp {
        fn drop(&mut self) {
            block(MOMENT * 5);
        }
    }
    let strategy = Strategy::new(
        "cleans up",
        "and takes its time",
        (),
        |recorder, ()| async move {
            let task = std::pin::pin!(recorder.track("task", pending::<()>()));
            let _dropped_first = CleansUp;
            task.await;
            Ok(Output::new(()))
        },
    );
    on_a_quiet_machine(
        &format!("{:?}", [("task", report::Outcome::Cancelled)]),
        || {
            let strategy = strategy.clone();
            let outcome = no_hang(strategy.name, move || {
                let lab = lab();
                let mut watch = StopAt(1, lab.stop.clone());
                lab.run(&strategy, &mut watch)
            });
            format!("{:?}", outcomes(&outcome.report))
        },
    );
}

#[test]
fn runs_that_were_over_before_the_stop_are_kept_and_the_cut_one_is_not_among_them() {
    let count = AtomicUsize::new(0);
    let strategy = Strategy::new("third", "never ends", (), move |recorder, ()| {
        let run = count.fetch_add(1, Ordering::SeqCst);
        async move {
            recorder.track(format!("run {run}"), sleep(MOMENT)).await;
            if run == 2 {
                let () = recorder.track("for ever", pending()).await;
            }
            Ok(Output::new(()))
        }
    });
    let outcome = no_hang("repeated", move || {
        let lab = Lab { repeat: 5, ..lab() };
        let mut watch = StopAt(2, lab.stop.clone());
        lab.run(&strategy, &mut watch)
    });
    assert!(outcome.stopped);
    assert_eq!(outcome.report.wall_s.len(), 2, "{:?}", outcome.report);
    assert_eq!(outcome.report.tasks.len(), 1);
}

#[test]
fn after_a_stop_nothing_begins() {
    let lab = lab();
    lab.stop.stop(15);
    let strategy = Strategy::new("late", "too late", (), |_, ()| async {
        Ok(Output::new(()))
    });
    let planned = lab::plan(&strategy);
    let outcome = run(lab.clone(), strategy);
    assert!(outcome.stopped);
    assert_eq!((outcome.report, lab.stop.signal()), (planned, Some(15)));
    lab.stop.stop(2);
    assert_eq!(
        lab.stop.signal(),
        Some(15),
        "the first signal is the one that counts"
    );
}

/// What differs by less than a fifth in one run is noise, and no ratio.
#[test]
fn a_speed_up_within_the_spread_is_none() {
    let about = asyncdemo::concepts::find("sleep").unwrap().about;
    let sleeping = |name, millis| {
        Strategy::new(name, "it sleeps", millis, |recorder, millis| async move {
            let nap = sleep(Duration::from_millis(millis));
            recorder.track("nap", nap).await;
            Ok(Output::new(()))
        })
    };
    let chosen = [
        sleeping("first", 200),
        sleeping("near", 215),
        sleeping("far", 600),
    ];
    let lab = lab();
    let arguments = serde_json::json!({});
    let report = lab::measure(&about, arguments, &chosen, None, &lab, &mut ()).unwrap();
    let [first, near, far] = &report.strategies[..] else {
        panic!("{report:?}")
    };
    assert_eq!(first.speedup, Some(1.0));
    for strategy in [near, far] {
        let wall = |strategy: &StrategyReport| strategy.wall_s[0].0.as_secs_f64();
        let ratio = wall(first) / wall(strategy);
        let apart = (wall(first) - wall(strategy)).abs() >= 0.02;
        let beyond = apart && !(1.0 / 1.2..1.2).contains(&ratio);
        assert_eq!(strategy.speedup.is_some(), beyond, "{ratio}");
    }
}

/// Strategies of which some tasks failed are drawn with the cause, and compared with none.
#[test]
fn a_task_that_fails_fails_no_strategy_and_makes_none_faster() {
    let about = asyncdemo::concepts::find("sleep").unwrap().about;
    let asking = |name, failing: usize| {
        Strategy::new(name, "it asks", failing, |recorder, failing| async move {
            for number in 0..4 {
                let asked = async move {
                    sleep(Duration::from_millis(if number < failing { 1 } else { 40 })).await;
                    if number < failing {
                        Err("hung up".to_owned())
                    } else {
                        Ok(())
                    }
                };
                let _ = recorder.track_result(format!("ask {number}"), asked).await;
            }
            Ok(Output::new(()))
        })
    };
    let chosen = [asking("all", 0), asking("some", 2), asking("few", 3)];
    let arguments = serde_json::json!({});
    let report = lab::measure(&about, arguments, &chosen, None, &lab(), &mut ()).unwrap();
    let told: Vec<_> = report
        .strategies
        .iter()
        .map(|strategy| {
            (
                strategy.speedup,
                strategy.failed_in_words(),
                strategy.mostly_failed(),
            )
        })
        .collect();
    let words = |failed| Some(format!("{failed} of 4 failed: hung up"));
    let expected = [
        (Some(1.0), None, false),
        (None, words(2), false),
        (None, words(3), true),
    ];
    assert_eq!(told, expected);
}
