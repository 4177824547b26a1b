//! What a strategy costs with few tasks and with many: a row for each number.

use super::text::Picture;
use crate::page::{Line, Role};
use crate::report::{Cost, Program, SYSTEM, StrategyReport, cost, costs, slope};
use crate::trace::Axis;
use crate::units;

/// How many lanes of the largest measurement are shown above the curve.
const LANES: usize = 4;

impl Picture {
    /// One strategy with so many tasks: a row. The first has the title and the head above it.
    pub fn grown(&mut self, row: &StrategyReport, first: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        if first {
            lines.extend(self.title(row));
            let head = self.cells("tasks", ["overhead", "CPU", "memory", "per task"]);
            lines.push(Line::of(Role::Dim, &head));
        }
        lines.extend(self.row(row));
        lines
    }

    /// What stands below the `rows` of a strategy. `untried` are the numbers that were too many.
    pub fn growth(&mut self, rows: &[StrategyReport], untried: &[usize]) -> Vec<Line> {
        let mut lines = Vec::new();
        if let [first, more @ ..] = untried {
            let more = if more.is_empty() { "" } else { "and more: " };
            let first = units::whole(*first);
            let row = format!("{first:>11}  {more}not tried: too many for this strategy");
            lines.push(Line::of(Role::Dim, &row));
        }
        if !self.style.brief {
            lines.extend(self.slopes(rows));
            let done = rows.iter().rev().find(|row| row.error.is_none());
            if let Some(largest) = done {
                lines.extend(self.largest(largest));
            }
            lines.push(Line::default());
        }
        lines
    }

    /// A few lanes of the largest measurement.
    fn largest(&mut self, largest: &StrategyReport) -> Vec<Line> {
        let most = largest.task_count();
        if most <= 1 || largest.error.is_some() {
            return Vec::new();
        }
        let axis = Axis::new(largest.end().0, self.lane_width());
        let label = format!("  {} of them", units::whole(most));
        let ruler = self.indented(&label, &axis.ruler());
        let mut lines = vec![Line::default(), Line::of(Role::Dim, ruler.trim_end())];
        let mut few = self.clone();
        few.style.lanes = LANES;
        lines.extend(few.lanes(largest, axis));
        self.saw(few);
        lines
    }

    /// Whose memory it is, if it is not the system's.
    pub(super) fn allocator(&self, program: Option<&Program>) -> Vec<Line> {
        let allocator = program.map_or(SYSTEM, |program| &program.allocator);
        if allocator == SYSTEM {
            return Vec::new();
        }
        self.remark(&format!(
            "memory from {allocator}, not from the system's allocator: bytes and CPU are other ones than in a plain build"
        ))
    }

    fn row(&self, row: &StrategyReport) -> Vec<Line> {
        let tasks = row.metrics.get(cost::TASKS).copied().unwrap_or_default();
        let tasks = units::whole(tasks as usize);
        if let Some(error) = &row.error {
            let first = Line::of(Role::Alarm, &format!("{tasks:>11}  "));
            return self.wrapped(Role::Alarm, error, first, 13);
        }
        let overhead = row.overhead_s.map(units::seconds);
        let cost = Cost::of(row);
        let figures = [
            overhead,
            cost.map(|cost| units::duration(cost.cpu)),
            cost.map(|cost| units::bytes(cost.peak)),
            cost.and_then(|cost| cost.bytes_each()).map(units::bytes),
        ];
        let figures = figures.each_ref().map(|figure| figure.as_deref());
        vec![Line::plain(
            &self.cells(&tasks, figures.map(|figure| figure.unwrap_or("-"))),
        )]
    }

    /// A row's columns; the last but one only where the screen is wide.
    fn cells(&self, tasks: &str, [overhead, cpu, peak, each]: [&str; 4]) -> String {
        if self.style.width < 72 {
            return format!("{tasks:>11}{overhead:>10}{cpu:>10}{each:>9}");
        }
        format!("{tasks:>11}{overhead:>11}{cpu:>11}{peak:>11}{each:>11}")
    }

    fn slopes(&self, rows: &[StrategyReport]) -> Vec<Line> {
        let slopes = rows.first().and_then(|first| {
            let costs = costs(&first.name, rows);
            let cpu = slope(&costs, |cost| cost.cpu.as_secs_f64())?;
            Some((cpu, slope(&costs, |cost| cost.grown)?))
        });
        let Some((cpu, memory)) = slopes else {
            return Vec::new();
        };
        let times = |slope: f64| 10_f64.powf(slope);
        let text = format!(
            "ten times the tasks: CPU × {:.1}, memory × {:.1}",
            times(cpu),
            times(memory),
        );
        self.wrapped(Role::Dim, &text, Line::of(Role::Dim, "  "), 2)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::page::{Style, to_ansi};

    #[test]
    fn memory_that_is_not_the_systems_is_said_to_be() {
        let style = Style::default();
        let shown = |allocator: &str| {
            let program = Program {
                allocator: allocator.to_owned(),
                ..Program::default()
            };
            let text = Picture::new(style, Duration::ZERO, Duration::ZERO);
            to_ansi(&text.allocator(Some(&program)), &style)
        };
        assert!(shown("mimalloc").contains("memory from mimalloc"));
        assert!(!shown(SYSTEM).contains("memory from"));
    }
}
