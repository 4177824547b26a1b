//! A report as text: lanes on a time axis, a comparison, findings, a legend.

use std::collections::BTreeSet;
use std::time::Duration;

use super::axis::Axis;
use super::comparison::faster;
use super::lane::{self, Sign};
use crate::page::{Paint, Style, columns, fit};
use crate::report::{Finding, Outcome, Report, StrategyReport, Task};
use crate::units;

/// Draws the parts of one report. The same for the running snapshot and for what stays.
#[derive(Clone, Debug)]
pub struct Text {
    pub(super) style: Style,
    pub(super) slow_poll: Duration,
    /// Where the axis ends unless a strategy takes longer.
    expected: Duration,
    ruled: Option<Duration>,
    pub(super) seen: BTreeSet<Sign>,
    /// What the legend of an earlier page has said.
    pub(super) explained: BTreeSet<Sign>,
    /// Who failed last, and why: others may fail for the same reason.
    failed: Option<(String, String)>,
}

impl Text {
    /// `expected` is the longest ideal: the strategies share one axis as long as none is longer.
    pub fn new(style: Style, slow_poll: Duration, expected: Duration) -> Self {
        Self {
            style,
            slow_poll,
            expected,
            ruled: None,
            seen: BTreeSet::new(),
            explained: BTreeSet::new(),
            failed: None,
        }
    }

    /// A whole report, as it stands when nothing more is to come.
    pub fn report(report: &Report, style: Style) -> String {
        let ends = report.strategies.iter().map(|strategy| strategy.end().0);
        let mut text = Self::new(style, report.slow_poll_s.0, ends.max().unwrap_or_default());
        let blocks: String = report
            .strategies
            .iter()
            .map(|strategy| text.strategy(strategy))
            .collect();
        blocks
            + &text.comparison(&report.strategies)
            + &text.findings(&report.findings)
            + &text.legend()
    }

    /// What is shown, and what it is called elsewhere.
    pub fn head(&self, name: &str, title: &str, python: &str) -> String {
        let right = format!("in FastAPI: {python}");
        let left = format!("{}{title}", fit(name, self.label_width()));
        let gap = self
            .style
            .width
            .saturating_sub(columns(&left) + columns(&right));
        let named = self
            .style
            .paint(Paint::Name, &fit(name, self.label_width()));
        if gap < 2 {
            let indent = self.indented("", "");
            let mut lines = self.wrapped(title, &indent, &indent);
            if let Some(first) = lines.first_mut() {
                *first = format!("{named}{}", first.trim_start());
            }
            lines.extend(
                self.wrapped(&right, "  ", "  ")
                    .iter()
                    .map(|line| self.style.paint(Paint::Dim, line)),
            );
            lines.push(String::new());
            return self.lines(lines);
        }
        let right = self.style.paint(Paint::Dim, &right);
        self.lines([
            format!("{named}{title}{}{right}", " ".repeat(gap)),
            String::new(),
        ])
    }

    /// One strategy: its lanes, and what they took. A ruler stands above it if its axis is a new one.
    pub fn strategy(&mut self, strategy: &StrategyReport) -> String {
        let end = self.expected.max(strategy.end().0);
        let axis = Axis::new(end, self.rail_width());
        let mut lines = Vec::new();
        // They were to share one axis. A brief screen has room for no more lines: one lane makes place.
        let unforeseen = !self.expected.is_zero() && self.ruled.is_some_and(|ruled| ruled != end);
        if self.ruled != Some(end) {
            self.ruled = Some(end);
            let ruler = self.indented("", &axis.ruler());
            lines.push(self.style.paint(Paint::Dim, &ruler));
        }
        if self.style.brief {
            let lanes = self.style.lanes.saturating_sub(usize::from(unforeseen));
            lines.extend(self.brief(strategy, axis, lanes.max(1)));
            return self.lines(lines);
        }
        lines.extend(self.title(strategy));
        lines.extend(self.lanes(strategy, axis));
        lines.extend(self.figures(strategy));
        lines.extend(self.failure(strategy));
        lines.push(String::new());
        self.lines(lines)
    }

