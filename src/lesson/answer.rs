//! Answers: what a learner types, and what a report says.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::report::{Report, StrategyReport, compare};
use crate::units;

/// What a predicted value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A duration; the report has seconds.
    Time,
    /// A number of things.
    Count,
    /// A ratio: 3 is three times.
    Times,
    /// Memory.
    Bytes,
}

/// A value with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// Seconds, pieces, times, or bytes.
    pub value: f64,
    /// Which of them.
    pub unit: Unit,
}

impl Unit {
    /// Of several runs, the figure that is judged. Noise lengthens a time and fills memory, so the least is nearest to
    /// the truth. What is counted may come out either way: there the middle one is.
    pub(super) fn judged(self, measured: &[f64]) -> f64 {
        let mut sorted = measured.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = match self {
            Self::Time | Self::Bytes => 0,
            Self::Count | Self::Times => sorted.len().saturating_sub(1) / 2,
        };
        sorted.get(at).copied().unwrap_or_default()
    }

    /// *measured 201 ms, 203 ms in 2 tries*
    pub(super) fn tried(self, measured: &[f64]) -> String {
        let figures = measured.iter().map(|value| {
            Answer {
                value: *value,
                unit: self,
            }
            .to_string()
        });
        let figures: Vec<_> = figures.collect();
        let tries = units::count(figures.len(), "try", "tries");
        format!("measured {} in {tries}", figures.join(", "))
    }

    /// What was typed, if it can be understood: `200ms`, `0.2 s`, `3`, `3x`, `2 KiB`. A bare number is no
    /// time but zero: nobody can tell whether 600 is meant in seconds or in milliseconds.
    pub fn read(self, typed: &str) -> Option<f64> {
        let typed = typed.trim().to_lowercase();
        if self == Self::Count {
            return number(&typed.replace(',', if thousands(&typed) { "" } else { "." }));
        }
        if thousands(&typed) {
            return None;
        }
        let typed = typed.replace(',', ".");
        match self {
            Self::Count => number(&typed),
            Self::Times => number(typed.trim_end_matches(['x', '×']).trim_end_matches("times")),
            Self::Time => time(&typed.replace(' ', "")),
            Self::Bytes => {
                let (digits, unit) = parted(&typed);
                let scale = match unit.trim() {
                    "" => return number(digits).filter(|nothing| *nothing == 0.0),
                    "b" | "byte" | "bytes" => 1.0,
                    "k" | "kb" | "kib" => 1024.0,
                    "m" | "mb" | "mib" => 1024.0 * 1024.0,
                    "g" | "gb" | "gib" => 1024.0 * 1024.0 * 1024.0,
                    _ => return None,
                };
                Some(number(digits)? * scale)
            }
        }
    }

    /// What is to be asked back, where what was typed can be meant in two ways: a bare number, `600 what: ms
    /// or s?`, and a comma that may part thousands or begin a fraction.
    pub fn asks_back(self, typed: &str) -> Option<String> {
        let typed = typed.trim();
        let units = match self {
            Self::Time => "ms or s",
            Self::Bytes => "B, KiB or MiB",
            Self::Count | Self::Times => return None,
        };
        if thousands(typed) {
            let plain = typed.replace(',', "");
            return Some(format!(
                "Is that {plain}, or {}? Type it without the comma.",
                typed.replacen(',', ".", 1)
            ));
        }
        number(&typed.replace(',', "."))?;
        Some(format!("{typed} what: {units}?"))
    }

    /// How to write one.
    pub fn example(self) -> &'static str {
        match self {
            Self::Time => "a time, for example 200ms or 1.5s",
            Self::Count => "a number, for example 3",
            Self::Times => "how many times, for example 2x",
            Self::Bytes => "an amount of memory, for example 500B or 2KiB",
        }
    }

    /// One that stands in a prompt, and does not give `answer` away.
    pub fn in_a_prompt(self, answer: &str) -> &'static str {
        let examples = match self {
            Self::Time => ["250ms", "70ms"],
            Self::Count => ["7", "12"],
            Self::Times => ["5x", "8x"],
            Self::Bytes => ["5KiB", "7MiB"],
        };
        let [one, other] = examples;
        if self.read(one) == self.read(answer) {
            other
        } else {
            one
        }
    }
}

