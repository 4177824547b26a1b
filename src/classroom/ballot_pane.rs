//! What a class may vote for, and how it has, as lines.

use super::ballot::Candidate;
use super::rounds::{Phase, VoteRound, Votes};
use super::show::Show;
use super::slide::Slide;
use super::text::{marked, paragraph};
use crate::lesson::{Answer, Guess, Kind, Predict};
use crate::page::{Line, Role, Style, columns, markdown};
use crate::report::Report;

type Lines = Vec<Line>;

/// The answers, with the votes for each as far as they may be seen.
pub(super) fn ballot(
    show: &Show,
    slide: &Slide,
    predict: Option<&Predict>,
    style: &Style,
) -> Lines {
    let quiz = predict.is_none();
    if !slide.rounds.asked() && !slide.revealed && !quiz {
        return Lines::new();
    }
    let candidates = show.candidates();
    let rounds = show.rounds();
    // With another knob, the answers are answers to another question.
    let outcome = show.measured().filter(|_| show.as_written());
    // Lines to find stand in their code, too: both have room only if these stand close.
    let spot = matches!(show.step().map(|step| &step.kind), Some(Kind::Spot(_)));
    let tight = spot || !quiz && show.run().is_some();
    // Of those that have room for bars beside them. The bars of the others stand below, in the same columns.
    let room = match rounds.len() {
        0 | 1 => style.width / 2,
        _ => style.width.saturating_sub(2 * COLUMN),
    };
    let texts = candidates.iter().map(|it| columns(&it.text) + 6);
    let widest = texts.filter(|width| *width <= room).max().unwrap_or(0);
    let beside = tight || rounds.len() > 1;
    let mut lines = Lines::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let right = match (predict, outcome) {
            (Some(predict), Some(report)) => is_right(predict, candidate, report),
            (Some(_), None) => None,
            (None, _) => candidate.right.filter(|_| slide.revealed),
        };
        lines.extend(answer(candidate, place, right, style));
        if slide.rounds.asked() && !rounds.is_empty() {
            let bars = bars(&rounds, place, right, beside, style);
            // Beside a result, each row is needed.
            match lines.last_mut() {
                Some(last)
                    if beside
                        && (rounds.len() < 2 || last.width() <= widest)
                        && last.width().max(widest) + bars.width() <= style.width =>
                {
                    let gap = " ".repeat(widest.saturating_sub(last.width()));
                    last.push(Role::Plain, &gap);
                    last.append(&bars);
                }
                _ if rounds.len() > 1 => lines.push(bars.indented(widest)),
                _ => lines.push(bars),
            }
        }
        if let (Some(why), true) = (&candidate.why, slide.revealed) {
            let beside = Style {
                width: style.width.saturating_sub(4),
                ..*style
            };
            let whys = markdown(why, &beside);
            lines.extend(whys.iter().map(|line| line.indented(4)));
        }
        if !tight {
            lines.push(Line::default());
        }
    }
    if rounds.len() > 1 {
        let heads = rounds.iter().map(|(round, _)| head(*round, style));
        let heads = heads.fold(Line::default(), |line, head| line.with(Role::Dim, &head));
        lines.push(heads.indented(widest));
    }
    lines.extend(state(show, slide, style));
    lines
}

fn answer(candidate: &Candidate, place: usize, right: Option<bool>, style: &Style) -> Lines {
    // A glyph beside the colour: not everybody sees colours, and not every projector shows them.
    let (role, glyph) = match right {
        Some(true) => (Role::Literal, if style.ascii { " <- right" } else { " ✓" }),
        Some(false) => (Role::Dim, ""),
        None => (Role::Plain, ""),
    };
    let text = format!("{}{glyph}", candidate.text);
    let number = Line::of(Role::Name, &format!("{:>2}  ", place + 1));
    let indent = Line::of(Role::Name, "    ");
    marked(role, &text, style, &number, &indent)
}

/// How long a bar may be where each round has one.
const LONGEST: usize = 10;

/// What a round takes with its figure.
const COLUMN: usize = LONGEST + 9;

/// What stands under the bars of a round.
fn head(round: VoteRound, style: &Style) -> String {
    let width = longest(2, true, style) + 9;
    format!("{:<width$}", format!("    round {}", round.number()))
}

fn longest(rounds: usize, beside: bool, style: &Style) -> usize {
    let room = style.width.saturating_sub(10);
    match rounds {
        0 | 1 if beside => room.clamp(1, 20),
        0 | 1 => room.clamp(1, 40),
        _ => (room / 3).clamp(1, LONGEST),
    }
}

/// A bar for each round, one after the other.
fn bars(
    rounds: &[(VoteRound, &Votes)],
    place: usize,
    right: Option<bool>,
    beside: bool,
    style: &Style,
) -> Line {
    let longest = longest(rounds.len(), beside, style);
    let votes = |(_, votes): &(VoteRound, &Votes)| (0..9).map(|at| votes.of(at)).max().unwrap_or(0);
    let most = rounds.iter().map(votes).max().unwrap_or(0);
    let mut line = Line::default();
    for (at, (_, votes)) in rounds.iter().enumerate() {
        let bar = bar(votes.of(place), most, longest, right, style);
        line.append(&bar);
        if at + 1 < rounds.len() {
            let gap = (longest + 9).saturating_sub(bar.width());
            line.push(Role::Plain, &" ".repeat(gap));
        }
    }
    line
}

fn bar(votes: usize, most: usize, longest: usize, right: Option<bool>, style: &Style) -> Line {
    let cells = (votes * longest).div_ceil(most.max(1)).min(longest);
    let role = if right == Some(true) {
        Role::Literal
    } else {
        Role::Special
    };
    let glyph = if style.ascii { "#" } else { "█" };
    Line::plain("    ")
        .with(role, &glyph.repeat(cells))
        .with(Role::Plain, &format!(" {votes}"))
}

/// How far the question has come, where it has no answer yet.
fn state(show: &Show, slide: &Slide, style: &Style) -> Lines {
    if show.is_answered() {
        return Lines::new();
    }
    let (role, said) = match slide.rounds.phase() {
        Phase::Unasked => return Lines::new(),
        Phase::Open(round) => {
            let votes = slide.rounds.votes(round);
            let said = format!(
                "Round {}: {} so far, hidden until it is closed",
                round.number(),
                votes.counted(votes.total())
            );
            (Role::Waiting, said)
        }
        Phase::Closed(VoteRound::First) => {
            let said = "Round 1 is closed. Talk to your neighbours: convince each other.";
            (Role::Waiting, said.to_owned())
        }
        Phase::Closed(VoteRound::Second) => (Role::Waiting, "Both rounds are closed.".to_owned()),
    };
    let mut lines = paragraph(role, &said, style);
    if let (Some(addresses), Some(_)) = (&show.addresses, slide.rounds.open()) {
        lines.extend(paragraph(Role::Name, &addresses.join, style));
    }
    lines
}

/// Whether a candidate is what was measured; where the run was disturbed, what arithmetic says. `None` where that
/// cannot be told.
pub(super) fn is_right(predict: &Predict, candidate: &Candidate, report: &Report) -> Option<bool> {
    let unit = predict.unit;
    let guess = Guess {
        said: candidate.text.clone(),
        answer: Answer {
            value: candidate.value?,
            unit,
        },
    };
    predict.judge(Some(&guess), report, &[])?.mark.counts()
}
