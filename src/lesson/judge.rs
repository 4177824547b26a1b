//! What an answer is worth.

use super::{Answer, Predict, Quiz, value};
use crate::report::Report;

/// What a learner predicts.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// As shown back.
    pub said: String,
    /// What it stands for.
    pub answer: Answer,
}

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
    /// Whether the guess is what was measured, within the tolerance.
    pub right: bool,
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

    /// What `guess` is worth after the run. `None` if the run did not measure what was asked.
    pub fn judge(&self, guess: Option<&Guess>, report: &Report) -> Option<Verdict> {
        let measured = value(report, &self.value)?;
        let (name, field) = self.value.split_once('.')?;
        let this = report
            .strategies
            .iter()
            .find(|strategy| strategy.name == name)?;
        let is_wall = field == "wall_s";
        let ideal = this.ideal_s.filter(|_| is_wall);
        let others = report.strategies.iter().filter(|other| other.name != name);
        let others = others.filter_map(|other| {
            let there = value(report, &format!("{}.{field}", other.name))?;
            Some((other.name.clone(), self.answer_of(there)))
        });
        Some(Verdict {
            measured: self.answer_of(measured),
            is_wall,
            ideal: ideal.map(|ideal| self.answer_of(ideal.0.as_secs_f64())),
            others: others.collect(),
            right: guess.is_some_and(|guess| guess.answer.is_near(measured, self.tolerance)),
        })
    }

    fn answer_of(&self, value: f64) -> Answer {
        Answer {
            value,
            unit: self.unit,
        }
    }
}

impl Verdict {
    /// *You said 200 ms. It took 201 ms (ideal 200 ms). sequential took 604 ms.*
    pub fn words(&self, guess: Option<&Guess>) -> String {
        let took = if self.is_wall { "took" } else { "was" };
        let said = match guess {
            Some(guess) => format!("You said {}. ", guess.said.trim_end_matches('.')),
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
        format!("{said}It {took} {}{ideal}.{others}", self.measured)
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
fn letter(typed: &str, of: usize) -> Option<usize> {
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
                })
                .collect(),
            why: "Because.".into(),
        }
    }

    fn report() -> Report {
        serde_json::from_str(include_str!("../../examples/gather.json")).unwrap()
    }

    #[test]
    fn a_prediction_is_held_against_the_run() {
        let predict = predict(&[]);
        let guess = predict.read("3s").unwrap();
        let verdict = predict.judge(Some(&guess), &report()).unwrap();
        assert!(!verdict.right);
        let words = verdict.words(Some(&guess));
        assert!(
            words.starts_with("You said 3.000 s. It took 2.0"),
            "{words}"
        );
        assert!(
            words.contains("(ideal 2.000 s). sequential took 3.0"),
            "{words}"
        );
        assert!(
            predict
                .judge(predict.read("2.1").as_ref(), &report())
                .unwrap()
                .right
        );
        assert!(!predict.judge(None, &report()).unwrap().right);
        assert_eq!(predict.read("soon"), None);
    }

    #[test]
    fn a_choice_is_right_if_its_value_was_measured() {
        let predict = predict(&[("the sum", "3s"), ("the longest", "2s")]);
        let right = |typed| {
            predict
                .judge(predict.read(typed).as_ref(), &report())
                .unwrap()
                .right
        };
        assert!(right("b") && right("2") && right("B)") && !right("a"));
        assert_eq!(predict.read("c"), None);
        assert_eq!(predict.read("2s"), None);
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
        assert_eq!(right("a c"), Some(true));
        assert_eq!(right("3,1,1"), Some(true));
        assert_eq!(right("a"), Some(false));
        assert_eq!((right("d"), right(""), right("ab")), (None, None, None));
    }
}
