use futures_util::FutureExt;
use tempfile::TempDir;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Barrier;
use std::time::Instant;

use super::*;

mod layouts;

const BUSY: Duration = Duration::from_secs(5);

/// Every file of a directory with its bytes.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// Asks for the database `name`, which must be refused for `why`, and nothing may be changed.
#[track_caller]
fn refused(directory: &Path, name: &str, why: &str) {
    let path = directory.join(name);
    let before = files(directory);
    let error = Databases::new(Some(path.clone()))
        .database()
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("{} ", path.display())),
        "{error}"
    );
    assert!(error.contains(why), "{error}");
    assert!(
        error.contains("ive --database"),
        "what to do is not said: {error}"
    );
    assert_eq!(files(directory), before, "{name}");
}

/// A database of ours with this name, made and closed again.
fn ours(directory: &Path, name: &str) -> PathBuf {
    let path = directory.join(name);
    drop(Databases::new(Some(path.clone())).database().unwrap());
    path
}

fn theirs(directory: &Path, name: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(directory.join(name)).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('x');")
        .unwrap();
    connection
}

fn count(connection: &rusqlite::Connection, table: &str) -> u32 {
    connection
        .query_row(&format!("SELECT count(*) FROM {table}"), (), |row| {
            row.get(0)
        })
        .unwrap()
}

#[test]
fn a_temporary_database_is_a_real_file_in_wal_mode_and_is_removed() {
    let place = Databases::default();
    let database = place.database().unwrap();
    let directory = database.path().parent().unwrap().to_owned();
    let connection = database.connect(BUSY).unwrap();
    let mode: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    assert!(directory.join("items.db-wal").exists());
    assert_eq!(count(&connection, "items"), ITEMS);
    drop((connection, database));
    assert!(!directory.exists());
}

#[test]
fn each_temporary_database_is_another_one() {
    let place = Databases::default();
    let (one, other) = (place.database().unwrap(), place.database().unwrap());
    assert_ne!(one.path(), other.path());
}

#[test]
fn a_place_takes_its_temporary_databases_along() {
    let place = Databases::default();
    let database = place.database().unwrap();
    let connection = database.connect(BUSY).unwrap();
    // As with a run that is stopped while it is blocked inside SQLite: nobody drops its database.
    let blocked = thread::spawn(move || connection.query_row("SELECT pause(20)", (), |_| Ok(())));
    drop(place);
    assert!(blocked.join().unwrap().is_err());
    assert!(!database.path().parent().unwrap().exists());
}

#[test]
fn a_file_is_made_and_used_again_with_what_is_in_it() {
    let directory = TempDir::new().unwrap();
    // Names that mean something else to SQLite, or to an address.
    for name in [
        "shop.db",
        ":memory:",
        "file:x?mode=memory",
        "a ?#%41&b.db",
        "häuser.db",
    ] {
        let place = Databases::new(Some(directory.path().join(name)));
        for sales in 0..3 {
            let database = place.database().unwrap();
            let connection = database.connect(BUSY).unwrap();
            assert_eq!(count(&connection, "sales"), sales, "{name}");
            connection
                .execute("INSERT INTO sales (item) VALUES (1)", ())
                .unwrap();
        }
    }
    let names: Vec<_> = files(directory.path()).into_keys().collect();
    assert_eq!(
        names.len(),
        5,
        "no log and nothing half-made stays: {names:?}"
    );
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("notes.txt"), "milk, bread\n".repeat(100)).unwrap();
    fs::write(at("short"), "x").unwrap();
    fs::write(at("empty.db"), "").unwrap();
    fs::create_dir(at("folder")).unwrap();
    refused(directory.path(), "notes.txt", "not a SQLite database");
    refused(directory.path(), "short", "not a SQLite database");
    refused(directory.path(), "empty.db", "is empty");
    refused(directory.path(), "folder", "is a directory");
    refused(directory.path(), "nowhere/shop.db", "there is no directory");
    refused(directory.path(), "notes.txt/shop.db", "cannot be looked at");
}

#[cfg(unix)]
#[test]
fn a_device_and_a_broken_link_are_refused() {
    let directory = TempDir::new().unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all", directory.path().join("link.db")).unwrap();
    refused(directory.path(), "link.db", "cannot be looked at");
    std::os::unix::fs::symlink("/dev/null", directory.path().join("null.db")).unwrap();
    refused(directory.path(), "null.db", "not a regular file");
}

#[test]
fn somebody_elses_database_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    drop(theirs(directory.path(), "closed.db"));
    refused(directory.path(), "closed.db", "another program");

    let open = theirs(directory.path(), "open.db");
    refused(directory.path(), "open.db", "another program");
    open.execute_batch("BEGIN EXCLUSIVE").unwrap();
    refused(directory.path(), "open.db", "another program");
    // What its program left behind when it was killed: a log that SQLite would write back.
    for suffix in ["", "-wal"] {
        let from = directory.path().join(format!("open.db{suffix}"));
        fs::copy(from, directory.path().join(format!("killed.db{suffix}"))).unwrap();
    }
    refused(directory.path(), "killed.db", "another program");
}

#[test]
fn a_file_beside_which_sqlite_would_take_for_its_own_is_left_alone() {
    for suffix in ["-wal", "-shm", "-journal"] {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join(format!("shop.db{suffix}")), "mine").unwrap();
        refused(
            directory.path(),
            "shop.db",
            &format!("shop.db{suffix} is already there"),
        );
    }
}

