//! What a person sees on a terminal: a picture that grows in its place, and what remains of it.
#![cfg(unix)]

use crate::support::{Finished, GATHER, Test, gather, mask, on_a_quiet_machine, signal};

/// Calls without an end.
fn for_ever() -> Test {
    Test::new(["gather", "--delays", "60s,60s", "--strategy", "join"])
}

/// What remains of [`for_ever`] when it is stopped.
const STOPPED: &str = "\
gather  two waits at once  in Python: asyncio.gather

<ruler>
join  tokio::join!(one, two) · current-thread
  fetch one  ├─✗  <time>
  fetch two  ├─✗  <time>
  event loop  longest gap of the heartbeat <time>
  wall  <time> · ideal <time>

partial: stopped before the end; what is above was measured until then
";

fn lane<'a>(frame: &'a str, label: &str) -> Option<(usize, &'a str)> {
    frame
        .lines()
        .enumerate()
        .find(|(_, line)| line.trim_start().starts_with(label))
}

#[test]
fn a_lane_grows_in_its_place_while_the_strategy_runs() {
    on_a_quiet_machine("a lane that grows in its place", || {
        let call = Test::new(["gather", "--delays", "1s,2s", "--strategy", "join"]);
        let seen = call.on_a_terminal(40, 80).finish();
        assert_eq!(seen.status, 0);
        let lanes: Vec<_> = seen
            .frames
            .iter()
            .filter_map(|frame| lane(frame, "fetch two"))
            .collect();
        let length = |lane: &str| lane.matches(['─', '┼', '░']).count();
        let unfinished: Vec<_> = lanes
            .iter()
            .filter(|(_, lane)| !lane.contains('┤'))
            .collect();
        // A frame may be seen when only its label has been written.
        let mut lengths: Vec<_> = unfinished
            .iter()
            .map(|(_, lane)| length(lane))
            .filter(|length| *length > 0)
            .collect();
        let grows = lengths.is_sorted();
        lengths.dedup();
        let stays = lanes.iter().all(|(row, _)| *row == lanes[0].0);
        match (grows && lengths.len() >= 5, stays) {
            (true, true) => "a lane that grows in its place".to_owned(),
            _ => format!("{lanes:#?}"),
        }
    });
}

#[test]
fn what_remains_is_what_a_pipe_is_given() {
    // The last two are too low for the picture: it is cut, and what is drawn must be cleared all the same.
    for rows in [60, 12, 6, 3] {
        on_a_quiet_machine(GATHER, || {
            let call = if rows < 60 {
                gather().args(["--full"])
            } else {
                gather()
            };
            let Finished {
                screen,
                status,
                ready_for_a_shell,
                ..
            } = call.on_a_terminal(rows, 80).finish();
            assert_eq!((status, ready_for_a_shell), (0, true), "{rows} rows");
            mask(&screen)
        });
    }
}

#[test]
fn ctrl_c_leaves_what_was_measured_and_nothing_else() {
    // At the start there is nothing on the screen but the head; later, there is a picture.
    for until in ["in Python", "fetch two"] {
        on_a_quiet_machine(STOPPED, || {
            let mut terminal = for_ever().on_a_terminal(30, 80);
            terminal.wait_for(until);
            terminal.press("\x03");
            let seen = terminal.finish();
            assert_eq!(
                (seen.status, seen.ready_for_a_shell),
                (130, true),
                "{}",
                seen.screen
            );
            mask(&seen.screen)
        });
    }
}

#[test]
fn a_termination_leaves_what_was_measured_too() {
    on_a_quiet_machine(STOPPED, || {
        let terminal = for_ever().on_a_terminal(30, 80);
        terminal.wait_for("fetch two");
        signal("TERM", terminal.pid());
        let seen = terminal.finish();
        assert_eq!(
            (seen.status, seen.ready_for_a_shell),
            (143, true),
            "{}",
            seen.screen
        );
        mask(&seen.screen)
    });
}

/// A strategy that holds the only thread of its runtime for a minute.
fn blocked() -> Test {
    Test::new([
        "blocking-pitfall",
        "--strategy",
        "thread-sleep",
        "--block",
        "60s",
    ])
}

#[test]
fn ctrl_c_works_while_a_thread_sleeps() {
    let mut terminal = blocked().on_a_terminal(30, 80);
    // The thread is taken a moment after the heartbeat's lane is there: then the lane says that it beats no more.
    terminal.wait_for("░");
    terminal.press("\x03");
    let seen = terminal.finish();
    assert_eq!(
        (seen.status, seen.ready_for_a_shell),
        (130, true),
        "{}",
        seen.screen
    );
    assert!(
        seen.screen
            .ends_with("partial: stopped before the end; what is above was measured until then\n")
    );
    assert_eq!(
        seen.screen.matches("  heartbeat  ").count(),
        1,
        "one lane, and the figure has another name:\n{}",
        seen.screen
    );
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    // Of two that are heard as one, the first alone counts: then what was measured is still printed.
    on_a_quiet_machine("exit code 130, at once, ready for a shell", || {
        let mut terminal = blocked().on_a_terminal(30, 80);
        terminal.wait_for("░");
        terminal.press("\x03");
        crate::support::wait(std::time::Duration::from_millis(50));
        terminal.press("\x03");
        let seen = terminal.finish();
        let at_once = if seen.screen.contains("partial") {
            "after a while"
        } else {
            "at once"
        };
        let ready = if seen.ready_for_a_shell {
            "ready for a shell"
        } else {
            "in the picture"
        };
        format!("exit code {}, {at_once}, {ready}", seen.status)
    });
}
