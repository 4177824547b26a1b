//! `http --url` against servers of every kind: what is said of them is right, or less is said.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use asyncdemo::lab::{Invocation, Stop, Trust};
use asyncdemo::report::{Failed, Outcome, Report, StrategyReport};

use crate::support::Test;

/// A server that ends with the tests. Each connection has a thread, and `answer` is told how many requests came
/// before.
struct Foreign {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Foreign {
    fn start(answer: impl Fn(usize, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<AtomicUsize>::default();
        let (answer, counting) = (Arc::new(answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, counting) = (Arc::clone(&answer), Arc::clone(&counting));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                        answer(counting.fetch_add(1, Ordering::SeqCst), &mut stream);
                    }
                });
            }
        });
        Self { address, asked }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn say(stream: &mut TcpStream, status: u16) {
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    // Whoever has given up does not hear it.
    let _ = stream.write_all(answer.as_bytes());
}

/// How long a request keeps one of the server's places.
const WORK: Duration = Duration::from_millis(60);

/// Handles so many requests at a time; the others wait for a place.
fn pool(places: usize) -> Foreign {
    let free = (Mutex::new(places), Condvar::new());
    Foreign::start(move |_, stream| {
        let (free, given_back) = &free;
        let mut place = given_back
            .wait_while(free.lock().unwrap(), |free| *free == 0)
            .unwrap();
        *place -= 1;
        drop(place);
        crate::support::wait(WORK);
        *free.lock().unwrap() += 1;
        given_back.notify_one();
        say(stream, 200);
    })
}

/// Handles one request and turns all others away meanwhile.
fn room_for_one() -> Foreign {
    let under_way = AtomicUsize::new(0);
    Foreign::start(move |_, stream| {
        let alone = under_way.fetch_add(1, Ordering::SeqCst) == 0;
        if alone {
            crate::support::wait(WORK);
        }
        say(stream, if alone { 200 } else { 503 });
        under_way.fetch_sub(1, Ordering::SeqCst);
    })
}

/// Hangs up instead of answering, where `hangs_up` says so.
fn hanging_up(hangs_up: impl Fn(usize) -> bool + Send + Sync + 'static) -> Foreign {
    Foreign::start(move |before, stream| {
        if !hangs_up(before) {
            say(stream, 200);
        }
    })
}

fn measured(server: &Foreign, knobs: &str) -> Report {
    let line = format!("http --url {} {knobs}", server.url());
    let invocation = Invocation::parse(&line, Trust::Own).unwrap();
    invocation.measure(&Stop::default(), &mut ()).unwrap()
}

fn of<'a>(report: &'a Report, name: &str) -> &'a StrategyReport {
    let mut strategies = report.strategies.iter();
    strategies.find(|strategy| strategy.name == name).unwrap()
}

/// The kinds of the findings of this strategy, and their sentences.
fn found(report: &Report, name: &str) -> Vec<(String, String)> {
    let findings = report.findings.iter();
    let findings = findings.filter(|finding| finding.strategy == name);
    // A busy machine may block the event loop, too.
    let findings = findings.filter(|finding| !finding.kind.starts_with("loop_"));
    findings
        .map(|finding| (finding.kind.clone(), finding.sentence.clone()))
        .collect()
}

/// Twenty times beside `sequential` or a lone request, in turns. Says how often the verdict was `right`; any other one
/// has to be among those that say less.
fn twenty_verdicts(server: &Foreign, right: &str, less: &[&str]) {
    let mut hits = 0;
    for run in 0..20 {
        let strategies = [
            "--strategy concurrent",
            "--strategy sequential --strategy concurrent",
        ];
        let report = measured(server, strategies[run % 2]);
        let found = found(&report, "concurrent");
        let [(kind, text)] = &found[..] else {
            panic!("one verdict: {found:?}")
        };
        let allowed = kind == right || kind == "inconclusive" || less.contains(&&**kind);
        assert!(allowed, "run {run}: {kind} is not {right}: {text}");
        // No ratio beside "no faster".
        let speedup = of(&report, "concurrent").speedup;
        let alone = run % 2 == 0;
        assert!(
            alone || kind != "serialised" || speedup.is_none(),
            "{speedup:?}"
        );
        hits += usize::from(kind == right);
    }
    assert!(hits > 0, "{right} was never told");
}

