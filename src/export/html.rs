//! `--export-html`: one page that opens from a file, without a server or a network. Its script draws the lanes from the
//! report that stands in it; what it says in words is here, escaped by maud.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use super::drawing::{called, result, tame};
use super::exhibit::{Exhibit, Listing};
use crate::page::{Language, Line, Role, Style, code as styled, policy_source};
use crate::picture::faster;
use crate::report::{Figure, Report, Seconds, StrategyReport, Task};
use crate::units;

const SCRIPT: &str = include_str!("html/page.js");
const STYLE: &str = include_str!("html/page.css");

/// About so many bytes of lanes a page draws; of more tasks, those that were made first.
const MOST: usize = 1_600_000;
/// What a task takes in it, and each of its polls and wakes.
const TASK: usize = 340;
const POLL: usize = 64;
const WAKE: usize = 24;

/// A curve has no more points than a screen has columns.
const POINTS: usize = 1_000;

/// What the script is given.
#[derive(Serialize)]
struct PageData<'a> {
    report: &'a Report,
    names: Vec<String>,
    results: Vec<String>,
    /// Of each strategy, how many tasks it does not draw.
    omitted: Vec<usize>,
    /// Of each strategy, the place of its code.
    code: Vec<Option<usize>>,
}

pub(super) fn write(exhibits: &[Exhibit<'_>], out: &mut dyn Write) -> io::Result<()> {
    let thinned: Vec<_> = exhibits
        .iter()
        .map(|it| thinned(it.report, MOST / exhibits.len().max(1)))
        .collect();
    let data: Vec<_> = exhibits
        .iter()
        .zip(&thinned)
        .map(|(exhibit, (report, omitted))| {
            let strategies = exhibit.report.strategies.iter();
            PageData {
                report,
                names: strategies
                    .clone()
                    .map(|it| called(exhibit.report, it))
                    .collect(),
                results: strategies.clone().map(|it| result(exhibit, it)).collect(),
                omitted: omitted.clone(),
                code: strategies.map(|it| listing_of(exhibit, it)).collect(),
            }
        })
        .collect();
    // No text of others closes the element that it stands in.
    let data = serde_json::to_string(&data)?.replace('<', "\\u003c");
    writeln!(out, "{}", page(exhibits, &data).into_string())
}

fn listing_of(exhibit: &Exhibit<'_>, strategy: &StrategyReport) -> Option<usize> {
    let mut listings = exhibit.code.iter();
    listings
        .position(|it| it.strategy == strategy.name && it.language == strategy.language.as_deref())
}

/// The report with as much as a page can draw, and how many tasks of each strategy that leaves out.
fn thinned(report: &Report, most: usize) -> (Report, Vec<usize>) {
    let mut thin = report.clone();
    let size = |strategy: &StrategyReport| -> usize {
        let lanes = strategy.tasks.iter().chain(&strategy.closures);
        lanes.map(bytes).sum()
    };
    let mut order: Vec<usize> = (0..thin.strategies.len()).collect();
    order.sort_by_key(|at| size(&thin.strategies[*at]));
    // What the small ones do not need is there for the large.
    let mut left = most;
    let mut omitted = vec![0; order.len()];
    for (done, at) in order.iter().enumerate() {
        let strategy = &mut thin.strategies[*at];
        let mut share = left / (order.len() - done);
        let curve = strategy.in_flight();
        let whole = strategy.tasks.len();
        for lanes in [&mut strategy.tasks, &mut strategy.closures] {
            let fits = lanes.iter().take_while(|task| {
                let fits = bytes(task) <= share;
                share = share.saturating_sub(bytes(task));
                fits
            });
            let fits = fits.count();
            lanes.truncate(fits);
        }
        if let Some(rest) = &mut strategy.rest {
            rest.in_flight = fewer(&curve);
        }
        omitted[*at] = whole - strategy.tasks.len();
        left = left.saturating_sub(size(strategy));
    }
    (thin, omitted)
}

fn bytes(task: &Task) -> usize {
    TASK + POLL * task.polls.len() + WAKE * task.wakes_s.len()
}

/// A curve in at most [`POINTS`] points: of each stretch the most.
fn fewer(curve: &[(Seconds, usize)]) -> Vec<(Seconds, usize)> {
    let each = curve.len().div_ceil(POINTS).max(1);
    let most = |points: &[(Seconds, usize)]| {
        let most = points.iter().map(|point| point.1).max();
        (points[0].0, most.unwrap_or(0))
    };
    curve.chunks(each).map(most).collect()
}

fn page(exhibits: &[Exhibit<'_>], data: &str) -> Markup {
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        policy_source(SCRIPT),
        policy_source(STYLE)
    );
    let titles: Vec<_> = exhibits.iter().map(|it| tame(&it.heading())).collect();
    let origin = exhibits.first().map(Exhibit::origin).unwrap_or_default();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (titles.join("; ")) " – asyncdemo" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 {
                        @match &titles[..] {
                            [one] => (one),
                            several => { "asyncdemo: " (several.len()) " concepts" },
                        }
                    }
                    p.dim { (tame(&origin)) }
                }
                main {
                    (stage(&titles))
                    @for (at, exhibit) in exhibits.iter().enumerate() { (section(at, exhibit)) }
                }
                footer {
                    "Made by asyncdemo, which runs such demos on your own machine. The whole report stands in this page; "
                    code { "asyncdemo replay" } " plays the JSON form."
                }
                (help())
                script type="application/json" id="data" { (PreEscaped(data)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// What the script works with.
fn stage(titles: &[String]) -> Markup {
    let speeds = ["0.01", "0.05", "0.1", "0.25", "0.5", "1", "2", "5"];
    html! {
        noscript { p { "The lanes need JavaScript; the figures and findings below do not." } }
        div.needs hidden {
            div.bar role="toolbar" aria-label="Play" {
                label hidden[titles.len() < 2] {
                    "Concept"
                    select id="which" {
                        @for (at, title) in titles.iter().enumerate() { option value=(at) { (title) } }
                    }
                }
                button id="first" type="button" aria-label="To the beginning" { "⇤" }
                button id="back" type="button" aria-label="Back by one event" { "◀|" }
                button id="play" type="button" aria-label="Play" { "▶" }
                button id="next" type="button" aria-label="On by one event" { "|▶" }
                button id="last" type="button" aria-label="To the end" { "⇥" }
                label {
                    "Speed"
                    select id="speed" {
                        @for speed in speeds {
                            option value=(speed) selected[speed == "1"] {
                                @match speed { "0.01" => "1/100", "0.05" => "1/20", "0.1" => "1/10", "0.25" => "1/4", "0.5" => "1/2", whole => (whole) } " ×"
                            }
                        }
                    }
                }
                output id="now" aria-label="Time" { "the end" }
            }
            div.bar role="toolbar" aria-label="View" {
                button id="in" type="button" aria-label="Zoom in" { "+" }
                button id="out" type="button" aria-label="Zoom out" { "−" }
                button id="fit" type="button" { "Fit" }
                label { "Go to" input id="goto" type="text" placeholder="1.5s, 20ms" aria-label="Go to a time, as in 1.5s or 20ms"; }
                label { "Find" input id="find" type="search" placeholder="a task" aria-label="Find a task by its label"; }
                output.dim id="matches" {}
                button id="keys" type="button" { "Keys" }
            }
            div.bar id="shows" role="group" aria-label="Strategies on the axis" {}
            canvas id="map" role="img" aria-label="The whole run; drag to move the view" {}
            div id="lanes" tabindex="0" role="group" aria-label="Lanes: up and down choose one, left and right step by event, ? shows all keys" {
                div id="space" {}
                canvas id="canvas" role="img" aria-label="A lane for each task; the tables below have the same numbers" {}
            }
            div id="told" role="status" aria-live="polite" { "Point at a lane, or choose one with the arrow keys." }
            div.legend {
                span { i.i-idle {} "waiting" }
                span { i.i-busy {} "running" }
                span { i.i-stuck {} "could not run" }
                span { i.i-slow {} "held its thread" }
                span { "✗ cancelled or failed" }
                span { "! panicked" }
            }
        }
    }
}

fn section(at: usize, exhibit: &Exhibit<'_>) -> Markup {
    let report = exhibit.report;
    html! {
        section data-x=(at) {
            h2 { "What the numbers show" @if exhibit.title.is_empty() {} @else { ": " (exhibit.title) } }
            @if report.partial { p { strong { "Partial: stopped before the end." } } }
            @if report.findings.is_empty() { p.dim { "No findings." } }
            ul { @for finding in &report.findings { li { (tame(&finding.text)) } } }
            (table(exhibit))
            details data-table=(at) {
                summary { "The numbers of each lane" }
                div.wide tabindex="0" role="group" aria-label="Table" {
                    table {
                        thead { tr {
                            @for head in ["strategy", "task", "outcome"] { th.words scope="col" { (head) } }
                            @for head in ["made", "first poll", "end", "busy", "scheduled", "idle", "polls", "wakes"] {
                                th scope="col" { (head) }
                            }
                        } }
                        tbody {}
                    }
                }
            }
            @if !exhibit.code.is_empty() {
                h2 { "The code that ran" }
                p.dim {
                    "At the time that is shown above: a line with a bar is where the polled task was tracked, a shaded one where a task waits."
                }
                div.codes {
                    @for (place, listing) in exhibit.code.iter().enumerate() { (code(at, place, listing)) }
                }
            }
            @let knobs = serde_json::to_string(&report.arguments).unwrap_or_default();
            p.dim { "Knobs: " (tame(&knobs)) " · " (tame(&report.origin())) }
        }
    }
}

fn table(exhibit: &Exhibit<'_>) -> Markup {
    let report = exhibit.report;
    let figure = Some(exhibit.figure).filter(|figure| *figure != Figure::Wall);
    let duration = |of: Option<Seconds>| of.map_or_else(String::new, |of| units::duration(of.0));
    html! {
        div.wide tabindex="0" role="group" aria-label="Table" {
            table {
                thead { tr {
                    th scope="col" { "strategy" }
                    th scope="col" { "wall" }
                    th scope="col" { "ideal" }
                    th scope="col" { "overhead" }
                    @if let Some(figure) = figure { th scope="col" { (figure.name()) } }
                    th scope="col" { "beside the first" }
                    th scope="col" { "tasks" }
                    th scope="col" { "most in flight" }
                } }
                tbody {
                    @for strategy in &report.strategies {
                        tr {
                            th.words scope="row" { (called(report, strategy)) }
                            td {
                                @match &strategy.error {
                                    Some(error) => { "failed: " (tame(error)) },
                                    None => (duration(strategy.wall())),
                                }
                            }
                            td { (duration(strategy.ideal_s)) }
                            td { (strategy.overhead_s.map(units::seconds).unwrap_or_default()) }
                            @if let Some(figure) = figure {
                                td { (figure.of(strategy).map(|value| figure.shown(value)).unwrap_or_default()) }
                            }
                            td { (tame(&faster(strategy))) }
                            td { (units::whole(strategy.task_count())) }
                            td { (units::whole(strategy.most_in_flight())) }
                        }
                    }
                }
            }
        }
    }
}

fn code(at: usize, place: usize, listing: &Listing<'_>) -> Markup {
    let language = match listing.language {
        Some(_) => Language::Python,
        None => Language::Rust,
    };
    // So wide that no line is broken: each has the number that it has in its file.
    let style = Style {
        width: 4_096,
        ..Style::default()
    };
    let lines = styled(listing.text, language, &style);
    html! {
        article {
            h3 { (listing.strategy) " " span.dim { (listing.file) } }
            pre data-code=(format!("{at}.{place}")) data-file=(listing.file) tabindex="0" aria-label=(format!("Code of {}", listing.strategy)) {
                @for (number, line) in (listing.first_line..).zip(&lines) {
                    span.l data-line=(number) { span.no { (number) } (painted(line)) "\n" }
                }
            }
        }
    }
}

fn painted(line: &Line) -> Markup {
    html! {
        @for (role, text) in line.pieces() {
            @match role {
                Role::Keyword => span.keyword { (text) },
                Role::Literal => span.literal { (text) },
                Role::Special => span.special { (text) },
                Role::Dim => span.dim { (text) },
                _ => (text),
            }
        }
    }
}

fn help() -> Markup {
    let keys = [
        ("space", "play, pause"),
        (". → and , ←", "on and back by one event"),
        ("+ w and - s", "zoom in and out"),
        ("a and d", "move the view"),
        ("f", "fit: the whole run"),
        ("g", "go to a time"),
        ("/", "find a task"),
        ("↑ and ↓", "choose a lane"),
        ("Home and End", "the beginning, the end"),
        ("Esc", "choose nothing"),
        ("?", "this help"),
    ];
    html! {
        dialog id="help" aria-label="Keys" {
            table { tbody {
                @for (key, does) in keys { tr { td { kbd { (key) } } td { (does) } } }
            } }
            p.dim { "Drag the lanes or the strip above them to move; Ctrl and the wheel zoom. The address keeps what you see." }
            button id="shut" type="button" { "Close" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::assert_inline;

    #[test]
    fn the_script_closes_no_element() {
        assert_inline(SCRIPT, STYLE);
    }
}
