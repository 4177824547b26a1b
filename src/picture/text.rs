//! A report as text: lanes on a time axis, a comparison, findings, a legend.

use std::collections::BTreeSet;
use std::time::Duration;

use super::fold::{DrawnLanes, fold};
use super::lane;
use super::speedup::faster;
use crate::page::{Line, Role, Style, columns, fit, fit_label, unbroken, wrap};
use crate::report::{Blocked, Figure, Finding, Heartbeat, Outcome, StrategyReport, Task};
use crate::trace::Axis;
use crate::trace::Cell;
use crate::units;

/// Draws the parts of one report. The same for the running snapshot and for what stays.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    pub(super) style: Style,
    pub(super) slow_poll: Duration,
    /// Where the axis ends unless a strategy takes longer.
    expected: Duration,
    ruled: Option<Duration>,
    pub(super) seen: BTreeSet<Cell>,
    /// What the legend of an earlier page has said.
    pub(super) explained: BTreeSet<Cell>,
    /// Who failed last, and why: others may fail for the same reason.
    failed: Option<(String, String)>,
    /// Whether bars below will say what the title of a strategy says otherwise.
    pub(super) compared: bool,
    /// Where strategies ran in Rust and in Python: the figure that stands beside each in the brief form.
    pub(super) both: Option<Figure>,
    /// Whose lanes were drawn last: what it is called stands above both languages once.
    pub(super) named: String,
}

impl Picture {
    /// `expected` is the longest ideal: the strategies share one axis as long as none is longer.
    pub fn new(style: Style, slow_poll: Duration, expected: Duration) -> Self {
        Self {
            style,
            slow_poll,
            expected,
            ..Self::default()
        }
    }

    /// Goes on in this width: the window may have another one now. Then the next strategy has a ruler of its own.
    pub fn resize(&mut self, width: usize) {
        if self.style.width != width {
            self.style.width = width;
            self.ruled = None;
        }
    }

    /// For strategies that ran in Rust and in Python, if they did: `figure` is what the concept is about.
    pub fn in_both(self, both: bool, figure: Figure) -> Self {
        Self {
            both: both.then_some(figure),
            ..self
        }
    }

    /// What is shown, and at the right what it is called in Python, or what it runs on.
    pub fn head(&self, name: &str, title: &str, right: &str) -> Vec<Line> {
        let beside = columns(title) + columns(right) + 2;
        let room = self.style.width.saturating_sub(beside);
        // Aligned with the lanes where that leaves the head on one line.
        let label = room.clamp(columns(name) + 2, self.label_width().max(columns(name) + 2));
        let named = Line::of(Role::Name, &fit(name, label));
        let used = named.width() + columns(title) + columns(right);
        let gap = self.style.width.saturating_sub(used);
        if gap < 2 {
            let named = Line::of(Role::Name, &fit(name, self.label_width()));
            let mut lines = self.wrapped(Role::Plain, title, named, self.label_width());
            lines.extend(self.wrapped(Role::Dim, right, Line::of(Role::Dim, "  "), 2));
            lines
        } else {
            let left = named.with(Role::Plain, title);
            vec![
                left.with(Role::Plain, &" ".repeat(gap))
                    .with(Role::Dim, right),
            ]
        }
    }

    /// One strategy: its lanes, and what they took. A ruler stands above it if its axis is a new one.
    pub fn strategy(&mut self, strategy: &StrategyReport) -> Vec<Line> {
        let end = self.expected.max(strategy.end().0);
        let axis = Axis::new(end, self.lane_width());
        let mut lines = Vec::new();
        // They were to share one axis. A brief screen has room for no more lines: one lane makes place.
        let unforeseen = !self.expected.is_zero() && self.ruled.is_some_and(|ruled| ruled != end);
        // What never began has no lane for the axis to measure.
        let never_began = strategy.error.is_some() && strategy.task_count() == 0;
        if self.ruled != Some(end) && !never_began {
            self.ruled = Some(end);
            lines.extend(self.figure_head());
            let ruler = self.indented("", &axis.ruler());
            lines.push(Line::of(Role::Dim, &ruler));
        }
        if self.style.brief {
            let lanes = self.style.lanes.saturating_sub(usize::from(unforeseen));
            lines.extend(match self.both {
                Some(figure) => self.beside_its_twin(strategy, figure, axis, lanes.max(1)),
                None => self.brief(strategy, axis, lanes.max(1)),
            });
            return lines;
        }
        lines.extend(self.title(strategy));
        lines.extend(self.lanes(strategy, axis));
        lines.extend(self.figures(strategy));
        lines.extend(self.failure(strategy));
        lines.push(Line::default());
        lines
    }

