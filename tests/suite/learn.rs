//! A lesson, played to its end by whoever types, by a file, and by nobody.

use std::fs;
use std::path::Path;

use asyncdemo::lesson::{Kind, Lesson, Step, order};

use crate::support::{Output, Test};
#[cfg(unix)]
use crate::support::{signal, wait};
use std::time::Duration;

/// A course of one small lesson, whose runs are quick.
const LESSON: &str = r#"# Small

```toml lesson
title = "A small lesson"
question = "How long do two waits take?"
concept = "gather"
minutes = 5
belief = "Two waits take as long as their sum."
```

Two waits, *at once*.

```toml predict
question = "How long, with join?"
run = "gather --delays 100ms,300ms --strategy sequential --strategy join"
value = "join.wall_s"
unit = "time"
answer = "300ms"
tolerance = 30
why = "As long as the longest."
```

```text hint
Not the sum.
```

```toml predict
question = "And how many threads did it?"
run = "gather --delays 10ms,20ms --strategy join"
value = "join.threads"
unit = "count"
answer = "1"
tolerance = 0
choices = [{ text = "one", value = "1" }, { text = "two", value = "2" }]
why = "Waiting needs no thread."
```

```toml quiz
question = "What starts a future?"
choices = [
  { text = "calling", why = "Calling makes it." },
  { text = "awaiting", right = true, why = "It is polled then." },
  { text = "spawning", right = true, why = "A task polls it." },
]
```

```toml code
concept = "gather"
strategy = "join"
```

```toml try
question = "What if both are equal?"
run = "gather --strategy join"
knob = "--delays"
suggest = "20ms,20ms"
value = "join.wall_s"
unit = "time"
why = "They overlap fully."
```
"#;

fn course() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    fs::write(folder.path().join("01-small.md"), LESSON).expect("there is room");
    folder
}

/// With the letter that each learner of an own order sees before it in the place of `{a choice}`.
fn learn(course: &Path, answers: &str) -> Output {
    let file = course.join("answers.txt");
    let line = ["learn".as_ref(), "--course".as_ref(), course.as_os_str()];
    let data = fresh();
    let answers = lettered(data.path(), course, answers);
    fs::write(&file, answers).expect("there is room");
    Test::new(line)
        .args(["--answers".as_ref(), file.as_os_str()])
        .args(["--data-dir".as_ref(), data.path().as_os_str()])
        .output()
}

fn lettered(data: &Path, course: &Path, answers: &str) -> String {
    let small = fs::read_to_string(course.join("01-small.md"));
    let lesson = asyncdemo::lesson::parse("01-small.md", &small.expect("it is there"));
    let mut answers = answers.to_owned();
    for step in lesson.iter().flat_map(|lesson| &lesson.steps) {
        let (question, texts): (_, Vec<_>) = match &step.kind {
            Kind::Predict(it) => (&it.question, it.choices.iter().map(|it| &it.text).collect()),
            Kind::Quiz(it) => (&it.question, it.choices.iter().map(|it| &it.text).collect()),
            _ => continue,
        };
        for (at, text) in texts.iter().enumerate() {
            let name = format!("{{{text}}}");
            if answers.contains(&name) {
                let lesson = lesson.as_ref().expect("it has steps");
                let letter = letter_of(data, course, lesson, question, (at, texts.len()));
                answers = answers.replace(&name, &letter.to_string());
            }
        }
    }
    answers
}

/// The letter that a learner sees before this one of so many choices of a question.
fn letter_of(
    data: &Path,
    course: &Path,
    lesson: &Lesson,
    question: &str,
    (choice, of): (usize, usize),
) -> char {
    let identity = asyncdemo::lesson::course::identity(course, std::slice::from_ref(lesson));
    let place = asyncdemo::progress::of_course(data, &identity);
    let progress = asyncdemo::progress::Progress::open(&place).expect("it opens");
    let places = order(progress.seed(), lesson, question, of);
    let at = places.iter().position(|at| *at == choice);
    char::from(b'a' + at.expect("it is there") as u8)
}

/// A folder for progress, in which nothing is kept yet.
fn fresh() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room")
}

#[track_caller]
fn in_order(text: &str, pieces: &[&str]) {
    let mut rest = text;
    for piece in pieces {
        let at = rest.find(piece);
        assert!(
            at.is_some(),
            "{piece:?} is not behind the piece before it in\n{text}"
        );
        rest = &rest[at.unwrap_or_default() + piece.len()..];
    }
}

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

