//! Two reports of the same concept beside each other, strategy by strategy: what changed beyond the spread.

use serde::Serialize;

use super::compare::{ENOUGH, beyond_spread, equal_work};
use super::{Report, Seconds, StrategyReport, cost, typed};
use crate::units;

/// What may be said of one strategy in two reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It took longer, beyond the spread.
    Slower,
    /// It took less time, beyond the spread.
    Faster,
    /// With enough runs of both, the difference lies within their spread.
    NoDifference,
    /// Too few runs to tell a difference of this size from noise.
    NeedsRepeat,
    /// Both did not do the same work: tasks failed in one of them.
    OtherWork,
    /// It failed in the second report, and not in the first.
    FailsNow,
    /// It failed in the first report.
    FailedBefore,
    /// It has no time in one of them: it did no work.
    NoTime,
    /// It is in the first report alone.
    OnlyBefore,
    /// It is in the second report alone.
    OnlyAfter,
}

/// One strategy in two reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedStrategy {
    /// As typed after `--strategy`.
    pub name: String,
    /// In which language it ran, where that is not Rust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// With how many tasks, where it ran with several numbers of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<usize>,
    /// Its wall times in the first report.
    pub before_s: Vec<Seconds>,
    /// And in the second.
    pub after_s: Vec<Seconds>,
    /// The medians' ratio less one: 0.1 is a tenth longer. `None` where one of them has no time.
    pub change: Option<f64>,
    /// What that means.
    pub verdict: Change,
}

/// Two reports of one concept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Versus {
    /// Which concept.
    pub concept: String,
    /// What else differs than the code, in words: the machine, the program, a knob.
    pub differences: Vec<String>,
    /// Each strategy, in the order of the first report.
    pub strategies: Vec<ComparedStrategy>,
}

impl Versus {
    /// `after` beside `before`.
    pub fn of(before: &Report, after: &Report) -> Self {
        let find = |report: &'_ Report, key: &StrategyKey| {
            let mut found = report.strategies.iter();
            found.position(|it| StrategyKey::of(report, it) == *key)
        };
        let mut strategies = Vec::new();
        for one in &before.strategies {
            let key = StrategyKey::of(before, one);
            let two = find(after, &key).map(|at| &after.strategies[at]);
            strategies.push(key.compared(Some(one), two));
        }
        for two in &after.strategies {
            let key = StrategyKey::of(after, two);
            if find(before, &key).is_none() {
                strategies.push(key.compared(None, Some(two)));
            }
        }
        Self {
            concept: after.concept.clone(),
            differences: differences(before, after),
            strategies,
        }
    }

    /// Those that took longer by more than `limit` (0.1 is a tenth), or fail now.
    pub fn worse(&self, limit: f64) -> impl Iterator<Item = &ComparedStrategy> {
        self.strategies.iter().filter(move |it| match it.verdict {
            Change::FailsNow => true,
            Change::Slower => it.change.is_some_and(|change| change > limit),
            _ => false,
        })
    }
}

/// What makes two strategies the same one.
#[derive(PartialEq)]
struct StrategyKey {
    name: String,
    language: Option<String>,
    tasks: Option<usize>,
}

impl StrategyKey {
    fn of(report: &Report, strategy: &StrategyReport) -> Self {
        let tasks = strategy
            .metrics
            .get(cost::TASKS)
            .map(|tasks| *tasks as usize);
        Self {
            name: strategy.name.clone(),
            language: strategy.language.clone(),
            tasks: tasks.filter(|_| report.sizes_of(strategy) > 1),
        }
    }

    fn compared(
        self,
        before: Option<&StrategyReport>,
        after: Option<&StrategyReport>,
    ) -> ComparedStrategy {
        let walls = |of: Option<&StrategyReport>| of.map_or_else(Vec::new, |it| it.wall_s.clone());
        let wall = |of: Option<&StrategyReport>| {
            let wall = of?.wall()?.0.as_secs_f64();
            (wall > 0.0).then_some(wall)
        };
        ComparedStrategy {
            name: self.name,
            language: self.language,
            tasks: self.tasks,
            before_s: walls(before),
            after_s: walls(after),
            change: wall(before).and_then(|before| Some(wall(after)? / before - 1.0)),
            verdict: match (before, after) {
                (Some(before), Some(after)) => verdict(before, after),
                (None, _) => Change::OnlyAfter,
                (_, None) => Change::OnlyBefore,
            },
        }
    }
}

fn verdict(before: &StrategyReport, after: &StrategyReport) -> Change {
    if before.failed() {
        return Change::FailedBefore;
    }
    if after.failed() {
        return Change::FailsNow;
    }
    if before.wall().is_none() || after.wall().is_none() {
        return Change::NoTime;
    }
    if !equal_work(before, after) {
        return Change::OtherWork;
    }
    match beyond_spread(before, after) {
        Some(times) if times > 1.0 => Change::Faster,
        Some(_) => Change::Slower,
        None if before.wall_s.len().min(after.wall_s.len()) < ENOUGH => Change::NeedsRepeat,
        None => Change::NoDifference,
    }
}

