//! `asyncdemo python`: real programs, under every CPython that is here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use asyncdemo::report::{Outcome, Report, StrategyReport, Task};
use tempfile::TempDir;

use crate::support::{Output, Test};

/// Those from 3.10 on, oldest first: on the path as `python3.N`, and pyenv's.
pub(crate) fn interpreters() -> Vec<PathBuf> {
    static FOUND: LazyLock<Vec<PathBuf>> = LazyLock::new(find);
    FOUND.clone()
}

/// Whether everything of Python is asked for, as `.ci/run` does: each interpreter that is here, and the packages that some
/// tests need, which are fetched once.
pub(crate) fn everything() -> bool {
    std::env::var("ASYNCDEMO_TEST_PYTHONS").is_ok_and(|it| it == "all")
}

/// The newest of them; with `ASYNCDEMO_TEST_PYTHONS=all`, as `.ci/run` has it, each.
pub(crate) fn tried() -> Vec<PathBuf> {
    let mut found = interpreters();
    if !everything() && found.len() > 1 {
        println!(
            "the newest Python alone; ASYNCDEMO_TEST_PYTHONS=all takes {} more",
            found.len() - 1
        );
        found.drain(..found.len() - 1);
    }
    found
}

/// Looked for once: a shim of pyenv takes as long to say its version as a test takes.
fn find() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&path).flat_map(|folder| {
        let minors = (10..=14).map(move |minor| folder.join(format!("python3.{minor}")));
        minors.collect::<Vec<_>>()
    });
    let home = std::env::var_os("HOME").unwrap_or_default();
    let pyenv = std::fs::read_dir(Path::new(&home).join(".pyenv/versions"));
    let pyenv = pyenv.into_iter().flatten().flatten();
    // Pyenv's own before what is on the path: there a script finds out which one is meant, each time.
    let mut found: Vec<(Vec<u32>, PathBuf)> = pyenv
        .map(|version| version.path().join("bin/python3"))
        .chain(named)
        .filter(|program| program.exists())
        .filter_map(|program| Some((number(&version(&program)?), program)))
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found.dedup_by(|one, other| one.0 == other.0);
    if found.is_empty() {
        println!("skipped: no CPython from 3.10 on is on the path or in ~/.pyenv");
    }
    found.into_iter().map(|(_, program)| program).collect()
}

/// `3.13.0 (main, …)` as numbers, so that 3.9 comes before 3.10.
fn number(version: &str) -> Vec<u32> {
    let number = version.split_whitespace().next().unwrap_or_default();
    number
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

/// Its version, if it is one that can be watched.
pub(crate) fn version(program: &Path) -> Option<String> {
    let ask = "import sys; print(sys.version_info >= (3, 10) and sys.version)";
    let output = Command::new(program).args(["-c", ask]).output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    (version.trim() != "False" && output.status.success()).then_some(version)
}

/// A folder with this program as `app.py`.
pub(crate) fn program(source: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.py"), source).unwrap();
    folder
}

/// Runs `app.py` under this interpreter.
fn watch(python: &Path, folder: &TempDir, flags: &[&str]) -> Output {
    let app = folder.path().join("app.py");
    Test::new(["python", "--python"])
        .args([python])
        .args(flags)
        .args([app])
        .output()
}

/// The same, as a report.
fn report(python: &Path, source: &str, flags: &[&str]) -> (Report, Output) {
    let folder = program(source);
    let output = watch(python, &folder, &[&["--format", "json"], flags].concat());
    let report =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (report, output)
}

#[track_caller]
pub(crate) fn task<'a>(program: &'a StrategyReport, label: &str) -> &'a Task {
    let found = program.tasks.iter().find(|task| task.label == label);
    let labels: Vec<_> = program.tasks.iter().map(|task| &task.label).collect();
    found.unwrap_or_else(|| panic!("no {label} among {labels:?}"))
}

const SCRIPT: &str = "\
import asyncio, sys, time

async def fetch(name):
    await asyncio.sleep(0.05)
    print('fetched', name)
    return name

async def blocks():
    await asyncio.sleep(0.01)
    time.sleep(0.3)

async def fails():
    await asyncio.sleep(0.01)
    raise LookupError('on purpose')

async def waits():
    await asyncio.sleep(3600)

async def main():
    waiting = asyncio.create_task(waits(), name='the waiting one')
    await asyncio.gather(fetch('one'), fetch('two'), fails(), return_exceptions=True)
    waiting.cancel()
    await blocks()
    await asyncio.to_thread(time.sleep, 0.02)

asyncio.run(main())
sys.exit(3)
";

