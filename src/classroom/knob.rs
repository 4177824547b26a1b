//! Turning a knob of a command line: twice as much, half as much.

use clap::{Arg, Command};

use crate::concepts;

/// A line after a turn, and the knob with its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) line: String,
    pub(super) knob: String,
}

/// `line` with its main knob doubled or halved: `knob`, or else the concept's first that has a number in it.
/// Whether the new value is in its range, nobody has checked yet.
pub(super) fn turn(line: &str, knob: Option<&str>, up: bool) -> Option<Turned> {
    let mut words = shlex::split(line)?;
    let entry = concepts::find(words.first()?).ok()?;
    let command = (entry.knobs)(Command::new(entry.about.name));
    let mut arguments = command.get_arguments();
    let (flag, value) = match knob {
        Some(knob) => {
            let long = knob.trim_start_matches('-');
            let argument = arguments.find(|argument| argument.get_long() == Some(long))?;
            turned(argument, &words, up)?
        }
        None => arguments.find_map(|argument| turned(argument, &words, up))?,
    };
    let place = words.iter().position(|word| *word == flag);
    match place {
        Some(place) => words[place + 1] = value.clone(),
        None => {
            words.retain(|word| !word.starts_with(&format!("{flag}=")));
            words.extend([flag.clone(), value.clone()]);
        }
    }
    Some(Turned {
        line: join(words.iter().map(String::as_str))?,
        knob: format!("{flag} {value}"),
    })
}

/// `line` with all strategies that run when nobody chooses.
pub(super) fn of_all_strategies(line: &str) -> Option<String> {
    let words = shlex::split(line)?;
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--strategy" => drop(words.next()),
            word if word.starts_with("--strategy=") => {}
            word => kept.push(word),
        }
    }
    join(kept)
}

/// The names of the strategies that `line` chooses: without any, those that run when nobody does.
pub(super) fn strategies(line: &str) -> Vec<String> {
    let words = shlex::split(line).unwrap_or_default();
    let Some(entry) = words.first().and_then(|name| concepts::find(name).ok()) else {
        return Vec::new();
    };
    let chosen: Vec<String> = given(&words, "--strategy").map(str::to_owned).collect();
    let all = words.iter().any(|word| word == "--all");
    let strategies = (entry.strategies)(&[]).unwrap_or_default().into_iter();
    strategies
        .filter(|strategy| match chosen.is_empty() {
            true => all || strategy.by_default,
            false => chosen.iter().any(|name| name == strategy.name),
        })
        .map(|strategy| strategy.name.to_owned())
        .collect()
}

/// As one would type it: with quotes where they are needed only.
fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let plain = |ch: char| ch.is_ascii_alphanumeric() || ".,:=/+-_".contains(ch);
    let typed = words.into_iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            Some(word.to_owned())
        } else {
            Some(shlex::try_quote(word).ok()?.into_owned())
        }
    });
    Some(typed.collect::<Option<Vec<_>>>()?.join(" "))
}

/// Every value that `words` give to `flag`.
fn given<'a>(words: &'a [String], flag: &'a str) -> impl Iterator<Item = &'a str> {
    words.iter().enumerate().filter_map(move |(place, word)| {
        let rest = word.strip_prefix(flag)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => words.get(place + 1).map(String::as_str),
            None => None,
        }
    })
}

/// The knob and its new value, if what it has now is a number, a duration, or a list of them.
fn turned(argument: &Arg, words: &[String], up: bool) -> Option<(String, String)> {
    let flag = format!("--{}", argument.get_long()?);
    let now = match given(words, &flag).last() {
        Some(value) => value.to_owned(),
        None => {
            let values = argument.get_default_values().iter();
            let values: Option<Vec<_>> = values.map(|value| value.to_str()).collect();
            values?.join(",")
        }
    };
    let parts: Option<Vec<_>> = now.split(',').map(|part| scaled(part.trim(), up)).collect();
    Some((flag, parts?.join(",")))
}

fn scaled(value: &str, up: bool) -> Option<String> {
    if let Ok(count) = value.parse::<u64>() {
        // A count of nothing stays out of the way.
        let scaled = if up { count.checked_mul(2)? } else { count / 2 };
        return Some(scaled.max(1).to_string());
    }
    if let Ok(time) = humantime::parse_duration(value) {
        let seconds = time.as_secs_f64() * if up { 2.0 } else { 0.5 };
        // As one would type it: 750ms, 1.5s.
        return Some(if seconds < 1.0 {
            format!("{}ms", (seconds * 1e3).round().max(1.0))
        } else {
            format!("{}s", (seconds * 1e3).round() / 1e3)
        });
    }
    let unit = value.find(|ch: char| ch.is_alphabetic())?;
    let (count, unit) = value.split_at(unit);
    let scaled = scaled(count.trim(), up)?;
    ["B", "KiB", "MiB", "GiB"]
        .contains(&unit)
        .then(|| format!("{scaled}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(line: &str, knob: Option<&str>, up: bool) -> Option<String> {
        turn(line, knob, up).map(|turned| turned.line)
    }

    #[test]
    fn the_first_number_or_duration_is_the_main_knob() {
        let doubled = turn("gather --all", None, true).unwrap();
        assert_eq!(doubled.line, "gather --all --delays 2s,4s");
        assert_eq!(doubled.knob, "--delays 2s,4s");
        assert_eq!(
            line("gather --delays 300ms,600ms --strategy join", None, true).unwrap(),
            "gather --delays 600ms,1.2s --strategy join"
        );
        assert_eq!(
            line("gather --delays=1s,1.5s", None, false).unwrap(),
            "gather --delays 500ms,750ms"
        );
    }

    #[test]
    fn another_knob_may_be_named() {
        assert_eq!(
            line("gather --fail-at 500ms", Some("--fail-at"), false).unwrap(),
            "gather --fail-at 250ms"
        );
        assert_eq!(line("gather", Some("--nope"), true), None);
        assert_eq!(line("rm -rf", None, true), None);
        assert_eq!(line("gather 'open", None, true), None);
    }

    #[test]
    fn every_concept_has_a_knob_that_can_be_turned() {
        for entry in concepts::ALL {
            let name = entry.about.name;
            // One that stands at its upper end can be halved.
            let fits = [true, false].into_iter().any(|up| {
                let turned = turn(name, None, up).unwrap_or_else(|| unreachable!("{name}"));
                let words = shlex::split(&turned.line).unwrap();
                let knobs: Vec<_> = words[1..].iter().map(String::as_str).collect();
                (entry.strategies)(&knobs).is_ok()
            });
            assert!(fits, "{name}");
        }
    }

    #[test]
    fn sizes_and_counts_turn_too() {
        assert_eq!(scaled("64KiB", true).unwrap(), "128KiB");
        assert_eq!(scaled("1", false).unwrap(), "1");
        assert_eq!(scaled("1ms", false).unwrap(), "1ms");
        for no in ["", "soon", "-1", "64XB", "99999999999999999999"] {
            assert_eq!(scaled(no, true), None, "{no}");
        }
    }

    #[test]
    fn the_strategies_of_a_line_are_the_chosen_or_the_default_ones() {
        assert_eq!(strategies("gather"), ["sequential", "join"]);
        assert_eq!(strategies("gather --strategy join"), ["join"]);
        assert_eq!(strategies("gather --all").len(), 5);
        assert_eq!(
            of_all_strategies("gather --delays 1s,2s --strategy join --strategy=spawned").unwrap(),
            "gather --delays 1s,2s"
        );
    }
}
