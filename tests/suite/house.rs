//! The order of the house: who may import whom, where printing is allowed, and how long a file gets.
//! Each rule is checked against the sources, without their comments and without their unit tests.

mod circles;
mod names;
mod one_build;
mod readme;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

/// What may be named after `crate::` in the files whose path begins so; the longest beginning counts.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("lib.rs", &[]),
    ("main.rs", &[]),
    ("units.rs", &[]),
    // A crate of its own: what is in it may name the rest of it.
    (
        "trace/",
        &[
            "axis",
            "blocked",
            "collect",
            "heartbeat",
            "lane",
            "life",
            "log",
            "recorder",
            "requests",
            "responsive",
            "rest",
            "task",
            "timeline",
        ],
    ),
    ("report/", &["trace", "units"]),
    ("claims/", &["report", "units"]),
    (
        "python/",
        &[
            "claims",
            "report",
            "services::data",
            "services::scratch",
            "trace",
            "units",
        ],
    ),
    (
        "probe/",
        &["claims", "report", "services", "trace", "units"],
    ),
    ("page/", &[]),
    ("picture/", &["page", "report", "trace", "units"]),
    ("export/", &["page", "picture", "report", "trace", "units"]),
    ("site/", &["lesson", "page", "report", "units"]),
    ("services/", &["trace::Cause", "trace::Recorder", "units"]),
    (
        "concepts/",
        &["claims", "services", "trace::Recorder", "units"],
    ),
    (
        "lab",
        &["claims", "concepts", "lab", "python", "report", "trace"],
    ),
    ("progress/", &["services::data", "services::database"]),
    ("lesson/", &["concepts", "report", "units"]),
    (
        "classroom/",
        &["concepts", "lab", "lesson", "page", "picture", "report"],
    ),
    (
        "classroom/terminal/",
        &[
            "classroom",
            "concepts",
            "lesson",
            "page",
            "picture",
            "report",
        ],
    ),
    (
        "commands/course/",
        &[
            "commands::exports",
            "commands::lessons",
            "commands::screen",
            "commands::status_line",
            "concepts",
            "export",
            "lab",
            "lesson",
            "page",
            "report",
            "site",
            "units",
        ],
    ),
    ("commands/jobs/", &["commands::screen", "concepts"]),
    (
        "commands/learn/",
        &[
            "commands", "concepts", "lab", "lesson", "page", "picture", "progress", "report",
            "units",
        ],
    ),
    (
        "commands/",
        &[
            "claims",
            "classroom",
            "concepts",
            "export",
            "lab",
            "lesson",
            "page",
            "picture",
            "probe",
            "progress",
            "python",
            "report",
            "services::client",
            "services::files",
            "services::jobs",
            "trace",
            "units",
            "web",
        ],
    ),
    // Transport, and pages of what the classroom says: it measures nothing and runs nothing.
    ("web/", &["classroom", "page"]),
    ("cli/", &["commands::run", "commands::screen"]),
    ("cli.rs", &["commands", "concepts", "lab"]),
];

/// A file of `src/`, or of the instrument's `trace/src/`: its path from there (`trace/…` of the instrument), and its code.
struct File {
    path: String,
    code: String,
}

fn sources() -> Vec<File> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder)
            .expect("src can be read")
            .map(|entry| entry.expect("src can be read").path())
        {
            if entry.is_dir() {
                collect(&entry, into)
            } else {
                into.push(entry)
            }
        }
    }
    let mut files = Vec::new();
    for (folder, prefix) in [("src", ""), ("trace/src", "trace/")] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut paths = Vec::new();
        collect(&root, &mut paths);
        paths.retain(|path| path.extension().is_some_and(|end| end == "rs"));
        paths.sort();
        files.extend(paths.iter().map(|path| {
            let source = fs::read_to_string(path).expect("it is text");
            let path = path.strip_prefix(&root).expect("it was found there");
            File {
                path: prefix.to_owned() + &path.to_string_lossy().replace('\\', "/"),
                code: code(&source),
            }
        }));
    }
    assert!(
        files.iter().any(|file| file.path == "concepts/gather.rs"),
        "the sources were found"
    );
    files
}

