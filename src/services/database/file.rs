//! Whose file is it? A database file that asyncdemo made carries its mark. Every other file is
//! refused, and is the same afterwards, byte for byte.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};

use super::opened::Opened;
use super::refused::{Elsewhere, Refused, Why};

/// The mark: SQLite's `application_id`, at byte 68 of the file. It reads `asyn`.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"asyn");

/// What a file of ours is for. Each kind has tables of its own.
#[derive(Debug)]
pub(crate) struct FileKind {
    /// What to do where a file is refused.
    pub(crate) elsewhere: Elsewhere,
    /// SQLite's `user_version`: a hundred numbers for each kind, to be raised when its tables change.
    pub(crate) layout: i32,
    /// How files with older layouts are brought up to it: the last of these is from the layout before
    /// it, the one before that from the layout before that. Older ones are refused.
    pub(crate) upgrades: &'static [&'static str],
    /// Makes the tables.
    pub(crate) tables: fn() -> String,
    /// A query for a count, the count that it must give, and what is wrong where it gives another.
    pub(crate) whole: (&'static str, u32, &'static str),
    /// Sets how a connection waits for a file that someone else has locked, before it is called locked.
    pub(crate) waits: fn(&Connection) -> rusqlite::Result<()>,
}

/// How many layouts a kind may have.
const KINDS: i32 = 100;

/// The items that `db` asks for.
pub(super) static DATABASE: FileKind = FileKind {
    elsewhere: Elsewhere {
        taken: "Give --database a name that is not taken: the file is made for you.",
        other: "give --database another name",
    },
    layout: 1,
    upgrades: &[],
    tables: || {
        format!(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
             CREATE TABLE sales (id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES items (id));
             WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < {ITEMS})
                 INSERT INTO items SELECT id, 'item ' || id FROM ids;"
        )
    },
    whole: (
        "SELECT count(*) FROM items",
        ITEMS,
        "its items are not all there",
    ),
    waits: |connection| connection.busy_timeout(Duration::from_secs(1)),
};

/// How many bytes the shortest database has: its header.
const HEADER: u64 = 100;

/// How many items the table has, with ids from 1.
pub const ITEMS: u32 = 200;

/// Makes the file `path` if nothing is there, and otherwise sees that it is one of ours, sound and
/// free to be written. `path` is absolute: SQLite gives `:memory:` and `file:` a meaning.
pub(crate) fn make_or_check(path: &Path, kind: &FileKind) -> Result<(), Why> {
    match fs::metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path, kind)?,
        Err(error) => return Err(Why::CannotLook(error.kind())),
    }
    look(path, kind)?;
    check(path, kind)
}

/// [`make_or_check`] for a file that must be there already.
pub(crate) fn check_only(path: &Path, kind: &FileKind) -> Result<(), Why> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Why::NotThere),
        _ => make_or_check(path, kind),
    }
}

/// Made under another name, so that a file with this name is whole from the start, and so that
/// nothing is overwritten that appears here meanwhile.
fn make(path: &Path, kind: &FileKind) -> Result<(), Why> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    if !directory.is_dir() {
        return Err(Why::NoDirectory(directory.to_owned()));
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        let beside = beside(path, suffix);
        if beside.symlink_metadata().is_ok() {
            return Err(Why::Beside(beside));
        }
    }
    let unnamed = tempfile::Builder::new()
        .prefix(".asyncdemo-")
        .suffix(".db")
        .tempfile_in(directory)
        .map_err(|error| Why::CannotMake(error.kind()))?
        .into_temp_path();
    let connection = open(&unnamed)?;
    connection.execute_batch(&format!(
        "BEGIN;
         PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {};
         {}
         COMMIT;",
        kind.layout,
        (kind.tables)(),
    ))?;
    enable_wal(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    match unnamed.persist_noclobber(path) {
        Ok(()) => Ok(()),
        // Someone was quicker: theirs is looked at like any other file.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Why::CannotMake(error.error.kind())),
    }
}

/// Refuses what is not ours without a trace: no lock, no log beside it.
fn look(path: &Path, kind: &FileKind) -> Result<(), Why> {
    let there = fs::metadata(path).map_err(|error| Why::CannotLook(error.kind()))?;
    if there.is_dir() {
        return Err(Why::Directory);
    }
    if !there.is_file() {
        return Err(Why::NotAFile);
    }
    if there.len() == 0 {
        return Err(Why::Empty);
    }
    if there.len() < HEADER {
        // SQLite takes it for an empty one.
        return Err(Why::NotSqlite);
    }
    // SQLite itself reads the mark. A read of our own would give up the locks that this process may
    // hold on the file: closing any handle of it does, on Unix.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(immutable(path), flags)?;
    // Without it, a file is called damaged that is shorter than its head says: a program that was killed,
    // or met a full disk, while it put its log away leaves such a one. With its log it is whole.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
    let mark = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    match (mark("application_id")?, mark("user_version")?) {
        (APPLICATION_ID, layout) if layout / KINDS != kind.layout / KINDS => Err(Why::OtherKind),
        (APPLICATION_ID, layout) => kind.upgrades_from(layout).map(|_| ()),
        _ => Err(Why::Foreign),
    }
}

