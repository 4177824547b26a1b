//! What a terminal can show, and lines as its cells.

use ratatui_core::buffer::Buffer;
use ratatui_core::style::Style;
use ratatui_core::text::{Line as CellLine, Span};

use super::colour::own;
use crate::classroom::theme::Theme;
use crate::page::{self, Line, Role};

/// What the terminal can show, and in which theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Light or dark, on a ground of its own. Without it, the terminal's own colours.
    pub theme: Option<Theme>,
    /// Whether there may be colour.
    pub color: bool,
    /// Whether only ASCII may be shown.
    pub ascii: bool,
}

impl Look {
    pub(super) fn style(&self, role: Role) -> Style {
        match self.theme {
            Some(theme) => theme.style(role, self.color),
            None => own(role, self.color),
        }
    }

    pub(super) fn encode(&self, text: &str) -> String {
        self.page(80).encode(text)
    }

    pub(super) fn page(&self, width: usize) -> page::Style {
        page::Style {
            color: self.color,
            ascii: self.ascii,
            width: width.max(1),
            ..page::Style::default()
        }
    }

    /// A styled line in this theme's colours.
    pub(super) fn cells(&self, line: &Line) -> CellLine<'static> {
        let pieces = line.pieces().iter();
        let spans: Vec<_> = pieces
            .map(|(role, text)| Span::styled(self.encode(text), self.style(*role)))
            .collect();
        CellLine::from(spans)
    }
}

/// Puts lines on the screen as they are, from its top on. What has no room is cut off.
pub fn put_page(lines: &[Line], look: &Look, cells: &mut Buffer) {
    let area = cells.area;
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        cells.set_line(area.x, y, &look.cells(line), area.width);
    }
}
