//! The tour: a screen for each concept, a pause where somebody can answer, and a table at the end.

use crate::support::{Test, mask, on_a_quiet_machine};
use asyncdemo::concepts::{ALL, About, find};

/// The tour of these concepts only.
fn tour(concepts: &[&str]) -> Test {
    Test::new(["tour"]).args(concepts)
}

fn about(concept: &str) -> About {
    find(concept).unwrap().about
}

/// The lines of the table, one for each concept: what stands in the column of the concepts begins one.
fn rows(stdout: &str) -> Vec<String> {
    let lines = stdout
        .lines()
        .skip_while(|line| !line.starts_with("concept  "));
    let mut rows: Vec<String> = Vec::new();
    for line in lines.skip(1).take_while(|line| !line.is_empty()) {
        match rows.last_mut() {
            Some(row) if line.starts_with(' ') => *row += line,
            _ => rows.push(line.to_owned()),
        }
    }
    rows
}

const GATHER: &str = "\
1 belief, each put to the test by a run: about <time>

gather  two waits at once  in Python: asyncio.gather
True? \"Doing two things at once takes two threads.\"

<ruler>
sequential  one.await, then two.await  <time>
  fetch one  ├─┤  <time>
  fetch two  ├─┤  <time>
join  tokio::join!(one, two) · <times>× faster  <time>
  fetch one  ├─┤  <time>
  fetch two  ├─┤  <time>
";

#[test]
fn a_stop_of_the_tour_looks_like_this() {
    on_a_quiet_machine(GATHER, || {
        let output = tour(&["gather", "--no-pause"]).output();
        assert_eq!((output.status, &*output.stderr), (Some(0), ""));
        assert_eq!(rows(&output.stdout).len(), 1, "{}", output.stdout);
        // Where the sentences break depends on their figures.
        let (picture, _) = output.stdout.split_once("\njoin: ").unwrap();
        mask(picture)
    });
}

#[test]
fn every_concept_is_visited_and_its_belief_tested() {
    // A few at a time: a test that takes a minute counts as one that hangs.
    for concepts in ALL.chunks(3) {
        let names: Vec<_> = concepts.iter().map(|entry| entry.about.name).collect();
        let output = tour(&names).args(["--no-pause"]).output();
        let stdout = output.stdout;
        assert_eq!((output.status, &*output.stderr), (Some(0), ""), "{stdout}");
        let mut rest = stdout.as_str();
        for name in &names {
            let belief = format!("True? \"{}\"", about(name).belief);
            let (_, after) = rest
                .split_once(&belief)
                .unwrap_or_else(|| panic!("{belief} not in\n{rest}"));
            rest = after;
        }
        let rows = rows(&stdout);
        assert_eq!(rows.len(), names.len(), "{stdout}");
        for (row, name) in rows.iter().zip(names) {
            assert!(row.starts_with(&format!("{name} ")), "{stdout}");
            let measured = row.contains(char::is_numeric);
            assert!(measured && !row.contains("failed"), "{row}");
        }
    }
}

#[test]
fn a_concept_that_fails_does_not_end_the_tour() {
    let output = tour(&["sleep", "db", "background", "--no-pause"])
        .env("TMPDIR", "/nowhere/at/all")
        .output();
    assert_eq!(output.status, Some(1), "{}", output.stdout);
    let rows = rows(&output.stdout);
    assert_eq!(rows.len(), 3, "{}", output.stdout);
    assert!(rows[1].contains("failed: "), "{}", output.stdout);
    assert!(
        !rows[0].contains("failed") && !rows[2].contains("failed"),
        "{}",
        output.stdout
    );
}

#[test]
fn what_is_no_concept_is_no_stop_of_the_tour() {
    let output = tour(&["nope"]).output();
    assert_eq!((output.status, &*output.stdout), (Some(2), ""));
    assert!(output.stderr.contains("'nope'"), "{}", output.stderr);
}