impl FileKind {
    /// Why this file of the kind is not used.
    pub(crate) fn refused(&'static self, file: &Path, why: impl Into<Why>) -> Refused {
        Refused {
            file: file.to_owned(),
            why: why.into(),
            elsewhere: &self.elsewhere,
        }
    }

    /// A connection, and which file it is to. The file is there (`ready` is [`check_only`]) or is made ([`make_or_check`]),
    /// with a log of which so much is on the disk at each commit: SQLite's `synchronous`.
    pub(crate) fn connect(
        &'static self,
        shown: &Path,
        ready: fn(&Path, &Self) -> Result<(), Why>,
        synchronous: &str,
    ) -> Result<(Connection, Opened), Refused> {
        let connect = || {
            let path = std::path::absolute(shown).map_err(|error| Why::CannotLook(error.kind()))?;
            ready(&path, self)?;
            let connection = open(&path)?;
            (self.waits)(&connection)?;
            connection.pragma_update(None, "synchronous", synchronous)?;
            // From its first reading on, a connection keeps the log where it is.
            connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
            let log = ["-wal", "-shm"].map(|suffix| beside(&path, suffix));
            let opened = Opened::with_log(&path, log)?;
            Ok((connection, opened))
        };
        connect().map_err(|why: Why| self.refused(shown, why))
    }

    /// What is to be done with a file of this layout, before it is used.
    fn upgrades_from(&self, layout: i32) -> Result<&[&str], Why> {
        let behind = usize::try_from(self.layout - layout).map_err(|_| Why::Newer)?;
        let first = self.upgrades.len().checked_sub(behind);
        Ok(&self.upgrades[first.ok_or(Why::OtherLayout)?..])
    }
}

/// Sees that a file of ours is whole, and that nobody else holds it.
fn check(path: &Path, kind: &FileKind) -> Result<(), Why> {
    // What a damaged file has left in its log is not written back into it by the closing.
    let keep_log = beside(path, "-wal").exists();
    let mut connection = open(path)?;
    // SQLite would go on, and leave a log beside it that is as read-only as the file.
    if connection.is_readonly(MAIN_DB)? {
        return Err(Why::ReadOnly);
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep_log)?;
    (kind.waits)(&connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: String = transaction.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    if found != "ok" {
        return Err(Why::Damaged(
            found.split_whitespace().collect::<Vec<_>>().join(" "),
        ));
    }
    // Asked again: another process may have upgraded it meanwhile, and its log is read only now.
    let layout = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let upgrades = kind.upgrades_from(layout)?;
    for upgrade in upgrades {
        transaction.execute_batch(upgrade)?;
    }
    let (query, expected, otherwise) = kind.whole;
    let counted: rusqlite::Result<u32> = transaction.query_row(query, (), |row| row.get(0));
    if counted.as_ref() != Ok(&expected) {
        return Err(Why::Damaged(otherwise.to_owned()));
    }
    if upgrades.is_empty() {
        transaction.rollback()?;
    } else {
        transaction.pragma_update(None, "user_version", kind.layout)?;
        transaction.commit()?;
    }
    enable_wal(&connection)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.close().map_err(|(_, error)| error.into())
}

/// With a write-ahead log, who reads and who writes do not wait for each other.
fn enable_wal(connection: &Connection) -> Result<(), Why> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    if mode == "wal" {
        Ok(())
    } else {
        Err(Why::NoWal)
    }
}

/// Opens a file that is there; SQLite by itself would make one that is not.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}

/// Folds a write-ahead log that was left beside a database into it.
///
/// SQLite does so when the last connection closes; of connections that close at the same instant,
/// each may take another one for the last. To be called when no connection is open.
pub(super) fn checkpoint_wal(path: &Path) {
    if beside(path, "-wal").exists() {
        // Where it fails, nothing is lost: whoever opens the file next reads the log, too.
        let _ = open(path).and_then(|connection| {
            connection.query_row("SELECT count(*) FROM items", (), |_| Ok(()))
        });
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The address by which SQLite reads a file and leaves everything as it is. See
/// <https://sqlite.org/uri.html>.
fn immutable(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:".contains(&byte);
    let encoded: String = bytes(path)
        .iter()
        .map(|byte| {
            if plain(*byte) {
                char::from(*byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    format!(
        "file://{}{encoded}?immutable=1",
        if encoded.starts_with('/') { "" } else { "/" }
    )
}

#[cfg(unix)]
fn bytes(path: &Path) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
}

#[cfg(not(unix))]
fn bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}
