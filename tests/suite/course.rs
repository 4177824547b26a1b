//! `asyncdemo course`: what is wrong with a course, told with its line, and how one begins.

mod begun;
mod built_in;
mod predicted;

use std::fs;
use std::path::Path;

use crate::support::Test;
use serde_json::Value;
use tempfile::TempDir;

/// A lesson that holds. What it predicts is counted, so that no busy machine can spoil it.
const LESSON: &str = r#"# Waiting

```toml lesson
title = "Waiting"
question = "What do async and await do?"
concept = "sleep"
minutes = 5
belief = "Calling an async function starts it."
```

WORDS

```toml code
concept = "sleep"
strategy = "concurrent"
```

```toml predict
question = "How many of three begin?"
run = "sleep --tasks 3 --delay 10ms --strategy concurrent"
value = "concurrent.metrics.fetches_begun_count"
unit = "count"
answer = "3"
tolerance = 0
choices = [
  { text = "all", value = "3" },
  { text = "one", value = "1" },
  { text = "none", value = "0", belief = true },
]
why = "They are awaited."
```

```toml predict
question = "And how many here?"
run = "sleep --tasks 3 --delay 10ms --strategy unawaited"
value = "unawaited.metrics.fetches_begun_count"
unit = "count"
answer = "0"
tolerance = 0
choices = [
  { text = "all", value = "3", belief = true },
  { text = "two", value = "2" },
  { text = "none", value = "0" },
]
why = "Nobody awaits them."
```

```sh run
asyncdemo sleep --delay 10ms
```

```toml quiz
question = "One?"
choices = [{ text = "a", right = true, why = "A." }, { text = "b", why = "B." }]
```

```toml quiz
question = "Two?"
choices = [{ text = "a", right = true, why = "A." }, { text = "b", why = "B." }]
```

```toml quiz
question = "Three?"
choices = [{ text = "a", right = true, why = "A." }, { text = "b", why = "B." }]
```

```toml try
question = "And a hundred?"
run = "sleep --delay 10ms"
knob = "--tasks"
suggest = "100"
value = "sequential.wall_s"
unit = "time"
why = "The sum grows."
```

```toml spot
question = "Which line waits?"
code = '''
call = fetch()
await call
'''
lines = [{ line = "fetch()", why = "A." }, { line = "await", right = true, why = "B." }]
```

## In your project

Look for `fetch(`.
"#;

/// Where the steps of [`LESSON`] begin.
const CODE: usize = 13;
const PREDICT: usize = 18;
const SECOND_PREDICT: usize = 33;
const RUN: usize = 48;
const QUIZ: usize = 52;
const TRY: usize = 67;

const FOREIGN: &str = "\
Nothing but asyncdemo's own concepts is run for a course from a directory, and a
  knob that names a file or an address is refused. The check takes 10 minutes at
  most, unless --at-most says otherwise.
";

/// A course of one lesson: [`LESSON`] with some of it replaced.
#[track_caller]
fn course(changes: &[(&str, &str)]) -> TempDir {
    let mut lesson = LESSON.to_owned();
    for (from, to) in changes {
        assert!(lesson.contains(from), "{from} is in the lesson");
        lesson = lesson.replacen(from, to, 1);
    }
    let lesson = lesson.replace("WORDS", &"word ".repeat(150));
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    fs::write(folder.path().join("01-waiting.md"), lesson).expect("it can be written");
    folder
}

fn check(folder: &Path) -> Test {
    Test::new(["course", "check"]).args([folder])
}