#[test]
fn an_unchanged_program_is_recorded() {
    for python in tried() {
        let (report, output) = report(&python, SCRIPT, &[]);
        assert_eq!(output.status, Some(3), "{output:?}");
        assert_eq!(
            output.stderr, "fetched one\nfetched two\n",
            "its own output"
        );
        let program = &report.strategies[0];
        assert_eq!(program.language.as_deref(), Some("python"));
        assert!(
            program
                .interpreter
                .as_deref()
                .unwrap()
                .starts_with("CPython 3.")
        );

        let one = task(program, "fetch('one')");
        assert_eq!(one.outcome, Outcome::Completed);
        assert!(
            one.location.as_deref().unwrap().ends_with("app.py:3"),
            "{one:?}"
        );
        assert_eq!((one.polls.len(), one.wakes_s.len()), (2, 1));
        let two = task(program, "fetch('two')");
        assert!(
            one.start_s < Some(two.end_s) && two.start_s < Some(one.end_s),
            "at once"
        );

        let failed = task(program, "fails");
        assert_eq!(
            (failed.outcome, failed.exception.as_deref()),
            (Outcome::Failed, Some("LookupError"))
        );
        assert_eq!(task(program, "the waiting one").outcome, Outcome::Cancelled);
        assert_eq!(task(program, "main").outcome, Outcome::Completed);
        let job = &program.closures[0];
        assert_eq!(
            (&*job.label, job.outcome),
            ("sleep (thread)", Outcome::Completed)
        );
        assert!(
            job.polls[0].thread != one.polls[0].thread,
            "on a thread of its own"
        );
        let shutdown = |task: &Task| task.label.contains("shutdown");
        assert!(
            !program.tasks.iter().any(shutdown),
            "a library's own tasks are hidden"
        );

        let blocked = &program.blocked[0];
        assert_eq!(blocked.by.as_deref(), Some("main"));
        assert!(blocked.length().as_millis() >= 300, "{blocked:?}");
        let location = blocked.location.as_deref().unwrap();
        assert!(
            location.ends_with("app.py:10 time.sleep(0.3)"),
            "{location}"
        );
        let finding = &report.findings[0];
        assert_eq!(finding.kind, "loop_blocked");
        assert!(
            finding.text.contains("main blocked the event loop for 3"),
            "{finding:?}"
        );
    }
}

#[test]
fn the_picture_comes_after_the_programs_own_output() {
    for python in tried() {
        let output = watch(&python, &program(SCRIPT), &[]);
        assert_eq!(
            (output.status, &*output.stdout),
            (Some(3), "fetched one\nfetched two\n")
        );
        for part in [
            "fetch('one')",
            "█",
            "main blocked the event loop",
            "time.sleep(0.3)",
            "held its thread",
        ] {
            assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
        }
    }
}

const FORGETFUL: &str = "\
import asyncio, time
from asyncdemo import track

async def fetch(seconds):
    await asyncio.sleep(seconds)

async def page():
    await track('first', fetch(0.04))
    await track('second', fetch(0.06))
    fetch(1)

async def fails():
    raise LookupError

async def waits():
    await asyncio.sleep(3600)

async def main():
    asyncio.create_task(fails())
    waiting = asyncio.create_task(waits())
    await page()
    loop = asyncio.get_running_loop()
    from concurrent.futures import ThreadPoolExecutor
    loop.set_default_executor(ThreadPoolExecutor(2, thread_name_prefix='asyncio'))
    await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.05) for _ in range(4)))

asyncio.run(main())
";

#[test]
fn what_was_forgotten_is_found() {
    for python in tried() {
        let (report, output) = report(&python, FORGETFUL, &[]);
        assert_eq!(output.status, Some(0), "{output:?}");
        let found = |kind: &str| {
            let found = report.findings.iter().find(|finding| finding.kind == kind);
            found
                .unwrap_or_else(|| panic!("no {kind}: {:?}", report.findings))
                .text
                .clone()
        };
        assert!(
            found("never_awaited").contains("fetch ("),
            "{}",
            found("never_awaited")
        );
        assert!(
            found("lost_exception").contains("fails failed with LookupError"),
            "{}",
            found("lost_exception")
        );
        assert!(found("nobody_awaited").contains("waits was still waiting"));
        assert!(found("awaited_in_turn").contains("main awaited first, second"));
        assert!(
            found("pool_full").contains("2 jobs waited for one of its 2 threads"),
            "{}",
            found("pool_full")
        );
        assert_eq!(
            task(&report.strategies[0], "first").outcome,
            Outcome::Completed
        );
        // What the program writes is what it would write if nobody watched.
        assert!(!output.stderr.contains("asyncdemo"), "{}", output.stderr);
        assert!(
            output
                .stderr
                .contains("coroutine 'fetch' was never awaited")
        );
    }
}

