//! Help, and what is said of a line that is wrong: that they are found, and look as was asked.

use crate::support::Test;
use asyncdemo::cli;

/// Every command, with what is in it, as it is typed.
fn commands() -> Vec<Vec<String>> {
    fn inside(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
        found.push(words.to_vec());
        for inner in command.get_subcommands() {
            let words = [words, &[inner.get_name().to_owned()]].concat();
            inside(inner, &words, found);
        }
    }
    let mut found = Vec::new();
    inside(&cli::command(), &[], &mut found);
    found
}

#[test]
fn help_and_a_command_is_that_command_with_help_behind_it() {
    let commands = commands();
    assert!(commands.contains(&vec!["course".to_owned(), "check".to_owned()]));
    for words in commands {
        let behind = Test::new(&words).args(["--help"]).output();
        assert_eq!((behind.status, &*behind.stderr), (Some(0), ""), "{words:?}");
        let usage = [&["Usage: asyncdemo".to_owned()], &words[..]]
            .concat()
            .join(" ");
        assert!(behind.stdout.contains(&usage), "{}", behind.stdout);
        Test::new(["help"]).args(&words).stdout(behind.stdout).run();
    }
}

#[test]
fn help_of_what_is_no_command_says_what_may_be_meant() {
    for (words, said) in [
        (&["gathr"][..], "a similar subcommand exists: 'gather'"),
        (&["course", "chek"], "a similar subcommand exists: 'check'"),
        (&["gather", "join"], "Usage: asyncdemo gather [OPTIONS]"),
        (&["learn", "gather"], "no help for `learn gather`"),
        (&["zzz"], "unrecognized subcommand 'zzz'"),
    ] {
        let output = Test::new(["help"]).args(words).output();
        assert_eq!((output.status, &*output.stdout), (Some(2), ""), "{words:?}");
        assert!(output.stderr.contains(said), "{words:?}: {}", output.stderr);
    }
}

#[test]
fn the_long_help_has_what_the_short_one_has_no_room_for() {
    let said = |line: &[&str]| Test::new(line).output().stdout;
    let (short, long) = (said(&["-h"]), said(&["--help"]));
    for more in [
        "Exit codes:",
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR_FORCE",
        "LC_ALL",
        "ASYNCDEMO_DATA_DIR",
    ] {
        assert!(long.contains(more) && !short.contains(more), "{more}");
    }
    for concept in asyncdemo::concepts::ALL {
        let about = concept.about;
        let (short, long) = (said(&[about.name, "-h"]), said(&[about.name, "--help"]));
        assert!(short.lines().count() < long.lines().count());
        assert!(short.contains(about.examples) && long.contains(about.examples));
        let unbroken = long.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unbroken.contains(about.belief) && !short.contains(about.belief));
        assert!(
            long.contains("asyncdemo --help"),
            "where the exit codes are"
        );
    }
}

#[test]
fn what_is_wrong_ends_with_the_usage_of_its_command() {
    for (line, usage) in [
        (
            &["gather", "--delays", "1s"][..],
            "asyncdemo gather [OPTIONS]",
        ),
        (&["gather", "--nope"], "asyncdemo gather [OPTIONS]"),
        (&["learn", "zzz"], "asyncdemo learn [OPTIONS] [LESSON]"),
        (&["jobs"], "asyncdemo jobs [OPTIONS]"),
        (
            &["course", "check", "--nope"],
            "asyncdemo course check [OPTIONS] [DIR]",
        ),
        (&["zzz"], "asyncdemo [OPTIONS] [COMMAND]"),
    ] {
        let output = Test::new(line).output();
        assert_eq!(output.status, Some(2), "{line:?}");
        let said = format!("\n\nUsage: {usage}\n\n");
        assert!(output.stderr.contains(&said), "{line:?}: {}", output.stderr);
    }
}

