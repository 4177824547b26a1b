//! What is on a terminal of 24 lines when a run is over: the picture and the sentence that decide, together.
#![cfg(unix)]

use crate::support::Test;
use asyncdemo::concepts::{ALL, Entry};

const LAST: &str = "Every figure: --full";

/// As a shell does it: a line with the command above, and a prompt below.
const SHELL: &str =
    "printf '%s\\n' \"$ asyncdemo $*\"; \"$0\" \"$@\"; status=$?; printf '$ '; exit $status";

/// What is not on the last screen of a run with these knobs, or too much of it.
fn missing(entry: &Entry, knobs: &[&str], options: &[&str]) -> Option<String> {
    let name = entry.about.name;
    let seen = Test::new(["-c", SHELL, env!("CARGO_BIN_EXE_asyncdemo"), name])
        .args(knobs)
        .args(options)
        .program_on_a_terminal("/bin/sh".as_ref(), 24, 80)
        .finish();
    let screen = seen.frames.last().cloned().unwrap_or_default();
    let lacks = |what: &str| Some(format!("{name}: {what} is not there:\n{screen}"));
    if seen.status != 0 || seen.hidden_cursor || seen.wrapped {
        return lacks("a good end");
    }
    if !screen.starts_with("$ asyncdemo ") || !screen.ends_with("\n$\n") {
        return lacks("the command line, or the prompt");
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
    // As each is run by default. A few at once: they wait for most of the time.
    let places: Vec<usize> = (0..ALL.len()).collect();
    for few in places.chunks(4) {
        std::thread::scope(|scope| {
            for place in few {
                let look: &[&str] = if place % 2 == 0 { &[] } else { &["--ascii"] };
                scope.spawn(move || all_is_there(&ALL[*place], &[], look));
            }
        });
    }
}

#[test]
fn a_window_that_was_made_narrower_is_what_the_result_is_laid_out_for() {
    for options in [&[][..], &["--full"], &["--quiet"]] {
        let call = Test::new(["gather", "--delays", "100ms,2s"]).args(options);
        let mut terminal = call.on_a_terminal(24, 120);
        // With --quiet, that is the end of the first strategy; otherwise its middle.
        terminal.wait_for("fetch one");
        terminal.resize(24, 56);
        let seen = terminal.finish();
        assert!(!seen.wrapped, "{options:?}: {}", seen.screen);
        let lines = || seen.screen.lines();
        let last = lines().rfind(|line| line.starts_with("  fetch two   ├"));
        let lane = last.unwrap_or_else(|| panic!("{options:?}: {}", seen.screen));
        assert!(lane.ends_with(" s") && lane.chars().count() <= 56, "{lane}");
        assert!(
            lines().any(|line| line.starts_with("join          ")),
            "{}",
            seen.screen
        );
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
