//! Whether what a lesson states is what its runs come to. A busy machine only lengthens: so of several times the
//! shortest is judged, and where arithmetic knows the answer it is asked first.

use super::answer::strategy_at;
use super::choices::{listed, near};
use super::{Answer, Predict, Unit, value};
use crate::report::{Report, StrategyReport};

/// So often what is counted is run.
const TRIES: usize = 3;
/// So often what is timed is run, and what depends on which thread is first.
const MORE: usize = 5;
/// So often what chance decides is run, and what nothing vouches for.
const CHANCES: usize = 10;
/// Where a lesson states no share: at least so many percent of the runs.
const SHARE: f64 = 80.0;
/// Farther from what arithmetic says, in percent, no answer may lie, however generous its tolerance is.
const ARITHMETIC: f64 = 15.0;

/// A prediction that is run until it is known whether it holds.
#[derive(Debug)]
pub struct Trial<'a> {
    predict: &'a Predict,
    stated: f64,
    /// In each run so far: seconds, pieces, times or bytes.
    pub measured: Vec<f64>,
    /// What arithmetic says.
    ideal: Option<f64>,
    /// Whether arithmetic knows how long the run takes, so that one that nothing disturbed can be told.
    timed: bool,
    /// Whether nothing disturbed one of the runs.
    clean: bool,
    /// Whether what is asked for comes after what arithmetic foretells, which then vouches for nothing.
    late: bool,
    /// Whether the run has several threads, so that a time within it may depend on which of them is first.
    chancy: bool,
}

impl<'a> Trial<'a> {
    /// Before its first run.
    pub fn new(predict: &'a Predict) -> Self {
        Self {
            predict,
            stated: predict.unit.read(&predict.answer).unwrap_or_default(),
            measured: Vec::new(),
            ideal: None,
            timed: false,
            clean: false,
            late: false,
            chancy: false,
        }
    }

    /// Takes another run into account. `None` if it has no such figure.
    pub fn add(&mut self, report: &Report) -> Option<()> {
        let measured = value(report, &self.predict.value)?;
        let (strategy, field) = strategy_at(report, &self.predict.value)?;
        let ideal = |strategy: &StrategyReport| Some(strategy.ideal_s?.0.as_secs_f64());
        self.measured.push(measured);
        self.ideal = match field {
            "wall_s" => ideal(strategy),
            "speedup" => report
                .strategies
                .first()
                .and_then(|first| Some(ideal(first)? / ideal(strategy)?))
                .filter(|ratio| ratio.is_finite()),
            _ => None,
        };
        // What came later than the wall time is not vouched for by it.
        let within = self.predict.unit != Unit::Time
            || strategy
                .wall()
                .is_some_and(|wall| measured <= wall.0.as_secs_f64());
        let undisturbed = report.strategies.iter().all(undisturbed);
        self.timed = ideal(strategy).is_some();
        self.late = !within;
        self.clean |= within && self.timed && undisturbed;
        self.chancy =
            self.predict.unit == Unit::Time && field != "wall_s" && strategy.runtime.workers > 1;
        Some(())
    }

    /// Whether another run would change nothing.
    pub fn is_over(&self) -> bool {
        let runs = self.measured.len();
        if runs == 0 {
            return false;
        }
        if self.contradicts_arithmetic() || runs >= CHANCES {
            return true;
        }
        match (self.predict.share, self.predict.unit) {
            (Some(_), _) => false,
            (None, _) if self.chancy => runs >= MORE && self.has_its_share(),
            (None, Unit::Time | Unit::Bytes) => {
                // Without arithmetic, a time is taken at its word if nothing disturbed it.
                let known = self.ideal.is_some() || self.clean;
                let most = match (self.timed, self.late) {
                    (true, true) => CHANCES,
                    (true, false) => MORE,
                    (false, _) => TRIES,
                };
                let enough = if known { MORE } else { most };
                runs >= enough || (known && self.wrong().is_none())
            }
            (None, Unit::Count | Unit::Times) => {
                runs >= TRIES || (self.clean && self.wrong().is_none())
            }
        }
    }

    /// What is wrong with it, if it does not hold.
    pub fn wrong(&self) -> Option<String> {
        let Predict {
            value,
            tolerance,
            answer,
            ..
        } = self.predict;
        let runs = self.measured.len();
        let measured = self.predict.unit.tried(&self.measured);
        if let Some(ideal) = self.ideal.filter(|_| self.contradicts_arithmetic()) {
            return Some(format!(
                "expected an answer within {} % of {}, which arithmetic says of `{value}`, found {answer}: {measured}",
                tolerance.min(ARITHMETIC),
                self.answer(ideal)
            ));
        }
        if self.predict.share.is_some() || self.chancy {
            let (share, hits) = (self.share(), self.hits());
            return (!self.has_its_share()).then(|| {
                format!(
                    "expected `{value}` within {tolerance} % of the answer {answer} in at least {share} % of the runs, found {hits} of {runs}: {measured}. Where chance decides, `share` says how often"
                )
            });
        }
        let judged = self.predict.unit.judged(&self.measured);
        if !self.is_near(judged) {
            return Some(format!(
                "expected `{value}` within {tolerance} % of the answer {answer}, {measured}"
            ));
        }
        let (near_answer, near_judged) =
            (near(self.predict, self.stated), near(self.predict, judged));
        // Choices that do not part the answer from the others have been told of already.
        if near_answer.len() != 1 || near_judged == near_answer {
            return None;
        }
        Some(format!(
            "expected one choice within {tolerance} % of what was measured, and the one near the answer {answer}, found {}: {measured}",
            listed(&near_judged)
        ))
    }

