//! Every concept with its knobs at the end of their range, where a program may open 64 files, have 2 GB of address space,
//! and one core: it ends, or ends when it is told to, and says what it could not do.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use asyncdemo::concepts::{ALL, Entry};
use tempfile::TempDir;

use crate::support::{signal, wait};

/// A program with little to live on.
struct Poor {
    child: Child,
    place: TempDir,
}

impl Poor {
    fn start(words: &[String]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let script = "ulimit -n 64; ulimit -v 2000000
            if command -v taskset >/dev/null; then exec taskset -c 0 \"$0\" \"$@\"; fi
            exec \"$0\" \"$@\"";
        let file = |name: &str| File::create(place.path().join(name)).unwrap();
        let child = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_asyncdemo")])
            .args(words)
            .env("TMPDIR", place.path())
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap();
        Self { child, place }
    }

    /// How it ended, if it does so by itself in time.
    fn ends_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let begin = Instant::now();
        loop {
            match self.child.try_wait().unwrap() {
                None if begin.elapsed() < time => wait(Duration::from_millis(20)),
                ended => return ended,
            }
        }
    }

    fn said(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.place.path().join(name)).unwrap();
        read("out") + &read("err")
    }
}

impl Drop for Poor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A knob with the end of its range, as its help names it.
fn greatest(entry: &Entry, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let command = (entry.knobs)(clap::Command::new("concept"));
    let knobs = command.get_arguments().filter_map(|knob| {
        let help = knob.get_help()?.to_string();
        let (_, range) = help.rsplit_once("from ")?;
        let (_, most) = range.split_once(" to ")?;
        let most = most
            .split_whitespace()
            .next()?
            .trim_end_matches([')', ';', ',']);
        let name = knob.get_long()?;
        let is_range = most.starts_with(|ch: char| ch.is_ascii_digit());
        let value = match (entry.about.name, name) {
            // The one knob that takes two values.
            ("gather", "delays") => format!("{most},{most}"),
            // So that all files together are as large as they may be.
            ("files", "size") => "256KiB".to_owned(),
            _ => most.to_owned(),
        };
        (is_range && wanted(most)).then(|| format!("--{name}={value}"))
    });
    knobs.collect()
}

/// `60s` and `1ms` are durations, `64MiB` and `1000` are not.
fn is_duration(most: &str) -> bool {
    most.ends_with('s')
}

/// As much work as can be asked for, of short waits.
fn at_its_end(entry: &Entry) {
    let mut words = vec![entry.about.name.to_owned()];
    words.extend(entry.about.quick.iter().map(|word| (*word).to_owned()));
    let most = greatest(entry, |most| !is_duration(most));
    for knob in &most {
        let (name, _) = knob.split_once('=').unwrap();
        if let Some(at) = words.iter().position(|word| word == name) {
            words.drain(at..at + 2);
        }
    }
    words.extend(most);
    words.push("--all".to_owned());
    ended_well(words, Duration::from_secs(20));
}

/// And with waits as long as can be asked for: it ends when it is told to.
fn without_an_end(entry: &Entry) {
    let mut words = vec![entry.about.name.to_owned()];
    words.extend(greatest(entry, |_| true));
    words.push("--all".to_owned());
    words.push("--repeat=100".to_owned());
    words.retain(|word| entry.about.name != "scale" || word != "--repeat=100");
    ended_well(words, Duration::from_secs(3));
}

/// It ends by itself, or soon after it was told to; it does not crash, and nothing stays in its directory.
fn ended_well(words: Vec<String>, patience: Duration) {
    let line = words.join(" ");
    let begin = Instant::now();
    let mut poor = Poor::start(&words);
    let by_itself = poor.ends_within(patience);
    let ended = by_itself.or_else(|| {
        signal("INT", poor.child.id());
        poor.ends_within(Duration::from_secs(60))
    });
    let said = poor.said();
    let Some(ended) = ended else {
        panic!("`{line}` hangs: {said}");
    };
    let code = ended.code();
    println!("{:>6.1} s  {code:?}  {line}", begin.elapsed().as_secs_f64());
    if code == Some(1) {
        println!(
            "          {}",
            said.lines()
                .filter(|line| line.contains("✗")
                    || line.contains("failed")
                    || line.starts_with("asyncdemo:"))
                .take(2)
                .collect::<Vec<_>>()
                .join(" / ")
        );
    }
    let right: &[_] = match by_itself {
        Some(_) => &[Some(0), Some(1)],
        // It may have been at its end.
        None => &[Some(0), Some(1), Some(130)],
    };
    assert!(right.contains(&code), "`{line}`: {ended}: {said}");
    assert!(!said.contains("panicked"), "`{line}`: {said}");
    let left: Vec<_> = fs::read_dir(poor.place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name != "out" && name != "err")
        .collect();
    assert!(left.is_empty(), "`{line}` leaves {left:?}");
}

#[test]
fn the_greatest_knobs_are_known() {
    let sleep = ALL
        .iter()
        .find(|entry| entry.about.name == "sleep")
        .unwrap();
    assert_eq!(
        greatest(sleep, |_| true),
        ["--tasks=100", "--delay=60s"],
        "their order and ends are those of the help"
    );
}

#[test]
fn a_few_concepts_at_the_end_of_their_range_with_little_to_live_on() {
    for name in ["sleep", "gather", "timeout"] {
        let entry = ALL.iter().find(|entry| entry.about.name == name).unwrap();
        without_an_end(entry);
    }
}

#[test]
#[ignore = "ten minutes: each concept twice; see docs/reliability.md"]
fn every_concept_at_the_end_of_its_range_with_little_to_live_on() {
    for entry in ALL {
        at_its_end(entry);
        without_an_end(entry);
    }
}
