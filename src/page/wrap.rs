//! Where a line ends. Every text that is wrapped is wrapped here.

use textwrap::core::Fragment;
use textwrap::wrap_algorithms::wrap_first_fit;
use unicode_width::UnicodeWidthChar;

use super::line::{Line, Role};
use super::style::columns;

/// `text` in lines of at most `width` columns, with `first` before the first and `rest` before the others.
///
/// A line ends at a blank or, in a script that has none, between two wide characters; never within a word such as
/// `--data-dir`, between a figure and its unit, or at a no-break space, which comes out as a blank. A word that is
/// wider than a line is broken where the line ends, unless it is an address.
pub fn wrap(text: &Line, width: usize, first: &Line, rest: &Line) -> Vec<Line> {
    let rooms = [first, rest].map(|indent| width.saturating_sub(indent.width()).max(1));
    let mut lines: Vec<Line> = Vec::new();
    for paragraph in paragraphs(text) {
        let mut words = words(&paragraph, rooms[1]);
        if lines.is_empty() && !first.is_empty() {
            // It takes no room, and lets the first word go to the second line.
            words.insert(0, Word::default());
        }
        // Only the very first line has the room beside `first`.
        let widths = rooms.map(|room| room as f64);
        let widths = &widths[usize::from(!lines.is_empty())..];
        for row in wrap_first_fit(&words, widths) {
            let line = match (lines.is_empty(), row.is_empty()) {
                (true, _) => joined(first, row),
                (false, true) => Line::default(),
                (false, false) => joined(rest, row),
            };
            lines.push(line);
        }
    }
    lines
}

/// `text` as one that no line ends in.
pub fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// A character and what follows it without taking room of its own, and what it is.
#[derive(Clone, Debug)]
struct Cluster {
    role: Role,
    text: String,
}

impl Cluster {
    fn is(&self, ch: char) -> bool {
        self.text.len() == ch.len_utf8() && self.text.starts_with(ch)
    }

    fn is_wide(&self) -> bool {
        columns(&self.text) > 1
    }
}

/// What stays together, and the blanks after it.
#[derive(Clone, Debug, Default)]
struct Word {
    clusters: Vec<Cluster>,
    blanks: Vec<Cluster>,
}

impl Word {
    fn text(&self) -> String {
        let clusters = self.clusters.iter();
        clusters.map(|cluster| cluster.text.as_str()).collect()
    }
}

fn width(clusters: &[Cluster]) -> usize {
    clusters.iter().map(|cluster| columns(&cluster.text)).sum()
}

impl Fragment for Word {
    fn width(&self) -> f64 {
        width(&self.clusters) as f64
    }

    fn whitespace_width(&self) -> f64 {
        width(&self.blanks) as f64
    }

    fn penalty_width(&self) -> f64 {
        0.0
    }
}

/// The clusters of a text, parted where a line was to end.
fn paragraphs(text: &Line) -> Vec<Vec<Cluster>> {
    let mut paragraphs = vec![Vec::<Cluster>::new()];
    let mut joins = false;
    for (role, piece) in text.pieces() {
        for ch in piece.chars() {
            let goes_on = joins || ch != '\n' && ch.width().unwrap_or(0) == 0;
            joins = ch == '\u{200d}';
            let here = paragraphs
                .last_mut()
                .and_then(|clusters| clusters.last_mut());
            match here {
                _ if ch == '\n' => paragraphs.push(Vec::new()),
                Some(cluster) if goes_on && !cluster.is(' ') => cluster.text.push(ch),
                _ => {
                    let cluster = Cluster {
                        role: *role,
                        text: ch.to_string(),
                    };
                    if let Some(clusters) = paragraphs.last_mut() {
                        clusters.push(cluster);
                    }
                }
            }
        }
    }
    paragraphs
}

/// The words of a paragraph, none wider than `room` that may be broken.
fn words(clusters: &[Cluster], room: usize) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for word in glued(at_blanks(clusters)) {
        let mut clusters = word.clusters.iter();
        if clusters.any(|cluster| cluster.role == Role::Address) {
            words.push(word);
            continue;
        }
        let blanks = word.blanks.clone();
        for part in between_wide(&word.clusters) {
            words.extend(broken(part, room));
        }
        match words.last_mut() {
            Some(last) if !word.clusters.is_empty() => last.blanks = blanks,
            _ => words.push(word),
        }
    }
    words
}

fn at_blanks(clusters: &[Cluster]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for cluster in clusters {
        match words.last_mut() {
            Some(word) if cluster.is(' ') => word.blanks.push(cluster.clone()),
            Some(word) if word.blanks.is_empty() => word.clusters.push(cluster.clone()),
            _ => {
                let mut word = Word::default();
                if cluster.is(' ') {
                    word.blanks.push(cluster.clone());
                } else {
                    word.clusters.push(cluster.clone());
                }
                words.push(word);
            }
        }
    }
    words
}

/// A figure and its unit as one word.
fn glued(words: Vec<Word>) -> Vec<Word> {
    const UNITS: [&str; 9] = ["s", "ms", "µs", "us", "ns", "B", "KiB", "MiB", "GiB"];
    let mut glued: Vec<Word> = Vec::new();
    for word in words {
        let text = word.text();
        let unit = text.trim_end_matches(|ch: char| !ch.is_alphanumeric());
        let after_a_figure = |figure: &Word| {
            figure.blanks.len() == 1 && figure.text().ends_with(|ch: char| ch.is_ascii_digit())
        };
        match glued.last_mut() {
            Some(figure) if UNITS.contains(&unit) && after_a_figure(figure) => {
                figure.clusters.append(&mut figure.blanks);
                figure.clusters.extend(word.clusters);
                figure.blanks = word.blanks;
            }
            _ => glued.push(word),
        }
    }
    glued
}

