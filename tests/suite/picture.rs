//! A report as text: one known report in full, and what holds for any report at any width.

use std::sync::Arc;
use std::time::Duration;

use crate::support::Test;
use asyncdemo::claims::{
    BlocksTheLoop, Claim, Claims, KeepsTheLoopAwake, OneAfterTheOther, Overlapped, findings,
};
use asyncdemo::page::{Style, to_ansi};
use asyncdemo::picture::Picture;
use asyncdemo::report::{
    Blocked, Failed, FailedTasks, Finding, Heartbeat, Machine, Outcome, Poll, Report, Runtime,
    SCHEMA, Seconds, StrategyReport, Task,
};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

fn drawn_report(report: &Report, style: Style) -> String {
    to_ansi(&Picture::report(report, style), &style)
}

fn ms(millis: u64) -> Seconds {
    Seconds(Duration::from_millis(millis))
}

fn task(label: &str, start: u64, end: u64, outcome: Outcome) -> Task {
    let mut polls = vec![Poll {
        start_s: ms(start),
        end_s: Seconds(ms(start).0 + Duration::from_micros(20)),
        thread: 0,
    }];
    if outcome == Outcome::Completed {
        polls.push(Poll {
            start_s: Seconds(ms(end).0 - Duration::from_micros(20)),
            end_s: ms(end),
            thread: 0,
        });
    }
    let busy: Duration = polls.iter().map(|poll| poll.duration().0).sum();
    Task {
        label: label.to_owned(),
        location: None,
        outcome,
        exception: None,
        failed: None,
        created_s: ms(start),
        start_s: Some(ms(start)),
        end_s: ms(end),
        busy_s: Seconds(busy),
        scheduled_s: ms(0),
        idle_s: Seconds(ms(end - start).0 - busy),
        wakes_s: polls.iter().skip(1).map(|poll| poll.start_s).collect(),
        woken_by: Vec::new(),
        polls,
    }
}

fn strategy(name: &str, summary: &str, wall: u64, ideal: u64, tasks: Vec<Task>) -> StrategyReport {
    let runtime = Runtime {
        flavor: "current-thread".to_owned(),
        workers: 1,
    };
    StrategyReport {
        wall_s: vec![ms(wall)],
        overhead_s: Some(ms(wall).0.as_secs_f64() - ms(ideal).0.as_secs_f64()),
        heartbeat: Some(Heartbeat {
            period_s: ms(10),
            max_gap_s: ms(11),
            blocked_by: None,
            lane: None,
        }),
        threads: 1,
        tasks,
        ..StrategyReport::planned(name, summary, runtime, Some(ms(ideal).0))
    }
}

fn report(strategies: Vec<StrategyReport>, claims: &[Arc<dyn Claim>]) -> Report {
    let claims = claims.chunks(1);
    Report {
        schema: SCHEMA.to_owned(),
        concept: "example".to_owned(),
        arguments: serde_json::json!({}),
        program: None,
        started: None,
        machine: Machine {
            cores: 2,
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            cpu: None,
        },
        partial: false,
        slow_poll_s: ms(10),
        only_in_rust: Vec::new(),
        findings: findings(strategies.iter().zip(claims), &strategies),
        strategies,
    }
}

