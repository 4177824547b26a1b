//! `cargo run` and `cargo test` share one build: what a newcomer has waited for once is not compiled again.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Each crate with the sets of features that it is compiled with for these packages, as Cargo decides them.
fn crates(packages: &[&str], kinds: &str) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none"])
        .args(["--format", "{p}|{f}", "--edges", kinds])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs the tests");
    assert!(output.status.success(), "{output:?}");
    let mut crates = BTreeMap::<_, BTreeSet<_>>::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some((name, features)) = line.trim_end_matches(" (*)").split_once('|') {
            let features = features.to_owned();
            crates.entry(name.to_owned()).or_default().insert(features);
        }
    }
    crates
}

#[test]
fn a_crate_has_the_same_features_under_cargo_run_and_cargo_test() {
    let run = crates(&["asyncdemo"], "normal,build");
    let test = crates(&["asyncdemo", "asyncdemo-trace"], "all");
    assert!(run.len() > 100, "{} crates", run.len());
    for (name, features) in run {
        assert!(
            features.is_subset(&test[&name]),
            "{name} is compiled twice: {features:?} under `cargo run`, {:?} under `cargo test`",
            test[&name]
        );
    }
}