fn number(text: &str) -> Option<f64> {
    let value: f64 = text.trim().parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// The digits, and what follows them.
fn parted(typed: &str) -> (&str, &str) {
    let at = typed.find(|ch: char| ch.is_alphabetic());
    typed.split_at(at.unwrap_or(typed.len()))
}

/// A number of seconds.
fn time(words: &str) -> Option<f64> {
    let (digits, unit) = parted(words);
    let scale = match unit {
        "" => return number(digits).filter(|nothing| *nothing == 0.0),
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "ms" | "msec" | "millisecond" | "milliseconds" => 1e-3,
        "us" | "µs" | "μs" => 1e-6,
        "ns" => 1e-9,
        "m" | "min" | "minute" | "minutes" => 60.0,
        _ => {
            let parsed = humantime::parse_duration(words).ok();
            return parsed.map(|time| time.as_secs_f64());
        }
    };
    Some(number(digits)? * scale)
}

/// Whether a comma parts the number in threes, as in `1,000 ms`. In `0,200 s` it begins a fraction.
fn thousands(typed: &str) -> bool {
    let (digits, _) = parted(typed);
    let mut groups = digits.trim().split(',');
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    let all = |group: &str| group.bytes().all(|ch| ch.is_ascii_digit());
    rest.peek().is_some()
        && (1..=3).contains(&first.len())
        && all(first)
        && !first.starts_with('0')
        && rest.all(|group| group.len() == 3 && all(group))
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.unit {
            Unit::Time => units::seconds(self.value),
            Unit::Count if self.value.fract() == 0.0 => units::metric("_count", self.value),
            Unit::Count => format!("{:.1}", self.value),
            Unit::Times => format!("{:.1} times", self.value),
            Unit::Bytes => units::bytes(self.value),
        };
        f.write_str(&shown)
    }
}

impl Answer {
    /// Whether it is the `measured` value, but for so many percent of it. Of times, also but for ten
    /// milliseconds: no machine keeps less.
    pub fn is_near(&self, measured: f64, tolerance: f64) -> bool {
        let unrest = match self.unit {
            Unit::Time => Duration::from_millis(10).as_secs_f64(),
            Unit::Count | Unit::Times | Unit::Bytes => 0.0,
        };
        (self.value - measured).abs() <= (measured.abs() * tolerance / 100.0).max(unrest)
    }
}

/// What stands before the name of a strategy whose run in Python is meant.
const IN_PYTHON: &str = "python.";

/// The strategy that `path` begins with, in the language that it names, and what follows it.
pub(super) fn strategy_at<'a, 'b>(
    report: &'a Report,
    path: &'b str,
) -> Option<(&'a StrategyReport, &'b str)> {
    let in_python = path.strip_prefix(IN_PYTHON);
    let (name, field) = in_python.unwrap_or(path).split_once('.')?;
    let is_meant = |strategy: &&StrategyReport| {
        strategy.name == name && strategy.language.is_some() == in_python.is_some()
    };
    Some((report.strategies.iter().find(is_meant)?, field))
}

