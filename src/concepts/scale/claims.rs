//! What `scale` claims: what a task costs, and how that grows with their number.

use crate::claims::cost::{Cost, ENOUGH};
use crate::claims::{Claim, Run, Shown, WORTH_TELLING, inconclusive, shown};
use crate::units::{self, bytes, duration as time, whole};

/// What is near enough to be called equal.
const FLAT: f64 = 1.3;

/// Every task was in flight at one instant. For tasks of which each alone takes the ideal time.
#[derive(Debug)]
pub(super) struct AllAtOnce;

impl Claim for AllAtOnce {
    fn expectation(&self) -> String {
        "every wait under way at once".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let times = u32::try_from(run.count).unwrap_or(u32::MAX);
        let ideal = run.ideal();
        let in_turn = ideal.map_or(run.sum, |each| each.saturating_mul(times));
        (run.count > 1 && run.in_flight == run.count).then(|| {
            let threads = units::count(run.strategy.threads, "thread", "threads");
            let (tasks, wall, in_turn) = (whole(run.count), time(run.wall), units::long(in_turn));
            shown("all_at_once", format!("{tasks} waits were under way at once, on {threads}. It took {wall}; one after the other they would take {in_turn}."))
        })
    }
}

/// To start many tasks keeps the loop from anything else. Looked for where it was kept from it.
#[derive(Debug)]
pub(super) struct HeldWhileStarting;

impl Claim for HeldWhileStarting {
    fn applies(&self, run: &Run<'_>) -> bool {
        let mut blocked = run.strategy.blocked.iter();
        blocked.any(|blocked| blocked.length() >= WORTH_TELLING)
    }

    fn expectation(&self) -> String {
        "that starting them all blocked the event loop".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let worst = run.worst_stretch()?;
        let curve = run.strategy.in_flight();
        let (all_begun, _) = curve.iter().find(|(_, count)| *count == run.in_flight)?;
        // It may have gone on a little: to look at timers that are due takes a while, too.
        let starting = all_begun.0.saturating_sub(worst.start_s.0);
        let held = worst.length().min(starting);
        (worst.by.is_none() && !held.is_zero()).then(|| {
            let (tasks, held) = (whole(run.count), time(held));
            shown("held_while_starting", format!("starting {tasks} blocked the event loop for {held}: there is no await between them."))
                .tells_of_blocking()
        })
    }
}

/// What a task costs does not depend on how many there are. Looked for where there are several numbers.
#[derive(Debug)]
pub(super) struct Flat;

impl Claim for Flat {
    fn applies(&self, run: &Run<'_>) -> bool {
        FewAndMany::of(run).is_some()
    }

    fn expectation(&self) -> String {
        "that a task costs the same among many as among few".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        FewAndMany::of(run)?.flat()
    }
}

