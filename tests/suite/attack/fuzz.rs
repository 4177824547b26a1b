//! Every parser, with input that was broken on purpose: no panic, no hang, and nothing on the screen that only a
//! terminal should send.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use asyncdemo::concepts::ALL;
use asyncdemo::lab::{Invocation, Trust};
use asyncdemo::lesson::{self, Kind, Lesson, check};
use asyncdemo::page::{self, Style, to_ansi};
use asyncdemo::picture::Picture;
use asyncdemo::progress::Progress;
use asyncdemo::report::Report;
use tempfile::TempDir;

use super::mutate::{self, Dice};

/// Inputs of each kind with the other tests, and at length.
const FEW: u64 = 100;
const MANY: u64 = 100_000;
/// What takes longer hangs.
const HANG: Duration = Duration::from_secs(10);

/// Attacks with `count` seeds, and says which one it was if it panics or hangs.
fn attack(name: &str, count: u64, mut with: impl FnMut(&mut Dice)) {
    struct Seed<'a>(&'a str, u64);
    impl Drop for Seed<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                println!("{}: seed {}", self.0, self.1);
            }
        }
    }
    let mut slowest = (Duration::ZERO, 0);
    for seed in 0..count {
        let named = Seed(name, seed);
        let start = Instant::now();
        with(&mut Dice::new(seed));
        drop(named);
        slowest = slowest.max((start.elapsed(), seed));
    }
    println!(
        "{name}: {count} inputs, the slowest {:?} (seed {})",
        slowest.0, slowest.1
    );
    assert!(
        slowest.0 < HANG,
        "{name}: seed {} took {:?}",
        slowest.1,
        slowest.0
    );
}

fn files(folder: &str, extension: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// Nothing but newlines and colours: no other control code, and no mark that turns the direction of text.
#[track_caller]
fn is_harmless(shown: &str) {
    let mut rest = shown;
    while let Some(at) = rest.find(|ch: char| is_control(ch) && ch != '\n') {
        let code = &rest[at..];
        let end = code.find('m').unwrap_or(0);
        let is_colour = code.starts_with("\u{1b}[")
            && code[2..].starts_with(|ch: char| ch.is_ascii_digit() || ch == 'm')
            && code[2..end.max(2)]
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b';');
        assert!(is_colour, "{:?}", code.chars().take(20).collect::<String>());
        rest = &code[end..];
    }
}

