//! `asyncdemo probe` and a real FastAPI app under uvicorn; and `docs/your-service.md`, as it stands there.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use asyncdemo::report::Report;
use tempfile::TempDir;

use crate::support::{BusyCore, Output, Test, signal, within};
use crate::watch_python::program;
use crate::watch_server::{get, port, with_fastapi};

/// Six kinds of route, each of which takes 0.2 s alone, and one that refuses.
const APP: &str = "\
import asyncio, time
from fastapi import FastAPI, HTTPException

app = FastAPI()
places = asyncio.Semaphore(5)
lock = asyncio.Lock()

@app.get('/health')
async def health():
    return 'ok'

@app.get('/waits')
async def waits():
    await asyncio.sleep(0.2)

@app.get('/blocks')
async def blocks():
    time.sleep(0.2)

@app.get('/pool')
async def pool():
    async with places:
        await asyncio.sleep(0.2)

@app.get('/lock')
async def locked():
    async with lock:
        await asyncio.sleep(0.2)

@app.get('/plain')
def plain():
    time.sleep(1)

@app.get('/computes')
def computes():
    end = time.thread_time() + 0.2
    while time.thread_time() < end:
        sum(range(1000))

@app.get('/fails')
async def fails():
    raise HTTPException(503)
";

/// A route, what is asked of it, and the kind of the right finding.
type Route = (&'static str, &'static [&'static str], &'static str);

const ROUTES: [Route; 7] = [
    ("/waits", &[], "overlapped"),
    ("/blocks", &[], "loop_blocked"),
    ("/pool", &[], "pool"),
    ("/lock", &[], "pool"),
    ("/plain", &["--at-once", "90"], "threads"),
    ("/computes", &["--for", "40s"], "slower_together"),
    ("/fails", &[], "failed"),
];

/// uvicorn with this app.
struct Uvicorn {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Uvicorn {
    fn start(python: &Path, app: &str) -> Self {
        let (folder, port) = (program(app), port());
        let mut command = Command::new(python);
        command
            .args([
                "-m",
                "uvicorn",
                "app:app",
                "--log-level",
                "warning",
                "--port",
            ])
            .arg(port.to_string())
            .current_dir(folder.path())
            .stdin(Stdio::null());
        let child = command.spawn().unwrap();
        within("the server answers", || get(port, "/openapi.json"));
        Self {
            child,
            port,
            _folder: folder,
        }
    }

    /// The kind of the one finding, and its text.
    fn verdict(&self, (path, flags, _): Route) -> (String, String) {
        let url = |path: &str| format!("http://127.0.0.1:{}{path}", self.port);
        let call = Test::new(["probe", &url(path), "--ping", &url("/health")]);
        let output = call.args(flags).args(["--format", "json"]).output();
        let report: Result<Report, _> = serde_json::from_str(&output.stdout);
        let report = report.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let finding = &report.findings[0];
        (finding.kind.clone(), finding.text.clone())
    }
}

impl Drop for Uvicorn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_kind_of_route_is_told_or_less_is_said() {
    let Some(python) = with_fastapi() else { return };
    let server = Uvicorn::start(python, APP);
    for route in ROUTES {
        let (kind, text) = server.verdict(route);
        let right = kind == route.2 || kind == "inconclusive";
        assert!(right, "{}: {kind}: {text}", route.0);
    }
}

/// The same with a core that is busy elsewhere, twenty times.
#[test]
#[ignore = "takes some minutes: cargo test --test suite -- --ignored --nocapture with_a_core_kept_busy"]
fn with_a_core_kept_busy_no_route_is_told_wrong() {
    let Some(python) = with_fastapi() else { return };
    let server = Uvicorn::start(python, APP);
    let _busy = BusyCore::start();
    let mut wrong = Vec::new();
    for route in ROUTES {
        let (mut hits, mut unclear) = (0, 0);
        for _ in 0..20 {
            let (kind, text) = server.verdict(route);
            hits += usize::from(kind == route.2);
            unclear += usize::from(kind == "inconclusive");
            if kind != route.2 && kind != "inconclusive" {
                wrong.push(format!("{}: {text}", route.0));
            }
        }
        println!("{}: {hits} right, {unclear} inconclusive, of 20", route.0);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const PAGE: &str = include_str!("../../docs/your-service.md");

/// The blocks of this kind, in order.
fn blocks(kind: &str) -> Vec<&'static str> {
    let opened = PAGE.split("```").skip(1).step_by(2);
    let of_kind = opened.filter_map(|block| block.strip_prefix(kind)?.strip_prefix('\n'));
    of_kind.collect()
}

/// The words of a text, without its numbers and their units, which are another machine's, and without folders.
fn words(text: &str) -> Vec<&str> {
    let is_figure = |word: &&str| {
        let unit = word.trim_end_matches([',', ';', '.']);
        word.starts_with(|first: char| first.is_ascii_digit()) || ["s", "ms"].contains(&unit)
    };
    let words = text.split_whitespace().filter(|word| !is_figure(word));
    let bare = words.map(|word| match word.rfind("app.py:") {
        Some(at) => &word[at..],
        None => word,
    });
    bare.collect()
}

fn says(output: &str, expected: &str) -> bool {
    let (said, expected) = (words(output), words(expected));
    said.windows(expected.len()).any(|part| part == expected)
}

/// The page's own command, for another port and this interpreter.
fn command(line: &str, python: &Path, port: u16) -> Vec<String> {
    let line = line.trim().replace("8000", &port.to_string());
    let line = line.replace("localhost", "127.0.0.1");
    let given = format!("asyncdemo python --python {}", python.display());
    let line = line.replace("asyncdemo python", &given);
    let mut words = line.split_whitespace().map(str::to_owned);
    assert_eq!(words.next().as_deref(), Some("asyncdemo"), "{line}");
    words.collect()
}

#[test]
fn the_walk_of_the_page_goes_as_it_stands_there() {
    let Some(python) = with_fastapi() else { return };
    let (apps, commands, said) = (blocks("python"), blocks("sh"), blocks("text"));
    let ([stalls, mended], [plain, probe, watched], [blocked, line, overlap]) =
        (&apps[..], &commands[..], &said[..])
    else {
        panic!("{apps:?} {commands:?} {said:?}")
    };

    // The plain server, and the probe of it.
    assert!(plain.starts_with("python -m uvicorn app:app"), "{plain}");
    let server = Uvicorn::start(python, stalls);
    probed(probe, python, server.port, blocked);
    drop(server);

    let (output, server) = walked(python, stalls, watched, probe, blocked);
    assert!(says(&server.stderr, line), "{output}: {}", server.stderr);
    let (output, server) = walked(python, mended, watched, probe, overlap);
    assert!(
        !server.stderr.contains("time.sleep"),
        "{output}: {}",
        server.stderr
    );
}

/// Probes until it says what the page says: a busy machine may say less.
fn probed(probe: &str, python: &Path, port: u16, expected: &str) -> String {
    within(expected, || {
        let output = Test::new(command(probe, python, port)).output();
        says(&output.stdout, expected).then_some(output.stdout)
    })
}

/// The server under `asyncdemo python` with this app, probed until that says what it should, and then stopped.
fn walked(
    python: &Path,
    app: &str,
    watched: &str,
    probe: &str,
    expected: &str,
) -> (String, Output) {
    let (folder, port) = (tempfile::tempdir().unwrap(), port());
    fs::write(folder.path().join("app.py"), app).unwrap();
    let call = Test::new(command(watched, python, port)).env("PYTHONPATH", folder.path());
    let started = call.start();
    within("the server answers", || get(port, "/openapi.json"));
    let output = probed(probe, python, port, expected);
    signal("INT", started.pid());
    (output, started.output())
}
