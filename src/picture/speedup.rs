//! How much faster, in words.

/// How much faster or slower than the first, where that is worth a word.
pub(super) fn faster(times: f64) -> String {
    match times {
        0.9..1.1 => String::new(),
        1.1.. => format!("{times:.2}× faster"),
        _ if times > 0.0 => format!("{:.2}× slower", 1.0 / times),
        _ => String::new(),
    }
}
