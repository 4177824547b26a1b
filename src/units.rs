//! Figures as people read them.

use std::time::Duration;

/// Three or four digits and a unit: `1.003 s`, `12 ms`, `1.5 ms`, `480 µs`, `320 ns`.
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        0 => "0 s".to_owned(),
        1..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{} µs", nanos / 1_000),
        // Rounded, so that 9.96 ms is 10 ms and not 10.0 ms.
        1_000_000..9_950_000 => format!("{:.1} ms", nanos as f64 / 1e6),
        9_950_000..999_500_000 => format!("{:.0} ms", nanos as f64 / 1e6),
        999_500_000..100_000_000_000 => format!("{:.3} s", duration.as_secs_f64()),
        _ => format!("{:.1} s", duration.as_secs_f64()),
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

/// `text` with a no-break space between each figure and its unit, so that no line ends between them.
pub fn unbroken(text: &str) -> String {
    let mut words = text.split(' ');
    let mut unbroken = words.next().unwrap_or_default().to_owned();
    for word in words {
        let unit = word.trim_end_matches(|sign: char| !sign.is_alphanumeric());
        let after_a_figure = unbroken.ends_with(|sign: char| sign.is_ascii_digit());
        let glue = after_a_figure && ["s", "ms", "µs", "ns", "B"].contains(&unit);
        unbroken.push(if glue { '\u{a0}' } else { ' ' });
        unbroken.push_str(word);
    }
    unbroken
}

/// `1 thread`, `3 threads`.
pub fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
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
        format!("{value} B")
    } else if key.ends_with("_per_second") {
        // Three digits: a rate is no count.
        let decimals = (2.0 - value.abs().max(1.0).log10().floor()).max(0.0);
        format!("{value:.*}", decimals as usize)
    } else {
        format!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_three_or_four_digits_and_a_unit() {
        let shown = |nanos| duration(Duration::from_nanos(nanos));
        assert_eq!(shown(0), "0 s");
        assert_eq!(shown(320), "320 ns");
        assert_eq!(shown(480_900), "480 µs");
        assert_eq!(shown(1_540_000), "1.5 ms");
        assert_eq!(shown(9_960_000), "10 ms");
        assert_eq!(shown(999_499_999), "999 ms");
        assert_eq!(shown(999_500_000), "1.000 s");
        assert_eq!(shown(3_002_400_000), "3.002 s");
        assert_eq!(shown(600_000_000_000), "600.0 s");
    }

    #[test]
    fn negative_and_impossible_seconds_do_not_panic() {
        assert_eq!(seconds(-0.002), "−2.0 ms");
        assert_eq!(seconds(f64::INFINITY), "inf s");
        assert_eq!(seconds(f64::NAN), "NaN s");
    }

    #[test]
    fn a_figure_stays_with_its_unit() {
        assert_eq!(
            unbroken("took 1.203 s. It (480 µs), 3 threads"),
            "took 1.203\u{a0}s. It (480\u{a0}µs), 3 threads"
        );
        assert_eq!(unbroken(""), "");
    }

    #[test]
    fn a_metric_speaks_for_itself() {
        assert_eq!(spoken("connections_opened_count"), "connections opened");
        assert_eq!(metric("reply_s", 0.25), "250 ms");
        assert_eq!(metric("rows_count", 12.0), "12");
        assert_eq!(spoken("requests_per_second"), "requests per second");
        let rates = [4.9876, 98.04, 98765.4, 0.0, f64::INFINITY, f64::NAN];
        assert_eq!(
            rates.map(|rate| metric("requests_per_second", rate)),
            ["4.99", "98.0", "98765", "0.00", "inf", "NaN"]
        );
    }
}
