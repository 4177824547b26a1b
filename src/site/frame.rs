//! What is around every page: its head, its policy, its style and its script.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::page::policy_source;

const SCRIPT: &str = include_str!("site.js");
const STYLE: &str = include_str!("site.css");

/// A whole page. Nothing but its own script runs in it, and nothing is fetched: its pictures stand in it.
pub(super) fn framed(title: &str, course: &str, lesson: Option<&str>, body: &Markup) -> String {
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        policy_source(SCRIPT),
        policy_source(STYLE)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body data-course=(course) data-lesson=[lesson] {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::assert_inline;

    #[test]
    fn the_script_closes_no_element_and_makes_none_from_text() {
        assert_inline(SCRIPT, STYLE);
        for outside in ["http", "url(", "@import", "fetch("] {
            assert!(
                !SCRIPT.contains(outside) && !STYLE.contains(outside),
                "{outside}"
            );
        }
    }

    #[test]
    fn no_text_leaves_its_place() {
        let page = framed(
            "</title><script>",
            "\"><b>",
            Some("\" x=\""),
            &html! { p { "a" } },
        );
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(page.contains("<title>&lt;/title&gt;&lt;script&gt;</title>"));
        assert!(
            page.contains("data-course=\"&quot;&gt;&lt;b&gt;\" data-lesson=\"&quot; x=&quot;\"")
        );
    }
}