fn is_control(ch: char) -> bool {
    ch.is_control()
        || matches!(ch, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn styles() -> [Style; 3] {
    let plain = Style::default();
    [
        plain,
        Style {
            color: true,
            width: 40,
            ..plain
        },
        Style {
            ascii: true,
            width: 1,
            ..plain
        },
    ]
}

fn show(markdown: &str, style: &Style) {
    is_harmless(&to_ansi(&page::markdown(markdown, style), style));
}

fn play(lesson: &Lesson, style: &Style) {
    for step in &lesson.steps {
        match &step.kind {
            Kind::Prose(text) => show(text, style),
            Kind::Predict(predict) => show(&predict.why, style),
            Kind::Quiz(quiz) => quiz
                .choices
                .iter()
                .for_each(|choice| show(&choice.why, style)),
            Kind::Try(attempt) => show(&attempt.why, style),
            Kind::Spot(spot) => {
                let choices = spot.quiz().choices;
                choices.iter().for_each(|choice| show(&choice.why, style));
            }
            Kind::Repair(repair) => repair.choices.iter().for_each(|choice| {
                show(&choice.why, style);
                let _code = repair.filled(choice);
            }),
            Kind::Run(_) | Kind::Code(_) => {}
        }
    }
}

fn lessons(count: u64) {
    let whole = files("lessons", "md");
    attack("lessons", count, |dice| {
        let broken = mutate::text(&whole[dice.below(whole.len())], dice);
        match lesson::parse("01-broken.md", &broken) {
            Ok(lesson) => {
                let _problems = check::content(&lesson);
                for style in styles() {
                    play(&lesson, &style);
                }
            }
            Err(problem) => assert!(!problem.to_string().is_empty()),
        }
    });
}

fn markdown(count: u64) {
    let whole = files("lessons", "md");
    attack("Markdown", count, |dice| {
        let broken = mutate::text(&whole[dice.below(whole.len())], dice);
        show(&broken, &styles()[dice.below(3)]);
    });
}

fn answers(count: u64) {
    let lessons = lesson::course::builtin().unwrap();
    let typed = [
        "200ms", "1.5 s", "0,2s", "3x", "2 KiB", "a", "a, c", "12", "600", "1m 30s",
    ];
    attack("answers", count, |dice| {
        let lesson = &lessons[dice.below(lessons.len())];
        let broken = mutate::text(dice.pick(&typed), dice);
        for step in &lesson.steps {
            match &step.kind {
                Kind::Predict(predict) => drop(predict.read(&broken)),
                Kind::Quiz(quiz) => drop(quiz.read(&broken)),
                _ => {}
            }
        }
    });
}

fn knobs(count: u64) {
    attack("knobs", count, |dice| {
        let about = &ALL[dice.below(ALL.len())].about;
        let words = if dice.below(2) == 0 {
            about.tour
        } else {
            about.quick
        };
        let line = format!("{} {}", about.name, words.join(" "));
        match Invocation::parse(&mutate::text(&line, dice), Trust::Foreign) {
            Ok(invocation) => {
                let _time = invocation.ideal();
            }
            Err(why) => assert!(!why.to_string().is_empty()),
        }
    });
}

fn reports(count: u64) {
    let whole = files("examples", "json");
    attack("reports", count, |dice| {
        let broken = mutate::text(&whole[dice.below(whole.len())], dice);
        if let Ok(report) = serde_json::from_str::<Report>(&broken) {
            for style in styles() {
                is_harmless(&to_ansi(&Picture::report(&report, style), &style));
            }
        }
    });
}

fn progress(count: u64) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("progress.db");
    let mut kept = Progress::open(directory.path()).unwrap();
    kept.finished("gather", Duration::from_secs(60)).unwrap();
    drop(kept);
    let whole = fs::read(&file).unwrap();
    attack("progress files", count, |dice| {
        let broken = mutate::bytes(&whole, dice);
        fs::write(&file, &broken).unwrap();
        if let Ok(Some(progress)) = Progress::open_existing(directory.path()) {
            let _lessons = progress.lessons();
            let _due = progress.due(std::time::SystemTime::now());
        }
        for beside in ["progress.db-wal", "progress.db-shm"] {
            let _gone = fs::remove_file(directory.path().join(beside));
        }
    });
}

#[test]
fn every_parser_bears_broken_input() {
    lessons(FEW);
    markdown(FEW);
    answers(FEW);
    knobs(FEW);
    reports(FEW);
    progress(FEW);
}

#[test]
#[ignore = "minutes: 100,000 inputs; see docs/reliability.md"]
fn many_broken_lessons() {
    lessons(MANY);
    within_memory();
}

#[test]
#[ignore = "minutes: 100,000 inputs; see docs/reliability.md"]
fn many_broken_texts() {
    markdown(MANY);
    within_memory();
}

#[test]
#[ignore = "minutes: 100,000 inputs; see docs/reliability.md"]
fn many_broken_answers_and_knobs() {
    answers(MANY);
    knobs(MANY);
    within_memory();
}

#[test]
#[ignore = "minutes: 100,000 inputs; see docs/reliability.md"]
fn many_broken_reports() {
    reports(MANY);
    within_memory();
}

#[test]
#[ignore = "minutes: 10,000 files; see docs/reliability.md"]
fn many_broken_progress_files() {
    progress(MANY / 10);
    within_memory();
}

/// All of it in 500 MB.
pub(super) fn within_memory() {
    #[cfg(unix)]
    {
        let used =
            nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap();
        // Linux counts kibibytes, macOS bytes: the bound is Linux's.
        println!("at most {} MiB of memory", used.max_rss() / 1024);
        assert!(
            cfg!(target_os = "macos") || used.max_rss() < 500 * 1024,
            "{} KiB",
            used.max_rss()
        );
    }
}