/// What may happen in a run, one of each.
fn eventful() -> Report {
    use Outcome::{Cancelled, Completed, NeverPolled, Panicked};
    let in_turn = vec![
        task("fetch one", 0, 1001, Completed),
        task("fetch two", 1001, 3002, Completed),
    ];
    let at_once = vec![
        task("fetch one", 0, 1001, Completed),
        task("fetch two", 0, 2001, Completed),
        task("dropped", 0, 500, Cancelled),
        task("broken", 500, 700, Panicked),
        Task {
            polls: Vec::new(),
            start_s: None,
            ..task("forgotten", 0, 2001, NeverPolled)
        },
    ];
    let mut blocker = task("blocker", 100, 1600, Completed);
    blocker.polls[0].end_s = ms(1500);
    let blocked = StrategyReport {
        blocked: vec![Blocked {
            start_s: ms(100),
            end_s: ms(1500),
            by: Some("blocker".to_owned()),
            location: None,
        }],
        heartbeat: Some(Heartbeat {
            period_s: ms(10),
            max_gap_s: ms(1400),
            blocked_by: Some("blocker".to_owned()),
            lane: None,
        }),
        metrics: [
            ("rows_count".to_owned(), 12.0),
            ("first_reply_s".to_owned(), 0.25),
        ]
        .into(),
        speedup: Some(1.876),
        ..strategy(
            "blocks",
            "std::thread::sleep",
            1600,
            1500,
            vec![blocker, task("waiting", 0, 1600, Completed)],
        )
    };
    let failed = StrategyReport {
        error: Some("the server at 127.0.0.1:8080 is gone\nIs it running?".to_owned()),
        overhead_s: None,
        ..strategy(
            "fails",
            "no answer",
            20,
            1000,
            vec![task("fetch one", 0, 20, Completed)],
        )
    };
    report(
        vec![
            StrategyReport {
                speedup: Some(1.0),
                ..strategy("in-turn", "one.await, then two.await", 3002, 3000, in_turn)
            },
            StrategyReport {
                speedup: Some(1.5),
                wall_s: vec![ms(2001), ms(2000), ms(2004)],
                ..strategy("at-once", "tokio::join!(one, two)", 2001, 2000, at_once)
            },
            blocked,
            failed,
        ],
        &[
            Arc::new(OneAfterTheOther),
            Arc::new(Overlapped),
            Arc::new(BlocksTheLoop),
            Arc::new(Overlapped),
        ],
    )
}

#[test]
fn a_report_is_drawn_like_this() {
    let drawn = drawn_report(&eventful(), Style::default());
    let expected = "                    0 s     0.5     1.0      1.5     2.0      2.5     3.0
in-turn             one.await, then two.await · current-thread
  fetch one         ├────────────────┤                                   1.001 s
  fetch two                          ├────────────────────────────────┤  2.001 s
  event loop        longest gap of the heartbeat 11 ms
  wall              3.002 s · ideal 3.000 s · overhead 2.0 ms

at-once             tokio::join!(one, two) · current-thread
  fetch one         ├────────────────┤                                   1.001 s
  fetch two         ├────────────────────────────────┤                   2.001 s
  dropped           ├───────✗                                             500 ms
  broken                    ├──!                                          200 ms
  forgotten         made, never polled: an empty lane
  event loop        longest gap of the heartbeat 11 ms
  wall              2.001 s (median of 3, 2.000 s to 2.004 s) · ideal 2.000 s ·
                    overhead 1.0 ms · 1.50× faster

blocks              std::thread::sleep · current-thread
  blocker            ╋███████████████████████╋─┤                         1.500 s
  waiting           ├─░░░░░░░░░░░░░░░░░░░░░░░──┤                         1.600 s
  event loop        blocked for 1.400 s by blocker
  counted           first reply 250 ms · rows 12
  wall              1.600 s · ideal 1.500 s · overhead 100 ms · 1.88× faster

fails               no answer · current-thread
  fetch one         ┤                                                      20 ms
  event loop        longest gap of the heartbeat 11 ms
  wall              20 ms · ideal 1.000 s
  failed            the server at 127.0.0.1:8080 is gone
                    Is it running?

                    wall       ideal      overhead
in-turn             3.002 s    3.000 s    2.0 ms     ███████████████████▌
at-once             2.001 s    2.000 s    1.0 ms     █████████████ 1.50× faster
blocks              1.600 s    1.500 s    100 ms     ██████████▍ 1.88× faster

in-turn: one at a time, so the waits added up: 3.002 s of waiting took 3.002 s.
at-once: the waits overlapped. It took as long as the longest one (2.001 s), not
  their sum (3.702 s). 1 thread did it, busy for 120 µs of 2.001 s. Waiting
  needs no thread.
blocks: blocker held the thread for 1.400 s. The heartbeat was due 140 times
  meanwhile and could not run: its longest gap was 1.400 s. Every other request
  to your server would have waited just as long.

├ ┤ first and last poll   ─ waiting   ░ could not run   █ ╋ held its thread
✗ cancelled   ! panicked
";
    assert_eq!(drawn, expected, "\n{drawn}");
}

