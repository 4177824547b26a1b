//! In which directory progress is kept, and in what file.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use crate::services::data;
use crate::services::database::{Elsewhere, Refused, Why, file::FileKind, turn};

/// A file of progress.
pub(super) static KIND: FileKind = FileKind {
    elsewhere: Elsewhere {
        taken: "Move it away to begin anew, or give --data-dir another directory.",
        other: "give --data-dir another directory",
    },
    layout: 201,
    upgrades: &[],
    tables: || TABLES.to_owned(),
    whole: (
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('lessons', 'questions')",
        2,
        "its tables are not all there",
    ),
    waits: turn::wait::<5>,
};

/// `furthest`: one may go back, and what is done stays done. `turn`: grows with each change; clocks are
/// set back at times. `stage` and `due_s` are NULL where nothing is to be reviewed.
pub(super) const TABLES: &str = "
CREATE TABLE lessons (
    lesson TEXT PRIMARY KEY,
    step INTEGER NOT NULL CHECK (step >= 0),
    furthest INTEGER NOT NULL CHECK (furthest >= 0),
    steps INTEGER NOT NULL CHECK (steps >= 0),
    spent_ms INTEGER NOT NULL CHECK (spent_ms >= 0),
    under_way INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    turn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE questions (
    lesson TEXT NOT NULL,
    question TEXT NOT NULL,
    step INTEGER NOT NULL CHECK (step >= 0),
    kind TEXT NOT NULL CHECK (kind IN ('predict', 'quiz', 'try')),
    answer TEXT NOT NULL,
    is_right INTEGER NOT NULL,
    stage INTEGER,
    due_s INTEGER,
    PRIMARY KEY (lesson, question)
) STRICT, WITHOUT ROWID;";

/// The name of the file in its directory.
pub(super) const FILE: &str = "progress.db";

/// `given` (`--data-dir`), else `ASYNCDEMO_DATA_DIR`, else `asyncdemo` where the platform keeps the data of
/// programs: `~/.local/share` on Linux, or what `XDG_DATA_HOME` says.
///
/// # Errors
/// Where nothing says it, because there is no home directory.
pub fn directory(given: Option<&Path>) -> Result<PathBuf, Refused> {
    data::directory(given).ok_or_else(no_place)
}

fn no_place() -> Refused {
    KIND.refused(Path::new(FILE), Why::NoHome)
}

/// Where in `directory` the progress in a course from a folder is kept: by what tells that course from others.
pub fn of_course(directory: &Path, identity: &str) -> PathBuf {
    let plain = |sign: &char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
    let name = identity.lines().next().unwrap_or_default();
    let name: String = name.chars().filter(plain).take(40).collect();
    let hash = hashed(Path::new(identity));
    directory
        .join("courses")
        .join(format!("{name}-{hash:016x}"))
}

/// FNV-1a, 64 bits: the same in every version and on every machine.
pub(super) fn hashed(path: &Path) -> u64 {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Makes the directory if nothing is there, for its owner's eyes only.
pub(super) fn make(directory: &Path) -> Result<(), Refused> {
    ensure_is_directory(directory)?;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(directory);
    made.map_err(|error| KIND.refused(directory, Why::CannotMake(error.kind())))
}

/// Refuses what is no directory.
pub(super) fn ensure_is_directory(directory: &Path) -> Result<(), Refused> {
    let why = match fs::metadata(directory) {
        Ok(there) if there.is_dir() => return Ok(()),
        Ok(_) => Why::NotADirectory,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Why::CannotLook(error.kind()),
    };
    Err(KIND.refused(directory, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_course_has_a_place_of_its_own() {
        let place = |course| of_course(Path::new("/data"), course);
        let one = place("my course\nWaits");
        assert!(one.starts_with("/data/courses"), "{}", one.display());
        assert_eq!(one, place("my course\nWaits"));
        for other in [
            "my course",
            "mycourse\nWaits",
            "my course\nMore",
            "",
            "../../etc",
        ] {
            assert_ne!(one, place(other));
            let within = Some(Path::new("/data/courses"));
            assert_eq!(place(other).parent(), within, "{other}");
        }
    }

    #[test]
    fn without_a_home_it_says_what_to_set() {
        assert_eq!(
            no_place().to_string(),
            "progress.db has no place: there is no home directory. Set HOME, or ASYNCDEMO_DATA_DIR, or give --data-dir a directory."
        );
    }
}