/// What else is not the same.
fn differences(before: &Report, after: &Report) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differs = |what: &str, one: String, two: String| {
        if one != two {
            differences.push(format!("{what}: {one} → {two}"));
        }
    };
    differs(
        "machine",
        before.machine.in_words(),
        after.machine.in_words(),
    );
    let program = |report: &Report| {
        let program = report.program.as_ref();
        program.map_or_else(
            || "an early asyncdemo".to_owned(),
            |program| {
                let features = program.features.join(", ");
                let features = match &*features {
                    "" => String::new(),
                    features => format!(", with {features}"),
                };
                format!(
                    "{}{features}, {} memory",
                    program.in_words(),
                    program.allocator
                )
            },
        )
    };
    differs("program", program(before), program(after));
    let slow = |report: &Report| units::duration(report.slow_poll_s.0);
    differs("slow poll", slow(before), slow(after));
    let whole = |report: &Report| {
        match report.partial {
            true => "stopped before the end",
            false => "whole",
        }
        .to_owned()
    };
    differs("run", whole(before), whole(after));
    let knobs = |report: &Report| report.arguments.as_object().cloned().unwrap_or_default();
    let (one, two) = (knobs(before), knobs(after));
    let added = two.keys().filter(|knob| !one.contains_key(*knob));
    for knob in one.keys().chain(added) {
        let shown = |knobs: &serde_json::Map<String, serde_json::Value>| {
            let given = knobs.get(knob).filter(|value| !value.is_null());
            given.map_or_else(|| "none".to_owned(), typed)
        };
        let name = format!("--{}", knob.replace('_', "-"));
        differs(&name, shown(&one), shown(&two));
    }
    for strategy in &before.strategies {
        let mut others = after.strategies.iter();
        if let Some(other) = others.find(|it| it.is_same_as(strategy))
            && let (Some(one), Some(two)) = (&strategy.interpreter, &other.interpreter)
        {
            differs("interpreter", one.clone(), two.clone());
        }
    }
    differences.dedup();
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{ms, report};

    /// A report whose one strategy took these times.
    fn took(walls: &[u64]) -> Report {
        let mut whole = Report::from_json(include_bytes!("../../examples/gather.json")).unwrap();
        let mut strategy = report("it", walls[0], Vec::new());
        strategy.wall_s = walls.iter().map(|wall| ms(*wall)).collect();
        whole.strategies = vec![strategy];
        whole
    }

    fn said(before: &[u64], after: &[u64]) -> Change {
        Versus::of(&took(before), &took(after)).strategies[0].verdict
    }

    #[test]
    fn there_is_no_verdict_within_the_spread() {
        assert_eq!(said(&[1_000], &[1_100]), Change::NeedsRepeat);
        assert_eq!(said(&[1_000], &[1_500]), Change::Slower);
        assert_eq!(said(&[1_500], &[1_000]), Change::Faster);
        let five = [1_000, 1_010, 1_020, 1_030, 1_040];
        let later = five.map(|wall| wall + 100);
        let wide = [900, 1_000, 1_120, 1_300, 1_500];
        assert_eq!(said(&five, &later), Change::Slower);
        assert_eq!(said(&five, &wide), Change::NoDifference);
        assert_eq!(said(&five, &[1_100]), Change::NeedsRepeat);
    }

    #[test]
    fn what_is_worse_is_beyond_the_limit_or_fails() {
        let five = [1_000, 1_000, 1_000, 1_000, 1_000];
        let versus = Versus::of(&took(&five), &took(&five.map(|wall| wall * 11 / 10 + 1)));
        assert_eq!(versus.worse(0.1).count(), 1);
        assert_eq!(versus.worse(0.2).count(), 0);
        let mut fails = took(&five);
        fails.strategies[0].error = Some("no".to_owned());
        assert_eq!(Versus::of(&took(&five), &fails).worse(9.0).count(), 1);
        assert_eq!(Versus::of(&fails, &took(&five)).worse(0.0).count(), 0);
    }

    #[test]
    fn what_else_differs_is_said() {
        let (one, mut two) = (took(&[1]), took(&[1]));
        assert_eq!(differences(&one, &two), [""; 0]);
        two.machine.cores = 64;
        two.arguments["delays"] = serde_json::json!(["3s"]);
        two.partial = true;
        let told = differences(&one, &two);
        assert!(told[0].starts_with("machine: ") && told[0].contains("64 cores"));
        assert_eq!(told[1], "run: whole → stopped before the end");
        assert_eq!(told[2], "--delays: 1s,2s → 3s");
    }
}
