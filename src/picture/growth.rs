//! What a strategy costs with few tasks and with many: bars on a logarithmic scale.

use super::text::Picture;
use crate::page::{Line, Role, fit};
use crate::report::{Cost, Program, SYSTEM, StrategyReport, cost, costs, slope};
use crate::trace::Axis;
use crate::units;

/// The ends of the scales: the same for every strategy, so that their bars can be compared.
const CPU: (f64, f64) = (1e-4, 1e2);
const MEMORY: (f64, f64) = (1024.0 * 1024.0, 10.0 * 1024.0 * 1024.0 * 1024.0);

/// How many lanes of the largest measurement are shown above the curve.
const LANES: usize = 4;

impl Picture {
    /// One strategy with several numbers of tasks, a row each. `untried` are the numbers that were too many.
    pub fn growth(&mut self, rows: &[StrategyReport], untried: &[usize]) -> Vec<Line> {
        let done = rows.iter().rev().find(|row| row.error.is_none());
        let Some(largest) = done.or(rows.last()) else {
            return Vec::new();
        };
        let wide = self.style.width >= 72;
        let mut lines = self.title(largest);
        let head = if wide {
            format!(
                "{:>11}{:>10}{:>10} {:<11}{:>9} {:<11}{:>9}",
                "tasks", "overhead", "CPU", "", "memory", "", "per task"
            )
        } else {
            format!(
                "{:>11}{:>10}{:>10}{:>9}",
                "tasks", "overhead", "CPU", "per task"
            )
        };
        lines.push(Line::of(Role::Dim, head.trim_end()));
        for row in rows {
            lines.extend(self.row(row, wide));
        }
        for tasks in untried {
            let row = format!(
                "{:>11}  not tried: too many for this way",
                units::whole(*tasks)
            );
            lines.push(Line::of(Role::Dim, &row));
        }
        lines.extend(self.slopes(rows));
        lines.extend(self.largest(largest));
        lines.push(Line::default());
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

    /// How to read the bars, and whose memory it is if it is not the system's.
    pub fn scales(&self, program: Option<&Program>) -> Vec<Line> {
        let mut lines = self.remark(
            "bars: ten times as much is always as much longer (CPU 100 µs to 100 s, memory 1 MiB to 10 GiB)",
        );
        let allocator = program.map_or(SYSTEM, |program| &program.allocator);
        if allocator != SYSTEM {
            lines.extend(self.remark(&format!(
                "memory from {allocator}, not from the system's allocator: bytes and CPU are other ones than in a plain build"
            )));
        }
        lines
    }

    fn row(&self, row: &StrategyReport, wide: bool) -> Vec<Line> {
        let tasks = row.metrics.get(cost::TASKS).copied().unwrap_or_default();
        let tasks = units::whole(tasks as usize);
        if let Some(error) = &row.error {
            let first = Line::of(Role::Alarm, &format!("{tasks:>11}  "));
            return self.wrapped(Role::Alarm, error, first, 13);
        }
        let overhead = row
            .overhead_s
            .map_or_else(|| "-".to_owned(), units::seconds);
        let Some(cost) = Cost::of(row) else {
            return vec![Line::plain(&format!("{tasks:>11}{overhead:>10}"))];
        };
        let cpu = units::duration(cost.cpu);
        let each = cost
            .bytes_each()
            .map_or_else(|| "-".to_owned(), units::bytes);
        let text = if wide {
            let bar = |value: f64, scale| fit(&logarithmic(value, scale, 10, self.style.ascii), 11);
            format!(
                "{tasks:>11}{overhead:>10}{cpu:>10} {}{:>9} {}{each:>9}",
                bar(cost.cpu.as_secs_f64(), CPU),
                units::bytes(cost.peak),
                bar(cost.peak, MEMORY),
            )
        } else {
            format!("{tasks:>11}{overhead:>10}{cpu:>10}{each:>9}")
        };
        vec![Line::plain(&text)]
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
            "ten times the tasks: CPU × {:.1}, memory × {:.1} (slopes {cpu:.2}, {memory:.2})",
            times(cpu),
            times(memory),
        );
        self.wrapped(Role::Dim, &text, Line::of(Role::Dim, "  "), 2)
    }
}

/// A bar whose length is the value's logarithm between the ends of the scale.
fn logarithmic(value: f64, (least, most): (f64, f64), cells: usize, ascii: bool) -> String {
    let share = (value / least).ln() / (most / least).ln();
    // What cannot be compared, 0 and NaN, has no bar.
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    let eighths = (share * cells as f64 * 8.0).round() as usize;
    if ascii {
        return "#".repeat(eighths / 8);
    }
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    "█".repeat(eighths / 8) + parts[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_not_the_systems_is_said_to_be() {
        use std::time::Duration;

        use crate::page::{Style, to_ansi};

        let style = Style::default();
        let shown = |allocator: &str| {
            let program = Program {
                version: "0.1.0".to_owned(),
                commit: None,
                profile: "release".to_owned(),
                features: Vec::new(),
                allocator: allocator.to_owned(),
            };
            let text = Picture::new(style, Duration::ZERO, Duration::ZERO);
            to_ansi(&text.scales(Some(&program)), &style)
        };
        assert!(shown("mimalloc").contains("memory from mimalloc"));
        assert!(!shown(SYSTEM).contains("memory from"));
    }

    #[test]
    fn each_decade_is_as_long_as_the_next() {
        let bar = |value| logarithmic(value, (1.0, 1e4), 8, false);
        assert_eq!(bar(1.0), "");
        assert_eq!(bar(10.0), "██");
        assert_eq!(bar(100.0), "████");
        assert_eq!(bar(20.0), "██▋");
        assert_eq!(bar(1e9), "████████");
        assert_eq!((bar(0.0), bar(f64::NAN)), (String::new(), String::new()));
        assert_eq!(logarithmic(100.0, (1.0, 1e4), 8, true), "####");
    }
}