/// What is wrong with a course: each problem without the directory. The exit code, and what stands in
/// the last lines, are looked at here.
#[track_caller]
fn problems(folder: &Path) -> Vec<String> {
    let output = check(folder).output();
    assert_eq!(output.stderr, "");
    assert!(output.stdout.ends_with(FOREIGN), "{}", output.stdout);
    let begin = format!("  {}", folder.display());
    let problems: Vec<_> = output
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix(&begin))
        .map(|line| line.trim_start_matches('/').to_owned())
        .collect();
    let status = if problems.is_empty() { 0 } else { 1 };
    assert_eq!(output.status, Some(status), "{}", output.stdout);
    let told = match problems.len() {
        0 => ", no problems, ".to_owned(),
        1 => ", 1 problem, ".to_owned(),
        many => format!(", {many} problems, "),
    };
    assert!(output.stdout.contains(&told), "{}", output.stdout);
    problems
}

#[track_caller]
fn has_one_problem(changes: &[(&str, &str)], line: usize, what: &str) {
    let folder = course(changes);
    let expected = format!("01-waiting.md:{line}: {what}");
    assert_eq!(problems(folder.path()), [expected]);
}

#[test]
fn a_lesson_that_holds_is_one_line() {
    let folder = course(&[]);
    let output = check(folder.path()).output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let mut lines = output.stdout.lines();
    let line = lines.next().unwrap();
    let expected = "waiting         11 steps · 2 of 2 predictions";
    assert!(line.starts_with(expected), "{line}");
    assert!(line.contains(" min of 5 · "), "{line}");
    let line = lines.next().unwrap();
    let expected = "1 lesson, 2 of 2 predictions, no problems, ";
    assert!(line.starts_with(expected), "{line}");
    let rest: Vec<_> = lines.collect();
    assert_eq!(rest.join("\n") + "\n", FOREIGN);
}

#[test]
fn what_a_lesson_must_have_is_asked_for() {
    let quiz = "```toml quiz\nquestion = \"Two?\"\nchoices = [{ text = \"a\", right = true, why = \"A.\" }, { text = \"b\", why = \"B.\" }]\n```\n";
    let what = "expected at least 3 quiz questions, found 2";
    has_one_problem(&[(quiz, "")], 1, what);
    let (head, rest) = LESSON.split_once("```toml try").unwrap();
    let (turn, rest) = rest.split_once("```toml spot").unwrap();
    let turn = format!("```toml try{turn}");
    has_one_problem(&[(&turn, "")], 1, "expected at least 1 `try`, found 0");
    assert_eq!(head.lines().count() + 1, TRY, "the lines in this file");
    let (spot, _) = rest.split_once("## In your").unwrap();
    let spot = format!("```toml spot{spot}");
    has_one_problem(&[(&spot, "")], 1, "expected at least 1 `spot`, found 0");
    let what = "expected a section with the heading `In your project`, found none";
    has_one_problem(&[("## In your project", "## At home")], 1, what);
    has_one_problem(
        &[("value = \"sequential.wall_s\"\nunit = \"time\"\nwhy", "why")],
        TRY + 1,
        "missing field `value`",
    );
    let (_, rest) = LESSON.split_once("```toml predict").unwrap();
    let (predict, _) = rest.split_once("```toml predict").unwrap();
    let predict = format!("```toml predict{predict}");
    let what = "expected at least 2 predictions, found 1";
    has_one_problem(&[(&predict, "")], 1, what);
}

#[test]
fn what_cannot_be_read_is_told_where_it_stands() {
    has_one_problem(
        &[("```toml quiz", "```toml quizz")],
        QUIZ,
        "expected one of predict, run, code, quiz, try, spot, repair, hint, notes or lesson, found `quizz`. Did you mean `quiz`?",
    );
    has_one_problem(
        &[("minutes = 5", "minutes = \"five\"")],
        7,
        "invalid type: string \"five\", expected u32",
    );
}

