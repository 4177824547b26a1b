//! `python --screen`: the picture of a program on the whole terminal, and what becomes of what the program prints.
#![cfg(unix)]

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::{Finished, Terminal, Test, signal};
use crate::watch_python::{interpreters, program};

/// Writes lines to both its streams, the last of them unfinished, and holds its event loop now and then.
const WRITES: &str = "\
import asyncio, sys, time

async def works(name):
    while True:
        await asyncio.sleep(0.05)

async def main():
    tasks = [asyncio.create_task(works(name)) for name in ('one', 'two')]
    for number in range(int(sys.argv[1])):
        stream = sys.stderr if number % 2 else sys.stdout
        print('\\x1b[32mcount\\x1b[0m', number, file=stream)
        await asyncio.sleep(0.05)
        if number % 10 == 9:
            time.sleep(0.1)
    print('is a terminal:', sys.stdout.isatty(), end='')
    sys.exit('\\nit failed')

asyncio.run(main())
";

const PICTURE: &str = "the last 5 s of";
const DIVIDES: &str = "── what it prints ──";

struct Call {
    terminal: Terminal,
    _folder: TempDir,
}

fn start(python: &PathBuf, source: &str, rows: u16, columns: u16, lines: &str) -> Call {
    let folder = program(source);
    let app = folder.path().join("app.py");
    let call = Test::new(["python", "--screen", "--python"]).args([python, &app]);
    Call {
        terminal: call.args([lines]).on_a_terminal(rows, columns),
        _folder: folder,
    }
}

fn newest() -> Vec<PathBuf> {
    interpreters().into_iter().rev().take(1).collect()
}

/// Where a line is that contains this.
fn row(frame: &str, text: &str) -> Option<usize> {
    frame.lines().position(|line| line.contains(text))
}

/// The terminal is as it was, and what the program printed stands on it, whole and in its order, before the report.
#[track_caller]
fn given_back(seen: &Finished, at_least: usize) {
    let left = seen.raw.rfind("\x1b[?1049l");
    let left = left.unwrap_or_else(|| panic!("the screen was given back: {}", seen.screen));
    let after = &seen.raw[left..];
    let numbers = after.split("\x1b[32mcount\x1b[0m ").skip(1).map(|rest| {
        let digits = rest.find(|ch: char| !ch.is_ascii_digit());
        rest[..digits.unwrap_or(rest.len())].parse::<usize>()
    });
    let numbers: Vec<_> = numbers.collect();
    assert!(
        numbers.len() >= at_least && (0..).zip(&numbers).all(|(at, it)| *it == Ok(at)),
        "{numbers:?}"
    );
    assert!(!seen.screen.contains(PICTURE), "{}", seen.screen);
    let (printed, report) = (row(&seen.screen, "count 0"), row(&seen.screen, "├ ┤ "));
    assert!(
        printed.is_some() && printed < report,
        "the report has the last word: {}",
        seen.screen
    );
    assert!(
        seen.ready_for_a_shell && !seen.alternate && seen.cooked && !seen.hidden_cursor,
        "{}",
        seen.screen
    );
}

#[test]
fn the_whole_terminal_has_the_picture_and_what_is_printed_last() {
    for python in newest() {
        for (rows, columns) in [(24_u16, 80_u16), (36, 120)] {
            let Call { terminal, _folder } = start(&python, WRITES, rows, columns, "60");
            let divided = usize::from(rows - rows / 3 - 1);
            terminal.wait_until("the picture above, the words below", |frame| {
                row(frame, PICTURE).is_some_and(|at| at < divided)
                    && row(frame, DIVIDES) == Some(divided)
                    && row(frame, "count 1").is_some_and(|at| at > divided)
                    && frame.starts_with("asyncdemo python ")
            });
            terminal.wait_for("event loop held");
            terminal.wait_for("time.sleep(0.1)");
            // The newest line stands in the last row.
            terminal.wait_until("lines down to the foot", |frame| {
                let last = frame.lines().nth(usize::from(rows) - 1);
                last.is_some_and(|line| line.starts_with("count "))
            });
            let seen = terminal.finish();
            assert_eq!(seen.status, 1, "{}", seen.screen);
            // It prints as it does on a terminal, to its last word.
            assert!(
                seen.screen.contains("is a terminal: True\nit failed"),
                "{}",
                seen.screen
            );
            given_back(&seen, 60);
        }
    }
}

