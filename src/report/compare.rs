//! Whether one strategy was faster than another: only where both did equal work, and beyond the spread.

use std::time::Duration;

use super::{Finding, INCONCLUSIVE, Report, StrategyReport, cost};

/// How many times longer one run takes than another, where that is more than noise.
pub const CLEARLY: f64 = 1.2;

/// From so many runs on, their quartiles say how far they spread. Of fewer, [`CLEARLY`] has to.
pub(super) const ENOUGH: usize = 5;

/// Of few runs, this is what a machine adds to one and not to the other: of two short runs, one may well be twice as
/// long.
const NOISE: Duration = Duration::from_millis(20);

/// How much of its time a strategy may owe to a machine that was busy elsewhere: what it took beyond arithmetic, or,
/// where that promises nothing and the processor time is known, what it did not compute.
pub fn machine_share(strategy: &StrategyReport) -> Duration {
    let wall = strategy.wall().unwrap_or_default().0;
    let cpu = strategy.metrics.get(cost::CPU).copied();
    let cpu = cpu.and_then(|cpu| Duration::try_from_secs_f64(cpu).ok());
    let needed = strategy.ideal_s.map(|ideal| ideal.0).or(cpu);
    needed.map_or(Duration::ZERO, |needed| wall.saturating_sub(needed))
}

/// With enough runs, less than this is not worth a word, however narrow the spread.
const WORTH_A_WORD: f64 = 1.05;

/// Whether both came to their end with equal work: the same number of tasks failed in each, and not
/// most of them.
pub fn equal_work(one: &StrategyReport, two: &StrategyReport) -> bool {
    !one.failed() && !two.failed() && one.failed_count() == two.failed_count()
}

/// The median wall time of `first` over that of `this`: 2 is twice as fast. `None` where they did
/// not do equal work, and where the difference lies within the spread: with few runs, below
/// [`CLEARLY`], 20 ms or [`machine_share`] of both; with several, where the interquartile ranges meet, too.
pub fn ratio(first: &StrategyReport, this: &StrategyReport) -> Option<f64> {
    beyond_spread(first, this).filter(|ratio| ratio.max(1.0 / ratio) >= WORTH_A_WORD)
}

/// [`ratio`], however small it is where enough runs lie apart.
pub(super) fn beyond_spread(first: &StrategyReport, this: &StrategyReport) -> Option<f64> {
    let (there, here) = (first.wall()?.0, this.wall()?.0);
    if !equal_work(first, this) || here.is_zero() || there.is_zero() {
        return None;
    }
    let ratio = there.as_secs_f64() / here.as_secs_f64();
    let runs = first.wall_s.len().min(this.wall_s.len());
    let few = runs < ENOUGH;
    let least = if few { CLEARLY } else { 1.0 };
    let noise = NOISE.max(machine_share(first) + machine_share(this));
    if few && there.abs_diff(here) < noise {
        return None;
    }
    let (there, here) = (middle_half(first)?, middle_half(this)?);
    let apart = there.1 < here.0 || here.1 < there.0;
    (ratio.max(1.0 / ratio) >= least && apart).then_some(ratio)
}

impl Report {
    /// Leaves no ratio beside a finding that says nothing of the kind. Where the first strategy's run was inconclusive,
    /// there is nothing to compare with.
    pub fn withhold_ratios(&mut self) {
        let any = |of: &StrategyReport, is: fn(&Finding) -> bool| {
            let mut found = self.findings.iter().filter(|it| of.is_told_by(it));
            found.any(is)
        };
        let none_at_all = |language: &Option<String>| {
            let mut strategies = self.strategies.iter();
            let first = strategies.find(|it| it.language == *language);
            first.is_some_and(|first| any(first, |it| it.kind == INCONCLUSIVE))
        };
        let strategies = self.strategies.iter();
        let denied: Vec<bool> = strategies
            .map(|it| none_at_all(&it.language) || any(it, Finding::allows_no_ratio))
            .collect();
        for (strategy, denied) in self.strategies.iter_mut().zip(denied) {
            strategy.speedup = strategy.speedup.filter(|_| !denied);
        }
    }
}

