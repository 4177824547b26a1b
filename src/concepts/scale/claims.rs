//! What `scale` claims: what a task costs, and how that grows with their number.

use crate::claims::cost::{Cost, ENOUGH};
use std::time::Duration;

use crate::claims::{Claim, Run, Shown, WORTH_TELLING, inconclusive, missed, shown};
use crate::units::{self, bytes, duration as time, whole};

/// What is near enough to be called equal.
const FLAT: f64 = 1.3;

/// More than this many times as much processor time for each among many is growth. Less is noise, as caches, and a
/// machine that is busy beside, make one measurement up to 1.6 times another; and the numbers of tasks differ ten times
/// and more, so that what grew with them would show.
const GROWS: f64 = 2.0;

/// One in so many tasks, at least, was in flight at one instant: where to start them all takes longer than each waits,
/// not all of them can be. For tasks of which each alone takes the ideal time.
const MANY_OF: usize = 4;

/// Many tasks were in flight at one instant, and if nothing was in the way, all: see [`MANY_OF`].
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
        self.missed(run).is_none().then(|| {
            let threads = units::count(run.strategy.threads, "thread", "threads");
            let (tasks, wall, in_turn) = (whole(run.count), time(run.wall), units::long(in_turn));
            let (waits, late) = match run.in_flight {
                all if all == run.count => (tasks, ""),
                some => (
                    format!("{} of {tasks}", whole(some)),
                    " The first had ended before the last began.",
                ),
            };
            shown("all_at_once", format!("{waits} waits were under way at once, on {threads}. It took {wall}; one after the other they would take {in_turn}.{late}"))
        })
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (in_flight, count) = (run.in_flight, run.count);
        let few = in_flight < 2 || in_flight * MANY_OF < count;
        few.then(|| {
            let least = whole(count.div_ceil(MANY_OF).max(2));
            format!("only {}, where {least} are needed", missed::at_once(run))
        })
    }
}

/// To start many tasks keeps the loop from anything else. Looked for where something that is not tracked, as what
/// starts them is not, kept the loop from it before all had begun.
#[derive(Debug)]
pub(super) struct HeldWhileStarting;

impl Claim for HeldWhileStarting {
    fn applies(&self, run: &Run<'_>) -> bool {
        let held = held_while_starting(run);
        held.is_some_and(|held| held >= WORTH_TELLING)
    }

    fn expectation(&self) -> String {
        "that starting them all blocked the event loop".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (tasks, held) = (whole(run.count), time(held_while_starting(run)?));
        let text = format!(
            "starting {tasks} blocked the event loop for {held}: there is no await between them."
        );
        Some(shown("held_while_starting", text).tells_of_blocking())
    }
}

/// For how long something untracked held the loop before as many as ever were under way.
fn held_while_starting(run: &Run<'_>) -> Option<Duration> {
    let worst = run.worst_stretch().filter(|worst| worst.by.is_none())?;
    let curve = run.strategy.in_flight();
    let (all_begun, _) = curve.iter().find(|(_, count)| *count == run.in_flight)?;
    // It may have gone on a little: to look at timers that are due takes a while, too.
    let starting = all_begun.0.saturating_sub(worst.start_s.0);
    Some(worst.length().min(starting)).filter(|held| !held.is_zero())
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
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (each, there) = self.each_and_there(run)?.1;
        let (each, there) = (bytes(each), bytes(there));
        Some(format!(
            "each took {each} of memory, and {there} there, where {FLAT} times as much are needed"
        ))
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.other(self.0).is_some()
    }

    fn expectation(&self) -> String {
        format!("that each takes more memory than with {}", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (than, (tasks, (each, there))) = (self.0, self.each_and_there(run)?);
        (each > there * FLAT).then(|| {
            let (tasks, times) = (whole(tasks), each / there);
            let (each, there) = (bytes(each), bytes(there));
            shown("dearer_task", format!("of {tasks}, each takes {each} of memory, {times:.0} times as much as with {than} ({there})."))
        })
    }
}

