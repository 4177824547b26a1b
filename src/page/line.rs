//! A line of styled text: the one form of everything that is shown.

use std::fmt;

use super::clean::clean;
use super::style::columns;

/// What a piece of text is. How that looks is the business of whoever writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// What is read.
    #[default]
    Plain,
    /// What is read first: a title, or the name of a concept or a strategy.
    Name,
    /// What may be overlooked.
    Dim,
    /// What is stressed most.
    Strong,
    /// What is stressed.
    Emphasis,
    /// The words of a link.
    Link,
    /// Where a link leads to: never broken, because half of it can neither be clicked nor copied.
    Address,
    /// Something that could not run.
    Waiting,
    /// Something that held its thread, or went wrong.
    Alarm,
    /// What was cut off.
    Cancelled,
    /// Source: a keyword.
    Keyword,
    /// Source: a text or a number. And what is right.
    Literal,
    /// Source: the name of a macro or a type.
    Special,
}

impl Role {
    /// All of them, for a writer to be tested with.
    pub const ALL: [Self; 13] = [
        Self::Plain,
        Self::Name,
        Self::Dim,
        Self::Strong,
        Self::Emphasis,
        Self::Link,
        Self::Address,
        Self::Waiting,
        Self::Alarm,
        Self::Cancelled,
        Self::Keyword,
        Self::Literal,
        Self::Special,
    ];
}

/// Pieces of text, one after the other. Nothing in it moves the cursor: what goes in is cleaned.
///
/// A newline may stand in it until it is wrapped, and says that a line ends there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<(Role, String)>);

impl Line {
    /// A line of one piece.
    pub fn of(role: Role, text: &str) -> Self {
        Self::default().with(role, text)
    }

    /// A line that is what it is, and no more.
    pub fn plain(text: &str) -> Self {
        Self::of(Role::Plain, text)
    }

    /// The line with one more piece at its end.
    #[must_use]
    pub fn with(mut self, role: Role, text: &str) -> Self {
        self.push(role, text);
        self
    }

    /// Adds a piece at the end. Neighbours of one role become one piece.
    pub fn push(&mut self, role: Role, text: &str) {
        if text.is_empty() {
            return;
        }
        let text = clean(text);
        match self.0.last_mut() {
            Some((last, piece)) if *last == role => piece.push_str(&text),
            _ => self.0.push((role, text.into_owned())),
        }
    }

    /// Adds all of another line at the end.
    pub fn append(&mut self, other: &Self) {
        for (role, text) in &other.0 {
            self.push(*role, text);
        }
    }

    /// What it is made of, in order.
    pub fn pieces(&self) -> &[(Role, String)] {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| columns(text)).sum()
    }

    /// The line after so many blanks, and without those at its end.
    #[must_use]
    pub fn indented(&self, by: usize) -> Self {
        let mut indented = Self::plain(&" ".repeat(by));
        indented.append(self);
        indented.trim_end()
    }

    /// The line without the blanks at its end.
    #[must_use]
    pub fn trim_end(mut self) -> Self {
        while let Some((role, text)) = self.0.pop() {
            let kept = text.trim_end();
            if !kept.is_empty() {
                self.0.push((role, kept.to_owned()));
                break;
            }
        }
        self
    }
}

/// The text alone.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(_, text)| f.write_str(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_role_are_one_piece_and_blanks_at_the_end_go() {
        let line = Line::of(Role::Name, "a").with(Role::Name, "b ");
        let line = line.with(Role::Plain, "").with(Role::Dim, "  ");
        assert_eq!(line.pieces().len(), 2);
        assert_eq!((line.width(), line.to_string().as_str()), (5, "ab   "));
        assert_eq!(line.trim_end(), Line::of(Role::Name, "ab"));
    }

    #[test]
    fn nothing_in_a_line_moves_the_cursor() {
        assert_eq!(Line::plain("a\u{1b}[2J\u{202e}b").to_string(), "a [2J b");
    }
}