#[test]
fn awaited_coroutines_are_lanes_where_python_can_tell() {
    let source = "\
import asyncio

async def inner(name):
    await asyncio.sleep(0.02)

async def main():
    await inner('one')
    await inner('two')

asyncio.run(main())
";
    for python in tried() {
        let (report, _) = report(&python, source, &["--awaits"]);
        let program = &report.strategies[0];
        let can = version(&python)
            .is_some_and(|version| !version.starts_with("3.10") && !version.starts_with("3.11"));
        if can {
            let (one, two) = (task(program, "inner('one')"), task(program, "inner('two')"));
            assert_eq!((one.outcome, one.polls.len()), (Outcome::Completed, 2));
            assert!(two.start_s >= Some(one.end_s));
            assert_eq!(
                program.most_in_flight(),
                2,
                "one of them at a time, in main"
            );
        } else {
            assert_eq!(report.findings[0].kind, "no_awaits");
        }
    }
}

#[test]
fn a_check_fails_only_where_the_loop_was_blocked_too_long() {
    let source = "\
import asyncio, time

async def main():
    await asyncio.sleep(0)
    time.sleep(0.25)

asyncio.run(main())
";
    for python in tried() {
        let folder = program(source);
        let failed = watch(&python, &folder, &["--fail-blocked", "200ms"]);
        assert_eq!(failed.status, Some(1), "{}", failed.stderr);
        assert!(
            failed.stderr.contains("--fail-blocked allows 200 ms"),
            "{}",
            failed.stderr
        );
        assert_eq!(
            watch(&python, &folder, &["--fail-blocked", "50s"]).status,
            Some(0)
        );
    }
}

#[test]
fn what_cannot_be_run_is_said_with_what_to_do() {
    let refused = |args: &[&str], why: &str| {
        let output = Test::new(["python"]).args(args).output();
        assert_eq!(output.status, Some(2), "{output:?}");
        assert!(output.stderr.contains(why), "{}", output.stderr);
    };
    refused(&[], "no program is named");
    refused(
        &["--python", "/nowhere/python", "app.py"],
        "cannot be started",
    );
    refused(&["--python", "/bin/sh", "app.py"], "is no Python");
    let nowhere = Test::new(["python", "app.py"])
        .env("PATH", "/nowhere")
        .output();
    assert_eq!(nowhere.status, Some(2));
    assert!(
        nowhere.stderr.contains("no Python was found"),
        "{}",
        nowhere.stderr
    );
    for python in tried() {
        let missing = Test::new(["python", "--python"])
            .args([&python])
            .args(["/nowhere/app.py"])
            .output();
        assert_eq!(missing.status, Some(2));
        assert!(
            missing.stderr.contains("can't open file '/nowhere/app.py'"),
            "{}",
            missing.stderr
        );
        let broken = watch(&python, &program("def f(:\n"), &[]);
        assert_eq!(broken.status, Some(1));
        assert!(
            broken.stderr.contains("SyntaxError") && !broken.stderr.contains("asyncdemo/_"),
            "{}",
            broken.stderr
        );
        let raised = watch(&python, &program("raise ValueError('on purpose')\n"), &[]);
        assert!(
            raised
                .stderr
                .starts_with("Traceback (most recent call last):\n  File \"/"),
            "{}",
            raised.stderr
        );
        assert!(
            raised.stderr.contains("app.py\", line 1") && !raised.stderr.contains("asyncdemo/_"),
            "{}",
            raised.stderr
        );
    }
}

#[cfg(unix)]
#[test]
fn a_program_that_is_interrupted_is_told_of_all_the_same() {
    let source = "\
import asyncio, pathlib, sys

async def serves():
    pathlib.Path(sys.argv[1]).touch()
    await asyncio.sleep(3600)

try:
    asyncio.run(serves())
except KeyboardInterrupt:
    raise SystemExit(5)
";
    for python in tried() {
        let folder = program(source);
        let (app, ready) = (folder.path().join("app.py"), folder.path().join("ready"));
        let started = Test::new(["python", "--python"])
            .args([&python, &app, &ready])
            .start();
        crate::support::within("the program serves", || ready.exists().then_some(()));
        crate::support::signal("INT", started.pid());
        let output = started.output();
        assert_eq!(output.status, Some(5), "{output:?}");
        assert!(output.stderr.contains("serves"), "{}", output.stderr);
    }
}

