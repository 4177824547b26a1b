//! `http` as its users meet it: real requests to real servers on this machine.

use std::process::{Command, Output};
use std::time::Duration;

use asyncdemo::claims::findings;
use asyncdemo::concepts::{Strategy, find};
use asyncdemo::lab::{Lab, Outcome, Stop};
use asyncdemo::report::{Blocked, Poll, Report, Seconds, StrategyReport};
use asyncdemo::services::server::Server;

/// The strategies of `http` with these knobs.
fn strategies(knobs: &[&str]) -> Result<Vec<Strategy>, String> {
    let http = find("http").unwrap();
    (http.strategies)(knobs).map_err(|error| error.to_string())
}

fn run(strategy: &Strategy) -> Outcome {
    let lab = Lab {
        slow_poll: Duration::from_millis(10),
        repeat: 1,
        show_heartbeat: false,
        max_tasks: 1_000,
        stop: Stop::default(),
    };
    lab.run(strategy, &mut ())
}

/// Runs one strategy, which must not fail.
#[track_caller]
fn ran(name: &str, knobs: &[&str]) -> StrategyReport {
    let strategies = strategies(knobs).unwrap();
    let report = run(strategies
        .iter()
        .find(|strategy| strategy.name == name)
        .unwrap())
    .report;
    assert_eq!(report.error, None);
    report
}

fn asyncdemo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_asyncdemo"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn every_strategy_returns_all_answers_in_the_order_asked_for() {
    let answer =
        |id| serde_json::json!({"Ok": format!("{{\"id\":{id},\"data\":\"Sample data\"}}")});
    let expected = serde_json::Value::from_iter((1..=7).map(answer));
    for strategy in strategies(&["--requests", "7", "--latency", "5ms", "--limit", "4"]).unwrap() {
        let outcome = run(&strategy);
        assert_eq!(outcome.report.error, None, "{}", strategy.name);
        assert_eq!(
            outcome.result.as_ref(),
            Some(&expected),
            "{}",
            strategy.name
        );
        assert_eq!(outcome.report.tasks.len(), 7, "{}", strategy.name);
    }
}

#[test]
fn so_many_are_under_way_and_so_many_connections_are_opened() {
    let knobs = ["--requests", "8", "--latency", "50ms", "--limit", "3"];
    for (name, at_once, connections) in [
        ("blocking", 1, 1),
        ("sequential", 1, 1),
        ("concurrent", 8, 8),
        ("limited", 3, 3),
        ("new-client-each", 1, 8),
    ] {
        let report = ran(name, &knobs);
        assert_eq!(report.most_in_flight(), at_once, "{name}");
        assert_eq!(
            report.metrics["connections_opened_count"],
            f64::from(connections),
            "{name}"
        );
        assert_eq!(report.metrics.len(), 1, "{name}: {:?}", report.metrics);
    }
}

#[test]
fn connections_are_compared_with_a_strategy_that_ran_and_with_no_other() {
    let strategies = strategies(&["--requests", "4", "--latency", "1ms"]).unwrap();
    let [_, sequential, .., each] = &strategies[..] else {
        panic!("{strategies:?}")
    };
    let reports = [run(sequential).report, run(each).report];
    let compared = |all: &[StrategyReport]| {
        findings([(&reports[1], &each.claims[..])], all)
            .into_iter()
            .find(|finding| !matches!(&*finding.kind, "loop_blocked" | "loop_busy"))
            .map(|finding| finding.text)
    };
    let expected = "new-client-each: 4 connections opened, where sequential had 1.";
    assert_eq!(compared(&reports).as_deref(), Some(expected));
    assert_eq!(compared(&reports[1..]), None);
}

