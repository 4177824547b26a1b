//! `--export-svg`: the lanes of all strategies on one axis, in a picture that plays by itself: CSS alone, no script.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use maud::{Markup, PreEscaped, html};

use super::drawing::{StretchKind, called, end, end_mark, result, ruler, stretches, tame};
use super::exhibit::Exhibit;
use crate::picture::lanes_in;
use crate::report::{Seconds, StrategyReport, Task};
use crate::units;

/// The picture, in its own pixels: wide enough for a README, and no wider.
const WIDTH: f64 = 760.0;
/// Where lanes begin and end.
const LEFT: f64 = 150.0;
const RIGHT: f64 = 664.0;
/// The height of a lane, and of what stands above the lanes of a strategy.
const LANE: f64 = 19.0;
const HEAD: f64 = 26.0;
/// In all strategies together, about so many lanes are drawn.
const LANES: usize = 36;

/// What is drawn of one exhibit.
struct Sheet<'a> {
    exhibit: &'a Exhibit<'a>,
    end: Duration,
    top: f64,
    /// At which hundredths of the axis something appears.
    marks: BTreeSet<u32>,
    seen: BTreeSet<StretchKind>,
}

pub(super) fn write(exhibits: &[Exhibit<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut top = 0.0;
    let mut sheets = Vec::new();
    let mut marks = BTreeSet::new();
    for exhibit in exhibits {
        let mut sheet = Sheet {
            exhibit,
            end: end(exhibit.report).max(Duration::from_nanos(1)),
            top,
            marks: BTreeSet::new(),
            seen: BTreeSet::new(),
        };
        sheets.push(sheet.draw());
        marks.append(&mut sheet.marks);
        top = sheet.top;
    }
    let longest = exhibits.iter().map(|exhibit| end(exhibit.report));
    let longest = longest.max().unwrap_or_default();
    let title = exhibits.iter().map(Exhibit::heading).collect::<Vec<_>>();
    let title = tame(&title.join("; "));
    let told: Vec<_> = exhibits.iter().flat_map(told).collect();
    let size = format!("0 0 {WIDTH} {}", n(top));
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(size) width=(n(WIDTH)) height=(n(top)) role="img"
            aria-labelledby="t d" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace"
            font-size="12" {
            title id="t" { (title) }
            desc id="d" { (told.join(" ")) }
            style { (PreEscaped(style(longest, &marks))) }
            rect class="bg" width="100%" height="100%" rx="8" {}
            @for sheet in &sheets { (sheet) }
        }
    };
    writeln!(out, "{}", svg.into_string())
}

/// What the lanes show, for who does not see them.
fn told(exhibit: &Exhibit<'_>) -> Vec<String> {
    let report = exhibit.report;
    let strategies = report.strategies.iter();
    let mut told: Vec<String> = strategies
        .map(|it| format!("{}: {}.", called(report, it), result(exhibit, it)))
        .collect();
    told.extend(report.findings.iter().map(|finding| tame(&finding.text)));
    told
}

