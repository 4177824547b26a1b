//! What stands on a slide before it has run: its words, and its source.

use super::ballot::Candidate;
use super::knob;
use super::show::Show;
use super::slide::Slide;
use crate::concepts::{self, function, plain, plain_python, region, uncommented};
use crate::lesson::{Answer, CodeLanguage, Excerpt, Guess, Kind, Predict, Spot};
use crate::page::{self, Language, Line, Role, Style, columns, markdown, wrap};
use crate::report::Report;

type Lines = Vec<Line>;

/// A paragraph of one kind.
pub(super) fn paragraph(role: Role, text: &str, style: &Style) -> Lines {
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
pub(super) fn question(text: &str, style: &Style) -> Lines {
    let none = Line::default();
    marked(Role::Name, text, style, &none, &none)
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
        Kind::Code(code) => excerpt(code, None, withholds(show), style),
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
            lines
        }
        Kind::Spot(spot) => {
            let mut lines = question(&spot.question, style);
            lines.push(Line::default());
            lines.extend(spotted(spot, style));
            lines.push(Line::default());
            if slide.asked || slide.revealed {
                lines.extend(ballot(show, slide, None, style));
            }
            lines
        }
        Kind::Repair(repair) => {
            let mut lines = question(&repair.question, style);
            let goal = format!("the goal: {}", repair.goal);
            lines.extend(paragraph(Role::Dim, &goal, style));
            lines.push(Line::default());
            let code = repair.code.trim_matches('\n');
            lines.extend(page::code(code, written_in(repair.language), style));
            lines.push(Line::default());
            lines.extend(ballot(show, slide, None, style));
            command(&mut lines);
            lines
        }
    }
}

fn written_in(language: CodeLanguage) -> Language {
    match language {
        CodeLanguage::Python => Language::Python,
        CodeLanguage::Rust => Language::Rust,
    }
}

/// The code of a line to find, its choices numbered.
fn spotted(spot: &Spot, style: &Style) -> Lines {
    let Some((code, language, lines)) = spot.sheet() else {
        return Lines::new();
    };
    page::numbered(&code, written_in(language), &lines, style)
}

/// The answers, with the hands that were raised for each.
pub(super) fn ballot(
    show: &Show,
    slide: &Slide,
    predict: Option<&Predict>,
    style: &Style,
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
    // With another knob, the answers are answers to another question.
    let outcome = show.measured().filter(|_| show.as_written());
    let tight = !quiz && show.run().is_some();
    // Of those that have room for a bar beside them.
    let texts = candidates.iter().map(|it| columns(&it.text) + 6);
    let widest = texts.filter(|width| width * 2 <= style.width);
    let widest = widest.max().unwrap_or(0);
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
            let longest = if tight { 20 } else { 40 };
            let bar = bar(hands, most, longest, right, style);
            // Beside a result, each row is needed.
            match lines.last_mut() {
                Some(last) if tight && last.width().max(widest) + bar.width() <= style.width => {
                    let gap = " ".repeat(widest.saturating_sub(last.width()));
                    last.push(Role::Plain, &gap);
                    last.append(&bar);
                }
                _ => lines.push(bar),
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

fn bar(hands: usize, most: usize, longest: usize, right: Option<bool>, style: &Style) -> Line {
    let room = style.width.saturating_sub(10).clamp(1, longest);
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

/// The source behind the slide: of the strategies that it runs, or the concept's twin.
pub(super) fn code(show: &Show, language: Language, style: &Style) -> Lines {
    if let Some(Kind::Code(code)) = show.step().map(|step| &step.kind) {
        return excerpt(code, Some(language), withholds(show), style);
    }
    let line = show.line();
    let concept = match (&line, show.lesson()) {
        (Some(line), _) => line.split_whitespace().next().unwrap_or_default(),
        (None, Some(lesson)) => &lesson.about.concept,
        (None, None) => "",
    };
    let strategies = knob::strategies(line.as_deref().unwrap_or(concept));
    source(concept, &strategies, Some(language), withholds(show), style)
}

/// What a `code` block names, or the same in another language.
fn excerpt(code: &Excerpt, language: Option<Language>, withheld: bool, style: &Style) -> Lines {
    let twin = concepts::find(&code.concept).map(|entry| entry.about.twin);
    let strategy = code.strategy.as_deref().filter(|_| code.python);
    let python = strategy.and_then(|strategy| function(twin.ok()?, strategy));
    match python.filter(|_| language != Some(Language::Rust)) {
        Some(source) => page::code(&python_of(source, withheld), Language::Python, style),
        None => source(
            &code.concept,
            code.strategy.as_slice(),
            language,
            withheld,
            style,
        ),
    }
}

fn python_of(source: &str, withheld: bool) -> String {
    let bare = plain_python(source);
    match withheld {
        true => uncommented(&bare, true).trim().to_owned(),
        false => bare,
    }
}

/// Whether comments in the code of this slide would answer what is still asked.
fn withholds(show: &Show) -> bool {
    let Some((lesson, step)) = show.lesson().zip(show.step()) else {
        return false;
    };
    let told = show.slide().is_some_and(|slide| slide.revealed) || show.why().is_some();
    match step.asks() {
        true => !told,
        false => lesson.withholds(show.place.slide - 1),
    }
}

/// Without a language, Rust where there are strategies. Without the instrument; what stands above a question that is open
/// also without comments, which would answer it.
fn source(
    concept: &str,
    strategies: &[String],
    language: Option<Language>,
    withheld: bool,
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
        Language::Python => page::code(&python_of(entry.about.twin, withheld), language, style),
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
                let mut bare = plain(region);
                if withheld {
                    bare = uncommented(&bare, false);
                }
                lines.extend(page::code(&bare, language, style));
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
