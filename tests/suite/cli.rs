//! What is typed and what is printed: exact texts, exit codes, and what the environment asks for.

use std::time::Duration;

use crate::support::{GATHER, Output, Test, gather, mask, on_a_quiet_machine, quick_strategies};
use asyncdemo::cli::{self, Cli};
use asyncdemo::concepts::{self, ALL, Entry, function, region};
use asyncdemo::page::{self, Language, Style};
use console::strip_ansi_codes;

/// The concepts with their questions, as they are listed.
fn concepts() -> String {
    ALL.iter()
        .map(|concept| format!("  {:<18}{}\n", concept.about.name, concept.about.question))
        .collect()
}

fn help(concept: &Entry) -> String {
    Test::new([concept.about.name, "--help"]).output().stdout
}

#[test]
fn alone_it_shows_what_there_is_and_where_to_start() {
    let overview = format!(
        "\
asyncdemo    see async run: predict, run, look, understand

Start here
  asyncdemo gather            1 s + 2 s takes 2 s. Why?         6 s
  asyncdemo blocking-pitfall  one blocking call, and all wait   3 s
  asyncdemo gather --code     the code that runs, then the run  6 s
  asyncdemo tour              every belief put to the test      20 s
  asyncdemo learn             the course, from the beginning    14 lessons

Concepts
{}
asyncdemo CONCEPT --help shows the knobs and examples.
",
        concepts()
    );
    Test::new([""; 0]).stdout(overview).run();
}

#[test]
fn list_gives_each_concept_with_its_question() {
    Test::new(["list"]).stdout(concepts()).run();
}

#[test]
fn list_as_json_is_for_scripts() {
    let listed = Test::new(["list", "--format", "json"]).output().stdout;
    let first = concat!(
        r#"[{"name":"sleep","title":"what an async fn is","#,
        r#""question":"What do async and await do?","python":"async def, await","strategies":["#,
        r#"{"name":"sequential","summary":"each fetch awaited before the next","default":true},"#,
        r#"{"name":"concurrent","summary":"join_all: one thread awaits them all","default":true},"#,
        r#"{"name":"threads","summary":"a thread for each, asleep inside: std::thread::sleep","default":false},"#,
        r#"{"name":"unawaited","summary":"each future made, and never awaited","default":true}]},{"#,
    );
    assert!(listed.starts_with(first), "{listed}");
    let strategies = |concept: &Entry| -> Vec<_> {
        let strategies = (concept.strategies)(&[]).unwrap().into_iter();
        strategies
            .map(|strategy| {
                serde_json::json!({
                    "name": strategy.name,
                    "summary": strategy.summary,
                    "default": strategy.by_default,
                })
            })
            .collect()
    };
    let expected: serde_json::Value = ALL
        .iter()
        .map(|concept| {
            serde_json::json!({
                "name": concept.about.name,
                "title": concept.about.title,
                "question": concept.about.question,
                "python": concept.about.python,
                "strategies": strategies(concept),
            })
        })
        .collect();
    let found: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(found, expected);
    assert_eq!(listed.lines().count(), 1, "one line, like a report");
}

#[test]
fn where_to_start_is_a_command_that_is_accepted() {
    let overview = Test::new([""; 0]).output().stdout;
    let start = overview
        .lines()
        .skip_while(|line| *line != "Start here")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let mut tried = 0;
    for line in start {
        let command: Vec<_> = line
            .trim()
            .split("  ")
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        if ALL.iter().any(|concept| concept.about.name == command[1]) {
            assert!(Cli::parse_from(&command).is_ok(), "{command:?}");
            tried += 1;
        } else {
            println!("{} is no concept yet", command[1]);
        }
    }
    assert!(tried >= 2, "{overview}");
}

