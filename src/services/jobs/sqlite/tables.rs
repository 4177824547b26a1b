//! The tables of a file of jobs.

use super::database::file::FileKind;
use super::database::{Elsewhere, turn};

pub(super) static KIND: FileKind = FileKind {
    elsewhere: Elsewhere {
        taken: "Give --durable a name that is not taken: the file is made for you.",
        other: "give --durable another name",
    },
    layout: 102,
    upgrades: &["ALTER TABLE jobs ADD COLUMN span_ms INTEGER NOT NULL DEFAULT 60000"],
    tables: || TABLES.to_owned(),
    whole: (
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('jobs', 'leases', 'results')",
        3,
        "its tables are not all there",
    ),
    waits: turn::wait::<30>,
};

/// `due_ms`: from when on a job may be claimed. For one that is leased, when its lease ends. That was `span_ms` away
/// when it was written: if it is further away now, the clock has been set back.
/// `attempts` counts against the limit; `lease` counts every claim.
const TABLES: &str = "
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    fails INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'leased', 'done', 'dead')),
    due_ms INTEGER NOT NULL,
    span_ms INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease INTEGER NOT NULL DEFAULT 0,
    error TEXT
);
CREATE INDEX due ON jobs (due_ms, id) WHERE state IN ('waiting', 'leased');
CREATE TABLE leases (
    job INTEGER NOT NULL REFERENCES jobs (id),
    lease INTEGER NOT NULL,
    worker TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (job, lease)
) WITHOUT ROWID;
CREATE TABLE results (
    job INTEGER PRIMARY KEY REFERENCES jobs (id),
    lease INTEGER NOT NULL,
    result TEXT NOT NULL
);";

/// Which job a lease is for. Who was taken for dead, because the clock was set forward or the worker was halted, and
/// still has the last lease, has proved otherwise.
pub(super) const HELD: &str = "id = ?1 AND lease = ?2 AND (state = 'leased' OR state = 'dead' AND error = 'its worker vanished each time')";
