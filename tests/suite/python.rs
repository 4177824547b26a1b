//! The Python twins: each concept has one, it is short, and it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::support::within;
use asyncdemo::concepts::{ALL, Counterpart};

/// What a twin may import beside the standard library, where that is the point.
const FRAMEWORKS: &[&str] = &[
    "aiosqlite",
    "anyio",
    "fastapi",
    "httpx",
    "sqlalchemy",
    "tortoise",
    "uvicorn",
];

/// Files of this project that others import.
const BESIDE: &[&str] = &["demo", "others", "orms", "shop", "sigterm"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons/python")
}

/// The packages that a source imports.
fn imports(source: &str) -> Vec<&str> {
    source
        .lines()
        .filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("import ")
                .or_else(|| line.strip_prefix("from "))
        })
        .flat_map(|rest| {
            let modules = rest.split(" import ").next().unwrap_or_default();
            modules.split(',')
        })
        .filter_map(|module| module.trim().split([' ', '.']).next())
        .collect()
}

/// A child that does not outlive its test.
struct Python(Option<Child>);

impl Drop for Python {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs `python3` in an empty folder; what it compiles is not kept.
fn python(args: &[&str]) -> std::io::Result<Output> {
    let empty = tempfile::tempdir().expect("there is a temporary folder");
    let child = Command::new("python3")
        .arg("-B")
        .args(args)
        .current_dir(empty.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut running = Python(Some(child));
    within(&format!("python3 {args:?} ends"), || {
        let child = running.0.as_mut().expect("it is taken below");
        child.try_wait().expect("it is our child")
    });
    let child = running.0.take().expect("it is taken here alone");
    child.wait_with_output()
}

/// Why the twins cannot be run here, if they cannot: TaskGroup and timeout came with Python 3.11.
fn why_not() -> Option<String> {
    match python(&["-c", "import sys; print(sys.version_info >= (3, 11))"]) {
        Err(error) => Some(format!("python3 cannot be started: {error}")),
        Ok(output) if output.stdout == b"True\n" => None,
        Ok(output) => Some(format!(
            "python3 is older than 3.11, or broken: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

#[test]
fn every_concept_has_a_python_file() {
    for concept in ALL {
        let about = concept.about;
        let file = folder().join(about.python_file);
        let source = fs::read_to_string(&file)
            .unwrap_or_else(|error| unreachable!("{}: {error}", file.display()));
        assert_eq!(
            source, about.twin,
            "what --code=python shows of {}",
            about.name
        );
        assert!(
            source.starts_with("\"\"\"") && source.is_ascii(),
            "{}: it begins by saying what it is, and any screen can show it",
            file.display()
        );
    }
    for entry in fs::read_dir(folder()).expect("the files can be listed") {
        let path = entry.expect("the files can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let known = ALL.iter().any(|concept| concept.about.python_file == name);
        let is_a_script = path.extension().is_some_and(|end| end == "py");
        let shared = name == "demo.py";
        assert!(
            known || shared || !is_a_script,
            "lessons/python/{name} belongs to no concept"
        );
    }
}

#[test]
fn each_twin_is_a_function_of_its_file_and_nothing_else_is_run() {
    for concept in ALL {
        let about = concept.about;
        let strategies = (concept.strategies)(&[]).expect("these are the defaults");
        if strategies.iter().all(|strategy| strategy.python.is_none()) {
            println!("not yet: {}", about.name);
            continue;
        }
        let ends = about.twin.rsplit("main(").next().unwrap_or_default();
        let listed = ends.split(')').next().unwrap_or_default();
        let listed = listed.split(',').map(str::trim);
        let listed: Vec<_> = listed
            .filter(|name| !["", "Knobs"].contains(name) && !name.contains('='))
            .map(|name| name.trim_end_matches('_').replace('_', "-"))
            .collect();
        let twins: Vec<_> = strategies
            .iter()
            .filter(|strategy| strategy.in_python().is_some())
            .map(|strategy| strategy.name.to_owned())
            .collect();
        assert_eq!(listed, twins, "{}", about.python_file);
        for strategy in &strategies {
            let name = strategy.name;
            match &strategy.python {
                Some(Counterpart::Twin(twin)) => {
                    assert!(!twin.summary.is_empty(), "{}: {name}", about.name);
                    let function = format!("async def {}", name.replace('-', "_"));
                    assert!(about.twin.contains(&function), "{}: {name}", about.name);
                }
                Some(Counterpart::None(why)) => assert!(!why.is_empty(), "{}: {name}", about.name),
                None => unreachable!("{}: {name} has no twin and no reason", about.name),
            }
        }
    }
}

#[test]
fn every_twin_runs_or_at_least_compiles() {
    if let Some(why) = why_not() {
        println!("skipped, no twin is run: {why}");
        return;
    }
    let listed = python(&["-c", "import sys; print(*sys.stdlib_module_names)"])
        .expect("python3 could be started before");
    let listed = String::from_utf8(listed.stdout).expect("names are ASCII");
    let standard: Vec<_> = listed.split_whitespace().collect();
    assert!(standard.contains(&"asyncio"), "{listed}");
    for concept in ALL {
        let name = concept.about.name;
        let file = folder().join(concept.about.python_file);
        let file = file.to_str().expect("this folder's name is Unicode");
        let others: Vec<_> = imports(concept.about.twin)
            .into_iter()
            .filter(|module| !standard.contains(module) && !BESIDE.contains(module))
            .collect();
        let stem = concept.about.python_file.trim_end_matches(".py");
        let strategies = (concept.strategies)(&[]).expect("these are the defaults");
        let is_run = strategies.iter().any(|it| it.python.is_some());
        assert!(
            !is_run || !standard.contains(&stem),
            "others would import {stem}.py"
        );
        assert!(
            others.iter().all(|module| FRAMEWORKS.contains(module)),
            "{name} needs {others:?}: newcomers have the standard library"
        );
        let output = if others.is_empty() {
            // With the knobs of a short run, where the file takes them.
            let quick = if is_run { concept.about.quick } else { &[] };
            python(&[&[file], quick].concat())
        } else {
            println!("{name} is only compiled: it needs {others:?}");
            let compile = "import sys; p = sys.argv[1]; compile(open(p).read(), p, 'exec')";
            python(&["-c", compile, file])
        }
        .expect("python3 could be started before");
        assert!(
            output.status.success(),
            "{file}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn imports_are_read_as_python_reads_them() {
    let source = "import asyncio, os.path\nfrom concurrent.futures import Pool\n    import x as y\n\"import\"\n";
    assert_eq!(imports(source), ["asyncio", "os", "concurrent", "x"]);
}
