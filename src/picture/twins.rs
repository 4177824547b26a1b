//! Rust and Python on one axis, in as few lines as possible.

use super::fold::{DrawnLanes, lanes_in};
use super::lane;
use super::text::Picture;
use crate::page::{Line, Role, columns, fit, fit_label};
use crate::report::{Figure, OnlyInRust, Outcome, StrategyReport, Task};
use crate::trace::Axis;
use crate::units;

/// The column of `Rust` and `Python`.
const LANGUAGE: usize = 7;

impl Picture {
    /// The lanes of one strategy in one language, its name in front of the first and the figure behind it. What a lane
    /// is called stands in it, where there is room.
    pub(super) fn beside_its_twin(
        &mut self,
        strategy: &StrategyReport,
        figure: Figure,
        axis: Axis,
        most: usize,
    ) -> Vec<Line> {
        let DrawnLanes { lanes, hidden } = lanes_in(strategy, most);
        let mut rows: Vec<Line> = lanes
            .into_iter()
            .map(|task| self.unlabelled(strategy, task, axis))
            .collect();
        if hidden > 0 {
            let curve = lane::curve(&strategy.in_flight(), axis, self.style.ascii);
            let most = format!(" {} at once", units::whole(strategy.most_in_flight()));
            let mut row = Line::plain(&curve);
            let room = self
                .style
                .width
                .saturating_sub(self.label_width() + row.width());
            // Where the curve goes as far as the axis, the words follow it closely, or do not fit.
            let fitting = [most.as_str(), most.trim_start()];
            let fitting = fitting.into_iter().find(|words| columns(words) <= room);
            row.push(Role::Dim, fitting.unwrap_or_default());
            rows.push(row);
        }
        if rows.is_empty() {
            rows.push(Line::default());
        }
        let value = figure.of(strategy).map(|value| figure.shown(value));
        let mut heads = vec![self.name_and_language(strategy)];
        heads.resize(rows.len(), " ".repeat(self.label_width() - 1));
        let mut values = vec![value.unwrap_or_default()];
        values.resize(rows.len(), String::new());
        let rows = heads.into_iter().zip(rows).zip(values);
        let mut lines: Vec<Line> = rows
            .map(|((head, row), value)| {
                let mut line = Line::of(Role::Name, &head).with(Role::Plain, " ");
                let used = row.width();
                line.append(&row);
                if !value.is_empty() {
                    let gap = " ".repeat(axis.cells.saturating_sub(used));
                    line.push(Role::Plain, &format!("{gap}{}", self.at_the_right(&value)));
                }
                line.trim_end()
            })
            .collect();
        lines.extend(self.failure(strategy));
        lines
    }

    /// `join            Rust`, and below it `                Python`: one column narrower than the labels are.
    pub(super) fn name_and_language(&mut self, strategy: &StrategyReport) -> String {
        let width = self.label_width() - 1;
        let room = width.saturating_sub(LANGUAGE);
        let again = self.named == strategy.name;
        self.named.clone_from(&strategy.name);
        let name = if again { "" } else { &strategy.name };
        format!(
            "{} {}",
            fit_label(name, room),
            fit(language(strategy), width.saturating_sub(room + 1))
        )
    }

    /// A lane with its label in it.
    fn unlabelled(&mut self, strategy: &StrategyReport, task: &Task, axis: Axis) -> Line {
        let label = self.style.tame(&task.label);
        if task.outcome == Outcome::NeverPolled {
            let told = format!("{label}: made, never polled");
            return Line::of(Role::Dim, fit(&told, axis.cells).trim_end());
        }
        let cells = self.cells_of(strategy, task, axis);
        let failed = task.failed.as_ref().map(|failed| &failed.reason);
        let cause = failed.or(task.exception.as_ref());
        let words = match cause {
            Some(cause) => format!("{label}: {}", self.style.tame(cause)),
            None => label,
        };
        lane::with_label(&cells, &words, self.style.ascii)
    }
}

/// As it stands in a column.
pub(super) fn language(strategy: &StrategyReport) -> &'static str {
    match strategy.is_twin() {
        true => "Python",
        false => "Rust",
    }
}

impl Picture {
    /// The strategies that Python has no counterpart for.
    pub(super) fn only_in_rust(&self, alone: &[OnlyInRust]) -> Vec<Line> {
        let told = alone
            .iter()
            .map(|each| format!("{} ran in Rust alone: {}.", each.name, each.why));
        let mut lines: Vec<Line> = told.flat_map(|told| self.remark(&told)).collect();
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines
    }

    /// A line that says of the column at the right what it is. None where the wall time stands there.
    pub(super) fn figure_head(&self) -> Vec<Line> {
        match self.both {
            Some(figure) if self.style.brief && figure != Figure::Wall => {
                let indent = self.style.width.saturating_sub(columns(figure.name()) + 2);
                let arrow = if self.style.ascii { "v" } else { "↓" };
                let text = format!("{}{} {arrow}", " ".repeat(indent), figure.name());
                vec![Line::of(Role::Dim, &text)]
            }
            _ => Vec::new(),
        }
    }
}
