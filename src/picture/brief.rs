//! A strategy in a few lines, for the tour: it has one screen for each concept.

use std::time::Duration;

use super::fold::{DrawnLanes, lanes_in};
use super::lane;
use super::speedup::faster;
use super::text::Picture;
use crate::page::{Line, Role, Style, columns, fit, fit_label};
use crate::report::StrategyReport;
use crate::trace::Axis;
use crate::units;

impl Picture {
    /// Begins another concept, on an axis of its own. Glyphs that were explained are not explained again.
    pub fn turn_page(&mut self, style: Style, expected: Duration) {
        let mut page = Self::new(style, self.slow_poll, expected);
        page.explained.append(&mut self.explained);
        page.explained.append(&mut self.seen);
        *self = page;
    }

    /// What many believe, as a question.
    pub fn belief(&self, belief: &str) -> Vec<Line> {
        self.wrapped(
            Role::Plain,
            &format!("True? \"{belief}\""),
            Line::default(),
            2,
        )
    }

    /// What it does and how long that took, and its lanes.
    pub(super) fn brief(
        &mut self,
        strategy: &StrategyReport,
        axis: Axis,
        lanes: usize,
    ) -> Vec<Line> {
        let shown = !self.compared && !strategy.did_nothing();
        let faster = Some(faster(strategy)).filter(|faster| shown && !faster.is_empty());
        let faster = faster.map_or_else(String::new, |faster| format!(" · {faster}"));
        let room = if shown {
            self.lane_width()
        } else {
            self.style.width.saturating_sub(self.label_width())
        };
        let summary = self.style.tame(&strategy.summary);
        let summary = shortened(&summary, room.saturating_sub(columns(&faster)));
        let about = fit(&format!("{}{faster}", summary.trim_end()), room);
        let name = fit_label(&strategy.name, self.label_width() - 1);
        let wall = strategy.wall().filter(|_| shown);
        let wall = wall.map(|wall| units::duration(wall.0));
        let beside = format!(
            "{} {about}{}",
            &name[name.trim_end().len()..],
            wall.map_or_else(String::new, |wall| self.at_the_right(&wall))
        );
        let title = Line::of(Role::Name, name.trim_end()).with(Role::Plain, &beside);
        let mut lines = vec![title.trim_end()];
        lines.extend(self.few_lanes(strategy, axis, lanes));
        lines.extend(self.failure(strategy));
        lines
    }

    /// At most so many as there may be; the last one stands for all that have none.
    fn few_lanes(&mut self, strategy: &StrategyReport, axis: Axis, most: usize) -> Vec<Line> {
        let DrawnLanes { lanes, hidden } = lanes_in(strategy, most);
        let mut lines: Vec<Line> = lanes
            .into_iter()
            .map(|task| self.lane(strategy, task, axis))
            .collect();
        if hidden > 0 {
            let at_once = match strategy.most_in_flight() {
                1 => "  one at a time".to_owned(),
                most => format!("  {} at once", units::whole(most)),
            };
            let more = fit(&at_once, self.label_width() - 1);
            let curve = lane::curve(&strategy.in_flight(), axis, self.style.ascii);
            lines.push(Line::plain(&format!("{more} {curve}")));
        }
        lines
    }
}

/// As much of it as there is room for: as a whole, up to a semicolon, or up to a word.
fn shortened(summary: &str, room: usize) -> String {
    if columns(summary) <= room {
        return summary.to_owned();
    }
    let mut clauses = summary.rmatch_indices("; ").map(|(at, _)| &summary[..at]);
    if let Some(clause) = clauses.find(|clause| columns(clause) <= room) {
        return clause.to_owned();
    }
    let mut words = summary.rmatch_indices(' ').map(|(at, _)| &summary[..at]);
    match words.find(|words| columns(words) + 2 <= room) {
        Some(words) => format!("{} …", words.trim_end_matches(',')),
        None => fit(summary, room),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_never_cut_within_a_word() {
        let summary = "all queries at once, over a pool; each waits";
        assert_eq!(shortened(summary, 44), summary);
        assert_eq!(shortened(summary, 43), "all queries at once, over a pool");
        assert_eq!(shortened(summary, 24), "all queries at once …");
        assert_eq!(shortened("tokio::spawn", 7), fit("tokio::spawn", 7));
    }
}
