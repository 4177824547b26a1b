//! Files whose tables have changed, and files that were left half written.

use super::*;

/// A kind of file with one layout, and the same kind after its tables have changed twice.
const FIRST: file::FileKind = file::FileKind {
    elsewhere: Elsewhere {
        taken: "",
        other: "",
    },
    layout: 901,
    upgrades: &[],
    tables: || "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('kept');".to_owned(),
    whole: ("SELECT count(*) FROM notes", 1, "its note is gone"),
    waits: |connection| connection.busy_timeout(BUSY),
};
const THIRD: file::FileKind = file::FileKind {
    layout: 903,
    upgrades: &[
        "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 1;",
        "UPDATE notes SET stars = stars + 4;",
    ],
    tables: || "CREATE TABLE notes (text TEXT, stars INTEGER);".to_owned(),
    ..FIRST
};

#[test]
fn an_older_layout_is_upgraded_with_all_that_is_in_it() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("notes.db");
    file::make_or_check(&path, &FIRST).unwrap();
    // Two at once: one upgrades, and the other finds it done.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| file::make_or_check(&path, &THIRD).unwrap());
        }
    });
    let connection = file::open(&path).unwrap();
    let notes: (String, i32) = connection
        .query_row("SELECT text, stars FROM notes", (), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(notes, ("kept".to_owned(), 5));
    let refused = file::make_or_check(&path, &FIRST);
    assert!(matches!(refused, Err(Why::Newer)), "{refused:?}");
}

#[test]
fn an_upgrade_that_fails_changes_nothing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("notes.db");
    file::make_or_check(&path, &FIRST).unwrap();
    let before = files(directory.path());
    let broken = file::FileKind {
        upgrades: &["DELETE FROM notes;", "UPDATE nothing SET x = 1;"],
        ..THIRD
    };
    file::make_or_check(&path, &broken).unwrap_err();
    assert_eq!(files(directory.path()), before);
    file::make_or_check(&path, &FIRST).unwrap();
}

#[test]
fn a_file_whose_log_was_put_away_by_half_is_whole_with_its_log() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("notes.db");
    file::make_or_check(&path, &FIRST).unwrap();
    let connection = file::open(&path).unwrap();
    connection
        .execute("UPDATE notes SET text = hex(zeroblob(20000))", ())
        .unwrap();
    let short = fs::read(&path).unwrap();
    let log = fs::read(directory.path().join("notes.db-wal")).unwrap();
    connection
        .query_row("PRAGMA wal_checkpoint", (), |_| Ok(()))
        .unwrap();
    let long = fs::read(&path).unwrap();
    assert!(short.len() < long.len());

    // The first page is written, and the file has not grown yet.
    let half = directory.path().join("half.db");
    fs::write(&half, [&long[..4096], &short[4096..]].concat()).unwrap();
    fs::write(directory.path().join("half.db-wal"), log).unwrap();
    file::make_or_check(&half, &FIRST).unwrap();
    assert_eq!(fs::read(&half).unwrap(), long);
}
