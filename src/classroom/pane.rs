//! What stands on a slide: its words, its picture, its source.

use std::time::Duration;

use super::ballot::{Candidate, candidates};
use super::figures::figures;
use super::knob;
use super::show::Show;
use super::slide::{Origin, Slide, SlideRun};
use crate::concepts::{self, region};
use crate::lesson::{Answer, Guess, Kind, Predict};
use crate::page::{self, Language, Line, Role, Style, markdown, wrap};
use crate::picture::Picture;
use crate::report::{Figure, Report};

type Lines = Vec<Line>;

/// A paragraph of one kind.
fn paragraph(role: Role, text: &str, style: &Style) -> Lines {
    let none = Line::default();
    wrap(
        &Line::of(role, &style.tame(text)),
        style.width,
        &none,
        &none,
    )
}

/// Markdown as [`paragraph`] has words: what is plain in it is of this kind, and each line begins with `first` or `hang`.
fn marked(role: Role, text: &str, style: &Style, first: &Line, hang: &Line) -> Lines {
    let beside = Style {
        width: style.width.saturating_sub(hang.to_string().len()).max(1),
        ..*style
    };
    let lines = markdown(text, &beside).into_iter().enumerate();
    let mark = |(at, line): (usize, Line)| {
        let mut marked = if at == 0 { first.clone() } else { hang.clone() };
        for (piece, text) in line.pieces() {
            let plain = *piece == Role::default();
            marked.push(if plain { role } else { *piece }, text);
        }
        marked
    };
    lines.map(mark).collect()
}

/// What is asked.
fn question(text: &str, style: &Style) -> Lines {
    let none = Line::default();
    marked(Role::Name, text, style, &none, &none)
}

/// Whether there is room for figures three rows high.
fn has_room_for_figures(style: &Style) -> bool {
    style.width >= 50 && !style.ascii
}

/// The words of a slide.
pub(super) fn words(show: &Show, style: &Style) -> Lines {
    let Some(lesson) = show.lesson() else {
        return Lines::new();
    };
    let Some(step) = show.step() else {
        let about = &lesson.about;
        let mut lines = paragraph(Role::Name, &about.title, style);
        lines.push(Line::default());
        lines.extend(paragraph(Role::Plain, &about.question, style));
        lines.push(Line::default());
        let belief = format!("True? \"{}\"", about.belief);
        lines.extend(paragraph(Role::Waiting, &belief, style));
        lines.push(Line::default());
        let minutes = format!("about {} minutes", about.minutes);
        lines.extend(paragraph(Role::Dim, &minutes, style));
        return lines;
    };
    let nothing = Slide::default();
    let slide = show.slide().unwrap_or(&nothing);
    let command = |lines: &mut Lines| {
        if let Some(line) = show.line() {
            let line = format!("$ asyncdemo {line}");
            lines.extend(paragraph(Role::Dim, &line, style));
        }
    };
    match &step.kind {
        Kind::Prose(text) => markdown(text, style),
        Kind::Code(code) => source(&code.concept, code.strategy.as_slice(), None, style),
        Kind::Run(_) => {
            let mut lines = Lines::new();
            command(&mut lines);
            lines
        }
        Kind::Predict(predict) => {
            let mut lines = question(&predict.question, style);
            lines.push(Line::default());
            command(&mut lines);
            lines.push(Line::default());
            lines.extend(ballot(show, slide, Some(predict), style));
            lines.extend(measured(show, slide, predict, style));
            lines
        }
        Kind::Quiz(quiz) => {
            let mut lines = question(&quiz.question, style);
            if quiz.wants_several() {
                lines.extend(paragraph(Role::Dim, "more than one is right", style));
            }
            lines.push(Line::default());
            lines.extend(ballot(show, slide, None, style));
            lines
        }
        Kind::Try(a_try) => {
            let mut lines = question(&a_try.question, style);
            lines.push(Line::default());
            command(&mut lines);
            if show.measured().is_some() {
                lines.push(Line::default());
                lines.extend(markdown(&a_try.why, style));
            }
            lines
        }
    }
}

