//! The packages that some concepts need in Python, in a virtual environment of their own.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::call::answer;
use super::interpreter::{Interpreter, of_environment};
use crate::services::data;

/// Which, and in which versions.
pub const REQUIREMENTS: &str = include_str!("../../lessons/python/web/requirements.txt");

/// Where the requirements that are installed are written down, once they are.
const INSTALLED: &str = "installed.txt";

/// A virtual environment with the packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packages {
    folder: PathBuf,
}

/// How they are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installer {
    /// The program `uv`.
    Uv,
    /// `python -m venv` and its pip.
    Pip,
}

/// Why they are not there.
#[derive(Debug, thiserror::Error)]
pub enum PackagesError {
    /// A program that is needed cannot be started.
    #[error("{} cannot be started: {source}", program.display())]
    NotStarted {
        /// Which.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// One has failed: there is no network, or no such package for this Python.
    #[error("{what} has failed: {told}")]
    Failed {
        /// What it was to do.
        what: &'static str,
        /// The last that it said.
        told: String,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", file.display())]
    Unwritten {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Packages {
    /// Those that this program keeps among its data.
    pub fn among(data: &Path) -> Self {
        let folder = data.join("python");
        Self { folder }
    }

    /// The interpreter of those among this program's data, where they are installed.
    pub fn found() -> Option<PathBuf> {
        let packages = Self::among(&data::directory(None)?);
        packages.are_installed().then(|| packages.interpreter())
    }

    /// The folder of the environment.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The interpreter that has them.
    pub fn interpreter(&self) -> PathBuf {
        of_environment(&self.folder)
    }

    /// Whether they are installed, in the versions that are asked for.
    pub fn are_installed(&self) -> bool {
        let installed = fs::read_to_string(self.folder.join(INSTALLED));
        installed.is_ok_and(|installed| installed == REQUIREMENTS)
    }

    /// Makes the environment anew, for this interpreter, and installs them.
    ///
    /// # Errors
    /// Where that fails, as without a network.
    pub fn install(
        &self,
        interpreter: &Interpreter,
        installer: Installer,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<(), PackagesError> {
        let call = |program: &OsStr, words: &[&OsStr], what| call(program, words, what, is_stopped);
        let asked_for = self.folder.join("requirements.txt");
        let (python, venv) = (interpreter.program.as_os_str(), self.folder.as_os_str());
        let made = "making a virtual environment";
        match installer {
            Installer::Uv => {
                let words = ["venv", "--quiet", "--clear", "--python"].map(OsStr::new);
                call(
                    OsStr::new("uv"),
                    &[&words[..], &[python, venv]].concat(),
                    made,
                )?;
            }
            Installer::Pip => {
                let words = ["-m", "venv", "--clear"].map(OsStr::new);
                call(python, &[&words[..], &[venv]].concat(), made)?;
            }
        }
        write(&asked_for, REQUIREMENTS)?;
        let own = self.interpreter();
        let installed = "installing the packages";
        match installer {
            Installer::Uv => {
                let words = ["pip", "install", "--quiet", "--python"].map(OsStr::new);
                let rest = [own.as_os_str(), OsStr::new("-r"), asked_for.as_os_str()];
                call(OsStr::new("uv"), &[&words[..], &rest].concat(), installed)?;
            }
            Installer::Pip => {
                let words = [
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ];
                let rest = [OsStr::new("-r"), asked_for.as_os_str()];
                let words = words.map(OsStr::new);
                call(own.as_os_str(), &[&words[..], &rest].concat(), installed)?;
            }
        }
        // Last: what was broken off is no environment.
        write(&self.folder.join(INSTALLED), REQUIREMENTS)
    }
}

impl Installer {
    /// `uv`, which takes seconds, where it is there.
    pub fn find() -> Self {
        let uv = answer(Command::new("uv").arg("--version"), Some(PATIENCE), &|| {
            false
        });
        match uv {
            Ok(output) if output.status.success() => Self::Uv,
            _ => Self::Pip,
        }
    }
}

fn write(file: &Path, text: &str) -> Result<(), PackagesError> {
    fs::write(file, text).map_err(|source| PackagesError::Unwritten {
        file: file.to_owned(),
        source,
    })
}

/// How long a question may take that needs no network: many packages are imported for it, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn call(
    program: &OsStr,
    words: &[&OsStr],
    what: &'static str,
    is_stopped: &dyn Fn() -> bool,
) -> Result<(), PackagesError> {
    let output = answer(Command::new(program).args(words), None, is_stopped).map_err(|source| {
        PackagesError::NotStarted {
            program: program.into(),
            source,
        }
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    let told = last.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned());
    Err(PackagesError::Failed { what, told })
}

/// Each requirement with its version.
pub fn pinned() -> impl Iterator<Item = &'static str> {
    let lines = REQUIREMENTS.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The name of each.
pub fn package_names() -> impl Iterator<Item = &'static str> {
    pinned().filter_map(|line| line.split(['=', '[']).next())
}

/// What `interpreter` says of the first module that `source` imports and that it does not have. The files beside a
/// concept's own are not looked for.
pub fn missing(interpreter: &Interpreter, source: &str) -> Option<String> {
    const BESIDE: &[&str] = &["demo", "others", "sigterm"];
    let modules = source.lines().filter_map(|line| {
        let rest = line.strip_prefix("import ");
        let rest = rest.or_else(|| line.strip_prefix("from "))?;
        rest.split([' ', ',', '.']).next()
    });
    let modules: Vec<_> = modules.filter(|it| !BESIDE.contains(it)).collect();
    let line = format!("import {}", modules.join(", "));
    let mut command = Command::new(&interpreter.program);
    let output = answer(command.args(["-c", &line]), Some(PATIENCE), &|| false);
    match output {
        Ok(output) if output.status.success() => None,
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stderr);
            let last = told.lines().last().unwrap_or("it did not say which");
            Some(last.trim_start_matches("ModuleNotFoundError: ").to_owned())
        }
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_known_by_its_versions() {
        let data = tempfile::tempdir().unwrap();
        let packages = Packages::among(data.path());
        assert!(!packages.are_installed());
        fs::create_dir(packages.folder()).unwrap();
        write(&packages.folder().join(INSTALLED), "fastapi==0.1\n").unwrap();
        assert!(!packages.are_installed(), "older ones");
        write(&packages.folder().join(INSTALLED), REQUIREMENTS).unwrap();
        assert!(packages.are_installed());
        assert!(packages.interpreter().starts_with(data.path()));
    }

    #[test]
    fn each_requirement_is_pinned() {
        let lines = REQUIREMENTS.lines();
        let packages: Vec<_> = lines.filter(|line| !line.starts_with('#')).collect();
        assert!(packages.len() > 4 && packages.is_sorted());
        let pinned = |line: &&str| line.contains("==");
        assert!(packages.iter().all(pinned), "{packages:?}");
    }

    #[test]
    fn what_fails_says_what_and_why() {
        let data = tempfile::tempdir().unwrap();
        let interpreter = Interpreter {
            program: data.path().join("no-python"),
            implementation: "CPython".to_owned(),
            version: "3.13.0".to_owned(),
        };
        let packages = Packages::among(data.path());
        let error = packages.install(&interpreter, Installer::Pip, &|| false);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no-python cannot be started"), "{error}");
        assert!(!packages.are_installed());
    }
}
