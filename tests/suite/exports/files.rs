//! Where exports go.

use std::fs;

use super::{Folder, GATHER, every_format, exported};
use crate::report_schema::{assert_valid, parse};
use crate::support::Test;
use asyncdemo::export::FORMATS;
use serde_json::Value;

#[test]
fn any_number_of_formats_come_of_one_run() {
    let folder = Folder::new();
    let plain = Test::new(GATHER).output();
    let output = Test::new(GATHER).args(every_format(&folder)).output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    // The text is there as without them.
    assert_eq!(output.stdout.lines().next(), plain.stdout.lines().next());
    assert!(output.stdout.contains("More strategies (--all)"));
    let mut flags: Vec<_> = FORMATS.iter().map(|format| format.flag).collect();
    flags.sort_unstable();
    assert_eq!(folder.names(), flags, "and nothing else lies about");
    for flag in flags {
        assert!(folder.bytes(flag).len() > 100, "{flag}");
    }
    let (report, value) = parse(&folder.read("export-json"));
    assert_valid(&value);
    assert_eq!((&*report.concept, report.strategies.len()), ("gather", 2));
}

#[test]
fn on_standard_output_it_is_alone() {
    for format in FORMATS {
        let flag = format!("--{}", format.flag);
        let (bytes, _) = exported(&GATHER, &format.flag["export-".len()..]);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_asyncdemo"))
            .args(GATHER)
            .args([&flag, "-"])
            .output()
            .unwrap();
        assert_eq!(output.stderr, b"", "{flag}");
        let begin = bytes.len().min(8);
        assert_eq!(output.stdout[..begin], bytes[..begin], "{flag}");
    }
    let tour = ["tour", "sleep", "--no-pause", "--export-json", "-"];
    let output = Test::new(tour).output();
    let (report, _) = parse(&output.stdout);
    assert_eq!(report.concept, "sleep");
}

#[test]
fn what_cannot_be_written_is_told_before_anything_runs() {
    let folder = Folder::new();
    let nowhere = folder.path("nowhere/x.json").display().to_string();
    let this = folder.path(".").display().to_string();
    let one = folder.path("x.json").display().to_string();
    let same = folder.path("./x.json").display().to_string();
    for (flags, said) in [
        (vec!["--export-json", &nowhere], "no file can be made in"),
        (vec!["--export-json", &this], "it is a folder"),
        (vec!["--export-json", ""], "a value is required"),
        (
            vec!["--export-json", "-", "--export-markdown", "-"],
            "both write -: one would replace the other",
        ),
        (
            vec!["--export-json", &one, "--export-markdown", &same],
            "one would replace the other",
        ),
        (
            vec!["--export-markdown", "-", "--format", "json"],
            "both write to standard output",
        ),
    ] {
        for command in [
            &["gather", "--delays", "30ms,60ms"][..],
            &["probe", "http://127.0.0.1:9"],
        ] {
            let output = Test::new(command).args(&flags).output();
            assert_eq!((output.status, &*output.stdout), (Some(2), ""), "{flags:?}");
            assert!(output.stderr.contains(said), "{flags:?}: {}", output.stderr);
        }
    }
    assert_eq!(folder.names(), [""; 0]);
}

/// Nobody answers there.
const FAILS: [&str; 5] = ["http", "--url", "http://127.0.0.1:9/", "--requests", "2"];