#[test]
fn the_keys_show_hint_code_python_and_themselves_and_go_back() {
    let course = course();
    let output = learn(course.path(), "\nh\ncode\np\n?\nsoon\nb\nback\nq\n");
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    in_order(
        &output.stdout,
        &[
            "Your prediction (for example 250ms) > h",
            "Not the sum.",
            "> code",
            "async fn join(",
            "> p",
            "await asyncio.gather(",
            "> ?",
            "Enter goes on · back · code · hint",
            "letter from a to g is an answer.",
            "> soon",
            "Type a time, for example 200ms or 1.5s.",
            "> b",
            "Type a time, for example 200ms or 1.5s.",
            "> back",
            "step 1 of 6",
            "> q",
            "Saved.",
        ],
    );
}

#[test]
fn where_letters_are_answers_the_words_are_keys() {
    let course = course();
    let output = learn(course.path(), "\n300ms\n\n{one}\n\n{awaiting}\n\nq\n");
    in_order(
        &output.stdout,
        &["for example a c) > ", "✗ Not quite.", "step 5 of 6", "> q"],
    );
    let output = learn(course.path(), "\n300ms\n\nback\nq\n");
    in_order(&output.stdout, &[" one", "> back", "step 2 of 6", "> q"]);
    // What is an answer here is none of the keys anywhere: not where Enter is wanted, and not where a letter has no choice.
    let output = learn(course.path(), "b\nc\n\n300ms\n\ng\nq\n");
    let keys = "Type the word, and Enter.";
    let words = "Type the letter of a choice, for example a, or a word: back, code, hint,";
    in_order(
        &output.stdout,
        &[
            "> b",
            keys,
            "> c",
            keys,
            "step 2 of 6",
            "step 3 of 6",
            "> g",
            words,
            "> q",
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
fn the_end_of_the_answers_saves_and_is_no_error() {
    let course = course();
    for answers in ["", "\n", "\n300ms\n"] {
        let output = learn(course.path(), answers);
        assert_eq!(
            (output.status, &*output.stderr),
            (Some(0), ""),
            "{answers:?}"
        );
        assert!(
            output
                .stdout
                .ends_with("Saved. The same command continues here.\n")
        );
    }
}

#[test]
fn a_dash_for_the_file_of_answers_is_standard_input() {
    let course = course();
    let typed = "\n1h\n\na\n";
    let from_a_file = learn(course.path(), typed);
    let played = |args: &[&str]| {
        let answers = fs::File::open(course.path().join("answers.txt")).unwrap();
        let line = [
            "learn".as_ref(),
            "--course".as_ref(),
            course.path().as_os_str(),
        ];
        let data = fresh();
        let learning = Test::new(line).args(args).from(answers);
        learning.env("ASYNCDEMO_DATA_DIR", data.path()).output()
    };
    for args in [&["--answers", "-"][..], &[]] {
        let output = played(args);
        assert_eq!((output.status, &*output.stderr), (Some(0), ""), "{args:?}");
        in_order(&output.stdout, &["1h\n", "how many threads", "> a\n"]);
    }
    assert!(
        from_a_file.stdout.contains("how many threads"),
        "{}",
        from_a_file.stdout
    );
}

#[test]
fn answers_that_are_no_text_are_told_with_their_place() {
    let course = course();
    let file = course.path().join("answers.txt");
    let data = fresh();
    let line = || {
        let learning = Test::new([
            "learn".as_ref(),
            "--course".as_ref(),
            course.path().as_os_str(),
        ]);
        learning.env("ASYNCDEMO_DATA_DIR", data.path())
    };
    for (typed, place) in [
        (&b"\n1h\n\na\xff\n"[..], "4:2: the byte 0xff"),
        (b"\xc3(\n", "1:1: the byte 0xc3"),
        (b"\nab\xe2\x82", "2:3: the byte 0xe2"),
    ] {
        fs::write(&file, typed).expect("there is room");
        let given = line()
            .args(["--answers".as_ref(), file.as_os_str()])
            .output();
        let told = |name: &str| {
            format!(
                "asyncdemo: {name}:{place} is not UTF-8. Answers are text, a line each: save them as UTF-8.\n"
            )
        };
        assert_eq!(
            (given.status, given.stderr),
            (Some(2), told(&file.display().to_string()))
        );
        for piped in [&["--answers", "-"][..], &[]] {
            let from = fs::File::open(&file).unwrap();
            let output = line().args(piped).from(from).output();
            assert_eq!(
                (output.status, output.stderr),
                (Some(2), told("standard input"))
            );
        }
    }
    let mark = "\u{feff}\n1h\nq\n";
    fs::write(&file, mark).expect("there is room");
    let output = line()
        .args(["--answers".as_ref(), file.as_os_str()])
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
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
fn the_built_in_lessons_go_on_where_one_stopped() {
    let data = tempfile::tempdir().expect("there is room");
    let play = |answers: &str| {
        let file = data.path().join("answers.txt");
        fs::write(&file, answers).expect("there is room");
        Test::new(["learn", "--answers"])
            .args([file.as_os_str()])
            .args(["--data-dir".as_ref(), data.path().as_os_str()])
            .output()
    };
    let first = play("q\n");
    assert_eq!((first.status, &*first.stderr), (Some(0), ""));
    assert!(first.stdout.contains("Lesson 1 of "), "{}", first.stdout);
    let second = play("\nq\n");
    assert!(second.stdout.contains("step 1 of "), "{}", second.stdout);
    let third = play("q\n");
    in_order(&third.stdout, &["You stopped at step 2.", "step 2 of "]);
}

/// Plays built-in lessons with these answers.
#[track_caller]
fn play(data: &Path, lesson: &[&str], answers: &str) -> Output {
    let file = data.join("answers.txt");
    fs::write(&file, answers).expect("there is room");
    let output = Test::new(["learn"])
        .args(lesson)
        .args(["--answers".as_ref(), file.as_os_str()])
        .args(["--data-dir".as_ref(), data.as_os_str()])
        .output();
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    output
}

#[test]
fn it_goes_on_in_the_lesson_last_touched() {
    let data = fresh();
    let goes_on = |lesson: &str| {
        let output = play(data.path(), &[], "q\n");
        assert!(
            output.stdout.contains(lesson),
            "{lesson}: {}",
            output.stdout
        );
    };
    play(data.path(), &["2"], "\nq\n");
    let left = play(data.path(), &["gather"], "\nq\n");
    assert!(
        left.stdout
            .ends_with("Saved. The same command continues here.\n")
    );
    goes_on("Lesson 3 of ");
    play(data.path(), &["tasks"], "q\n");
    goes_on("Lesson 2 of ");
    // Behind a lesson that is finished comes the next that is not.
    let mut progress = asyncdemo::progress::Progress::open(data.path()).expect("it opens");
    progress
        .finished("gather", Duration::ZERO)
        .expect("it is kept");
    progress
        .finished("tasks", Duration::ZERO)
        .expect("it is kept");
    goes_on("Lesson 4 of ");
    let lessons = asyncdemo::lesson::course::builtin().expect("they can be played");
    let last = &lessons.last().expect("there are some").name;
    progress.finished(last, Duration::ZERO).expect("it is kept");
    goes_on("Lesson 1 of ");
}

#[test]
fn nothing_is_called_saved_that_is_kept_nowhere() {
    let data = fresh();
    let file = data.path().join("a-file");
    fs::write(&file, "not a folder").expect("there is room");
    let foreign = course();
    let nowhere = [
        Test::new(["learn", "gather"]).env("HOME", "/dev/null"),
        Test::new(["learn", "gather", "--data-dir"]).args([&file]),
        // Nobody may write there, not even root.
        #[cfg(target_os = "linux")]
        Test::new(["learn", "gather", "--data-dir", "/proc/nowhere"]),
        Test::new(["learn", "--data-dir"]).args([
            file.as_os_str(),
            "--course".as_ref(),
            foreign.path().as_os_str(),
        ]),
    ];
    for learning in nowhere {
        let output = learning.output();
        assert_eq!(output.status, Some(0), "{}", output.stderr);
        let told = "Not saved: there is no place for your progress.\n";
        assert!(output.stdout.ends_with(told), "{}", output.stdout);
        assert!(
            !output.stdout.contains("continues here"),
            "{}",
            output.stdout
        );
        assert!(output.stderr.contains("what you do now is not saved"));
    }
}

/// As on a full disk: no file may grow.
#[cfg(unix)]
#[test]
fn nothing_is_called_saved_that_the_disk_has_no_room_for() {
    let data = fresh();
    let full = |blocks: &str| {
        let line = format!(
            "ulimit -f {blocks}; exec {} learn gather --data-dir {} </dev/null",
            env!("CARGO_BIN_EXE_asyncdemo"),
            data.path().display()
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &line])
            .output()
            .expect("there is a shell");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{told}");
        (String::from_utf8_lossy(&output.stdout).into_owned(), told)
    };
    // First there is no store yet; then there is one, and nothing can be added.
    for begun in [false, true] {
        if begun {
            play(data.path(), &["gather"], "\nq\n");
        }
        let (screen, told) = full("0");
        let last = screen.trim_end().lines().last().unwrap_or_default();
        assert!(last.starts_with("Not saved: "), "{last}\n{told}");
        assert!(told.contains("saved."), "{told}");
    }
    let again = play(data.path(), &["gather"], "q\n");
    assert!(
        again.stdout.contains("You stopped at step 2."),
        "{}",
        again.stdout
    );
}

#[test]
fn a_course_keeps_its_progress_apart() {
    let (course, other, data) = (course(), course(), fresh());
    let answers = data.path().join("answers.txt");
    let play = |course: &Path, typed: &str| {
        fs::write(&answers, typed).expect("there is room");
        Test::new(["learn", "--course"])
            .args([
                course.as_os_str(),
                "--answers".as_ref(),
                answers.as_os_str(),
            ])
            .args(["--data-dir".as_ref(), data.path().as_os_str()])
            .output()
    };
    let first = play(course.path(), "\nq\n");
    assert!(
        first
            .stdout
            .ends_with("Saved. The same command continues here.\n")
    );
    let second = play(course.path(), "q\n");
    in_order(&second.stdout, &["You stopped at step 2.", "step 2 of 6"]);
    let elsewhere = play(other.path(), "q\n");
    assert!(
        elsewhere.stdout.contains("step 1 of 6"),
        "{}",
        elsewhere.stdout
    );
    // Moved to another place it is the same; given another name, too, if it says what it is called.
    let moved = data.path().join("elsewhere");
    fs::create_dir(&moved).expect("there is room");
    let moved = moved.join(course.path().file_name().expect("it has a name"));
    fs::rename(course.path(), &moved).expect("it can be moved");
    let third = play(&moved, "q\n");
    in_order(&third.stdout, &["You stopped at step 2.", "step 2 of 6"]);
    let named = LESSON.replacen("minutes = 5", "minutes = 5\ncourse = \"small-waits\"", 1);
    fs::write(moved.join("01-small.md"), named).expect("there is room");
    play(&moved, "\nq\n");
    let renamed = data.path().join("renamed");
    fs::rename(&moved, &renamed).expect("it can be moved");
    let fourth = play(&renamed, "q\n");
    in_order(&fourth.stdout, &["You stopped at step 2.", "step 2 of 6"]);
    // Of the built-in lessons nothing was begun.
    let status = Test::new(["status", "--data-dir"])
        .args([data.path()])
        .output();
    assert!(
        status.stdout.contains("Nothing is done yet"),
        "{}",
        status.stdout
    );
}

#[test]
fn a_lesson_that_is_not_there_is_refused_with_those_that_are() {
    for command in ["learn", "present"] {
        let output = Test::new([command, "nosuch"]).output();
        assert_eq!((output.status, &*output.stdout), (Some(2), ""));
        let told = "there is no lesson `nosuch`; there are ";
        assert!(output.stderr.contains(told), "{}", output.stderr);
    }
}

#[test]
fn progress_that_cannot_be_kept_is_told_once_and_the_lesson_plays() {
    let data = tempfile::tempdir().expect("there is room");
    let place = data.path().join("a-file");
    fs::write(&place, "not a folder").expect("there is room");
    let answers = data.path().join("answers.txt");
    fs::write(&answers, "q\n").expect("there is room");
    let output = Test::new(["learn", "1", "--data-dir"])
        .args([place.as_os_str(), "--answers".as_ref(), answers.as_os_str()])
        .output();
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("a-file"), "{}", output.stderr);
    assert!(output.stderr.contains("what you do now is not saved"));
    assert!(output.stdout.contains("Lesson 1 of "));
    assert_eq!(fs::read(&place).expect("it is there"), b"not a folder");
}

/// What a learner types who is always right, whose progress is kept in `data`. What holds is proved by `course check`.
fn right_answers(data: &Path, lesson: &Lesson, steps: &[Step]) -> String {
    let progress = asyncdemo::progress::Progress::open(data).expect("it opens");
    // Each learner has an order of their own.
    let letters = |question: &str, rights: Vec<bool>| -> String {
        let places = order(progress.seed(), lesson, question, rights.len());
        let letters = ('a'..).zip(places).filter(|(_, place)| rights[*place]);
        letters.map(|(letter, _)| format!("{letter} ")).collect()
    };
    let answer = |step: &Step| match &step.kind {
        Kind::Prose(_) | Kind::Code(_) => "\n".to_owned(),
        Kind::Run(_) => "\n\n".to_owned(),
        // The knob as suggested, no prediction where one is asked for, and on.
        Kind::Try(_) => "\n\n\n\n".to_owned(),
        Kind::Spot(spot) => {
            let mut lines = spot.quiz().choices.into_iter();
            let right = lines.position(|line| line.right).expect("one is right");
            format!("{}\n\n", right + 1)
        }
        Kind::Repair(repair) => {
            let rights = repair.choices.iter().map(|choice| choice.right).collect();
            let letters = letters(&repair.question, rights);
            let first = letters.split(' ').next().expect("one is right");
            format!("{first}\n\n")
        }
        Kind::Predict(predict) if predict.choices.is_empty() => {
            format!("{}\n\n", predict.answer)
        }
        Kind::Predict(predict) => {
            let choices = predict.choices.iter();
            let rights = choices.map(|choice| choice.value == predict.answer);
            format!("{}\n\n", letters(&predict.question, rights.collect()))
        }
        Kind::Quiz(quiz) => {
            let rights = quiz.choices.iter().map(|choice| choice.right).collect();
            format!("{}\n\n", letters(&quiz.question, rights))
        }
    };
    steps.iter().map(answer).collect()
}

fn built_in(name: &str) -> &'static Lesson {
    let lessons = asyncdemo::lesson::course::builtin().expect("they can be played");
    let lesson = lessons.iter().find(|lesson| lesson.name == name);
    lesson.expect("it is there")
}

/// What `status` says of a lesson.
#[track_caller]
fn row(data: &Path, lesson: &str) -> serde_json::Value {
    let status = Test::new(["status", "--format", "json", "--data-dir"])
        .args([data])
        .output();
    let status: serde_json::Value = serde_json::from_str(&status.stdout).expect("it is JSON");
    let rows = status["lessons"].as_array().expect("a row for each");
    let row = rows.iter().find(|row| row["name"] == lesson);
    row.expect("it was played").clone()
}

/// Again and again, nothing of the program runs for a while.
#[cfg(unix)]
#[test]
fn whatever_the_machine_does_a_right_answer_is_not_marked_wrong() {
    let lesson = built_in("tasks");
    let mut predictions = 0;
    let until = lesson.steps.iter().position(|step| {
        predictions += usize::from(matches!(step.kind, Kind::Predict(_)));
        predictions > 2
    });
    let steps = &lesson.steps[..until.expect("it has predictions")];
    let data = tempfile::tempdir().expect("there is room");
    let answers = right_answers(data.path(), lesson, steps) + "q\n";
    let file = data.path().join("answers.txt");
    fs::write(&file, answers).expect("there is room");
    let mut learning = Test::new(["learn", "tasks", "--answers"])
        .args([
            file.as_os_str(),
            "--data-dir".as_ref(),
            data.path().as_os_str(),
        ])
        .start();
    while learning.runs() {
        for (name, millis) in [("STOP", 250), ("CONT", 40)] {
            signal(name, learning.pid());
            wait(Duration::from_millis(millis));
        }
    }
    let output = learning.output();
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(
        output.stdout.matches("✓ You said").count(),
        2,
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains("✗ You said"), "{}", output.stdout);
    let row = row(data.path(), "tasks");
    assert_eq!(row["predictions"]["right_count"], 2, "{row}");
    assert_eq!(row["predictions"]["asked_count"], 2, "{row}");
    assert_eq!(row["to_review_count"], 0, "{row}");
}

/// As a run is that is always disturbed: what arithmetic says is never measured.
#[test]
fn what_is_right_by_arithmetic_is_told_so_after_three_runs() {
    let course = course();
    let lesson = LESSON
        .replace("join.wall_s", "join.tasks.fetch two.end_s")
        .replacen("answer = \"300ms\"", "answer = \"40ms\"", 1);
    fs::write(course.path().join("01-small.md"), lesson).expect("there is room");
    for (typed, told) in [
        (
            "40ms",
            "✓ You said: 40 ms. Right by arithmetic; this run was disturbed: it was ",
        ),
        (
            "300ms",
            "· You said: 300 ms. This run was disturbed: it was ",
        ),
        (
            "1h",
            "✗ You said: 3600.0 s. By arithmetic it is 40 ms. This run was disturbed: it",
        ),
    ] {
        let output = learn(course.path(), &format!("\n{typed}\nq\n"));
        let screen = output
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let again = ["It runs again (2 of 3).", "It runs again (3 of 3)."];
        in_order(&screen, &[again[0], again[1], told.trim_end()]);
    }
}

#[test]
fn a_bare_number_is_asked_back() {
    let course = course();
    let output = learn(course.path(), "\n300\nms\n\nq\n");
    let asked = [
        "> 300\n",
        "300 what: ms or s?",
        "> ms\n",
        "You said: 300 ms.",
    ];
    in_order(&output.stdout, &asked);
    assert!(!output.stdout.contains('✗'), "{}", output.stdout);
    // What is typed in full is taken as it is, and another number is asked back again.
    let output = learn(course.path(), "\n3\n0.3\n300ms\n\nq\n");
    let asked = [
        "3 what: ms or s?",
        "0.3 what: ms or s?",
        "You said: 300 ms.",
    ];
    in_order(&output.stdout, &asked);
    let output = learn(course.path(), "\n1,000 ms\n1s\n\nq\n");
    in_order(
        &output.stdout,
        &[
            "1000 ms, or 1.000 ms? Type it without the comma.",
            "You said: 1.000 s.",
        ],
    );
}

#[test]
fn what_was_skipped_is_not_wrong() {
    let data = tempfile::tempdir().expect("there is room");
    let lesson = built_in("gather");
    let at = lesson
        .steps
        .iter()
        .position(|step| matches!(step.kind, Kind::Predict(_)));
    let before = &lesson.steps[..at.expect("it has predictions")];
    let file = data.path().join("answers.txt");
    fs::write(
        &file,
        right_answers(data.path(), lesson, before) + "\n\nq\n",
    )
    .expect("there is room");
    let output = Test::new(["learn", "gather", "--answers"])
        .args([
            file.as_os_str(),
            "--data-dir".as_ref(),
            data.path().as_os_str(),
        ])
        .output();
    in_order(
        &output.stdout,
        &["Even a wild guess helps", "· It took ", "> q"],
    );
    assert!(!output.stdout.contains('✗'), "{}", output.stdout);
    let row = row(data.path(), "gather");
    assert_eq!(
        (&row["predictions"]["asked_count"], &row["to_review_count"]),
        (&0.into(), &0.into())
    );
}

#[test]
fn c_is_an_answer_or_nothing_and_code_shows_the_code() {
    let course = course();
    // Of two choices, c is none.
    let output = learn(course.path(), "\n300ms\n\nc\ncode\n{two}\nq\n");
    let words = "or a word: back, code, hint,";
    in_order(
        &output.stdout,
        &[
            "- b ",
            "> c",
            words,
            "> code",
            "async fn join(",
            "You said: two.",
        ],
    );
    // Of three, it is one.
    let output = learn(course.path(), "\n300ms\n\n{one}\n\ncode\nc\n\nq\n");
    in_order(
        &output.stdout,
        &["- c ", "> code", "async fn fetch(", "> c", "Not quite."],
    );
}

#[test]
fn a_concepts_name_finds_its_lesson_and_a_misspelt_one_is_understood() {
    let data = tempfile::tempdir().expect("there is room");
    let file = data.path().join("answers.txt");
    fs::write(&file, "q\n").expect("there is room");
    for entry in asyncdemo::concepts::ALL {
        let name = entry.about.name;
        let output = Test::new(["learn", name, "--answers"])
            .args([
                file.as_os_str(),
                "--data-dir".as_ref(),
                data.path().as_os_str(),
            ])
            .output();
        assert_eq!(output.status, Some(0), "{name}: {}", output.stderr);
    }
    for (typed, meant) in [
        ("databse", "`database`"),
        ("bloking", "`blocking`"),
        ("time", "`timeouts`"),
    ] {
        let output = Test::new(["learn", typed]).output();
        assert_eq!(output.status, Some(2));
        let told = format!("there is no lesson `{typed}`; there are ");
        assert!(output.stderr.contains(&told), "{}", output.stderr);
        let meant = format!(". Did you mean {meant}?\n");
        assert!(output.stderr.contains(&meant), "{}", output.stderr);
    }
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

#[test]
fn what_was_missed_comes_back_when_it_is_due() {
    let data = tempfile::tempdir().expect("there is room");
    let data_dir = ["--data-dir".as_ref(), data.path().as_os_str()];
    let review = Test::new(["review"]).args(data_dir).output();
    assert_eq!((review.status, &*review.stderr), (Some(0), ""));
    assert!(review.stdout.contains("Nothing is due."));

    // Missed long ago, as the store has it.
    let lessons = asyncdemo::lesson::course::builtin().expect("they can be played");
    let (lesson, at, quiz) = lessons
        .iter()
        .find_map(|lesson| {
            let quiz = |step: &asyncdemo::lesson::Step| match &step.kind {
                asyncdemo::lesson::Kind::Quiz(quiz) => Some(quiz.clone()),
                _ => None,
            };
            let at = lesson.steps.iter().position(|step| quiz(step).is_some())?;
            Some((lesson, at, quiz(&lesson.steps[at])?))
        })
        .expect("there are questions");
    let mut progress = asyncdemo::progress::Progress::open(data.path()).expect("it opens");
    let kind = asyncdemo::progress::QuestionKind::Quiz;
    progress
        .answered(&lesson.name, at, kind, &quiz.question, "a", false)
        .expect("it is kept");
    let much_later = std::time::SystemTime::now() + std::time::Duration::from_secs(8 * 86_400);
    let due = progress.due(much_later).expect("it is read");
    assert_eq!(due.len(), 1);
    assert_eq!(
        (&due[0].lesson, &due[0].question),
        (&lesson.name, &quiz.question)
    );
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

/// A lesson of every block: what is at fault, what mends it, and a knob that is predicted.
const SECOND: &str = r#"# Second

```toml lesson
title = "A second lesson"
question = "How long do two waits take?"
concept = "gather"
minutes = 5
belief = "Two waits take as long as their sum."
```

```toml code
concept = "gather"
strategy = "created-first"
```

```toml predict
question = "How long, with join?"
run = "gather --delays 100ms,300ms --strategy join"
value = "join.wall_s"
unit = "time"
answer = "300ms"
tolerance = 30
choices = [
  { text = "400 ms", value = "400ms", belief = true },
  { text = "300 ms", value = "300ms" },
  { text = "100 ms", value = "100ms" },
]
why = "As long as the longest."
```

```toml spot
question = "Which line makes the second wait late?"
code = '''
async def both():
    one = await fetch(1)
    return one, await fetch(2)
'''
lines = [
  { line = "async def", why = "It only begins the function." },
  { line = "one = await", right = true, why = "The second is not made before it is done." },
  { line = "return one", why = "It comes too late to be at fault." },
]
```

```toml repair
question = "Which line needs 300 ms?"
code = '''
async def both():
    ____
'''
value = "wall_s"
unit = "time"
goal = "at most 350ms"
choices = [
  { text = "return await one(), await two()", run = "gather --delays 100ms,300ms --strategy sequential", why = "A sum." },
  { text = "return await gather(one(), two())", run = "gather --delays 100ms,300ms --strategy join", right = true, why = "The longest." },
  { text = "a, b = one(), two()\nreturn await a, await b", run = "gather --delays 100ms,300ms --strategy created-first", why = "Nothing had begun." },
]
```

```toml try
question = "What if both are equal?"
run = "gather --strategy join"
knob = "--delays"
suggest = "20ms,20ms"
value = "join.wall_s"
unit = "time"
tolerance = 90
why = "They overlap fully."
```

## In your project

Look for two lines with `await`.
"#;

fn second() -> (tempfile::TempDir, Lesson) {
    let course = tempfile::tempdir().expect("there is room");
    fs::write(course.path().join("01-second.md"), SECOND).expect("there is room");
    let lesson = asyncdemo::lesson::parse("01-second.md", SECOND).expect("it is a lesson");
    (course, lesson)
}

#[test]
fn a_line_is_found_and_one_is_mended_and_the_run_decides() {
    let (_, lesson) = second();
    let data = fresh();
    let course = data.path().join("course");
    fs::create_dir(&course).expect("there is room");
    fs::write(course.join("01-second.md"), SECOND).expect("there is room");
    let letter = |question, choice| letter_of(data.path(), &course, &lesson, question, (choice, 3));
    let predict = letter("How long, with join?", 1);
    let repair = |choice| letter("Which line needs 300 ms?", choice);
    let answers = format!(
        "\n{predict}\n\n9\n2\n\n\n{}\n{}\n\n10ms,30ms\n30ms\n\n\n",
        repair(0),
        repair(1)
    );
    let file = data.path().join("answers.txt");
    fs::write(&file, answers).expect("there is room");
    let output = Test::new(["learn", "--course"])
        .args([course.as_os_str(), "--answers".as_ref(), file.as_os_str()])
        .args(["--data-dir".as_ref(), data.path().as_os_str()])
        .output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    in_order(
        &output.stdout,
        &[
            "async fn created_first(",
            "step 2 of 6",
            "You said: 300 ms.",
            "Which line makes the second wait late?",
            " 1  async def both():",
            " 2      one = await fetch(1)",
            " 3      return one",
            "> 9",
            "Type the number that stands before a line",
            "> 2",
            "✓ Right.",
            "2 right: The second is not made",
            "The goal for the time in all: at most 350ms.",
            "Choose one first.",
            "return await one(), await two()",
            "✗ It took ",
            "is missed.",
            "A sum.",
            "return await gather(one(), two())",
            "is met.",
            "The longest.",
            "--delays (Enter: 20ms,20ms) > 10ms,30ms",
            "Your prediction",
            "✓ You said: 30 ms. It took ",
            "They overlap fully.",
            "In your project",
            "Lesson 1 is done",
            "1 of 1 predictions right, 1 of 2 questions right.",
            "That was the last lesson.",
        ],
    );
    // Neither the instrument nor a comment stands above the question.
    let shown = &output.stdout[..output
        .stdout
        .find("How long, with join?")
        .expect("it is asked")];
    assert!(
        !shown.contains("recorder") && !shown.contains("//"),
        "{shown}"
    );
}

#[test]
fn before_the_run_code_tells_nothing_and_behind_it_all() {
    let data = fresh();
    let (course, lesson) = second();
    let answers = right_answers(data.path(), &lesson, &lesson.steps[..1]) + "code\n\n\ncode\nq\n";
    let file = data.path().join("answers.txt");
    fs::write(&file, answers).expect("there is room");
    let output = Test::new(["learn", "--course"])
        .args([course.path().as_os_str(), "--answers".as_ref()])
        .args([
            file.as_os_str(),
            "--data-dir".as_ref(),
            data.path().as_os_str(),
        ])
        .output();
    let (before, behind) = output
        .stdout
        .split_once("As long as the longest.")
        .expect("it ran");
    assert!(!before.contains("recorder.track"), "{before}");
    assert!(behind.contains("recorder.track(\"fetch one\""), "{behind}");
}

#[test]
fn a_course_check_runs_every_choice_of_a_repair() {
    let (course, _) = second();
    let check = || {
        Test::new(["course", "check"])
            .args([course.path()])
            .args(["--format", "json"])
            .output()
    };
    let found = |output: &Output| -> serde_json::Value {
        serde_json::from_str(&output.stdout).expect("it is JSON")
    };
    let holds = found(&check());
    let tested = holds["lessons"][0]["predictions"]
        .as_array()
        .expect("they were run");
    assert_eq!(tested.len(), 4, "{holds}");
    assert_eq!(tested[1]["answer"], "not at most 350ms");
    assert!(
        tested[1..].iter().all(|choice| choice["holds"] == true),
        "{holds}"
    );
    // What is stated of one is not so.
    let lie = SECOND.replace(
        "strategy join\", right = true, why = \"The longest.\"",
        "strategy created-first\", right = true, why = \"The longest.\"",
    );
    fs::write(course.path().join("01-second.md"), lie).expect("there is room");
    let told = check().stdout;
    assert!(
        told.contains("expected the choice `return await gather(one(), two())` to meet the goal, at most 350ms: measured 4"),
        "{told}"
    );
}
