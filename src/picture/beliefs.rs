//! What many believe, and what was measured, in one table.

use crate::page::{Line, Role, Style, columns, fit, wrap};

/// A belief that was put to the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// By which concept.
    pub concept: &'static str,
    /// What many hold.
    pub belief: &'static str,
    /// What the run showed, in short.
    pub measured: String,
}

/// From here on there is room for three columns.
const THREE_COLUMNS: usize = 72;

const HEAD: [&str; 3] = ["concept", "the belief", "what was measured"];

/// One row for each, or one paragraph where the screen is narrow.
pub fn beliefs(tested: &[Tested], style: &Style) -> Vec<Line> {
    let rows = tested
        .iter()
        .map(|row| [row.concept, row.belief, &row.measured]);
    if style.width < THREE_COLUMNS {
        return rows.flat_map(|row| paragraph(row, style)).collect();
    }
    let names = tested.iter().map(|row| columns(row.concept)).max();
    let names = names.unwrap_or_default().max(columns(HEAD[0])) + 2;
    let beliefs = (style.width - names) * 9 / 20;
    let widths = [names, beliefs, style.width - names - beliefs];
    let head = cells(HEAD, widths, style).into_iter();
    let head = head.map(|cells| Line::of(Role::Dim, &cells.concat()).trim_end());
    let row = |row| {
        let cells = cells(row, widths, style).into_iter();
        cells.map(|[name, belief, measured]| {
            let name = Line::of(Role::Name, &name);
            name.with(Role::Plain, &(belief + &measured)).trim_end()
        })
    };
    head.chain(rows.flat_map(row)).collect()
}

fn paragraph([name, belief, measured]: [&str; 3], style: &Style) -> Vec<Line> {
    let width = style.width.saturating_sub(2);
    let mut lines = vec![Line::of(Role::Name, name)];
    for text in [belief, measured] {
        let indented = wrapped(text, width, style);
        lines.extend(
            indented
                .iter()
                .map(|line| Line::plain(&format!("  {line}"))),
        );
    }
    lines
}

/// Each line of a row, its cells in their full width, a blank or two at the end of each.
fn cells(row: [&str; 3], widths: [usize; 3], style: &Style) -> Vec<[String; 3]> {
    let wrapped = [0, 1, 2].map(|cell| {
        let gap = if cell < 2 { 2 } else { 0 };
        wrapped(row[cell], widths[cell] - gap, style)
    });
    let height = wrapped.iter().map(Vec::len).max().unwrap_or_default();
    (0..height)
        .map(|line| {
            [0, 1, 2].map(|cell| {
                let text = wrapped[cell].get(line).map_or("", |line| line);
                fit(text, widths[cell])
            })
        })
        .collect()
}

fn wrapped(text: &str, width: usize, style: &Style) -> Vec<String> {
    let none = Line::default();
    let text = Line::plain(&style.tame(text));
    let lines = wrap(&text, width.max(10), &none, &none);
    lines.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::to_ansi;

    fn rows() -> Vec<Tested> {
        vec![
            Tested {
                concept: "gather",
                belief: "Doing two things at once takes two threads.",
                measured: "1.502 s of waiting took 1.001 s, on 1 thread".to_owned(),
            },
            Tested {
                concept: "blocking-pitfall",
                belief: "A blocking call holds up only the task that makes it.",
                measured: "failed: no file can be opened".to_owned(),
            },
        ]
    }

    #[test]
    fn a_row_for_each_belief() {
        let expected = "
concept           the belief                 what was measured
gather            Doing two things at once   1.502 s of waiting took 1.001 s, on
                  takes two threads.         1 thread
blocking-pitfall  A blocking call holds up   failed: no file can be opened
                  only the task that makes
                  it.
";
        let drawn = format!(
            "\n{}",
            to_ansi(&beliefs(&rows(), &Style::default()), &Style::default())
        );
        assert_eq!(drawn, expected, "{drawn}");
    }

    #[test]
    fn it_fits_any_screen() {
        for width in 20..200 {
            for ascii in [false, true] {
                let style = Style {
                    width,
                    ascii,
                    ..Style::default()
                };
                let drawn = to_ansi(&beliefs(&rows(), &style), &style);
                assert!(
                    drawn.lines().all(|line| columns(line) <= width),
                    "{width} columns:\n{drawn}"
                );
            }
        }
    }
}
