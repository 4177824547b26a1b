//! What stands on a slide: its words, its picture, its source.

use std::time::Duration;

use ratatui_core::text::Line;

use super::ansi;
use super::draw::Look;
use super::markdown;
use super::theme::Role;
use super::wrap::wrap;
use crate::classroom::ballot::Candidate;
use crate::classroom::knob;
use crate::classroom::show::Show;
use crate::classroom::slide::{Origin, Run, Slide};
use crate::concepts::{self, region};
use crate::lesson::{Answer, Kind, Predict, value};
use crate::page::{self, Language, Style};
use crate::picture::Text;

type Lines = Vec<Line<'static>>;

/// A paragraph of one kind.
fn paragraph(role: Role, text: &str, width: usize, look: &Look) -> Lines {
    let style = look.style(role);
    wrap(&[(style, look.encode(text))], width, "", "", style)
}

/// The words of a slide.
pub(super) fn words(show: &Show, width: usize, look: &Look) -> Lines {
    let Some(lesson) = show.lesson() else {
        return Lines::new();
    };
    let Some(step) = show.step() else {
        let about = &lesson.about;
        let mut lines = paragraph(Role::Title, &about.title, width, look);
        lines.push(Line::default());
        lines.extend(paragraph(Role::Text, &about.question, width, look));
        lines.push(Line::default());
        let belief = format!("True? \"{}\"", about.belief);
        lines.extend(paragraph(Role::Waiting, &belief, width, look));
        lines.push(Line::default());
        let minutes = format!("about {} minutes", about.minutes);
        lines.extend(paragraph(Role::Dim, &minutes, width, look));
        return lines;
    };
    let nothing = Slide::default();
    let slide = show.slide().unwrap_or(&nothing);
    let command = |lines: &mut Lines| {
        if let Some(line) = show.line() {
            let line = format!("$ asyncdemo {line}");
            lines.extend(paragraph(Role::Dim, &line, width, look));
        }
    };
    match &step.kind {
        Kind::Prose(text) => markdown::lines(text, width, look),
        Kind::Code(code) => source(&code.concept, code.strategy.as_slice(), None, width, look),
        Kind::Run(_) => {
            let mut lines = Lines::new();
            command(&mut lines);
            lines
        }
        Kind::Predict(predict) => {
            let mut lines = paragraph(Role::Title, &predict.question, width, look);
            lines.push(Line::default());
            command(&mut lines);
            lines.push(Line::default());
            lines.extend(ballot(show, slide, Some(predict), width, look));
            if slide.own.as_ref().is_some_and(|run| run.report.is_some()) {
                lines.extend(measured(slide, predict, width, look));
            }
            lines
        }
        Kind::Quiz(quiz) => {
            let mut lines = paragraph(Role::Title, &quiz.question, width, look);
            lines.push(Line::default());
            lines.extend(ballot(show, slide, None, width, look));
            lines
        }
        Kind::Try(a_try) => {
            let mut lines = paragraph(Role::Title, &a_try.question, width, look);
            lines.push(Line::default());
            command(&mut lines);
            if slide.own.as_ref().is_some_and(|run| run.report.is_some()) {
                lines.push(Line::default());
                lines.extend(markdown::lines(&a_try.why, width, look));
            }
            lines
        }
    }
}

/// The answers, with the hands that were raised for each.
fn ballot(
    show: &Show,
    slide: &Slide,
    predict: Option<&Predict>,
    width: usize,
    look: &Look,
) -> Lines {
    let quiz = predict.is_none();
    if !slide.asked && !slide.revealed && !quiz {
        return Lines::new();
    }
    let candidates = show.candidates();
    let most = (0..candidates.len())
        .map(|place| slide.votes.of(place))
        .max()
        .unwrap_or(0);
    let outcome = predict.and_then(|predict| outcome(slide, predict));
    let mut lines = Lines::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let right = match (predict, outcome) {
            (Some(predict), Some(measured)) => candidate.value.map(|value| {
                let unit = predict.unit;
                Answer { value, unit }.is_near(measured, predict.tolerance)
            }),
            (Some(_), None) => None,
            (None, _) => candidate.right.filter(|_| slide.revealed),
        };
        lines.extend(answer(candidate, place, right, width, look));
        let hands = slide.votes.of(place);
        if slide.asked && slide.votes.total() > 0 {
            lines.push(bar(hands, most, right, width, look));
        }
        if let (Some(why), true) = (&candidate.why, slide.revealed) {
            for line in markdown::lines(why, width.saturating_sub(4), look) {
                let mut spans = vec![look.span(Role::Text, "    ")];
                spans.extend(line.spans);
                lines.push(Line::from(spans));
            }
        }
        lines.push(Line::default());
    }
    lines
}

