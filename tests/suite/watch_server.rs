//! `asyncdemo python` before a real server: FastAPI under uvicorn and hypercorn.
#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use asyncdemo::python::REQUIREMENTS;
use asyncdemo::report::{Outcome, Report, StrategyReport, Task};

use crate::support::{Output, Test, signal, within};
use crate::watch_python::{everything, interpreters, program};

/// What the tests were written with, beside what the concepts need.
const PACKAGES: [&str; 2] = ["uvloop==0.23.0", "hypercorn==0.18.0"];

fn packages() -> Vec<&'static str> {
    let needed = REQUIREMENTS.lines().filter(|line| !line.starts_with('#'));
    needed.chain(PACKAGES).collect()
}

/// An interpreter that has them: the newest, in an environment that is made once. `None` where it cannot be had, or is not
/// asked for: a plain `cargo test` fetches nothing.
pub(crate) fn with_fastapi() -> Option<&'static Path> {
    static MADE: OnceLock<Option<PathBuf>> = OnceLock::new();
    MADE.get_or_init(|| {
        if !everything() {
            println!("skipped: ASYNCDEMO_TEST_PYTHONS=all fetches FastAPI and tries it");
            return None;
        }
        let newest = interpreters().pop()?;
        match environment(&newest) {
            Ok(python) => Some(python),
            Err(why) => {
                println!("skipped: no FastAPI could be installed: {why}");
                None
            }
        }
    })
    .as_deref()
}

fn environment(newest: &Path) -> Result<PathBuf, String> {
    let said = |program: &Path, args: &[&str]| {
        let output = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match output.status.success() {
            true => Ok(text),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    };
    let version = said(
        newest,
        &["-c", "import platform; print(platform.python_version())"],
    )?;
    let packages = packages();
    let pins = packages.join("-").replace("==", "-");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{version}-{pins}"));
    let python = folder.join("bin/python");
    // Whole only when the last step has left its mark.
    let (done, folder_text) = (folder.join("done"), folder.to_string_lossy());
    if !done.exists() {
        said(newest, &["-m", "venv", "--clear", &folder_text])?;
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ];
        said(&python, &[&pip[..], &packages[..]].concat())?;
        fs::write(&done, "").map_err(|error| error.to_string())?;
    }
    Ok(python)
}

const APP: &str = "\
import asyncio, time
from fastapi import FastAPI

app = FastAPI()

@app.get('/blocking/{number}')
async def blocking(number: int):
    time.sleep(0.3)
    return number

@app.get('/waits/{number}')
async def waits(number: int):
    await asyncio.sleep(0.1)
    return number

@app.get('/plain/{number}')
def plain(number: int):
    time.sleep(0.1)
    return number

@app.get('/fails')
async def fails():
    raise LookupError('on purpose')
";

/// A port that nobody has at the moment.
pub(crate) fn port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// The status line of the answer.
pub(crate) fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.lines().next().map(str::to_owned)
}

/// Runs the app, asks for all of these at once, and interrupts it.
fn serve(python: &Path, server: &[&str], paths: &[&'static str]) -> (Report, Output) {
    let (folder, port) = (program(APP), port());
    let bind = match server.contains(&"uvicorn") {
        true => vec!["--port".to_owned(), port.to_string()],
        false => vec!["--bind".to_owned(), format!("127.0.0.1:{port}")],
    };
    let call = Test::new(["python", "--format", "json", "--python"]).args([python]);
    let call = call.env("PYTHONPATH", folder.path());
    let started = call.args(server).args(["app:app"]).args(bind).start();
    within("the server answers", || get(port, "/openapi.json"));
    let asked = paths
        .iter()
        .copied()
        .map(|path| thread::spawn(move || get(port, path)));
    let asked: Vec<_> = asked.collect();
    for (path, asked) in paths.iter().zip(asked) {
        let status = asked.join().unwrap().unwrap_or_default();
        let expected = if *path == "/fails" { "500" } else { "200" };
        assert!(status.contains(expected), "{path}: {status}");
    }
    signal("INT", started.pid());
    let output = started.output();
    let report = serde_json::from_str(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {}", output.stderr));
    (report, output)
}

#[track_caller]
fn request<'a>(program: &'a StrategyReport, label: &str) -> &'a Task {
    let found = program.tasks.iter().find(|task| task.label == label);
    let labels: Vec<_> = program.tasks.iter().map(|task| &task.label).collect();
    found.unwrap_or_else(|| panic!("no {label} among {labels:?}"))
}

fn is_told(report: &Report, output: &Output) {
    let program = &report.strategies[0];
    let blocking = request(program, "GET /blocking/1");
    assert_eq!(blocking.outcome, Outcome::Completed);
    let waits = request(program, "GET /waits/1");
    assert!(
        waits.polls.len() > 1 && !waits.wakes_s.is_empty(),
        "{waits:?}"
    );

    let held = program.blocked.iter();
    let held = held.max_by_key(|blocked| blocked.length()).unwrap();
    assert_eq!(held.by.as_deref(), Some("GET /blocking/1"));
    let at = held.location.as_deref().unwrap_or_default();
    assert!(at.ends_with("app.py:8 time.sleep(0.3)"), "{at}");
    assert_eq!(report.findings[0].kind, "loop_blocked");

    let plain = program
        .closures
        .iter()
        .find(|job| job.label == "plain (thread)");
    let plain = plain.unwrap_or_else(|| panic!("{:?}", program.closures));
    assert!(
        plain.polls[0].thread != blocking.polls[0].thread,
        "{plain:?}"
    );
    assert!(
        !output.stderr.contains("asyncdemo"),
        "the server's own output: {}",
        output.stderr
    );
}

const PATHS: [&str; 4] = ["/blocking/1", "/waits/1", "/plain/1", "/fails"];

#[test]
fn uvicorn_names_the_route_that_blocks_and_its_line() {
    let Some(python) = with_fastapi() else { return };
    for kind in ["asyncio", "uvloop"] {
        let server = ["-m", "uvicorn", "--loop", kind];
        let (report, output) = serve(python, &server, &PATHS);
        assert_eq!(output.status, Some(0), "{}", output.stderr);
        is_told(&report, &output);
        assert!(output.stderr.contains("Shutting down"), "{}", output.stderr);
    }
}

#[test]
fn hypercorn_names_it_too() {
    let Some(python) = with_fastapi() else { return };
    let server = ["-m", "hypercorn", "--workers", "0"];
    let (report, output) = serve(python, &server, &PATHS);
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    is_told(&report, &output);
}

#[test]
fn a_server_in_processes_of_its_own_is_told_of() {
    let Some(python) = with_fastapi() else { return };
    let server = ["-m", "hypercorn", "--workers", "1"];
    let (report, output) = serve(python, &server, &["/waits/1"]);
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(report.strategies[0].tasks.len(), 0);
}
