//! Why progress cannot be kept, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::services::database::Why;

/// A database of progress that is not used, and why. Whatever is there is left as it is.
#[derive(Debug, thiserror::Error)]
#[error("{} {what}", file.display())]
pub struct Trouble {
    /// The file, or the directory.
    pub file: PathBuf,
    /// What is wrong with it, and what to do.
    pub what: Cause,
}

/// What is wrong, and what to do. Reads on after the file's name.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum Cause {
    #[error(
        "has no place: there is no home directory. Set HOME, or ASYNCDEMO_DATA_DIR, or give --data-dir a directory."
    )]
    NoHome,
    #[error("is not a directory. Give --data-dir a directory.")]
    NotADirectory,
    #[error("cannot be made or looked at: {0}. Give --data-dir a directory of yours.")]
    NoDirectory(io::ErrorKind),
    #[error("{}", of_the_file(.0))]
    File(Why),
}

impl Trouble {
    pub(super) fn new(file: &Path, why: Why) -> Self {
        Self {
            file: file.to_owned(),
            what: Cause::File(why),
        }
    }

    pub(super) fn is_nothing_there(&self) -> bool {
        matches!(self.what, Cause::File(Why::NotThere))
    }
}

/// As [`Why`] says it, with the advice of whoever has one file, in a place of its own.
fn of_the_file(why: &Why) -> String {
    let elsewhere = "give --data-dir another directory";
    let away = format!("Move it away to begin anew, or {elsewhere}.");
    match why {
        Why::Directory => format!("is a directory. It was left as it is. {away}"),
        Why::NotAFile => format!("is not a regular file. It was left as it is. {away}"),
        Why::Empty => format!("is empty: it is no database. It was left as it is. {away}"),
        Why::NotSqlite => format!("is not a SQLite database. It was left as it is. {away}"),
        Why::Foreign => {
            format!("is a SQLite database of another program. It was left as it is. {away}")
        }
        Why::OtherKind => {
            format!("was made by asyncdemo for something else. It was left as it is. {away}")
        }
        Why::OtherLayout => {
            format!("was made by an older version of asyncdemo. It was left as it is. {away}")
        }
        Why::Newer => format!(
            "was made by a newer version of asyncdemo. It was left as it is. Use that version, or {elsewhere}."
        ),
        Why::NotThere => "is not there: nothing was saved yet.".to_owned(),
        Why::Damaged(how) => format!("is damaged ({how}). It was left as it is. {away}"),
        Why::Locked => format!(
            "is locked by another program. Nothing was changed. Try again when that program is done, or {elsewhere}."
        ),
        Why::ReadOnly => format!(
            "may not be written by you. It was left as it is. Make it and its directory writable, or {elsewhere}."
        ),
        Why::Beside(beside) => format!(
            "cannot be made: {} is already there, and SQLite would take it for a part of the new file. Move that away, or {elsewhere}.",
            beside.display()
        ),
        Why::NoDirectory(_) => {
            format!("cannot be made: its directory is gone. Try again, or {elsewhere}.")
        }
        Why::CannotMake(error) => {
            format!("cannot be made: {error}. Make its directory writable, or {elsewhere}.")
        }
        Why::CannotLook(error) => {
            format!("cannot be looked at: {error}. See to its directory, or {elsewhere}.")
        }
        Why::CannotOpen => format!(
            "could not be opened. Are it, its directory and its disk writable? Or are too many files open (ulimit -n)? If not, {elsewhere}."
        ),
        Why::NoWal => format!(
            "is in a place where SQLite cannot keep a write-ahead log, such as a network drive. Instead, {elsewhere}, on a local disk."
        ),
        Why::Full => format!(
            "could not be written: the disk is full. What was saved before is still there. Free some space, or {elsewhere}."
        ),
        Why::Other(error) => {
            format!("could not be used: {error}. Look after the disk, or {elsewhere}.")
        }
    }
}