/// Help, and lines that are wrong, each with its flags in every place where they may stand.
fn everywhere(flags: &[&'static str]) -> Vec<Vec<&'static str>> {
    vec![
        [flags, &["--help"]].concat(),
        [&["--help"], flags].concat(),
        [flags, &["gather", "--help"]].concat(),
        [&["gather"], flags, &["-h"]].concat(),
        [&["help"], flags, &["course", "check"]].concat(),
        [&["help", "zzz"], flags].concat(),
        [&["gather"], flags, &["--delays", "1s"]].concat(),
        [flags, &["gather", "--strategy", "ü"]].concat(),
        [&["gather", "--strategy", "ü"], flags].concat(),
        [flags, &["zzz"]].concat(),
    ]
}

#[test]
fn help_and_errors_have_the_colour_that_is_asked_for() {
    let text = |test: Test| {
        let output = test.output();
        output.stdout + &output.stderr
    };
    for flags in [&["--color", "always"][..], &["--color=always"]] {
        for line in everywhere(flags) {
            let shown = text(Test::new(&line).env("NO_COLOR", "1"));
            assert!(shown.contains("\x1b["), "{line:?}: {shown}");
        }
    }
    for line in everywhere(&["--color", "never"]) {
        let shown = text(Test::new(&line).env("FORCE_COLOR", "1"));
        assert!(!shown.contains('\x1b'), "{line:?}: {shown}");
    }
    for line in everywhere(&[]) {
        let shown = text(Test::new(&line).env("FORCE_COLOR", "1"));
        assert!(shown.contains("\x1b["), "{line:?}: {shown}");
        let shown = text(Test::new(&line));
        assert!(!shown.contains('\x1b'), "{line:?}: {shown}");
    }
}

#[test]
fn help_and_errors_are_ascii_where_that_is_asked_for() {
    let mut other = 0;
    for flags in [&[][..], &["--ascii"]] {
        for line in everywhere(flags) {
            let output = Test::new(&line).output();
            let shown = output.stdout + &output.stderr;
            if flags.is_empty() {
                other += usize::from(!shown.is_ascii());
            } else {
                assert!(shown.is_ascii(), "{line:?}: {shown}");
            }
        }
    }
    assert!(other > 0, "some of them have other signs when nobody asks");
}

#[test]
fn what_stands_behind_two_dashes_asks_for_nothing() {
    let output = Test::new(["gather", "--", "--color", "always"]).output();
    assert_eq!(output.status, Some(2));
    assert!(!output.stderr.contains('\x1b'), "{}", output.stderr);
}

#[test]
fn of_the_variables_the_first_that_is_set_decides_on_colour() {
    let variables = |set: &[(&str, &str)]| {
        let test = Test::new(["list"]);
        let test = set
            .iter()
            .fold(test, |test, (name, value)| test.env(name, value));
        test.output().stdout.contains('\x1b')
    };
    for wanted in [
        &[("FORCE_COLOR", "1")][..],
        // As Python has it: what it says does not matter.
        &[("FORCE_COLOR", "0")],
        &[("FORCE_COLOR", "1"), ("TERM", "dumb")],
        &[("FORCE_COLOR", "1"), ("CLICOLOR", "0")],
        &[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")],
        &[("NO_COLOR", ""), ("FORCE_COLOR", "1")],
    ] {
        assert!(variables(wanted), "{wanted:?}");
    }
    for refused in [
        &[("FORCE_COLOR", "")][..],
        &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
        &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
    ] {
        assert!(!variables(refused), "{refused:?}");
    }
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_is_no_other() {
    for line in everywhere(&["--color", "never", "--ascii"]) {
        let seen = Test::new(&line).on_a_terminal(100, 80).finish();
        assert!(!seen.raw.contains('\x1b'), "{line:?}: {}", seen.raw);
        assert!(seen.raw.is_ascii(), "{line:?}: {}", seen.raw);
    }
    for line in everywhere(&[]) {
        let seen = Test::new(&line).on_a_terminal(100, 80).finish();
        assert!(seen.raw.contains("\x1b["), "{line:?}: {}", seen.raw);
    }
}
