//! What there is, and how one is helped.

use super::*;

#[test]
fn alone_it_shows_what_there_is_and_where_to_start() {
    let overview = format!(
        "\
asyncdemo    see async run: predict, run, look, understand

Start here
  asyncdemo gather            1 s + 2 s takes 2 s. Why?         6 s
  asyncdemo blocking-pitfall  one blocking call, and all wait   3 s
  asyncdemo gather --code     the code that runs, then the run  6 s
  asyncdemo tour              every belief put to the test      20 s
  asyncdemo learn             the course, from the beginning    14 lessons

Concepts
{}
asyncdemo CONCEPT --help shows the knobs and examples.
",
        concepts()
    );
    Test::new([""; 0]).stdout(overview).run();
}

#[test]
fn list_gives_each_concept_with_its_question() {
    Test::new(["list"]).stdout(concepts()).run();
}

#[test]
fn list_as_json_is_for_scripts() {
    let listed = Test::new(["list", "--format", "json"]).output().stdout;
    let first = concat!(
        r#"[{"name":"sleep","title":"what an async fn is","#,
        r#""question":"What do async and await do?","python":"async def, await","strategies":["#,
        r#"{"name":"sequential","summary":"each fetch awaited before the next","default":true},"#,
        r#"{"name":"concurrent","summary":"join_all: one thread awaits them all","default":true},"#,
        r#"{"name":"threads","summary":"a thread for each, asleep inside: std::thread::sleep","default":false},"#,
        r#"{"name":"unawaited","summary":"each future made, and never awaited","default":true}]},{"#,
    );
    assert!(listed.starts_with(first), "{listed}");
    let strategies = |concept: &Entry| -> Vec<_> {
        let strategies = (concept.strategies)(&[]).unwrap().into_iter();
        strategies
            .map(|strategy| {
                serde_json::json!({
                    "name": strategy.name,
                    "summary": strategy.summary,
                    "default": strategy.by_default,
                })
            })
            .collect()
    };
    let expected: serde_json::Value = ALL
        .iter()
        .map(|concept| {
            serde_json::json!({
                "name": concept.about.name,
                "title": concept.about.title,
                "question": concept.about.question,
                "python": concept.about.python,
                "strategies": strategies(concept),
            })
        })
        .collect();
    let found: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(found, expected);
    assert_eq!(listed.lines().count(), 1, "one line, like a report");
}

#[test]
fn where_to_start_is_a_command_that_is_accepted() {
    let overview = Test::new([""; 0]).output().stdout;
    let start = overview
        .lines()
        .skip_while(|line| *line != "Start here")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let mut tried = 0;
    for line in start {
        let command: Vec<_> = line
            .trim()
            .split("  ")
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        if ALL.iter().any(|concept| concept.about.name == command[1]) {
            assert!(Cli::parse_from(&command).is_ok(), "{command:?}");
            tried += 1;
        } else {
            println!("{} is no concept yet", command[1]);
        }
    }
    assert!(tried >= 2, "{overview}");
}

#[test]
fn help_explains_a_term_and_lists_them() {
    let explained = "lane\n\nOne row of the timeline: a task from its first poll to its end, or work on a\nthread of the blocking pool.\n";
    for typed in [&["help", "lane"][..], &["help", "Lanes"]] {
        Test::new(typed).stdout(explained).run();
    }
    let terms = Test::new(["help", "terms"]).output().stdout;
    assert!(
        terms.contains("event loop") && terms.contains("worker"),
        "{terms}"
    );
    // A command is a command, whatever else the word means.
    let timeout = Test::new(["help", "timeout"]).output().stdout;
    assert!(timeout.contains("Usage: asyncdemo timeout"), "{timeout}");
    let unknown = Test::new(["help", "banana"]).output();
    assert_eq!(unknown.status, Some(2));
    assert!(
        unknown.stderr.contains("asyncdemo help terms"),
        "{}",
        unknown.stderr
    );
}

/// The narrowest terminal that most people have: what is longer is broken there, and a command with it.
#[test]
fn no_example_of_any_help_is_wider_than_80_columns() {
    let all = Test::new(["help"]).output().stdout;
    let commands = all.lines().filter_map(|line| line.strip_prefix("  "));
    let commands = commands.filter(|line| line.starts_with(|ch: char| ch.is_ascii_lowercase()));
    let mut seen = 0;
    for command in commands.filter_map(|line| line.split("  ").next()) {
        let output = Test::new(["help", command]).output();
        if output.status != Some(0) {
            continue;
        }
        let examples = output.stdout.split("xamples:\n").skip(1);
        for line in examples.flat_map(str::lines) {
            let is_example = line.starts_with("  ");
            seen += usize::from(is_example);
            assert!(
                !is_example || line.chars().count() <= 80,
                "{command}: {line}"
            );
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn help_ends_with_examples_that_stand_in_line() {
    for concept in ALL {
        let help = help(concept);
        let (_, examples) = help
            .split_once("\nExamples:\n")
            .unwrap_or_else(|| panic!("no examples: {help}"));
        let (commands, told): (Vec<_>, Vec<_>) = examples
            .lines()
            .partition(|line| line.trim_start().starts_with("asyncdemo "));
        assert!(
            commands.iter().all(|line| line.starts_with("  asyncdemo ")),
            "{examples}"
        );
        assert!(
            told.iter().all(|line| line.starts_with("        ")),
            "what a line is for, below it: {examples}"
        );
        assert!(help.starts_with(concept.about.question), "{help}");
    }
}
