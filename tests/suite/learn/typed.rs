//! What is typed: keys, letters, numbers, and what is none of them.

use super::*;

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