#[test]
fn what_is_named_must_be_there() {
    let concept = "expected a concept (asyncdemo list names them), found `nap`";
    let (sleep, nap) = ("concept = \"sleep\"", "concept = \"nap\"");
    has_one_problem(&[(sleep, nap)], 1, concept);
    let (code, other) = (
        "concept = \"sleep\"\nstrategy",
        "concept = \"nap\"\nstrategy",
    );
    has_one_problem(&[(code, other)], CODE, concept);
    has_one_problem(
        &[("strategy = \"concurrent\"", "strategy = \"asleep\"")],
        CODE,
        "expected a strategy of `sleep`, or `workload`: the source region `asleep` is missing",
    );
    // The twin, and what strategies share.
    for well in ["", "strategy = \"workload\""] {
        let folder = course(&[("strategy = \"concurrent\"", well)]);
        assert_eq!(problems(folder.path()), [""; 0]);
    }
}

#[test]
fn every_command_line_must_be_one() {
    has_one_problem(
        &[("asyncdemo sleep --delay 10ms", "asyncdemo nap")],
        RUN,
        "expected a concept (asyncdemo list names them), found `nap`",
    );
    has_one_problem(
        &[("asyncdemo sleep --delay 10ms", "rm -rf /")],
        RUN,
        "expected one line `asyncdemo CONCEPT …`, found `rm -rf /`",
    );
    has_one_problem(
        &[("asyncdemo sleep --delay", "asyncdemo sleep --length")],
        RUN,
        "`sleep --length 10ms`: unexpected argument '--length' found",
    );
    has_one_problem(
        &[(
            "asyncdemo sleep --delay 10ms",
            "asyncdemo sleep --delay 60s",
        )],
        RUN,
        "`sleep --delay 60s`: expected a run of at most 60 s, found one of 300 s",
    );
    has_one_problem(
        &[("--strategy unawaited", "--strategy nosuch")],
        SECOND_PREDICT,
        "`sleep --tasks 3 --delay 10ms --strategy nosuch`: sleep has no strategy `nosuch`",
    );
}

#[test]
fn a_knob_must_turn() {
    has_one_problem(
        &[("\"--tasks\"", "\"tasks\"")],
        TRY,
        "expected a knob with its dashes, as --delays, found `tasks`",
    );
    has_one_problem(
        &[("suggest = \"100\"", "suggest = \"101\"")],
        TRY,
        "`sleep --delay 10ms --tasks=101`: invalid value '101' for '--tasks <N>': must be a whole number from 1 to 100",
    );
    // A suggestion is one word, whatever it holds.
    has_one_problem(
        &[("suggest = \"100\"", "suggest = \"3 --all\"")],
        TRY,
        "`sleep --delay 10ms --tasks='3 --all'`: invalid value '3 --all' for '--tasks <N>': must be a whole number from 1 to 100",
    );
    has_one_problem(
        &[("run = \"sleep --delay 10ms\"", "run = \"nap\"")],
        TRY,
        "expected a concept (asyncdemo list names them), found `nap`",
    );
}

/// A lesson whose one prediction is this.
fn prediction((run, value, unit): (&str, &str, &str), answer: &str, choices: &str) -> String {
    format!(
        "# X\n\n```toml lesson\ntitle = \"X\"\nquestion = \"Q?\"\nconcept = \"gather\"\nminutes = 5\nbelief = \"B.\"\n```\n\n\
         ```toml predict\nquestion = \"Q?\"\nrun = \"{run}\"\nvalue = \"{value}\"\nunit = \"{unit}\"\nanswer = \"{answer}\"\ntolerance = 5\n{choices}why = \"W.\"\n```\n"
    )
}

#[test]
fn a_check_takes_no_longer_than_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let long = (
        "gather --delays 25s,25s --strategy sequential",
        "sequential.wall_s",
        "time",
    );
    for name in ["01-one.md", "02-two.md"] {
        fs::write(folder.path().join(name), prediction(long, "50s", "")).unwrap();
    }
    let output = check(folder.path()).args(["--at-most", "1s"]).output();
    assert_eq!((output.status, &*output.stderr), (Some(1), ""));
    let told = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let expected = "out of time: the check may take 1.000 s in all (--at-most). It came to 1 of 2 lessons, and to ";
    assert!(told.contains(expected), "{told}");
    // A run that blocks its thread is left, too.
    let blocks = (
        "blocking-pitfall --block 50s --strategy thread-sleep",
        "thread-sleep.wall_s",
        "time",
    );
    fs::write(
        folder.path().join("01-one.md"),
        prediction(blocks, "50s", ""),
    )
    .unwrap();
    let output = check(folder.path()).args(["--at-most", "1s"]).output();
    assert_eq!(output.status, Some(1), "{}", output.stdout);
    assert!(output.stdout.contains("out of time"), "{}", output.stdout);
}

