//! A line to find, a line to replace, and code above a question.

use super::*;

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
