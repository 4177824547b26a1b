//! What stands on a slide that has run: what was measured, and its picture, as large as the screen.

use std::time::Duration;

use super::ballot::candidates;
use super::ballot_pane::{ballot, is_right};
use super::figures::figures;
use super::knob;
use super::show::Show;
use super::slide::{Origin, Slide, SlideRun};
use super::text::{paragraph, question};
use crate::concepts;
use crate::lesson::{Kind, Mark, Predict};
use crate::page::{COMFORTABLE, Line, Role, Style, markdown};
use crate::picture::{Picture, Subject};
use crate::report::{Figure, Report};

type Lines = Vec<Line>;

/// With so many rows there is room for figures three rows high.
const ROOMY: usize = 26;

/// So many rows show the least of a picture. Where they are not left, the slide scrolls.
const LEAST: usize = 8;

/// The question in brief, what was measured, and the picture in the rows that are left. What it means comes where the
/// presenter asks for it.
pub(super) fn result(show: &Show, rows: usize, style: &Style) -> Lines {
    let words = Style {
        width: style.width.min(COMFORTABLE),
        ..*style
    };
    let nothing = Slide::default();
    let slide = show.slide().unwrap_or(&nothing);
    let mut lines = match show.step().map(|step| &step.kind) {
        Some(Kind::Predict(predict)) => question(&predict.question, &words),
        Some(Kind::Try(a_try)) => question(&a_try.question, &words),
        Some(Kind::Repair(repair)) => question(&repair.question, &words),
        _ => Lines::new(),
    };
    if let Some(line) = show.line() {
        let line = format!("$ asyncdemo {line}");
        lines.extend(paragraph(Role::Dim, &line, &words));
    }
    let mut why = Lines::new();
    if let Some(text) = show.why().filter(|_| slide.explained) {
        why.push(Line::default());
        why.extend(markdown(text, &words));
    }
    match show.step().map(|step| &step.kind) {
        Some(Kind::Predict(predict)) => {
            let choices = ballot(show, slide, Some(predict), &words);
            let measured = measured(show, slide, predict, rows >= ROOMY, &words);
            // Where they do not all have room, the why wants the picture beside it. How many were right stands with the
            // figure.
            let taken = lines.len() + choices.len() + measured.len() + why.len() + LEAST;
            if why.is_empty() || taken < rows {
                lines.extend(choices);
            }
            lines.extend(measured);
        }
        // Whatever the knob is at, the run's own number decides.
        Some(Kind::Try(a_try)) => {
            let predict = a_try.predict(&a_try.suggest);
            lines.extend(measured(show, slide, &predict, rows >= ROOMY, &words));
        }
        _ => {}
    }
    lines.extend(mended(show, slide, &words));
    lines.extend(why);
    lines.push(Line::default());
    let left = rows.saturating_sub(lines.len()).max(LEAST);
    lines.extend(picture(show, left, style));
    lines
}

/// Which answer of a repair has run, and what came of it.
fn mended(show: &Show, slide: &Slide, style: &Style) -> Lines {
    let Some((repair, at)) = show.mending() else {
        return Lines::new();
    };
    let choice = &repair.choices[at];
    let votes = slide
        .rounds
        .last_counted()
        .map(|votes| format!(" · {} of {}", votes.of(at), votes.counted(votes.total())));
    let hands = votes.unwrap_or_default();
    let answer = choice.text.lines().map(str::trim).collect::<Vec<_>>();
    let answer = format!("{}  {}{hands}", at + 1, answer.join(" "));
    let mut lines = paragraph(Role::Name, &answer, style);
    let report = show.measured();
    if let Some(repaired) = report.and_then(|report| repair.judge(choice, report)) {
        let role = match repaired.mark {
            Mark::Right => Role::Literal,
            _ => Role::Waiting,
        };
        lines.extend(paragraph(role, &repaired.words(), style));
    }
    lines
}