#[test]
fn help_explains_a_term_and_lists_them() {
    let explained = "lane\n\nOne row of the timeline: a task from its first poll to its end, or work on a\nthread of the blocking pool.\n";
    for typed in [&["help", "lane"][..], &["help", "Lanes"]] {
        Test::new(typed).stdout(explained).run();
    }
    let terms = Test::new(["help", "terms"]).output().stdout;
    assert!(
        terms.contains("event loop") && terms.contains("worker"),
        "{terms}"
    );
    // A command is a command, whatever else the word means.
    let timeout = Test::new(["help", "timeout"]).output().stdout;
    assert!(timeout.contains("Usage: asyncdemo timeout"), "{timeout}");
    let unknown = Test::new(["help", "banana"]).output();
    assert_eq!(unknown.status, Some(2));
    assert!(
        unknown.stderr.contains("asyncdemo help terms"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn help_ends_with_examples_that_stand_in_line() {
    for concept in ALL {
        let help = help(concept);
        let (_, examples) = help
            .split_once("\nExamples:\n")
            .unwrap_or_else(|| panic!("no examples: {help}"));
        let (commands, told): (Vec<_>, Vec<_>) = examples
            .lines()
            .partition(|line| line.trim_start().starts_with("asyncdemo "));
        assert!(
            commands.iter().all(|line| line.starts_with("  asyncdemo ")),
            "{examples}"
        );
        assert!(
            told.iter().all(|line| line.starts_with("        ")),
            "what a line is for, below it: {examples}"
        );
        assert!(help.starts_with(concept.about.question), "{help}");
    }
}

/// A knob that takes a duration, a size or a number.
struct Knob {
    concept: &'static str,
    flag: String,
    /// From the help.
    range: Range,
    /// How many values it takes at once, with commas between them.
    arity: usize,
}

/// The ends of a range, as they are written.
#[derive(Debug)]
struct Range(String, String);

impl Range {
    /// Reads `… from 0s (none) to 60s; …`: the last such words of the first line that has some.
    fn read(text: &str) -> Option<Self> {
        let line = text
            .lines()
            .find(|line| line.contains("from ") && line.contains(" to "))?;
        let (_, range) = line.rsplit_once("from ")?;
        let (least, most) = range.split_once(" to ")?;
        let most = most
            .split([',', ';', '(', ':'])
            .next()?
            .trim()
            .trim_end_matches('.');
        let least = least.split('(').next()?.trim();
        Some(Self(least.to_owned(), most.to_owned()))
    }

    /// In nanoseconds, in bytes, or as the bare number that it is.
    fn ends(&self) -> (u128, u128) {
        let read = |end: &str| {
            let duration = || Some(humantime::parse_duration(end).ok()?.as_nanos());
            let number = end.parse().ok().or_else(|| size(end)).or_else(duration);
            number.unwrap_or_else(|| panic!("{self:?}: no number, no size and no duration"))
        };
        (read(&self.0), read(&self.1))
    }

    fn is_of_durations(&self) -> bool {
        self.1.parse::<u128>().is_err() && size(&self.1).is_none()
    }

    /// What must be refused.
    fn bad(&self) -> Vec<String> {
        let (least, most) = self.ends();
        let written = |value: u128| {
            if self.is_of_durations() {
                humantime::format_duration(Duration::from_nanos(u64::try_from(value).unwrap()))
                    .to_string()
            } else {
                value.to_string()
            }
        };
        let mut bad: Vec<String> = [
            "-1",
            "-1s",
            "nan",
            "inf",
            "NaN",
            "1e400",
            "",
            " ",
            "99999999999999999999",
            "1,5",
        ]
        .map(String::from)
        .into();
        bad.push(written(most + 1));
        bad.push(
            if self.is_of_durations() {
                "99999999999999999999s"
            } else {
                "1.5"
            }
            .to_owned(),
        );
        if least > 0 {
            bad.extend(["0".to_owned(), written(least - 1)]);
        }
        bad
    }
}

/// Reads `64MiB`.
fn size(text: &str) -> Option<u128> {
    let units = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
    let (number, unit) = units
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    Some(number.parse::<u128>().ok()? * unit)
}

/// Every duration, size and number that any concept takes. What takes a value and is none of them has a
/// list of values, or is a file or a URL.
fn knobs() -> Vec<Knob> {
    let mut command = cli::command();
    command.build();
    let mut knobs = Vec::new();
    for concept in ALL {
        let name = concept.about.name;
        let subcommand = command
            .find_subcommand(name)
            .unwrap_or_else(|| panic!("`asyncdemo {name}` does not exist"));
        for argument in subcommand
            .get_arguments()
            .filter(|argument| argument.get_action().takes_values())
        {
            let value = argument
                .get_value_names()
                .unwrap_or_default()
                .first()
                .map_or("", |name| name.as_str());
            if !argument.get_possible_values().is_empty()
                || ["FILE", "PATH", "URL"].contains(&value)
            {
                continue;
            }
            let flag = format!(
                "--{}",
                argument
                    .get_long()
                    .unwrap_or_else(|| panic!("{name}: {argument} is no --flag"))
            );
            let about = argument
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let range = Range::read(&about).unwrap_or_else(|| {
                panic!("`{name} {flag}` does not say from what to what: {about}")
            });
            let arity = argument
                .get_value_delimiter()
                .map_or(1, |comma| value.split(comma).count());
            knobs.push(Knob {
                concept: name,
                flag,
                range,
                arity,
            });
        }
    }
    assert!(
        knobs.len() >= 4 * ALL.len() || knobs.len() >= 4,
        "the knobs were found"
    );
    knobs
}

/// What is said of a command line that is refused.
#[track_caller]
fn refusal(line: &[&str]) -> String {
    let error = match Cli::parse_from([&["asyncdemo"], line].concat()) {
        Ok(_) => panic!("{line:?} was accepted"),
        Err(error) => error,
    };
    assert_eq!(error.exit_code(), 2, "{line:?}");
    error.to_string()
}

#[test]
fn every_knob_refuses_what_is_out_of_its_range_and_names_the_range() {
    for knob in knobs() {
        let (concept, flag) = (knob.concept, &*knob.flag);
        for bad in knob.range.bad() {
            if knob.arity > 1 && bad.contains(',') {
                continue;
            }
            // Of several values, each is looked at.
            for place in 0..knob.arity {
                let mut values = vec![&*knob.range.1; knob.arity];
                values[place] = &bad;
                let said = refusal(&[concept, flag, &values.join(",")]);
                assert!(said.contains(flag), "{concept} {flag} {bad:?}: {said}");
                let range = Range::read(&said)
                    .unwrap_or_else(|| panic!("{concept} {flag} {bad:?}: no range in {said}"));
                assert_eq!(
                    range.ends(),
                    knob.range.ends(),
                    "{concept} {flag}: the help says otherwise than {said}"
                );
            }
        }
    }
}

#[test]
fn every_knob_takes_the_ends_of_its_range() {
    for knob in knobs() {
        for end in [&knob.range.0, &knob.range.1] {
            let values = vec![end.as_str(); knob.arity].join(",");
            // Together with the other knobs' defaults it may still make no sense; that has other words.
            if let Err(error) = Cli::parse_from(["asyncdemo", knob.concept, &knob.flag, &values]) {
                assert!(
                    !error.to_string().contains("must be"),
                    "{} {} {values}: {error}",
                    knob.concept,
                    knob.flag
                );
            }
        }
    }
}

#[test]
fn every_knob_wants_as_many_values_as_it_takes() {
    for knob in knobs() {
        let (concept, flag, value) = (knob.concept, &*knob.flag, &*knob.range.1);
        assert!(refusal(&[concept, flag]).contains(flag), "{concept} {flag}");
        let wrong = match (concept, flag) {
            ("scale", "--tasks") => vec![13],
            _ => vec![knob.arity - 1, knob.arity + 1],
        };
        for wrong in wrong.into_iter().filter(|wrong| *wrong > 0) {
            let said = refusal(&[concept, flag, &vec![value; wrong].join(",")]);
            assert!(said.contains(flag), "{concept} {flag}: {said}");
        }
    }
}

#[test]
fn the_program_itself_refuses_with_exit_code_two() {
    for knob in knobs() {
        let values = vec!["99999999999999999999s"; knob.arity].join(",");
        let output = Test::new([knob.concept, &knob.flag, &values]).output();
        assert_eq!(
            (output.status, &*output.stdout),
            (Some(2), ""),
            "{} {}",
            knob.concept,
            knob.flag
        );
        assert!(
            output.stderr.starts_with("error: ") && output.stderr.contains(&knob.flag),
            "{}",
            output.stderr
        );
    }
}

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

#[test]
fn in_a_pipe_there_are_the_final_blocks_and_nothing_else() {
    on_a_quiet_machine(GATHER, || {
        let Output {
            status,
            stdout,
            stderr,
        } = gather().output();
        assert_eq!(
            (status, &*stderr),
            (Some(0), ""),
            "no progress where nobody looks"
        );
        assert!(
            !stdout.contains(|sign: char| sign.is_control() && sign != '\n'),
            "{stdout:?}"
        );
        mask(&stdout)
    });
}

#[test]
fn every_concept_runs_in_a_pipe() {
    for concept in ALL {
        let Output {
            status,
            stdout,
            stderr,
        } = Test::quick(concept).args(["--all"]).output();
        assert_eq!((status, &*stderr), (Some(0), ""), "{}", concept.about.name);
        assert!(
            !stdout.contains(|sign: char| sign.is_control() && sign != '\n'),
            "{stdout:?}"
        );
        for strategy in quick_strategies(concept) {
            let blocks = stdout
                .lines()
                .filter(|line| line.starts_with(&format!("{} ", strategy.name)))
                .count();
            assert!(blocks >= 1, "{}:\n{stdout}", strategy.name);
        }
    }
}

#[test]
fn only_what_is_chosen_runs_in_its_own_order() {
    for (chosen, ran) in [
        (
            &["--all"][..],
            &[
                "sequential",
                "created-first",
                "join",
                "spawned",
                "first-error",
            ][..],
        ),
        (&["--strategy", "spawned"], &["spawned"]),
        (
            &[
                "--strategy",
                "join",
                "--strategy",
                "sequential",
                "--strategy",
                "join",
            ],
            &["sequential", "join"],
        ),
        (&[], &["sequential", "join"]),
    ] {
        let knobs = [
            "gather",
            "--delays",
            "1ms,2ms",
            "--fail-at",
            "1ms",
            "--format",
            "json",
        ];
        let stdout = Test::new(knobs).args(chosen).output().stdout;
        let report: asyncdemo::report::Report = serde_json::from_str(&stdout).unwrap();
        let names: Vec<_> = report
            .strategies
            .iter()
            .map(|strategy| strategy.name.as_str())
            .collect();
        assert_eq!(names, ran, "{chosen:?}");
    }
}

#[test]
fn the_code_is_shown_before_it_runs() {
    for concept in ALL {
        let stdout = Test::quick(concept)
            .args(["--all", "--code"])
            .output()
            .stdout;
        let mut rest = stdout.as_str();
        for strategy in quick_strategies(concept) {
            let source = region(concept.about.source, strategy.name).unwrap();
            let shown = page::to_ansi(
                &page::code(source, Language::Rust, &Style::default()),
                &Style::default(),
            );
            let block = format!("\n{} ", strategy.name);
            // First the source, then the lanes, then the next strategy.
            let (_, after) = rest
                .split_once(&shown)
                .unwrap_or_else(|| panic!("{shown}\nis not shown in\n{rest}"));
            rest = after
                .split_once(&block)
                .unwrap_or_else(|| panic!("no block of {}:\n{after}", strategy.name))
                .1;
        }
        let unasked = Test::quick(concept).output().stdout;
        assert!(!unasked.contains("recorder.track("), "{unasked}");
    }
}

#[test]
fn of_each_strategy_its_python_function_is_shown_and_the_whole_file_if_asked_for() {
    let drawn = |text: &str, language| {
        let style = Style::default();
        page::to_ansi(&page::code(text, language, &style), &style)
    };
    for concept in ALL {
        let about = concept.about;
        let shown = |args: &[&str]| Test::quick(concept).args(args).output().stdout;
        let place = |stdout: &str, text: &str| {
            let found = stdout.find(text);
            found.unwrap_or_else(|| panic!("{}: {text}\nis not shown in\n{stdout}", about.name))
        };
        let head = format!("Python: the same, in lessons/python/{}", about.python_file);
        let all = drawn(about.twin, Language::Python);
        let chosen = quick_strategies(concept).into_iter();
        let chosen: Vec<_> = chosen.filter(|strategy| strategy.by_default).collect();

        let python = shown(&["--code=python"]);
        // A pipe has 80 columns, so one comes after the other.
        let both = shown(&["--code=both"]);
        assert!(!python.contains(&all) && !both.contains(&all), "{python}");
        for strategy in &chosen {
            let block = format!("\n{} ", strategy.name);
            let own = function(about.twin, strategy.name).expect("it has a twin");
            let own = drawn(own, Language::Python);
            let rust = drawn(region(about.source, strategy.name).unwrap(), Language::Rust);
            for stdout in [&python, &both] {
                assert_eq!(stdout.matches(&own).count(), 1, "{stdout}");
                assert_eq!(stdout.matches(&head).count(), chosen.len(), "{stdout}");
                assert!(place(stdout, &own) < place(stdout, &block), "{stdout}");
            }
            assert!(!python.contains(&rust), "{python}");
            assert!(place(&both, &rust) < place(&both, &own), "{both}");
        }

        let whole = shown(&["--code=python", "--full"]);
        assert_eq!(whole.matches(&all).count(), 1, "{whole}");
        assert_eq!(whole.matches(&head).count(), 1, "{whole}");
        let block = format!("\n{} ", chosen[0].name);
        assert!(place(&whole, &all) < place(&whole, &block), "{whole}");
    }
}

#[test]
fn where_a_strategy_has_no_python_its_code_says_why() {
    let line = ["--strategy", "durable", "--code=python"];
    let stdout = Test::quick(concepts::find("queue").unwrap())
        .args(line)
        .output()
        .stdout;
    let why = "# durable is in Rust alone: the standard library keeps no jobs";
    assert!(stdout.contains(why), "{stdout}");
}

#[test]
fn the_code_has_the_languages_that_there_are() {
    for refused in [&["--code=go"][..], &["--code="], &["--code", "python"]] {
        refusal(&[&["gather"], refused].concat());
    }
    for accepted in ["--code", "--code=rust", "--code=python", "--code=both"] {
        let line = ["asyncdemo", "gather", accepted, "--all"];
        assert!(Cli::parse_from(line).is_ok(), "{accepted}");
    }
    let shown = |code| Test::quick(&ALL[1]).args([code]).output().stdout;
    assert!(shown("--code=rust").contains("tokio::join!("));
}

#[test]
fn where_only_ascii_can_be_shown_nothing_else_is() {
    let mut calls: Vec<Vec<&str>> = vec![
        vec![],
        vec!["list"],
        vec!["--help"],
        vec!["gather", "--help"],
        vec!["gather", "--strategy", "ü"],
    ];
    for concept in ALL {
        let name = [concept.about.name];
        calls.push([&name, concept.about.quick, &["--all", "--code=both"]].concat());
    }
    for call in calls {
        let output = Test::new(&call).env("LANG", "C").output();
        assert!(output.stdout.is_ascii(), "{call:?}:\n{}", output.stdout);
        assert!(output.stderr.is_ascii(), "{call:?}:\n{}", output.stderr);
    }
    // The locale that counts is the first that is set: LC_ALL before LC_CTYPE before LANG.
    let drawn = |locale: &[(&str, &str)]| {
        let call =
            Test::new(["gather", "--delays", "5ms,5ms", "--strategy", "join"]).env("LANG", "");
        locale
            .iter()
            .fold(call, |call, (name, value)| call.env(name, value))
            .output()
            .stdout
    };
    for ascii in [
        &[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")][..],
        &[("LC_CTYPE", "C"), ("LANG", "C.UTF-8")],
    ] {
        assert!(drawn(ascii).is_ascii(), "{ascii:?}");
    }
    for utf8 in [
        &[("LC_ALL", "de_DE.utf8"), ("LANG", "C")][..],
        &[("LC_ALL", ""), ("LC_CTYPE", "en_US.UTF-8")],
    ] {
        assert!(!drawn(utf8).is_ascii(), "{utf8:?}");
    }
    // Where no locale is set, macOS and Windows show everything all the same.
    assert_eq!(drawn(&[]).is_ascii(), cfg!(target_os = "linux"));
}

#[test]
fn with_ascii_asked_for_the_picture_has_the_same_shape() {
    for concept in ALL {
        let output = Test::quick(concept).args(["--ascii"]).output();
        assert!(output.stdout.is_ascii(), "{}", output.stdout);
    }
    let drawn = gather()
        .args(["--ascii", "--strategy", "join"])
        .output()
        .stdout;
    let lane = drawn
        .lines()
        .find(|line| line.starts_with("  fetch one  "))
        .unwrap_or_else(|| panic!("{drawn}"));
    assert!(
        lane.contains("  |") && drawn.contains("| | first and last poll"),
        "{drawn}"
    );
}

#[test]
fn colour_adds_escape_codes_and_nothing_else() {
    let coloured = |call: Test| call.args(["--color", "always"]).output().stdout;
    on_a_quiet_machine(GATHER, || {
        let coloured = coloured(gather());
        assert!(coloured.contains("\x1b["), "{coloured:?}");
        mask(&strip_ansi_codes(&coloured))
    });
    let list = coloured(Test::new(["list"]));
    assert!(list.contains("\x1b["), "{list:?}");
    assert_eq!(strip_ansi_codes(&list), concepts());
    for concept in ALL {
        let code = coloured(Test::quick(concept).args(["--code"]));
        assert!(
            code.contains("\x1b[35masync\x1b[0m"),
            "the code is highlighted: {code:?}"
        );
    }
}

#[test]
fn in_a_pipe_colour_has_to_be_asked_for() {
    let list = |name: &str, value: &str| Test::new(["list"]).env(name, value).output().stdout;
    assert!(list("CLICOLOR_FORCE", "1").contains('\x1b'));
    for (name, value) in [
        ("CLICOLOR_FORCE", "0"),
        ("CLICOLOR_FORCE", ""),
        ("CLICOLOR", "1"),
        ("TERM", "xterm-256color"),
    ] {
        assert_eq!(list(name, value), concepts(), "{name}={value}");
    }
    let never = Test::new(["list", "--color", "never"]).env("CLICOLOR_FORCE", "1");
    never.stdout(concepts()).run();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_once() {
    let full = || {
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let told = "asyncdemo: standard output could not be written: No space left on device (os error 28). Free some space, or send it elsewhere.\n";
    for call in [
        &[][..],
        &["list"],
        &["--help"],
        &["gather", "--help"],
        &["--version"],
    ] {
        Test::new(call).into(full()).status(1).stderr(told).run();
    }
    for concept in ALL {
        for format in ["text", "json"] {
            Test::quick(concept)
                .args(["--format", format])
                .into(full())
                .status(1)
                .stderr(told)
                .run();
        }
    }
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let nobody = || std::io::pipe().unwrap().1;
    for call in [
        &[][..],
        &["list"],
        &["--help"],
        &["gather", "--help"],
        &["--version"],
    ] {
        Test::new(call).into(nobody()).run();
    }
    for concept in ALL {
        for format in ["text", "json"] {
            Test::quick(concept)
                .args(["--format", format])
                .into(nobody())
                .run();
        }
    }
}

#[cfg(unix)]
#[test]
fn who_reads_the_first_line_only_gets_it() {
    let script = r#"{ "$0" gather --delays 1ms,1ms 2>&1; echo "exit code $?" >&2; } | head -n 1"#;
    let shell = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_asyncdemo")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(shell.stderr).unwrap(), "exit code 0\n");
    assert!(shell.stdout.starts_with(b"gather  ") && shell.stdout.ends_with(b"\n"));
    assert_eq!(
        shell.stdout.iter().filter(|byte| **byte == b'\n').count(),
        1
    );
}

#[cfg(unix)]
mod on_a_terminal {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Codes for colour and weight; those that move the cursor end in another letter.
    fn has_colour(raw: &str) -> bool {
        let mut codes = raw.split("\x1b[").skip(1);
        codes.any(|code| {
            code.find(|sign: char| sign.is_ascii_alphabetic())
                .is_some_and(|end| &code[end..=end] == "m")
        })
    }

    #[test]
    fn colour_is_there_unless_the_environment_refuses_it() {
        let raw = |environment: &[(&str, &str)], args: &[&str]| {
            let test = Test::new(["gather", "--delays", "100ms,200ms"]).args(args);
            let test = environment
                .iter()
                .fold(test, |test, (name, value)| test.env(name, value));
            let seen = test.on_a_terminal(60, 80).finish();
            assert_eq!(seen.status, 0);
            assert!(seen.screen.contains("wall  "), "{}", seen.screen);
            seen.raw
        };
        for wanted in [&[][..], &[("NO_COLOR", "")], &[("CLICOLOR", "1")]] {
            assert!(has_colour(&raw(wanted, &[])), "{wanted:?}");
        }
        for refused in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
            assert!(!has_colour(&raw(&[refused], &[])), "{refused:?}");
        }
        assert!(!has_colour(&raw(&[], &["--color", "never"])));
        assert!(has_colour(&raw(
            &[("NO_COLOR", "1"), ("TERM", "dumb")],
            &["--color", "always"]
        )));
        // A dumb terminal cannot move its cursor, so there is no live view either.
        assert!(!raw(&[("TERM", "dumb")], &[]).contains('\x1b'));
        assert!(
            !raw(&[], &["--quiet", "--color", "never"]).contains('\x1b'),
            "--quiet: no live view"
        );
    }

    #[test]
    fn help_has_colour_on_a_terminal_only() {
        let seen = Test::new(["gather", "--help"])
            .on_a_terminal(100, 80)
            .finish();
        assert!(seen.status == 0 && has_colour(&seen.raw), "{}", seen.raw);
        let seen = Test::new(["gather", "--help"])
            .env("NO_COLOR", "1")
            .on_a_terminal(100, 80)
            .finish();
        assert!(!seen.raw.contains('\x1b'), "{}", seen.raw);
    }

    #[test]
    fn json_on_a_terminal_is_json_alone() {
        let seen = Test::new(["gather", "--delays", "200ms,200ms", "--format", "json"])
            .on_a_terminal(60, 80)
            .finish();
        assert!(
            serde_json::from_str::<asyncdemo::report::Report>(&seen.raw).is_ok(),
            "{}",
            seen.raw
        );
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let calls = [
            &[
                "gather",
                "--delays",
                "40ms,80ms",
                "--fail-at",
                "20ms",
                "--all",
            ][..],
            &[],
            &["list"],
            &["gather", "--help"],
        ];
        for cols in [1, 20, 39, 40, 60, 80, 120, 200] {
            for call in calls {
                let seen = Test::new(call)
                    .args(["--color", "never"])
                    .on_a_terminal(100, cols)
                    .finish();
                assert_eq!(
                    seen.status, 0,
                    "{call:?} in {cols} columns:\n{}",
                    seen.screen
                );
                if cols >= 40 {
                    assert!(
                        !seen.wrapped,
                        "{call:?} in {cols} columns:\n{}",
                        seen.screen
                    );
                }
            }
        }
    }

    #[test]
    fn every_concept_fits_into_forty_columns() {
        for concept in ALL {
            let seen = Test::quick(concept)
                .args(["--all", "--code=both"])
                .on_a_terminal(400, 40)
                .finish();
            assert!(seen.status == 0 && !seen.wrapped, "{}", seen.screen);
        }
    }

    #[test]
    fn from_120_columns_on_both_sources_stand_side_by_side() {
        for concept in ALL {
            for cols in [119, 120, 160] {
                let seen = Test::quick(concept)
                    .args(["--code=both", "--color", "never", "--quiet"])
                    .on_a_terminal(400, cols)
                    .finish();
                let (name, screen) = (concept.about.name, &seen.screen);
                assert!(seen.status == 0 && !seen.wrapped, "{name}: {screen}");
                let beside = screen.lines().any(|line| {
                    line.contains("Rust: the code that runs") && line.contains("│ Python: the same")
                });
                assert_eq!(beside, cols >= 120, "{name} in {cols} columns:\n{screen}");
            }
        }
    }

    #[test]
    fn every_concept_runs_without_a_home_a_terminal_or_a_locale() {
        for concept in ALL {
            let name = concept.about.name;
            // No HOME, no TERM, no terminal.
            let bare = Test::quick(concept).env("LANG", "C").output();
            assert_eq!((bare.status, &*bare.stderr), (Some(0), ""), "{name}");

            let dumb = Test::quick(concept)
                .env("LANG", "C")
                .env("TERM", "dumb")
                .on_a_terminal(100, 80)
                .finish();
            assert_eq!(dumb.status, 0, "{name}: {}", dumb.screen);
            assert!(
                dumb.raw.is_ascii() && !dumb.raw.contains('\x1b'),
                "{name}: {}",
                dumb.raw
            );

            let home = tempfile::tempdir().unwrap();
            fs::set_permissions(home.path(), fs::Permissions::from_mode(0o555)).unwrap();
            let read_only = Test::quick(concept).env("HOME", home.path()).output();
            assert_eq!(
                (read_only.status, &*read_only.stderr),
                (Some(0), ""),
                "{name}"
            );
            // Root writes where it likes, so look.
            assert_eq!(
                fs::read_dir(home.path()).unwrap().count(),
                0,
                "{name} left something in the home"
            );
        }
    }
}