#[test]
fn bytes_that_are_no_text_are_told_once_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("01-bytes.md"), b"# A\n\nab\xffc\n").unwrap();
    let what = "01-bytes.md:3: expected a text: it is not UTF-8: byte 3 of this line is 0xff";
    assert_eq!(problems(folder.path()), [what]);
    let output = check(folder.path()).output();
    let last = "0 lessons, 0 of 0 predictions, 1 problem, 0.0 s";
    assert!(output.stdout.contains(last), "{}", output.stdout);
    let output = Test::new(["learn", "--course"])
        .args([folder.path()])
        .output();
    assert_eq!((output.status, &*output.stdout), (Some(1), ""));
    assert_eq!(output.stderr.matches(what).count(), 1, "{}", output.stderr);
}

#[test]
fn what_no_terminal_shows_is_named() {
    has_one_problem(
        &[("WORDS", "WORDS\n\n![a cat](https://cats.org/cat.png)")],
        13,
        "expected words, lists, tables and code, found a picture, which no terminal shows",
    );
    has_one_problem(
        &[("why = \"The sum grows.\"", "why = \"<img src='x'>\"")],
        TRY,
        "expected words, lists, tables and code, found `<img>`, which no terminal shows",
    );
}

#[test]
fn a_figure_must_be_in_the_report() {
    for path in ["nosuch.wall_s", "unawaited.metrics.nosuch_count"] {
        has_one_problem(
            &[("unawaited.metrics.fetches_begun_count", path)],
            SECOND_PREDICT,
            &format!(
                "expected a figure at `{path}`, found none in the report of `sleep --tasks 3 --delay 10ms --strategy unawaited` (its strategies: unawaited)"
            ),
        );
    }
}

#[test]
fn one_choice_and_no_other_is_the_answer() {
    let all = "{ text = \"all\", value = \"3\" }";
    let four = (all, "{ text = \"all\", value = \"4\" }");
    let what = "expected one choice within 0 % of the answer 3, found none";
    has_one_problem(&[four], PREDICT, what);
    let wide = (
        "answer = \"3\"\ntolerance = 0",
        "answer = \"3\"\ntolerance = 70",
    );
    let what = "expected one choice within 70 % of the answer 3, found \"all\" and \"one\"";
    has_one_problem(&[wide], PREDICT, what);
}

#[test]
fn choices_are_three_to_five_that_differ_and_the_belief_is_a_wrong_one() {
    let one = "{ text = \"one\", value = \"1\" }";
    let none = "{ text = \"none\", value = \"0\", belief = true }";
    let many = (2..6).map(|at| format!("{{ text = \"{at}0\", value = \"{at}0\" }}, "));
    let many = many.collect::<String>() + none;
    for (from, to, what) in [
        (
            format!("  {one},\n"),
            "",
            "expected from three to five choices, found 2",
        ),
        (
            none.to_owned(),
            &many,
            "expected from three to five choices, found 7",
        ),
        (
            one.to_owned(),
            "{ text = \"All\", value = \"1\" }",
            "expected choices of different words, found \"All\" twice",
        ),
        (
            one.to_owned(),
            "{ text = \"one\", value = \"0\" }",
            "expected choices of different values, found two alike",
        ),
        (
            none.to_owned(),
            "{ text = \"none\", value = \"0\" }",
            "expected the choice that many believe in to say `belief = true`, found none",
        ),
        (
            "value = \"3\" }".to_owned(),
            "value = \"3\", belief = true }",
            "expected a belief that is wrong, found \"all\", which is right",
        ),
    ] {
        has_one_problem(&[(&from, to)], PREDICT, what);
    }
    has_one_problem(
        &[("{ text = \"b\", why", "{ text = \"A\", why")],
        QUIZ,
        "expected choices of different words, found \"A\" twice",
    );
}

