//! Where it goes on, and what is kept of it.

use super::*;

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
