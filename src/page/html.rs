//! Styled lines for a page of the web.

use maud::html;

use super::line::{Line, Role};

/// Each line with a newline after it, for a `<pre>`: every piece that is more than plain in a `<span>` whose class is
/// its role. Nothing of the text becomes markup.
pub fn to_html(lines: &[Line]) -> String {
    let mut markup = String::new();
    for line in lines {
        for (role, text) in line.pieces() {
            let text = text.replace('\n', " ");
            let piece = match class(*role) {
                Some(class) => html! { span class=(class) { (text) } },
                None => html! { (text) },
            };
            markup += &piece.into_string();
        }
        markup.push('\n');
    }
    markup
}

fn class(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Plain => return None,
        Role::Name => "name",
        Role::Dim => "dim",
        Role::Strong => "strong",
        Role::Emphasis => "emphasis",
        Role::Link => "link",
        Role::Address => "address",
        Role::Waiting => "waiting",
        Role::Alarm => "alarm",
        Role::Cancelled => "cancelled",
        Role::Keyword => "keyword",
        Role::Literal => "literal",
        Role::Special => "special",
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_role_is_a_class_and_text_is_no_markup() {
        let lines = [
            Line::plain("a < b && ").with(Role::Alarm, "<script>\"'"),
            Line::default(),
        ];
        assert_eq!(
            to_html(&lines),
            "a &lt; b &amp;&amp; <span class=\"alarm\">&lt;script&gt;&quot;'</span>\n\n"
        );
    }

    proptest! {
        #[test]
        fn no_text_gets_out_of_its_span(pieces in prop::collection::vec((0_usize..13, any::<String>()), 0..5)) {
            let mut line = Line::default();
            for (role, text) in &pieces {
                line.push(Role::ALL[*role], text);
            }
            let expected = line.pieces().iter().filter(|(role, _)| *role != Role::Plain).count();
            let html = to_html(&[line]);
            prop_assert_eq!(html.matches('<').count(), 2 * expected);
            prop_assert_eq!(html.matches('>').count(), 2 * expected);
            prop_assert_eq!(html.matches('"').count(), 2 * expected);
        }
    }
}
