//! What every concept promises, whoever writes it: shown is what ran, equal results, and an end.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::{no_hang, quick_strategies};
use asyncdemo::commands::tour;
use asyncdemo::concepts::{ALL, Entry, Strategy, region};
use asyncdemo::lab::{Lab, Outcome, Stop};
use asyncdemo::report::Task;

/// As nobody chooses any knobs.
fn strategies(concept: &Entry) -> Vec<Strategy> {
    (concept.strategies)(&[]).expect("the defaults are in their own ranges")
}

/// A name as it stands on the command line: words and dashes.
fn is_a_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|sign| sign.is_ascii_lowercase()))
}

/// The command lines among its examples. Each ends where its explanation begins: two blanks further
/// on, or on the next line.
fn examples(concept: &Entry) -> impl Iterator<Item = &'static str> {
    let begin = format!("asyncdemo {}", concept.about.name);
    let lines = concept
        .about
        .examples
        .lines()
        .filter(move |line| line.trim_start().starts_with(&begin));
    lines.map(|line| line.trim().split("  ").next().unwrap_or_default())
}

#[test]
fn names_are_unique_and_every_concept_says_what_it_is() {
    let concepts: Vec<_> = ALL.iter().map(|concept| concept.about.name).collect();
    assert_eq!(
        concepts.iter().collect::<BTreeSet<_>>().len(),
        concepts.len(),
        "{concepts:?}"
    );
    for concept in ALL {
        let about = concept.about;
        let names: Vec<_> = strategies(concept)
            .iter()
            .map(|strategy| strategy.name)
            .collect();
        assert_eq!(
            names.iter().collect::<BTreeSet<_>>().len(),
            names.len(),
            "{names:?}"
        );
        for name in names.iter().chain([&about.name]) {
            assert!(is_a_name(name), "{name}");
        }
        assert!(
            about.question.ends_with('?'),
            "{}: {}",
            about.name,
            about.question
        );
        assert!(
            about.belief.ends_with('.'),
            "{}: {}",
            about.name,
            about.belief
        );
        assert!(
            (concept.strategies)(about.tour).is_ok(),
            "{}: {:?}",
            about.name,
            about.tour
        );
        for text in [about.title, about.python] {
            assert!(
                !text.is_empty() && text.trim() == text,
                "{}: {text:?}",
                about.name
            );
        }
        assert!(examples(concept).count() >= 2, "{}", about.name);
    }
}

#[test]
fn every_example_is_a_command_line_that_is_accepted() {
    for concept in ALL {
        for command in examples(concept) {
            let read = asyncdemo::cli::Cli::parse_from(command.split_whitespace());
            assert!(read.is_ok(), "`{command}`: {}", read.unwrap_err());
        }
    }
}

#[test]
fn what_is_shown_of_a_strategy_is_the_function_that_runs() {
    for concept in ALL {
        let (about, strategies) = (concept.about, strategies(concept));
        for strategy in &strategies {
            let shown = region(about.source, strategy.name)
                .unwrap_or_else(|error| panic!("{}: {error}", about.name));
            let function = format!("fn {}(", strategy.name.replace('-', "_"));
            let found = shown.matches(&function).count();
            assert_eq!(
                found, 1,
                "{}: the region of `{}` has one `{function}`:\n{shown}",
                about.name, strategy.name
            );
        }
        let opened = about
            .source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("// ANCHOR: "));
        for name in opened {
            let known =
                name == "workload" || strategies.iter().any(|strategy| strategy.name == name);
            assert!(
                known,
                "{}: the region `{name}` belongs to no strategy",
                about.name
            );
            assert!(region(about.source, name).is_ok(), "{}: {name}", about.name);
        }
        let anchors = |mark: &str| {
            about
                .source
                .lines()
                .filter(|line| line.trim().starts_with(mark))
                .count()
        };
        assert_eq!(
            anchors("// ANCHOR: "),
            anchors("// ANCHOR_END: "),
            "{}",
            about.name
        );
    }
}

#[test]
fn what_is_shown_fits_a_screen_of_eighty_columns() {
    for concept in ALL {
        let about = concept.about;
        let strategies = strategies(concept);
        let names = strategies.iter().map(|strategy| strategy.name);
        let regions = names
            .chain(["workload"])
            .filter_map(|name| region(about.source, name).ok());
        // They are shown two columns further to the right.
        for line in regions.chain([about.twin]).flat_map(str::lines) {
            assert!(line.chars().count() <= 78, "{}: {line}", about.name);
        }
    }
}

