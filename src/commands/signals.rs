//! Ctrl-C and SIGTERM: the first asks whatever runs to stop, the second ends the program at once.

use crate::lab::Stop;

/// Watches from a thread of its own: a strategy that blocks its event loop cannot keep it from hearing.
///
/// Where no such thread can be had, the signals end the program as they always do.
#[cfg(unix)]
pub fn watch(stop: Stop) {
    use std::{process, thread};

    use console::Term;
    use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    // A file that may not grow is an error of whoever writes it, and not the end of the program.
    let _ = signal_hook::flag::register(SIGXFSZ, Default::default());

    // Not Tokio's signals: its driver panics where no file can be opened.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    let handle = signals.handle();
    let listen = move || {
        for signal in &mut signals {
            if let Some(first) = stop.signal() {
                crate::classroom::terminal::give_back();
                let screen = Term::stderr();
                if screen.is_term() {
                    // The cursor may rest in a picture, and a shell would write over that line.
                    let _ = screen.write_line("").and_then(|()| screen.show_cursor());
                }
                process::exit(128 + first);
            }
            stop.stop(signal);
        }
    };
    if thread::Builder::new()
        .name("signals".to_owned())
        .spawn(listen)
        .is_err()
    {
        handle.close();
    }
}

/// Whatever asks this program to end is for the program that it watches. What comes from the keyboard has reached that
/// one already: both are in the terminal's foreground.
#[cfg(unix)]
pub fn pass_on(pid: u32, stop: &Stop) {
    use std::io::{IsTerminal, stderr, stdin, stdout};
    use std::thread;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    let at_a_terminal = stdin().is_terminal() || stdout().is_terminal() || stderr().is_terminal();
    // 0 would be this program's whole group.
    let child = i32::try_from(pid).ok().filter(|pid| *pid > 0);
    let stop = stop.clone();
    let listen = move || {
        for signal in &mut signals {
            stop.stop(signal);
            let sent = match signal {
                SIGINT if at_a_terminal => None,
                SIGINT => Some(Signal::SIGINT),
                _ => Some(Signal::SIGTERM),
            };
            if let (Some(child), Some(sent)) = (child, sent) {
                // It may have ended by now.
                let _ = kill(Pid::from_raw(child), sent);
            }
        }
    };
    // Without a thread the signals are noticed by nobody here, and the program has them all the same.
    let _ = thread::Builder::new()
        .name("signals".to_owned())
        .spawn(listen);
}

/// Elsewhere the system tells both.
#[cfg(not(unix))]
pub fn pass_on(_: u32, _: &Stop) {}

/// Elsewhere the system's own way of ending a program stands.
#[cfg(not(unix))]
pub fn watch(_: Stop) {}