    /// What the numbers show, in sentences.
    pub fn findings(&self, findings: &[Finding]) -> Vec<Line> {
        let mut lines = Vec::new();
        for finding in findings {
            let name = match (finding.strategy.as_str(), &finding.language) {
                ("", _) => String::new(),
                (strategy, None) => format!("{strategy}:"),
                (strategy, Some(_)) => format!("{strategy} in Python:"),
            };
            let rest = finding.text.strip_prefix(&name).unwrap_or(&finding.text);
            let text = Line::of(Role::Name, &self.style.tame(&name))
                .with(Role::Plain, &self.style.tame(rest));
            let width = self.style.width.max(12);
            lines.extend(wrap(&text, width, &Line::default(), &Line::plain("  ")));
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines
    }

    /// A remark below everything: what else there is to try.
    pub fn remark(&self, remark: &str) -> Vec<Line> {
        if remark.is_empty() {
            return Vec::new();
        }
        self.wrapped(Role::Dim, remark, Line::default(), 2)
    }

    /// Takes over the glyphs that another has drawn, for the legend.
    pub(super) fn saw(&mut self, other: Self) {
        self.seen.extend(other.seen);
    }

    pub(super) fn title(&mut self, strategy: &StrategyReport) -> Vec<Line> {
        let runtime = match strategy.runtime.workers {
            1 => strategy.runtime.flavor.clone(),
            workers => format!("{}, {workers} workers", strategy.runtime.flavor),
        };
        let name = match self.both {
            Some(_) => self.name_and_language(strategy),
            None => fit_label(&strategy.name, self.label_width() - 1),
        };
        let about = if self.style.brief {
            strategy.summary.clone()
        } else {
            format!("{} {}", strategy.summary, unbroken(&format!("· {runtime}")))
        };
        let name = Line::of(Role::Name, &name).with(Role::Plain, " ");
        let indent = name.width();
        self.wrapped(Role::Plain, &about, name, indent)
    }

    pub(super) fn lanes(&mut self, strategy: &StrategyReport, axis: Axis) -> Vec<Line> {
        let all = strategy.lanes();
        let count = all.len() + strategy.rest.as_ref().map_or(0, |rest| rest.count);
        let DrawnLanes { lanes, hidden } = match count > self.style.lanes {
            true => fold(strategy, self.style.lanes.saturating_sub(2).max(1)),
            false => DrawnLanes {
                lanes: all,
                hidden: 0,
            },
        };
        let mut lines: Vec<Line> = lanes
            .into_iter()
            .map(|task| self.lane(strategy, task, axis))
            .collect();
        if hidden > 0 {
            let most = format!(
                "  + {} more, {} in flight at most",
                units::whole(hidden),
                units::whole(strategy.most_in_flight())
            );
            lines.push(Line::of(Role::Dim, &most));
            let label = fit("  in flight", self.label_width());
            let curve = lane::curve(&strategy.in_flight(), axis, self.style.ascii);
            lines.push(Line::plain(&label).with(Role::Plain, &curve));
        }
        lines
    }

    pub(super) fn lane(&mut self, strategy: &StrategyReport, task: &Task, axis: Axis) -> Line {
        let label = fit_label(
            &format!("  {}", self.style.tame(&task.label)),
            self.label_width() - 1,
        );
        let mut line = Line::plain(&format!("{label} "));
        if task.outcome == Outcome::NeverPolled {
            let never = if strategy.is_closure(task) {
                "made, never called: an empty lane"
            } else {
                "made, never polled: an empty lane"
            };
            let text = fit(never, axis.cells);
            line.push(Role::Dim, text.trim_end());
            return line;
        }
        let cells = self.cells_of(strategy, task, axis);
        let life = if strategy.is_heartbeat(task) {
            String::new()
        } else {
            units::duration(task.life().0)
        };
        let cause = task.failed.as_ref().map(|failed| &failed.reason);
        line.append(&match cause.or(task.exception.as_ref()) {
            Some(cause) => lane::with_cause(&cells, &self.style.tame(cause), self.style.ascii),
            None => lane::draw(&cells, self.style.ascii),
        });
        line.with(Role::Plain, &self.at_the_right(&life)).trim_end()
    }

    /// The cells of a lane. Their glyphs are for the legend from now on.
    pub(super) fn cells_of(
        &mut self,
        strategy: &StrategyReport,
        task: &Task,
        axis: Axis,
    ) -> Vec<Cell> {
        let cells = if strategy.is_closure(task) {
            lane::cells_of_a_closure(task, axis)
        } else {
            lane::cells(task, &strategy.blocked, self.slow_poll, axis)
        };
        self.seen.extend(cells.iter().copied());
        cells
    }

    /// A figure in the column right of the lanes, if there is one.
    pub(super) fn at_the_right(&self, figure: &str) -> String {
        if self.right_width() == 0 {
            return String::new();
        }
        let padding = self.right_width().saturating_sub(columns(figure));
        format!("{}{figure}", " ".repeat(padding))
    }

    fn figures(&self, strategy: &StrategyReport) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(heartbeat) = &strategy.heartbeat {
            let (text, role) = self.event_loop(strategy, heartbeat);
            lines.extend(self.figure("event loop", &text, role));
        }
        if !strategy.metrics.is_empty() {
            let counted = strategy.metrics.iter().map(|(key, value)| {
                let (name, value) = (units::spoken(key), units::metric(key, *value));
                unbroken(&format!("{name} {value}"))
            });
            let counted = counted.collect::<Vec<_>>().join(" · ");
            lines.extend(self.figure("counted", &counted, Role::Plain));
        }
        // One that could not even be prepared took no time, and that is no news.
        let ran = strategy.error.is_none() || strategy.wall().is_some_and(|wall| !wall.0.is_zero());
        if ran && strategy.wall().is_some() && !strategy.did_nothing() {
            let wall = wall(strategy).join(" · ");
            lines.extend(self.figure("wall", &wall, Role::Plain));
        }
        lines
    }