#[test]
fn many_lanes_are_folded_and_none_is_forgotten() {
    let lanes = |count: u64| {
        (0..count)
            .map(|n| task(&format!("task {n}"), 0, 1000 + n, Outcome::Completed))
            .collect()
    };
    let drawn = |count: u64| {
        let strategy = strategy("join", "all at once", 2000, 2000, lanes(count));
        drawn_report(
            &report(vec![strategy], &[]),
            Style {
                lanes: 5,
                ..Style::default()
            },
        )
    };
    let shown = |drawn: &str| {
        drawn
            .lines()
            .filter(|line| line.starts_with("  task"))
            .count()
    };
    assert_eq!(shown(&drawn(5)), 5);
    let folded = drawn(100);
    assert_eq!(shown(&folded), 3);
    assert!(
        folded.contains("\n  + 97 more, 100 in flight at most\n  in flight         ▇▇▇▇▇"),
        "{folded}"
    );
}

#[test]
fn the_head_fits_into_any_screen() {
    let head = |width| {
        let text = Picture::new(
            Style {
                width,
                ..Style::default()
            },
            Duration::ZERO,
            Duration::ZERO,
        );
        let head = text.head(
            "db",
            "queries to a real SQLite file",
            "in Python: await session.execute()",
        );
        to_ansi(&head, &Style::default())
    };
    for width in 40..120 {
        assert!(
            head(width).lines().all(|line| line.width() <= width),
            "{width} columns:\n{}",
            head(width)
        );
    }
    assert_eq!(
        head(40),
        "db          queries to a real SQLite\n            file\n  in Python: await session.execute()\n"
    );
}

#[test]
fn a_figure_is_not_parted_from_its_unit() {
    for width in 40..120 {
        let drawn = drawn_report(
            &eventful(),
            Style {
                width,
                ..Style::default()
            },
        );
        let parted = drawn
            .lines()
            .find(|line| line.starts_with("  s ") || line.starts_with("  ms") || *line == "  s.");
        assert_eq!(parted, None, "{width} columns:\n{drawn}");
    }
}

/// Anything that a server, a file name or a user may put into a report.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,30}",
        "[a-z]{60,90}",
        "\\PC{0,20}",
        any::<String>()
    ]
}

fn any_time() -> impl Strategy<Value = Seconds> {
    prop_oneof![0_u64..10, 0_u64..5_000_000_000, 0_u64..100_000_000_000_000]
        .prop_map(|nanos| Seconds(Duration::from_nanos(nanos)))
}

prop_compose! {
    fn any_task()(
        label in any_text(),
        outcome in prop::sample::select(vec![
            Outcome::Running, Outcome::Completed, Outcome::Cancelled, Outcome::Panicked, Outcome::NeverPolled,
            Outcome::Failed,
        ]),
        reason in any_text(),
        mut times in prop::collection::vec(any_time(), 1..12),
        wakes in prop::collection::vec(any_time(), 0..6),
    ) -> Task {
        times.sort();
        let polls: Vec<_> = match outcome {
            Outcome::NeverPolled => Vec::new(),
            _ => times.chunks_exact(2).map(|poll| Poll { start_s: poll[0], end_s: poll[1], thread: 0 }).collect(),
        };
        Task {
            label,
            location: None,
            outcome,
            exception: None,
            failed: (outcome == Outcome::Failed).then_some(Failed { status: Some(503), reason }),
            created_s: times[0],
            start_s: polls.first().map(|poll| poll.start_s),
            end_s: times[times.len() - 1],
            busy_s: ms(1),
            scheduled_s: ms(1),
            idle_s: ms(1),
            polls,
            wakes_s: wakes,
            woken_by: Vec::new(),
        }
    }
}

prop_compose! {
    fn any_strategy()(
        name in prop::sample::select(vec!["join", "timeout-cannot-help", "created-first"]),
        summary in any_text(),
        error in prop::option::of(any_text()),
        workers in 1_usize..100,
        walls in prop::collection::vec(any_time(), 0..4),
        ideal in prop::option::of(any_time()),
        speedup in prop::option::of(prop_oneof![0.001..1000.0, Just(1.0)]),
        stretch in (any_time(), any_time(), prop::option::of(any_text())),
        metrics in prop::collection::btree_map("[a-z_]{1,30}_(count|s|bytes)", -1e9..1e12, 0..4),
        failures in prop::collection::vec((any_text(), 1_usize..1000), 0..3),
        tasks in prop::collection::vec(any_task(), 0..8),
        copies in prop_oneof![4 => Just(1_usize), 1 => Just(1_000)],
    ) -> StrategyReport {
        let (start, end, by) = (stretch.0.min(stretch.1), stretch.0.max(stretch.1), stretch.2);
        let runtime = Runtime { flavor: "multi-thread".to_owned(), workers };
        let mut report = StrategyReport {
            error,
            wall_s: walls,
            speedup,
            heartbeat: Some(Heartbeat { period_s: ms(10), max_gap_s: end, blocked_by: by.clone(), lane: None }),
            blocked: vec![Blocked { start_s: start, end_s: end, by, location: None }],
            metrics,
            failures: failures
                .into_iter()
                .map(|(reason, count)| FailedTasks { status: None, reason, count })
                .collect(),
            ..StrategyReport::planned(name, &summary, runtime, ideal.map(|ideal| ideal.0))
        };
        report.overhead_s = Some(report.wall().unwrap_or_default().0.as_secs_f64() - end.0.as_secs_f64());
        // Many lanes are folded, however many more there are.
        report.tasks = tasks.iter().cycle().take(tasks.len() * copies).cloned().collect();
        report
    }
}