/// The answers, with the hands that were raised for each.
fn ballot(show: &Show, slide: &Slide, predict: Option<&Predict>, style: &Style) -> Lines {
    let quiz = predict.is_none();
    if !slide.asked && !slide.revealed && !quiz {
        return Lines::new();
    }
    let candidates = show.candidates();
    let most = (0..candidates.len())
        .map(|place| slide.votes.of(place))
        .max()
        .unwrap_or(0);
    // With another knob, the answers are answers to another question.
    let outcome = show.measured().filter(|_| show.as_written());
    let mut lines = Lines::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let right = match (predict, outcome) {
            (Some(predict), Some(report)) => is_right(predict, candidate, report),
            (Some(_), None) => None,
            (None, _) => candidate.right.filter(|_| slide.revealed),
        };
        lines.extend(answer(candidate, place, right, style));
        let hands = slide.votes.of(place);
        if slide.asked && slide.votes.total() > 0 {
            lines.push(bar(hands, most, right, style));
        }
        if let (Some(why), true) = (&candidate.why, slide.revealed) {
            let beside = Style {
                width: style.width.saturating_sub(4),
                ..*style
            };
            let whys = markdown(why, &beside);
            lines.extend(whys.iter().map(|line| line.indented(4)));
        }
        lines.push(Line::default());
    }
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

fn bar(hands: usize, most: usize, right: Option<bool>, style: &Style) -> Line {
    let room = style.width.saturating_sub(10).clamp(1, 40);
    let cells = (hands * room).div_ceil(most.max(1)).min(room);
    let role = if right == Some(true) {
        Role::Literal
    } else {
        Role::Special
    };
    let glyph = if style.ascii { "#" } else { "█" };
    Line::plain("    ")
        .with(role, &glyph.repeat(cells))
        .with(Role::Plain, &format!(" {hands}"))
}