impl TakesMoreMemory {
    /// The largest number of tasks that both were run with, and the memory of each: here, and there.
    fn each_and_there(&self, run: &Run<'_>) -> Option<(usize, (f64, f64))> {
        let others = run.costs(self.0);
        let mut mine = run.costs(&run.strategy.name).into_iter().rev();
        mine.find_map(|here| {
            let there = others.iter().find(|there| there.tasks == here.tasks)?;
            Some((here.tasks, (here.bytes_each()?, there.bytes_each()?)))
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
        let times = self.times();
        if !near(memory[0], memory[1]) {
            let times = memory[1] / memory[0].max(1.0);
            return self.uneven(&format!(
                "{times:.2} times the memory, where up to {FLAT} are no difference"
            ));
        }
        if times > GROWS {
            return self.uneven(&format!(
                "{times:.1} times the processor time, where up to {GROWS} may be noise"
            ));
        }
        let [each, each_of_many] = memory.map(bytes);
        let how = if times > FLAT {
            format!("little more among {many} than among {few}")
        } else if times * FLAT < 1.0 {
            format!("no more among {many} than among {few}")
        } else {
            format!("the same whether there are {few} or {many}")
        };
        Some(shown(
            "flat_cost",
            format!(
                "a task costs {how}: {each} and {each_of_many} of memory, {cpu} and {cpu_of_many} of processor time."
            ),
        ))
    }

    fn growing(&self, why: &str) -> Option<Shown> {
        let ([few, many], times) = (self.tasks(), self.times());
        let [cpu, cpu_of_many] = self.cpu();
        if times <= GROWS || self.bytes().is_none() {
            return self.uneven(&format!(
                "{times:.1} times the processor time, where more than {GROWS} are needed"
            ));
        }
        Some(shown(
            "growing_cost",
            format!(
                "each of {many} costs {cpu_of_many} of processor time, {times:.1} times as much as each of {few} ({cpu}): {why}."
            ),
        ))
    }

    /// Neither the same nor what was claimed.
    fn uneven(&self, missed: &str) -> Option<Shown> {
        let ([few, many], [cpu, cpu_of_many]) = (self.tasks(), self.cpu());
        let [each, each_of_many] = self.bytes()?.map(bytes);
        Some(inconclusive(format!(
            "Of {few}, each took {each} of memory and {cpu} of processor time; of {many}, {each_of_many} and {cpu_of_many}: {missed}."
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
    use super::*;
    use crate::claims::Outcome;
    use crate::claims::testing::{found, ms, report, task, told};
    use crate::report::{Blocked, StrategyReport};

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
        let says = |shown: Option<Shown>, words: &str| {
            let shown = format!("{:?}", shown.unwrap());
            assert!(shown.contains(words), "{shown}");
        };
        says(
            flat.growing(""),
            "1.2 times the processor time, where more than 2 are needed",
        );
        says(
            grows.flat(),
            "11.9 times the processor time, where up to 2 may be noise",
        );
        // Between the two it has not grown, and is not called the same.
        let between = compared(cost(10_000, 16_000, 5.8e6), cost(100_000, 280_000, 59e6));
        is(between.growing(""), "inconclusive");
        is(between.flat(), "flat_cost");
        says(
            between.flat(),
            "a task costs little more among 100,000 than among 10,000",
        );
        let cheaper = compared(cost(10_000, 53_000, 5.8e6), cost(100_000, 300_000, 59e6));
        says(
            cheaper.flat(),
            "a task costs no more among 100,000 than among 10,000",
        );
        let swells = compared(cost(10_000, 16_000, 5.8e6), cost(100_000, 160_000, 90e6));
        is(swells.flat(), "inconclusive");
        says(
            swells.flat(),
            "1.55 times the memory, where up to 1.3 are no difference",
        );
    }

    /// Tasks that wait for a second, the first of which began when the work did, and the last so much later.
    fn naps(count: usize, last_begins: u64) -> StrategyReport {
        let mut tasks = vec![task("nap", 1_000, Outcome::Completed); count];
        for (place, task) in tasks.iter_mut().enumerate() {
            let start = last_begins * place as u64 / (count as u64 - 1);
            (task.start_s, task.end_s) = (Some(ms(start)), ms(start + 1_000));
        }
        StrategyReport {
            ideal_s: Some(ms(1_000)),
            ..report("threads", last_begins + 1_000, tasks)
        }
    }

    #[test]
    fn where_the_first_ended_before_the_last_began_the_number_says_how_many() {
        let all = told(AllAtOnce, &naps(100, 990), &[]);
        assert!(
            all.starts_with("all_at_once: 100 waits were under way at once"),
            "{all}"
        );
        let most = told(AllAtOnce, &naps(100, 1_980), &[]);
        assert!(
            most.starts_with("all_at_once: 50 of 100 waits were"),
            "{most}"
        );
        assert!(
            most.ends_with(" The first had ended before the last began."),
            "{most}"
        );
        let few = told(AllAtOnce, &naps(100, 9_900), &[]);
        assert!(few.starts_with("inconclusive: "), "{few}");
        assert!(
            few.contains("but only 10 of 100 were under way at once, where 25 are needed."),
            "{few}"
        );
        let in_turn = told(AllAtOnce, &naps(4, 3_300), &[]);
        assert!(
            in_turn.contains("but only 1 of 4 was under way at once, where 2 are needed."),
            "{in_turn}"
        );
    }

    #[test]
    fn only_what_held_the_loop_before_all_had_begun_is_said_to_have_started_them() {
        let held = |start, end, by: Option<&str>| {
            let blocked = Blocked {
                start_s: ms(start),
                end_s: ms(end),
                by: by.map(str::to_owned),
                location: None,
            };
            let naps = StrategyReport {
                blocked: vec![blocked],
                ..naps(100, 400)
            };
            found(HeldWhileStarting, &naps, &[]).map(|found| found.sentence)
        };
        let said = held(10, 700, None).unwrap_or_default();
        assert!(
            said.starts_with("starting 100 blocked the event loop for 390 ms"),
            "{said}"
        );
        let other = |start, end, by| held(start, end, by).unwrap_or_default();
        assert!(other(10, 700, Some("nap")).starts_with("nap held"));
        assert!(other(500, 700, None).starts_with("nothing could run"));
        assert!(other(10, 40, None).is_empty());
    }
}
