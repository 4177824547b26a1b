//! A time axis of some cells, and its ruler.

use std::time::Duration;

/// Maps an instant to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    end: Duration,
    /// How many cells it has: at least one.
    pub cells: usize,
}

impl Axis {
    /// An axis from zero to `end` over at least one cell.
    pub fn new(end: Duration, cells: usize) -> Self {
        Self {
            end: end.max(Duration::from_micros(1)),
            cells: cells.max(1),
        }
    }

    /// The cell in which `at` lies. What is past the end lies in the last one.
    pub fn cell(&self, at: Duration) -> usize {
        let cell = at.as_nanos() * self.cells as u128 / self.end.as_nanos();
        usize::try_from(cell)
            .unwrap_or(usize::MAX)
            .min(self.cells - 1)
    }

    /// When `cell` begins.
    pub fn start(&self, cell: usize) -> Duration {
        let nanos = self.end.as_nanos() * cell as u128 / self.cells as u128;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Adds to `cells` how much of each lies between `start` and `end`.
    pub fn spread(&self, start: Duration, end: Duration, cells: &mut [Duration]) {
        if start >= end {
            return;
        }
        for (cell, total) in cells
            .iter_mut()
            .enumerate()
            .take(self.cell(end) + 1)
            .skip(self.cell(start))
        {
            let (from, to) = (self.start(cell).max(start), self.start(cell + 1).min(end));
            *total += to.saturating_sub(from);
        }
    }

    /// Round instants, each written from the cell in which it lies.
    pub fn ruler(&self) -> String {
        let mut ruler = String::new();
        let (step, decimals) = self.step();
        for index in 0.. {
            let at = step.saturating_mul(index);
            if at > self.end {
                break;
            }
            let label = if index == 0 {
                "0 s".to_owned()
            } else {
                format!("{:.decimals$}", at.as_secs_f64())
            };
            let cell = if at == self.end {
                self.cells
            } else {
                self.cell(at)
            };
            let used = ruler.len();
            // The last label may hang over the end of the rail by its own width.
            if used == 0 || used < cell {
                ruler.push_str(&" ".repeat(cell - used));
                ruler.push_str(&label);
            }
        }
        ruler
    }

    /// The smallest of 1, 2, 5, 10 … that leaves each label room, and the decimals that it needs.
    fn step(&self) -> (Duration, usize) {
        let mut decade = Duration::from_nanos(1);
        for exponent in -9_i32.. {
            let decimals = usize::try_from(-exponent).unwrap_or(0);
            for factor in [1, 2, 5] {
                let step = decade.saturating_mul(factor);
                let room = self.cell(step);
                if step >= self.end || room >= decimals + 5 {
                    return (step, decimals);
                }
            }
            decade = decade.saturating_mul(10);
        }
        (self.end, 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ruler_has_round_numbers_where_they_belong() {
        let ruler = Axis::new(Duration::from_secs(3), 54).ruler();
        assert_eq!(
            ruler,
            "0 s      0.5      1.0      1.5      2.0      2.5      3.0"
        );
        let ruler = Axis::new(Duration::from_millis(500), 20).ruler();
        assert_eq!(ruler, "0 s     0.2     0.4");
    }

    proptest! {
        #[test]
        fn spreading_keeps_the_total(start in 0_u64..2_000, length in 0_u64..2_000, cells in 1_usize..200) {
            let axis = Axis::new(Duration::from_millis(4_000), cells);
            let mut spread = vec![Duration::ZERO; cells];
            let (start, end) = (Duration::from_millis(start), Duration::from_millis(start + length));
            axis.spread(start, end, &mut spread);
            let total: Duration = spread.iter().sum();
            // Cells begin at whole nanoseconds.
            prop_assert!(total.abs_diff(end - start) <= Duration::from_nanos(cells as u64));
        }

        #[test]
        fn no_axis_makes_a_ruler_panic(end in any::<u64>(), cells in 0_usize..400) {
            let ruler = Axis::new(Duration::from_nanos(end), cells).ruler();
            prop_assert!(ruler.starts_with("0 s"));
        }
    }
}
