//! What keeping progress costs: a thousand changes, each a transaction of its own, in a file.
//!
//! `cargo bench --bench progress`, in the directory for temporary files (`TMPDIR`).
#![expect(clippy::print_stdout, reason = "its figures are its output")]

use std::time::{Duration, Instant};

use asyncdemo::progress::{Progress, QuestionKind};

const WRITES: usize = 1_000;
const ROUNDS: usize = 5;
const STEPS: usize = 25;
const SPENT: Duration = Duration::from_secs(20);

fn main() {
    let (mut writes, mut opens, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let place = tempfile::tempdir().expect("there is a place for temporary files");
        let mut progress = Progress::open(place.path()).expect("a new database");
        let start = Instant::now();
        // As in lessons: an answer, and on to the next step.
        for write in 0..WRITES / 2 {
            let (lesson, step) = (format!("lesson {}", write / STEPS % 12), write % STEPS);
            let question = format!("question {step}");
            progress
                .answered(
                    &lesson,
                    step,
                    QuestionKind::Predict,
                    &question,
                    "200ms",
                    write % 3 > 0,
                )
                .expect("it is kept");
            progress
                .reached(&lesson, step + 1, STEPS, SPENT)
                .expect("it is kept");
        }
        writes.push(start.elapsed());
        drop(progress);

        let start = Instant::now();
        let progress = Progress::open(place.path()).expect("it is there");
        opens.push(start.elapsed());
        let start = Instant::now();
        let lessons = progress.lessons().expect("it can be read");
        reads.push(start.elapsed());
        assert_eq!(lessons.len(), 12);
    }
    let told = |what: &str, mut times: Vec<Duration>, target: &str| {
        times.sort();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "  {what:<22}{:8.1} ms, from {:.1} to {:.1} ms{target}",
            ms(times[ROUNDS / 2]),
            ms(times[0]),
            ms(times[ROUNDS - 1]),
        );
    };
    println!("the median of {ROUNDS}");
    told("1,000 writes", writes, " (target: under 1 s)");
    told("opening it again", opens, "");
    told("the status", reads, "");
}
