//! Each knob has a range, and keeps to it.

use super::*;

/// A knob that takes a duration, a size or a number.
struct Knob {
    concept: &'static str,
    flag: String,
    /// From the help.
    range: Range,
    /// How many values it takes at once, with commas between them.
    arity: usize,
}

/// The ends of a range, as they are written.
#[derive(Debug)]
struct Range(String, String);

impl Range {
    /// Reads `… from 0s (none) to 60s; …`: the last such words of the first line that has some.
    fn read(text: &str) -> Option<Self> {
        let line = text
            .lines()
            .find(|line| line.contains("from ") && line.contains(" to "))?;
        let (_, range) = line.rsplit_once("from ")?;
        let (least, most) = range.split_once(" to ")?;
        let most = most
            .split([',', ';', '(', ':'])
            .next()?
            .trim()
            .trim_end_matches('.');
        let least = least.split('(').next()?.trim();
        Some(Self(least.to_owned(), most.to_owned()))
    }

    /// In nanoseconds, in bytes, or as the bare number that it is.
    fn ends(&self) -> (u128, u128) {
        let read = |end: &str| {
            let duration = || Some(humantime::parse_duration(end).ok()?.as_nanos());
            let number = end.parse().ok().or_else(|| size(end)).or_else(duration);
            number.unwrap_or_else(|| panic!("{self:?}: no number, no size and no duration"))
        };
        (read(&self.0), read(&self.1))
    }

    fn is_of_durations(&self) -> bool {
        self.1.parse::<u128>().is_err() && size(&self.1).is_none()
    }

    /// What must be refused.
    fn bad(&self) -> Vec<String> {
        let (least, most) = self.ends();
        let written = |value: u128| {
            if self.is_of_durations() {
                humantime::format_duration(Duration::from_nanos(u64::try_from(value).unwrap()))
                    .to_string()
            } else {
                value.to_string()
            }
        };
        let mut bad: Vec<String> = [
            "-1",
            "-1s",
            "nan",
            "inf",
            "NaN",
            "1e400",
            "",
            " ",
            "99999999999999999999",
            "1,5",
        ]
        .map(String::from)
        .into();
        bad.push(written(most + 1));
        bad.push(
            if self.is_of_durations() {
                "99999999999999999999s"
            } else {
                "1.5"
            }
            .to_owned(),
        );
        if least > 0 {
            bad.extend(["0".to_owned(), written(least - 1)]);
        }
        bad
    }
}

/// Reads `64MiB`.
fn size(text: &str) -> Option<u128> {
    let units = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
    let (number, unit) = units
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    Some(number.parse::<u128>().ok()? * unit)
}

/// Every duration, size and number that any concept takes. What takes a value and is none of them has a
/// list of values, or is a file or a URL.
fn knobs() -> Vec<Knob> {
    let mut command = cli::command();
    command.build();
    let mut knobs = Vec::new();
    for concept in ALL {
        let name = concept.about.name;
        let subcommand = command
            .find_subcommand(name)
            .unwrap_or_else(|| panic!("`asyncdemo {name}` does not exist"));
        for argument in subcommand
            .get_arguments()
            .filter(|argument| argument.get_action().takes_values())
        {
            let value = argument
                .get_value_names()
                .unwrap_or_default()
                .first()
                .map_or("", |name| name.as_str());
            if !argument.get_possible_values().is_empty()
                || ["FILE", "PATH", "URL"].contains(&value)
            {
                continue;
            }
            let flag = format!(
                "--{}",
                argument
                    .get_long()
                    .unwrap_or_else(|| panic!("{name}: {argument} is no --flag"))
            );
            let about = argument
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let range = Range::read(&about).unwrap_or_else(|| {
                panic!("`{name} {flag}` does not say from what to what: {about}")
            });
            let arity = argument
                .get_value_delimiter()
                .map_or(1, |comma| value.split(comma).count());
            knobs.push(Knob {
                concept: name,
                flag,
                range,
                arity,
            });
        }
    }
    assert!(
        knobs.len() >= 4 * ALL.len() || knobs.len() >= 4,
        "the knobs were found"
    );
    knobs
}

#[test]
fn every_knob_refuses_what_is_out_of_its_range_and_names_the_range() {
    for knob in knobs() {
        let (concept, flag) = (knob.concept, &*knob.flag);
        for bad in knob.range.bad() {
            if knob.arity > 1 && bad.contains(',') {
                continue;
            }
            // Of several values, each is looked at.
            for place in 0..knob.arity {
                let mut values = vec![&*knob.range.1; knob.arity];
                values[place] = &bad;
                let said = refusal(&[concept, flag, &values.join(",")]);
                assert!(said.contains(flag), "{concept} {flag} {bad:?}: {said}");
                let range = Range::read(&said)
                    .unwrap_or_else(|| panic!("{concept} {flag} {bad:?}: no range in {said}"));
                assert_eq!(
                    range.ends(),
                    knob.range.ends(),
                    "{concept} {flag}: the help says otherwise than {said}"
                );
            }
        }
    }
}

#[test]
fn every_knob_takes_the_ends_of_its_range() {
    for knob in knobs() {
        for end in [&knob.range.0, &knob.range.1] {
            let values = vec![end.as_str(); knob.arity].join(",");
            // Together with the other knobs' defaults it may still make no sense; that has other words.
            if let Err(error) = Cli::parse_from(["asyncdemo", knob.concept, &knob.flag, &values]) {
                assert!(
                    !error.to_string().contains("must be"),
                    "{} {} {values}: {error}",
                    knob.concept,
                    knob.flag
                );
            }
        }
    }
}

#[test]
fn every_knob_wants_as_many_values_as_it_takes() {
    for knob in knobs() {
        let (concept, flag, value) = (knob.concept, &*knob.flag, &*knob.range.1);
        assert!(refusal(&[concept, flag]).contains(flag), "{concept} {flag}");
        let wrong = match (concept, flag) {
            ("scale", "--tasks") => vec![13],
            _ => vec![knob.arity - 1, knob.arity + 1],
        };
        for wrong in wrong.into_iter().filter(|wrong| *wrong > 0) {
            let said = refusal(&[concept, flag, &vec![value; wrong].join(",")]);
            assert!(said.contains(flag), "{concept} {flag}: {said}");
        }
    }
}

#[test]
fn the_program_itself_refuses_with_exit_code_two() {
    for knob in knobs() {
        let values = vec!["99999999999999999999s"; knob.arity].join(",");
        let output = Test::new([knob.concept, &knob.flag, &values]).output();
        assert_eq!(
            (output.status, &*output.stdout),
            (Some(2), ""),
            "{} {}",
            knob.concept,
            knob.flag
        );
        assert!(
            output.stderr.starts_with("error: ") && output.stderr.contains(&knob.flag),
            "{}",
            output.stderr
        );
    }
}