#[test]
fn where_another_choice_is_near_what_was_measured_that_is_told() {
    // Both are within 40 % of 3, and 4 is not within 40 % of 2.
    has_one_problem(
        &[
            (
                "answer = \"3\"\ntolerance = 0",
                "answer = \"2\"\ntolerance = 40",
            ),
            (
                "{ text = \"all\", value = \"3\" }",
                "{ text = \"two\", value = \"2\" }",
            ),
            (
                "{ text = \"none\", value = \"0\", belief",
                "{ text = \"four\", value = \"4\", belief",
            ),
        ],
        PREDICT,
        "expected one choice within 40 % of what was measured, and the one near the answer 2, found \"two\" and \"four\": measured 3, 3, 3 in 3 tries",
    );
}

#[test]
fn a_lesson_takes_as_long_as_it_says() {
    has_one_problem(
        &[("minutes = 5", "minutes = 4")],
        1,
        "expected from 5 to 12 minutes, found 4",
    );
    let folder = course(&[("minutes = 5", "minutes = 12")]);
    let problems = problems(folder.path());
    let [problem] = &problems[..] else {
        unreachable!("{problems:?}");
    };
    let begin = "01-waiting.md:1: expected 6.0 to 18.0 minutes of work in a lesson of 12, found 3.";
    assert!(problem.starts_with(begin), "{problem}");
    assert!(problem.contains(" 7 questions, runs of "), "{problem}");
}

#[test]
fn a_link_must_lead_somewhere() {
    has_one_problem(
        &[("WORDS", "WORDS [a](02-nosuch.md)")],
        11,
        "expected a file for the link `02-nosuch.md`, found none",
    );
    has_one_problem(
        &[("why = \"The sum grows.\"", "why = \"See [a](/etc/hosts).\"")],
        TRY,
        "expected a file of the course for the link `/etc/hosts`, found one outside of it",
    );
    let links = "[a](01-waiting.md) [b](#waiting) [c](https://tokio.rs) WORDS";
    assert_eq!(problems(course(&[("WORDS", links)]).path()), [""; 0]);
}

#[test]
fn a_course_of_somebody_elses_names_no_file_and_no_address() {
    let refused = |line: &str, knob: &str| {
        format!("`{line}`: {knob} names a file or an address, and a foreign course may not")
    };
    let run = "asyncdemo sleep --delay 10ms";
    for (line, knob) in [
        ("http --url http://localhost:1/", "--url"),
        ("db --database shop.db", "--database"),
    ] {
        let to = format!("asyncdemo {line}");
        has_one_problem(&[(run, &to)], RUN, &refused(line, knob));
    }
    has_one_problem(
        &[(
            "sleep --tasks 3 --delay 10ms --strategy unawaited",
            "db --database shop.db",
        )],
        SECOND_PREDICT,
        &refused("db --database shop.db", "--database"),
    );
    has_one_problem(
        &[
            ("run = \"sleep --delay 10ms\"", "run = \"db\""),
            ("\"--tasks\"", "\"--database\""),
            ("suggest = \"100\"", "suggest = \"shop.db\""),
        ],
        TRY,
        &refused("db --database=shop.db", "--database"),
    );
}