#[test]
fn where_only_ascii_can_be_shown_nothing_else_is() {
    let output = tour(&["blocking-pitfall"]).env("LANG", "C").output();
    assert_eq!(output.status, Some(0));
    assert!(output.stdout.is_ascii(), "{}", output.stdout);
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_the_table_of_what_was_measured_until_then() {
    let gather = tour(&["gather", "http"]).start();
    // Long enough for the first, not for the second; on a slow machine not even for the first.
    crate::support::wait(std::time::Duration::from_millis(2_200));
    crate::support::signal("TERM", gather.pid());
    let output = gather.output();
    assert_eq!(output.status, Some(143), "{}", output.stdout);
    assert!(output.stdout.contains("\npartial: "), "{}", output.stdout);
    assert!(rows(&output.stdout).len() <= 1, "{}", output.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_a_reader_who_goes_away_is_no_error() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let told = "asyncdemo: standard output could not be written: No space left on device (os error 28). Free some space, or send it elsewhere.\n";
    tour(&[]).into(full).status(1).stderr(told).run();
    tour(&[]).into(std::io::pipe().unwrap().1).run();
}

#[cfg(unix)]
mod on_a_terminal {
    use super::*;

    const ASKED: &str = "Enter goes on, q and Enter quits";
    const LAST: &str = "Next: every belief and what was measured.";

    #[test]
    fn it_waits_for_enter_after_each_and_before_the_table() {
        let mut terminal = tour(&["sleep", "gather"]).on_a_terminal(24, 80);
        terminal.wait_for("Next, gather: True?");
        terminal.wait_for(ASKED);
        terminal.press("\r");
        terminal.wait_for(LAST);
        terminal.press("\r");
        let seen = terminal.finish();
        assert_eq!((seen.status, seen.ready_for_a_shell), (0, true));
        assert_eq!(rows(&seen.screen).len(), 2, "{}", seen.screen);
    }

    #[test]
    fn q_quits_with_the_table_of_what_there_is() {
        let mut terminal = tour(&["gather", "sleep"]).on_a_terminal(24, 80);
        // The order is the registry's, whatever is typed.
        terminal.wait_for(ASKED);
        terminal.press("q\r");
        let seen = terminal.finish();
        assert_eq!((seen.status, seen.ready_for_a_shell), (0, true));
        let rows = rows(&seen.screen);
        assert!(rows.len() == 1 && rows[0].starts_with("sleep "), "{rows:?}");
        assert!(!seen.screen.contains("partial"), "{}", seen.screen);
    }

    #[test]
    fn the_end_of_the_input_goes_on() {
        let mut terminal = tour(&["gather"]).on_a_terminal(24, 80);
        terminal.wait_for(LAST);
        terminal.press("\x04");
        let seen = terminal.finish();
        assert_eq!((seen.status, seen.ready_for_a_shell), (0, true));
        assert_eq!(rows(&seen.screen).len(), 1, "{}", seen.screen);
    }

    #[test]
    fn ctrl_c_ends_it_while_it_waits_and_while_it_runs() {
        for (until, measured) in [(ASKED, 1), ("1.0   ", 0)] {
            let mut terminal = tour(&["gather", "http"]).on_a_terminal(24, 80);
            terminal.wait_for(until);
            terminal.press("\x03");
            let seen = terminal.finish();
            assert_eq!(
                (seen.status, seen.ready_for_a_shell),
                (130, true),
                "{}",
                seen.screen
            );
            assert!(seen.screen.contains("partial: "), "{}", seen.screen);
            assert_eq!(rows(&seen.screen).len(), measured, "{}", seen.screen);
        }
    }

    #[test]
    fn without_pauses_nobody_is_asked() {
        let seen = tour(&["gather", "--no-pause"])
            .on_a_terminal(24, 80)
            .finish();
        assert_eq!((seen.status, seen.ready_for_a_shell), (0, true));
        assert!(!seen.raw.contains(ASKED), "{}", seen.raw);
    }

    #[test]
    fn each_concept_fits_a_screen_of_24_lines_and_80_columns() {
        for entry in ALL {
            let about = entry.about;
            let head = format!("True? \"{}", &about.belief[..20]);
            on_a_quiet_machine("it fits", || {
                let mut terminal = tour(&[about.name]).on_a_terminal(24, 80);
                terminal.wait_for(LAST);
                terminal.press("\r");
                let seen = terminal.finish();
                let screen = seen.frames.iter().find(|frame| frame.contains(LAST));
                let screen = screen.unwrap();
                // What comes next may need a line more than this one's last words do.
                let lines = screen
                    .lines()
                    .skip_while(|line| !line.starts_with(about.name))
                    .count();
                if screen.contains(&head) && (10..=23).contains(&lines) && !seen.wrapped {
                    "it fits".to_owned()
                } else {
                    format!("{lines} lines:\n{screen}")
                }
            });
        }
    }

    #[test]
    fn it_fits_forty_columns() {
        let seen = tour(&["background", "--no-pause"])
            .on_a_terminal(200, 40)
            .finish();
        assert!(seen.status == 0 && !seen.wrapped, "{}", seen.screen);
    }
}
