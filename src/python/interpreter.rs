//! Which Python runs the program.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{self, Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::call::answer;

/// An interpreter that can run the recorder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// What is started.
    pub program: PathBuf,
    /// As it calls itself: `CPython`.
    pub implementation: String,
    /// `3.13.0`.
    pub version: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// None was found.
    #[error(
        "no Python was found: neither {tried} can be started. Install Python 3.10 or later, activate a virtual environment, or name one with --python PATH"
    )]
    None {
        /// What was looked for.
        tried: String,
    },
    /// The one that was named cannot be started.
    #[error("{} cannot be started: {source}. --python wants the path of an interpreter", program.display())]
    NotStarted {
        /// Which.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It started, and did not say what it is.
    #[error("{} is no Python: it did not say which version it is ({told})", program.display())]
    NoPython {
        /// Which.
        program: PathBuf,
        /// What it said on standard error, or how it ended.
        told: String,
    },
    /// It has no `sys.monitoring`, no `asyncio.Runner`, or other things that are needed.
    #[error(
        "{} is {version}, and the recorder needs Python 3.10 or later. Name another one with --python PATH", program.display()
    )]
    TooOld {
        /// Which.
        program: PathBuf,
        /// `3.8.18`.
        version: String,
    },
    /// PyPy and others.
    #[error(
        "{} is {implementation} {version}, and the recorder knows CPython only. Name a CPython with --python PATH", program.display()
    )]
    NotCPython {
        /// Which.
        program: PathBuf,
        /// `PyPy`.
        implementation: String,
        /// Its version of the language.
        version: String,
    },
}

/// A machine that is busy starts a Python in seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Old Pythons have to understand this, too.
const ASK: &str =
    "import platform; print(platform.python_implementation() + ' ' + platform.python_version())";

impl Interpreter {
    /// The one that is `named`, else that of the active virtual environment, else `python3`, `python` or `py`.
    ///
    /// # Errors
    /// Where there is none, or it cannot run the recorder.
    pub fn find(named: Option<&Path>) -> Result<Self, InterpreterError> {
        if let Some(named) = named {
            return match ask(named.as_os_str()) {
                Ok(told) => judge(named.to_owned(), &told),
                Err(source) => Err(InterpreterError::NotStarted {
                    program: named.to_owned(),
                    source,
                }),
            };
        }
        let candidates = candidates();
        let mut unfit = None;
        for candidate in &candidates {
            let Ok(told) = ask(candidate) else { continue };
            match judge(PathBuf::from(candidate), &told) {
                Ok(found) => return Ok(found),
                Err(error) => unfit = unfit.or(Some(error)),
            }
        }
        let tried: Vec<_> = candidates
            .iter()
            .map(|each| each.to_string_lossy())
            .collect();
        Err(unfit.unwrap_or_else(|| InterpreterError::None {
            tried: tried.join(" nor "),
        }))
    }

    /// Major and minor version.
    pub fn number(&self) -> (u32, u32) {
        number(&self.version)
    }

    /// `CPython 3.13.0`.
    pub fn spoken(&self) -> String {
        format!("{} {}", self.implementation, self.version)
    }
}

fn number(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// The interpreter of a virtual environment.
pub(super) fn of_environment(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    })
}

fn candidates() -> Vec<OsString> {
    let active = env::var_os("VIRTUAL_ENV").filter(|folder| !folder.is_empty());
    let active = active.map(|folder| of_environment(Path::new(&folder)).into_os_string());
    let named = ["python3", "python", "py"].map(OsString::from);
    active.into_iter().chain(named).collect()
}

/// What it said of itself when it was asked.
struct SelfDescription {
    /// On standard output.
    said: String,
    /// On standard error; where that is nothing, how it ended.
    complained: String,
}

fn ask(program: &OsStr) -> io::Result<SelfDescription> {
    let output = answer(
        Command::new(program).args(["-c", ASK]),
        Some(PATIENCE),
        &|| false,
    )?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let complained = text(&output.stderr);
    Ok(SelfDescription {
        said: text(&output.stdout),
        complained: match complained.is_empty() {
            true => output.status.to_string(),
            false => complained,
        },
    })
}

fn judge(program: PathBuf, answer: &SelfDescription) -> Result<Interpreter, InterpreterError> {
    let Some((implementation, version)) = answer.said.split_once(' ') else {
        let told = answer.complained.lines().next().unwrap_or_default();
        let told = told.trim_end_matches('.').to_owned();
        return Err(InterpreterError::NoPython { program, told });
    };
    let number = number(version);
    let (implementation, version) = (implementation.to_owned(), version.to_owned());
    if number < (3, 10) {
        return Err(InterpreterError::TooOld { program, version });
    }
    if implementation != "CPython" {
        return Err(InterpreterError::NotCPython {
            program,
            implementation,
            version,
        });
    }
    Ok(Interpreter {
        program: from_anywhere(program),
        implementation,
        version,
    })
}

/// A path that leads to the same file from another folder: a strategy runs in a folder of its own. A name that is
/// looked up in `PATH` stays a name, and links stay, for a virtual environment is known by where its link stands.
fn from_anywhere(program: PathBuf) -> PathBuf {
    if program.components().nth(1).is_none() {
        return program;
    }
    path::absolute(&program).unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_fit_interpreter_is_told_why() {
        let judged = |said: &str| {
            let answer = SelfDescription {
                said: said.to_owned(),
                complained: "no encodings".to_owned(),
            };
            judge(PathBuf::from("python"), &answer).map_err(|error| error.to_string())
        };
        assert_eq!(judged("CPython 3.14.0rc2").unwrap().version, "3.14.0rc2");
        let why = |said| judged(said).unwrap_err();
        assert!(why("CPython 3.9.18").contains("needs Python 3.10"));
        assert!(why("CPython 2.7.18").contains("2.7.18"));
        assert!(why("PyPy 3.11.0").contains("knows CPython only"));
        assert!(why("nonsense").contains("is no Python"));
        assert!(why("").contains("no encodings"));
    }

    #[test]
    fn a_path_leads_there_from_any_folder_and_a_name_stays_one() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(from_anywhere("python3".into()), Path::new("python3"));
        assert_eq!(
            from_anywhere(".venv/bin/python".into()),
            here.join(".venv/bin/python")
        );
        assert_eq!(from_anywhere("./python".into()), here.join("python"));
    }
}