#[test]
fn a_server_that_answers_one_at_a_time_is_never_called_overlapping() {
    let server = pool(1);
    twenty_verdicts(&server, "serialised", &[]);
    let report = measured(
        &server,
        "--requests 4 --strategy sequential --strategy concurrent",
    );
    let speedup = of(&report, "concurrent").speedup;
    assert!(speedup.is_none_or(|speedup| speedup < 1.5), "{speedup:?}");
}

#[test]
fn a_pool_of_five_is_told_by_its_rounds() {
    twenty_verdicts(&pool(5), "in_rounds", &["faster"]);
}

#[test]
fn a_server_that_answers_all_at_once_overlaps() {
    twenty_verdicts(&pool(100), "overlapped", &["faster"]);
}

/// One success is no work to compare ten with.
#[test]
fn answers_that_were_refused_are_failed_lanes_and_no_speed_up() {
    let server = room_for_one();
    let report = crate::support::within("a run in which one at a time was answered", || {
        let report = measured(&server, "");
        of(&report, "sequential")
            .failures
            .is_empty()
            .then_some(report)
    });
    let concurrent = of(&report, "concurrent");
    let failed = concurrent.failed_count();
    assert!(failed > 0 && concurrent.failures[0].status == Some(503));
    assert_eq!(concurrent.speedup, None);
    let lanes = concurrent.tasks.iter();
    let lanes = lanes.filter(|task| task.outcome == Outcome::Failed);
    let cause = Failed {
        status: Some(503),
        reason: "status 503".to_owned(),
    };
    let causes: Vec<_> = lanes.map(|task| task.failed.clone()).collect();
    assert_eq!(causes, vec![Some(cause); failed]);
    let found = found(&report, "concurrent");
    let said = format!("{failed} of 10 failed: status 503. So nothing is compared with it.");
    assert_eq!(found, [("failed".to_owned(), said)]);

    // The same on the screen: what failed, why, what to do, and an exit code.
    let output = Test::new(["http", "--url", &server.url(), "--strategy", "concurrent"]).output();
    let text = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for said in [
        "✗ status 503",
        "of 10: status 503",
        "of 10 failed: status 503",
        "--limit or --requests",
    ] {
        assert!(text.contains(said), "{said}: {}", output.stdout);
    }
    for never in ["faster", "overlapped"] {
        assert!(!text.contains(never), "{}", output.stdout);
    }
    let (before, _) = text.split_once(" of 10 failed").unwrap();
    let failed: usize = before.rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(output.status, Some(i32::from(failed > 5)), "{text}");
}

#[test]
fn why_some_failed_is_told_and_more_than_half_is_a_failure() {
    // The request before the measuring is one more.
    for (fails, status) in [(2, 0), (5, 0), (6, 1)] {
        let server = hanging_up(move |before| (1..=fails).contains(&before));
        let args = ["http", "--strategy", "sequential", "--url"];
        let output = Test::new(args).args([server.url()]).output();
        let text = output
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let told = format!("{fails} of 10 failed: connection closed before the answer");
        assert!(text.contains(&told), "{told}: {}", output.stdout);
        assert!(text.contains("✗"), "{}", output.stdout);
        assert_eq!(output.status, Some(status), "{}", output.stdout);
        // Nobody overlooks it, whatever the exit code says: it is the last line, and it is red.
        let last = format!("! sequential: {told}.");
        assert!(text.ends_with(&last), "{}", output.stdout);
        let server = hanging_up(move |before| (1..=fails).contains(&before));
        let args = [
            "--color",
            "always",
            "http",
            "--strategy",
            "sequential",
            "--url",
        ];
        let output = Test::new(args).args([server.url()]).output();
        let red = |line: &str| line.contains("31m! ");
        let lines = || output.stdout.lines();
        assert!(lines().any(red), "{}", output.stdout);
        let server = hanging_up(move |before| (1..=fails).contains(&before));
        let args = [
            "http",
            "--strategy",
            "sequential",
            "--format",
            "json",
            "--url",
        ];
        let output = Test::new(args).args([server.url()]).output();
        assert_eq!(output.stderr, format!("asyncdemo: sequential: {told}.\n"));
    }
}

