//! Where the program keeps its data.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};

/// What names the directory where no option does.
const VARIABLE: &str = "ASYNCDEMO_DATA_DIR";

/// `given` (`--data-dir`), else `ASYNCDEMO_DATA_DIR`, else `asyncdemo` where the platform keeps the data of programs:
/// `~/.local/share` on Linux, or what `XDG_DATA_HOME` says. None where there is no home directory.
pub fn directory(given: Option<&Path>) -> Option<PathBuf> {
    let of_the_platform = || choose_base_strategy().ok().map(|base| base.data_dir());
    choose(given, env::var_os(VARIABLE), of_the_platform)
}

fn choose(
    given: Option<&Path>,
    variable: Option<OsString>,
    of_the_platform: impl FnOnce() -> Option<PathBuf>,
) -> Option<PathBuf> {
    if let Some(given) = given {
        return Some(given.to_owned());
    }
    if let Some(variable) = variable.filter(|variable| !variable.is_empty()) {
        return Some(variable.into());
    }
    // An empty HOME gives a relative one: it would be another one in each working directory.
    of_the_platform()
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join("asyncdemo"))
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
        for nowhere in [None, Some(PathBuf::from(".local/share"))] {
            assert_eq!(choose(None, None, || nowhere), None);
        }
    }
}
