//! Reports as files: that each is what its format wants, that it is looked at before anything runs, and that an old
//! file is whole or replaced.

mod files;
mod html;
mod markdown;
mod svg;

use std::path::PathBuf;

use crate::support::{Output, Test};
use asyncdemo::export::FORMATS;
use tempfile::TempDir;

/// Two calls, quick.
const GATHER: [&str; 3] = ["gather", "--delays", "30ms,60ms"];

/// A folder for what a test exports.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room for a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    #[track_caller]
    fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("it is text")
    }

    #[track_caller]
    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    fn names(&self) -> Vec<String> {
        let found = std::fs::read_dir(self.0.path()).expect("it can be read");
        let names = found.map(|entry| entry.expect("it can be read").file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into()).collect();
        names.sort();
        names
    }
}

/// Runs it with one export, and gives what was written.
#[track_caller]
fn exported(line: &[&str], format: &str) -> (Vec<u8>, Output) {
    let folder = Folder::new();
    let output = Test::new(line)
        .args([format!("--export-{format}").into(), folder.path("it")])
        .output();
    assert_eq!(output.status, Some(0), "{line:?}: {}", output.stderr);
    (folder.bytes("it"), output)
}

#[track_caller]
fn exported_text(line: &[&str], format: &str) -> String {
    String::from_utf8(exported(line, format).0).expect("it is text")
}

/// Every flag of the table, with a file of its own in `folder`.
fn every_format(folder: &Folder) -> Vec<std::ffi::OsString> {
    let flags = FORMATS.iter().flat_map(|format| {
        let flag = format!("--{}", format.flag);
        [flag.into(), folder.path(format.flag).into_os_string()]
    });
    flags.collect()
}
