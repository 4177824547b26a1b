//! Readers for command-line knobs. Each refuses what is out of its range, and names the range.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serializer;
use serde::ser::SerializeSeq;

/// The longest wait that a knob may ask for: a demo is watched.
pub const LONGEST: Duration = Duration::from_secs(60);

/// Reads `250ms`, `1.5s` or `1s 500ms`, from `least` to `most`.
pub fn duration(
    least: Duration,
    most: Duration,
) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    let range = format!(
        "must be from {} to {}",
        humantime::format_duration(least),
        humantime::format_duration(most)
    );
    move |text| match humantime::parse_duration(text) {
        Ok(value) if value < least || value > most => Err(range.clone()),
        Ok(value) => Ok(value),
        Err(_) => Err(format!("{range}, written like 250ms, 1.5s or \"1s 500ms\"")),
    }
}

/// Reads a wait from 1 ms to 60 s.
pub fn wait() -> impl Fn(&str) -> Result<Duration, String> + Clone {
    duration(Duration::from_millis(1), LONGEST)
}

/// Reads a whole number from `least` to `most`.
pub fn count(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| match text.trim().parse() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!("must be a whole number from {least} to {most}")),
    }
}

/// Reads `4096`, `64KiB` or `1MiB`, from `least` to `most` bytes.
pub(super) fn size(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    let range = format!("must be from {} to {}", in_bytes(least), in_bytes(most));
    move |text| {
        let text = text.trim();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
            .unwrap_or((text, 1));
        match number
            .trim_end()
            .parse::<usize>()
            .map(|n| n.checked_mul(unit))
        {
            Ok(Some(value)) if (least..=most).contains(&value) => Ok(value),
            Ok(_) => Err(range.clone()),
            Err(_) => Err(format!("{range}, written like 4096, 64KiB or 1MiB")),
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

/// Writes a size into a report as a user would type it.
pub(super) fn size_as_typed<S: Serializer>(size: &usize, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&in_bytes(*size))
}

/// Writes a duration into a report as a user would type it.
pub(super) fn as_typed<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*duration))
}

/// [`as_typed`] for several.
pub(super) fn all_as_typed<S: Serializer>(
    durations: &[Duration],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(durations.len()))?;
    for duration in durations {
        list.serialize_element(&humantime::format_duration(*duration).to_string())?;
    }
    list.end()
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
        let read = wait();
        assert_eq!(read("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(read("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(read("1s 500ms"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn sizes_are_read_as_they_are_written() {
        let read = size(1, 64 << 20);
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
            assert_eq!(read(bad), Err(out_of_range.to_owned()), "{bad}");
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
            let error = read(bad).unwrap_err();
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
            let error = wait()(bad).unwrap_err();
            assert!(error.contains("from 1ms to 1m"), "{bad}: {error}");
        }
        for bad in ["-1s", "nan", "inf", "", "s", "1e9s", "5"] {
            let error = wait()(bad).unwrap_err();
            assert!(error.contains("1.5s"), "{bad}: {error}");
        }
        for bad in ["0", "-1", "11", "1.5", "nan", "", "99999999999999999999999"] {
            assert_eq!(
                count(1, 10)(bad),
                Err("must be a whole number from 1 to 10".into())
            );
        }
    }
}
