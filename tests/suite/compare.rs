//! `asyncdemo compare`: a verdict beyond the spread, and none within it.

use std::fs;

use crate::support::Test;
use asyncdemo::report::{Report, Seconds};
use tempfile::NamedTempFile;

const WHOLE: &str = include_str!("../../examples/gather.json");

/// The example, with its wall times so many times as long.
fn times(factor: f64, runs: usize) -> Report {
    let mut report = Report::from_json(WHOLE.as_bytes()).unwrap();
    for strategy in &mut report.strategies {
        let wall = strategy.wall().unwrap().0.mul_f64(factor);
        strategy.wall_s = vec![Seconds(wall); runs];
    }
    report
}

fn kept(report: &Report) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), serde_json::to_string(report).unwrap()).unwrap();
    file
}

fn compared(before: &Report, after: &Report, flags: &[&str]) -> crate::support::Output {
    let files = [kept(before), kept(after)];
    let files = files.each_ref().map(|file| file.path());
    Test::new(["compare"]).args(files).args(flags).output()
}

#[test]
fn what_became_slower_is_told_and_fails_where_that_is_asked() {
    let (before, after) = (times(1.0, 5), times(1.25, 5));
    let output = compared(&before, &after, &[]);
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    assert_eq!(
        output.stdout.matches("1.25× slower").count(),
        2,
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains("differs"), "{}", output.stdout);
    for (limit, status) in [("10%", 1), ("30%", 0)] {
        let output = compared(&before, &after, &["--fail-slower", limit]);
        assert_eq!(output.status, Some(status), "{}", output.stderr);
    }
    let output = compared(&before, &after, &["--fail-slower", "10%"]);
    assert_eq!(
        output.stderr,
        "asyncdemo: slower than --fail-slower allows (+10 %): sequential by +25 %, join by +25 %.\n"
    );
    let output = compared(&after, &before, &["--fail-slower", "0"]);
    assert_eq!(output.status, Some(0));
    assert!(output.stdout.contains("1.25× faster"), "{}", output.stdout);
}

#[test]
fn of_few_runs_a_small_difference_is_none() {
    let output = compared(&times(1.0, 1), &times(1.1, 1), &["--fail-slower", "1%"]);
    assert_eq!(output.status, Some(0));
    assert!(
        output.stdout.contains("no verdict from so few runs"),
        "{}",
        output.stdout
    );
    assert!(
        output.stderr.contains("2 strategies have no verdict"),
        "{}",
        output.stderr
    );
}

#[test]
fn it_is_text_markdown_or_json() {
    let mut after = times(1.25, 5);
    after.machine.cores = 64;
    let before = times(1.0, 5);
    let text = compared(&before, &after, &[]).stdout;
    assert!(text.contains("differs machine: "), "{text}");
    let markdown = compared(&before, &after, &["--format", "markdown"]).stdout;
    assert!(markdown.starts_with("### compare gather\n"), "{markdown}");
    assert!(
        markdown.contains("\n| `join` | 2.010 s (2.010 s to 2.010 s, 5 runs) | "),
        "{markdown}"
    );
    assert!(markdown.contains("\n- differs: machine: "), "{markdown}");
    let json = compared(&before, &after, &["--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], "asyncdemo.comparison/1");
    let join = &json["concepts"][0]["strategies"][1];
    assert_eq!(
        (&join["name"], &join["verdict"]),
        (&"join".into(), &"slower".into())
    );
    assert!((join["change"].as_f64().unwrap() - 0.25).abs() < 1e-6);
}

#[test]
fn what_is_not_of_one_concept_is_not_compared() {
    let before = times(1.0, 1);
    let after = Report {
        concept: "db".to_owned(),
        ..before.clone()
    };
    let output = compared(&before, &after, &[]);
    assert_eq!((output.status, &*output.stdout), (Some(2), ""));
    assert!(
        output.stderr.contains("nothing to compare: "),
        "{}",
        output.stderr
    );
    let none = Test::new(["compare", "/no/a", "/no/b"]).output();
    assert_eq!(none.status, Some(2));
    assert!(
        none.stderr.contains("the report from before: /no/a: "),
        "{}",
        none.stderr
    );
}
