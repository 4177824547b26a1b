//! What a course predicts is run, and wrong answers are refused.

use super::*;

#[test]
fn a_prediction_that_fails_is_told_with_its_figures() {
    has_one_problem(
        &[("answer = \"0\"", "answer = \"2\"")],
        SECOND_PREDICT,
        "expected `unawaited.metrics.fetches_begun_count` within 0 % of the answer 2, measured 0, 0, 0 in 3 tries",
    );
    let (_, second) = LESSON.split_once("answer = \"0\"").unwrap();
    let (choices, _) = second.split_once("why").unwrap();
    let in_seconds = choices
        .replace("\"2\"", "\"100s\"")
        .replace("\"0\"", "\"1s\"");
    let folder = course(&[
        ("unawaited.metrics.fetches_begun_count", "sequential.wall_s"),
        ("--strategy unawaited", "--strategy sequential"),
        (choices, &in_seconds.replace("\"3\"", "\"3s\"")),
        (
            "unit = \"count\"\nanswer = \"0\"",
            "unit = \"time\"\nanswer = \"100s\"",
        ),
    ]);
    let [problem] = &problems(folder.path())[..] else {
        unreachable!("one problem");
    };
    // What arithmetic contradicts need not be run again.
    let begin = format!(
        "01-waiting.md:{SECOND_PREDICT}: expected an answer within 0 % of 30 ms, which arithmetic says of `sequential.wall_s`, found 100s: measured "
    );
    let figure = problem.strip_prefix(&begin).expect(problem);
    let figure = figure.strip_suffix(" in 1 try").expect(problem);
    assert!(figure.ends_with('s'), "{problem}");
}

/// Each kind of figure, and what is true of it.
const TRUE: [((&str, &str, &str), f64, &str); 8] = [
    (
        (
            "gather --delays 100ms,200ms --strategy join",
            "join.wall_s",
            "time",
        ),
        200.0,
        "ms",
    ),
    (
        (
            "gather --delays 100ms,200ms --strategy join",
            "join.tasks.fetch two.end_s",
            "time",
        ),
        200.0,
        "ms",
    ),
    (
        (
            "blocking-pitfall --block 200ms --strategy thread-sleep",
            "thread-sleep.heartbeat.max_gap_s",
            "time",
        ),
        200.0,
        "ms",
    ),
    (
        (
            "timeout --work 200ms --deadline 50ms --strategy abort-blocking",
            "abort-blocking.metrics.finished_after_s",
            "time",
        ),
        200.0,
        "ms",
    ),
    (
        (
            "sleep --tasks 10 --delay 10ms --strategy concurrent",
            "concurrent.metrics.fetches_begun_count",
            "count",
        ),
        10.0,
        "",
    ),
    (
        (
            "gather --delays 100ms,100ms --strategy sequential --strategy join",
            "join.speedup",
            "times",
        ),
        2.0,
        "x",
    ),
    (
        (
            "queue --strategy bounded --capacity 5 --every 0s --job-time 10ms",
            "bounded.metrics.queue_memory_bytes",
            "bytes",
        ),
        80.0,
        "KiB",
    ),
    // With choices.
    (
        (
            "sleep --tasks 2 --delay 100ms --strategy sequential",
            "sequential.wall_s",
            "time",
        ),
        200.0,
        "ms",
    ),
];

/// Wrong answers by a fifth or by two, one of them for each kind of figure.
#[test]
fn wrong_answers_are_refused_however_busy_the_machine_is() {
    refused([0.8, 1.2, 0.5, 2.0].map(|factor| vec![factor]));
}

/// All of them for each.
#[test]
#[ignore = "keeps every core busy for half a minute: cargo test --test suite -- --ignored wrong_answers"]
fn wrong_answers_of_every_kind_are_refused_however_busy_the_machine_is() {
    refused(std::array::from_fn(|_| vec![0.8, 1.2, 0.5, 2.0]));
}

/// Checks wrong answers, by the factors of the first, second … kind of figure in turn, while every core is busy.
fn refused(factors: [Vec<f64>; 4]) {
    let busy = std::sync::atomic::AtomicBool::new(true);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = 0;
    for ((figure, answer, unit), factors) in TRUE.into_iter().zip(factors.iter().cycle()) {
        for factor in factors {
            let stated = format!("{}{unit}", answer * factor);
            let far = answer * 10.0;
            let choices = format!(
                "choices = [{{ text = \"a\", value = \"{stated}\" }}, {{ text = \"b\", value = \"{answer}{unit}\" }}, {{ text = \"c\", value = \"{far}{unit}\", belief = true }}]\n"
            );
            wrong += 1;
            let file = folder.path().join(format!("{wrong:02}-wrong-{wrong}.md"));
            fs::write(file, prediction(figure, &stated, &choices)).unwrap();
        }
    }
    let begun = std::time::Instant::now();
    let output = std::thread::scope(|scope| {
        for _ in 0..2 * cores {
            scope.spawn(|| {
                while busy.load(std::sync::atomic::Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let output = check(folder.path()).args(["--format", "json"]).output();
        busy.store(false, std::sync::atomic::Ordering::Relaxed);
        output
    });
    println!(
        "{wrong} wrong courses in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(output.status, Some(1), "{}", output.stderr);
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    let lessons = found["lessons"].as_array().unwrap();
    assert!(wrong >= TRUE.len() && lessons.len() == wrong, "{wrong}");
    for lesson in lessons {
        let prediction = &lesson["predictions"][0];
        assert_eq!(prediction["holds"], false, "{lesson}");
        let line = prediction["line"].as_u64().unwrap();
        let mut problems = lesson["problems"].as_array().unwrap().iter();
        let told = problems.any(|problem| problem["line"] == line);
        assert!(told, "{lesson}");
    }
}

#[test]
fn right_answers_of_each_kind_hold() {
    let folder = tempfile::tempdir().unwrap();
    for (at, (figure, answer, unit)) in TRUE.into_iter().enumerate() {
        let file = folder.path().join(format!("{at:02}-right-{at}.md"));
        // How exact a run is under load is not looked at here.
        let lesson = prediction(figure, &format!("{answer}{unit}"), "");
        fs::write(file, lesson.replace("tolerance = 5", "tolerance = 60")).unwrap();
    }
    let output = check(folder.path()).args(["--format", "json"]).output();
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    for lesson in found["lessons"].as_array().unwrap() {
        assert_eq!(lesson["predictions"][0]["holds"], true, "{lesson}");
    }
}
