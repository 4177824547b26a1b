//! What is on a terminal of 24 lines when a run is over: the picture and the sentence that decide, together.
#![cfg(unix)]

use crate::support::Test;
use asyncdemo::concepts::{ALL, Entry};

const LAST: &str = "Every figure: --full";

/// What is not on the last screen of a run with these knobs, or too much of it.
fn missing(entry: &Entry, knobs: &[&str], options: &[&str]) -> Option<String> {
    let name = entry.about.name;
    let seen = Test::new([name])
        .args(knobs)
        .args(options)
        .on_a_terminal(24, 80)
        .finish();
    let screen = seen.frames.last().cloned().unwrap_or_default();
    let lacks = |what: &str| Some(format!("{name}: {what} is not there:\n{screen}"));
    if seen.status != 0 || !seen.ready_for_a_shell || seen.wrapped {
        return lacks("a good end");
    }
    let strategies = (entry.strategies)(knobs).unwrap();
    let chosen: Vec<_> = strategies.iter().filter(|it| it.by_default).collect();
    let mut lines = screen.lines();
    let mut next = |begins: &str| lines.any(|line| line.starts_with(begins));
    // From above: what it is, each strategy over its lanes, the bars, the sentence, and how to get the rest.
    if !next(name) {
        return lacks("the head");
    }
    if let Some(hidden) = chosen.iter().find(|it| !next(it.name)) {
        return lacks(hidden.name);
    }
    let figure = entry.about.figure.name();
    if !next(&format!("{:20}{figure}", "")) {
        return lacks(figure);
    }
    let decides = chosen.iter().find(|it| it.refutes_belief).unwrap();
    if !next(&format!("{}: ", decides.name)) {
        return lacks("the sentence");
    }
    if !next(LAST) {
        return lacks(LAST);
    }
    if options.contains(&"--ascii") && !screen.is_ascii() {
        return lacks("ASCII alone");
    }
    None
}

/// A busy machine may leave no bar to be drawn, or no sentence: then it is tried again.
#[track_caller]
fn all_is_there(entry: &Entry, knobs: &[&str], options: &[&str]) {
    let tries = (0..5).map(|_| missing(entry, knobs, options));
    let mut missing = None;
    for lacks in tries {
        missing = lacks;
        if missing.is_none() {
            return;
        }
    }
    panic!("{}", missing.unwrap_or_default());
}

#[test]
fn the_picture_and_its_sentence_are_on_one_screen() {
    for (place, entry) in ALL.iter().enumerate() {
        let look: &[&str] = if place % 2 == 0 { &[] } else { &["--ascii"] };
        all_is_there(entry, entry.about.tour, look);
    }
}

/// `cargo test --test suite -- --ignored each_default_run`: some minutes.
#[test]
#[ignore = "runs every concept four times, at its default length"]
fn each_default_run_has_its_picture_and_its_sentence_on_one_screen() {
    for look in [
        &[][..],
        &["--ascii"],
        &["--color", "never"],
        &["--ascii", "--color", "never"],
    ] {
        for entry in ALL {
            all_is_there(entry, &[], look);
        }
    }
}

#[test]
fn a_taller_screen_shows_more_and_full_shows_all() {
    let lines = |rows: u16, options: &[&str]| {
        let call = Test::new(["queue", "--jobs", "8", "--job-time", "30ms"]);
        let seen = call.args(options).on_a_terminal(rows, 80).finish();
        let all = seen.screen.lines().count();
        (all, seen.screen.contains(LAST))
    };
    let (low, tall, whole) = (lines(24, &[]), lines(36, &[]), lines(24, &["--full"]));
    assert!(low.1 && tall.1 && !whole.1, "{low:?} {tall:?} {whole:?}");
    assert!(low.0 < 24 && tall.0 < 36, "{low:?} {tall:?}");
    assert!(
        low.0 < tall.0 && tall.0 < whole.0,
        "{low:?} {tall:?} {whole:?}"
    );
}

#[test]
fn a_pipe_is_given_all_of_it() {
    let output = Test::new(["gather", "--delays", "30ms,60ms"]).output();
    assert!(!output.stdout.contains(LAST), "{}", output.stdout);
    assert!(output.stdout.contains("  wall  "), "{}", output.stdout);
}

#[test]
fn where_nothing_grows_each_strategy_is_shown_when_it_has_run() {
    let call = Test::new(["gather", "--delays", "50ms,2s", "--quiet"]);
    let terminal = call.on_a_terminal(24, 80);
    terminal.wait_for("fetch two");
    // The other one takes two seconds more.
    assert!(!terminal.shows("wall time"));
    let seen = terminal.finish();
    let legend = seen.screen.find("first and last poll");
    assert!(legend < seen.screen.find("wall time"), "{}", seen.screen);
    assert!(
        legend.is_some() && seen.screen.contains(LAST),
        "{}",
        seen.screen
    );
    assert!(seen.screen.lines().count() < 24, "{}", seen.screen);
}
