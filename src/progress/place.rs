//! In which directory progress is kept.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};

use super::trouble::{Cause, Trouble};

/// The name of the file in its directory.
pub(super) const FILE: &str = "progress.db";

/// What names the directory where no option does.
const VARIABLE: &str = "ASYNCDEMO_DATA_DIR";

/// `given` (`--data-dir`), else `ASYNCDEMO_DATA_DIR`, else `asyncdemo` where the platform keeps the data of
/// programs: `~/.local/share` on Linux, or what `XDG_DATA_HOME` says.
///
/// # Errors
/// Where nothing says it, because there is no home directory.
pub fn directory(given: Option<&Path>) -> Result<PathBuf, Trouble> {
    let of_the_platform = || choose_base_strategy().ok().map(|base| base.data_dir());
    choose(given, env::var_os(VARIABLE), of_the_platform)
}

fn choose(
    given: Option<&Path>,
    variable: Option<OsString>,
    of_the_platform: impl FnOnce() -> Option<PathBuf>,
) -> Result<PathBuf, Trouble> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    if let Some(variable) = variable.filter(|variable| !variable.is_empty()) {
        return Ok(variable.into());
    }
    // An empty HOME gives a relative one: it would be another one in each working directory.
    of_the_platform()
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join("asyncdemo"))
        .ok_or_else(|| Trouble {
            file: FILE.into(),
            what: Cause::NoHome,
        })
}

/// Makes the directory if nothing is there, for its owner's eyes only.
pub(super) fn make(directory: &Path) -> Result<(), Trouble> {
    ensure_is_directory(directory)?;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| Trouble {
        file: directory.to_owned(),
        what: Cause::NoDirectory(error.kind()),
    })
}

/// Refuses what is no directory.
pub(super) fn ensure_is_directory(directory: &Path) -> Result<(), Trouble> {
    let what = match fs::metadata(directory) {
        Ok(there) if there.is_dir() => return Ok(()),
        Ok(_) => Cause::NotADirectory,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Cause::NoDirectory(error.kind()),
    };
    Err(Trouble {
        file: directory.to_owned(),
        what,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_then_the_variable_then_the_platform() {
        let platform = || Some(PathBuf::from("/home/ada/.local/share"));
        let chosen = |given: Option<&str>, variable: Option<&str>| {
            choose(given.map(Path::new), variable.map(Into::into), platform).unwrap()
        };
        assert_eq!(chosen(Some("here"), Some("/there")), Path::new("here"));
        assert_eq!(chosen(None, Some("/there")), Path::new("/there"));
        for unset in [None, Some("")] {
            let expected = Path::new("/home/ada/.local/share/asyncdemo");
            assert_eq!(chosen(None, unset), expected);
        }
    }

    #[test]
    fn without_a_home_it_says_what_to_set() {
        for nowhere in [None, Some(PathBuf::from(".local/share"))] {
            let told = choose(None, None, || nowhere).unwrap_err().to_string();
            assert_eq!(
                told,
                "progress.db has no place: there is no home directory. Set HOME, or ASYNCDEMO_DATA_DIR, or give --data-dir a directory."
            );
        }
    }
}