#[test]
fn what_is_drawn_as_blocked_is_not_called_awake() {
    let kinds = |blocked: Vec<Blocked>| {
        let mut chunked = strategy("chunked", "", 400, 400, Vec::new());
        chunked.blocked = blocked;
        chunked.heartbeat = Some(Heartbeat {
            period_s: ms(10),
            max_gap_s: ms(26),
            blocked_by: None,
            lane: None,
        });
        let claims: Claims = vec![Arc::new(KeepsTheLoopAwake)];
        let told = findings([(&chunked, &claims[..])], &[]);
        let kinds: Vec<_> = told.into_iter().map(|finding| finding.kind).collect();
        let drawn = drawn_report(&report(vec![chunked], &[]), Style::default());
        (kinds, drawn.contains("blocked for 26 ms"))
    };
    let held = Blocked {
        start_s: ms(100),
        end_s: ms(115),
        by: None,
        location: None,
    };
    assert_eq!(kinds(Vec::new()), (vec!["loop_awake".to_owned()], false));
    assert_eq!(kinds(vec![held]), (vec!["inconclusive".to_owned()], true));
}

/// Found by the property below: padding is no part of what is coloured.
#[test]
fn without_a_summary_a_brief_head_is_the_same_in_colour() {
    let mut never_ran = strategy("join", "", 0, 0, Vec::new());
    never_ran.wall_s.clear();
    let report = report(vec![never_ran], &[]);
    let style = |color| Style {
        color,
        ascii: true,
        width: 100,
        lanes: 3,
        brief: true,
    };
    let drawn = drawn_report(&report, style(false));
    let coloured = drawn_report(&report, style(true));
    assert_eq!(console::strip_ansi_codes(&coloured), drawn);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_report_is_wider_than_the_screen_or_moves_the_cursor(
        strategies in prop::collection::vec(any_strategy(), 0..3),
        findings in prop::collection::vec(any_text(), 0..3),
        width in prop_oneof![1_usize..60, 60_usize..250],
        lanes in 1_usize..12,
        (ascii, brief) in (any::<bool>(), any::<bool>()),
    ) {
        let finding = |text: String| Finding {
            text: format!("any: {text}"),
            strategy: "any".to_owned(),
            ..Finding::default()
        };
        let report = Report { findings: findings.into_iter().map(finding).collect(), ..report(strategies, &[]) };
        let drawn = drawn_report(&report, Style { color: false, ascii, width, lanes, brief });
        for line in drawn.lines() {
            prop_assert!(width < 40 || line.width() <= width, "{} columns of {width}: {line:?}", line.width());
            prop_assert!(!line.contains(char::is_control), "{line:?}");
            prop_assert!(!ascii || line.is_ascii(), "{line:?}");
        }
        // Colour adds escape codes and nothing else.
                let coloured = drawn_report(&report, Style { color: true, ascii, width, lanes, brief });
        prop_assert_eq!(console::strip_ansi_codes(&coloured), drawn);
    }
}

#[test]
fn what_did_nothing_takes_no_time_and_has_no_bar() {
    let drawn = |names: &[&str]| {
        let strategies = names.iter().flat_map(|name| ["--strategy", name]);
        let test = Test::new(["sleep", "--delay", "40ms", "--full"]).args(strategies);
        test.output().stdout
    };
    assert!(drawn(&["concurrent"]).contains("\n  wall "));
    let nothing = drawn(&["unawaited"]);
    assert!(nothing.contains("never polled"), "{nothing}");
    assert!(!nothing.contains("wall"), "{nothing}");
}
