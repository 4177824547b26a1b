//! All strategies of a report beside each other, by the figure that their concept is about.

use std::collections::BTreeSet;

use super::speedup::faster;
use super::text::Picture;
use crate::page::{Line, Role, columns, fit, fit_label};
use crate::report::{Figure, StrategyReport};
use crate::units;

/// The columns of wall, ideal and overhead, and of the figure before its bar.
const TIMES: usize = 33;
const VALUE: usize = 10;

impl Picture {
    /// A bar for each strategy, but for those that failed or did nothing: giving up early is not being fast. Nothing
    /// where there are no two to compare.
    pub fn comparison(&self, strategies: &[StrategyReport], figure: Figure) -> Vec<Line> {
        let times = self.style.width >= 72 && !self.style.brief;
        let mut rows: Vec<_> = strategies
            .iter()
            .filter(|strategy| strategy.error.is_none() && !strategy.did_nothing())
            .filter(|strategy| times && strategy.wall().is_some() || figure.of(strategy).is_some())
            .collect();
        // Of one with several sizes, the largest.
        rows.reverse();
        let mut seen = BTreeSet::new();
        rows.retain(|strategy| seen.insert((&strategy.name, &strategy.language)));
        rows.reverse();
        if rows.len() < 2 {
            return Vec::new();
        }
        let values = rows.iter().filter_map(|strategy| figure.of(strategy));
        let most = values.fold(0.0, f64::max);
        // The wall time stands first in a table that has it.
        let value_width = if times && figure == Figure::Wall {
            0
        } else {
            VALUE
        };
        let words = |strategy: &StrategyReport| {
            if figure == Figure::Wall || strategy.failed_count() > 0 {
                faster(strategy)
            } else {
                String::new()
            }
        };
        let used = self.label_width() + value_width + if times { TIMES } else { 0 };
        let room = self.style.width.saturating_sub(used).max(1) as f64;
        // The longest bars for which every row still has room for its words.
        let cells = rows.iter().filter_map(|strategy| {
            let words = columns(&words(strategy)) as f64;
            let share = figure.of(strategy)? / most;
            (words > 0.0 && share > 0.0).then(|| (room - words - 2.0) / share)
        });
        let cells = cells.fold(room, f64::min).max(1.0);
        let mut head = String::new();
        if times {
            head += &fit("wall       ideal      overhead", TIMES);
        }
        if value_width > 0 {
            head += figure.name();
        }
        let indent = self.style.width.saturating_sub(columns(&head));
        let head = " ".repeat(indent.min(self.label_width())) + &head;
        let mut lines = vec![Line::of(Role::Dim, head.trim_end())];
        let mut names = self.clone();
        names.named.clear();
        for strategy in rows {
            let name = match self.both {
                Some(_) => format!("{} ", names.name_and_language(strategy)),
                None => fit_label(&strategy.name, self.label_width()),
            };
            let name = Line::of(Role::Name, &name);
            let mut row = String::new();
            if times {
                row += &wall_ideal_overhead(strategy);
            }
            if let Some(value) = figure.of(strategy) {
                if value_width > 0 {
                    row += &fit(&figure.shown(value), value_width);
                }
                row += &bar(value / most, cells, self.style.ascii);
                let words = format!(" {}", words(strategy));
                // On the narrowest screens there is none for them, and what failed is told below in any case.
                let free = self.style.width.saturating_sub(self.label_width());
                if columns(&row) + columns(&words) <= free {
                    row += &words;
                }
            }
            lines.push(name.with(Role::Plain, &row).trim_end());
        }
        lines.push(Line::default());
        lines
    }
}

fn wall_ideal_overhead(strategy: &StrategyReport) -> String {
    let times = [
        strategy.wall().map(|wall| units::duration(wall.0)),
        strategy.ideal_s.map(|ideal| units::duration(ideal.0)),
        strategy.overhead_s.map(units::seconds),
    ];
    times
        .map(|time| fit(time.as_deref().unwrap_or("-"), TIMES / 3))
        .concat()
}

/// A bar of this share of `cells`. However small the share, something is seen of it; of nothing there is no bar.
fn bar(share: f64, cells: f64, ascii: bool) -> String {
    if share.is_nan() || share <= 0.0 {
        return String::new();
    }
    let eighths = (share.min(1.0) * cells * 8.0).round().max(1.0) as usize;
    if ascii {
        return "#".repeat(eighths.div_ceil(8));
    }
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    "█".repeat(eighths / 8) + parts[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_and_nothing_has_none() {
        let drawn = |share| [bar(share, 4.0, false), bar(share, 4.0, true)];
        assert_eq!(drawn(1.0), ["████", "####"]);
        assert_eq!(drawn(0.5), ["██", "##"]);
        assert_eq!(drawn(0.001), ["▏", "#"]);
        for nothing in [0.0, -1.0, f64::NAN] {
            assert_eq!(drawn(nothing), ["", ""]);
        }
    }
}
