//! What is shown, run, told and explained.

use super::*;

#[test]
fn a_lesson_is_predicted_run_told_and_explained() {
    let course = course();
    let output = learn(
        course.path(),
        "\n1h\n\n{one}\n\n{awaiting} {spawning}\n\n\n50ms,60ms\n1h\n\n",
    );
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    in_order(
        &output.stdout,
        &[
            "Lesson 1 of 1 · A small lesson",
            "Many believe: Two waits take as long as their sum.",
            "Two waits, at once.",
            "How long, with join?",
            "asyncdemo gather --delays 100ms,300ms",
            "Your prediction (for example 250ms) > 1h",
            "tokio::join!(one, two)",
            // However busy the machine is.
            "✗ You said: 3600.0 s. ",
            "sequential took ",
            "As long as the longest.",
            " one",
            "Your prediction (for example a) > ",
            "✓ You said: one. It was 1.",
            "Waiting needs no thread.",
            " spawning",
            "Which ones (more than one is right; for example a c) > ",
            "✓ Right.",
            " right: It is polled then.",
            "async fn join(",
            "--delays (Enter: 20ms,20ms) > 50ms,60ms",
            "✗ You said: 3600.0 s. It took ",
            "They overlap fully.",
            "Lesson 1 is done",
            "That was the last lesson.",
        ],
    );
}

/// Neither `learn` nor `course check` holds it against anybody; what Rust comes to is judged as ever.
#[test]
fn without_python_a_step_runs_in_rust_alone_and_what_is_asked_of_python_does_not_count() {
    let with_python = LESSON.replacen("--strategy join\"", "--strategy join --python\"", 1);
    for (value, told, skipped) in [
        ("\"python.join.wall_s\"", "it does not count.", 1),
        ("\"join.wall_s\"", "You said: 300 ms. It took ", 0),
    ] {
        let course = tempfile::tempdir().expect("there is room");
        let lesson = with_python.replacen("\"join.wall_s\"", value, 1);
        fs::write(course.path().join("01-small.md"), lesson).expect("there is room");
        let answers = course.path().join("answers.txt");
        fs::write(&answers, "\n300ms\n").expect("there is room");
        let data = fresh();
        let without_python = |test: Test| test.env("PATH", "/nowhere").env("VIRTUAL_ENV", "");
        let learning = Test::new(["learn".as_ref(), "--course".as_ref(), course.path()])
            .args(["--answers".as_ref(), answers.as_os_str()])
            .args(["--data-dir".as_ref(), data.path().as_os_str()]);
        let played = without_python(learning).output();
        assert_eq!((played.status, &*played.stderr), (Some(0), ""));
        let pieces = [
            "In Rust alone: ",
            "Python",
            "ideal 300 ms",
            told,
            "As long as the longest.",
            "Saved.",
        ];
        in_order(&played.stdout, &pieces);
        let checking = Test::new(["course", "check"]).args([course.path()]);
        let checked = without_python(checking).output().stdout;
        let found = checked.matches(": skipped: ").count();
        assert_eq!(found, skipped, "{checked}");
        assert!(!checked.contains("expected `"), "{checked}");
    }
}

#[test]
fn a_wrong_knob_is_told_and_asked_again() {
    let course = course();
    let output = learn(
        course.path(),
        "\n1s\n\n{one}\n\nb c\n\n\nnever\n20ms,20ms\n1s\n\n",
    );
    in_order(
        &output.stdout,
        &["> never", "--delays", "> 20ms,20ms", "They overlap fully."],
    );
}

#[test]
fn a_foreign_lesson_runs_nothing_but_concepts() {
    let course = course();
    for (line, why) in [
        ("db --database x.db", "a foreign course may not"),
        ("tour", "expected a concept"),
    ] {
        let quick = "run = \"gather --delays 10ms,20ms --strategy join\"";
        let evil = LESSON.replace(quick, &format!("run = \"{line}\""));
        fs::write(course.path().join("01-small.md"), evil).expect("there is room");
        let output = learn(course.path(), "q\n");
        assert_eq!((output.status, &*output.stdout), (Some(1), ""));
        assert!(
            output.stderr.contains("01-small.md:") && output.stderr.contains(why),
            "{}",
            output.stderr
        );
    }
    assert!(!Path::new("x.db").exists());
}

