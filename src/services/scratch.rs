//! Temporary directories. Each is removed when nobody needs it; what a program that was killed has left is removed
//! by the next one.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use tempfile::TempDir;

/// How the names of all of them begin.
const PREFIX: &str = "asyncdemo-";

/// The file in each of them that says whose it is: locked for as long as its program lives.
const MARK: &str = ".asyncdemo";

/// What stands in the mark once it is locked: without it, its program has only just begun.
#[cfg(unix)]
const MARKED: &str =
    "A temporary directory of asyncdemo. While this file is locked, its program runs.\n";

/// How often a directory is removed in vain: whoever still writes into it makes another file meanwhile.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Those of this program.
static LIVE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary directory, which is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    /// Locked, where the system has locks. Closed only after the directory is gone.
    _mark: Option<mark::Hold>,
}

impl Scratch {
    /// A new one. `instead` ends the advice, as `, or give --database FILE` does.
    ///
    /// # Errors
    /// Where none can be made.
    pub(crate) fn new(instead: &str) -> Result<Self> {
        let made = TempDir::with_prefix(PREFIX).map_err(|error| {
            anyhow!(
                "no temporary directory can be made in {}: {}. Set TMPDIR to a place where you may make files{instead}.",
                std::env::temp_dir().display(),
                error.kind(),
            )
        })?;
        // From here on, whoever ends the program knows of it.
        let path = made.keep();
        live(|all| all.push(path.clone()));
        let mark = mark::take(&path.join(MARK));
        Ok(Self { path, _mark: mark })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path, TRIES);
        live(|all| all.retain(|path| *path != self.path));
    }
}

/// Removes every temporary directory of this program, also those that a thread still uses: it is about to end.
pub fn remove_all() {
    // One after another, so that whoever ends the program while this is at it can do the rest.
    while let Some(path) = live(Vec::pop) {
        remove(&path, 3);
    }
}

/// Removes what programs that were killed have left in the directory for temporary files: only what carries the mark
/// of this program, is the user's own, and has nobody who holds it.
pub fn sweep() {
    sweep_in(&std::env::temp_dir());
}

fn sweep_in(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let ours = |name: &OsStr| name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
    for entry in entries.flatten() {
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !(is_directory && ours(&entry.file_name())) {
            continue;
        }
        let path = entry.path();
        if let Some(mark) = mark::of_the_dead(&path.join(MARK)) {
            remove(&path, 1);
            drop(mark);
        }
    }
}

fn live<T>(act: impl FnOnce(&mut Vec<PathBuf>) -> T) -> T {
    act(&mut lock(&LIVE))
}

fn remove(path: &Path, tries: u32) {
    for attempt in 1..=tries {
        match fs::remove_dir_all(path) {
            Ok(()) => return,
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(_) if attempt < tries => pause(),
            Err(_) => {}
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "files are removed by plain threads, between two runs"
)]
fn pause() {
    thread::sleep(BETWEEN_TRIES);
}

/// A lock tells the dead from the living: the system frees it with the process, however that ends.
#[cfg(unix)]
mod mark {
    use std::fs::{File, OpenOptions};
    use std::io::{Read, Write};
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    use std::path::Path;

    use nix::fcntl::{Flock, FlockArg, OFlag};
    use nix::unistd::geteuid;

    use super::MARKED;

    pub(super) type Hold = Flock<File>;

    /// Makes the mark and locks it, and says so in it. Without locks, as on some network drives, it stays empty, and
    /// nobody will take the directory for a dead one.
    pub(super) fn take(mark: &Path) -> Option<Hold> {
        let file = File::create_new(mark).ok()?;
        let mut mark = Flock::lock(file, FlockArg::LockExclusive).ok()?;
        mark.write_all(MARKED.as_bytes()).ok()?;
        Some(mark)
    }

    /// The mark of a program that is gone, now locked by this one.
    pub(super) fn of_the_dead(mark: &Path) -> Option<Hold> {
        let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(mark)
            .ok()?;
        let about = file.metadata().ok()?;
        if !about.is_file() || about.uid() != geteuid().as_raw() {
            return None;
        }
        let mark = Flock::lock(file, FlockArg::LockExclusiveNonblock).ok()?;
        let mut words = String::new();
        let longest = MARKED.len() as u64 + 1;
        (&*mark).take(longest).read_to_string(&mut words).ok()?;
        (words == MARKED).then_some(mark)
    }
}

/// Elsewhere nothing tells them apart, and what is left stays.
#[cfg(not(unix))]
mod mark {
    use std::path::Path;

    #[derive(Debug)]
    pub(super) enum Hold {}

    pub(super) fn take(_: &Path) -> Option<Hold> {
        None
    }

    pub(super) fn of_the_dead(_: &Path) -> Option<Hold> {
        None
    }
}

/// What the mutex holds, also where a thread has panicked with it: each change here is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A directory of somebody else in `folder`, with these words in its mark.
    fn left(folder: &Path, name: &str, mark: Option<&str>) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("file"), "contents").unwrap();
        if let Some(words) = mark {
            fs::write(path.join(MARK), words).unwrap();
        }
        path
    }

    #[test]
    fn only_what_is_ours_and_dead_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        let dead = left(place, "asyncdemo-dead", Some(MARKED));
        let stay = [
            left(place, "asyncdemo-book", None),
            left(place, "asyncdemo-born", Some("")),
            left(place, "asyncdemo-other", Some("A diary.\n")),
            left(place, "somebody", Some(MARKED)),
        ];
        let living = left(place, "asyncdemo-living", None);
        let held = mark::take(&living.join(MARK)).unwrap();
        let elsewhere = left(place, "elsewhere", Some(MARKED));
        std::os::unix::fs::symlink(&elsewhere, place.join("asyncdemo-link")).unwrap();
        for _ in 0..2 {
            sweep_in(place);
            assert!(!dead.exists());
            assert!(living.join("file").exists() && elsewhere.join("file").exists());
            for path in &stay {
                assert!(path.join("file").exists(), "{}", path.display());
            }
        }
        drop(held);
        sweep_in(place);
        assert!(!living.exists());
    }

    #[test]
    fn nothing_is_left_behind_even_while_somebody_writes_on() {
        let scratch = Scratch::new("").unwrap();
        let path = scratch.path().to_owned();
        let writes = path.clone();
        let writer = thread::spawn(move || {
            (0..400).try_for_each(|number| fs::write(writes.join(format!("{number}")), [0; 1000]))
        });
        drop(scratch);
        let _ = writer.join().unwrap();
        assert!(!path.exists());
    }
}
