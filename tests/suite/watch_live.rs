//! The picture below the output of a program that is watched, as a person sees it.
#![cfg(unix)]

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::{Finished, Terminal, Test, signal};
use crate::watch_python::{interpreters, program};

/// Writes lines, the first of them unfinished, and holds its event loop now and then.
const WRITES: &str = "\
import asyncio, sys, time

async def works(name):
    while True:
        await asyncio.sleep(0.05)

async def main():
    tasks = [asyncio.create_task(works(name)) for name in ('one', 'two')]
    print('half a ', end='', flush=True)
    await asyncio.sleep(1.5)
    for number in range(int(sys.argv[1])):
        print('count', number, flush=True)
        await asyncio.sleep(0.05)
        if number % 10 == 9:
            time.sleep(0.1)
    sys.exit('it failed')

asyncio.run(main())
";

const PICTURE: &str = "the last 5 s of";

/// The rows above are a part of their own from here on.
const DIVIDED: &str = "\x1b7\x1b[1;";

struct Call {
    terminal: Terminal,
    _folder: TempDir,
}

fn start(python: &PathBuf, rows: u16, columns: u16, lines: &str) -> Call {
    let folder = program(WRITES);
    let app = folder.path().join("app.py");
    let call = Test::new(["python", "--python"]).args([python, &app]);
    Call {
        terminal: call.args([lines]).on_a_terminal(rows, columns),
        _folder: folder,
    }
}

/// What the program wrote came through whole and in its order, and the terminal is as it was.
#[track_caller]
fn given_back(seen: &Finished) {
    // A way there and back stands before or after a line, never within.
    let mut numbers = seen.raw.split("count ").skip(1).map(|rest| {
        let digits = rest.find(|ch: char| !ch.is_ascii_digit());
        rest[..digits.unwrap_or(rest.len())].parse::<usize>()
    });
    assert!(
        numbers.clone().enumerate().all(|(at, line)| line == Ok(at)),
        "{:?}",
        numbers.by_ref().collect::<Vec<_>>()
    );
    // The report has the last word, and no row is kept from the shell.
    assert!(!seen.screen.contains(PICTURE), "{}", seen.screen);
    assert!(seen.screen.contains("├ ┤ "), "{}", seen.screen);
    let (divided, whole) = (seen.raw.rfind(DIVIDED), seen.raw.rfind("\x1b[r"));
    assert!(divided.is_some() && divided < whole);
    assert!(
        seen.ready_for_a_shell && !seen.alternate && seen.cooked,
        "{}",
        seen.screen
    );
}

/// Where a line is that contains this.
fn row(frame: &str, text: &str) -> Option<usize> {
    frame.lines().position(|line| line.contains(text))
}

#[test]
fn the_program_writes_above_the_picture() {
    for python in interpreters().iter().rev().take(1) {
        for (rows, columns, kept) in [(24, 80, 9), (36, 120, 14)] {
            let Call { terminal, _folder } = start(python, rows, columns, "60");
            terminal.wait_for(PICTURE);
            // Not yet at the foot of its part: half a line goes on where it was.
            terminal.wait_until("half a count 0", |frame| frame.contains("half a count 0"));
            let above = usize::from(rows - kept);
            terminal.wait_until("lines right above the picture", |frame| {
                let picture = row(frame, PICTURE);
                picture == Some(above + 1)
                    && frame
                        .lines()
                        .nth(above - 2)
                        .is_some_and(|line| line.starts_with("count "))
            });
            terminal.wait_for("event loop held for 1");
            terminal.wait_for("time.sleep(0.1)");
            let seen = terminal.finish();
            assert_eq!(seen.status, 1, "{}", seen.screen);
            assert!(seen.raw.contains("it failed"));
            given_back(&seen);
        }
    }
}

#[test]
fn however_it_ends_the_rows_are_given_back() {
    for python in interpreters().iter().rev().take(1) {
        let until = || {
            let call = start(python, 24, 80, "100000");
            call.terminal.wait_for(PICTURE);
            call.terminal.wait_for("count 12");
            call
        };
        let mut call = until();
        call.terminal.press("\x03");
        let seen = call.terminal.finish();
        assert!(seen.screen.contains("KeyboardInterrupt"), "{}", seen.screen);
        given_back(&seen);

        // Python ends by SIGTERM and SIGQUIT as by any signal.
        let call = until();
        signal("TERM", call.terminal.pid());
        let seen = call.terminal.finish();
        assert_eq!(seen.status, 143, "{}", seen.screen);
        given_back(&seen);

        let mut call = until();
        call.terminal.press("\x1c");
        let seen = call.terminal.finish();
        assert_eq!(seen.status, 131, "{}", seen.screen);
        given_back(&seen);
    }
}

#[test]
fn a_window_of_another_size_has_one_picture() {
    for python in interpreters().iter().rev().take(1) {
        let mut call = start(python, 36, 120, "100000");
        call.terminal.wait_for(PICTURE);
        for (rows, columns) in [(24, 80), (40, 100)] {
            call.terminal.resize(rows, columns);
            let above = usize::from(rows - rows * 2 / 5);
            call.terminal
                .wait_until("one picture, at the foot", |frame| {
                    row(frame, PICTURE) == Some(above + 1) && frame.matches(PICTURE).count() == 1
                });
        }
        // Too small for both: the program has it alone.
        call.terminal.resize(9, 80);
        call.terminal
            .wait_until("no picture", |frame| !frame.contains(PICTURE));
        call.terminal.resize(24, 80);
        call.terminal.wait_for(PICTURE);
        call.terminal.press("\x03");
        given_back(&call.terminal.finish());
    }
}

#[test]
fn quiet_and_a_program_without_an_event_loop_leave_the_terminal_alone() {
    for python in interpreters().iter().rev().take(1) {
        let alone = |flags: &[&str], source: &str| {
            let folder = program(source);
            let app = folder.path().join("app.py");
            let call = Test::new(["python", "--python"]).args([python]);
            let seen = call.args(flags).args([app]).on_a_terminal(24, 80).finish();
            assert!(!seen.raw.contains(DIVIDED), "{}", seen.screen);
            seen.screen
        };
        let waits = "import asyncio; asyncio.run(asyncio.sleep(1.2))\n";
        assert!(alone(&["--quiet"], waits).contains("wall"));
        let plain = alone(&[], "import time; time.sleep(1.2)\n");
        assert!(
            plain.contains("no event loop ran in its process"),
            "{plain}"
        );
    }
}
