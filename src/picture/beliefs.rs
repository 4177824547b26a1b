//! What many believe, and what was measured, in one table.

use crate::page::{Line, Role, Style, in_columns};

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

/// One row for each, or one paragraph where the screen is narrow.
pub fn beliefs(tested: &[Tested], style: &Style) -> Vec<Line> {
    let head = ["concept", "the belief", "what was measured"].map(|text| Line::of(Role::Dim, text));
    let rows = tested.iter().map(|row| {
        let [belief, measured] = [row.belief, &row.measured].map(|text| style.tame(text));
        vec![
            Line::of(Role::Name, row.concept),
            Line::plain(&belief),
            Line::plain(&measured),
        ]
    });
    in_columns(Some(head.to_vec()), rows.collect(), style.width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{columns, to_ansi};

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
concept           the belief                      what was measured
gather            Doing two things at once takes  1.502 s of waiting took
                  two threads.                    1.001 s, on 1 thread
blocking-pitfall  A blocking call holds up only   failed: no file can be opened
                  the task that makes it.
";
        let style = Style::default();
        let drawn = to_ansi(&beliefs(&rows(), &style), &style);
        assert_eq!(format!("\n{drawn}"), expected, "{drawn}");
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
