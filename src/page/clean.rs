//! Text that may come from a server, a file name or somebody else's lesson, without what would deceive a reader.

use std::borrow::Cow;

/// `text` with a blank for each character that moves the cursor, turns the direction of writing, or ends a line
/// unasked. Newlines stay.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let clean = |ch: char| if is_harmless(ch) { ch } else { ' ' };
    Cow::Owned(text.chars().map(clean).collect())
}

/// [`clean`] as a text of its own. Tabs are blanks up to the next stop, as Markdown and code want them.
pub fn cleaned(text: &str) -> String {
    clean(&expand_tabs(text)).into_owned()
}

/// [`clean`], and what remains is one line.
pub fn clean_line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

/// JSON that means the same, with an escape for each character that [`clean`] would blank: a terminal may show it.
pub fn clean_json(json: &str) -> Cow<'_, str> {
    if json.chars().all(is_harmless) {
        return Cow::Borrowed(json);
    }
    let mut clean = String::with_capacity(json.len());
    for ch in json.chars() {
        if is_harmless(ch) {
            clean.push(ch);
        } else {
            // Such a character can stand within a string only.
            for unit in ch.encode_utf16(&mut [0; 2]) {
                clean += &format!("\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(clean)
}

fn is_harmless(ch: char) -> bool {
    match ch {
        '\n' => true,
        // Marks, embeddings, overrides and isolates: with them, source code reads as what it is not.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => {
            false
        }
        // Separators that some terminals take for a newline; annotations, a byte order mark, invisible tags.
        '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{feff}' => false,
        '\u{e0000}'..='\u{e007f}' => false,
        _ => !ch.is_control(),
    }
}

/// How far apart tab stops are.
const TAB: usize = 4;

/// `source` with blanks up to the next stop for each tab.
pub(super) fn expand_tabs(source: &str) -> Cow<'_, str> {
    if !source.contains('\t') {
        return Cow::Borrowed(source);
    }
    let mut expanded = String::with_capacity(source.len());
    let mut column = 0;
    for ch in source.chars() {
        match ch {
            '\t' => {
                let blanks = TAB - column % TAB;
                expanded.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
            _ => {
                expanded.push(ch);
                let width = unicode_width::UnicodeWidthChar::width(ch).unwrap_or(0);
                column = if ch == '\n' { 0 } else { column + width };
            }
        }
    }
    Cow::Owned(expanded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_deceives_is_a_blank() {
        assert_eq!(clean("a\u{1b}[2J\r\u{9b}1m\nb"), "a [2J  1m\nb");
        assert_eq!(
            clean("if admin\u{202e} \u{2066}// no\u{2069}"),
            "if admin   // no "
        );
        assert_eq!(clean_line("a\nb\u{2028}c\u{feff}"), "a b c ");
        // What joins the parts of one glyph does no harm.
        assert_eq!(clean("👩\u{200d}🔬 é"), "👩\u{200d}🔬 é");
    }

    #[test]
    fn json_means_the_same_and_is_harmless() {
        let text = "a\u{1b}[2J\u{7f}\u{9b}1m \u{202e}\u{feff} \u{e0041} é 👩\n";
        let json = serde_json::to_string(text).unwrap();
        let cleaned = clean_json(&json);
        assert!(cleaned.chars().all(is_harmless), "{cleaned}");
        assert_eq!(serde_json::from_str::<String>(&cleaned).unwrap(), text);
        assert!(matches!(clean_json("{\"a\":[1]}"), Cow::Borrowed(_)));
    }

    #[test]
    fn tabs_go_on_to_the_next_stop() {
        assert_eq!(expand_tabs("\ta\tb\n日\tc"), "    a   b\n日  c");
    }

    proptest! {
        #[test]
        fn whatever_is_cleaned_is_clean(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(cleaned.chars().all(is_harmless));
            prop_assert_eq!(cleaned.chars().count(), text.chars().count());
            prop_assert!(!clean_line(&text).contains(char::is_control));
        }
    }
}