/// What was measured with the knobs as they stand, and how many had said so.
fn measured(show: &Show, slide: &Slide, predict: &Predict, roomy: bool, style: &Style) -> Lines {
    let Some(report) = show.measured() else {
        return Lines::new();
    };
    let Some(verdict) = predict.judge(None, report, &[]) else {
        return paragraph(Role::Alarm, "the run has no such figure", style);
    };
    let text = verdict.measured.to_string();
    let mut beside = Vec::new();
    if !show.as_written() {
        let turned = slide.turned.as_ref();
        beside.extend(turned.map(|turned| format!("with {}", turned.knob)));
    } else {
        beside.extend(were_right(show, predict, report));
    }
    let mut lines = Lines::new();
    if roomy && style.width >= 50 && !style.ascii {
        let said: Vec<_> = ["measured".to_owned()].into_iter().chain(beside).collect();
        lines.push(Line::default());
        lines.extend(figures(&text));
        lines.extend(paragraph(Role::Dim, &said.join(" · "), style));
    } else {
        let said: Vec<_> = [format!("measured: {text}")]
            .into_iter()
            .chain(beside)
            .collect();
        lines.extend(paragraph(Role::Name, &said.join(" · "), style));
    }
    if let Some(expected) = verdict.disturbed.filter(|_| show.as_written()) {
        let said = format!("This run was disturbed. By arithmetic it is {expected}.");
        lines.extend(paragraph(Role::Waiting, &said, style));
    }
    lines
}

/// How many were right in each round.
fn were_right(show: &Show, predict: &Predict, report: &Report) -> Option<String> {
    let candidates = candidates(&Kind::Predict(predict.clone()));
    let right = |place: &usize| is_right(predict, &candidates[*place], report) == Some(true);
    let right: Vec<_> = (0..candidates.len()).filter(right).collect();
    let said = show.rounds().into_iter().map(|(_, votes)| {
        let of: usize = right.iter().map(|place| votes.of(*place)).sum();
        format!("{of} of {}", votes.counted(votes.total()))
    });
    let said: Vec<_> = said.collect();
    match &said[..] {
        [] => None,
        [one] => Some(format!("{one} were right")),
        [first, second, ..] => Some(format!("right: {first}, then {second}")),
    }
}

/// The picture of the slide's run in so many rows, or nothing where nothing ran yet.
pub(super) fn picture(show: &Show, rows: usize, style: &Style) -> Lines {
    let Some(run) = show.run() else {
        return Lines::new();
    };
    let mut lines = Lines::new();
    match &run.origin {
        Origin::Live => {}
        Origin::Replay => lines.extend(paragraph(Role::Waiting, "REPLAY: a recorded run", style)),
        Origin::Rescue(why) => {
            let text = format!("RECORDED, as the live run failed: {why}");
            lines.extend(paragraph(Role::Alarm, &text, style));
        }
    }
    if show.line().is_some_and(|line| !run.is_of(&line)) {
        let ran = format!("this picture: $ asyncdemo {}", run.line);
        lines.extend(paragraph(Role::Waiting, &ran, style));
    }
    let mut below = Lines::new();
    if let Some(problem) = &run.problem {
        below.extend(paragraph(Role::Alarm, problem, style));
    }
    let left = rows.saturating_sub(lines.len() + below.len());
    match &run.report {
        Some(report) => lines.extend(whole(show, report, left, style)),
        None => lines.extend(growing(run, left, style)),
    }
    lines.extend(below);
    lines
}

/// The picture of a run that is over. Where the slide has a why, the findings would say it before the presenter does.
fn whole(show: &Show, report: &Report, rows: usize, style: &Style) -> Lines {
    let mut report = report.clone();
    if show.why().is_some() {
        report.findings.clear();
    }
    let entry = concepts::find(&report.concept).ok();
    let alone = show.axis && report.strategies.len() == 1;
    let subject = Subject {
        report: &report,
        figure: entry.map_or(Figure::Wall, |entry| entry.about.figure),
        decides: None,
        more: match alone {
            true => ["one strategy alone: enter runs the others beside it"; 2],
            false => [""; 2],
        },
    };
    let mut lines = Picture::fitting(&subject, *style, rows);
    let first = lines.iter().position(|line| !line.is_empty());
    lines.drain(..first.unwrap_or(0));
    while lines.last().is_some_and(Line::is_empty) {
        lines.pop();
    }
    lines
}

/// The picture of a run that goes on.
fn growing(run: &SlideRun, rows: usize, style: &Style) -> Lines {
    let count = knob::strategies(&run.line).len().max(1);
    // The signs in words, a ruler, and a title each.
    let lanes = (rows.saturating_sub(3) / count).saturating_sub(1);
    let style = Style {
        lanes: lanes.clamp(1, 12),
        brief: true,
        ..*style
    };
    // A little room, so that an overhead of milliseconds does not give each strategy an axis of its own.
    let strategies = || run.finished.iter().chain(&run.growing);
    let ends = strategies().map(|strategy| strategy.end().0);
    let end = ends.fold(run.expected + run.expected / 30, Duration::max);
    let mut text = Picture::new(style, run.slow_poll, end);
    let drawn: Vec<_> = strategies().flat_map(|it| text.strategy(it)).collect();
    let mut lines = text.legend();
    lines.extend(drawn);
    lines
}
