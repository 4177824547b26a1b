//! A line to replace: what stands in its place is run, and the run's own number decides.

use super::parse::Unexpected;
use super::{Answer, Mark, Repair, RepairChoice, Unit, value};
use crate::report::{Report, StrategyReport};

/// Where something is to stand.
const HOLE: &str = "____";
/// So much from its goal, in percent, a choice lies at least: no machine may decide which is right.
const CLEAR: f64 = 10.0;
/// So often a choice is run, unless that it holds is known before.
const TRIES: usize = 3;
/// So often, where it does not hold.
const MORE: usize = 5;

/// What a repair should come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    bound: Bounds,
    value: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bounds {
    AtMost,
    AtLeast,
    Exactly,
}

impl Goal {
    /// `at most 300ms`, `at least 2x`, `exactly 0`; the last of what is counted alone.
    fn read(text: &str, unit: Unit) -> Option<Self> {
        let mut known = [
            ("at most ", Bounds::AtMost),
            ("at least ", Bounds::AtLeast),
            ("exactly ", Bounds::Exactly),
        ]
        .into_iter();
        let (rest, bound) =
            known.find_map(|(words, bound)| Some((text.trim().strip_prefix(words)?, bound)))?;
        let value = unit.read(rest)?;
        let counted = unit == Unit::Count || bound != Bounds::Exactly;
        counted.then_some(Self {
            bound,
            value: Answer { value, unit },
        })
    }

    /// Whether that is what should come of it.
    pub fn meets(&self, measured: f64) -> bool {
        let goal = self.value.value;
        match self.bound {
            Bounds::AtMost => measured <= goal,
            Bounds::AtLeast => measured >= goal,
            Bounds::Exactly => (measured - goal).abs() < 0.5,
        }
    }
}

/// What came of a repair.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// What was measured.
    pub measured: Answer,
    /// What the choice is worth.
    pub mark: Mark,
    /// Whether that is a wall time.
    is_wall: bool,
    meets: bool,
    goal: String,
}

impl Repaired {
    /// Whether the run came to something else than `course check` has seen: it is to be run again.
    pub fn wants_another_run(&self) -> bool {
        matches!(self.mark, Mark::ByArithmetic | Mark::Open)
    }

    /// *It took 201 ms. The goal, at most 300 ms, is met.*
    pub fn words(&self) -> String {
        let took = if self.is_wall { "took" } else { "was" };
        let (measured, goal) = (self.measured, &self.goal);
        let is = if self.meets { "is met" } else { "is missed" };
        match self.mark {
            Mark::Right | Mark::Wrong => format!("It {took} {measured}. The goal, {goal}, {is}."),
            Mark::ByArithmetic => format!(
                "Right; this run was disturbed: it {took} {measured}, and undisturbed it meets the goal, {goal}."
            ),
            Mark::Open => format!(
                "This run was disturbed: it {took} {measured}, and undisturbed it misses the goal, {goal}. It does not count."
            ),
        }
    }

    /// Why there is another run, the one of this number.
    pub fn again(&self, run: usize) -> String {
        let took = if self.is_wall { "took" } else { "was" };
        format!(
            "This run was disturbed: it {took} {}. It runs again ({run} of {}).",
            self.measured,
            super::RUNS
        )
    }
}

impl Repair {
    /// What it should come to.
    pub fn goal(&self) -> Option<Goal> {
        Goal::read(&self.goal, self.unit)
    }

    /// What decides, in words.
    pub fn decides(&self) -> String {
        match self.value.as_str() {
            "wall_s" => "the time in all".to_owned(),
            "heartbeat.max_gap_s" => "the longest gap of the heartbeat".to_owned(),
            other => {
                let metric = other.strip_prefix("metrics.").unwrap_or(other);
                let units = ["_count", "_bytes", "_s"];
                let bare = units.iter().find_map(|unit| metric.strip_suffix(unit));
                bare.unwrap_or(metric).replace('_', " ")
            }
        }
    }

    /// The code with this in its hole.
    pub fn filled(&self, choice: &RepairChoice) -> String {
        let mut filled = String::new();
        for line in self.code.trim_matches('\n').lines() {
            if line.trim() == HOLE {
                let indent = &line[..line.len() - line.trim_start().len()];
                for line in choice.text.trim_matches('\n').lines() {
                    filled.push_str(format!("{indent}{line}").trim_end());
                    filled.push('\n');
                }
            } else {
                filled.push_str(&line.replace(HOLE, choice.text.trim()));
                filled.push('\n');
            }
        }
        filled
    }

    /// Which choice was typed, by its letter or number.
    pub fn read(&self, typed: &str) -> Option<usize> {
        super::judge::letter(typed.trim(), self.choices.len())
    }

