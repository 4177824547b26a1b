//! No default run is inconclusive, on a machine with one busy core: what a claim demands is what is true of the strategy,
//! and not of a quiet machine. Where a run says "inconclusive" all the same, it says which number failed.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use asyncdemo::concepts::ALL;
use asyncdemo::report::{Finding, Report};

use crate::support::Test;

const ROUNDS: usize = 20;
/// Of [`ROUNDS`] runs of a concept.
const AT_MOST: usize = 1;
/// What it shows depends on a core that is free.
const NEEDS_CORES: &str = "cpu-bound";

/// One core that computes, until it is dropped.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn core() -> Self {
        let on = Arc::new(AtomicBool::new(true));
        let goes_on = Arc::clone(&on);
        thread::spawn(move || {
            while goes_on.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        Self(on)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

fn inconclusive(report: &str) -> Vec<Finding> {
    let report: Report = serde_json::from_str(report).expect("it is a report");
    let mut findings = report.findings;
    findings.retain(|finding| finding.kind == "inconclusive");
    findings
}

/// A figure behind what was expected: there may be another one in the expectation.
fn says_which_number(finding: &Finding) -> bool {
    let sentence = &finding.sentence;
    let figures = sentence.split_once(", but ");
    let figures = figures.map_or(sentence.as_str(), |(_, figures)| figures);
    figures.contains(|ch: char| ch.is_ascii_digit())
}

#[test]
fn what_is_inconclusive_says_which_number_failed() {
    let _busy = Busy::core();
    let mut count = 0;
    for concept in ALL {
        let output = Test::quick(concept).args(["--format", "json"]).output();
        assert_eq!(output.status, Some(0), "{}", output.stderr);
        for finding in inconclusive(&output.stdout) {
            println!("{}: {}", concept.about.name, finding.text);
            assert!(says_which_number(&finding), "{}", finding.text);
            count += 1;
        }
    }
    println!("{count} findings of quick runs were inconclusive");
}

#[test]
fn a_sentence_without_a_figure_is_noticed() {
    let says = |sentence: &str| {
        says_which_number(&Finding {
            sentence: sentence.to_owned(),
            ..Finding::default()
        })
    };
    assert!(says("Expected 20 waits at once, but only 3 were."));
    assert!(says("It took 3 ms, and nothing compares."));
    assert!(!says("Expected 20 waits at once, but it was otherwise."));
}

/// `cargo test --test suite attack::defaults -- --ignored --nocapture`
#[test]
#[ignore = "takes half an hour: every concept with default knobs, twenty times each, beside one busy core"]
fn no_default_run_is_inconclusive() {
    let _busy = Busy::core();
    let mut runs = vec![0; ALL.len()];
    for round in 1..=ROUNDS {
        let start = Instant::now();
        for (concept, runs) in ALL.iter().zip(&mut runs) {
            let name = concept.about.name;
            // Without a limit: on a busy machine a million tasks take a minute.
            let output = Command::new(env!("CARGO_BIN_EXE_asyncdemo"))
                .args([name, "--format", "json"])
                .output()
                .expect("it can be started");
            let words = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {words}");
            let found = inconclusive(&String::from_utf8_lossy(&output.stdout));
            *runs += usize::from(!found.is_empty());
            for finding in found {
                println!("round {round}: {name}: {}", finding.text);
                assert!(says_which_number(&finding), "{}", finding.text);
            }
        }
        println!("round {round} took {:?}: {runs:?}", start.elapsed());
    }
    println!("concept            inconclusive, of {ROUNDS} runs");
    for (concept, runs) in ALL.iter().zip(&runs) {
        println!("{:18} {runs}", concept.about.name);
    }
    for (concept, runs) in ALL.iter().zip(runs) {
        let name = concept.about.name;
        assert!(runs <= AT_MOST || name == NEEDS_CORES, "{name}: {runs}");
    }
}
