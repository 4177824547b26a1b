//! Why a database file is not used, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE};

/// How a kind of file is given another place.
#[derive(Debug)]
pub struct Elsewhere {
    /// Where the name is taken by a file that is not ours, or is no good. A sentence.
    pub taken: &'static str,
    /// Where anything else is wrong. Reads on after `, or `.
    pub other: &'static str,
}

/// A database file that is not used, and why. Whatever is there is left as it is.
#[derive(Debug, thiserror::Error)]
#[error("{} {why}. {}", file.display(), advice(why, elsewhere))]
pub struct Refused {
    /// As the user typed it.
    pub file: PathBuf,
    /// What is wrong with it.
    pub why: Why,
    /// Where to keep it instead.
    pub elsewhere: &'static Elsewhere,
}

/// What is wrong with a database file, or with its directory. Reads on after its name.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum Why {
    #[error("is a directory. It was left as it is")]
    Directory,
    #[error("is not a regular file. It was left as it is")]
    NotAFile,
    #[error("is empty: asyncdemo did not make it. It was left as it is")]
    Empty,
    #[error("is not a SQLite database. It was left as it is")]
    NotSqlite,
    #[error("is a SQLite database of another program. It was left as it is")]
    Foreign,
    #[error("was made by an older version of asyncdemo. It was left as it is")]
    OtherLayout,
    #[error("was made by a newer version of asyncdemo. It was left as it is")]
    Newer,
    #[error("was made by asyncdemo for something else. It was left as it is")]
    OtherKind,
    #[error("is damaged ({0}). It was left as it is")]
    Damaged(String),
    #[error("is not there")]
    NotThere,
    #[error(
        "is not the file that was opened: that one was removed, moved or replaced while it was in use, and what was written into it is not here"
    )]
    Moved,
    #[error("was in use when its log was taken away ({} was removed or replaced): what was written last may be missing", .0.display())]
    LogRemoved(PathBuf),
    #[error("is locked by another program. It was left as it is")]
    Locked,
    #[error("may not be written by you. It was left as it is")]
    ReadOnly,
    #[error("cannot be made: {} is already there, and SQLite would take it for a part of the new file", .0.display())]
    Beside(PathBuf),
    #[error("cannot be made: there is no directory {}", .0.display())]
    NoDirectory(PathBuf),
    #[error("cannot be made: {0}")]
    CannotMake(io::ErrorKind),
    #[error("cannot be looked at: {0}")]
    CannotLook(io::ErrorKind),
    #[error("could not be opened")]
    CannotOpen,
    #[error("is in a place where SQLite cannot keep a write-ahead log, such as a network drive")]
    NoWal,
    #[error("could not be written: the disk is full. What was saved before is still there")]
    Full,
    #[error(
        "could not be written: its disk, a quota or a limit on the size of files (ulimit -f) leaves no room. What was saved before is still there"
    )]
    NoRoom,
    #[error("could not be used: {0}")]
    Other(String),
    #[error("has no place: there is no home directory")]
    NoHome,
    #[error("is not a directory")]
    NotADirectory,
}

/// What to do, in a sentence or two.
fn advice(why: &Why, elsewhere: &Elsewhere) -> impl fmt::Display {
    let first = match why {
        Why::Directory
        | Why::NotAFile
        | Why::Empty
        | Why::NotSqlite
        | Why::Foreign
        | Why::OtherLayout
        | Why::OtherKind
        | Why::Damaged(_) => return elsewhere.taken.to_owned(),
        Why::NotThere => return "Give it jobs first: --enqueue 200 makes it.".to_owned(),
        Why::Newer => "Use that version",
        Why::Moved => "Put it back and start again",
        Why::LogRemoved(_) => {
            return "End every program that uses it, and start again.".to_owned();
        }
        Why::Locked => "Wait until that program is done",
        Why::ReadOnly => "Make it and its directory writable",
        Why::Beside(_) => "Move that away",
        Why::NoDirectory(_) => "Make it first",
        Why::CannotMake(_) => "See that you may write there",
        Why::CannotLook(_) => "See that you may read and write it",
        Why::CannotOpen => {
            "Are it, its directory and its disk writable? Or are too many files open (ulimit -n)? Then close some"
        }
        Why::NoWal => "Use a local disk",
        Why::Full | Why::NoRoom => "Free some space",
        Why::Other(_) => "See that its disk is well",
        Why::NoHome => {
            return "Set HOME, or ASYNCDEMO_DATA_DIR, or give --data-dir a directory.".to_owned();
        }
        Why::NotADirectory => "Move it away",
    };
    format!("{first}, or {}.", elsewhere.other)
}

impl From<rusqlite::Error> for Why {
    fn from(error: rusqlite::Error) -> Self {
        Self::of(&error)
    }
}

impl Why {
    /// What SQLite's error means to the user.
    pub(crate) fn of(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotSqlite,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Locked,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::CannotOpen) => Self::CannotOpen,
            Some(ErrorCode::DiskFull) => Self::Full,
            // A limit or a quota, which SQLite does not tell from a broken disk.
            _ if error
                .sqlite_error()
                .is_some_and(|error| error.extended_code == SQLITE_IOERR_WRITE) =>
            {
                Self::NoRoom
            }
            // There is no room for the index of the log.
            _ if error
                .sqlite_error()
                .is_some_and(|error| error.extended_code == SQLITE_IOERR_SHMSIZE) =>
            {
                Self::Full
            }
            _ => Self::Other(error.to_string()),
        }
    }
}
