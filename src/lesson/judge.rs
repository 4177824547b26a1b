//! What an answer is worth.

use super::answer::strategy_at;
use super::{Answer, Choice, Predict, Quiz, value};
use crate::report::{Finding, Report};

/// What a learner predicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// As shown back.
    pub said: String,
    /// What it stands for.
    pub answer: Answer,
}

/// What a prediction is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is what was measured.
    Right,
    /// It is neither what was measured nor what arithmetic says.
    Wrong,
    /// It is what arithmetic says, and the run came to something else.
    ByArithmetic,
    /// Nothing was predicted; or what a disturbed run came to was.
    Open,
}

impl Mark {
    /// Whether it counts as a right answer. `None` where it does not count.
    pub fn counts(self) -> Option<bool> {
        match self {
            Self::Right | Self::ByArithmetic => Some(true),
            Self::Wrong => Some(false),
            Self::Open => None,
        }
    }
}

/// So often a disturbed run is run, in all, before a prediction is judged all the same.
pub const RUNS: usize = 3;

/// The kinds of findings that show too little to judge by.
const TOO_LITTLE: [&str; 2] = ["inconclusive", "no_difference"];

/// A prediction beside what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was measured.
    pub measured: Answer,
    /// Whether that is a wall time.
    pub is_wall: bool,
    /// What arithmetic promises, where the value is a wall time.
    pub ideal: Option<Answer>,
    /// What the other strategies of the run came to.
    pub others: Vec<(String, Answer)>,
    /// What the run should have come to, if it came to something else: then something disturbed it.
    pub disturbed: Option<Answer>,
    /// Whether the run itself says that it shows nothing.
    pub inconclusive: bool,
    /// What the guess is worth.
    pub mark: Mark,
}

impl Predict {
    /// What was typed: a choice's letter or number, or a value. `None` if it is neither.
    pub fn read(&self, typed: &str) -> Option<Guess> {
        let typed = typed.trim();
        if self.choices.is_empty() {
            let value = self.unit.read(typed)?;
            let answer = self.answer_of(value);
            return Some(Guess {
                said: answer.to_string(),
                answer,
            });
        }
        let choice = &self.choices[letter(typed, self.choices.len())?];
        Some(Guess {
            said: choice.text.clone(),
            answer: self.answer_of(self.unit.read(&choice.value)?),
        })
    }

    /// What `guess` is worth after the run, and after earlier ones that came to `earlier`. `None` if the run did
    /// not measure what was asked.
    pub fn judge(
        &self,
        guess: Option<&Guess>,
        report: &Report,
        earlier: &[Answer],
    ) -> Option<Verdict> {
        let measured = value(report, &self.value)?;
        let (this, field) = strategy_at(report, &self.value)?;
        let name = &this.name;
        let is_wall = field == "wall_s";
        let ideal = this.ideal_s.filter(|_| is_wall);
        let ideal = ideal.map(|ideal| ideal.0.as_secs_f64());
        let others = report
            .strategies
            .iter()
            .filter(|other| !std::ptr::eq(*other, this));
        let others = others.filter_map(|other| {
            let (path, shown) = match &other.language {
                None => (other.name.clone(), other.name.clone()),
                Some(_) => (
                    format!("python.{}", other.name),
                    format!("{} in Python", other.name),
                ),
            };
            // Where both languages ran, both have a strategy of this name.
            let shown = match other.name == this.name && other.language.is_none() {
                true => format!("{shown} in Rust"),
                false => shown,
            };
            let there = value(report, &format!("{path}.{field}"))?;
            Some((shown, self.answer_of(there)))
        });
        let expected = self.expected(ideal).unwrap_or(measured);
        let agrees = self.answer_of(expected).is_near(measured, self.tolerance);
        let inconclusive = |finding: &Finding| {
            finding.strategy == *name
                && finding.language == this.language
                && TOO_LITTLE.contains(&&*finding.kind)
        };
        let mut verdict = Verdict {
            measured: self.answer_of(measured),
            is_wall,
            ideal: ideal.map(|ideal| self.answer_of(ideal)),
            others: others.collect(),
            // Where chance decides, no run is a disturbed one.
            disturbed: (!agrees && self.share.is_none()).then_some(self.answer_of(expected)),
            inconclusive: report.findings.iter().any(inconclusive),
            mark: Mark::Open,
        };
        if let Some(guess) = guess {
            verdict.mark = self.mark(guess.answer, &verdict, expected, earlier);
        }
        Some(verdict)
    }

    /// What the run should come to: what the lesson says, unless arithmetic contradicts it.
    fn expected(&self, ideal: Option<f64>) -> Option<f64> {
        let stated = self.unit.read(&self.answer);
        let (Some(stated), Some(ideal)) = (stated, ideal) else {
            return stated.or(ideal);
        };
        let fits = self.answer_of(stated).is_near(ideal, self.tolerance);
        Some(if fits { stated } else { ideal })
    }