/// The first and the third quartile of the wall times: values that were measured, the outer ones
/// where a quartile lies between two.
fn middle_half(strategy: &StrategyReport) -> Option<(Duration, Duration)> {
    let mut walls = strategy.wall_s.clone();
    walls.sort();
    let last = walls.len().checked_sub(1)?;
    Some((walls[last / 4].0, walls[last - last / 4].0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{FailedTasks, Seconds};

    fn ran(walls: &[u64]) -> StrategyReport {
        let walls = walls.iter().map(|ms| Seconds(Duration::from_millis(*ms)));
        StrategyReport {
            wall_s: walls.collect(),
            ..StrategyReport::default()
        }
    }

    #[test]
    fn one_run_has_to_differ_by_a_fifth() {
        let times = |there, here| ratio(&ran(&[there]), &ran(&[here]));
        assert_eq!(times(110, 100), None);
        assert_eq!(times(100, 119), None);
        assert_eq!(times(127, 100), Some(1.27));
        assert_eq!(times(100, 200), Some(0.5));
        assert_eq!(times(11, 27), None);
        assert_eq!(times(0, 100), None);
        assert_eq!(ratio(&ran(&[]), &ran(&[1])), None);
    }

    #[test]
    fn what_a_busy_machine_can_have_added_is_no_difference() {
        let ideal = |wall, ideal| StrategyReport {
            ideal_s: Some(Seconds(Duration::from_millis(ideal))),
            ..ran(&[wall])
        };
        assert_eq!(ratio(&ideal(3_000, 3_000), &ideal(2_000, 2_000)), Some(1.5));
        // The same work by arithmetic: a single run cannot tell what else there was.
        assert_eq!(ratio(&ideal(1_210, 1_200), &ideal(1_600, 1_200)), None);
        assert_eq!(ratio(&ideal(3_400, 3_000), &ideal(2_900, 2_000)), None);
        let five = |walls: &[u64]| StrategyReport {
            ideal_s: Some(Seconds(Duration::from_millis(1_200))),
            ..ran(walls)
        };
        let (one, two) = (five(&[1_210; 5]), five(&[2_420; 5]));
        assert_eq!(ratio(&one, &two), Some(0.5));
        let computed = |wall, cpu: f64| StrategyReport {
            metrics: [(cost::CPU.to_owned(), cpu)].into(),
            ..ran(&[wall])
        };
        assert_eq!(ratio(&computed(100, 0.1), &computed(200, 0.2)), Some(0.5));
        assert_eq!(ratio(&computed(100, 0.1), &computed(200, 0.09)), None);
    }

    #[test]
    fn of_several_runs_the_middle_halves_must_not_meet() {
        let wide = ran(&[100, 140, 150, 160, 300]);
        assert_eq!(ratio(&wide, &ran(&[110, 120, 125, 145, 150])), None);
        assert_eq!(ratio(&wide, &ran(&[70, 74, 75, 76, 145])), Some(2.0));
        // A narrow spread shows a small difference, and a tiny one is not worth a word.
        let narrow = ran(&[108, 109, 110, 111, 112]);
        let small = ratio(&narrow, &ran(&[98, 99, 100, 101, 102]));
        assert!(small.is_some_and(|small| (small - 1.1).abs() < 1e-9));
        assert_eq!(ratio(&narrow, &ran(&[106, 106, 106, 106, 106])), None);
        // Two runs have no quartiles.
        assert_eq!(ratio(&ran(&[110, 111]), &ran(&[100, 101])), None);
    }

    #[test]
    fn what_failed_is_not_compared_with_what_did_not() {
        let ten = serde_json::json!({
            "count": 10, "outcomes": {}, "polls": 0, "wakes": 0, "life_s": 0, "longest_s": 0, "busy_s": 0,
            "scheduled_s": 0, "idle_s": 0, "in_flight": [],
        });
        let failing = |count| {
            let failed = FailedTasks {
                status: Some(503),
                reason: "status 503".to_owned(),
                count,
            };
            StrategyReport {
                failures: vec![failed],
                rest: serde_json::from_value(ten.clone()).unwrap(),
                ..ran(&[100])
            }
        };
        assert_eq!(ratio(&ran(&[1_000]), &failing(1)), None);
        assert_eq!(ratio(&failing(2), &ran(&[1_000])), None);
        assert!(equal_work(&failing(2), &failing(2)));
        // One success each is no work to compare.
        assert!(!equal_work(&failing(9), &failing(9)));
        let broken = StrategyReport {
            error: Some("no".to_owned()),
            ..ran(&[100])
        };
        assert_eq!(ratio(&ran(&[1_000]), &broken), None);
    }

    proptest! {
        /// The same runs in any order are never faster than themselves, and what is one way faster is
        /// the other way slower.
        #[test]
        fn nothing_is_faster_than_itself(
            walls in prop::collection::vec(1_u64..10_000, 1..12),
            others in prop::collection::vec(1_u64..10_000, 1..12),
        ) {
            let mut turned = walls.clone();
            turned.reverse();
            prop_assert_eq!(ratio(&ran(&walls), &ran(&turned)), None);
            let (there, back) = (ratio(&ran(&walls), &ran(&others)), ratio(&ran(&others), &ran(&walls)));
            prop_assert_eq!(there.is_some(), back.is_some());
            if let (Some(there), Some(back)) = (there, back) {
                prop_assert!((there * back - 1.0).abs() < 1e-9);
                prop_assert!(!(1.0 / WORTH_A_WORD..WORTH_A_WORD).contains(&there));
            }
        }
    }
}