#[test]
fn a_damaged_file_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let whole = fs::read(ours(directory.path(), "whole.db")).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();

    write("cut.db", &whole[..whole.len() - 4096]);
    write("head-only.db", &whole[..100]);
    let mut scribbled = whole.clone();
    scribbled[4096..8192].fill(0xA5);
    write("scribbled.db", &scribbled);
    for name in ["cut.db", "head-only.db", "scribbled.db"] {
        refused(directory.path(), name, "is damaged");
    }

    let mut renamed = whole.clone();
    renamed[..6].copy_from_slice(b"SQLITE");
    write("renamed.db", &renamed);
    refused(directory.path(), "renamed.db", "not a SQLite database");

    let mut later = whole;
    later[63] = 99;
    write("later.db", &later);
    refused(directory.path(), "later.db", "a newer version");
}

#[test]
fn a_damaged_file_keeps_the_log_that_a_killed_program_left() {
    let directory = TempDir::new().unwrap();
    let path = ours(directory.path(), "shop.db");
    let open = rusqlite::Connection::open(&path).unwrap();
    open.execute("INSERT INTO sales (item) VALUES (1)", ())
        .unwrap();
    let killed = TempDir::new().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..8192].fill(0xA5);
    fs::write(killed.path().join("shop.db"), &bytes).unwrap();
    fs::copy(
        directory.path().join("shop.db-wal"),
        killed.path().join("shop.db-wal"),
    )
    .unwrap();
    let before = files(killed.path());

    let error = Databases::new(Some(killed.path().join("shop.db")))
        .database()
        .unwrap_err()
        .to_string();
    assert!(error.contains("is damaged"), "{error}");
    let after = files(killed.path());
    for (path, bytes) in before {
        assert_eq!(after[&path], bytes, "{}", path.display());
    }
}

#[test]
fn rows_that_a_killed_program_left_in_the_log_are_there() {
    let directory = TempDir::new().unwrap();
    let path = ours(directory.path(), "shop.db");
    let open = rusqlite::Connection::open(&path).unwrap();
    open.execute("INSERT INTO sales (item) VALUES (1)", ())
        .unwrap();
    let killed = TempDir::new().unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("shop.db{suffix}");
        fs::copy(directory.path().join(&name), killed.path().join(&name)).unwrap();
    }
    let database = Databases::new(Some(killed.path().join("shop.db")))
        .database()
        .unwrap();
    assert_eq!(count(&database.connect(BUSY).unwrap(), "sales"), 1);
}

#[test]
fn a_locked_file_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = ours(directory.path(), "shop.db");
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    refused(directory.path(), "shop.db", "is locked");
    other
        .execute_batch("ROLLBACK; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();
    refused(directory.path(), "shop.db", "is locked");
}

#[test]
fn pause_waits_inside_sqlite() {
    let place = Databases::default();
    let database = place.database().unwrap();
    let connection = database.connect(BUSY).unwrap();
    let start = Instant::now();
    connection
        .query_row("SELECT pause(0.02)", (), |_| Ok(()))
        .unwrap();
    assert!(start.elapsed() >= Duration::from_millis(20));
    for bad in ["-1", "1e300", "'x'", "NULL"] {
        connection
            .query_row(&format!("SELECT pause({bad})"), (), |_| Ok(()))
            .unwrap_err();
    }
}

#[test]
fn a_dropped_database_ends_the_queries_that_wait_in_it() {
    let place = Databases::default();
    let database = place.database().unwrap();
    let connection = database.connect(BUSY).unwrap();
    let query = thread::spawn(move || connection.query_row("SELECT pause(20)", (), |_| Ok(())));
    drop(database);
    let error = query.join().unwrap().unwrap_err();
    assert!(error.to_string().contains("over"), "{error}");
}

#[test]
fn a_querys_error_names_the_file_and_says_what_to_do() {
    let place = Databases::default();
    let database = place.database().unwrap();
    let (one, other) = (
        database.connect(BUSY).unwrap(),
        database.connect(Duration::ZERO).unwrap(),
    );
    one.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = other.execute_batch("BEGIN IMMEDIATE").unwrap_err();
    let error = database
        .explain(tokio_rusqlite::Error::Error(busy).into())
        .to_string();
    assert!(
        error.starts_with(&database.path().display().to_string()),
        "{error}"
    );
    assert!(error.contains("is locked"), "{error}");
    let other = database.explain(anyhow::anyhow!("something else"));
    assert_eq!(other.to_string(), "something else");
}

#[tokio::test]
async fn a_pool_lends_each_connection_once_and_takes_it_back() {
    let place = Databases::default();
    let database = place.database().unwrap();
    let pool = database.pool(2, BUSY).unwrap();
    assert_eq!(database.connections_open_at_most(), 2);
    let one = pool.connection().await.unwrap();
    let _other = pool.connection().await.unwrap();
    let mut third = std::pin::pin!(pool.connection());
    assert!(third.as_mut().now_or_never().is_none());
    drop(one);
    let third = third.await.unwrap();
    third
        .call(|connection| connection.execute_batch("SELECT 1"))
        .await
        .unwrap();
}

#[test]
fn connections_that_close_at_the_same_instant_leave_no_log_behind() {
    let directory = TempDir::new().unwrap();
    let path = ours(directory.path(), "shop.db");
    for _ in 0..100 {
        let database = Databases::new(Some(path.clone())).database().unwrap();
        let together = Barrier::new(4);
        let connections: Vec<_> = (0..4).map(|_| database.connect(BUSY).unwrap()).collect();
        thread::scope(|scope| {
            for connection in connections {
                let together = &together;
                scope.spawn(move || {
                    connection
                        .execute("INSERT INTO sales (item) VALUES (1)", ())
                        .unwrap();
                    together.wait();
                    drop(connection);
                });
            }
        });
        drop(database);
        assert_eq!(files(directory.path()).len(), 1);
    }
}