    /// What the numbers show, in sentences.
    pub fn findings(&self, findings: &[Finding]) -> String {
        let mut lines: Vec<String> = Vec::new();
        for finding in findings {
            let text = units::unbroken(&finding.to_string());
            let mut wrapped = self.wrapped(&text, "", "  ");
            if let Some(first) = wrapped.first_mut().filter(|_| !finding.strategy.is_empty()) {
                let name = format!("{}:", finding.strategy);
                *first = first.replacen(&name, &self.style.paint(Paint::Name, &name), 1);
            }
            lines.extend(wrapped.iter().map(|line| line.replace('\u{a0}', " ")));
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        self.lines(lines.iter().map(|line| line.replace('\u{a0}', " ")))
    }

    /// A remark below everything: what else there is to try.
    pub fn remark(&self, remark: &str) -> String {
        let lines = self
            .wrapped(remark, "", "  ")
            .into_iter()
            .map(|line| self.style.paint(Paint::Dim, &line.replace('\u{a0}', " ")));
        self.lines(lines)
    }

    /// Takes over the signs that another has drawn, for the legend.
    pub(super) fn saw(&mut self, other: Self) {
        self.seen.extend(other.seen);
    }

    pub(super) fn title(&self, strategy: &StrategyReport) -> Vec<String> {
        let runtime = match strategy.runtime.workers {
            1 => strategy.runtime.flavor.clone(),
            workers => format!("{}, {workers} workers", strategy.runtime.flavor),
        };
        let name = fit(&strategy.name, self.label_width() - 1);
        let about = format!(
            "{} ·\u{a0}{}",
            strategy.summary,
            runtime.replace(' ', "\u{a0}")
        );
        let mut lines = self.wrapped(
            &about,
            &" ".repeat(name.len() + 1),
            &" ".repeat(name.len() + 1),
        );
        if let Some(first) = lines.first_mut() {
            *first = format!(
                "{} {}",
                self.style.paint(Paint::Name, &name),
                first.trim_start()
            );
        }
        lines
            .iter()
            .map(|line| line.replace('\u{a0}', " "))
            .collect()
    }

    pub(super) fn lanes(&mut self, strategy: &StrategyReport, axis: Axis) -> Vec<String> {
        let tasks = strategy.lanes();
        let count = tasks.len() + strategy.rest.as_ref().map_or(0, |rest| rest.count);
        let shown = if count > self.style.lanes {
            self.style.lanes.saturating_sub(2).max(1).min(tasks.len())
        } else {
            tasks.len()
        };
        let mut lines: Vec<String> = tasks[..shown]
            .iter()
            .map(|task| self.lane(strategy, task, axis))
            .collect();
        if shown < count {
            let most = format!(
                "+ {} more, {} in flight at most",
                units::whole(count - shown),
                units::whole(strategy.most_in_flight())
            );
            lines.push(self.style.paint(Paint::Dim, &format!("  {most}")));
            let label = fit("  in flight", self.label_width());
            lines.push(format!(
                "{label}{}",
                lane::curve(&strategy.in_flight(), axis, self.style.ascii)
            ));
        }
        lines
    }

    pub(super) fn lane(&mut self, strategy: &StrategyReport, task: &Task, axis: Axis) -> String {
        let label = fit(
            &format!("  {}", self.style.tame(&task.label)),
            self.label_width() - 1,
        );
        if task.outcome == Outcome::NeverPolled {
            let text = fit("made, never polled: an empty lane", axis.cells);
            return format!("{label} {}", self.style.paint(Paint::Dim, text.trim_end()));
        }
        let signs = lane::rail(task, &strategy.blocked, self.slow_poll, axis);
        self.seen.extend(signs.iter().copied());
        let life = if strategy.is_heartbeat(task) {
            String::new()
        } else {
            units::duration(task.life().0)
        };
        let right = self.at_the_right(&life);
        format!("{label} {}{right}", lane::draw(&signs, &self.style))
            .trim_end()
            .to_owned()
    }

    /// A figure in the column right of the rails, if there is one.
    pub(super) fn at_the_right(&self, figure: &str) -> String {
        if self.right_width() == 0 {
            return String::new();
        }
        let padding = self.right_width().saturating_sub(columns(figure));
        format!("{}{figure}", " ".repeat(padding))
    }

    fn figures(&self, strategy: &StrategyReport) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(heartbeat) = &strategy.heartbeat {
            let gap = units::duration(heartbeat.max_gap_s.0);
            let deaf = heartbeat.max_gap_s.0 >= heartbeat.period_s.0 + self.slow_poll
                && !strategy.blocked.is_empty();
            let in_all: Duration = strategy
                .blocked
                .iter()
                .map(|blocked| blocked.end_s.0.saturating_sub(blocked.start_s.0))
                .sum();
            let stretch = if in_all > heartbeat.max_gap_s.0 + heartbeat.period_s.0 {
                " at a stretch"
            } else {
                ""
            };
            let text = match (&heartbeat.blocked_by, deaf) {
                (Some(by), true) => format!("deaf for {gap}{stretch}: {by} held the thread"),
                (None, true) => format!("deaf for {gap}{stretch}"),
                (_, false) => format!(
                    "every {}, longest gap {gap}",
                    units::duration(heartbeat.period_s.0)
                ),
            };
            lines.extend(self.figure(
                "heartbeat",
                &text,
                if deaf { Paint::Alarm } else { Paint::Dim },
            ));
        }
        if !strategy.metrics.is_empty() {
            let counted = strategy.metrics.iter().map(|(key, value)| {
                format!("{} {}", units::spoken(key), units::metric(key, *value))
                    .replace(' ', "\u{a0}")
            });
            lines.extend(self.figure(
                "counted",
                &counted.collect::<Vec<_>>().join(" · "),
                Paint::Plain,
            ));
        }
        // One that could not even be prepared took no time, and that is no news.
        if let Some(wall) = strategy
            .wall()
            .filter(|wall| strategy.error.is_none() || !wall.0.is_zero())
        {
            let mut parts = vec![units::duration(wall.0)];
            if let (Some(shortest), Some(longest), true) = (
                strategy.wall_s.iter().min(),
                strategy.wall_s.iter().max(),
                strategy.wall_s.len() > 1,
            ) {
                let (shortest, longest) = (units::duration(shortest.0), units::duration(longest.0));
                parts[0] = format!(
                    "{} (median of {}, {shortest} to {longest})",
                    parts[0],
                    strategy.wall_s.len()
                );
            }
            parts.extend(
                strategy
                    .ideal_s
                    .map(|ideal| format!("ideal {}", units::duration(ideal.0))),
            );
            parts.extend(
                strategy
                    .overhead_s
                    .map(|overhead| format!("overhead {}", units::seconds(overhead))),
            );
            parts.extend(
                strategy
                    .speedup
                    .map(faster)
                    .filter(|times| !times.is_empty()),
            );
            let parts: Vec<_> = parts
                .iter()
                .map(|part| part.replace(' ', "\u{a0}"))
                .collect();
            lines.extend(self.figure("wall", &parts.join(" · "), Paint::Plain));
        }
        lines
    }

