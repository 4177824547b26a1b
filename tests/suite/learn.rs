//! A lesson, played to its end by whoever types, by a file, and by nobody.

mod judged;
mod kept;
mod mended;
mod played;
mod typed;

use crate::support::{Output, Test};
#[cfg(unix)]
use crate::support::{signal, wait};
use asyncdemo::lesson::{Kind, Lesson, Step, order};
use std::fs;
use std::path::Path;
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