    /// Which choice this line runs.
    pub fn choice_of(&self, line: &str) -> Option<&RepairChoice> {
        self.choices.iter().find(|choice| choice.run == line)
    }

    /// What came of a choice in a run of it. `None` if the run did not measure what decides.
    pub fn judge(&self, choice: &RepairChoice, report: &Report) -> Option<Repaired> {
        let (measured, _) = self.figure(report)?;
        let meets = self.goal()?.meets(measured);
        let mark = match (choice.right, meets) {
            (true, true) => Mark::Right,
            (false, false) => Mark::Wrong,
            (true, false) => Mark::ByArithmetic,
            (false, true) => Mark::Open,
        };
        Some(Repaired {
            measured: self.answer(measured),
            mark,
            is_wall: self.value == "wall_s",
            meets,
            goal: self.goal.trim().to_owned(),
        })
    }

    /// The figure that decides, and the strategy that it is of: a choice runs one.
    fn figure<'a>(&self, report: &'a Report) -> Option<(f64, &'a StrategyReport)> {
        let strategy = report.strategies.first()?;
        let measured = value(report, &format!("{}.{}", strategy.name, self.value))?;
        Some((measured, strategy))
    }

    fn answer(&self, value: f64) -> Answer {
        let unit = self.unit;
        Answer { value, unit }
    }

    /// What TOML cannot say.
    pub(super) fn makes_sense(&self) -> Result<(), Unexpected> {
        let unexpected = |what| Err(Unexpected(what));
        let holes = self.code.matches(HOLE).count();
        if holes != 1 {
            return unexpected(format!("expected `{HOLE}` once in the code, found {holes}"));
        }
        if self.goal().is_none() {
            return unexpected(format!(
                "expected a goal like `at most 300ms`, `at least 2x` or, of a count, `exactly 0`, found `{}`",
                self.goal
            ));
        }
        let right = self.choices.iter().filter(|choice| choice.right).count();
        let choices = self.choices.len();
        if !(3..=5).contains(&choices) || right == 0 || right == choices {
            return unexpected(format!(
                "expected from three to five choices, some of them right and some not, found {choices}, {right} of them right"
            ));
        }
        Ok(())
    }
}

/// A choice that is run until it is known whether it meets its goal as often as the lesson says.
#[derive(Debug)]
pub struct RepairTrial<'a> {
    repair: &'a Repair,
    choice: &'a RepairChoice,
    /// In each run so far: seconds, pieces, times or bytes.
    pub measured: Vec<f64>,
    ideal: Option<f64>,
}

impl<'a> RepairTrial<'a> {
    /// Before its first run.
    pub fn new(repair: &'a Repair, choice: &'a RepairChoice) -> Self {
        Self {
            repair,
            choice,
            measured: Vec::new(),
            ideal: None,
        }
    }

    /// Takes another run into account. `None` if it has no such figure.
    pub fn add(&mut self, report: &Report) -> Option<()> {
        let (measured, strategy) = self.repair.figure(report)?;
        self.measured.push(measured);
        let ideal = strategy.ideal_s.filter(|_| self.repair.value == "wall_s");
        self.ideal = ideal.map(|ideal| ideal.0.as_secs_f64());
        Some(())
    }

    /// Whether another run would change nothing.
    pub fn is_over(&self) -> bool {
        let runs = self.measured.len();
        if runs == 0 {
            return false;
        }
        // What one run came to is no accident where arithmetic says the same.
        let known = self.ideal.is_some_and(|ideal| self.as_stated(ideal));
        let enough = if known { 1 } else { TRIES };
        runs >= MORE || (runs >= enough && self.wrong().is_none())
    }

    /// What is wrong with it, if it does not hold.
    pub fn wrong(&self) -> Option<String> {
        let goal = self.repair.goal()?;
        let unit = self.repair.unit;
        let judged = unit.judged(&self.measured);
        let measured = unit.tried(&self.measured);
        let text = self.choice.text.trim();
        let goal_text = self.repair.goal.trim();
        if !self.as_stated(judged) {
            let should = if self.choice.right { "meet" } else { "miss" };
            return Some(format!(
                "expected the choice `{text}` to {should} the goal, {goal_text}: {measured}"
            ));
        }
        let apart = (judged - goal.value.value).abs();
        let near = apart < goal.value.value.abs() * CLEAR / 100.0;
        (near && unit != Unit::Count).then(|| {
            format!(
                "expected the choice `{text}` at least {CLEAR} % from the goal, {goal_text}, so that no machine decides: {measured}"
            )
        })
    }