#[test]
fn modules_code_and_the_clock_of_a_test_run_as_python_runs_them() {
    for python in tried() {
        let run = |args: &[&str]| {
            Test::new(["python", "--python"])
                .args([&python])
                .args(args)
                .output()
        };
        let module = run(&["-m", "this"]);
        assert_eq!(module.status, Some(0), "{module:?}");
        assert!(module.stdout.contains("Beautiful is better than ugly."));
        let missing = run(&["-m", "no_such_module"]);
        assert_eq!(missing.status, Some(1));
        assert!(
            missing.stderr.contains("No module named no_such_module"),
            "{}",
            missing.stderr
        );
        let code = run(&[
            "-B",
            "-c",
            "import sys; print(sys.argv, __name__)",
            "--quiet",
        ]);
        assert_eq!(code.stdout, "['-c', '--quiet'] __main__\n");
        let responsive = "\
import asyncio, time
from asyncdemo import LoopBlocked, assert_responsive
async def test():
    async with assert_responsive(5):
        await asyncio.sleep(0.01)
    async with assert_responsive(0.05):
        time.sleep(0.2)
try: asyncio.run(test())
except LoopBlocked as error: print(error)
";
        let said = run(&["-c", responsive]).stdout;
        assert!(
            said.starts_with("the event loop was blocked for 0.") && said.contains("<string>:7"),
            "{said}"
        );
    }
}

/// What asyncio does at the end of a loop is nobody's affair, however long a busy machine takes for it.
#[test]
fn the_end_of_a_loop_is_no_lane() {
    let source = "\
import asyncio, threading, time

join = threading.Thread.join
threading.Thread.join = lambda self, *at_most: time.sleep(0.3) or join(self, *at_most)

async def main():
    await asyncio.to_thread(time.sleep, 0.01)

asyncio.run(main())
";
    for python in tried() {
        let (report, _) = report(&python, source, &[]);
        let labels = report.strategies[0].tasks.iter().map(|task| &*task.label);
        assert_eq!(labels.collect::<Vec<_>>(), ["main"]);
    }
}

/// The loop's own thread tells that a callback has returned: the one that looks may be too late for that.
#[test]
fn a_callback_is_named_whose_loop_ends_at_once() {
    let source = "\
import asyncio, time

async def main():
    asyncio.get_running_loop().call_soon(time.sleep, 0.5)
    await asyncio.sleep(0.1)

asyncio.run(main())
asyncio.run(main())
";
    for python in tried() {
        let (report, _) = report(&python, source, &[]);
        let blocked = &report.strategies[0].blocked;
        let long = blocked.iter().filter(|it| it.length().as_millis() >= 400);
        let by = long.filter_map(|it| it.by.as_deref());
        let named = by.filter(|by| by.starts_with("sleep (callback)")).count();
        assert_eq!(named, 2, "{blocked:?}");
    }
}

#[test]
fn a_callback_that_blocks_is_named_and_each_loop_of_several_is_recorded() {
    let source = "\
import asyncio, time

def on_timer():
    time.sleep(1)

async def first():
    asyncio.get_running_loop().call_later(0.05, on_timer)
    await asyncio.sleep(1.2)

async def second():
    asyncio.get_running_loop().call_soon(time.sleep, 1)
    await asyncio.sleep(1.2)

asyncio.run(first())
asyncio.run(second())
";
    for python in tried() {
        let (report, output) = report(&python, source, &[]);
        assert_eq!(output.status, Some(0), "{output:?}");
        let program = &report.strategies[0];
        assert_eq!(task(program, "first").outcome, Outcome::Completed);
        assert_eq!(task(program, "second").outcome, Outcome::Completed);
        let held = |by: &str| {
            let held = program.blocked.iter();
            let held = held.filter(|blocked| blocked.by.as_deref() == Some(by));
            let longest = held.max_by_key(|blocked| blocked.length());
            longest.unwrap_or_else(|| panic!("{by}: {:?}", program.blocked))
        };
        let timer = held("on_timer (callback)");
        assert!(timer.length().as_millis() >= 900, "{timer:?}");
        let at = timer.location.as_deref().unwrap_or_default();
        assert!(at.ends_with("app.py:4 time.sleep(1)"), "{at}");
        let soon = held("sleep (callback)");
        assert!(soon.length().as_millis() >= 900, "{soon:?}");
    }
}

/// Before anything else: a server runs for hours.
#[test]
fn a_server_that_hands_on_its_app_is_told_to_keep_it() {
    for python in tried() {
        let line = "-m uvicorn no_such:app --reload --workers 2 --no-such-flag";
        let output = Test::new(["python", "--python"])
            .args([&python])
            .args(line.split(' '))
            .output();
        let told = "asyncdemo: --reload runs the app in a process of its own, which is not watched";
        assert!(output.stderr.starts_with(told), "{}", output.stderr);
    }
}