fn answer(
    candidate: &Candidate,
    place: usize,
    right: Option<bool>,
    width: usize,
    look: &Look,
) -> Lines {
    // A sign beside the colour: not everybody sees colours, and not every projector shows them.
    let (role, sign) = match right {
        Some(true) => (Role::Literal, if look.ascii { " <- right" } else { " ✓" }),
        Some(false) => (Role::Dim, ""),
        None => (Role::Text, ""),
    };
    let style = look.style(role);
    let text = format!("{}{sign}", look.encode(&candidate.text));
    let number = format!("{:>2}  ", place + 1);
    wrap(
        &[(style, text)],
        width,
        &number,
        "    ",
        look.style(Role::Title),
    )
}

fn bar(hands: usize, most: usize, right: Option<bool>, width: usize, look: &Look) -> Line<'static> {
    let room = width.saturating_sub(10).clamp(1, 40);
    let cells = (hands * room).div_ceil(most.max(1)).min(room);
    let role = if right == Some(true) {
        Role::Literal
    } else {
        Role::Special
    };
    let sign = if look.ascii { "#" } else { "█" };
    Line::from(vec![
        look.span(Role::Text, "    "),
        look.span(role, &sign.repeat(cells)),
        look.span(Role::Text, &format!(" {hands}")),
    ])
}

/// The measured value, if the run was the lesson's own.
fn outcome(slide: &Slide, predict: &Predict) -> Option<f64> {
    let report = slide.own.as_ref()?.report.as_ref()?;
    // With another knob, the answers are answers to another question.
    value(report, &predict.value).filter(|_| slide.turned.is_none())
}

fn measured(slide: &Slide, predict: &Predict, width: usize, look: &Look) -> Lines {
    let Some(report) = slide.own.as_ref().and_then(|run| run.report.as_ref()) else {
        return Lines::new();
    };
    let Some(found) = value(report, &predict.value) else {
        return paragraph(Role::Alarm, "the run has no such figure", width, look);
    };
    let unit = predict.unit;
    let text = Answer { value: found, unit }.to_string();
    let mut lines = if look.large(width) {
        let mut lines = paragraph(Role::Dim, "measured", width, look);
        lines.extend(super::draw::figures(&text, look));
        lines
    } else {
        paragraph(Role::Title, &format!("measured: {text}"), width, look)
    };
    if let Some(turned) = &slide.turned {
        lines.extend(paragraph(
            Role::Dim,
            &format!("with {}", turned.knob),
            width,
            look,
        ));
    } else {
        let right = |candidate: &Candidate| {
            candidate
                .value
                .is_some_and(|value| Answer { value, unit }.is_near(found, predict.tolerance))
        };
        let candidates = crate::classroom::ballot::candidates(&Kind::Predict(predict.clone()));
        let total = slide.votes.total();
        let hands: usize = (0..candidates.len())
            .filter(|place| right(&candidates[*place]))
            .map(|place| slide.votes.of(place))
            .sum();
        if total > 0 {
            let said = format!("{hands} of {total} hands were right");
            lines.extend(paragraph(Role::Dim, &said, width, look));
        }
    }
    lines.push(Line::default());
    lines.extend(markdown::lines(&predict.why, width, look));
    lines
}

/// The picture of the slide's run, or nothing where nothing ran yet.
pub(super) fn picture(show: &Show, width: usize, height: usize, look: &Look) -> Lines {
    let Some(run) = show.run() else {
        return Lines::new();
    };
    let mut lines = Lines::new();
    match &run.origin {
        Origin::Live => {}
        Origin::Replay => lines.extend(paragraph(
            Role::Waiting,
            "REPLAY: a recorded run",
            width,
            look,
        )),
        Origin::Rescue(why) => {
            let text = format!("RECORDED, as the live run failed: {why}");
            lines.extend(paragraph(Role::Alarm, &text, width, look));
        }
    }
    let drawn = drawn(show, run, width, height, look);
    lines.extend(ansi::lines(&drawn, look));
    if let Some(problem) = &run.problem {
        lines.extend(paragraph(Role::Alarm, problem, width, look));
    }
    lines
}

