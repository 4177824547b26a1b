//! The program on a terminal, and what a person sees there.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{Test, within};

/// A program that runs on a terminal of its own.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    seen: Arc<Mutex<Seen>>,
    size: (u16, u16),
}

/// So many lines are kept that have left the screen: more than a run of the program writes.
const SCROLLBACK: usize = 10_000;

struct Seen {
    emulator: vt100::Parser,
    bytes: Vec<u8>,
    /// The screen after each piece that was written.
    frames: Vec<String>,
    /// Nobody writes any more.
    over: bool,
}

/// What there was to be seen, to the end.
pub(crate) struct Finished {
    /// One, where a signal ended it and not the program itself.
    pub(crate) status: u32,
    pub(crate) killed: bool,
    /// The last screen and what has scrolled off it, each line without the blanks at its end.
    pub(crate) screen: String,
    /// Every screen on the way.
    pub(crate) frames: Vec<String>,
    /// All that was written, escape codes and all.
    pub(crate) raw: String,
    /// Whether the cursor can be seen, at the beginning of an empty line: there a shell goes on.
    pub(crate) ready_for_a_shell: bool,
    /// Whether a line was wider than the terminal.
    pub(crate) wrapped: bool,
    /// Whether the cursor cannot be seen.
    pub(crate) hidden_cursor: bool,
    /// Whether the screen for whole pages is still shown.
    pub(crate) alternate: bool,
    /// Whether the terminal has lines, echo and Ctrl-C, as a shell wants it.
    pub(crate) cooked: bool,
}

/// A program whose terminal is gone.
pub(crate) struct Gone {
    pub(crate) status: u32,
    /// For how long it was busy from then on.
    pub(crate) cpu: Duration,
}

impl Test {
    /// Starts it on a terminal of so many rows and columns: an `xterm`, unless the environment was
    /// given another `TERM`.
    #[track_caller]
    pub(crate) fn on_a_terminal(self, rows: u16, cols: u16) -> Terminal {
        self.program_on_a_terminal(env!("CARGO_BIN_EXE_asyncdemo").as_ref(), rows, cols)
    }

    /// The same with another program than ours.
    #[track_caller]
    pub(crate) fn program_on_a_terminal(self, program: &Path, rows: u16, cols: u16) -> Terminal {
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("there are pseudo-terminals");
        let mut command = CommandBuilder::new(program);
        command.args(self.args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in self.environment {
            command.env(name, value);
        }
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program can be started");
        let reader = pair
            .master
            .try_clone_reader()
            .expect("what it writes can be read");
        let keyboard = pair.master.take_writer().expect("keys can be pressed");
        let emulator = vt100::Parser::new(
            rows.try_into().expect("a row at least"),
            cols.try_into().expect("a column at least"),
            SCROLLBACK,
        );
        let seen = Arc::new(Mutex::new(Seen {
            emulator,
            bytes: Vec::new(),
            frames: Vec::new(),
            over: false,
        }));
        let looking = Arc::clone(&seen);
        thread::spawn(move || look_on(reader, &looking));
        Terminal {
            child,
            master: pair.master,
            keyboard,
            seen,
            size: (rows, cols),
        }
    }
}

impl Test {
    /// Starts another program on a terminal, which goes away as soon as it has written this.
    pub(crate) fn on_a_terminal_that_goes(self, program: &Path, until: &str) -> Gone {
        let pair = native_pty_system()
            .openpty(PtySize::default())
            .expect("there are pseudo-terminals");
        let mut command = CommandBuilder::new(program);
        command.args(self.args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in self.environment {
            command.env(name, value);
        }
        let mut child = pair
            .slave
            .spawn_command(command)
            .expect("the program can be started");
        drop(pair.slave);
        let mut reader = pair
            .master
            .try_clone_reader()
            .expect("what it writes can be read");
        let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&seen).contains(until) {
            let read = reader.read(&mut piece).expect("it writes on");
            seen.extend_from_slice(&piece[..read]);
        }
        let pid = child.process_id().expect("it runs");
        let before = cpu(pid).unwrap_or_default();
        drop((reader, pair.master));
        let mut last = before;
        let status = within("the program ends with its terminal", || {
            last = cpu(pid).unwrap_or(last);
            child.try_wait().expect("it is our child")
        });
        Gone {
            status: status.exit_code(),
            cpu: last.saturating_sub(before),
        }
    }
}

/// For how long a process was busy, where the system says so.
fn cpu(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let mut ticks = after_name.split_whitespace().skip(11);
    let ticks = [ticks.next()?, ticks.next()?].map(|ticks| ticks.parse::<u64>().unwrap_or(0));
    // A hundred a second, on every Linux.
    Some(Duration::from_millis(10 * (ticks[0] + ticks[1])))
}

fn look_on(mut reader: impl Read, seen: &Mutex<Seen>) {
    let mut piece = [0; 4096];
    loop {
        let read = reader.read(&mut piece).unwrap_or(0);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if read == 0 {
            seen.over = true;
            return;
        }
        seen.bytes.extend_from_slice(&piece[..read]);
        seen.emulator.process(&piece[..read]);
        let frame = contents(seen.emulator.screen());
        seen.frames.push(frame);
    }
}

fn contents(screen: &vt100::Screen) -> String {
    text(screen.rows(0, screen.size().1.get()).collect())
}

/// What has left the screen, and the screen.
fn contents_with_scrollback(screen: &mut vt100::Screen) -> String {
    let columns = screen.size().1.get();
    let mut lines: Vec<String> = Vec::new();
    for above in (1..=screen.scrollback_len()).rev() {
        screen.set_scrollback(above);
        lines.extend(screen.rows(0, columns).next());
    }
    screen.set_scrollback(0);
    lines.extend(screen.rows(0, columns));
    text(lines)
}

fn text(lines: Vec<String>) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let end = lines
        .iter()
        .rposition(|line| !line.is_empty())
        .map_or(0, |last| last + 1);
    lines[..end]
        .iter()
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Where a wait fails, what was on the screen is what one wants to know.
struct TellsTheScreen<'a>(&'a Terminal);

