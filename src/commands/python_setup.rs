//! `asyncdemo python-setup`: the packages for the concepts whose Python side needs FastAPI, httpx or an ORM.

use std::path::PathBuf;

use anyhow::Result;

use super::run::Ending;
use super::screen::{Screen, complain, print};
use crate::lab::Stop;
use crate::page::{Line, Role};
use crate::progress;
use crate::python::{Installer, Interpreter, Packages, package_names, pinned};

/// Where to, and for which Python.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Which Python: CPython 3.11 or later; without it that of VIRTUAL_ENV, else python3, python, py
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,

    /// Where the virtual environment is kept
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// `asyncdemo python-setup`.
///
/// # Errors
/// Where no place is known for the data, or standard output cannot be written.
pub fn python_setup(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let packages = Packages::among(&progress::directory(options.data_dir.as_deref())?);
    let out = screen.out();
    let interpreter = match Interpreter::find(options.python.as_deref()) {
        Ok(interpreter) => interpreter,
        Err(error) => {
            complain(&out.encode(&format!("asyncdemo: {error}\n")));
            return Ok(Ending::UsageError);
        }
    };
    let folder = packages.folder().display();
    let names: Vec<_> = package_names().collect();
    let told = Line::plain(&format!("Installing {} into ", names.join(", ")))
        .with(Role::Address, &folder.to_string())
        .with(
            Role::Plain,
            &format!(", for Python {}", interpreter.version),
        );
    print(&out.filled(&told, "", "  "))?;
    let installed = packages.install(&interpreter, Installer::find(), &|| stop.signal().is_some());
    if let Some(signal) = stop.signal() {
        return Ok(Ending::Stopped(signal));
    }
    match installed {
        Ok(()) => {
            let python = packages.interpreter();
            let told = Line::plain("Done. The Python that has them: ")
                .with(Role::Address, &python.display().to_string());
            print(&out.filled(&told, "", "  "))?;
            Ok(Ending::Done)
        }
        Err(error) => {
            let by_hand = format!(
                "asyncdemo: {error}\nBy hand, into a Python that --python=PATH names then:\n  pip install {}\n",
                pinned().collect::<Vec<_>>().join(" ")
            );
            complain(&out.encode(&by_hand));
            Ok(Ending::Failed)
        }
    }
}