    fn mark(&self, guess: Answer, verdict: &Verdict, expected: f64, earlier: &[Answer]) -> Mark {
        let near = |value: f64| guess.is_near(value, self.tolerance);
        // Of two choices the run may be near to, the lesson has one in mind.
        let meant = |choice: &Choice| {
            let value = self.unit.read(&choice.value);
            value.is_some_and(|value| self.answer_of(value).is_near(expected, self.tolerance))
        };
        let measured = near(verdict.measured.value)
            && (self.share.is_some() || !self.choices.iter().any(meant));
        match (verdict.disturbed, near(expected)) {
            (None, true) => Mark::Right,
            (None, false) if measured => Mark::Right,
            (None, false) => Mark::Wrong,
            (Some(_), true) => Mark::ByArithmetic,
            (Some(_), false) => {
                let mut all = earlier.iter().chain([&verdict.measured]);
                match all.any(|measured| near(measured.value)) {
                    true => Mark::Open,
                    false => Mark::Wrong,
                }
            }
        }
    }

    fn answer_of(&self, value: f64) -> Answer {
        Answer {
            value,
            unit: self.unit,
        }
    }
}

impl Verdict {
    /// Whether the run says too little to judge by: it is to be run again.
    pub fn wants_another_run(&self) -> bool {
        self.disturbed.is_some() || (self.inconclusive && self.mark == Mark::Wrong)
    }

    /// *You said: 200 ms. It took 201 ms (ideal 200 ms). sequential took 604 ms.*
    pub fn words(&self, guess: Option<&Guess>) -> String {
        let took = if self.is_wall { "took" } else { "was" };
        let said = match guess {
            Some(guess) => format!("You said: {}. ", guess.said.trim_end_matches('.')),
            None => String::new(),
        };
        let ideal = self
            .ideal
            .map_or_else(String::new, |ideal| format!(" (ideal {ideal})"));
        let others: String = self
            .others
            .iter()
            .map(|(name, there)| format!(" {name} {took} {there}."))
            .collect();
        let measured = format!("it {took} {}{ideal}", self.measured);
        let told = match (self.disturbed, self.mark) {
            (None, _) => format!("I{}.", &measured[1..]),
            (Some(_), Mark::ByArithmetic) => {
                format!("Right by arithmetic; this run was disturbed: {measured}.")
            }
            (Some(expected), Mark::Wrong) => {
                format!("By arithmetic it is {expected}. This run was disturbed: {measured}.")
            }
            (Some(expected), _) => format!(
                "This run was disturbed: {measured}, and by arithmetic it is {expected}. It does not count."
            ),
        };
        format!("{said}{told}{others}")
    }

    /// Why there is another run, the one of this number.
    pub fn again(&self, run: usize) -> String {
        let took = if self.is_wall { "took" } else { "was" };
        let why = match self.disturbed {
            Some(expected) => format!("it {took} {}, not {expected}", self.measured),
            None => "it is inconclusive".to_owned(),
        };
        format!("This run was disturbed: {why}. It runs again ({run} of {RUNS}).")
    }
}

impl Quiz {
    /// The choices that were typed, by their letters or numbers: `b`, `a c`, `1,3`.
    pub fn read(&self, typed: &str) -> Option<Vec<usize>> {
        let words = typed.split([' ', ',', '+']).filter(|word| !word.is_empty());
        let chosen: Option<Vec<usize>> =
            words.map(|word| letter(word, self.choices.len())).collect();
        let mut chosen = chosen.filter(|chosen| !chosen.is_empty())?;
        chosen.sort_unstable();
        chosen.dedup();
        Some(chosen)
    }

    /// Whether these are the right ones, and all of them.
    pub fn is_right(&self, chosen: &[usize]) -> bool {
        let right = |at: &usize| self.choices[*at].right;
        (0..self.choices.len())
            .filter(right)
            .eq(chosen.iter().copied())
    }

    /// Whether more than one choice is right.
    pub fn wants_several(&self) -> bool {
        self.choices.iter().filter(|choice| choice.right).count() > 1
    }
}

