//! Cells in columns, as wide as there is room for.

use pulldown_cmark::Alignment;

use super::line::{Line, Role};
use super::wrap::wrap;

/// Between two columns.
const GAP: usize = 2;

/// A column of figures narrower than this can be read by nobody.
const NARROWEST: usize = 4;

/// A column of words narrower than this is better a paragraph.
const NARROWEST_WORDS: usize = 20;

/// Rows of words in columns, below their `head` if they have one. Where `width` is too little for that, each
/// row is its first cell, and the others below it, indented.
pub fn columns(head: Option<Vec<Line>>, rows: Vec<Vec<Line>>, width: usize) -> Vec<Line> {
    let headed = head.is_some();
    let rows: Vec<_> = head.into_iter().chain(rows).collect();
    let alignments = vec![Alignment::None; rows.first().map_or(0, Vec::len)];
    let mut table = Table {
        alignments,
        rows,
        row: Vec::new(),
    };
    if let Some(widths) = table.widths(width, NARROWEST_WORDS) {
        let rows = table.rows.iter();
        return rows.flat_map(|row| table.row(row, &widths)).collect();
    }
    table.rows.drain(..usize::from(headed));
    let lines = table.rows.iter().flat_map(|row| stacked(row, width));
    lines.collect()
}

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
        let Some(widths) = self.widths(width, NARROWEST) else {
            let rows: Vec<_> = self.rows.iter().map(|row| stacked(row, width)).collect();
            return rows.join(&[Line::default()][..]);
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
    fn widths(&self, width: usize, narrowest: usize) -> Option<Vec<usize>> {
        let mut widths = vec![0; self.alignments.len()];
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(cell.width());
            }
        }
        let room = width.checked_sub(GAP * widths.len().saturating_sub(1))?;
        while widths.iter().sum::<usize>() > room {
            let widest = widths.iter_mut().max()?;
            if *widest <= narrowest {
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
}

/// A paragraph for each cell, those but the first indented.
fn stacked(row: &[Line], width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for (column, cell) in row.iter().enumerate() {
        let indent = Line::plain(if column > 0 { "  " } else { "" });
        lines.extend(wrap(cell, width.max(10), &indent, &indent));
    }
    lines.retain(|line| !line.to_string().trim().is_empty());
    lines
}