/// The more tasks, the more each of them costs, for this reason. Looked for as [`Flat`].
#[derive(Debug)]
pub(super) struct Grows(pub(super) &'static str);

impl Claim for Grows {
    fn applies(&self, run: &Run<'_>) -> bool {
        Flat.applies(run)
    }

    fn expectation(&self) -> String {
        "that a task costs more the more there are".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        FewAndMany::of(run)?.growing(self.0)
    }
}

/// Each takes more memory than with this other strategy, with as many. Not looked for without it.
#[derive(Debug)]
pub(super) struct TakesMoreMemory(pub(super) &'static str);

impl Claim for TakesMoreMemory {
    fn applies(&self, run: &Run<'_>) -> bool {
        run.other(self.0).is_some()
    }

    fn expectation(&self) -> String {
        format!("that each takes more memory than with {}", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (than, others) = (self.0, run.costs(self.0));
        // With the largest number that both were run with.
        let mut mine = run.costs(&run.strategy.name).into_iter().rev();
        let (tasks, each, there) = mine.find_map(|here| {
            let there = others.iter().find(|there| there.tasks == here.tasks)?;
            Some((here.tasks, here.bytes_each()?, there.bytes_each()?))
        })?;
        (each > there * FLAT).then(|| {
            let (tasks, times) = (whole(tasks), each / there);
            let (each, there) = (bytes(each), bytes(there));
            shown("dearer_task", format!("of {tasks}, each takes {each} of memory, {times:.0} times as much as with {than} ({there})."))
        })
    }
}

/// The costs of one strategy among few tasks and among many.
struct FewAndMany {
    few: Cost,
    many: Cost,
}

impl FewAndMany {
    /// Of all runs of this strategy, that with the fewest tasks (ten thousand, if there are more,
    /// since a process has costs of its own) and that with the most.
    fn of(run: &Run<'_>) -> Option<Self> {
        let mut costs = run.costs(&run.strategy.name);
        costs.retain(|cost| cost.tasks >= ENOUGH);
        let many = *costs.last()?;
        let large = costs.iter().find(|cost| cost.tasks >= 10 * ENOUGH);
        let few = *large
            .filter(|large| large.tasks < many.tasks)
            .or(costs.first())?;
        (few.tasks < many.tasks).then_some(Self { few, many })
    }

    fn flat(&self) -> Option<Shown> {
        let [few, many] = self.tasks();
        let (memory, [cpu, cpu_of_many]) = (self.bytes()?, self.cpu());
        let near = |few: f64, many: f64| many <= few * FLAT && few <= many * FLAT;
        if !near(memory[0], memory[1]) || self.times() > FLAT {
            return self.uneven();
        }
        let [each, each_of_many] = memory.map(bytes);
        Some(shown(
            "flat_cost",
            format!(
                "a task costs the same whether there are {few} or {many}: {each} and {each_of_many} of memory, {cpu} and {cpu_of_many} of processor time."
            ),
        ))
    }

    fn growing(&self, why: &str) -> Option<Shown> {
        let ([few, many], times) = (self.tasks(), self.times());
        let [cpu, cpu_of_many] = self.cpu();
        if times <= 2.0 || self.bytes().is_none() {
            return self.uneven();
        }
        Some(shown(
            "growing_cost",
            format!(
                "each of {many} costs {cpu_of_many} of processor time, {times:.1} times as much as each of {few} ({cpu}): {why}."
            ),
        ))
    }

    /// Neither the same nor what was claimed.
    fn uneven(&self) -> Option<Shown> {
        let ([few, many], [cpu, cpu_of_many]) = (self.tasks(), self.cpu());
        let [each, each_of_many] = self.bytes()?.map(bytes);
        Some(inconclusive(format!(
            "Of {few}, each took {each} of memory and {cpu} of processor time; of {many}, {each_of_many} and {cpu_of_many}."
        )))
    }

    /// How many times the processor time of one among few is that of one among many.
    fn times(&self) -> f64 {
        let [few, many] = [&self.few, &self.many].map(|cost| cost.cpu_each().as_secs_f64());
        many / few.max(f64::MIN_POSITIVE)
    }

    fn bytes(&self) -> Option<[f64; 2]> {
        Some([self.few.bytes_each()?, self.many.bytes_each()?])
    }

    fn cpu(&self) -> [String; 2] {
        [&self.few, &self.many].map(|cost| time(cost.cpu_each()))
    }

    fn tasks(&self) -> [String; 2] {
        [&self.few, &self.many].map(|cost| whole(cost.tasks))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn flat_and_growing_are_told_from_the_larger_numbers() {
        let compared = |few, many| FewAndMany { few, many };
        let flat = compared(
            cost(10_000, 16_000, 5.8e6),
            cost(1_000_000, 1_900_000, 590e6),
        );
        let is = |shown: Option<Shown>, kind: &str| {
            let shown = format!("{:?}", shown.unwrap());
            assert!(shown.contains(&format!("kind: \"{kind}\"")), "{shown}");
        };
        is(flat.flat(), "flat_cost");
        is(flat.growing(""), "inconclusive");
        let grows = compared(cost(10_000, 16_000, 5.8e6), cost(100_000, 1_900_000, 59e6));
        is(grows.flat(), "inconclusive");
        is(grows.growing(""), "growing_cost");
    }
}