/// Blocking calls that are each too short to count, with nothing between them.
#[test]
fn many_short_polls_in_a_row_are_told_as_what_they_are() {
    let at = |ms| Seconds(Duration::from_millis(ms));
    let mut report = ran("sequential", &["--requests", "3", "--latency", "1ms"]);
    for (task, start) in report.tasks.iter_mut().zip([0, 40, 80]) {
        (task.start_s, task.end_s) = (Some(at(start)), at(start + 40));
        task.polls = vec![Poll {
            start_s: at(start),
            end_s: at(start + 40),
            thread: 0,
        }];
    }
    report.blocked = vec![Blocked {
        start_s: at(10),
        end_s: at(120),
        by: None,
        location: None,
    }];
    let told = |report: &StrategyReport| {
        let found = findings([(report, &[][..])], &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        (found[0].kind.clone(), found[0].sentence.clone())
    };
    let busy = "3 tasks, one right after the other, were polled for 110 ms without a turn for anything else.";
    assert_eq!(told(&report), ("loop_busy".to_owned(), busy.to_owned()));
    // Without those polls, something else must have held the loop.
    report.tasks.iter_mut().for_each(|task| task.polls.clear());
    assert_eq!(told(&report).0, "loop_blocked");
}

#[test]
fn the_ideal_is_arithmetic_and_unknown_for_other_servers() {
    let ideals = |knobs: &[&str]| -> Vec<_> {
        strategies(knobs)
            .unwrap()
            .iter()
            .map(|strategy| strategy.ideal.map(|ideal| ideal.as_millis()))
            .collect()
    };
    assert_eq!(
        ideals(&[]),
        [Some(2000), Some(2000), Some(200), Some(800), Some(2000)]
    );
    assert_eq!(ideals(&["--latency", "0s"]), [None; 5]);
    assert_eq!(ideals(&["--url", "http://localhost:8000/"]), [None; 5]);
}

#[test]
fn a_server_of_the_users_own_is_asked_as_often_as_said() {
    let server = Server::start(Duration::ZERO).unwrap();
    let url = server.item_url(3);
    for (place, strategy) in strategies(&["--requests", "6", "--url", &url])
        .unwrap()
        .iter()
        .enumerate()
    {
        let before = server.requests();
        let outcome = run(strategy);
        assert_eq!(outcome.report.error, None, "{}", strategy.name);
        // Once, before the first of them, it is asked without being measured.
        let unmeasured = usize::from(place == 0);
        assert_eq!(
            server.requests() - before,
            6 + unmeasured,
            "{}",
            strategy.name
        );
        let counted: Vec<_> = outcome.report.metrics.keys().collect();
        assert_eq!(counted.len(), unmeasured, "{}: {counted:?}", strategy.name);
    }
}

/// A name that leads here, as a server would have it that is not this machine's own.
#[cfg(unix)]
#[test]
fn another_machine_never_gets_more_than_the_limit_at_once() {
    let name = Command::new("hostname").output();
    let name = name.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let listens = |name: &str| std::net::TcpListener::bind((name, 0));
    let Some((name, listener)) = name
        .ok()
        .and_then(|name| Some((name.clone(), listens(&name).ok()?)))
    else {
        return eprintln!("not tried: this machine's own name leads nowhere");
    };
    let url = format!("http://{name}:{}/", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                use std::io::{Read, Write};
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                crate::support::wait(Duration::from_millis(20));
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                );
            });
        }
    });
    let knobs = ["--requests", "7", "--limit", "2", "--url", &url];
    for strategy in strategies(&knobs).unwrap() {
        let report = run(&strategy).report;
        assert_eq!(report.error, None, "{}", strategy.name);
        assert!(report.most_in_flight() <= 2, "{}", strategy.name);
    }
    let concurrent = ran("concurrent", &knobs);
    assert_eq!(concurrent.most_in_flight(), 2);
    assert_eq!(
        concurrent.summary,
        "join_all, yet at most 2 at once (--limit): it is another machine"
    );
    let knobs = ["--requests", "7", "--limit", "50", "--url", &url];
    assert_eq!(ran("limited", &knobs).most_in_flight(), 7);
}

/// What the system routes to itself is no other machine.
#[test]
fn this_machine_under_any_of_its_addresses_has_no_limit() {
    for host in [
        "0.0.0.0:8000",
        "[::]:8000",
        "127.1.2.3",
        "[::1]",
        "localhost",
    ] {
        let url = format!("http://{host}/");
        let strategies = strategies(&["--requests", "1000", "--url", &url]).unwrap();
        let said = strategies
            .iter()
            .find(|it| it.name == "concurrent")
            .unwrap();
        assert!(
            !said.summary.contains("another machine"),
            "{host}: {}",
            said.summary
        );
    }
}

