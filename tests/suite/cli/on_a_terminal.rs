//! On a terminal: colour, width, and what it does without one.

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
