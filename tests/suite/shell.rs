//! What shells, `man` and bug reports get: completions, pages, `doctor`, `--version`.

use std::fs;
use std::process::Command;

use asyncdemo::concepts;
use tempfile::TempDir;

use crate::support::Test;

fn completions(shell: &str) -> (TempDir, String) {
    let output = Test::new(["completions", shell]).output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""), "{shell}");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("_asyncdemo");
    fs::write(&file, output.stdout).unwrap();
    let file = file.to_string_lossy().into_owned();
    (folder, file)
}

/// What the shell says to this script. `None` where there is no such shell.
fn said(shell: &str, words: &[&str]) -> Option<String> {
    let Ok(output) = Command::new(shell).args(words).output() else {
        println!("skipped: no {shell} here");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && told.is_empty(),
        "{shell}: {text}\n{told}"
    );
    Some(text)
}

#[test]
fn bash_completes_commands_and_options() {
    let (_folder, file) = completions("bash");
    let script = format!(
        "source {file}
complete -p asyncdemo >/dev/null || exit 1
try() {{ COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _asyncdemo asyncdemo \"${{!#}}\" \"${{@: -2:1}}\"; echo \"${{COMPREPLY[@]}}\"; }}
try asyncdemo gat
try asyncdemo gather --rep
try asyncdemo gather --strategy jo"
    );
    if let Some(text) = said("bash", &["--norc", "-c", &script]) {
        assert_eq!(text, "gather\n--repeat\njoin\n");
    }
}

#[test]
fn fish_completes_commands_and_options() {
    let (_folder, file) = completions("fish");
    let script =
        format!("source {file}; complete -C 'asyncdemo gat'; complete -C 'asyncdemo gather --rep'");
    if let Some(text) = said("fish", &["--no-config", "-c", &script]) {
        assert!(
            text.contains("gather\t") && text.contains("--repeat\t"),
            "{text}"
        );
    }
}

#[test]
fn zsh_takes_the_file_and_has_a_function_for_each_concept() {
    let (_folder, file) = completions("zsh");
    let script = format!(
        "autoload -Uz compinit && compinit -D -u && source {file} && print ${{_comps[asyncdemo]}} && print -l ${{(k)functions[(I)_asyncdemo*]}}"
    );
    if let Some(text) = said("zsh", &["-f", "-c", &script]) {
        assert!(text.starts_with("_asyncdemo\n"), "{text}");
        for entry in concepts::ALL {
            assert!(
                text.contains(entry.about.name),
                "{}: {text}",
                entry.about.name
            );
        }
    }
}

#[test]
fn each_command_has_a_page() {
    let folder = TempDir::new().unwrap();
    let into = folder.path().join("man1");
    let into = into.to_string_lossy();
    let output = Test::new(["man", "--dir", &into]).output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let concepts = concepts::ALL.iter().map(|entry| vec![entry.about.name]);
    let others = [vec![], vec!["course", "check"], vec!["learn"]];
    for words in concepts.chain(others) {
        let name = [&["asyncdemo"], &words[..]].concat().join("-");
        let page = fs::read_to_string(format!("{into}/{name}.1")).unwrap_or_default();
        assert!(page.contains(&format!(".TH {name} 1")), "{name}: {page}");
        let alone = Test::new(["man"].iter().chain(&words)).output();
        assert_eq!(alone.stdout, page, "{name}");
    }
    // A second time: what is there is replaced, and nothing is left beside it.
    let before = fs::read_dir(&*into).unwrap().count();
    assert_eq!(Test::new(["man", "--dir", &into]).output().status, Some(0));
    assert_eq!(fs::read_dir(&*into).unwrap().count(), before);
}

#[test]
fn no_page_is_made_of_what_is_no_command() {
    let output = Test::new(["man", "gahter"]).output();
    assert_eq!((output.status, &*output.stdout), (Some(2), ""));
    assert!(
        output.stderr.contains("there is no command `gahter`"),
        "{}",
        output.stderr
    );
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let output = Test::new(["man", "--dir", &file.to_string_lossy()]).output();
    assert_eq!((output.status, &*output.stdout), (Some(1), ""));
    assert!(
        output.stderr.contains("cannot be written into"),
        "{}",
        output.stderr
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn the_long_version_says_what_was_built() {
    let short = Test::new(["-V"]).output().stdout;
    assert_eq!(
        short,
        concat!("asyncdemo ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let long = Test::new(["--version"]).output().stdout;
    assert!(
        long.starts_with(short.trim_end()) && long.contains(" build, features: "),
        "{long}"
    );
}

#[test]
fn doctor_says_what_is_missing_and_for_what() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let file = file.to_string_lossy();
    let output = Test::new(["doctor", "--format", "json"])
        .env("ASYNCDEMO_DATA_DIR", &*file)
        .env("LC_ALL", "C")
        .env("PATH", "")
        .env("NO_COLOR", "1")
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let findings: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let of = |what: &str, key: &str| {
        let mut all = findings.as_array().unwrap().iter();
        let found = all.find(|finding| finding["what"] == what).unwrap();
        found[key].as_str().unwrap_or_default().to_owned()
    };
    assert!(of("program", "found").contains(env!("CARGO_PKG_VERSION")));
    assert!(of("colour", "found").contains("NO_COLOR=1"));
    assert!(of("locale", "missing").contains("only ASCII"));
    assert!(
        of("data", "missing").contains("progress is not kept"),
        "{}",
        output.stdout
    );
    assert!(
        of("python", "missing").contains("--python PATH"),
        "{}",
        output.stdout
    );
    assert!(of("clock", "found").contains("late"));
    let text = Test::new(["doctor"]).output();
    assert_eq!((text.status, &*text.stderr), (Some(0), ""));
    assert!(
        text.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        text.stdout
    );
}