/// What comes before the unit tests, with a blank line for each comment.
fn code(source: &str) -> String {
    let tests = source
        .find("#[cfg(test)]\nmod tests")
        .unwrap_or(source.len());
    source[..tests]
        .lines()
        .map(|line| {
            if line.trim_start().starts_with("//") {
                ""
            } else {
                line
            }
            .to_owned()
                + "\n"
        })
        .collect()
}

/// Every path after `crate::`, as `lab::Stop`; of `crate::lab::{Lab, Stop}`, each.
fn imports(code: &str) -> Vec<String> {
    let mut imports = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let path: String = code[at + "crate::".len()..]
            .chars()
            .take_while(|sign| !";)>,( \n".contains(*sign))
            .collect();
        match path.split_once('{') {
            None => imports.push(path),
            Some((stem, _)) => {
                let group = &code[at + "crate::".len() + stem.len() + 1..];
                let group = &group[..group.find('}').expect("the group is closed")];
                imports.extend(
                    group
                        .split(',')
                        .map(str::trim)
                        .filter(|name| !name.is_empty())
                        .map(|name| format!("{stem}{name}")),
                );
            }
        }
    }
    imports
}

#[test]
fn imports_run_one_way() {
    for file in sources() {
        let rules = MAY_IMPORT
            .iter()
            .filter(|(begin, _)| file.path.starts_with(begin));
        let Some((_, allowed)) = rules.max_by_key(|(begin, _)| begin.len()) else {
            unreachable!(
                "src/{} has no place in the house: say in tests/suite/house.rs what it may import",
                file.path
            );
        };
        for import in imports(&file.code) {
            let fits = |may: &&str| import == **may || import.starts_with(&format!("{may}::"));
            assert!(
                allowed.iter().any(fits),
                "src/{} imports crate::{import}; allowed are {allowed:?}",
                file.path
            );
        }
        let at_the_root = !file.path.contains('/')
            || file.path.ends_with("/mod.rs") && file.path.matches('/').count() == 1;
        let climbs =
            file.code.contains("super::super::") || at_the_root && file.code.contains("super::");
        assert!(
            !climbs,
            "src/{} climbs out of its folder with super::",
            file.path
        );
    }
}

#[test]
fn only_the_output_edge_writes_to_the_standard_streams() {
    let forbidden = [
        "println!",
        "print!",
        "dbg!",
        "io::stdout()",
        "io::stderr()",
        "Term::",
    ];
    for file in sources() {
        // The live view draws on standard error, a second Ctrl-C shows the cursor again, and
        // the stage is a screen of its own.
        let edge = [
            "commands/below.rs",
            "commands/live_screen.rs",
            "commands/screen.rs",
            "commands/signals.rs",
            "classroom/terminal/stage.rs",
        ]
        .contains(&&*file.path);
        for found in forbidden.iter().filter(|name| file.code.contains(**name)) {
            assert!(
                edge && !found.ends_with('!'),
                "src/{} has {found}",
                file.path
            );
        }
    }
}

#[test]
fn a_file_has_one_job() {
    for file in sources() {
        let lines = file.code.lines().count();
        assert!(
            lines < 400,
            "src/{} has {lines} lines before its unit tests",
            file.path
        );
    }
}

#[test]
fn the_rules_see_what_breaks_them() {
    let code = code(
        "use crate::lab::{Lab, Stop};\n// crate::page\nfn f() -> crate::units::X {}\n#[cfg(test)]\nmod tests {\nuse crate::cli;\n}\n",
    );
    assert_eq!(imports(&code), ["lab::Lab", "lab::Stop", "units::X"]);
}
