//! The types of the knobs. Each refuses what is out of its range, and names the range; its help names
//! it too.

use std::error::Error;
use std::ops::Deref;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::ValueParser;
use clap::{Arg, Command};
use serde::{Serialize, Serializer};

/// A duration, as in `250ms`, `1.5s` or `1s 500ms`. None is longer than a minute: a demo is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait<const LEAST_MS: u64 = 1, const MOST_MS: u64 = 60_000>(Duration);

/// A whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<const LEAST: usize, const MOST: usize>(usize);

/// So many bytes, as in `4096`, `64KiB` or `1MiB`; one at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size<const MOST: usize>(usize);

#[cfg(test)]
impl<const LEAST_MS: u64, const MOST_MS: u64> Wait<LEAST_MS, MOST_MS> {
    /// Unread.
    pub const fn of(duration: Duration) -> Self {
        Self(duration)
    }
}

#[cfg(test)]
impl<const LEAST: usize, const MOST: usize> Count<LEAST, MOST> {
    /// Unread.
    pub const fn of(count: usize) -> Self {
        Self(count)
    }
}

/// What a knob takes: why it refused a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {said}")]
pub struct OutOfRange {
    said: String,
    least: String,
    most: String,
}

impl OutOfRange {
    fn or_written_like(mut self, examples: &str) -> Self {
        self.said += ", written like ";
        self.said += examples;
        self
    }
}

/// Says in an argument's help what it takes, if it is a knob: where the help has `{least}` and
/// `{most}`, or at its end. What looks like another flag is then a value, for the knob to refuse.
pub fn ranged(argument: Arg) -> Arg {
    let told_before = argument.is_allow_hyphen_values_set();
    if told_before || !argument.get_action().takes_values() {
        return argument;
    }
    let Some(OutOfRange { least, most, .. }) = range(argument.get_value_parser()) else {
        return argument;
    };
    let mut help = argument
        .get_help()
        .map_or_else(String::new, ToString::to_string);
    if !help.contains("{least}") {
        help += ": from {least} to {most}";
    }
    argument
        .help(help.replace("{least}", &least).replace("{most}", &most))
        .allow_hyphen_values(true)
}

/// What a parser takes, if it is a knob's. clap forgets the type, so an empty value is tried, which
/// every knob refuses.
fn range(parser: &ValueParser) -> Option<OutOfRange> {
    let value = Arg::new("value").value_parser(parser.clone());
    let trial = Command::new("trial").no_binary_name(true).arg(value);
    let refused = trial.try_get_matches_from([""]).err()?;
    refused.source()?.downcast_ref().cloned()
}

impl<const LEAST_MS: u64, const MOST_MS: u64> FromStr for Wait<LEAST_MS, MOST_MS> {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        let (least, most) = (
            Duration::from_millis(LEAST_MS),
            Duration::from_millis(MOST_MS),
        );
        let refused = || OutOfRange {
            said: format!(
                "from {} to {}",
                humantime::format_duration(least),
                humantime::format_duration(most)
            ),
            least: in_one_unit(LEAST_MS),
            most: in_one_unit(MOST_MS),
        };
        match humantime::parse_duration(text) {
            Ok(value) if (least..=most).contains(&value) => Ok(Self(value)),
            Ok(_) => Err(refused()),
            Err(_) => Err(refused().or_written_like("250ms, 1.5s or \"1s 500ms\"")),
        }
    }
}

/// `60s`, where humantime writes `1m`.
fn in_one_unit(millis: u64) -> String {
    if millis.is_multiple_of(1_000) {
        format!("{}s", millis / 1_000)
    } else {
        format!("{millis}ms")
    }
}

impl<const LEAST: usize, const MOST: usize> FromStr for Count<LEAST, MOST> {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        match text.trim().parse() {
            Ok(value) if (LEAST..=MOST).contains(&value) => Ok(Self(value)),
            _ => Err(OutOfRange {
                said: format!("a whole number from {LEAST} to {MOST}"),
                least: LEAST.to_string(),
                most: MOST.to_string(),
            }),
        }
    }
}

impl<const MOST: usize> FromStr for Size<MOST> {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        let (least, most) = (in_bytes(1), in_bytes(MOST));
        let refused = || OutOfRange {
            said: format!("from {least} to {most}"),
            least: least.clone(),
            most: most.clone(),
        };
        let text = text.trim();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
            .unwrap_or((text, 1));
        let number: Result<usize, _> = number.trim_end().parse();
        match number.map(|number| number.checked_mul(unit)) {
            Ok(Some(value)) if (1..=MOST).contains(&value) => Ok(Self(value)),
            Ok(_) => Err(refused()),
            Err(_) => Err(refused().or_written_like("4096, 64KiB or 1MiB")),
        }
    }
}

