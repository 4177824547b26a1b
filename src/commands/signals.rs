//! The signals that end a program, and Ctrl-Z, which halts it.
//!
//! The first one asks whatever runs to stop. The second ends the program at once, and so does the first where nothing
//! has come of it after a while. However it ends, the terminal is given back and temporary files are gone.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[cfg(unix)]
use super::{below, echo, live_screen};
#[cfg(unix)]
use crate::classroom::terminal;
use crate::lab::Stop;

/// Which signals came. The last to look decides with what code the program ends.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    seen: unix::Received,
}

impl Signals {
    /// Watches from a thread of its own: a strategy that blocks its event loop cannot keep it from hearing.
    /// `last` is done before the program ends at once.
    ///
    /// Where no such thread can be had, a signal ends the program as it always does. Elsewhere than on Unix, the system's
    /// own way of ending a program stands.
    pub fn watch(stop: &Stop, last: fn()) -> Self {
        #[cfg(unix)]
        return Self {
            seen: unix::watch(stop.clone(), last),
        };
        #[cfg(not(unix))]
        {
            let _ = (stop, last);
            Self {}
        }
    }

    /// The signal that ends the program although its work is done: it came before that could be told. From here on,
    /// one that comes ends it by itself.
    pub fn at_the_end(&self, stop: &Stop) -> Option<i32> {
        #[cfg(unix)]
        return stop.signal().or_else(|| self.seen.close());
        #[cfg(not(unix))]
        stop.signal()
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
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level;

    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]) else {
        return;
    };
    let at_a_terminal = stdin().is_terminal() || stdout().is_terminal() || stderr().is_terminal();
    // 0 would be this program's whole group.
    let child = i32::try_from(pid).ok().filter(|pid| *pid > 0);
    let stop = stop.clone();
    let listen = move || {
        for signal in &mut signals {
            if signal == SIGTSTP {
                if unix::can_go_on() {
                    terminal::give_back();
                    echo::give_back();
                    let _ = below::without(|| low_level::emulate_default_handler(SIGTSTP));
                    echo::take_again();
                }
                continue;
            }
            stop.stop(signal);
            let sent = match signal {
                SIGINT | SIGQUIT if at_a_terminal => None,
                _ => Signal::try_from(signal).ok(),
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

/// Set whenever the program goes on after it was halted: whoever had the terminal meanwhile may have left anything on it.
pub(super) fn continued() -> Arc<AtomicBool> {
    let continued = Arc::new(AtomicBool::new(false));
    // Without it, the picture is whole again at the next resize.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGCONT, Arc::clone(&continued));
    continued
}

/// Elsewhere the system tells both.
#[cfg(not(unix))]
pub fn pass_on(_: u32, _: &Stop) {}

/// Ends the program where its terminal is gone and nobody has told it so: under `nohup`, the signal is ignored, and to
/// read from what is no longer there can take for ever.
pub(super) fn end_with_the_terminal(stop: &Stop) {
    #[cfg(unix)]
    unix::end_with_the_terminal(stop.clone());
    #[cfg(not(unix))]
    let _ = stop;
}

/// Halts the program and those that wait for it in the same job of a shell, as Ctrl-Z does where a terminal makes a
/// signal of it.
#[cfg(unix)]
pub(super) fn halt() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    if unix::can_go_on() {
        // Before anybody is halted: a shell takes the terminal as soon as one of them is.
        unix::give_back();
        // Zero is the whole group. The signal comes back to the thread that listens.
        let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
    }
}

/// There are no jobs to halt.
#[cfg(not(unix))]
pub(super) fn halt() {}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::io;
    use std::os::fd::AsFd;
    use std::sync::Arc;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::{Duration, Instant};
    use std::{process, thread};

    use console::Term;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::sys::signal::{SigSet, Signal};
    use nix::unistd::{getpgrp, getsid};
    use signal_hook::consts::{
        SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2,
        SIGVTALRM, SIGXCPU, SIGXFSZ,
    };
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};

    use super::{echo, live_screen, terminal};
    use crate::lab::Stop;

    /// Whoever sends one of these means it, also where it was ignored for a program in the background.
    const MEANT: [i32; 3] = [SIGINT, SIGQUIT, SIGTERM];

    /// These, too, end a program, unless whoever started it has them ignored, as `nohup` does.
    const OTHERS: [i32; 7] = [
        SIGHUP, SIGALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU,
    ];

    /// So long a program that was asked to stop may take.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// So long it may take once its terminal is gone. The library that reads the keyboard may have been about to read just
    /// then, and it reads on and on.
    const TERMINAL_GONE: Duration = Duration::from_millis(500);

    /// Between two looks for a second signal.
    const LOOK: Duration = Duration::from_millis(10);

    /// What is done before the program ends at once.
    static LAST: OnceLock<fn()> = OnceLock::new();

    /// Written by the handlers themselves: no thread needs to have its turn before a signal is known.
    #[derive(Debug, Default)]
    pub(super) struct Received {
        signal: Arc<AtomicUsize>,
        closed: Arc<AtomicBool>,
    }

    impl Received {
        /// A signal that comes later ends the program, in its handler.
        pub(super) fn close(&self) -> Option<i32> {
            self.closed.store(true, Ordering::SeqCst);
            let signal = self.signal.load(Ordering::SeqCst);
            i32::try_from(signal).ok().filter(|signal| *signal != 0)
        }
    }

    pub(super) fn watch(stop: Stop, last: fn()) -> Received {
        let seen = Received::default();
        let _ = LAST.set(last);
        // A file that may not grow is an error of whoever writes it, and not the end of the program.
        let _ = flag::register(SIGXFSZ, Arc::default());
        let ignored = ignored();
        let others = OTHERS.iter().filter(|signal| !ignored(**signal));
        let ends: Vec<i32> = MEANT.iter().chain(others).copied().collect();
        // Not Tokio's signals: its driver panics where no file can be opened.
        let Ok(signals) = Signals::new(ends.iter().chain(&[SIGTSTP, SIGCONT])) else {
            return seen;
        };
        for signal in &ends {
            let number = usize::try_from(*signal).unwrap_or_default();
            // These fail where the signals above have not.
            let _ = flag::register_usize(*signal, Arc::clone(&seen.signal), number);
            let _ = flag::register_conditional_shutdown(
                *signal,
                128 + signal,
                Arc::clone(&seen.closed),
            );
        }
        let listener = thread::Builder::new().name("signals".to_owned());
        if listener.spawn(move || listen(signals, &stop)).is_err() {
            seen.closed.store(true, Ordering::SeqCst);
        }
        seen
    }

    /// Which signals whoever started this program has ignored.
    fn ignored() -> impl Fn(i32) -> bool {
        let mask = fs::read_to_string("/proc/self/status")
            .ok()
            .and_then(|status| {
                let line = status
                    .lines()
                    .find_map(|line| line.strip_prefix("SigIgn:"))?;
                u64::from_str_radix(line.trim(), 16).ok()
            });
        // Where the system does not say: `nohup` sends elsewhere what would go to a terminal.
        let detached = !console::user_attended();
        move |signal| match mask {
            Some(mask) => mask >> (signal - 1) & 1 == 1,
            None => signal == SIGHUP && detached,
        }
    }

    fn listen(mut signals: Signals, stop: &Stop) {
        // To give back a terminal that has just become a shell's would halt the program once more.
        let _ = SigSet::from(Signal::SIGTTOU).thread_block();
        let ends = loop {
            let ending = signals.wait().find(|signal| match *signal {
                SIGTSTP => {
                    halt();
                    false
                }
                SIGCONT => {
                    echo::take_again();
                    false
                }
                _ => true,
            });
            if let Some(signal) = ending {
                break signal;
            }
        };
        stop.stop(ends);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            pause(LOOK);
            let again = |signal: i32| signal != SIGTSTP && signal != SIGCONT;
            if signals.pending().any(again) {
                break;
            }
        }
        end(ends);
    }

    /// Ends the program at once.
    fn end(signal: i32) -> ! {
        give_back();
        let screen = Term::stderr();
        if screen.is_term() {
            // The cursor may rest in a picture, and a shell would write over that line.
            let _ = screen.write_line("").and_then(|()| screen.show_cursor());
        }
        if let Some(last) = LAST.get() {
            last();
        }
        process::exit(128 + signal)
    }

    /// Whether somebody is there who can let it go on once it is halted: the session's own program has no shell above it.
    /// There the system ignores a Ctrl-Z.
    pub(super) fn can_go_on() -> bool {
        getsid(None) != Ok(getpgrp())
    }

    pub(super) fn give_back() {
        live_screen::give_back();
        terminal::give_back();
        echo::give_back();
    }

    /// Halts, and goes on when somebody says so.
    fn halt() {
        if can_go_on() {
            give_back();
            let _ = low_level::emulate_default_handler(SIGTSTP);
        }
    }

    pub(super) fn end_with_the_terminal(stop: Stop) {
        let watch = move || {
            let keyboard = io::stdin();
            // Nothing is asked for, so this returns only when there is no terminal any more.
            let mut ends = [PollFd::new(keyboard.as_fd(), PollFlags::empty())];
            while poll(&mut ends, PollTimeout::NONE).is_err() {
                pause(LOOK);
            }
            stop.stop(SIGHUP);
            pause(TERMINAL_GONE);
            end(SIGHUP);
        };
        // Without this thread, it is noticed at the next key or picture.
        let _ = thread::Builder::new()
            .name("hang-up".to_owned())
            .spawn(watch);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a plain thread waits, not a task"
    )]
    fn pause(time: Duration) {
        thread::sleep(time);
    }
}
