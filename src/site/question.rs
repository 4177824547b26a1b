//! A question on a page: its choices, and what is told behind them.

use maud::{Markup, html};
use ring::digest::{SHA256, digest};

/// A choice of a question.
pub(super) struct Offered {
    pub(super) label: Markup,
    /// Whether it is right. `None` where nothing decides.
    pub(super) right: Option<bool>,
}

/// What is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// One, by its letter.
    One,
    /// One, by its number.
    Numbered,
    /// All that are right.
    Several,
    /// What somebody types; the example says how.
    Typed(&'static str),
}

/// A question, before it is markup.
pub(super) struct PageQuestion<'a> {
    /// Its place on the page.
    pub(super) at: usize,
    /// The question as the lesson has it: under it, a browser keeps the answer.
    pub(super) question: &'a str,
    pub(super) legend: Markup,
    /// What stands between the question and its choices.
    pub(super) above: Markup,
    pub(super) pick: Pick,
    pub(super) choices: Vec<Offered>,
    pub(super) hint: Option<Markup>,
    /// What the disclosure is called that has the answer.
    pub(super) summary: &'static str,
    pub(super) told: Markup,
}

/// What a question is kept under: the same as long as its words are.
pub(super) fn key(question: &str) -> String {
    let hash = digest(&SHA256, question.trim().as_bytes());
    let bytes = hash.as_ref().iter().take(6);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// `✓`, `✗`, or a point where nothing decides.
pub(super) fn sign(right: Option<bool>) -> Markup {
    let (sign, word) = match right {
        Some(true) => ("✓", "right"),
        Some(false) => ("✗", "wrong"),
        None => ("·", "undecided"),
    };
    html! { span.sign aria-hidden="true" { (sign) } " " span.unseen { (word) ": " } }
}

/// How a choice is called.
pub(super) fn letter(pick: Pick, at: usize) -> String {
    match pick {
        Pick::Numbered => (at + 1).to_string(),
        _ => char::from(b'a' + u8::try_from(at).unwrap_or(25)).to_string(),
    }
}

impl PageQuestion<'_> {
    pub(super) fn markup(&self) -> Markup {
        let name = format!("s{}", self.at);
        let kind = match self.pick {
            Pick::Several => "checkbox",
            _ => "radio",
        };
        html! {
            section.step.ask id=(name) data-key=(key(self.question)) {
                fieldset {
                    legend { (self.legend) }
                    (self.above)
                    @if self.pick == Pick::Several { p.dim { "More than one is right." } }
                    @match self.pick {
                        Pick::Typed(example) => label.typed {
                            "Your prediction " span.dim { "(for example " (example) ")" }
                            input type="text" name=(name) autocomplete="off" maxlength="40";
                        },
                        pick => div.choices {
                            @for (at, choice) in self.choices.iter().enumerate() {
                                label data-judged[choice.right.is_some()] data-right[choice.right == Some(true)] {
                                    input type=(kind) name=(name) value=(at);
                                    span.letter { (letter(pick, at)) }
                                    span.words { (choice.label) }
                                }
                            }
                        },
                    }
                    p.act hidden {
                        button.answer type="button" { "Answer" }
                        " "
                        button.skip type="button" { "Go on without" }
                    }
                    p.said role="status" {}
                }
                @if let Some(hint) = &self.hint { details.hint { summary { "Hint" } (hint) } }
                details.told { summary { (self.summary) } (self.told) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pick: Pick) -> String {
        let offered = |text: &str, right| Offered {
            label: html! { (text) },
            right,
        };
        let asked = PageQuestion {
            at: 3,
            question: "How long?",
            legend: html! { "How long?" },
            above: html! {},
            pick,
            choices: vec![offered("1 s", Some(false)), offered("<2 s>", Some(true))],
            hint: Some(html! { p { "Think." } }),
            summary: "What was measured",
            told: html! { p { "2 s" } },
        };
        asked.markup().into_string()
    }

    #[test]
    fn a_question_can_be_answered_by_keys_and_read_without_a_script() {
        let page = asked(Pick::One);
        assert_eq!(page.matches("<input type=\"radio\" name=\"s3\"").count(), 2);
        assert_eq!(page.matches(" data-right").count(), 1);
        assert!(
            page.contains("<fieldset><legend>How long?</legend>"),
            "{page}"
        );
        assert!(
            page.contains("<details class=\"told\"><summary>What was measured</summary><p>2 s</p>")
        );
        // What only a script can do is not there without one.
        assert!(page.contains("<p class=\"act\" hidden>"), "{page}");
        assert!(asked(Pick::Several).contains("type=\"checkbox\""));
        assert!(asked(Pick::Numbered).contains("<span class=\"letter\">2</span>"));
        assert!(asked(Pick::Typed("250ms")).contains("type=\"text\""));
    }

    #[test]
    fn a_key_is_the_questions_own() {
        assert_eq!(key("How long?"), key(" How long?\n"));
        assert_ne!(key("How long?"), key("How short?"));
        assert_eq!(key("a").len(), 12);
    }
}