/// With at most two decimals, and no zero at their end.
fn n(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Both themes, and how it plays: from left to right in a few seconds, then it rests, then again.
fn style(longest: Duration, marks: &BTreeSet<u32>) -> String {
    let plays = longest.as_secs_f64().clamp(3.0, 8.0);
    let whole = plays + 4.0;
    let share = plays / whole * 100.0;
    let mut style = String::from(
        ":root{--bg:#fff;--fg:#1f2328;--dim:#59636e;--line:#d1d9e0;--idle:#818b98;--busy:#0969da;--stuck:#b35900;\
         --slow:#cf222e;--gone:#8250df}\
         @media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#f0f6fc;--dim:#9198a1;--line:#3d444d;--idle:#656c76;\
         --busy:#4493f8;--stuck:#e3a008;--slow:#ff6b61;--gone:#bc8cff}}\
         text{fill:var(--fg)}.dim{fill:var(--dim)}.name{font-weight:600}.bg,.cover{fill:var(--bg)}\
         .grid{stroke:var(--line);fill:none}.idle{stroke:var(--idle);fill:none;stroke-width:1.5}\
         .busy{fill:var(--busy)}.stuck{fill:var(--stuck);opacity:.55}.slow{fill:var(--slow)}.gone{fill:var(--gone)}\
         .now{stroke:var(--fg);opacity:.5}.flight{fill:var(--busy);opacity:.35}",
    );
    let distance = n(RIGHT - LEFT);
    let _ = write!(
        style,
        "@media(prefers-reduced-motion:no-preference){{\
         .cover{{transform-origin:{r}px 0;animation:cover {w}s linear infinite}}\
         .now{{animation:now {w}s linear infinite}}.m{{animation:{w}s linear infinite}}\
         @keyframes cover{{0%{{transform:scaleX(1)}}{s}%,100%{{transform:scaleX(0)}}}}\
         @keyframes now{{0%{{transform:translateX(-{distance}px)}}{s}%,100%{{transform:none}}}}",
        r = n(RIGHT),
        w = n(whole),
        s = n(share),
    );
    for mark in marks {
        let at = share * f64::from(*mark) / 100.0;
        let _ = write!(
            style,
            ".m{mark}{{animation-name:k{mark}}}@keyframes k{mark}{{0%,{}%{{opacity:0}}{}%,100%{{opacity:1}}}}",
            n((at - 0.1).max(0.0)),
            n(at.max(0.1)),
        );
    }
    style.push('}');
    style
        + ".cover{pointer-events:none}@media(prefers-reduced-motion:reduce){.cover,.now{display:none}}"
}

impl Sheet<'_> {
    fn x(&self, at: Duration) -> f64 {
        let share = at.as_secs_f64() / self.end.as_secs_f64();
        LEFT + share.clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    /// The class of what appears at this instant.
    fn mark(&mut self, at: Duration) -> String {
        let share = at.as_secs_f64() / self.end.as_secs_f64();
        let mark = (share.clamp(0.0, 1.0) * 100.0).round() as u32;
        self.marks.insert(mark);
        format!("m m{mark}")
    }

    fn draw(&mut self) -> Markup {
        let report = self.exhibit.report;
        let rows = (LANES / report.strategies.len().max(1)).clamp(2, 12);
        let heading = self.top + 24.0;
        let ruler_at = self.top + 48.0;
        self.top = ruler_at + 4.0;
        let begin = self.top;
        let strategies = report.strategies.iter();
        let parts: Vec<_> = strategies.map(|it| self.strategy(it, rows)).collect();
        let bottom = self.top + 4.0;
        let legend_at = bottom + 20.0;
        self.top = legend_at + 14.0;
        let ticks: Vec<_> = ruler(self.end, 8);
        let labels = ticks.iter().map(|(at, label)| (n(self.x(*at)), label));
        let mut grid = String::new();
        for (at, _) in &ticks {
            let _ = write!(grid, "M{} {}V{}", n(self.x(*at)), n(begin), n(bottom));
        }
        html! {
            text.name x="14" y=(n(heading)) font-size="15" { (tame(&self.exhibit.heading())) }
            g.dim font-size="11" text-anchor="middle" {
                @for (x, label) in labels { text.dim x=(x) y=(n(ruler_at)) { (label) } }
            }
            @for (below, _) in &parts { (below) }
            rect.cover x=(n(LEFT - 4.0)) y=(n(begin)) width=(n(RIGHT - LEFT + 8.0)) height=(n(bottom - begin)) {}
            path.grid d=(grid) opacity=".6" {}
            path.now d=(format!("M{} {}V{}", n(RIGHT), n(begin), n(bottom))) {}
            @for (_, above) in &parts { (above) }
            (self.legend(legend_at))
        }
    }

    /// What the cover hides, and what stands above it.
    fn strategy(&mut self, strategy: &StrategyReport, rows: usize) -> (Markup, Markup) {
        let report = self.exhibit.report;
        let title = self.top + 17.0;
        self.top += HEAD;
        let drawn = lanes_in(strategy, rows);
        let lanes = drawn.lanes.into_iter();
        let lanes: Vec<_> = lanes.map(|task| self.lane(strategy, task)).collect();
        let rest = (drawn.hidden > 0).then(|| self.rest(strategy, drawn.hidden));
        let ended = strategy.wall().unwrap_or_else(|| strategy.end());
        let mark = self.mark(ended.0);
        self.top += 6.0;
        let (below, above): (Vec<_>, Vec<_>) = lanes.into_iter().chain(rest).unzip();
        let name = called(report, strategy);
        // A monospaced character of 12 pixels is so wide.
        let about_at = 14.0 + 7.3 * (name.chars().count() as f64 + 2.0);
        let result = result(self.exhibit, strategy);
        let room = (WIDTH - 14.0 - about_at) / 6.7 - result.chars().count() as f64 - 2.0;
        let about = cut(&tame(&strategy.summary), room.max(0.0) as usize);
        let above = html! {
            text.name x="14" y=(n(title)) { (name) }
            text.dim x=(n(about_at)) y=(n(title)) font-size="11" { (about) }
            text class=(mark) x=(n(WIDTH - 14.0)) y=(n(title)) text-anchor="end" font-size="11" { (result) }
            @for lane in &above { (lane) }
        };
        (html! { @for lane in &below { (lane) } }, above)
    }

    fn lane(&mut self, strategy: &StrategyReport, task: &Task) -> (Markup, Markup) {
        let middle = self.top + LANE / 2.0;
        self.top += LANE;
        let all = stretches(self.exhibit.report, strategy, task);
        let mut paths: Vec<(StretchKind, String)> = Vec::new();
        for kind in StretchKind::ALL {
            let half = match kind {
                StretchKind::Idle => 0.0,
                StretchKind::CouldNotRun => 3.0,
                StretchKind::Busy => 5.0,
                StretchKind::Blocking => 7.0,
            };
            let own = all.iter().filter(|it| it.kind == kind);
            let mut path = String::new();
            let mut drawn_to = f64::MIN;
            for it in own {
                // However short, a poll is seen; those that would lie on each other are drawn once.
                let least = if kind == StretchKind::CouldNotRun {
                    0.4
                } else {
                    1.4
                };
                let (from, to) = (self.x(it.start), self.x(it.end));
                if kind == StretchKind::CouldNotRun && to - from < least {
                    continue;
                }
                let to = to.max(from + least);
                if to <= drawn_to + 0.3 {
                    continue;
                }
                let from = if from < drawn_to { drawn_to } else { from };
                let width = (to - from).max(0.1);
                let _ = match kind {
                    StretchKind::Idle => write!(path, "M{} {}h{}", n(from), n(middle), n(width)),
                    _ => write!(
                        path,
                        "M{} {}h{w}v{h}h-{w}z",
                        n(from),
                        n(middle - half),
                        w = n(width),
                        h = n(2.0 * half)
                    ),
                };
                drawn_to = to;
            }
            if !path.is_empty() {
                self.seen.insert(kind);
                paths.push((kind, path));
            }
        }
        let below = html! { @for (kind, path) in &paths { path class=(kind.name()) d=(path) {} } };
        let is_heartbeat = strategy.is_heartbeat(task);
        let took = match (all.is_empty(), is_heartbeat) {
            (true, _) => "never ran".to_owned(),
            (_, true) => String::new(),
            _ => units::duration(task.life().0),
        };
        let (mark, end) = (self.mark(task.end_s.0), self.x(task.end_s.0));
        let end_mark = end_mark(task);
        let baseline = n(middle + 4.0);
        let above = html! {
            text x="26" y=(baseline) font-size="11" { (cut(&tame(&task.label), 18)) }
            text class=(format!("dim {mark}")) x=(n(WIDTH - 14.0)) y=(baseline) text-anchor="end" font-size="11" { (took) }
            @if let Some((sign, word)) = end_mark {
                text class=(format!("gone {mark}")) x=(n(end)) y=(baseline) text-anchor="middle" font-weight="700" {
                    title { (word) } (sign)
                }
            }
        };
        (below, above)
    }

    /// The tasks that have no lane: how many were in flight.
    fn rest(&mut self, strategy: &StrategyReport, hidden: usize) -> (Markup, Markup) {
        let bottom = self.top + LANE - 2.0;
        self.top += LANE;
        let most = strategy.most_in_flight().max(1) as f64;
        let curve: Vec<(Seconds, usize)> = strategy.in_flight();
        let mut path = format!("M{} {}", n(LEFT), n(bottom));
        let mut last = (f64::MIN, f64::MIN);
        for (at, count) in curve {
            let x = self.x(at.0);
            let y = bottom - (LANE - 4.0) * count as f64 / most;
            // No more points than pixels.
            if x - last.0 >= 0.8 || (y - last.1).abs() >= LANE / 2.0 {
                let _ = write!(path, "H{}V{}", n(x), n(y));
                last = (x, y);
            }
        }
        let _ = write!(path, "V{}z", n(bottom));
        let label = format!("+ {} more", units::whole(hidden));
        let told = format!("{} at once", units::whole(strategy.most_in_flight()));
        let above = html! {
            text.dim x="26" y=(n(bottom - 3.0)) font-size="11" { (cut(&label, 18)) }
            text.dim x=(n(WIDTH - 14.0)) y=(n(bottom - 3.0)) text-anchor="end" font-size="11" { (told) }
        };
        (html! { path.flight d=(path) {} }, above)
    }

    fn legend(&self, at: f64) -> Markup {
        let mut x = 14.0;
        let mut entries = Vec::new();
        for kind in &self.seen {
            let words = kind.words();
            entries.push((*kind, n(x), n(x + 20.0), words));
            x += 20.0 + 6.7 * words.chars().count() as f64 + 22.0;
        }
        let middle = at - 4.0;
        let report = self.exhibit.report;
        let machine = format!(
            "{}, {}",
            report.machine.os,
            units::count(report.machine.cores, "core", "cores")
        );
        html! {
            g font-size="11" {
                @for (kind, from, text, words) in &entries {
                    @match kind {
                        StretchKind::Idle => path.idle d=(format!("M{from} {}h14", n(middle))) {},
                        kind => rect class=(kind.name()) x=(from) y=(n(middle - 4.0)) width="14" height="8" {},
                    }
                    text.dim x=(text) y=(n(at)) { (words) }
                }
                text.dim x=(n(WIDTH - 14.0)) y=(n(at)) text-anchor="end" { (tame(&machine)) }
            }
        }
    }
}

/// As many characters as there is room for.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    match room {
        0..4 => String::new(),
        _ => kept.trim_end().to_owned() + "…",
    }
}