    pub(super) fn failure(&mut self, strategy: &StrategyReport) -> Vec<String> {
        let Some(error) = &strategy.error else {
            return Vec::new();
        };
        let text = match &self.failed {
            Some((name, told)) if told == error => format!("for the same reason as {name}"),
            _ => {
                self.failed = Some((strategy.name.clone(), error.clone()));
                error.clone()
            }
        };
        self.figure("failed", &text, Paint::Alarm)
    }

    fn figure(&self, label: &str, text: &str, paint: Paint) -> Vec<String> {
        let indent = " ".repeat(self.label_width());
        let mut lines = self.wrapped(text, &indent, &indent);
        if let Some(first) = lines.first_mut() {
            let label = fit(&format!("  {label}"), self.label_width() - 1);
            *first = format!("{label} {}", first.trim_start());
        }
        lines
            .iter()
            .map(|line| self.style.paint(paint, &line.replace('\u{a0}', " ")))
            .collect()
    }

    pub(super) fn wrapped(&self, text: &str, first: &str, others: &str) -> Vec<String> {
        let width = self.style.width.max(others.len() + 10);
        let options = textwrap::Options::new(width)
            .initial_indent(first)
            .subsequent_indent(others)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::wrap(&self.style.tame(text), options)
            .into_iter()
            .map(|line| line.into_owned())
            .collect()
    }

    pub(super) fn indented(&self, label: &str, text: &str) -> String {
        format!("{}{text}", fit(label, self.label_width()))
    }

    pub(super) fn lines(&self, lines: impl IntoIterator<Item = String>) -> String {
        lines
            .into_iter()
            .map(|line| self.style.encode(&line) + "\n")
            .collect()
    }

    pub(super) fn label_width(&self) -> usize {
        match self.style.width {
            72.. => 20,
            50.. => 14,
            _ => 12,
        }
    }

    fn right_width(&self) -> usize {
        if self.style.width >= 30 { 9 } else { 0 }
    }

    pub(super) fn rail_width(&self) -> usize {
        self.style
            .width
            .saturating_sub(self.label_width() + self.right_width())
            .max(4)
    }
}
