//! What many tasks cost, and how the cost of one grows with their number.

use std::time::Duration;

use super::StrategyReport;
use super::findings::WORTH_TELLING;
use super::numbers::{Numbers, length};
use crate::units;

/// What is said of many tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// Every task was in flight at one instant. For tasks of which each alone takes the ideal time.
    AllAtOnce,
    /// To start many tasks keeps the loop from anything else. Looked for where it was kept from it.
    HeldWhileStarting,
    /// What a task costs does not depend on how many there are. Looked for where there are several numbers.
    Flat,
    /// The more tasks, the more each of them costs, for this reason. Looked for as [`Self::Flat`].
    Grows(&'static str),
    /// Each takes more memory than with this other strategy, with as many. Not looked for without it.
    DearerThan(&'static str),
}

/// What many tasks have shown.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant says what its figures are")]
pub enum Scaled {
    /// So many in flight at one instant, on so many threads. In turn they would take far longer.
    AllAtOnce {
        tasks: usize,
        threads: usize,
        wall: Duration,
        in_turn: Duration,
    },
    /// How long the loop did nothing but start tasks.
    HeldWhileStarting { tasks: usize, held: Duration },
    /// What one task costs among few and among many, in bytes and in processor time.
    Flat {
        tasks: [usize; 2],
        bytes: [f64; 2],
        cpu: [Duration; 2],
    },
    /// As [`Self::Flat`], where it is neither the same nor what was claimed.
    Uneven {
        tasks: [usize; 2],
        bytes: [f64; 2],
        cpu: [Duration; 2],
    },
    /// The processor time of one task, among few and among many.
    Growing {
        tasks: [usize; 2],
        cpu: [Duration; 2],
        why: &'static str,
    },
    /// The memory of one task of as many, here and with the other strategy.
    Dearer {
        tasks: usize,
        bytes: f64,
        than: &'static str,
        there: f64,
    },
}

impl Scaling {
    /// Whether this run has what the claim is about.
    pub(super) fn can_tell(self, strategy: &StrategyReport, all: &[StrategyReport]) -> bool {
        match self {
            Self::Flat | Self::Grows(_) => few_and_many(&strategy.name, all).is_some(),
            Self::HeldWhileStarting => {
                let mut blocked = strategy.blocked.iter();
                blocked.any(|blocked| length(blocked) >= WORTH_TELLING)
            }
            Self::AllAtOnce | Self::DearerThan(_) => true,
        }
    }

    pub(super) fn bear_out(self, numbers: &Numbers, all: &[StrategyReport]) -> Option<Scaled> {
        let name = &numbers.strategy.name;
        match self {
            Self::AllAtOnce => {
                let at_once = numbers.count > 1 && numbers.in_flight == numbers.count;
                let in_turn = numbers.strategy.ideal_s.map_or(numbers.sum, |each| {
                    each.0
                        .saturating_mul(u32::try_from(numbers.count).unwrap_or(u32::MAX))
                });
                at_once.then_some(Scaled::AllAtOnce {
                    tasks: numbers.count,
                    threads: numbers.strategy.threads,
                    wall: numbers.wall,
                    in_turn,
                })
            }
            Self::HeldWhileStarting => {
                let worst = numbers.worst_stretch()?;
                let curve = numbers.strategy.in_flight();
                let (all_begun, _) = curve
                    .iter()
                    .find(|(_, count)| *count == numbers.in_flight)?;
                // It may have gone on a little: to look at timers that are due takes a while, too.
                let held = length(worst).min(all_begun.0.saturating_sub(worst.start_s.0));
                (worst.by.is_none() && !held.is_zero()).then_some(Scaled::HeldWhileStarting {
                    tasks: numbers.count,
                    held,
                })
            }
            Self::Flat => few_and_many(name, all)?.flat(),
            Self::Grows(why) => few_and_many(name, all)?.growing(why),
            Self::DearerThan(than) => dearer_task(name, than, all),
        }
    }

    pub(super) fn expected(self) -> String {
        match self {
            Self::AllAtOnce => "every wait under way at once".into(),
            Self::HeldWhileStarting => "that starting them all held the loop".into(),
            Self::Flat => "that a task costs as much among many as among few".into(),
            Self::Grows(_) => "that a task costs more the more there are".into(),
            Self::DearerThan(than) => format!("that each takes more memory than with {than}"),
        }
    }
}

impl Scaled {
    /// For scripts.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::AllAtOnce { .. } => "all_at_once",
            Self::HeldWhileStarting { .. } => "held_while_starting",
            Self::Flat { .. } => "flat_cost",
            Self::Growing { .. } => "growing_cost",
            Self::Dearer { .. } => "dearer_task",
            Self::Uneven { .. } => "inconclusive",
        }
    }

    pub(super) fn figures(&self, strategy: &str) -> String {
        let time = |duration: &Duration| units::duration(*duration);
        let bytes = units::bytes;
        match self {
            Self::AllAtOnce {
                tasks,
                threads,
                wall,
                in_turn,
            } => format!(
                "{strategy}: {} waits were under way at once, on {}. It took {}; one after the other they would take {}.",
                units::whole(*tasks),
                units::count(*threads, "thread", "threads"),
                time(wall),
                units::long(*in_turn),
            ),
            Self::HeldWhileStarting { tasks, held } => format!(
                "{strategy}: to start {} kept the loop from everything else for {}: there is no await between them.",
                units::whole(*tasks),
                time(held)
            ),
            Self::Flat {
                tasks,
                bytes: each,
                cpu,
            } => format!(
                "{strategy}: a task costs the same whether there are {} or {}: {} and {} of memory, {} and {} of processor time.",
                units::whole(tasks[0]),
                units::whole(tasks[1]),
                bytes(each[0]),
                bytes(each[1]),
                time(&cpu[0]),
                time(&cpu[1]),
            ),
            Self::Uneven {
                tasks,
                bytes: each,
                cpu,
            } => format!(
                "{strategy}: inconclusive. Of {}, each took {} of memory and {} of processor time; of {}, {} and {}.",
                units::whole(tasks[0]),
                bytes(each[0]),
                time(&cpu[0]),
                units::whole(tasks[1]),
                bytes(each[1]),
                time(&cpu[1]),
            ),
            Self::Growing { tasks, cpu, why } => format!(
                "{strategy}: each of {} costs {} of processor time, {:.1} times as much as each of {} ({}): {why}.",
                units::whole(tasks[1]),
                time(&cpu[1]),
                cpu[1].as_secs_f64() / cpu[0].as_secs_f64(),
                units::whole(tasks[0]),
                time(&cpu[0]),
            ),
            Self::Dearer {
                tasks,
                bytes: each,
                than,
                there,
            } => format!(
                "{strategy}: of {}, each takes {} of memory, {:.0} times as much as with {than} ({}).",
                units::whole(*tasks),
                bytes(*each),
                each / there,
                bytes(*there),
            ),
        }
    }
}

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
    pub(super) fn flat(&self) -> Option<Scaled> {
        let (tasks, bytes, cpu) = (self.tasks(), self.bytes()?, self.cpu());
        let near = |few: f64, many: f64| many <= few * FLAT && few <= many * FLAT;
        let flat = near(bytes[0], bytes[1]) && self.times() <= FLAT;
        Some(if flat {
            Scaled::Flat { tasks, bytes, cpu }
        } else {
            Scaled::Uneven { tasks, bytes, cpu }
        })
    }

    pub(super) fn growing(&self, why: &'static str) -> Option<Scaled> {
        let (tasks, bytes, cpu) = (self.tasks(), self.bytes()?, self.cpu());
        Some(if self.times() > 2.0 {
            Scaled::Growing { tasks, cpu, why }
        } else {
            Scaled::Uneven { tasks, bytes, cpu }
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
pub(super) fn dearer_task(
    name: &str,
    than: &'static str,
    all: &[StrategyReport],
) -> Option<Scaled> {
    let others = costs(than, all);
    let both = costs(name, all).into_iter().rev().find_map(|here| {
        let there = others.iter().find(|there| there.tasks == here.tasks)?;
        Some((here.tasks, here.bytes_each()?, there.bytes_each()?))
    });
    let (tasks, bytes, there) = both?;
    (bytes > there * FLAT).then_some(Scaled::Dearer {
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
