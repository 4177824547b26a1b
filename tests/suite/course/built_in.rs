//! The lessons in this program: what they answer, and how long they are.

use asyncdemo::lab::{Invocation, Trust};
use asyncdemo::lesson::check::Reading;
use asyncdemo::lesson::{Kind, Step, course};

use crate::support::Test;

/// The cells of the rows of `docs/course.md`, without those of the head.
fn answered() -> Vec<[String; 3]> {
    let text = include_str!("../../../docs/course.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let cells = |row: &str| {
        let cells = row.trim_matches('|').split('|').map(|cell| cell.trim());
        let cells: Vec<_> = cells.map(|cell| cell.to_owned()).collect();
        <[String; 3]>::try_from(cells).expect("three cells a row")
    };
    rows.skip(2).map(cells).collect()
}

#[test]
fn what_people_ask_is_answered_where_the_table_says() {
    let lessons = course::builtin().expect("they can be played");
    let rows = answered();
    assert!(rows.len() > 15, "{}", rows.len());
    let code = |cell: &str| cell.strip_prefix('`')?.strip_suffix('`').map(str::to_owned);
    for [question, lesson, command] in rows {
        let name = code(&lesson);
        let there = |name: String| lessons.iter().any(|lesson| lesson.name == name);
        assert!(name.is_some_and(there), "{question}: no lesson {lesson}");
        let line = code(&command).unwrap_or_default();
        let words: Vec<_> = line.split(' ').collect();
        assert_eq!(words[0], "asyncdemo", "{question}: {command}");
        if words.last() == Some(&"--help") {
            let help = Test::new(&words[1..]).output();
            assert_eq!(help.status, Some(0), "{command}: {}", help.stderr);
            continue;
        }
        let line = words[1..].join(" ");
        let parsed = Invocation::parse(&line, Trust::Own);
        assert!(parsed.is_ok(), "{question}: {parsed:?}");
    }
}

/// Its words, its questions, and its runs as arithmetic has them: of a repair the longest choice.
#[test]
fn each_lesson_here_takes_from_6_to_11_minutes() {
    let lessons = course::builtin().expect("they can be played");
    let ideal = |line: &String| {
        let parsed = Invocation::parse(line, Trust::Own);
        parsed.expect("it can be run").ideal().as_secs_f64()
    };
    let mut told = Vec::new();
    for lesson in lessons {
        let runs = |step: &Step| {
            let lines = step.commands();
            lines.iter().map(ideal).fold(0.0, f64::max)
        };
        let runs = lesson.steps.iter().map(runs).sum();
        let minutes = Reading::of(lesson).minutes(runs);
        println!("{} {minutes:.2}", lesson.name);
        let stated = f64::from(lesson.about.minutes);
        if !(6.0..=11.0).contains(&minutes) || (minutes - stated).abs() > 1.0 {
            told.push(format!("{}: {minutes:.1} of {stated}", lesson.name));
        }
    }
    assert_eq!(told, [""; 0]);
}

/// More is no screen, and no reading.
#[test]
fn a_lesson_shows_16_lines_of_code_at_a_time() {
    let lessons = course::builtin().expect("they can be played");
    let mut told = Vec::new();
    for lesson in lessons {
        for step in &lesson.steps {
            let longest = match &step.kind {
                Kind::Prose(text) => {
                    let fences = text.split("```").skip(1).step_by(2);
                    fences.map(|fence| fence.lines().count() - 1).max()
                }
                Kind::Spot(spot) => spot.code.as_ref().map(|code| code.trim().lines().count()),
                Kind::Repair(repair) => Some(repair.code.trim().lines().count()),
                _ => None,
            };
            if longest > Some(16) {
                told.push(format!("{}:{}", lesson.file, step.line));
            }
        }
    }
    assert_eq!(told, [""; 0]);
}