/// `a` or `1` is the first of so many.
pub(super) fn letter(typed: &str, of: usize) -> Option<usize> {
    let index = match typed.trim_end_matches([')', '.']).as_bytes() {
        [letter @ (b'a'..=b'z' | b'A'..=b'Z')] => usize::from(letter.to_ascii_lowercase() - b'a'),
        [digit @ b'1'..=b'9'] => usize::from(digit - b'1'),
        _ => return None,
    };
    (index < of).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::tests::{recorded, with_join_at};
    use crate::lesson::{Choice, QuizChoice, Unit};

    fn predict(choices: &[(&str, &str)]) -> Predict {
        Predict {
            question: "How long?".into(),
            run: "gather".into(),
            value: "join.wall_s".into(),
            unit: Unit::Time,
            answer: "2s".into(),
            tolerance: 10.0,
            choices: choices
                .iter()
                .map(|(text, value)| Choice {
                    text: (*text).into(),
                    value: (*value).into(),
                    belief: false,
                })
                .collect(),
            share: None,
            why: "Because.".into(),
        }
    }

    fn marked(predict: &Predict, typed: &str, report: &Report) -> Verdict {
        let guess = predict.read(typed);
        predict.judge(guess.as_ref(), report, &[]).unwrap()
    }

    #[test]
    fn a_prediction_is_held_against_the_run() {
        let predict = predict(&[]);
        let verdict = marked(&predict, "3s", &recorded());
        assert!(verdict.mark == Mark::Wrong && !verdict.wants_another_run());
        let words = verdict.words(predict.read("3s").as_ref());
        let parts = [
            "You said: 3.000 s. It took 2.0",
            "(ideal 2.000 s). sequential took 3.0",
        ];
        assert!(parts.iter().all(|part| words.contains(part)), "{words}");
        assert_eq!(marked(&predict, "2.1s", &recorded()).mark, Mark::Right);
        let silent = predict.judge(None, &recorded(), &[]).unwrap();
        assert_eq!(silent.mark, Mark::Open);
        assert_eq!((predict.read("soon"), predict.read("2")), (None, None));
    }

    #[test]
    fn nobody_is_marked_wrong_by_a_run_that_was_disturbed() {
        for choices in [&[][..], &[("the longest", "2s"), ("about 4 s", "4s")]] {
            let predict = predict(choices);
            let typed = |answer| match (choices, answer) {
                ([], other) => other,
                (_, "2s") => "a",
                _ => "b",
            };
            let verdict = marked(&predict, typed("2s"), &with_join_at(4.0));
            assert_eq!(verdict.mark, Mark::ByArithmetic);
            assert!(verdict.wants_another_run());
            let words = verdict.words(predict.read(typed("2s")).as_ref());
            let told =
                "Right by arithmetic; this run was disturbed: it took 4.000 s (ideal 2.000 s).";
            assert!(words.contains(told), "{words}");
            let verdict = marked(&predict, typed("4s"), &with_join_at(4.0));
            assert_eq!((verdict.mark, verdict.mark.counts()), (Mark::Open, None));
        }
        let predict = predict(&[]);
        // Of an earlier run, too.
        let guess = predict.read("6s");
        for (earlier, mark) in [
            (&[][..], Mark::Wrong),
            (&[guess.as_ref().unwrap().answer], Mark::Open),
        ] {
            let verdict = predict.judge(guess.as_ref(), &with_join_at(4.0), earlier);
            assert_eq!(verdict.unwrap().mark, mark);
        }
    }

    #[test]
    fn a_lesson_that_arithmetic_contradicts_marks_nobody_wrong() {
        let mut predict = predict(&[]);
        predict.answer = "5s".into();
        assert_eq!(marked(&predict, "2s", &recorded()).mark, Mark::Right);
        assert_eq!(marked(&predict, "5s", &recorded()).mark, Mark::Wrong);
    }

    #[test]
    fn where_chance_decides_both_ends_are_right() {
        let mut predict = predict(&[("the longest", "2s"), ("their sum", "3s")]);
        predict.share = Some(50.0);
        for typed in ["a", "b"] {
            let verdict = marked(&predict, typed, &with_join_at(3.0));
            assert_eq!((verdict.mark, verdict.disturbed), (Mark::Right, None));
        }
    }

    #[test]
    fn a_choice_is_right_if_the_lesson_means_it_and_the_run_bears_it_out() {
        let predict = predict(&[("the sum", "3s"), ("the longest", "2s")]);
        let right = |typed| marked(&predict, typed, &recorded()).mark == Mark::Right;
        assert!(right("b") && right("2") && right("B)") && !right("a"));
        assert_eq!((predict.read("c"), predict.read("2s")), (None, None));
    }

    #[test]
    fn of_two_choices_that_the_run_is_near_to_one_is_right() {
        let predict = predict(&[("a", "2s"), ("b", "2.3s")]);
        let mark = |typed| marked(&predict, typed, &with_join_at(2.15)).mark;
        assert_eq!((mark("a"), mark("b")), (Mark::Right, Mark::Wrong));
    }

    #[test]
    fn a_quiz_wants_all_that_is_right_and_nothing_else() {
        let choice = |right| QuizChoice {
            text: "x".into(),
            right,
            why: "y".into(),
        };
        let quiz = Quiz {
            question: "Which?".into(),
            choices: vec![choice(true), choice(false), choice(true)],
        };
        let right = |typed| quiz.read(typed).map(|chosen| quiz.is_right(&chosen));
        for (typed, is_right) in [
            ("a c", Some(true)),
            ("3,1,1", Some(true)),
            ("a", Some(false)),
            ("d", None),
            ("", None),
            ("ab", None),
        ] {
            assert_eq!(right(typed), is_right, "{typed}");
        }
    }
}