/// The largest first; `B` last, as the others end in it.
const UNITS: [(&str, usize); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// As [`size`] reads it: a whole number of the largest unit that goes.
pub(super) fn in_bytes(size: usize) -> String {
    let fits = |(_, unit): &&(&str, usize)| size > 0 && size.is_multiple_of(*unit);
    let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("B", 1));
    format!("{}{name}", size / unit)
}

impl<const LEAST_MS: u64, const MOST_MS: u64> Deref for Wait<LEAST_MS, MOST_MS> {
    type Target = Duration;

    fn deref(&self) -> &Duration {
        &self.0
    }
}

impl<const LEAST: usize, const MOST: usize> Deref for Count<LEAST, MOST> {
    type Target = usize;

    fn deref(&self) -> &usize {
        &self.0
    }
}

impl<const MOST: usize> Deref for Size<MOST> {
    type Target = usize;

    fn deref(&self) -> &usize {
        &self.0
    }
}

/// As a user would type it.
impl<const LEAST_MS: u64, const MOST_MS: u64> Serialize for Wait<LEAST_MS, MOST_MS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(self.0))
    }
}

impl<const LEAST: usize, const MOST: usize> Serialize for Count<LEAST, MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// As a user would type it.
impl<const MOST: usize> Serialize for Size<MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&in_bytes(self.0))
    }
}

/// Writes a path into a report. One that is not Unicode is shown as well as it can be.
pub(super) fn path_as_typed<S: Serializer>(
    path: &Option<PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => serializer.collect_str(&path.display()),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let read = |text: &str| text.parse().map(|wait: Wait| *wait);
        assert_eq!(read("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(read("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(read("1s 500ms"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn sizes_are_read_as_they_are_written() {
        let read = |text: &str| text.parse().map(|size: Size<{ 64 << 20 }>| *size);
        for (text, bytes, written) in [
            ("1", 1, "1B"),
            ("4096", 4096, "4KiB"),
            ("1000B", 1000, "1000B"),
            ("64KiB", 64 << 10, "64KiB"),
            (" 1 MiB ", 1 << 20, "1MiB"),
            ("1025KiB", 1025 << 10, "1025KiB"),
            ("64MiB", 64 << 20, "64MiB"),
        ] {
            assert_eq!(read(text), Ok(bytes), "{text}");
            assert_eq!(in_bytes(bytes), written);
            assert_eq!(read(written), Ok(bytes));
        }
        let out_of_range = "must be from 1B to 64MiB";
        for bad in [
            "0",
            "0MiB",
            "65MiB",
            "67108865",
            "1GiB",
            "18446744073709551615GiB",
        ] {
            assert_eq!(read(bad).unwrap_err().to_string(), out_of_range, "{bad}");
        }
        for bad in [
            "",
            "B",
            "MiB",
            "-1",
            "1.5MiB",
            "1MB",
            "1mib",
            "1e3",
            "nan",
            "99999999999999999999",
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.starts_with(out_of_range), "{bad}: {error}");
            assert!(error.contains("64KiB"), "{bad}: {error}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_the_range() {
        for bad in [
            "0",
            "0ms",
            "61s",
            "999999999999999999y",
            "18446744073709551615s",
            "1us",
        ] {
            let error = bad.parse::<Wait>().unwrap_err().to_string();
            assert!(error.contains("from 1ms to 1m"), "{bad}: {error}");
        }
        for bad in ["-1s", "nan", "inf", "", "s", "1e9s", "5"] {
            let error = bad.parse::<Wait>().unwrap_err().to_string();
            assert!(error.contains("1.5s"), "{bad}: {error}");
        }
        for bad in ["0", "-1", "11", "1.5", "nan", "", "99999999999999999999999"] {
            assert_eq!(
                bad.parse::<Count<1, 10>>().unwrap_err().to_string(),
                "must be a whole number from 1 to 10"
            );
        }
    }

    #[test]
    fn the_help_says_what_a_knob_takes_at_its_end_or_where_it_is_told_to() {
        let help = |argument: Arg| ranged(argument).get_help().unwrap().to_string();
        let wait = || Arg::new("wait").value_parser(clap::value_parser!(Wait<0>));
        assert_eq!(help(wait().help("How long")), "How long: from 0s to 60s");
        assert_eq!(
            help(wait().help("From {least} (none) to {most}")),
            "From 0s (none) to 60s"
        );
        let twice = ranged(wait().help("How long"));
        assert_eq!(help(twice), "How long: from 0s to 60s");
        for other in [clap::value_parser!(String), clap::value_parser!(PathBuf)] {
            let other = ranged(Arg::new("other").help("Where").value_parser(other));
            assert_eq!(other.get_help().unwrap().to_string(), "Where");
            assert!(!other.is_allow_hyphen_values_set());
        }
    }
}
