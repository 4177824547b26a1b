//! What stands on a slide before it has run: its words, and its source.

use super::ballot_pane::ballot;
use super::knob;
use super::show::Show;
use super::slide::Slide;
use super::text::{paragraph, question};
use crate::concepts::{self, function, plain, plain_python, region, uncommented};
use crate::lesson::{CodeLanguage, Excerpt, Kind, Spot};
use crate::page::{self, Language, Line, Role, Style, markdown};

type Lines = Vec<Line>;

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
            if slide.rounds.asked() || slide.revealed {
                lines.extend(ballot(show, slide, None, style));
            }
            lines
        }
        Kind::Repair(repair) => {
            let mut lines = question(&repair.question, style);
            let goal = format!("the goal for {}: {}", repair.decides(), repair.goal);
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
