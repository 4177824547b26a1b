//! `asyncdemo replay`: what was measured is seen again, and what is no report is refused with the place.

use std::fs;
use std::sync::LazyLock;

use crate::support::Test;
use asyncdemo::export::{Exhibit, FORMATS};
use asyncdemo::page::{Style, to_ansi};
use asyncdemo::picture::Picture;
use asyncdemo::report::{Figure, Report};
use proptest::prelude::*;
use serde_json::Value;

/// A report with a bit of everything.
static WHOLE: LazyLock<String> = LazyLock::new(|| {
    let line = [
        "timeout",
        "--all",
        "--work",
        "60ms",
        "--deadline",
        "20ms",
        "--format",
        "json",
    ];
    Test::new(line).output().stdout
});

fn file(text: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn what_was_measured_is_shown_again() {
    let json = include_str!("../../examples/gather.json");
    let kept = file(json);
    let output = Test::new(["replay"]).args([kept.path()]).output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let report = Report::from_json(json.as_bytes()).unwrap();
    let lines: Vec<_> = output.stdout.lines().collect();
    assert!(
        lines[0].starts_with("REPLAY  gather  two waits at once  "),
        "{}",
        output.stdout
    );
    let words = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for said in report.started.iter().chain(&report.machine.cpu) {
        assert!(words.contains(said), "{said}");
    }
    let drawn = to_ansi(
        &Picture::report(&report, Style::default()),
        &Style::default(),
    );
    for line in drawn.lines() {
        assert!(output.stdout.contains(line), "{line}");
    }
    // And it is exported as it was read.
    let again = Test::new(["replay"])
        .args([kept.path()])
        .args(["--export-json", "-"])
        .output();
    assert!(Report::from_json(again.stdout.as_bytes()) == Ok(report));
}

#[cfg(unix)]
#[test]
fn it_grows_as_it_did() {
    let kept = file(include_str!("../../examples/gather.json"));
    let started = std::time::Instant::now();
    let seen = Test::new(["replay", "--speed", "4"])
        .args([kept.path()])
        .on_a_terminal(80, 24)
        .finish();
    let report = Report::from_json(&fs::read(kept.path()).unwrap()).unwrap();
    let took: std::time::Duration = report.strategies.iter().map(|it| it.end().0).sum();
    assert!(started.elapsed() >= took / 4);
    // More than one picture, one of them with a task that has not ended.
    assert!(seen.raw.matches("fetch two").count() > 4, "{}", seen.raw);
    assert!(seen.raw.contains("REPLAY"));
    let quick = Test::new(["replay", "--quiet"])
        .args([kept.path()])
        .on_a_terminal(80, 24)
        .finish();
    assert!(quick.raw.matches("fetch two").count() < seen.raw.matches("fetch two").count());
}

#[test]
fn a_list_of_reports_is_played_one_after_the_other() {
    let json = include_str!("../../examples/gather.json");
    let output = Test::new(["replay"])
        .args([file(format!("[{json},{json}]")).path()])
        .output();
    assert_eq!(output.stdout.matches("REPLAY").count(), 2);
}

#[test]
fn what_is_no_report_is_refused_with_its_place() {
    let whole = include_str!("../../examples/gather.json");
    for (text, said) in [
        (&whole[..whole.len() / 2], ": line 1, column "),
        ("", ": line 1, column 0: EOF"),
        ("{}", "it is no report of asyncdemo"),
        (
            &whole.replace("report/2", "report/9"),
            "a newer asyncdemo wrote it",
        ),
        (
            &whole.replacen("\"threads\":1", "\"threads\":-1", 1),
            ": strategies[0].threads (line 1, column ",
        ),
        ("[1]", ": [0] (line 1, column 2)"),
    ] {
        let broken = file(text);
        let output = Test::new(["replay"]).args([broken.path()]).output();
        assert_eq!((output.status, &*output.stdout), (Some(1), ""), "{text}");
        let begin = format!("asyncdemo: {}", broken.path().display());
        assert!(output.stderr.starts_with(&begin), "{}", output.stderr);
        assert!(output.stderr.contains(said), "{said}: {}", output.stderr);
    }
    let output = Test::new(["replay", "/no/such/file"]).output();
    assert_eq!(output.status, Some(1));
    assert!(
        output.stderr.contains("/no/such/file: No such file"),
        "{}",
        output.stderr
    );
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_refused() {
    // A file of holes takes no room.
    let named = tempfile::NamedTempFile::new().unwrap();
    named.as_file().set_len(513 * 1024 * 1024).unwrap();
    let output = Test::new(["replay"]).args([named.path()]).output();
    assert_eq!(output.status, Some(1));
    assert!(
        output.stderr.contains("it is larger than 512 MiB"),
        "{}",
        output.stderr
    );
}

/// What a value may become.
fn nasty() -> impl Strategy<Value = Value> {
    let numbers = [
        0.0,
        -1.0,
        1e-9,
        0.5,
        1e9,
        3e9,
        1e18,
        1e300,
        f64::MAX,
        1e-308,
    ];
    prop_oneof![
        Just(Value::Null),
        Just(Value::Bool(true)),
        proptest::sample::select(numbers.to_vec()).prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has none of these", |number| {
            serde_json::Number::from_f64(number).map(Value::Number)
        }),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        proptest::sample::select(vec![
            "",
            "python",
            "heartbeat",
            "\u{1b}[2J",
            "<script>",
            "\u{202e}"
        ])
        .prop_map(Value::from),
        Just(Value::Array(Vec::new())),
        Just(serde_json::json!({})),
    ]
}

