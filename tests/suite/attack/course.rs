//! A course by an enemy: it reads nothing outside its directory, runs nothing but concepts, says nothing to the terminal,
//! and takes no longer than it may.

use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::{Output, Test};
use tempfile::TempDir;

/// Sets the window's title, clears the screen, blinks, rings; turns the direction of text; ends a line.
const EVIL: &str = "\u{1b}]0;EVIL\u{7}\u{1b}[2J\u{1b}[5mEVIL\u{9b}31m\u{202e}EVIL\u{2066}\u{7f}\r\u{2028}EVIL\u{8}";

/// The same, as a string in TOML has it.
const EVIL_TOML: &str =
    r"\u001b]0;EVIL\u0007\u001b[2J\u001b[5mEVIL\u009b31m\u202eEVIL\u2066\u007f\r\u2028EVIL\b";

/// EVIL in every text of a lesson, WRONG in what its author got wrong.
const LESSON: &str = r#"# Two waits EVIL

```toml lesson
title = "Two EVIL waits"
question = "How? EVIL"
concept = "gather"
minutes = 5
belief = "None. EVIL"
```

Some *prose* EVIL with `code EVIL`, <b>EVIL</b>, [a link EVIL](https://example.org/EVIL "EVIL"), ![EVIL](EVIL.png).

> EVIL

| EVIL | b |
| --- | --- |
| EVIL | c |

```python
print("EVIL")
```

```text hint
EVIL
```

```text notes
EVIL
```

```toml predict
question = "How long? EVIL"
run = "gather --delays 10ms,20ms --strategy join"
value = "join.wall_s"
unit = "time"
answer = "20ms"
tolerance = 100
choices = [
  { text = "short EVIL", value = "20ms" },
  { text = "long EVIL", value = "10s" },
]
why = "They overlap. EVIL"
```

```toml quiz
question = "One? EVIL"
choices = [{ text = "a EVIL", right = true, why = "A. EVIL" }, { text = "b EVIL", why = "B. EVIL" }]
```

```toml try
question = "And? EVIL"
run = "sleep --delay 10ms --strategy concurrent"
knob = "--tasks"
suggest = "100"
value = "concurrent.wall_s"
unit = "time"
why = "So. EVIL"
```
"#;

/// [`LESSON`] with its evil in the way of the place where it stands.
fn lesson() -> String {
    let mut toml = false;
    let lines = LESSON.lines().map(|line| {
        if line.starts_with("```") {
            toml = line.starts_with("```toml");
        }
        line.replace("EVIL", if toml { EVIL_TOML } else { EVIL })
    });
    lines.map(|line| line + "\n").collect()
}

fn course(lessons: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in lessons {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Nothing in it says anything to a terminal. A screen is drawn by the program itself, with sequences of its own; of
/// the evil ones there is none.
#[track_caller]
fn tells_a_terminal_nothing(text: &str, drawn: bool) {
    for evil in [
        "\u{1b}]",
        "\u{7}",
        "\u{1b}[5m",
        "\u{9b}",
        "\u{202e}",
        "\u{2066}",
        "\u{7f}",
        "\u{2028}",
    ] {
        let found = text.find(evil);
        assert!(
            found.is_none(),
            "{evil:?} after {:?}",
            found.map(|at| text[..at].chars().rev().take(60).collect::<Vec<_>>())
        );
    }
    if !drawn {
        let control = |ch: char| ch.is_control() && ch != '\n';
        assert!(!text.contains(control), "{text:?}");
    }
}

fn check(folder: &Path, more: &[&str]) -> Output {
    Test::new(["course", "check"])
        .args([folder])
        .args(more)
        .output()
}

fn learn(folder: &Path, answers: &str) -> Output {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("answers.txt");
    fs::write(&file, answers).unwrap();
    Test::new(["learn", "--course"])
        .args([folder])
        .args(["--answers".as_ref(), file.as_os_str()])
        .args(["--data-dir".as_ref(), data.path().as_os_str()])
        .output()
}

#[test]
fn no_text_of_a_course_says_anything_to_the_terminal() {
    let folder = course(&[("01-evil.md", &lesson())]);
    for more in [&[][..], &["--format", "json"]] {
        let output = check(folder.path(), more);
        tells_a_terminal_nothing(&(output.stdout + &output.stderr), false);
    }
    let answers = format!("\n\n{EVIL}\n20ms\na\n\na\n\n{EVIL}\n50\n\n\n\n");
    let output = learn(folder.path(), &answers);
    assert!(
        output.stdout.contains("overlap"),
        "{}{}",
        output.stdout,
        output.stderr
    );
    tells_a_terminal_nothing(&(output.stdout + &output.stderr), false);
}

#[test]
fn no_mistake_of_a_course_says_anything_to_the_terminal() {
    let whole = lesson();
    let evil = EVIL_TOML;
    let mistakes = [
        ("concept = \"gather\"", format!("concept = \"{evil}\"")),
        ("--strategy join", format!("--strategy {evil}")),
        ("gather --delays 10ms,20ms", format!("{evil} --delays 10ms")),
        ("--delays 10ms,20ms", format!("--{evil} 10ms,20ms")),
        ("value = \"join.wall_s\"", format!("value = \"{evil}\"")),
        ("answer = \"20ms\"", format!("answer = \"{evil}\"")),
        ("unit = \"time\"", format!("unit = \"{evil}\"")),
        ("knob = \"--tasks\"", format!("knob = \"--{evil}\"")),
        ("minutes = 5", format!("\"{evil}\" = 5")),
        ("minutes = 5", format!("minutes = {EVIL}")),
        ("```toml quiz", format!("```toml {EVIL}")),
        ("```text hint", format!("```text {EVIL}")),
        ("https://example.org/", format!("../{EVIL}/")),
        ("https://example.org/", format!("{EVIL}:")),
    ];
    for (from, to) in mistakes {
        assert!(whole.contains(from), "{from}");
        let folder = course(&[("01-evil.md", &whole.replacen(from, &to, 1))]);
        for more in [&[][..], &["--format", "json"]] {
            let output = check(folder.path(), more);
            assert_ne!(output.status, None, "{from}");
            tells_a_terminal_nothing(&(output.stdout + &output.stderr), false);
        }
        let output = learn(folder.path(), "q\n");
        tells_a_terminal_nothing(&(output.stdout + &output.stderr), false);
    }
    // And the name of the file.
    #[cfg(unix)]
    for name in [format!("01-{EVIL}.md"), format!("{EVIL}.md")] {
        let folder = course(&[(&name, &whole)]);
        for output in [
            check(folder.path(), &[]),
            check(folder.path(), &["--format", "json"]),
            learn(folder.path(), "q\n"),
        ] {
            assert_eq!(output.status, Some(1), "{}", output.stdout);
            tells_a_terminal_nothing(&(output.stdout + &output.stderr), false);
        }
    }
}

#[cfg(unix)]
#[test]
fn on_a_screen_neither() {
    let folder = course(&[("01-evil.md", &lesson())]);
    let data = tempfile::tempdir().unwrap();
    for command in ["learn", "present"] {
        let mut call = Test::new([command]);
        call = match command {
            "learn" => call
                .args(["--course"])
                .args([folder.path()])
                .args(["--data-dir"])
                .args([data.path()]),
            _ => call.args(["--course"]).args([folder.path()]),
        };
        let mut screen = call.env("HOME", data.path()).on_a_terminal(40, 100);
        screen.wait_for("EVIL");
        for keys in ["\r", " ", "a\r", "n", "?", "h", "\r", "\r", "q\r", "q"] {
            screen.press(keys);
            crate::support::wait(Duration::from_millis(150));
        }
        crate::support::signal("TERM", screen.pid());
        let seen = screen.finish();
        tells_a_terminal_nothing(&seen.raw, true);
    }
}

#[cfg(unix)]
#[test]
fn nothing_outside_of_its_directory_is_read() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.md");
    fs::write(&secret, "a secret of the teacher's\n").unwrap();
    let folder = course(&[]);
    let link = folder.path().join("01-link.md");
    for target in [
        secret.clone(),
        PathBuf::from("/etc/passwd"),
        PathBuf::from("/dev/zero"),
        PathBuf::from("../")
            .join(outside.path().file_name().unwrap())
            .join("secret.md"),
    ] {
        symlink(&target, &link).unwrap();
        for output in [check(folder.path(), &[]), learn(folder.path(), "q\n")] {
            assert_eq!(output.status, Some(1), "{}", output.stdout);
            let said = output.stdout + &output.stderr;
            assert!(
                said.contains("a link that leads out of the course"),
                "{said}"
            );
            assert!(
                !said.contains("secret of") && !said.contains("root:"),
                "{said}"
            );
        }
        fs::remove_file(&link).unwrap();
    }
    // A link to a lesson of the same course is well.
    fs::write(folder.path().join("02-there.md"), lesson()).unwrap();
    symlink("02-there.md", &link).unwrap();
    let said = check(folder.path(), &[]).stdout;
    assert!(!said.contains("leads out of"), "{said}");
}

#[test]
fn nothing_is_run_and_no_file_and_no_address_is_named() {
    let place = tempfile::tempdir().unwrap();
    let touched = place.path().join("touched");
    let plain = LESSON.replace("EVIL", "");
    let run = "gather --delays 10ms,20ms --strategy join";
    for evil in [
        format!("db --database {}", touched.display()),
        format!("db --database={}", touched.display()),
        "http --url http://127.0.0.1:1/".to_owned(),
        "http --url=http://127.0.0.1:1/".to_owned(),
        format!("jobs --durable {} --enqueue 1", touched.display()),
        format!("sh -c 'touch {}'", touched.display()),
        format!("gather; touch {}", touched.display()),
        format!("gather $(touch {})", touched.display()),
        format!("python {}", touched.display()),
        "learn".to_owned(),
        "course check .".to_owned(),
    ] {
        let folder = course(&[("01-evil.md", &plain.replace(run, &evil))]);
        let output = check(folder.path(), &[]);
        assert_eq!(output.status, Some(1), "{evil}: {}", output.stdout);
        let output = learn(folder.path(), "\n\n20ms\na\n\na\n\n\n\n");
        assert_eq!(output.status, Some(1), "{evil}: {}", output.stdout);
        assert!(!touched.exists(), "{evil}");
    }
}

/// A text of a mebibyte, or nearly, that makes slow readers of Markdown slower with the square of its length.
fn heavy(size: usize) -> Vec<(&'static str, String)> {
    let nested = |mark: &str| -> String {
        let lines = (0..).map(|deep: usize| format!("{}{mark} a\n", "  ".repeat(deep % 400)));
        let mut text = String::new();
        for line in lines {
            if text.len() > size {
                break;
            }
            text += &line;
        }
        text
    };
    let times = |piece: &str| piece.repeat(size / piece.len());
    vec![
        ("[", times("[")),
        ("[a](", times("[a](")),
        ("![[]()", times("![[]()")),
        ("*", times("*")),
        ("*a ", times("*a ")),
        ("a**b ", times("a**b ")),
        ("_a *", times("_a *")),
        (">", times(">")),
        ("> a", times("> a\n>> b\n")),
        (
            "`",
            (1..)
                .map(|n| "`".repeat(n) + " ")
                .take((2.0 * size as f64).sqrt() as usize)
                .collect(),
        ),
        ("<", times("<")),
        ("<!--", times("<!-- a")),
        ("<a ", times("<a b='c")),
        ("&", times("&amp")),
        ("\\", times("\\[")),
        ("|", times("| a ") + "\n" + &times("|---")),
        ("rows", "| a |\n|---|\n".to_owned() + &times("| b |\n")),
        ("lists", nested("*")),
        ("numbers", nested("1.")),
        ("fences", times("```text hint\na\n```\n")),
        (
            "one fence",
            "```python\n".to_owned() + &times("a(\"b\", ") + "\n```\n",
        ),
        ("one line", times("word ")),
        ("wide", times("漢")),
        ("e\u{301}", times("\u{301}")),
        ("[^", times("[^a]: b\n")),
        ("[a]:", times("[a]: /b\n[a]\n")),
        ("#", times("# a\n")),
        ("-", times("- ")),
        ("===", times("a\n===\n")),
    ]
}

/// Both commands read it. What takes a minute counts as a hang: a square would take hours for a mebibyte.
fn is_read(size: usize) {
    let head = LESSON.replace("EVIL", "");
    let mut slowest = (Duration::ZERO, "");
    for (what, text) in heavy(size) {
        let (begin, rest) = head.split_once("```text hint").unwrap();
        let lesson = format!("{begin}\n{text}\n\n```text hint{rest}");
        let folder = course(&[("01-heavy.md", &lesson)]);
        let start = Instant::now();
        let checked = check(folder.path(), &[]);
        assert!(
            matches!(checked.status, Some(0 | 1)),
            "{what}: {}",
            checked.stderr
        );
        let learnt = learn(folder.path(), "\n\n20ms\na\nq\n");
        assert!(
            matches!(learnt.status, Some(0 | 1)),
            "{what}: {}",
            learnt.stderr
        );
        println!("{what}: {:?}", start.elapsed());
        slowest = slowest.max((start.elapsed(), what));
    }
    println!("{size} bytes: the slowest {:?} ({})", slowest.0, slowest.1);
}

#[test]
fn no_markdown_takes_the_square_of_its_length() {
    is_read(30_000);
}

#[test]
#[ignore = "minutes: a mebibyte of each; see docs/reliability.md"]
fn no_mebibyte_of_markdown_takes_the_square_of_its_length() {
    is_read(1_000_000);
}