#[test]
fn a_failed_run_leaves_the_old_file() {
    let folder = Folder::new();
    fs::write(folder.path("old"), "old").unwrap();
    for name in ["old", "new"] {
        let output = Test::new(FAILS)
            .args(["--export-json".into(), folder.path(name)])
            .output();
        assert_eq!(output.status, Some(1));
        let said = format!("{name} is not written: a strategy failed.");
        assert!(output.stderr.contains(&said), "{}", output.stderr);
    }
    assert_eq!(
        (folder.read("old").as_str(), folder.names()),
        ("old", vec!["old".to_owned()])
    );
    // Standard output has no old file.
    let output = Test::new(FAILS).args(["--export-json", "-"]).output();
    let (report, _) = parse(&output.stdout);
    assert_eq!((output.status, &*report.concept), (Some(1), "http"));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_leaves_the_old_file() {
    let folder = Folder::new();
    fs::write(folder.path("old"), "old").unwrap();
    let started = Test::new(["sleep", "--delay", "30s"])
        .args(["--export-json".into(), folder.path("old")])
        .start();
    crate::support::wait(std::time::Duration::from_millis(500));
    crate::support::signal("INT", started.pid());
    let output = started.output();
    assert_eq!(output.status, Some(130), "{}", output.stderr);
    assert!(
        output.stderr.contains("it was stopped before the end"),
        "{}",
        output.stderr
    );
    assert_eq!(
        (folder.read("old").as_str(), folder.names()),
        ("old", vec!["old".to_owned()])
    );
}

#[cfg(unix)]
#[test]
fn what_a_file_is_besides_its_bytes_stays() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    fs::write(folder.path("old"), "old").unwrap();
    fs::set_permissions(folder.path("old"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("old", folder.path("link")).unwrap();
    let output = Test::new(GATHER)
        .args(["--export-json".into(), folder.path("link")])
        .output();
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert!(
        fs::symlink_metadata(folder.path("link"))
            .unwrap()
            .is_symlink()
    );
    let mode = fs::metadata(folder.path("old"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    parse(&folder.read("old"));
    // A device has no name that could be taken.
    let output = Test::new(GATHER)
        .args(["--export-json", "/dev/null"])
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    use std::os::unix::fs::FileTypeExt;
    assert!(
        fs::metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );
}

#[test]
fn of_a_tour_it_is_a_list() {
    let line = ["tour", "sleep", "gather", "--no-pause"];
    let json = super::exported_text(&line, "json");
    let reports: Value = serde_json::from_str(&json).unwrap();
    let concepts: Vec<_> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["concept"])
        .collect();
    assert_eq!(concepts, ["sleep", "gather"]);
    reports.as_array().unwrap().iter().for_each(assert_valid);
}

/// Somebody else's lesson writes no file, and this program's own does not either.
#[test]
fn no_lesson_exports() {
    use asyncdemo::lab::{Invocation, Trust};
    for trust in [Trust::Own, Trust::Foreign] {
        for format in FORMATS {
            let line = format!("gather --{} x", format.flag);
            assert!(Invocation::parse(&line, trust).is_err(), "{line}");
        }
    }
}

/// A server of one's own, and a program in Python: whatever has a report exports it.
#[test]
fn a_python_program_is_exported_whatever_it_returns() {
    let python = Test::new(["python", "--export-json", "-", "-c"]).args([
        "import asyncio, sys\nasync def main():\n    print('its own')\n    await asyncio.sleep(0.05)\n    sys.exit(3)\nasyncio.run(main())",
    ]);
    let output = python.output();
    if output.stderr.contains("no Python") || output.status == Some(2) {
        println!("not tried: {}", output.stderr);
        return;
    }
    assert_eq!(output.status, Some(3), "{}", output.stderr);
    let (report, _) = parse(&output.stdout);
    assert_eq!(report.concept, "python");
    // What it prints is not mixed with that.
    assert!(output.stderr.contains("its own"), "{}", output.stderr);
}

#[test]
fn a_probe_is_exported() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in server.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut request = [0; 4_096];
                while stream.read(&mut request).is_ok_and(|read| read > 0) {
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    let folder = Folder::new();
    let output = Test::new(["probe", &url, "--at-once", "3"])
        .args(every_format(&folder))
        .output();
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let (report, _) = parse(&folder.read("export-json"));
    assert_eq!(report.concept, "probe");
    let head = format!("### probe: {url}\n");
    assert!(folder.read("export-markdown").starts_with(&head));
}

/// Text that an export shows is what the screen shows, whatever the concept: each is written without a failure.
#[test]
fn every_concept_is_written_in_every_format() {
    let reports: Vec<_> = asyncdemo::concepts::ALL
        .iter()
        .filter(|concept| concept.about.name != "scale")
        .map(|concept| {
            let folder = Folder::new();
            let output = Test::quick(concept).args(every_format(&folder)).output();
            let name = concept.about.name;
            assert_eq!(output.status, Some(0), "{name}: {}", output.stderr);
            for format in FORMATS {
                let size = folder.bytes(format.flag).len();
                assert!(
                    (100..300_000).contains(&size),
                    "{name}, {}: {size}",
                    format.flag
                );
            }
            folder
                .read("export-html")
                .contains("<h2>The code that ran</h2>")
        })
        .collect();
    assert!(reports.into_iter().all(|has_code| has_code));
}

/// `asyncdemo gather --export-json kept.json | head -1`
#[cfg(unix)]
#[test]
fn a_reader_who_goes_away_ends_no_run_that_is_kept() {
    let folder = Folder::new();
    for (line, name) in [
        (&GATHER[..], "one"),
        (&["tour", "sleep", "--no-pause"], "two"),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Test::new(line)
            .args(["--export-json".into(), folder.path(name)])
            .into(writer)
            .output();
        assert_eq!((output.status, &*output.stderr), (Some(0), ""), "{line:?}");
        parse(&folder.read(name));
    }
}