#[test]
fn a_built_in_lesson_can_be_played_to_its_end() {
    let lesson = built_in("gather");
    let data = tempfile::tempdir().expect("there is room");
    let answers = right_answers(data.path(), lesson, &lesson.steps) + "q\n";
    let file = data.path().join("answers.txt");
    fs::write(&file, answers).expect("there is room");
    let data_dir = ["--data-dir".as_ref(), data.path().as_os_str()];
    let output = Test::new(["learn", "gather", "--answers"])
        .args([file.as_os_str()])
        .args(data_dir)
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    in_order(&output.stdout, &["Lesson 3 of ", "Lesson 3 is done"]);

    let row = row(data.path(), "gather");
    assert_eq!(
        row["quiz"]["right_count"], row["quiz"]["asked_count"],
        "{row}"
    );
    assert_eq!(row["finished"], true, "{row}");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_listens_and_ctrl_c_saves() {
    let course = course();
    let line = [
        "learn".as_ref(),
        "--course".as_ref(),
        course.path().as_os_str(),
    ];
    let data = fresh();
    let data_dir = ["--data-dir".as_ref(), data.path().as_os_str()];
    let mut terminal = Test::new(line).args(data_dir).on_a_terminal(40, 80);
    terminal.wait_for("Two waits, at once.");
    terminal.press("\r");
    terminal.wait_for("Your prediction (for example 250ms) >");
    terminal.press("300ms\r");
    terminal.wait_for("As long as the longest.");
    terminal.press("\x03");
    let seen = terminal.finish();
    assert_eq!(
        (seen.status, seen.ready_for_a_shell),
        (130, true),
        "{}",
        seen.screen
    );
    assert!(seen.screen.contains("Saved."), "{}", seen.screen);
}

/// What was asked of Python, where there is none, was not answered right.
#[test]
fn without_python_no_try_and_no_repair_is_kept_as_right() {
    let questions = LESSON.find("```toml predict").expect("there is one");
    let last = LESSON.rfind("```toml try").expect("there is one");
    let attempt = LESSON[last..]
        .replace("--strategy join\"", "--strategy join --python\"")
        .replace("\"join.wall_s\"", "\"python.join.wall_s\"");
    let mend = r#"
```toml repair
question = "Which one takes 30 ms?"
code = "await ____"
value = "python.join.wall_s"
unit = "time"
goal = "at most 30ms"
choices = [
  { text = "a()", run = "gather --delays 10ms,100ms --strategy join --python", why = "Too long." },
  { text = "b()", run = "gather --delays 10ms,20ms --strategy join --python", right = true, why = "As the longest." },
  { text = "c()", run = "gather --delays 10ms,90ms --strategy join --python", why = "Too long." },
]
```
"#;
    let data = fresh();
    let course = data.path().join("course");
    fs::create_dir(&course).expect("there is room");
    let lesson = format!("{}{mend}\n{attempt}", &LESSON[..questions]);
    fs::write(course.join("01-small.md"), lesson).expect("there is room");
    let answers = data.path().join("answers.txt");
    fs::write(&answers, "\na\n\n20ms,20ms\n20ms\n\n").expect("there is room");
    let output = Test::new(["learn", "--course"])
        .args([
            course.as_os_str(),
            "--answers".as_ref(),
            answers.as_os_str(),
        ])
        .args(["--data-dir".as_ref(), data.path().as_os_str()])
        .env("PATH", "/nowhere")
        .env("VIRTUAL_ENV", "")
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let pieces = [
        "Which one takes 30 ms?",
        "No run says anything about that line, so it does not count.",
        "What if both are equal?",
        "so it does not count.",
        "They overlap fully.",
    ];
    in_order(&output.stdout, &pieces);
    let courses = fs::read_dir(data.path().join("courses")).expect("it was begun");
    for kept in courses {
        let file = kept.expect("it can be listed").path().join("progress.db");
        let database = rusqlite::Connection::open(file).expect("it was saved");
        let answered = database.query_row("SELECT count(*) FROM questions", (), |row| row.get(0));
        assert_eq!(answered, Ok(0));
    }
}
