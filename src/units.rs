//! Figures as people read them.

use std::time::Duration;

/// Two to four digits and a unit: `1.003 s`, `12 ms`, `1.5 ms`, `480 µs`, `1.3 µs`, `320 ns`.
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        0 => "0 s".to_owned(),
        1..1_000 => format!("{nanos} ns"),
        1_000..9_950 => format!("{:.1} µs", nanos as f64 / 1e3),
        9_950..1_000_000 => format!("{} µs", nanos / 1_000),
        // Rounded, so that 9.96 ms is 10 ms and not 10.0 ms.
        1_000_000..9_950_000 => format!("{:.1} ms", nanos as f64 / 1e6),
        9_950_000..999_500_000 => format!("{:.0} ms", nanos as f64 / 1e6),
        999_500_000..100_000_000_000 => format!("{:.3} s", duration.as_secs_f64()),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

/// [`duration`], and minutes, hours or days where seconds say little: `11.6 days`.
pub fn long(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    match length.as_secs() {
        0..60 => duration(length),
        60..120 => format!("{seconds:.0} s"),
        120..7_200 => format!("{:.1} minutes", seconds / 60.0),
        7_200..172_800 => format!("{:.1} hours", seconds / 3_600.0),
        _ => format!("{:.1} days", seconds / 86_400.0),
    }
}

/// [`duration`] for a number of seconds that may be negative.
pub fn seconds(seconds: f64) -> String {
    let size = Duration::try_from_secs_f64(seconds.abs())
        .map_or_else(|_| format!("{seconds} s"), duration);
    if seconds < 0.0 {
        format!("−{size}")
    } else {
        size
    }
}

/// `1 thread`, `3 threads`.
pub fn count(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", whole(count), if count == 1 { one } else { many })
}

/// `1,000,000`: digits in threes.
pub fn whole(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Two or three digits and a unit: `586 B`, `5.2 KiB`, `560 MiB`.
pub fn bytes(bytes: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes;
    let mut unit = 0;
    // Rounded, so that 1023.9 KiB is 1.0 MiB and not 1024 KiB.
    while size.abs() >= 1023.5 && unit + 1 < units.len() {
        (size, unit) = (size / 1024.0, unit + 1);
    }
    let digits = usize::from(unit > 0 && size.abs() < 9.95);
    format!("{size:.digits$} {}", units[unit])
}

/// A metric's key as words: `connections_opened_count` is `connections opened`.
pub fn spoken(key: &str) -> String {
    let bare = ["_count", "_s", "_bytes"]
        .iter()
        .find_map(|unit| key.strip_suffix(unit))
        .unwrap_or(key);
    bare.replace('_', " ")
}

/// A metric's value with the unit that its key ends in.
pub fn metric(key: &str, value: f64) -> String {
    if key.ends_with("_s") {
        seconds(value)
    } else if key.ends_with("_bytes") {
        bytes(value)
    } else if key.ends_with("_per_second") {
        // Three digits: a rate is no count.
        let decimals = (2.0 - value.abs().max(1.0).log10().floor()).max(0.0);
        format!("{value:.*}", decimals as usize)
    } else if value.fract() == 0.0 && (0.0..1e15).contains(&value) {
        whole(value as usize)
    } else {
        format!("{value}")
    }
}

/// Which of `names` were perhaps meant by `typed`, as the end of a sentence: `. Did you mean `gather`?`, or nothing. They are
/// spelt nearly so, or begin so.
pub fn did_you_mean<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> String {
    let typed = typed.to_lowercase();
    let is_near = |name: &&str| {
        (typed.len() > 2 && name.starts_with(&typed)) || strsim::jaro_winkler(&typed, name) > 0.85
    };
    let meant: Vec<_> = names
        .filter(is_near)
        .map(|name| format!("`{name}`"))
        .collect();
    if meant.is_empty() {
        return String::new();
    }
    format!(". Did you mean {}?", meant.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_three_or_four_digits_and_a_unit() {
        let shown = |nanos| duration(Duration::from_nanos(nanos));
        assert_eq!(shown(0), "0 s");
        assert_eq!(shown(320), "320 ns");
        assert_eq!(shown(1_270), "1.3 µs");
        assert_eq!(shown(480_900), "480 µs");
        assert_eq!(shown(1_540_000), "1.5 ms");
        assert_eq!(shown(9_960_000), "10 ms");
        assert_eq!(shown(999_499_999), "999 ms");
        assert_eq!(shown(999_500_000), "1.000 s");
        assert_eq!(shown(3_002_400_000), "3.002 s");
        assert_eq!(shown(600_000_000_000), "600.0 s");
    }

    #[test]
    fn a_long_time_is_told_in_minutes_hours_or_days() {
        let shown = |seconds| long(Duration::from_secs(seconds));
        assert_eq!(shown(2), "2.000 s");
        assert_eq!(shown(90), "90 s");
        assert_eq!(shown(600), "10.0 minutes");
        assert_eq!(shown(10_000), "2.8 hours");
        assert_eq!(shown(1_000_000), "11.6 days");
    }

    #[test]
    fn negative_and_impossible_seconds_do_not_panic() {
        assert_eq!(seconds(-0.002), "−2.0 ms");
        assert_eq!(seconds(f64::INFINITY), "inf s");
        assert_eq!(seconds(f64::NAN), "NaN s");
    }

    #[test]
    fn a_metric_speaks_for_itself() {
        assert_eq!(spoken("connections_opened_count"), "connections opened");
        assert_eq!(metric("reply_s", 0.25), "250 ms");
        assert_eq!(metric("rows_count", 12.0), "12");
        assert_eq!(metric("rows_count", 1_200_000.0), "1,200,000");
        assert_eq!(metric("peak_bytes", 586.4), "586 B");
        assert_eq!(metric("peak_bytes", 1024.0 * 1023.9), "1.0 MiB");
        assert_eq!(metric("peak_bytes", 5_120.0), "5.0 KiB");
        assert_eq!(metric("odd_bytes", f64::INFINITY), "inf TiB");
        assert_eq!(spoken("requests_per_second"), "requests per second");
        let rates = [4.9876, 98.04, 98765.4, 0.0, f64::INFINITY, f64::NAN];
        assert_eq!(
            rates.map(|rate| metric("requests_per_second", rate)),
            ["4.99", "98.0", "98765", "0.00", "inf", "NaN"]
        );
    }
}