/// The figure at `path` in a report: a strategy's name, then its fields, as in `join.wall_s`,
/// `lost.metrics.mails_lost_count`, `join.tasks.fetch two.end_s` or `pool.tasks.length`; that of its run in Python with
/// `python.` before it, as in `python.join.wall_s`.
pub fn value(report: &Report, path: &str) -> Option<f64> {
    let (strategy, field) = strategy_at(report, path)?;
    if field == "wall_s" {
        return strategy.wall().map(|wall| wall.0.as_secs_f64());
    }
    if field == "speedup" && strategy.speedup.is_none() {
        // Neither faster nor slower beyond the spread: once as fast.
        let first = report.strategies.first()?;
        return compare::equal_work(first, strategy).then_some(1.0);
    }
    let mut found = serde_json::to_value(strategy).ok()?;
    for key in field.split('.') {
        found = match found {
            Value::Object(mut fields) => fields.remove(key)?,
            Value::Array(items) if key == "length" => items.len().into(),
            Value::Array(items) => {
                let labelled = |item: &Value| item["label"] == key;
                let index = items
                    .iter()
                    .position(labelled)
                    .or_else(|| key.parse().ok())?;
                items.into_iter().nth(index)?
            }
            _ => return None,
        };
    }
    found.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::tests::recorded;
    use crate::report::Seconds;

    #[test]
    fn an_answer_is_read_as_people_write_it() {
        let time = |typed| Unit::Time.read(typed);
        for typed in ["200ms", "0,2 s", "0,200 s", "200 MS", "0.2s"] {
            let read = time(typed).unwrap();
            assert!((read - 0.2).abs() < 1e-12, "{typed}: {read}");
        }
        assert_eq!(time("1s 500ms"), Some(1.5));
        assert_eq!(time("2min"), Some(120.0));
        assert_eq!(time("0"), Some(0.0));
        for typed in [
            "", "soon", "-1s", "nan", "inf", "1e999", "s", "600", "0.2", "1,000 ms",
        ] {
            assert_eq!(time(typed), None, "{typed}");
        }
        assert_eq!(Unit::Count.read("10,000"), Some(10_000.0));
        assert_eq!(Unit::Bytes.read("500"), None);
        assert_eq!(Unit::Times.read("3x"), Some(3.0));
        assert_eq!(Unit::Times.read("3 times"), Some(3.0));
        assert_eq!(Unit::Bytes.read("2 KiB"), Some(2048.0));
        assert_eq!(Unit::Bytes.read("2 apples"), None);
    }

    #[test]
    fn what_can_be_meant_in_two_ways_is_asked_back() {
        let asked = |unit: Unit, typed| unit.asks_back(typed).unwrap_or_default();
        assert_eq!(asked(Unit::Time, " 600 "), "600 what: ms or s?");
        assert_eq!(asked(Unit::Time, "0,6"), "0,6 what: ms or s?");
        assert_eq!(asked(Unit::Bytes, "500"), "500 what: B, KiB or MiB?");
        assert_eq!(
            asked(Unit::Time, "1,000 ms"),
            "Is that 1000 ms, or 1.000 ms? Type it without the comma."
        );
        use Unit::{Count, Time, Times};
        for (unit, typed) in [(Time, "soon"), (Time, "6ms"), (Count, "3"), (Times, "3")] {
            assert_eq!(unit.asks_back(typed), None, "{typed}");
        }
    }

    #[test]
    fn the_example_in_a_prompt_can_be_read_and_is_not_the_answer() {
        for unit in [Unit::Time, Unit::Count, Unit::Times, Unit::Bytes] {
            for answer in ["250ms", "0.25 s", "7", "5x", "5KiB", "1s"] {
                let example = unit.in_a_prompt(answer);
                assert!(unit.read(example).is_some(), "{example}");
                assert_ne!(unit.read(example), unit.read(answer), "{answer}");
            }
        }
    }

    #[test]
    fn near_is_a_share_of_what_was_measured() {
        let answer = |value, unit| Answer { value, unit };
        let two = answer(2.0, Unit::Time);
        assert!(two.is_near(2.3, 15.0) && !two.is_near(2.5, 15.0));
        assert!(answer(0.0, Unit::Time).is_near(0.009, 1.0));
        let count = answer(3.0, Unit::Count);
        assert!(count.is_near(3.0, 0.0) && !count.is_near(4.0, 0.0));
    }

    #[test]
    fn a_value_is_found_by_its_path() {
        let report = recorded();
        assert!(value(&report, "join.wall_s").is_some_and(|wall| wall > 1.9));
        assert!(value(&report, "join.tasks.fetch two.end_s").is_some_and(|end| end > 1.9));
        assert_eq!(value(&report, "join.tasks.length"), Some(2.0));
        assert!(value(&report, "join.heartbeat.max_gap_s").is_some());
        for path in [
            "",
            "join",
            "join.",
            "nobody.wall_s",
            "join.tasks.x.end_s",
            "join.name",
        ] {
            assert_eq!(value(&report, path), None, "{path}");
        }
    }

    #[test]
    fn pythons_figure_is_asked_for_by_its_language() {
        let mut report = recorded();
        assert_eq!(value(&report, "python.join.wall_s"), None);
        let rust = value(&report, "join.wall_s");
        let join = report.strategies.iter().find(|one| one.name == "join");
        let mut twin = join.unwrap().clone();
        twin.language = Some("python".to_owned());
        twin.wall_s = vec![Seconds(Duration::from_secs(7))];
        report.strategies.insert(0, twin);
        assert_eq!(value(&report, "join.wall_s"), rust);
        assert_eq!(value(&report, "python.join.wall_s"), Some(7.0));
    }

    /// No ratio is told within the spread: once as fast, then. Of what failed, nothing is told.
    #[test]
    fn neither_faster_nor_slower_is_once() {
        let mut report = recorded();
        assert!(value(&report, "join.speedup").is_some_and(|times| times > 1.2));
        report.strategies[1].speedup = None;
        assert_eq!(value(&report, "join.speedup"), Some(1.0));
        report.strategies[1].error = Some("no".to_owned());
        assert_eq!(value(&report, "join.speedup"), None);
    }
}
