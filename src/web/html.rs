//! What both pages have in common. Nothing that comes from a lesson or from a phone becomes markup.

use crate::page::{Line, to_html};

/// Nothing is loaded but what is here, nothing is sent but here, and no other page shows this one.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) const STYLE: &str = include_str!("style.css");
pub(super) const SCRIPT: &str = include_str!("class.js");

/// A whole page. Without scripts it asks again by itself after so many seconds; with them, the script does.
pub(super) fn page(title: &str, seconds: u32, main: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n\
         <script src=\"/class.js\" defer></script>\n\
         <noscript><meta http-equiv=\"refresh\" content=\"{seconds}\"></noscript>\n\
         </head>\n<body>\n<main id=\"page\">\n{main}</main>\n<p id=\"net\" role=\"status\"></p>\n</body>\n</html>\n",
        text(title)
    )
}

/// Words as they are.
pub(super) fn text(words: &str) -> String {
    inline(&[Line::plain(words)])
}

/// Styled lines, one after the other, in one paragraph.
pub(super) fn inline(lines: &[Line]) -> String {
    let html = to_html(lines);
    html.trim_end_matches('\n').replace('\n', " ")
}

/// Styled lines as they stand on a terminal.
pub(super) fn block(lines: &[Line]) -> String {
    let words = lines.iter().skip_while(|line| line.is_empty());
    let words: Vec<_> = words.cloned().collect();
    format!("<pre>{}</pre>\n", to_html(&words).trim_end())
}

/// A page that has nothing but a sentence.
pub(super) fn sentence(title: &str, words: &str) -> String {
    let main = format!("<h1>{}</h1>\n<p>{}</p>\n", text(title), text(words));
    page(title, 30, &main)
}