#[test]
fn it_fails_only_where_every_request_has() {
    let server = Server::start(Duration::ZERO).unwrap();
    let url = server.item_url(1).replace("items", "nothing");
    let output = asyncdemo(&[
        "http",
        "--url",
        &url,
        "--strategy",
        "limited",
        "--format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    let expected = format!(
        "all 10 requests to {url} failed: status 404. The server is there: check the path."
    );
    assert_eq!(report.strategies[0].error.as_deref(), Some(&*expected));
    assert_eq!(report.arguments["url"], *url);

    // Too slow for the timeout, every one of them.
    let output = asyncdemo(&[
        "http",
        "--latency",
        "10s",
        "--timeout",
        "50ms",
        "--strategy",
        "concurrent",
    ]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("timed out"), "{text}");
}

#[test]
fn what_cannot_be_asked_for_is_refused_with_the_range() {
    for (arguments, told) in [
        (
            &["--requests", "0"][..],
            "must be a whole number from 1 to 1000",
        ),
        (
            &["--requests", "1001"],
            "must be a whole number from 1 to 1000",
        ),
        (
            &["--requests", "-1"],
            "must be a whole number from 1 to 1000",
        ),
        (
            &["--requests", "NaN"],
            "must be a whole number from 1 to 1000",
        ),
        (&["--limit", "0"], "must be a whole number from 1 to 1000"),
        (
            &["--limit", "99999999999999999999"],
            "must be a whole number from 1 to 1000",
        ),
        (&["--latency", "-1s"], "must be from 0s to 10s"),
        (&["--latency", "inf"], "must be from 0s to 10s"),
        (&["--latency", "11s"], "must be from 0s to 10s"),
        (&["--timeout", "0s"], "must be from 1ms to 1m"),
        (&["--timeout", "61s"], "must be from 1ms to 1m"),
        (
            &["--url", "ftp://localhost/"],
            "must be an http or https URL",
        ),
        (
            &["--url", "file:///etc/passwd"],
            "must be an http or https URL",
        ),
        (&["--url", "localhost:8000"], "must be an http or https URL"),
        (&["--url", ""], "must be an http or https URL"),
        (&["--url", "http://"], "must be an http or https URL"),
        (
            &["--url", "http://me:secret@localhost/"],
            "must carry no user name or password",
        ),
        (
            &["--url", "http://example.com/", "--requests", "101"],
            "--requests must be from 1 to 100 for example.com",
        ),
        (
            &["--url", "http://localhost/", "--latency", "1s"],
            "cannot be used with",
        ),
    ] {
        let output = asyncdemo(&[&["http"], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(told), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert!(strategies(&["--url", "http://localhost/", "--requests", "1000"]).is_ok());
    assert!(strategies(&["--url", "http://example.com/", "--requests", "100"]).is_ok());
}

#[cfg(unix)]
mod few_files {
    use super::*;

    fn with_files(files: usize, arguments: &str) -> Output {
        let script = format!("ulimit -n {files}; exec \"$0\" http {arguments}");
        Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_asyncdemo")])
            .output()
            .unwrap()
    }

    #[test]
    fn a_thousand_requests_need_no_thousand_files() {
        for strategy in ["concurrent", "limited --limit 1000"] {
            let output = with_files(
                64,
                &format!("--requests 1000 --latency 5ms --format json --strategy {strategy}"),
            );
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{strategy}: {errors}");
            let report: Report = serde_json::from_slice(&output.stdout).unwrap();
            let report = &report.strategies[0];
            let at_once = report.most_in_flight();
            assert_eq!(report.tasks.len(), 1000);
            assert!((2..=30).contains(&at_once), "{strategy}: {at_once} at once");
            assert!(
                report
                    .summary
                    .contains(&format!("at most {at_once} at once")),
                "{}",
                report.summary
            );
            assert!(
                report
                    .summary
                    .contains("only 64 files may be open (ulimit -n)"),
                "{}",
                report.summary
            );
            // Each of them all, and nothing failed.
            let counted: Vec<_> = report.metrics.keys().collect();
            assert_eq!(counted, ["connections_opened_count"]);
            assert!(
                report.metrics["connections_opened_count"] <= 40.0,
                "{:?}",
                report.metrics
            );
        }
    }

    #[test]
    fn too_few_for_anything_is_told_before_anything_runs() {
        let output = with_files(20, "--strategy concurrent");
        let text = String::from_utf8_lossy(&output.stdout)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(
            text.contains("only 20 files may be open (ulimit -n)"),
            "{text}"
        );
        assert!(text.contains("Allow more, as with ulimit -n 256"), "{text}");
    }
}
