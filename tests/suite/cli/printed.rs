//! What is printed: in a pipe, in ASCII, in colour, to a full disk, to nobody.

use super::*;

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