    fn contradicts_arithmetic(&self) -> bool {
        let most = self.predict.tolerance.min(ARITHMETIC);
        let stated = self.answer(self.stated);
        self.ideal.is_some_and(|ideal| !stated.is_near(ideal, most))
    }

    fn share(&self) -> f64 {
        self.predict.share.unwrap_or(SHARE)
    }

    fn hits(&self) -> usize {
        let near = |measured: &&f64| self.is_near(**measured);
        self.measured.iter().filter(near).count()
    }

    fn has_its_share(&self) -> bool {
        self.hits() as f64 * 100.0 >= self.share() * self.measured.len() as f64
    }

    fn is_near(&self, measured: f64) -> bool {
        let stated = self.answer(self.stated);
        stated.is_near(measured, self.predict.tolerance)
    }

    fn answer(&self, value: f64) -> Answer {
        let unit = self.predict.unit;
        Answer { value, unit }
    }
}

/// Whether it took as long as arithmetic says, but for what any machine adds. What has no ideal says nothing.
fn undisturbed(strategy: &StrategyReport) -> bool {
    let (Some(wall), Some(ideal)) = (strategy.wall(), strategy.ideal_s) else {
        return true;
    };
    wall.0.as_secs_f64() <= ideal.0.as_secs_f64() * 1.03 + 0.003
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lesson::tests::with_join_at;
    use crate::report::Seconds;

    fn predict(value: &str, unit: Unit, answer: &str) -> Predict {
        Predict {
            question: "?".into(),
            run: "gather".into(),
            value: value.into(),
            unit,
            answer: answer.into(),
            tolerance: 10.0,
            choices: Vec::new(),
            share: None,
            why: "Because.".into(),
        }
    }

    /// `join` took so many seconds, of which its second task took all.
    fn run(seconds: f64, ideal: Option<f64>, workers: usize) -> Report {
        let mut report = with_join_at(seconds);
        report.strategies.retain(|one| one.name == "join");
        let time = |seconds| Seconds(Duration::from_secs_f64(seconds));
        let join = &mut report.strategies[0];
        join.ideal_s = ideal.map(time);
        join.runtime.workers = workers;
        join.tasks[1].end_s = time(seconds);
        join.metrics = [("things_count".to_owned(), seconds)].into();
        report
    }

    /// How many runs it took, and whether it holds.
    fn tried(predict: &Predict, mut runs: impl Iterator<Item = Report>) -> (usize, bool) {
        let mut trial = Trial::new(predict);
        while !trial.is_over() {
            trial.add(&runs.next().unwrap()).unwrap();
        }
        (trial.measured.len(), trial.wrong().is_none())
    }

    const END: &str = "join.tasks.fetch two.end_s";

    #[test]
    fn an_answer_that_arithmetic_contradicts_does_not_hold_however_slow_the_machine_is() {
        for answer in ["2s", "2.4s", "4s", "1.6s"] {
            let mut wall = predict("join.wall_s", Unit::Time, answer);
            for tolerance in [10.0, 90.0] {
                wall.tolerance = tolerance;
                // Each run comes to what is stated, as far as noise can bring it there.
                let stated = wall.unit.read(answer).unwrap().max(2.0);
                let (_, held) = tried(&wall, std::iter::repeat(run(stated, Some(2.0), 1)));
                assert_eq!(held, answer == "2s", "{answer}, {tolerance} %");
            }
        }
    }

    #[test]
    fn of_several_times_the_shortest_is_judged() {
        let late = predict(END, Unit::Time, "2.4s");
        let noisy = [2.4, 2.5, 2.02, 2.4, 2.4].map(|seconds| run(seconds, Some(2.0), 1));
        assert_eq!(tried(&late, noisy.into_iter()), (5, false));
        let right = predict(END, Unit::Time, "2s");
        let noisy = [2.4, 2.5, 2.02].map(|seconds| run(seconds, Some(2.0), 1));
        assert_eq!(tried(&right, noisy.into_iter()), (3, true));
        // Without an ideal nobody knows which run was disturbed.
        let noisy = std::iter::repeat(run(2.02, None, 1));
        assert_eq!(tried(&right, noisy), (3, true));
    }

    #[test]
    fn of_what_is_counted_the_middle_one_is_judged() {
        let six = predict("join.metrics.things_count", Unit::Count, "6");
        let noisy = [6.0, 5.0, 5.0].map(|count| run(count, None, 1));
        assert_eq!(tried(&six, noisy.into_iter()), (3, false));
        let noisy = [7.0, 6.0, 6.0].map(|count| run(count, None, 1));
        assert_eq!(tried(&six, noisy.into_iter()), (3, true));
    }

    #[test]
    fn where_chance_decides_a_share_of_the_runs_is_asked_for() {
        let run = |seconds| run(seconds, None, 2);
        let both = || [2.0, 5.0].into_iter().cycle().map(run);
        let mut two = predict(END, Unit::Time, "2s");
        assert_eq!(tried(&two, both()), (10, false));
        for (share, holds) in [(40.0, true), (50.0, true), (60.0, false)] {
            two.share = Some(share);
            assert_eq!(tried(&two, both()), (10, holds), "{share}");
        }
        two.share = None;
        assert_eq!(tried(&two, std::iter::repeat(run(2.0))), (5, true));
    }
}
