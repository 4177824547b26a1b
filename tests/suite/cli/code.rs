//! The code of what runs.

use super::*;

#[test]
fn the_code_is_shown_before_it_runs() {
    for concept in ALL {
        let stdout = Test::quick(concept)
            .args(["--all", "--code"])
            .output()
            .stdout;
        let mut rest = stdout.as_str();
        for strategy in quick_strategies(concept) {
            let source = region(concept.about.source, strategy.name).unwrap();
            let shown = page::to_ansi(
                &page::code(source, Language::Rust, &Style::default()),
                &Style::default(),
            );
            let block = format!("\n{} ", strategy.name);
            // First the source, then the lanes, then the next strategy.
            let (_, after) = rest
                .split_once(&shown)
                .unwrap_or_else(|| panic!("{shown}\nis not shown in\n{rest}"));
            rest = after
                .split_once(&block)
                .unwrap_or_else(|| panic!("no block of {}:\n{after}", strategy.name))
                .1;
        }
        let unasked = Test::quick(concept).output().stdout;
        assert!(!unasked.contains("recorder.track("), "{unasked}");
    }
}

#[test]
fn of_each_strategy_its_python_function_is_shown_and_the_whole_file_if_asked_for() {
    let drawn = |text: &str, language| {
        let style = Style::default();
        page::to_ansi(&page::code(text, language, &style), &style)
    };
    for concept in ALL {
        let about = concept.about;
        let shown = |args: &[&str]| Test::quick(concept).args(args).output().stdout;
        let place = |stdout: &str, text: &str| {
            let found = stdout.find(text);
            found.unwrap_or_else(|| panic!("{}: {text}\nis not shown in\n{stdout}", about.name))
        };
        let head = format!("Python: the same, in lessons/python/{}", about.python_file);
        let all = drawn(about.twin, Language::Python);
        let chosen = quick_strategies(concept).into_iter();
        let chosen: Vec<_> = chosen.filter(|strategy| strategy.by_default).collect();

        let python = shown(&["--code=python"]);
        // A pipe has 80 columns, so one comes after the other.
        let both = shown(&["--code=both"]);
        assert!(!python.contains(&all) && !both.contains(&all), "{python}");
        for strategy in &chosen {
            let block = format!("\n{} ", strategy.name);
            let own = function(about.twin, strategy.name).expect("it has a twin");
            let own = drawn(own, Language::Python);
            let rust = drawn(region(about.source, strategy.name).unwrap(), Language::Rust);
            for stdout in [&python, &both] {
                assert_eq!(stdout.matches(&own).count(), 1, "{stdout}");
                assert_eq!(stdout.matches(&head).count(), chosen.len(), "{stdout}");
                assert!(place(stdout, &own) < place(stdout, &block), "{stdout}");
            }
            assert!(!python.contains(&rust), "{python}");
            assert!(place(&both, &rust) < place(&both, &own), "{both}");
        }

        let whole = shown(&["--code=python", "--full"]);
        assert_eq!(whole.matches(&all).count(), 1, "{whole}");
        assert_eq!(whole.matches(&head).count(), 1, "{whole}");
        let block = format!("\n{} ", chosen[0].name);
        assert!(place(&whole, &all) < place(&whole, &block), "{whole}");
    }
}

#[test]
fn where_a_strategy_has_no_python_its_code_says_why() {
    let line = ["--strategy", "durable", "--code=python"];
    let stdout = Test::quick(concepts::find("queue").unwrap())
        .args(line)
        .output()
        .stdout;
    let why = "# durable is in Rust alone: the standard library keeps no jobs";
    assert!(stdout.contains(why), "{stdout}");
}

#[test]
fn the_code_has_the_languages_that_there_are() {
    for refused in [&["--code=go"][..], &["--code="], &["--code", "python"]] {
        refusal(&[&["gather"], refused].concat());
    }
    for accepted in ["--code", "--code=rust", "--code=python", "--code=both"] {
        let line = ["asyncdemo", "gather", accepted, "--all"];
        assert!(Cli::parse_from(line).is_ok(), "{accepted}");
    }
    let shown = |code| Test::quick(&ALL[1]).args([code]).output().stdout;
    assert!(shown("--code=rust").contains("tokio::join!("));
}