fn drawn(show: &Show, run: &Run, width: usize, height: usize, look: &Look) -> String {
    let count = show
        .line()
        .map_or(1, |line| knob::strategies(&line).len())
        .max(1);
    // A ruler, and a title with two figures for each.
    let lanes = (height.saturating_sub(2) / count)
        .saturating_sub(4)
        .clamp(3, 12);
    let style = Style {
        lanes,
        brief: show.axis,
        ..look.drawing(width)
    };
    // A little room, so that an overhead of milliseconds does not give each strategy an axis of its own.
    let room = if show.axis {
        run.expected / 3
    } else {
        run.expected / 30
    };
    let ends = run.finished.iter().map(|strategy| strategy.end().0);
    let end = ends.max().unwrap_or_default().max(run.expected + room);
    let end = if run.report.is_some() && run.expected == Duration::ZERO {
        end
    } else {
        end.max(
            run.growing
                .as_ref()
                .map_or(Duration::ZERO, |growing| growing.end().0),
        )
    };
    let mut text = Text::new(style, run.slow_poll, end);
    let mut drawn = String::new();
    for strategy in run.finished.iter().chain(&run.growing) {
        drawn += &text.strategy(strategy);
    }
    if let Some(report) = &run.report {
        if show.axis {
            drawn.push('\n');
        }
        if report.strategies.len() > 1 {
            drawn += &text.comparison(&report.strategies);
        } else if show.axis {
            drawn += &text.remark("one strategy alone: enter runs the others beside it");
        }
        drawn += &text.findings(&report.findings);
        drawn += &text.legend();
    }
    drawn
}

/// The source behind the slide: of the strategies that it runs, or the concept's twin.
pub(super) fn code(show: &Show, language: Language, width: usize, look: &Look) -> Lines {
    if let Some(Kind::Code(code)) = show.step().map(|step| &step.kind) {
        let strategies = code.strategy.as_slice();
        return source(&code.concept, strategies, Some(language), width, look);
    }
    let line = show.line();
    let concept = match (&line, show.lesson()) {
        (Some(line), _) => line.split_whitespace().next().unwrap_or_default(),
        (None, Some(lesson)) => &lesson.about.concept,
        (None, None) => "",
    };
    let strategies = knob::strategies(line.as_deref().unwrap_or(concept));
    source(concept, &strategies, Some(language), width, look)
}

/// Without a language, Rust where there are strategies.
fn source(
    concept: &str,
    strategies: &[String],
    language: Option<Language>,
    width: usize,
    look: &Look,
) -> Lines {
    let Ok(entry) = concepts::find(concept) else {
        let text = format!("there is no concept `{concept}`");
        return paragraph(Role::Alarm, &text, width, look);
    };
    let otherwise = if strategies.is_empty() {
        Language::Python
    } else {
        Language::Rust
    };
    let language = language.unwrap_or(otherwise);
    let style = look.drawing(width);
    let drawn = match language {
        Language::Python => page::code(entry.about.twin, language, &style),
        Language::Rust => {
            let names = strategies.iter().map(String::as_str);
            // A slide may show the workload itself.
            let names = names.filter(|name| *name != "workload");
            let regions = ["workload"].into_iter().chain(names);
            let regions: Vec<_> = regions
                .filter_map(|name| region(entry.about.source, name).ok())
                .map(|source| page::code(source, language, &style))
                .collect();
            regions.join("\n")
        }
    };
    ansi::lines(&drawn, look)
}

/// For the presenter.
pub(super) fn notes(show: &Show, width: usize, look: &Look) -> Lines {
    let mut lines = Lines::new();
    if let Some(step) = show.step() {
        for (head, text) in [("notes", &step.notes), ("hint", &step.hint)] {
            if let Some(text) = text {
                lines.extend(paragraph(Role::Dim, head, width, look));
                lines.extend(markdown::lines(text, width, look));
            }
        }
    }
    if lines.is_empty() {
        lines.extend(paragraph(Role::Dim, "no notes on this slide", width, look));
    }
    lines
}
