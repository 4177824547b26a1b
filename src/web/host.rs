//! The teacher's page: notes, the next slide, the clock, and the buttons.

use std::net::IpAddr;

use super::html::{block, inline, page, text};
use crate::classroom::{HostPage, Key};

/// How often a browser without scripts asks.
const REFRESH: u32 = 3;

/// So many devices of one address are a router, or somebody who votes more than once.
const MANY: usize = 5;

/// What the buttons send, and what they press. No key that ends the show is among them.
pub(super) const BUTTONS: &[(&str, Key)] = &[
    ("forward", Key::Next),
    ("back", Key::Back),
    ("ask", Key::Char('p')),
    ("step-back", Key::Char('P')),
    ("run", Key::Enter),
    ("stop", Key::Escape),
    ("blank", Key::Char('.')),
    ("veil", Key::Char('v')),
    ("where", Key::Char('w')),
];

fn sent(key: Key) -> Option<&'static str> {
    let known = BUTTONS.iter().find(|(_, known)| *known == key);
    known.map(|(name, _)| *name)
}

/// `action` is where its buttons go; `crowd` an address from which several devices vote, and how many.
pub(super) fn html(shown: &HostPage, action: &str, crowd: Option<(IpAddr, usize)>) -> String {
    let seconds = shown.elapsed.as_secs();
    let over = if seconds > shown.minutes * 60 {
        " class=\"over\""
    } else {
        ""
    };
    let mut main = format!(
        "<header><h1>{}</h1>\n<p><span>{}</span> <b{over}>{}:{:02} of {} min</b></p></header>\n",
        text(&shown.title),
        text(&shown.place),
        seconds / 60,
        seconds % 60,
        shown.minutes
    );
    main += &format!(
        "<form method=\"post\" action=\"{action}\" class=\"host\">\n<input type=\"hidden\" name=\"seen\" value=\"{}\">\n<div class=\"large\">\n",
        text(&shown.seen)
    );
    let act = shown.act.and_then(|(key, words)| Some((sent(key)?, words)));
    main += &match act {
        Some((name, words)) => {
            format!("<button name=\"press\" value=\"{name}\">{words}</button>\n")
        }
        None => "<button name=\"press\" value=\"\" disabled>Nothing to run</button>\n".to_owned(),
    };
    main += &format!(
        "<button name=\"press\" value=\"forward\" class=\"forward\">{}</button>\n</div>\n<div class=\"small\">\n",
        shown.forward
    );
    for (name, words) in [
        ("back", "Previous slide"),
        ("run", "Run"),
        ("step-back", "Open the round again"),
        ("blank", "Blank"),
        ("where", "Where to vote"),
    ] {
        main += &format!("<button name=\"press\" value=\"{name}\">{words}</button>\n");
    }
    main += "</div>\n</form>\n";
    if let Some(said) = &shown.said {
        main += &format!("<p class=\"state\" role=\"status\">{}</p>\n", text(said));
    }
    if !shown.votes.is_empty() {
        main += &format!("<h2>{}</h2>\n", text(&shown.state));
        main += "<table>\n<tr><th scope=\"col\">Answer</th><th scope=\"col\">Round 1</th><th scope=\"col\">Round 2</th></tr>\n";
        for (at, (choice, votes)) in shown.votes.iter().enumerate() {
            main += &format!(
                "<tr><td>{} {}</td><td>{}</td><td>{}</td></tr>\n",
                at + 1,
                inline(std::slice::from_ref(choice)),
                votes[0],
                votes[1]
            );
        }
        main += "</table>\n";
    }
    if let Some((address, count)) = crowd.filter(|(_, count)| *count >= MANY) {
        main += &format!(
            "<p class=\"refused\">{count} devices vote from {address}: a router, or somebody who votes more than once.</p>\n"
        );
    }
    main += "<h2>Notes</h2>\n";
    main += &block(&shown.notes);
    main += &format!("<h2>Next</h2>\n<p>{}</p>\n", text(&shown.next));
    main += "<h2>On the screen</h2>\n";
    main += &block(&shown.now);
    page("Teacher", REFRESH, &main)
}
