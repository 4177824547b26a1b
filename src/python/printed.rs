//! What a program prints while the terminal shows something else: kept, to be printed when that is over.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::services::scratch::lock;

/// So much of the end is at hand at any time, for who looks on.
const AT_HAND: usize = 1 << 16;

/// How long what the program has printed may take to arrive once it has ended. A process that it has left behind may
/// print on for ever.
const LATE: Duration = Duration::from_millis(500);

/// Between two looks at whether it has.
const LOOK: Duration = Duration::from_millis(2);

/// What a program prints, on both its streams, in its order.
#[derive(Clone, Debug)]
pub struct Printed(Arc<Mutex<PrintedSoFar>>);

#[derive(Debug)]
struct PrintedSoFar {
    /// All of it. The file has no name, and is gone with this program, however that ends.
    whole: File,
    /// The end of it.
    last: Vec<u8>,
    trouble: Option<io::Error>,
    over: bool,
}

impl Printed {
    /// For a program whose terminal has so many rows and columns, and where its standard output and its standard error
    /// are to go.
    ///
    /// # Errors
    /// Where there is no place for it, or no terminal can be made.
    pub fn new(rows: u16, columns: u16) -> io::Result<(Self, [Stdio; 2])> {
        let kept = PrintedSoFar {
            whole: tempfile::tempfile()?,
            last: Vec::new(),
            trouble: None,
            over: false,
        };
        let printed = Self(Arc::new(Mutex::new(kept)));
        let (reader, streams) = streams(rows, columns)?;
        let keeper = printed.clone();
        // Detached: it ends with the last process that can print there.
        thread::Builder::new()
            .name("printed".to_owned())
            .spawn(move || keeper.keep(reader))?;
        Ok((printed, streams))
    }

    fn keep(&self, mut reader: impl Read) {
        let mut piece = [0; 1 << 13];
        loop {
            match reader.read(&mut piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A terminal whose other end is closed says so with an error.
                Ok(0) | Err(_) => break,
                Ok(read) => self.open().take(piece.get(..read).unwrap_or_default()),
            }
        }
        self.open().over = true;
    }

    /// What came last, up to now: the end of a line, perhaps, and so many lines after it as that may be.
    pub fn last(&self) -> String {
        String::from_utf8_lossy(&self.open().last).into_owned()
    }

    /// Hands on all of it, in its order, once the program has ended.
    ///
    /// # Errors
    /// Where it could not be kept, or not be read again, or where `print` fails.
    pub fn hand_on<E: From<io::Error>>(
        &self,
        mut print: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let deadline = Instant::now() + LATE;
        while !self.open().over && Instant::now() < deadline {
            thread::park_timeout(LOOK);
        }
        let mut kept = self.open();
        kept.whole.rewind()?;
        let mut piece = vec![0; AT_HAND];
        loop {
            let read = kept.whole.read(&mut piece)?;
            if read == 0 {
                break;
            }
            print(piece.get(..read).unwrap_or_default())?;
        }
        kept.trouble
            .take()
            .map_or(Ok(()), |trouble| Err(trouble.into()))
    }

    fn open(&self) -> MutexGuard<'_, PrintedSoFar> {
        lock(&self.0)
    }
}

impl PrintedSoFar {
    fn take(&mut self, piece: &[u8]) {
        if self.trouble.is_none() {
            self.trouble = self.whole.write_all(piece).err();
        }
        self.last.extend_from_slice(piece);
        if self.last.len() > 2 * AT_HAND {
            self.last.drain(..self.last.len() - AT_HAND);
        }
    }
}

/// A terminal: a program that prints on one writes each line at once, and in colour where it would.
#[cfg(unix)]
fn streams(rows: u16, columns: u16) -> io::Result<(File, [Stdio; 2])> {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    use nix::pty::{OpenptyResult, Winsize, openpty};
    use nix::sys::termios::{OutputFlags, SetArg, tcgetattr, tcsetattr};

    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let OpenptyResult { master, slave } = openpty(&size, None)?;
    for end in [&master, &slave] {
        // A process that outlives the program would keep them.
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    // The terminal on which it is printed in the end makes of a line feed what a line feed is there.
    let mut modes = tcgetattr(&slave)?;
    modes.output_flags.remove(OutputFlags::OPOST);
    tcsetattr(&slave, SetArg::TCSANOW, &modes)?;
    let other = slave.try_clone()?;
    Ok((File::from(master), [slave.into(), other.into()]))
}

/// A pipe, where there are no such terminals.
#[cfg(not(unix))]
fn streams(_: u16, _: u16) -> io::Result<(io::PipeReader, [Stdio; 2])> {
    let (reader, writer) = io::pipe()?;
    let other = writer.try_clone()?;
    Ok((reader, [writer.into(), other.into()]))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn all_that_is_printed_is_handed_on_in_its_order() {
        let (printed, [out, err]) = Printed::new(10, 80).unwrap();
        let script = "for n in $(seq 9000); do echo line $n; echo other $n >&2; done; [ -t 1 ] && printf 'the end'";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap();
        child.wait().unwrap();
        let mut all = Vec::new();
        let handed = printed.hand_on(|piece| {
            all.extend_from_slice(piece);
            io::Result::Ok(())
        });
        handed.unwrap();
        let lines = (1..=9000).map(|n| format!("line {n}\nother {n}\n"));
        let expected = lines.collect::<String>() + "the end";
        assert!(String::from_utf8(all).unwrap() == expected);
        assert!(printed.last().ends_with("other 9000\nthe end"));
        assert!(printed.last().len() <= 2 * AT_HAND);
    }
}