#[test]
fn a_cold_start_is_nobodys_time_and_the_screen_says_so() {
    let cold = Duration::from_millis(700);
    let server = Foreign::start(move |before, stream| {
        if before == 0 {
            crate::support::wait(cold);
        }
        say(stream, 200);
    });
    let report = measured(&server, "--requests 3");
    // One that is not counted, and three for each of the three strategies.
    assert_eq!(server.asked(), 1 + 3 * 3);
    let sequential = of(&report, "sequential");
    assert!(sequential.metrics["warm_up_s"] >= cold.as_secs_f64());
    assert!(!of(&report, "concurrent").metrics.contains_key("warm_up_s"));
    assert_eq!(sequential.tasks.len(), 3);

    // Without `sequential`, a lone request is measured first: more of them where they do not agree.
    let before = server.asked();
    let args = [
        "http",
        "--requests",
        "3",
        "--strategy",
        "concurrent",
        "--strategy",
        "limited",
    ];
    let output = Test::new(args).args(["--url", &server.url()]).output();
    let before_measuring = server.asked() - before - 2 * 3;
    assert!((2..=4).contains(&before_measuring), "{before_measuring}");
    let text = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        text.contains("First one request that is not measured"),
        "{text}"
    );
    assert!(
        text.contains("warm up") && text.contains("lone request"),
        "{text}"
    );
}

/// Ten timeouts one after the other would tell no more than the first.
#[test]
fn a_server_that_says_nothing_is_asked_once_and_how_long_that_takes_is_said() {
    let server = Foreign::start(|_, _| {
        loop {
            thread::park();
        }
    });
    let args = ["http", "--all", "--timeout", "300ms", "--url"];
    let output = Test::new(args).args([server.url()]).output();
    let text = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!((output.status, server.asked()), (Some(1), 1), "{text}");
    assert!(text.contains("ends after 300ms (--timeout)"), "{text}");
    assert!(
        text.contains("did not answer within 300 ms (--timeout)"),
        "{text}"
    );
    assert!(text.contains("for the same reason as blocking"), "{text}");
    // Nothing was measured, so there is no picture of it, not even an axis.
    let is_axis = |line: &str| line.trim_start().starts_with("0 s");
    assert!(
        !output.stdout.lines().any(is_axis) && !text.contains("wall"),
        "{text}"
    );
}

/// A run of more than a minute says so before it begins, on the screen or beside the report.
#[cfg(unix)]
#[test]
fn how_long_a_long_run_takes_is_said_first() {
    for (format, long) in [("text", true), ("json", true), ("text", false)] {
        let delay = if long { "45s" } else { "10s" };
        let delays = format!("{delay},{delay}");
        let args = ["gather", "--strategy", "sequential", "--delays", &delays];
        let mut patience = Duration::from_millis(300);
        // A signal that comes before anything was written proves nothing.
        let output = crate::support::within("a run that had begun", || {
            let started = Test::new(args).args(["--format", format]).start();
            crate::support::wait(patience);
            patience *= 2;
            crate::support::signal("INT", started.pid());
            let output = started.output();
            let begun = output.stdout.contains("sequential");
            (output.status == Some(130) && begun).then_some(output)
        });
        let said = if format == "json" {
            output.stderr
        } else {
            output.stdout
        };
        let told = "This takes 90 s or longer.";
        assert_eq!(said.contains(told), long, "{format}: {said}");
    }
}

/// Much louder than with the other tests: every core is busy all the time.
#[test]
#[ignore = "takes a minute and all cores: cargo test --test suite -- --ignored foreign"]
fn under_load_no_verdict_is_wrong() {
    let over = Arc::new(AtomicUsize::new(0));
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let busy: Vec<_> = (0..2 * cores)
        .map(|_| {
            let over = Arc::clone(&over);
            thread::spawn(move || while over.load(Ordering::Relaxed) == 0 {})
        })
        .collect();
    twenty_verdicts(&pool(1), "serialised", &[]);
    twenty_verdicts(&pool(5), "in_rounds", &["faster"]);
    twenty_verdicts(&pool(100), "overlapped", &["faster"]);
    over.store(1, Ordering::Relaxed);
    for thread in busy {
        thread.join().unwrap();
    }
}
