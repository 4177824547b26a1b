//! What a report says of the program that wrote it: its profile, and the commit it was built from.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=ASYNCDEMO_PROFILE={}", profile());
    // A package has no repository; the one around it, if there is one, is another's.
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    if !Path::new(&root).join(".git").exists() {
        return;
    }
    // Without git, or where it refuses, the commit is not known.
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return;
    };
    println!("cargo::rustc-env=ASYNCDEMO_COMMIT={commit}");
    // These two change with every commit and checkout. What is not there would be looked for in each build.
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file])
            && Path::new(&path).exists()
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

fn git(words: &[&str]) -> Option<String> {
    let ran = Command::new("git").args(words).output().ok()?;
    let said = String::from_utf8(ran.stdout).ok()?;
    ran.status.success().then(|| said.trim().to_owned())
}

/// `dist` inherits `release`, and Cargo tells a build script of that alone; so the folder is asked:
/// `target/dist/build/asyncdemo-…/out`.
fn profile() -> String {
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    let folders = Path::new(&out).ancestors().skip(1);
    let mut folders = folders.filter_map(|folder| folder.file_name()?.to_str());
    let of_folder = folders.find(|name| *name == "build").and(folders.next());
    match of_folder {
        Some("debug") => "dev".to_owned(),
        Some(profile) => profile.to_owned(),
        None => env::var("PROFILE").unwrap_or_default(),
    }
}
