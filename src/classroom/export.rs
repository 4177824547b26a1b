//! The votes of a class as CSV.

use std::collections::BTreeMap;

use super::ballot::candidates;
use super::rounds::VoteRound;
use super::slide::{Place, Slide};
use crate::lesson::{Kind, Lesson};

const HEAD: &str = "lesson,slide,question,round,choice,text,hands,devices\r\n";

/// A row for each choice of each round that is closed and in which somebody has voted; `None` where there is none. Who
/// voted for what is not in it.
pub(super) fn csv(lessons: &[Lesson], slides: &BTreeMap<Place, Slide>) -> Option<String> {
    let mut csv = HEAD.to_owned();
    for (place, slide) in slides {
        let Some(lesson) = lessons.get(place.lesson) else {
            continue;
        };
        let step = place
            .slide
            .checked_sub(1)
            .and_then(|at| lesson.steps.get(at));
        let Some(kind) = step.map(|step| &step.kind) else {
            continue;
        };
        for round in VoteRound::ALL {
            let Some(votes) = slide.rounds.counted(round) else {
                continue;
            };
            for (at, candidate) in candidates(kind).iter().enumerate() {
                let fields = [
                    lesson.stem().to_owned(),
                    place.slide.to_string(),
                    question(kind).to_owned(),
                    round.number().to_string(),
                    (at + 1).to_string(),
                    candidate.text.clone(),
                    votes.hands(at).to_string(),
                    votes.of_devices(at).to_string(),
                ];
                csv += &fields.map(|field| quoted(&field)).join(",");
                csv += "\r\n";
            }
        }
    }
    (csv.len() > HEAD.len()).then_some(csv)
}

fn question(kind: &Kind) -> &str {
    match kind {
        Kind::Predict(predict) => &predict.question,
        Kind::Quiz(quiz) => &quiz.question,
        Kind::Spot(spot) => &spot.question,
        Kind::Repair(repair) => &repair.question,
        Kind::Try(a_try) => &a_try.question,
        Kind::Prose(_) | Kind::Run(_) | Kind::Code(_) => "",
    }
}

/// As RFC 4180 has it. A text that a spreadsheet would compute is kept from it: a course is written by anybody.
fn quoted(field: &str) -> String {
    let computed = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if computed {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_never_computed() {
        for (field, written) in [
            ("join", "join"),
            ("a, b", "\"a, b\""),
            ("say \"go\"", "\"say \"\"go\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("-1", "'-1"),
        ] {
            assert_eq!(quoted(field), written);
        }
    }
}
