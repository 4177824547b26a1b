//! What claims look at: the figures of one strategy, taken together.

use std::time::Duration;

use crate::report::compare;
pub use crate::report::compare::CLEARLY;
use crate::report::{
    Blocked, Cost, Outcome, Rest, Seconds, StrategyReport, Task, cost, most_at_once,
};

/// One strategy in figures, and the other strategies of its report.
#[derive(Debug)]
pub struct Run<'a> {
    /// All that was measured.
    pub strategy: &'a StrategyReport,
    all: &'a [StrategyReport],
    /// The median wall time.
    pub wall: Duration,
    /// The tasks that were polled, of those that are listed.
    pub started: Vec<&'a Task>,
    /// How many were polled, listed or not.
    pub count: usize,
    /// The time in polls, of all.
    pub busy: Duration,
    /// From first poll to end, of all.
    pub sum: Duration,
    /// The longest from first poll to end.
    pub longest: Duration,
    /// The most that were in flight at once.
    pub in_flight: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(strategy: &'a StrategyReport, all: &'a [StrategyReport]) -> Self {
        let started: Vec<_> = strategy
            .tasks
            .iter()
            .filter(|task| task.start_s.is_some())
            .collect();
        let lives = || started.iter().map(|task| task.life().0);
        let rest = |time: fn(&Rest) -> Seconds| {
            let rest = strategy.rest.as_ref();
            rest.map_or(Duration::ZERO, |rest| time(rest).0)
        };
        let busy: Duration = started.iter().map(|task| task.busy_s.0).sum();
        Self {
            strategy,
            all,
            wall: strategy.wall().unwrap_or_default().0,
            sum: lives().sum::<Duration>() + rest(|rest| rest.life_s),
            longest: lives()
                .max()
                .unwrap_or_default()
                .max(rest(|rest| rest.longest_s)),
            busy: busy + rest(|rest| rest.busy_s),
            count: started.len() + strategy.rest.as_ref().map_or(0, Rest::started),
            in_flight: strategy.most_in_flight(),
            started,
        }
    }

    /// The strategy of this name, if it ran in the same report, and in the same language.
    pub fn other(&self, name: &str) -> Option<Run<'a>> {
        let language = &self.strategy.language;
        let same = |other: &&StrategyReport| other.name == name && other.language == *language;
        let other = self.all.iter().find(same)?;
        Some(Self::new(other, self.all))
    }

    /// The same strategy in Rust, if it ran in the same report, and this is another language.
    pub fn in_rust(&self) -> Option<Run<'a>> {
        self.strategy.language.as_ref()?;
        let same =
            |other: &&StrategyReport| other.name == self.strategy.name && other.language.is_none();
        // Of one with several sizes, the largest.
        let other = self.all.iter().rfind(same)?;
        Some(Self::new(other, self.all))
    }

    /// [`Self::other`], if it did equal work.
    pub fn comparable(&self, name: &str) -> Option<Run<'a>> {
        let other = self.other(name)?;
        compare::equal_work(other.strategy, self.strategy).then_some(other)
    }

    /// What the concept has counted under this key.
    pub fn metric(&self, key: &str) -> Option<f64> {
        self.strategy.metrics.get(key).copied()
    }

    /// [`Self::metric`] for a number of seconds. `None` where that is no duration, too.
    pub fn time(&self, key: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(self.metric(key)?).ok()
    }

    /// What the strategy of this name cost with each number of tasks in the report.
    pub fn costs(&self, name: &str) -> Vec<Cost> {
        cost::costs(name, self.all)
    }

    /// The wall time that arithmetic promises, where it promises one.
    pub fn ideal(&self) -> Option<Duration> {
        self.strategy.ideal_s.map(|ideal| ideal.0)
    }

    /// The listed tasks that ended so, in the order of their creation.
    pub fn ended(&self, outcome: Outcome) -> impl Iterator<Item = &'a Task> {
        let started = self.started.iter().copied();
        started.filter(move |task| task.outcome == outcome)
    }

    /// The listed tasks whose label begins so.
    pub fn called(&self, name: &str) -> impl Iterator<Item = &'a Task> {
        let started = self.started.iter().copied();
        started.filter(move |task| task.label.starts_with(name))
    }

    /// How long each of [`Self::called`] took.
    pub fn lives(&self, name: &str) -> impl Iterator<Item = Duration> {
        self.called(name).map(|task| task.life().0)
    }

    /// The most of [`Self::called`] that were in flight at once.
    pub fn most_at_once(&self, name: &str) -> usize {
        most_at_once(self.called(name))
    }

    /// How long a task took on average.
    pub fn each(&self) -> Option<Duration> {
        self.sum.checked_div(u32::try_from(self.count).ok()?)
    }

    /// How long every worker was held, in all.
    pub fn blocked_in_all(&self) -> Duration {
        self.strategy.blocked.iter().map(Blocked::length).sum()
    }

    /// The longest stretch in which every worker was held.
    pub fn worst_stretch(&self) -> Option<&'a Blocked> {
        let blocked = self.strategy.blocked.iter();
        blocked.max_by_key(|blocked| blocked.length())
    }

    /// The heartbeat's longest gap.
    pub fn max_gap(&self) -> Option<Duration> {
        let heartbeat = self.strategy.heartbeat.as_ref()?;
        Some(heartbeat.max_gap_s.0)
    }

    /// How long its thread was ready to run and the machine gave it no core, where that is enough to explain half of
    /// `time`: then a poll that was so long by the clock says little of what it did.
    pub fn without_a_core(&self, time: Duration) -> Option<Duration> {
        let waited = self.strategy.waited_for_core_s?.0;
        (waited * 2 > time).then_some(waited)
    }

    /// By how much the heartbeat was late at worst: so long this process could run nothing on its runtime.
    pub fn late(&self) -> Duration {
        let heartbeat = self.strategy.heartbeat.as_ref();
        heartbeat.map_or(Duration::ZERO, |heartbeat| {
            heartbeat.max_gap_s.0.saturating_sub(heartbeat.period_s.0)
        })
    }

    /// How often the heart should have beaten in this time. None where there was no heartbeat.
    pub fn beats(&self, time: Duration) -> u128 {
        let heartbeat = self.strategy.heartbeat.as_ref();
        let period = heartbeat.map_or(Duration::MAX, |heartbeat| heartbeat.period_s.0);
        time.as_nanos() / period.as_nanos().max(1)
    }
}

/// Whether two durations are equal but for what a runtime and a machine add.
pub fn near(wall: Duration, expected: Duration) -> bool {
    wall.abs_diff(expected) <= slack(expected)
}

pub(super) fn slack(expected: Duration) -> Duration {
    (expected / 10).max(Duration::from_millis(20))
}