/// Whether a candidate is what was measured; where the run was disturbed, what arithmetic says. `None` where that
/// cannot be told.
fn is_right(predict: &Predict, candidate: &Candidate, report: &Report) -> Option<bool> {
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

/// What was measured with the knobs as they stand, and why, where they stand as the lesson has them.
fn measured(show: &Show, slide: &Slide, predict: &Predict, style: &Style) -> Lines {
    let Some(report) = show.measured() else {
        return Lines::new();
    };
    let Some(verdict) = predict.judge(None, report, &[]) else {
        return paragraph(Role::Alarm, "the run has no such figure", style);
    };
    let text = verdict.measured.to_string();
    let mut lines = if has_room_for_figures(style) {
        let mut lines = paragraph(Role::Dim, "measured", style);
        lines.extend(figures(&text));
        lines
    } else {
        paragraph(Role::Name, &format!("measured: {text}"), style)
    };
    if !show.as_written() {
        if let Some(turned) = &slide.turned {
            let with = format!("with {}", turned.knob);
            lines.extend(paragraph(Role::Dim, &with, style));
        }
        return lines;
    }
    if let Some(expected) = verdict.disturbed {
        let said = format!("This run was disturbed. By arithmetic it is {expected}.");
        lines.extend(paragraph(Role::Waiting, &said, style));
    }
    let candidates = candidates(&Kind::Predict(predict.clone()));
    let total = slide.votes.total();
    let hands: usize = (0..candidates.len())
        .filter(|place| is_right(predict, &candidates[*place], report) == Some(true))
        .map(|place| slide.votes.of(place))
        .sum();
    if total > 0 {
        let said = format!("{hands} of {total} hands were right");
        lines.extend(paragraph(Role::Dim, &said, style));
    }
    lines.push(Line::default());
    lines.extend(markdown(&predict.why, style));
    lines
}

/// The picture of the slide's run, or nothing where nothing ran yet.
pub(super) fn picture(show: &Show, height: usize, style: &Style) -> Lines {
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
    lines.extend(drawn(show, run, height, style));
    if let Some(problem) = &run.problem {
        lines.extend(paragraph(Role::Alarm, problem, style));
    }
    lines
}

fn drawn(show: &Show, run: &SlideRun, height: usize, style: &Style) -> Lines {
    let count = knob::strategies(&run.line).len().max(1);
    // A ruler, and a title with two figures for each.
    let lanes = (height.saturating_sub(2) / count)
        .saturating_sub(4)
        .clamp(3, 12);
    let style = Style {
        lanes,
        brief: show.axis,
        ..*style
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
    let mut text = Picture::new(style, run.slow_poll, end);
    let mut drawn = Lines::new();
    for strategy in run.finished.iter().chain(&run.growing) {
        drawn.extend(text.strategy(strategy));
    }
    if let Some(report) = &run.report {
        if show.axis {
            drawn.push(Line::default());
        }
        if report.strategies.len() > 1 {
            let concept = concepts::find(&report.concept);
            let figure = concept.map_or(Figure::Wall, |entry| entry.about.figure);
            drawn.extend(text.comparison(&report.strategies, figure));
        } else if show.axis {
            let remark = "one strategy alone: enter runs the others beside it";
            drawn.extend(text.remark(remark));
        }
        drawn.extend(text.findings(&report.findings));
        drawn.extend(text.legend());
    }
    drawn
}

/// The source behind the slide: of the strategies that it runs, or the concept's twin.
pub(super) fn code(show: &Show, language: Language, style: &Style) -> Lines {
    if let Some(Kind::Code(code)) = show.step().map(|step| &step.kind) {
        let strategies = code.strategy.as_slice();
        return source(&code.concept, strategies, Some(language), style);
    }
    let line = show.line();
    let concept = match (&line, show.lesson()) {
        (Some(line), _) => line.split_whitespace().next().unwrap_or_default(),
        (None, Some(lesson)) => &lesson.about.concept,
        (None, None) => "",
    };
    let strategies = knob::strategies(line.as_deref().unwrap_or(concept));
    source(concept, &strategies, Some(language), style)
}

/// Without a language, Rust where there are strategies.
fn source(
    concept: &str,
    strategies: &[String],
    language: Option<Language>,
    style: &Style,
) -> Lines {
    let Ok(entry) = concepts::find(concept) else {
        let text = format!("there is no concept `{concept}`");
        return paragraph(Role::Alarm, &text, style);
    };
    let otherwise = if strategies.is_empty() {
        Language::Python
    } else {
        Language::Rust
    };
    let language = language.unwrap_or(otherwise);
    match language {
        Language::Python => page::code(entry.about.twin, language, style),
        Language::Rust => {
            let names = strategies.iter().map(String::as_str);
            // A slide may show the workload itself.
            let names = names.filter(|name| *name != "workload");
            let regions = ["workload"].into_iter().chain(names);
            let regions = regions.filter_map(|name| region(entry.about.source, name).ok());
            let mut lines = Lines::new();
            for region in regions {
                if !lines.is_empty() {
                    lines.push(Line::default());
                }
                lines.extend(page::code(region, language, style));
            }
            lines
        }
    }
}

/// For the presenter.
pub(super) fn notes(show: &Show, style: &Style) -> Lines {
    let mut lines = Lines::new();
    if let Some(step) = show.step() {
        for (head, text) in [("notes", &step.notes), ("hint", &step.hint)] {
            if let Some(text) = text {
                lines.extend(paragraph(Role::Dim, head, style));
                lines.extend(markdown(text, style));
            }
        }
    }
    if lines.is_empty() {
        lines.extend(paragraph(Role::Dim, "no notes on this slide", style));
    }
    lines
}
