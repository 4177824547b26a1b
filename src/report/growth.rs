//! How the cost of a task grows with the number of tasks.

use std::time::Duration;

use super::StrategyReport;
use super::claims::Fact;

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
            tasks: metric("tasks_count")? as usize,
            cpu: Duration::try_from_secs_f64(metric("cpu_s")?).ok()?,
            peak: metric("peak_memory_bytes")?,
            grown: metric("grown_memory_bytes")?,
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
const ENOUGH: usize = 1_000;

/// What is near enough to be called equal.
const FLAT: f64 = 1.3;

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

/// The costs of one strategy among few tasks and among many.
pub(super) struct Compared {
    few: Cost,
    many: Cost,
}

/// Of all runs of this strategy, that with the fewest tasks (ten thousand, if there are more, since
/// a process has costs of its own) and that with the most.
pub(super) fn few_and_many(name: &str, all: &[StrategyReport]) -> Option<Compared> {
    let mut costs = costs(name, all);
    costs.retain(|cost| cost.tasks >= ENOUGH);
    let many = *costs.last()?;
    let large = costs.iter().find(|cost| cost.tasks >= 10 * ENOUGH);
    let few = *large
        .filter(|large| large.tasks < many.tasks)
        .or(costs.first())?;
    (few.tasks < many.tasks).then_some(Compared { few, many })
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

impl Compared {
    pub(super) fn flat(&self) -> Option<Fact> {
        let (tasks, bytes, cpu) = (self.tasks(), self.bytes()?, self.cpu());
        let near = |few: f64, many: f64| many <= few * FLAT && few <= many * FLAT;
        let flat = near(bytes[0], bytes[1]) && self.times() <= FLAT;
        Some(if flat {
            Fact::FlatCost { tasks, bytes, cpu }
        } else {
            Fact::UnevenCost { tasks, bytes, cpu }
        })
    }

    pub(super) fn growing(&self, why: &'static str) -> Option<Fact> {
        let (tasks, bytes, cpu) = (self.tasks(), self.bytes()?, self.cpu());
        Some(if self.times() > 2.0 {
            Fact::GrowingCost { tasks, cpu, why }
        } else {
            Fact::UnevenCost { tasks, bytes, cpu }
        })
    }

    /// How many times the processor time of one among few is that of one among many.
    fn times(&self) -> f64 {
        let [few, many] = self.cpu().map(|cpu| cpu.as_secs_f64());
        many / few.max(f64::MIN_POSITIVE)
    }

    fn bytes(&self) -> Option<[f64; 2]> {
        Some([self.few.bytes_each()?, self.many.bytes_each()?])
    }

    fn cpu(&self) -> [Duration; 2] {
        [self.few.cpu_each(), self.many.cpu_each()]
    }

    fn tasks(&self) -> [usize; 2] {
        [self.few.tasks, self.many.tasks]
    }
}

/// With the largest number that both were run with.
pub(super) fn dearer_task(name: &str, than: &'static str, all: &[StrategyReport]) -> Option<Fact> {
    let others = costs(than, all);
    let both = costs(name, all).into_iter().rev().find_map(|here| {
        let there = others.iter().find(|there| there.tasks == here.tasks)?;
        Some((here.tasks, here.bytes_each()?, there.bytes_each()?))
    });
    let (tasks, bytes, there) = both?;
    (bytes > there * FLAT).then_some(Fact::DearerTask {
        tasks,
        bytes,
        than,
        there,
    })
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

    #[test]
    fn flat_and_growing_are_told_from_the_larger_numbers() {
        let compared = |few, many| Compared { few, many };
        let flat = compared(
            cost(10_000, 16_000, 5.8e6),
            cost(1_000_000, 1_900_000, 590e6),
        );
        let kinds = |compared: &Compared| {
            [compared.flat(), compared.growing("")].map(|fact| fact.unwrap().kind())
        };
        assert_eq!(kinds(&flat), ["flat_cost", "inconclusive"]);
        let grows = compared(cost(10_000, 16_000, 5.8e6), cost(100_000, 1_900_000, 59e6));
        assert_eq!(kinds(&grows), ["inconclusive", "growing_cost"]);
    }
}
