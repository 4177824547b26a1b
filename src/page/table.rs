//! Cells in columns, as wide as there is room for.

use pulldown_cmark::Alignment;

use super::line::{Line, Role};
use super::wrap::wrap;

/// Between two columns.
const GAP: usize = 2;

/// A column narrower than this can be read by nobody.
const NARROWEST: usize = 4;

/// A table that is being read: the first row is its head.
#[derive(Debug, Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<Line>>,
    row: Vec<Line>,
}

impl Table {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self {
            alignments,
            ..Self::default()
        }
    }

    pub(super) fn cell(&mut self, cell: Line) {
        self.row.push(cell);
    }

    pub(super) fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// The table in `width` columns; where they are too few for its own, a row is a paragraph for each cell.
    pub(super) fn lines(&self, width: usize) -> Vec<Line> {
        let Some(widths) = self.widths(width) else {
            return self.stacked(width);
        };
        let mut lines = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            lines.extend(self.row(row, &widths));
            if at == 0 {
                let all = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
                lines.push(Line::of(Role::Dim, &"─".repeat(all)));
            }
        }
        lines
    }

    /// As wide as its widest cell for each column; the widest ones give way where that is too much.
    fn widths(&self, width: usize) -> Option<Vec<usize>> {
        let mut widths = vec![0; self.alignments.len()];
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(cell.width());
            }
        }
        let room = width.checked_sub(GAP * widths.len().saturating_sub(1))?;
        while widths.iter().sum::<usize>() > room {
            let widest = widths.iter_mut().max()?;
            if *widest <= NARROWEST {
                return None;
            }
            *widest -= 1;
        }
        Some(widths)
    }

    fn row(&self, row: &[Line], widths: &[usize]) -> Vec<Line> {
        let none = Line::default();
        let cells: Vec<Vec<Line>> = widths
            .iter()
            .enumerate()
            .map(|(at, width)| wrap(row.get(at).unwrap_or(&none), *width, &none, &none))
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or_default();
        (0..height)
            .map(|at| {
                let mut line = Line::default();
                for (column, width) in widths.iter().enumerate() {
                    let cell = cells[column].get(at).unwrap_or(&none);
                    let free = width.saturating_sub(cell.width());
                    let before = match self.alignments[column] {
                        Alignment::Right => free,
                        Alignment::Center => free / 2,
                        Alignment::Left | Alignment::None => 0,
                    };
                    line.push(Role::Plain, &" ".repeat(before));
                    line.append(cell);
                    line.push(Role::Plain, &" ".repeat(free - before + GAP));
                }
                line.trim_end()
            })
            .collect()
    }

    fn stacked(&self, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            if at > 0 {
                lines.push(Line::default());
            }
            for (column, cell) in row.iter().enumerate() {
                let indent = Line::plain(if column > 0 { "  " } else { "" });
                lines.extend(wrap(cell, width.max(4), &indent, &indent));
            }
        }
        lines
    }
}