/// Parts between which a line may end although there is no blank: before and after each wide character, but not
/// before what closes or after what opens.
fn between_wide(clusters: &[Cluster]) -> Vec<&[Cluster]> {
    const CLOSING: &str = "、。，．：；？！）」』】〉》〕ー々…,.:;?!)]}\"'";
    const OPENING: &str = "（「『【〈《〔([{\"'";
    let among =
        |glyphs: &str, cluster: &Cluster| cluster.text.chars().all(|ch| glyphs.contains(ch));
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 1..clusters.len() {
        let (before, after) = (&clusters[at - 1], &clusters[at]);
        let parted = before.is_wide() || after.is_wide();
        if parted && !among(OPENING, before) && !among(CLOSING, after) {
            parts.push(&clusters[start..at]);
            start = at;
        }
    }
    parts.push(&clusters[start..]);
    parts
}

fn broken(clusters: &[Cluster], room: usize) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word::default();
    for cluster in clusters {
        let used = width(&word.clusters);
        if used > 0 && used + columns(&cluster.text) > room {
            words.push(std::mem::take(&mut word));
        }
        word.clusters.push(cluster.clone());
    }
    words.extend(Some(word).filter(|word| !word.clusters.is_empty()));
    words
}

/// A row of words after its indent, without the blanks at its end.
fn joined(indent: &Line, row: &[Word]) -> Line {
    let mut line = indent.clone();
    for (at, word) in row.iter().enumerate() {
        let blanks = match at + 1 < row.len() {
            true => &word.blanks[..],
            false => &[],
        };
        for cluster in word.clusters.iter().chain(blanks) {
            line.push(cluster.role, &cluster.text.replace('\u{a0}', " "));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::clean;

    fn wrapped(text: &str, width: usize, rest: &str) -> Vec<String> {
        let (text, rest) = (Line::plain(text), Line::plain(rest));
        let lines = wrap(&text, width, &Line::default(), &rest);
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_stay_whole_and_further_lines_are_indented() {
        assert_eq!(
            wrapped("one two three four", 9, "  "),
            ["one two", "  three", "  four"]
        );
        assert_eq!(wrapped("abcdefgh", 3, ""), ["abc", "def", "gh"]);
        assert_eq!(wrapped("", 3, ""), [""]);
        assert_eq!(wrapped("a\n\nb ", 3, "  "), ["a", "", "  b"]);
        assert_eq!(wrapped("    a b", 6, "    "), ["    a", "    b"]);
    }

    #[test]
    fn nothing_breaks_within_an_option_a_name_or_a_figure() {
        assert_eq!(
            wrapped("see blocking-pitfall --data-dir", 20, ""),
            ["see blocking-pitfall", "--data-dir"]
        );
        assert_eq!(
            wrapped("it took 903 ms, not 2 s.", 12, ""),
            ["it took", "903 ms, not", "2 s."]
        );
        assert_eq!(
            wrapped("took 1.203 s. It (480 µs), 3 threads", 9, ""),
            ["took", "1.203 s.", "It", "(480 µs),", "3 threads"]
        );
        let together = format!("a b {}", unbroken("c d e"));
        assert_eq!(wrapped(&together, 6, ""), ["a b", "c d e"]);
    }

    #[test]
    fn a_script_without_blanks_is_wrapped_by_its_width() {
        assert_eq!(
            wrapped("await は、待つ。 ok", 10, ""),
            ["await は、", "待つ。 ok"]
        );
        assert_eq!(wrapped("日本語", 1, ""), ["日", "本", "語"]);
        assert_eq!(wrapped("ab👩\u{200d}🔬", 3, ""), ["ab", "👩\u{200d}🔬"]);
    }

    #[test]
    fn a_word_of_two_roles_is_one_word_and_an_address_is_never_broken() {
        let text = Line::plain("to aw").with(Role::Name, "ait");
        let lines = wrap(&text, 6, &Line::default(), &Line::default());
        assert_eq!(lines[1], Line::plain("aw").with(Role::Name, "ait"));
        let address = Line::of(Role::Address, "(https://tokio.rs)").with(Role::Plain, ".");
        let lines = wrap(&address, 6, &Line::default(), &Line::default());
        assert_eq!(lines, [address]);
    }

    #[test]
    fn a_label_stands_before_the_first_line() {
        let label = Line::of(Role::Dim, "label: ");
        let lines = wrap(&Line::plain("one two"), 9, &label, &Line::plain("  "));
        assert_eq!(lines, [label, Line::plain("  one two")]);
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-zé \n0-9ms-]{0,80}", "\\PC{0,60}", any::<String>()]
    }

    proptest! {
        #[test]
        fn no_line_is_wider_and_nothing_is_lost(text in any_text(), width in 2_usize..40, indent in 0_usize..4) {
            let rest = " ".repeat(indent);
            let lines = wrapped(&text, width, &rest);
            for line in &lines {
                prop_assert!(columns(line) <= width.max(indent + 2), "{width}: {line:?}");
                prop_assert!(!line.contains(char::is_control), "{line:?}");
            }
            let letters = |text: &str| text.chars().filter(|ch| !ch.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&clean(&text)));
        }
    }
}
