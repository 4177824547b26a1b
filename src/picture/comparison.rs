//! All strategies of a report on one axis.

use std::time::Duration;

use super::speedup::faster;
use super::text::Picture;
use crate::page::{Line, Role, columns, fit};
use crate::report::StrategyReport;
use crate::trace::Axis;
use crate::units;

impl Picture {
    /// All strategies on one axis, but for those that failed: giving up early is not being fast.
    pub fn comparison(&self, strategies: &[StrategyReport]) -> Vec<Line> {
        let done = strategies
            .iter()
            .filter(|strategy| strategy.error.is_none());
        let walls: Vec<_> = done
            .filter_map(|strategy| Some((strategy, strategy.wall()?.0)))
            .collect();
        let Some(longest) = walls.iter().map(|(_, wall)| *wall).max() else {
            return Vec::new();
        };
        let wide = self.style.width >= 72;
        let (column, head) = if wide {
            (33, "wall       ideal      overhead")
        } else {
            (10, "wall")
        };
        let room = self
            .style
            .width
            .saturating_sub(self.label_width() + column)
            .max(1) as f64;
        let times = |strategy: &StrategyReport| strategy.speedup.map_or_else(String::new, faster);
        let share =
            |wall: Duration| wall.as_secs_f64() / longest.as_secs_f64().max(f64::MIN_POSITIVE);
        // The longest bars for which every row still has room for its words.
        let cells = walls.iter().map(|(strategy, wall)| {
            let words = columns(&times(strategy)) as f64;
            if words > 0.0 {
                (room - words - 2.0) / share(*wall)
            } else {
                room
            }
        });
        let axis = Axis::new(longest, cells.fold(room, f64::min).max(1.0) as usize);
        let mut lines = vec![Line::of(Role::Dim, &self.indented("", head))];
        for (strategy, wall) in &walls {
            let mut row = fit(&units::duration(*wall), if wide { 11 } else { 10 });
            if wide {
                let ideal = strategy
                    .ideal_s
                    .map_or_else(|| "-".to_owned(), |ideal| units::duration(ideal.0));
                let overhead = strategy
                    .overhead_s
                    .map_or_else(|| "-".to_owned(), units::seconds);
                row += &format!("{}{}", fit(&ideal, 11), fit(&overhead, 11));
            }
            let bar = if self.style.ascii { "#" } else { "█" }.repeat(axis.cell(*wall) + 1);
            let name = Line::of(Role::Name, &fit(&strategy.name, self.label_width() - 1));
            let row = format!(" {row}{bar} {}", times(strategy));
            lines.push(name.with(Role::Plain, &row).trim_end());
        }
        lines.push(Line::default());
        lines
    }
}
