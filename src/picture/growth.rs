//! What a strategy costs with few tasks and with many: bars on a logarithmic scale.

use super::axis::Axis;
use super::text::Text;
use crate::page::{Paint, fit};
use crate::report::{Cost, StrategyReport, costs, slope};
use crate::units;

/// The ends of the scales: the same for every strategy, so that their bars can be compared.
const CPU: (f64, f64) = (1e-4, 1e2);
const MEMORY: (f64, f64) = (1024.0 * 1024.0, 10.0 * 1024.0 * 1024.0 * 1024.0);

/// How many lanes of the largest measurement are shown above the curve.
const LANES: usize = 4;

impl Text {
    /// One strategy with several numbers of tasks, a row each. `untried` are the numbers that were too many.
    pub fn growth(&mut self, rows: &[StrategyReport], untried: &[usize]) -> String {
        let Some(largest) = rows
            .iter()
            .rev()
            .find(|row| row.error.is_none())
            .or(rows.last())
        else {
            return String::new();
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
        lines.push(self.style.paint(Paint::Dim, head.trim_end()));
        for row in rows {
            lines.extend(self.row(row, wide));
        }
        for tasks in untried {
            let row = format!(
                "{:>11}  not tried: too many for this way",
                units::whole(*tasks)
            );
            lines.push(self.style.paint(Paint::Dim, &row));
        }
        lines.extend(self.slopes(rows));
        let most = largest.task_count();
        if most > 1 && largest.error.is_none() {
            lines.push(String::new());
            let axis = Axis::new(largest.end().0, self.rail_width());
            let label = format!("  {} of them", units::whole(most));
            let ruler = self.indented(&label, &axis.ruler());
            lines.push(self.style.paint(Paint::Dim, ruler.trim_end()));
            let mut few = self.clone();
            few.style.lanes = LANES;
            lines.extend(few.lanes(largest, axis));
            self.saw(few);
        }
        lines.push(String::new());
        self.lines(lines)
    }

    /// How to read the bars.
    pub fn scales(&self) -> String {
        self.remark(
            "bars: ten times as much is always as much longer (CPU 100 µs to 100 s, memory 1 MiB to 10 GiB)",
        )
    }

    fn row(&self, row: &StrategyReport, wide: bool) -> Vec<String> {
        let tasks = row.metrics.get("tasks_count").copied().unwrap_or_default();
        let tasks = units::whole(tasks as usize);
        if let Some(error) = &row.error {
            let indent = " ".repeat(13);
            let mut lines = self.wrapped(error, &indent, &indent);
            if let Some(first) = lines.first_mut() {
                *first = format!("{tasks:>11}  {}", first.trim_start());
            }
            let alarm = |line: &String| self.style.paint(Paint::Alarm, line);
            return lines.iter().map(alarm).collect();
        }
        let overhead = row
            .overhead_s
            .map_or_else(|| "-".to_owned(), units::seconds);
        let Some(cost) = Cost::of(row) else {
            return vec![format!("{tasks:>11}{overhead:>10}")];
        };
        let cpu = units::duration(cost.cpu);
        let each = cost
            .bytes_each()
            .map_or_else(|| "-".to_owned(), units::bytes);
        if !wide {
            return vec![format!("{tasks:>11}{overhead:>10}{cpu:>10}{each:>9}")];
        }
        let bar = |value: f64, scale| fit(&logarithmic(value, scale, 10, self.style.ascii), 11);
        vec![format!(
            "{tasks:>11}{overhead:>10}{cpu:>10} {}{:>9} {}{each:>9}",
            bar(cost.cpu.as_secs_f64(), CPU),
            units::bytes(cost.peak),
            bar(cost.peak, MEMORY),
        )]
    }

    fn slopes(&self, rows: &[StrategyReport]) -> Option<String> {
        let costs = costs(&rows.first()?.name, rows);
        let cpu = slope(&costs, |cost| cost.cpu.as_secs_f64())?;
        let memory = slope(&costs, |cost| cost.grown)?;
        let times = |slope: f64| 10_f64.powf(slope);
        let text = format!(
            "ten times the tasks: CPU × {:.1}, memory × {:.1} (slopes {cpu:.2}, {memory:.2})",
            times(cpu),
            times(memory),
        );
        let indent = " ".repeat(2);
        let lines = self.wrapped(&text, &indent, &indent).join("\n");
        Some(self.style.paint(Paint::Dim, &lines))
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