#[test]
fn what_a_lesson_says_does_not_move_the_cursor() {
    let folder = course(&[("```toml quiz", "```toml q\u{1b}[2Jz")]);
    let output = check(folder.path()).output();
    assert_eq!(output.status, Some(1));
    assert!(!output.stdout.contains('\u{1b}'), "{:?}", output.stdout);
    assert!(
        output.stdout.contains("found `q [2Jz`"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_file_that_cannot_be_a_lesson_is_a_problem_and_a_readme_is_not() {
    let folder = course(&[]);
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    write("README.md", b"# How to");
    write("notes.txt", b"");
    write(".hidden.md", b"");
    assert_eq!(problems(folder.path()), [""; 0]);
    write("02-waiting.md", b"");
    write("03-bytes.md", b"\xff");
    write("Intro.md", b"");
    fs::create_dir(folder.path().join("04-folder.md")).unwrap();
    assert_eq!(
        problems(folder.path()),
        [
            "02-waiting.md:1: expected a name of its own, found `waiting`, which 01-waiting.md has too",
            "03-bytes.md:1: expected a text: it is not UTF-8: byte 1 of this line is 0xff",
            "04-folder.md:1: expected a text: it is no file",
            "Intro.md:1: expected a name like 07-gather.md: two digits, a dash, then small letters, digits and dashes",
        ]
    );
}

#[test]
fn where_there_is_no_course_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        problems(folder.path()),
        [":1: expected lessons with names like 01-waiting.md, found none"]
    );
    let nowhere = folder.path().join("nowhere");
    let told = format!(
        "asyncdemo: the course in {} cannot be read: No such file or directory (os error 2)\n",
        nowhere.display()
    );
    check(&nowhere).status(1).stderr(told).run();
}

#[test]
fn a_program_reads_what_was_found() {
    let folder = course(&[("answer = \"0\"", "answer = \"2\"")]);
    let output = check(folder.path()).args(["--format", "json"]).output();
    assert_eq!((output.status, &*output.stderr), (Some(1), ""));
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        (&found["foreign"], &found["partial"]),
        (&true.into(), &false.into())
    );
    let lesson = &found["lessons"][0];
    assert_eq!(lesson["name"], "waiting");
    assert_eq!(lesson["predictions"][0]["holds"], true);
    assert_eq!(lesson["predictions"][1]["holds"], false);
    let measured: Value = vec![0.0, 0.0, 0.0].into();
    assert_eq!(lesson["predictions"][1]["measured"], measured);
    assert_eq!(lesson["problems"][0]["line"], SECOND_PREDICT);
}

#[cfg(unix)]
mod on_a_terminal {
    use super::*;

    const LONG: (&str, &str) = (
        "run = \"sleep --tasks 3 --delay 10ms --strategy unawaited\"",
        "run = \"sleep --tasks 1 --delay 50s --strategy unawaited\"",
    );

    #[test]
    fn ctrl_c_ends_it_with_what_was_found_until_then() {
        let folder = course(&[LONG]);
        let mut terminal = check(folder.path()).on_a_terminal(24, 80);
        terminal.wait_for("waiting (1 of 1), prediction 2 of 3");
        terminal.press("\x03");
        let seen = terminal.finish();
        let expected = (130, true);
        assert_eq!(
            (seen.status, seen.ready_for_a_shell),
            expected,
            "{}",
            seen.screen
        );
        assert!(
            seen.screen.contains("1 of 2 predictions"),
            "{}",
            seen.screen
        );
        assert!(
            seen.screen.contains("\npartial: stopped before the end\n"),
            "{}",
            seen.screen
        );
        assert!(
            !seen.screen.contains("prediction 2 of 3"),
            "{}",
            seen.screen
        );
    }

    #[test]
    fn what_is_done_meanwhile_leaves_no_trace() {
        let folder = course(&[]);
        let seen = check(folder.path()).on_a_terminal(24, 40).finish();
        assert_eq!((seen.status, seen.ready_for_a_shell), (0, true));
        assert!(!seen.screen.contains("(1 of 1)"), "{}", seen.screen);
        assert!(
            seen.raw.contains("waiting (1 of 1), prediction 1 of 3"),
            "{}",
            seen.raw
        );
    }
}
