//! What a stream can show: colour, characters beyond ASCII, and how wide it is.

use console::{Alignment, pad_str, truncate_str};
use unicode_width::UnicodeWidthStr;

use super::clean::{clean, clean_line};

/// How to draw on one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape codes for colour may be written.
    pub color: bool,
    /// Whether only ASCII may be written.
    pub ascii: bool,
    /// Columns. Anything is allowed; below 40 things are cut short.
    pub width: usize,
    /// How many lanes a strategy may have before the rest are folded.
    pub lanes: usize,
    /// Whether a strategy is to take as few lines as possible.
    pub brief: bool,
}

impl Default for Style {
    /// For a pipe: no colour, 80 columns.
    fn default() -> Self {
        Self {
            color: false,
            ascii: false,
            width: 80,
            lanes: 12,
            brief: false,
        }
    }
}

impl Style {
    /// Text that may come from a server, an error or a file name, as this stream can show it. To be called
    /// before it is measured; newlines and no-break spaces stay.
    pub(crate) fn tame(&self, text: &str) -> String {
        let ascii = |ch: char| match ch {
            '\u{a0}' => ch,
            _ if self.ascii => ascii(ch),
            _ => ch,
        };
        clean(text).chars().map(ascii).collect()
    }

    /// The text as this stream can show it.
    pub fn encode(&self, text: &str) -> String {
        if self.ascii {
            text.chars().map(ascii).collect()
        } else {
            text.to_owned()
        }
    }
}

fn ascii(ch: char) -> char {
    match ch {
        '\0'..='\x7f' => ch,
        'µ' => 'u',
        '×' => 'x',
        '−' | '–' | '─' => '-',
        '·' | '│' => '|',
        '→' => '>',
        '…' => '~',
        _ => '?',
    }
}

/// How many columns `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// `text` in exactly `width` columns: filled up with blanks, or cut with an ellipsis.
pub(crate) fn fit(text: &str, width: usize) -> String {
    // A label may come from a URL or an error.
    let text = clean_line(text);
    let ellipsis = if width == 0 { "" } else { "…" };
    let cut = truncate_str(&text, width, ellipsis);
    pad_str(&cut, width, Alignment::Left, None).into_owned()
}

/// [`fit`] for a label: cut in its middle, because labels differ at their ends, `worker task 1` and `worker task 2`.
pub(crate) fn fit_label(label: &str, width: usize) -> String {
    let label = clean_line(label);
    let used = columns(&label);
    if used <= width || width < 6 {
        return fit(&label, width);
    }
    let mut kept = used;
    let end = label.char_indices().find(|(_, ch)| {
        kept = kept.saturating_sub(columns(ch.encode_utf8(&mut [0; 4])));
        kept <= width / 3
    });
    let end = end.map_or("", |(at, ch)| &label[at + ch.len_utf8()..]);
    let begin = fit(&label, width - columns(end));
    let begin = begin.trim_end();
    fit(&format!("{begin}{end}"), width)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_label_is_filled_or_cut() {
        assert_eq!(fit("ab", 4), "ab  ");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("日本語", 4), "日… ");
        assert_eq!(fit("a\x1b[2Jb", 6), "a [2Jb");
    }

    #[test]
    fn labels_that_differ_at_their_ends_differ_when_they_are_cut() {
        assert_eq!(fit_label("worker task 1", 11), "worker …k 1");
        assert_eq!(fit_label("worker task 2", 11), "worker …k 2");
        assert_eq!(fit_label("worker task 2", 14), "worker task 2 ");
        assert_eq!(fit_label("worker task 2", 4), "wor…");
    }

    /// A dot is the sign of a task that could not run.
    #[test]
    fn in_ascii_an_ellipsis_keeps_its_width_and_is_no_sign_of_a_lane() {
        let style = Style {
            ascii: true,
            ..Style::default()
        };
        assert_eq!(style.encode("query(…).await"), "query(~).await");
    }

    proptest! {
        #[test]
        fn a_fitted_text_has_exactly_its_width(text in "\\PC{0,40}", width in 0_usize..30) {
            prop_assert_eq!(columns(&fit(&text, width)), width);
            prop_assert_eq!(columns(&fit_label(&text, width)), width);
        }

        #[test]
        fn encoded_text_is_ascii(text in any::<String>()) {
            let style = Style { ascii: true, ..Style::default() };
            prop_assert!(style.encode(&text).is_ascii());
        }
    }
}