#[test]
fn the_defaults_make_their_point_in_seconds() {
    for concept in ALL {
        let strategies = strategies(concept);
        let defaults: Vec<_> = strategies
            .iter()
            .filter(|strategy| strategy.by_default)
            .collect();
        assert!(
            (1..=3).contains(&defaults.len()),
            "{}: {defaults:?}",
            concept.about.name
        );
        let in_all = |strategies: &[&Strategy]| {
            strategies
                .iter()
                .filter_map(|strategy| strategy.ideal)
                .sum::<Duration>()
        };
        let (shown, all) = (
            in_all(&defaults),
            in_all(&strategies.iter().collect::<Vec<_>>()),
        );
        assert!(
            shown < Duration::from_secs(6),
            "{}: {shown:?}",
            concept.about.name
        );
        // About ten seconds: half a second over them is nobody's undoing.
        assert!(
            all < Duration::from_secs(11),
            "{}: {all:?}",
            concept.about.name
        );
    }
}

#[test]
fn the_tour_takes_less_than_a_minute_and_settles_every_belief() {
    let mut whole = Duration::ZERO;
    for concept in ALL {
        let name = concept.about.name;
        let strategies = tour::strategies(concept).expect("its own knobs are in their ranges");
        let ideals = strategies.iter().filter_map(|strategy| strategy.ideal);
        let takes: Duration = ideals.sum();
        assert!(takes <= Duration::from_secs(4), "{name}: {takes:?}");
        whole += takes;
        let settling: Vec<_> = strategies
            .iter()
            .filter(|strategy| strategy.refutes_belief)
            .collect();
        assert!(
            settling.len() == 1 && !settling[0].claims.is_empty(),
            "{name}: of the default strategies, one `.refutes_belief()` by its first claim, \
             not {settling:?}"
        );
    }
    // What is not waiting comes on top.
    assert!(whole < Duration::from_secs(45), "{whole:?}");
}

fn run(lab: &Lab, name: &str, strategy: &Strategy) -> Outcome {
    let (lab, running) = (lab.clone(), strategy.clone());
    let outcome = no_hang(name, move || lab.run(&running, &mut ()));
    assert_eq!(outcome.report.error, None, "{name}");
    outcome
}

/// How often results are asked for again that a busy machine may spoil: there a deadline passes before the work has begun,
/// or both are over at once.
const TRIES: usize = 5;

#[test]
fn every_strategy_comes_to_its_end_with_the_result_of_the_others() {
    for concept in ALL {
        let (mut first, mut reference) = (None, None::<&Strategy>);
        let strategies = quick_strategies(concept);
        for strategy in &strategies {
            let name = format!("{} --strategy {}", concept.about.name, strategy.name);
            let (slow_poll, stop) = (Duration::from_millis(10), Stop::default());
            let lab = Lab {
                slow_poll,
                repeat: 1,
                show_heartbeat: concept.about.heartbeat_lane,
                max_tasks: 1_000,
                stop,
            };
            let mut outcome = run(&lab, &name, strategy);
            for _ in 0..TRIES {
                if strategy.differs.is_some() || first.is_none() || outcome.result == first {
                    break;
                }
                // Either may have been late.
                first = reference.and_then(|it| run(&lab, &name, it).result);
                outcome = run(&lab, &name, strategy);
            }
            let result = outcome
                .result
                .unwrap_or_else(|| panic!("{name} has no result"));
            assert!(!outcome.report.tasks.is_empty(), "{name} tracks nothing");
            match (strategy.differs, &first) {
                (None, None) => (first, reference) = (Some(result), Some(strategy)),
                (None, Some(first)) => assert_eq!(result, *first, "{name}"),
                (Some(why), _) => assert!(!why.is_empty(), "{name}"),
            }
            for key in outcome.report.metrics.keys() {
                let unit = ["_count", "_s", "_bytes", "_per_second"]
                    .iter()
                    .any(|unit| key.ends_with(unit));
                assert!(unit, "{name}: {key} does not name its unit");
            }
            let polled = |task: &&Task| task.start_s.is_some();
            for task in outcome.report.tasks.iter().filter(polled) {
                let parts = task.busy_s.0 + task.scheduled_s.0 + task.idle_s.0;
                assert_eq!(
                    parts,
                    task.life().0,
                    "{name}: {} is always busy, scheduled or idle",
                    task.label
                );
            }
        }
    }
}

/// What is not set follows from what is.
#[test]
fn the_first_error_comes_half_way_through_the_shorter_delay() {
    let ideal = |knobs: &[&str]| {
        let strategies = (asyncdemo::concepts::find("gather").unwrap().strategies)(knobs).unwrap();
        let failing = strategies.into_iter().find(|it| it.name == "first-error");
        failing.unwrap().ideal.unwrap()
    };
    assert_eq!(ideal(&[]), Duration::from_millis(500));
    assert_eq!(ideal(&["--delays", "1ms,1ms"]), Duration::from_micros(500));
    assert_eq!(ideal(&["--delays", "3s,1s"]), Duration::from_millis(500));
    assert_eq!(
        ideal(&["--delays", "3s,1s", "--fail-at", "2s"]),
        Duration::from_secs(2)
    );
}