/// How many places there are in it.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(several) => several.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts something else in this place; where there is nothing to put, what is there is taken away or doubled.
fn mutate(value: &mut Value, place: &mut usize, with: &Option<Value>) {
    if *place == 0 {
        match (with, &mut *value) {
            (Some(with), _) => *value = with.clone(),
            (None, Value::Array(several)) => {
                let double = several.clone();
                several.extend(double);
            }
            (None, Value::Object(fields)) => {
                let first = fields.keys().next().cloned();
                first.and_then(|key| fields.remove(&key));
            }
            (None, _) => *value = Value::Null,
        }
    }
    // Wraps when it is done: nothing comes at place zero again.
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(several) => several.iter_mut().for_each(|it| mutate(it, place, with)),
        Value::Object(fields) => fields.values_mut().for_each(|it| mutate(it, place, with)),
        _ => {}
    }
}

/// Whatever is read can be shown: nobody panics, and nothing reaches the screen but text.
fn show(json: &[u8]) {
    let Ok(reports) = Report::list_from_json(json) else {
        return;
    };
    for report in &reports {
        for width in [20, 80] {
            let style = Style {
                width,
                ..Style::default()
            };
            for line in Picture::report(report, style) {
                assert!(!line.to_string().contains('\u{1b}'));
            }
        }
        for strategy in &report.strategies {
            let end = strategy.end().0;
            let mut picture = Picture::new(Style::default(), report.slow_poll_s.0, end);
            picture.strategy(&strategy.until(end / 2));
        }
        let exhibit = Exhibit {
            report,
            title: "a title",
            figure: Figure::Wall,
            code: Vec::new(),
        };
        for format in FORMATS {
            (format.write)(std::slice::from_ref(&exhibit), &mut Vec::new()).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutated_report_brings_it_down(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), proptest::option::of(nasty())), 1..4),
    ) {
        let mut value: Value = serde_json::from_str(&WHOLE).unwrap();
        for (place, with) in changes {
            let mut place = place.index(count(&value));
            mutate(&mut value, &mut place, &with);
        }
        show(&serde_json::to_vec(&value).unwrap());
    }

    #[test]
    fn no_broken_text_brings_it_down(
        cut in any::<prop::sample::Index>(),
        byte in proptest::option::of(any::<u8>()),
    ) {
        let mut json = WHOLE.clone().into_bytes();
        let at = cut.index(json.len());
        match byte {
            Some(byte) => json[at] = byte,
            None => json.truncate(at),
        }
        show(&json);
    }
}
