//! What a prediction is worth: nobody is marked wrong by a disturbed run.

use super::*;

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
