//! Claims that set a strategy beside another one. Nothing is said against one that did not run.

use super::{CLEARLY, Claim, Run, Shown, missed, shown};
use crate::report::{StrategyReport, compare};
use crate::units::{self, duration as time};

/// Slower or quicker than this other strategy, whichever way it went; where it is slower, the
/// sentence helps to understand it.
#[derive(Debug)]
pub struct ComparedWith(pub &'static str, pub Option<&'static str>);

impl Claim for ComparedWith {
    fn applies(&self, run: &Run<'_>) -> bool {
        run.comparable(self.0).is_some()
    }

    fn expectation(&self) -> String {
        format!("to be compared with {}", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let Self(name, why) = *self;
        let other = run.other(name)?.strategy;
        let there = other.wall().filter(|_| other.error.is_none())?.0;
        let runs = match run.strategy.wall_s.len() {
            1 => "in this run".to_owned(),
            runs => format!("in the median of {runs} runs"),
        };
        let ratio = compare::ratio(other, run.strategy);
        let (wall, than) = (time(run.wall), time(there));
        let took = format!("{wall}, where {name} took {than}");
        let (how, shown) = if ratio.is_some_and(|ratio| ratio < 1.0) {
            let why = why.map_or_else(String::new, |why| format!(" {why}"));
            let text = format!("slower {runs}. It took {took}.{why}");
            ("slower", shown("slower", text))
        } else if ratio.is_some() {
            let text = format!("quicker {runs}. It took {took}.");
            ("quicker", shown("quicker", text))
        } else {
            let text = format!(
                "no clear difference {runs}. It took {took}: {}",
                why_unclear(other, run)
            );
            ("no difference", shown("no_difference", text))
        };
        Some(shown.short(format!("{how}: {wall}, {name} {than}")))
    }
}

/// Why the times of both say nothing.
fn why_unclear(other: &StrategyReport, run: &Run<'_>) -> String {
    let there = other.wall().unwrap_or_default().0;
    let by = run.wall.abs_diff(there);
    let machine = compare::machine_share(other) + compare::machine_share(run.strategy);
    if by > there.min(run.wall).mul_f64(CLEARLY - 1.0) && by < machine {
        let (by, waited) = (time(by), time(machine));
        return format!(
            "{waited} of that went by without work of theirs, for the disk or a busy machine, and that can make {by} of difference."
        );
    }
    let beside = missed::beside(run.wall, there);
    format!("{beside} is no more than chance makes.")
}

/// Each task takes longer than with this other strategy, for this reason.
#[derive(Debug)]
pub struct CostsMore(pub &'static str, pub &'static str);

impl Claim for CostsMore {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (each, there) = (run.each()?, run.other(self.0)?.each()?);
        let (took, beside) = (time(each), missed::beside(each, there));
        Some(format!(
            "each took {took}, {beside}, where 20 % more are needed"
        ))
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.comparable(self.0).is_some()
    }

    fn expectation(&self) -> String {
        format!("that each takes longer than with {}", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let Self(than, why) = self;
        let (each, there) = (run.each()?, run.other(than)?.each()?);
        (each > there.mul_f64(CLEARLY)).then(|| {
            let (each, there) = (time(each), time(there));
            let text = format!("{each} for each, where {than} needed {there}: {why}.");
            shown("dearer", text)
        })
    }
}

/// The metric `.0` of this strategy, a count, is more than that of the other strategy, `.1`.
#[derive(Debug)]
pub struct CountsMore(pub &'static str, pub &'static str);

impl Claim for CountsMore {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (here, there) = (run.metric(self.0)?, run.other(self.1)?.metric(self.0)?);
        Some(format!(
            "{here} {}, and there {there}",
            units::spoken(self.0)
        ))
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.comparable(self.1).is_some()
    }

    fn expectation(&self) -> String {
        format!("more {} than {}", units::spoken(self.0), self.1)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let Self(key, other) = self;
        let (here, there) = (run.metric(key)?, run.other(other)?.metric(key)?);
        (here > there).then(|| {
            let what = units::spoken(key);
            let text = format!("{here} {what}, where {other} had {there}.");
            shown("counted_more", text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{counted, found, ms, report, told};
    use crate::report::cost;

    #[test]
    fn slower_or_quicker_is_what_the_run_says() {
        let told = |there: u64, here: u64| {
            let [std, other] =
                [("std", there), ("it", here)].map(|(name, wall)| report(name, wall, Vec::new()));
            assert_eq!(found(ComparedWith("std", None), &other, &[]), None);
            told(ComparedWith("std", Some("Why.")), &other, &[std])
        };
        assert_eq!(
            told(100, 130),
            "slower: slower in this run. It took 130 ms, where std took 100 ms. Why."
        );
        assert_eq!(
            told(100, 80),
            "quicker: quicker in this run. It took 80 ms, where std took 100 ms."
        );
        for here in [90, 100, 115] {
            let no_difference = "no_difference: no clear difference in this run. ";
            assert!(told(100, here).starts_with(no_difference), "{here}");
        }
        assert_eq!(
            told(100, 115),
            "no_difference: no clear difference in this run. It took 115 ms, where std took 100 ms: 15 ms (15 %) more than 100 ms is no more than chance makes."
        );
        let computed =
            |name, wall, cpu| counted(report(name, wall, Vec::new()), &[(cost::CPU, cpu)]);
        let told = |cpu| {
            let std = computed("std", 100, 0.1);
            let it = computed("it", 300, cpu);
            found(ComparedWith("std", None), &it, &[std]).unwrap()
        };
        assert_eq!(told(0.3).kind, "slower");
        let busy = told(0.05);
        assert_eq!(busy.kind, "no_difference");
        assert!(
            busy.sentence.ends_with("It took 300 ms, where std took 100 ms: 250 ms of that went by without work of theirs, for the disk or a busy machine, and that can make 200 ms of difference."),
            "{}",
            busy.sentence
        );
        let mut five = report("it", 200, Vec::new());
        five.wall_s = vec![ms(200); 5];
        let std = report("std", 100, Vec::new());
        let finding = found(ComparedWith("std", None), &five, &[std]).unwrap();
        assert_eq!(
            finding.sentence,
            "slower in the median of 5 runs. It took 200 ms, where std took 100 ms."
        );
        assert_eq!(finding.short, "slower: 200 ms, std 100 ms");
    }
}
