//! The page on which a phone votes.

use super::html::{inline, page, text};
use crate::classroom::{Device, VoterPage};

/// How often a browser without scripts asks: while somebody may be choosing, seldom.
const REFRESH: [u32; 2] = [5, 20];

/// As `device` sees it. `path` is where its form goes, `why` says why its last vote did not count.
pub(super) fn html(shown: &VoterPage, device: Device, path: &str, why: Option<&str>) -> String {
    let mine = shown.votes_of(device);
    let mut main = format!("<p class=\"lesson\">{}</p>\n", text(&shown.title));
    if !shown.question.is_empty() {
        main += &format!("<h1>{}</h1>\n", inline(&shown.question));
    } else {
        main += "<h1>Vote here</h1>\n";
    }
    if let Some(why) = why {
        main += &format!(
            "<p class=\"refused\" role=\"alert\">It did not count: {}.</p>\n",
            text(why)
        );
    }
    main += &format!(
        "<p class=\"state\" role=\"status\">{}</p>\n",
        text(&shown.state)
    );
    match shown.ballot {
        Some(ballot) => {
            let round = ballot.round().number();
            let mine = mine[round - 1];
            main += &format!(
                "<form method=\"post\" action=\"{path}\">\n<input type=\"hidden\" name=\"ballot\" value=\"{}\">\n",
                ballot.key()
            );
            for (at, choice) in shown.choices.iter().enumerate() {
                main += &format!(
                    "<button name=\"choice\" value=\"{at}\" aria-pressed=\"{}\"><span class=\"number\">{}</span> {}</button>\n",
                    mine == Some(at),
                    at + 1,
                    inline(std::slice::from_ref(choice))
                );
            }
            main += "</form>\n";
            main += &match mine {
                Some(at) => format!(
                    "<p class=\"mine\">Your vote is in: <b>{}</b>. You may change it until the round is closed.</p>\n",
                    at + 1
                ),
                None => "<p class=\"mine\">You have not voted in this round.</p>\n".to_owned(),
            };
        }
        None if !shown.choices.is_empty() => {
            main += "<ol>\n";
            for (at, choice) in shown.choices.iter().enumerate() {
                let rounds = [1, 2]
                    .into_iter()
                    .filter(|round| mine[round - 1] == Some(at));
                let rounds: Vec<_> = rounds.map(|round: usize| round.to_string()).collect();
                let choice = inline(std::slice::from_ref(choice));
                main += &match &rounds[..] {
                    [] => format!("<li>{choice}</li>\n"),
                    rounds => format!(
                        "<li>{choice} <b class=\"yours\">your vote in round {}</b></li>\n",
                        rounds.join(" and ")
                    ),
                };
            }
            main += "</ol>\n";
        }
        None => {}
    }
    main += &format!("<p class=\"again\"><a href=\"{path}\">Look again</a></p>\n");
    page("Vote", REFRESH[usize::from(shown.ballot.is_some())], &main)
}