impl Drop for TellsTheScreen<'_> {
    #[expect(clippy::print_stdout, reason = "a test that fails says why")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
            println!(
                "on the screen:\n{}",
                seen.frames.last().map_or("", String::as_str)
            );
        }
    }
}

impl Terminal {
    /// Waits until the screen shows it.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(text, |frame| frame.contains(text));
    }

    /// Whether the screen shows it now.
    pub(crate) fn shows(&self, text: &str) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.frames.last().is_some_and(|frame| frame.contains(text))
    }

    /// What the screen shows now.
    pub(crate) fn screen(&self) -> String {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.frames.last().cloned().unwrap_or_default()
    }

    /// Waits until the screen is like that.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let _told = TellsTheScreen(self);
        within(&format!("`{what}` on the screen"), || {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let shown = seen.frames.last().is_some_and(|frame| is_so(frame));
            assert!(
                shown || !seen.over,
                "it ended without `{what}`: {:?}",
                seen.frames.last()
            );
            shown.then_some(())
        });
    }

    /// Gives the window another size.
    pub(crate) fn resize(&mut self, rows: u16, cols: u16) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.emulator.screen_mut().set_size(
            rows.try_into().expect("a row at least"),
            cols.try_into().expect("a column at least"),
        );
        self.size = (rows, cols);
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        // A terminal that is gone has no size.
        let _ = self.master.resize(size);
    }

    pub(crate) fn press(&mut self, keys: &str) {
        // A program that is gone hears nothing.
        let _ = self.keyboard.write_all(keys.as_bytes());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let status = within("the program ends", || {
            self.child.try_wait().expect("it is our child")
        });
        within("its terminal is closed", || {
            self.seen
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .over
                .then_some(())
        });
        // Asked of the program's side, by the names that the system has for its modes.
        let modes = self
            .master
            .get_termios()
            .map(|modes| format!("{:?}", modes.local_flags));
        let cooked = modes.is_none_or(|modes| {
            let modes: Vec<_> = modes.split(|ch: char| !ch.is_ascii_uppercase()).collect();
            ["ECHO", "ICANON", "ISIG"]
                .iter()
                .all(|mode| modes.contains(mode))
        });
        drop(self.master);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let text = contents_with_scrollback(seen.emulator.screen_mut());
        let screen = seen.emulator.screen();
        let (row, column) = screen.cursor_position();
        let rest: String = screen.rows(0, self.size.1).skip(row.into()).collect();
        Finished {
            status: status.exit_code(),
            killed: status.signal().is_some(),
            screen: text,
            frames: seen.frames.clone(),
            raw: String::from_utf8_lossy(&seen.bytes).into_owned(),
            hidden_cursor: screen.hide_cursor(),
            alternate: screen.alternate_screen(),
            cooked,
            ready_for_a_shell: !screen.hide_cursor() && column == 0 && rest.trim().is_empty(),
            wrapped: (0..self.size.0).any(|row| screen.row_wrapped(row)),
        }
    }
}