    fn as_stated(&self, value: f64) -> bool {
        let goal = self.repair.goal();
        goal.is_some_and(|goal| goal.meets(value) == self.choice.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::CodeLanguage;
    use crate::lesson::tests::with_join_at;

    fn repair(goal: &str) -> Repair {
        let choice = |text: &str, strategy: &str, right| RepairChoice {
            text: text.to_owned(),
            run: format!("gather --strategy {strategy}"),
            right,
            why: "Because.".to_owned(),
        };
        Repair {
            question: "Which?".to_owned(),
            code: "\nasync def both():\n    ____\n    return 1\n".to_owned(),
            language: CodeLanguage::Python,
            value: "wall_s".to_owned(),
            unit: Unit::Time,
            goal: goal.to_owned(),
            choices: vec![
                choice("await one()\nawait two()", "sequential", false),
                choice("await gather(one(), two())", "join", true),
                choice("one(); two()", "created-first", false),
            ],
        }
    }

    /// `join` and nothing else, at so many seconds.
    fn report(seconds: f64) -> Report {
        let mut report = with_join_at(seconds);
        report.strategies.retain(|one| one.name == "join");
        report
    }

    #[test]
    fn what_is_chosen_stands_where_the_hole_was() {
        let repair = repair("at most 2.5s");
        assert!(repair.makes_sense().is_ok());
        assert_eq!(
            repair.filled(&repair.choices[0]),
            "async def both():\n    await one()\n    await two()\n    return 1\n"
        );
        let code = "x = ____  # here".to_owned();
        let within = Repair {
            code,
            ..repair.clone()
        }
        .filled(&repair.choices[1]);
        assert_eq!(within, "x = await gather(one(), two())  # here\n");
    }

    #[test]
    fn the_number_of_the_run_decides_and_no_disturbed_one_does() {
        let repair = repair("at most 2.5s");
        let [slow, right, _] = &repair.choices[..] else {
            unreachable!()
        };
        let judged = |choice, seconds| repair.judge(choice, &report(seconds)).unwrap();
        for (choice, seconds, mark, words) in [
            (
                right,
                2.0,
                Mark::Right,
                "It took 2.000 s. The goal, at most 2.5s, is met.",
            ),
            (slow, 3.0, Mark::Wrong, "is missed."),
            (right, 9.0, Mark::ByArithmetic, "this run was disturbed"),
            (slow, 1.0, Mark::Open, "This run was disturbed"),
        ] {
            let repaired = judged(choice, seconds);
            let again = matches!(mark, Mark::ByArithmetic | Mark::Open);
            assert_eq!((repaired.mark, repaired.wants_another_run()), (mark, again));
            assert!(repaired.words().contains(words), "{}", repaired.words());
        }
    }

    /// How many runs it took, and what is wrong.
    fn tried(repair: &Repair, choice: usize, seconds: &[f64]) -> (usize, Option<String>) {
        let mut trial = RepairTrial::new(repair, &repair.choices[choice]);
        let mut seconds = seconds.iter().cycle();
        while !trial.is_over() {
            trial.add(&report(*seconds.next().unwrap())).unwrap();
        }
        (trial.measured.len(), trial.wrong())
    }

    #[test]
    fn a_choice_holds_if_it_is_as_stated_and_clear_of_the_goal() {
        // Arithmetic says 2 s of `join`: one run is enough for what is right.
        assert_eq!(tried(&repair("at most 2.5s"), 1, &[2.01]), (1, None));
        assert_eq!(tried(&repair("at most 2.5s"), 1, &[4.0, 2.01]), (2, None));
        assert_eq!(tried(&repair("at most 1s"), 1, &[2.01]).0, MORE);
        for (goal, choice, expected) in [
            (
                "at most 1s",
                1,
                "`await gather(one(), two())` to meet the goal, at most 1s: measured 2.010 s",
            ),
            ("at most 2.1s", 1, "at least 10 % from the goal"),
            ("at most 2.5s", 0, "to miss the goal"),
        ] {
            let wrong = tried(&repair(goal), choice, &[2.01]).1.unwrap();
            assert!(wrong.contains(expected), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_told() {
        let wrong = |change: &dyn Fn(&mut Repair)| {
            let mut repair = repair("at most 2s");
            change(&mut repair);
            repair.makes_sense().unwrap_err().0
        };
        assert!(wrong(&|it| it.goal = "300ms".into()).contains("found `300ms`"));
        assert!(wrong(&|it| it.goal = "exactly 2s".into()).contains("found `exactly 2s`"));
        assert!(wrong(&|it| it.code = "a".into()).ends_with("once in the code, found 0"));
        assert!(wrong(&|it| it.choices[1].right = false).ends_with("found 3, 0 of them right"));
        assert!(wrong(&|it| drop(it.choices.pop())).ends_with("found 2, 1 of them right"));
        let count = Goal::read("exactly 3", Unit::Count).unwrap();
        assert!(count.meets(3.0) && !count.meets(4.0));
        let least = Goal::read("at least 2x", Unit::Times).unwrap();
        assert!(least.meets(2.0) && !least.meets(1.9));
    }
}