#[test]
fn however_it_ends_the_terminal_is_given_back() {
    for python in newest() {
        let until = || {
            let call = start(&python, WRITES, 24, 80, "100000");
            call.terminal.wait_for(PICTURE);
            call.terminal.wait_for("count 12");
            call
        };
        // Ctrl-C is the program's; nothing shows that it was typed.
        let mut call = until();
        call.terminal.press("\x03");
        let seen = call.terminal.finish();
        assert!(seen.screen.contains("KeyboardInterrupt"), "{}", seen.screen);
        assert!(!seen.raw.contains("^C"));
        given_back(&seen, 12);

        for (name, status) in [("TERM", 143), ("HUP", 129)] {
            let call = until();
            signal(name, call.terminal.pid());
            let seen = call.terminal.finish();
            assert_eq!(seen.status, status, "{}", seen.screen);
            given_back(&seen, 12);
        }
    }
}

#[test]
fn a_window_of_another_size_is_filled_anew() {
    for python in newest() {
        let mut call = start(&python, WRITES, 36, 120, "100000");
        call.terminal.wait_for(PICTURE);
        for (rows, columns) in [(24, 80), (40, 100)] {
            call.terminal.resize(rows, columns);
            let divided = usize::from(rows - rows / 3 - 1);
            call.terminal.wait_until("one picture", |frame| {
                row(frame, DIVIDES) == Some(divided) && frame.matches(PICTURE).count() == 1
            });
        }
        // Too small for both: what it prints has all of it.
        call.terminal.resize(8, 80);
        call.terminal.wait_until("lines alone", |frame| {
            !frame.contains(PICTURE) && frame.starts_with("count ")
        });
        call.terminal.resize(24, 80);
        call.terminal.wait_for(PICTURE);
        call.terminal.press("\x03");
        given_back(&call.terminal.finish(), 1);
    }
}

#[test]
fn a_program_without_an_event_loop_may_ask_and_be_answered() {
    let asks = "\
import sys, time
print('count 0'.replace('count', '\\x1b[32mcount\\x1b[0m'))
said = input('your name? ')
time.sleep(0.5)
print('good day,', said)
";
    for python in newest() {
        let mut call = start(&python, asks, 24, 80, "");
        call.terminal.wait_for("your name?");
        call.terminal.wait_for("no event loop runs in it yet");
        call.terminal.press("Ada\r");
        let seen = call.terminal.finish();
        assert_eq!(seen.status, 0, "{}", seen.screen);
        assert!(seen.screen.contains("good day, Ada"), "{}", seen.screen);
        assert!(
            seen.screen.contains("no event loop ran in its process"),
            "{}",
            seen.screen
        );
        assert!(!seen.alternate && seen.cooked && !seen.hidden_cursor);
    }
}

#[test]
fn what_ends_at_once_needs_no_screen_and_loses_no_word() {
    for python in newest() {
        let call = start(&python, "print('done at once'", 24, 80, "");
        let seen = call.terminal.finish();
        assert_eq!(seen.status, 1, "{}", seen.screen);
        assert!(seen.screen.contains("SyntaxError"), "{}", seen.screen);
        assert!(!seen.alternate && seen.cooked && !seen.hidden_cursor);
    }
}

#[test]
fn without_a_terminal_it_says_what_it_needs() {
    for python in newest() {
        let folder = program("print('ran')\n");
        let app = folder.path().join("app.py");
        Test::new(["python", "--screen", "--python"])
            .args([&python, &app])
            .status(2)
            .stdout("")
            .stderr(
                "asyncdemo: --screen needs a terminal, and standard output is none. Without --screen it runs anywhere.\n",
            )
            .run();
        // One that can show no pictures.
        let call = Test::new(["python", "--screen", "--python"]).args([&python, &app]);
        let seen = call.env("TERM", "dumb").on_a_terminal(24, 80).finish();
        assert_eq!(seen.status, 2, "{}", seen.screen);
        assert!(seen.screen.contains("this one is dumb"), "{}", seen.screen);
    }
}