    /// Whether the heartbeat came through, and who held the thread if it did not.
    fn event_loop(&self, strategy: &StrategyReport, heartbeat: &Heartbeat) -> (String, Role) {
        let gap = units::duration(heartbeat.max_gap_s.0);
        let blocked = heartbeat.max_gap_s.0 >= heartbeat.period_s.0 + self.slow_poll
            && !strategy.blocked.is_empty();
        if !blocked {
            let lane = heartbeat.lane.as_ref();
            let pulse = lane.map_or("heartbeat", |lane| &lane.label);
            return (format!("longest gap of the {pulse} {gap}"), Role::Dim);
        }
        let in_all: Duration = strategy.blocked.iter().map(Blocked::length).sum();
        let stretch = if in_all > heartbeat.max_gap_s.0 + heartbeat.period_s.0 {
            " at a stretch"
        } else {
            ""
        };
        let text = match &heartbeat.blocked_by {
            Some(by) => format!("blocked for {gap}{stretch} by {by}"),
            None => format!("blocked for {gap}{stretch}"),
        };
        (text, Role::Alarm)
    }

    pub(super) fn failure(&mut self, strategy: &StrategyReport) -> Vec<Line> {
        let Some(error) = &strategy.error else {
            let words = strategy.failed_in_words();
            let words = words.map(|words| words.replacen(" failed:", ":", 1));
            return words.map_or_else(Vec::new, |words| self.figure("failed", &words, Role::Alarm));
        };
        let text = match &self.failed {
            Some((name, told)) if told == error => format!("for the same reason as {name}"),
            _ => {
                self.failed = Some((strategy.name.clone(), error.clone()));
                error.clone()
            }
        };
        self.figure("failed", &text, Role::Alarm)
    }

    fn figure(&self, label: &str, text: &str, role: Role) -> Vec<Line> {
        let label = fit(&format!("  {label}"), self.label_width() - 1);
        let label = Line::of(role, &format!("{label} "));
        self.wrapped(role, text, label, self.label_width())
    }

    /// `text` after `first`, its further lines indented by so much.
    pub(super) fn wrapped(&self, role: Role, text: &str, first: Line, indent: usize) -> Vec<Line> {
        let text = Line::of(role, &self.style.tame(text));
        let rest = Line::of(role, &" ".repeat(indent));
        wrap(&text, self.style.width.max(indent + 10), &first, &rest)
    }

    pub(super) fn indented(&self, label: &str, text: &str) -> String {
        format!("{}{text}", fit(label, self.label_width()))
    }

    pub(super) fn label_width(&self) -> usize {
        match self.style.width {
            72.. if self.both.is_some() => 24,
            72.. => 20,
            50.. => 14,
            _ => 12,
        }
    }

    fn right_width(&self) -> usize {
        if self.style.width >= 30 { 9 } else { 0 }
    }

    pub(super) fn lane_width(&self) -> usize {
        self.style
            .width
            .saturating_sub(self.label_width() + self.right_width())
            .max(4)
    }
}

/// How long it took, and beside what: parts that are not broken.
fn wall(strategy: &StrategyReport) -> Vec<String> {
    let Some(wall) = strategy.wall() else {
        return Vec::new();
    };
    let mut parts = vec![units::duration(wall.0)];
    let walls = &strategy.wall_s;
    if let (Some(shortest), Some(longest), true) =
        (walls.iter().min(), walls.iter().max(), walls.len() > 1)
    {
        let (shortest, longest) = (units::duration(shortest.0), units::duration(longest.0));
        parts[0] += &format!(" (median of {}, {shortest} to {longest})", walls.len());
    }
    let ideal = strategy.ideal_s.map(|ideal| units::duration(ideal.0));
    parts.extend(ideal.map(|ideal| format!("ideal {ideal}")));
    let overhead = strategy.overhead_s.map(units::seconds);
    parts.extend(overhead.map(|overhead| format!("overhead {overhead}")));
    let faster = Some(faster(strategy)).filter(|_| strategy.failures.is_empty());
    parts.extend(faster.filter(|times| !times.is_empty()));
    parts.iter().map(|part| unbroken(part)).collect()
}
