//! Readers for command-line knobs. Each refuses what is out of its range, and names the range.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serializer;
use serde::ser::SerializeSeq;

/// The longest wait that a knob may ask for: a demo is watched.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// Reads `250ms`, `1.5s` or `1s 500ms`, from `least` to `most`.
pub(super) fn duration(
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
