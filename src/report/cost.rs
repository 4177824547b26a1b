//! What many tasks cost, and how that grows with their number.

use std::time::Duration;

use super::StrategyReport;

/// The metric of a [`Cost`]: how many tasks.
pub const TASKS: &str = "tasks_count";
/// The processor time of all of them.
pub const CPU: &str = "cpu_s";
/// The most memory that the process held.
pub const PEAK: &str = "peak_memory_bytes";
/// By how much that peak rose with the tasks.
pub const GROWN: &str = "grown_memory_bytes";

/// What one measurement cost: so many tasks at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// How many.
    pub tasks: usize,
    /// Processor time of all of them.
    pub cpu: Duration,
    /// The most memory that the process held, in bytes.
    pub peak: f64,
    /// By how much that peak rose with the tasks, in bytes.
    pub grown: f64,
}

impl Cost {
    /// As the strategy counted it, if it did.
    pub fn of(strategy: &StrategyReport) -> Option<Self> {
        let metric = |key: &str| strategy.metrics.get(key).copied();
        Some(Self {
            tasks: metric(TASKS)? as usize,
            cpu: Duration::try_from_secs_f64(metric(CPU)?).ok()?,
            peak: metric(PEAK)?,
            grown: metric(GROWN)?,
        })
    }

    /// Memory of one task, in bytes. `None` where there are too few to tell them from what a
    /// process needs anyway.
    pub fn bytes_each(&self) -> Option<f64> {
        (self.tasks >= ENOUGH).then(|| self.grown / self.tasks as f64)
    }

    /// Processor time of one task.
    pub fn cpu_each(&self) -> Duration {
        Duration::from_nanos((self.cpu.as_nanos() / self.tasks.max(1) as u128) as u64)
    }
}

/// With fewer tasks the process itself is most of what is measured.
pub const ENOUGH: usize = 1_000;

/// The exponent with which `costs` grow: 1 is in proportion to the tasks, 2 as their square. A line
/// through the logarithms (least squares) of the numbers from ten thousand on, or from a thousand if
/// there are too few of those. `None` for fewer than two.
pub fn slope(costs: &[Cost], cost: impl Fn(&Cost) -> f64) -> Option<f64> {
    let at_least = |tasks| move |each: &&Cost| each.tasks >= tasks;
    let large = costs.iter().filter(at_least(10 * ENOUGH)).count() > 1;
    let points: Vec<(f64, f64)> = costs
        .iter()
        .filter(at_least(if large { 10 * ENOUGH } else { ENOUGH }))
        .filter(|each| cost(each) > 0.0)
        .map(|each| ((each.tasks as f64).ln(), cost(each).ln()))
        .collect();
    let count = points.len() as f64;
    let (x, y) = (
        points.iter().map(|point| point.0).sum::<f64>() / count,
        points.iter().map(|point| point.1).sum::<f64>() / count,
    );
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let together: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    (spread > 0.0).then_some(together / spread)
}

/// The costs of this strategy by the number of tasks. Where one task was measured, its processor
/// time is taken off the others': that is what the process, its heartbeat and its lab need anyway.
pub fn costs(name: &str, all: &[StrategyReport]) -> Vec<Cost> {
    let ran = all
        .iter()
        .filter(|strategy| strategy.name == name && strategy.error.is_none());
    let mut costs: Vec<Cost> = ran.filter_map(Cost::of).collect();
    costs.sort_by_key(|cost| cost.tasks);
    if let Some(alone) = costs.first().copied().filter(|first| first.tasks == 1) {
        for cost in &mut costs[1..] {
            cost.cpu = cost.cpu.saturating_sub(alone.cpu);
        }
    }
    costs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(tasks: usize, micros: u64, grown: f64) -> Cost {
        Cost {
            tasks,
            cpu: Duration::from_micros(micros),
            peak: grown + 1e6,
            grown,
        }
    }

    #[test]
    fn a_cost_in_proportion_has_slope_one_and_its_square_two() {
        let costs = [
            cost(1, 900, 0.0),
            cost(1_000, 10_000, 586e3),
            cost(10_000, 1_000_000, 5_860e3),
            cost(100_000, 100_000_000, 58_600e3),
        ];
        let memory = slope(&costs, |cost| cost.grown).unwrap();
        let cpu = slope(&costs, |cost| cost.cpu.as_secs_f64()).unwrap();
        assert!((memory - 1.0).abs() < 1e-9 && (cpu - 2.0).abs() < 1e-9);
        assert_eq!(slope(&costs[..2], |cost| cost.grown), None);
        assert_eq!(slope(&[], |cost| cost.grown), None);
    }
}
