//! What is refused, and what is said then.

use super::*;

#[test]
fn a_bad_duration_is_told_like_this() {
    let told = |why: &str| {
        format!(
            "error: invalid value '0' for '--fail-at <DURATION>': {why}\n\nFor more information, try '--help'.\n"
        )
    };
    Test::new(["gather", "--fail-at", "0"])
        .status(2)
        .stderr(told("must be from 1ms to 1m"))
        .run();
    let output = Test::new(["gather", "--delays", "1s"]).status(2).output();
    assert_eq!(output.status, Some(2));
    let first = output.stderr.lines().next();
    assert_eq!(
        first,
        Some(
            "error: --delays takes two durations, as in --delays 1s,2s; 1 given (for many waits at once: asyncdemo sleep --tasks 20)"
        )
    );
}

#[test]
fn an_unknown_strategy_is_refused_with_those_that_there_are() {
    for concept in ALL {
        let names: Vec<_> = quick_strategies(concept)
            .iter()
            .map(|strategy| strategy.name)
            .collect();
        let told = format!(
            "error: invalid value 'zzz' for '--strategy <NAME>'\n  [possible values: {}]\n\nFor more information, try '--help'.\n",
            names.join(", ")
        );
        Test::new([concept.about.name, "--strategy", "zzz"])
            .status(2)
            .stderr(told)
            .run();
    }
}

#[test]
fn what_is_no_concept_and_what_contradicts_itself_is_refused() {
    let usage = "\n\nUsage: asyncdemo [OPTIONS] [COMMAND]\n\nFor more information, try '--help'.\n";
    Test::new(["nope"])
        .status(2)
        .stderr(format!("error: unrecognized subcommand 'nope'{usage}"))
        .run();
    for line in [
        &["gather", "--all", "--strategy", "join"][..],
        &["gather", "--nope"],
        &["list", "more"],
        &["list", "--format", "xml"],
        &["--color", "red"],
    ] {
        let output = Test::new(line).output();
        assert_eq!((output.status, &*output.stdout), (Some(2), ""), "{line:?}");
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
    }
}
