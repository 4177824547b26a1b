//! What a class may vote for.

use crate::lesson::{Answer, Kind, Predict, Quiz, QuizChoice, Unit};

/// One of the answers to raise a hand for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    /// As shown.
    pub(super) text: String,
    /// What it stands for, where it is a value.
    pub(super) value: Option<f64>,
    /// Whether it is right, where that is known beforehand.
    pub(super) right: Option<bool>,
    /// Why it is, or why not.
    pub(super) why: Option<String>,
}

/// So many can be told apart by a digit.
const MOST: usize = 9;

/// What there is to vote for on a slide: nothing, where nothing is asked.
pub(super) fn candidates(kind: &Kind) -> Vec<Candidate> {
    let mut candidates = match kind {
        Kind::Predict(predict) if predict.choices.is_empty() => values(predict),
        Kind::Predict(predict) => predict
            .choices
            .iter()
            .map(|choice| Candidate {
                text: choice.text.clone(),
                value: predict.unit.read(&choice.value),
                right: None,
                why: None,
            })
            .collect(),
        Kind::Quiz(quiz) => of_quiz(quiz),
        Kind::Spot(spot) => {
            let mut lines = of_quiz(&spot.quiz());
            for line in &mut lines {
                line.text = as_code(&line.text);
            }
            lines
        }
        Kind::Repair(repair) => repair
            .choices
            .iter()
            .map(|choice| Candidate {
                text: as_code(&choice.text),
                value: None,
                right: Some(choice.right),
                why: None,
            })
            .collect(),
        Kind::Prose(_) | Kind::Run(_) | Kind::Code(_) | Kind::Try(_) => Vec::new(),
    };
    candidates.truncate(MOST);
    candidates
}

fn of_quiz(quiz: &Quiz) -> Vec<Candidate> {
    let candidate = |choice: &QuizChoice| Candidate {
        text: choice.text.clone(),
        value: None,
        right: Some(choice.right),
        why: Some(choice.why.clone()),
    };
    quiz.choices.iter().map(candidate).collect()
}

/// Lines of code on one, in Markdown.
fn as_code(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    format!("`{}`", lines.join(" ↵ ").trim())
}

/// Where the value itself is asked for, hands need values to be raised for: the answer among others.
/// It must not always stand in the middle, so the question decides where it stands.
fn values(predict: &Predict) -> Vec<Candidate> {
    let answer = predict.unit.read(&predict.answer).unwrap_or_default();
    let ladders: [[f64; 3]; 3] = [
        [1.0 / 3.0, 2.0 / 3.0, 1.0],
        [0.5, 1.0, 2.0],
        [1.0, 1.5, 3.0],
    ];
    let sum: usize = predict.question.bytes().map(usize::from).sum();
    let ladder = ladders[sum % ladders.len()];
    let mut values: Vec<f64> = if answer == 0.0 {
        let step = if predict.unit == Unit::Time { 0.1 } else { 1.0 };
        vec![0.0, step, 10.0 * step]
    } else {
        ladder.map(|times| times * answer).to_vec()
    };
    if predict.unit == Unit::Count {
        values = values.iter().map(|value| value.round()).collect();
    }
    values.dedup();
    values
        .into_iter()
        .map(|value| Candidate {
            text: Answer {
                value,
                unit: predict.unit,
            }
            .to_string(),
            value: Some(value),
            right: None,
            why: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predict(unit: Unit, answer: &str, question: &str) -> Predict {
        Predict {
            question: question.to_owned(),
            run: "gather".to_owned(),
            value: "join.wall_s".to_owned(),
            unit,
            answer: answer.to_owned(),
            tolerance: 10.0,
            choices: Vec::new(),
            share: None,
            why: String::new(),
        }
    }

    #[test]
    fn the_answer_is_among_the_values_and_stands_anywhere() {
        let mut places = Vec::new();
        for question in ["a", "b", "c"] {
            let values = candidates(&Kind::Predict(predict(Unit::Time, "900ms", question)));
            assert_eq!(values.len(), 3);
            let right = |candidate: &Candidate| candidate.value == Some(0.9);
            places.push(values.iter().position(right).unwrap());
        }
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2]);
    }

    #[test]
    fn nothing_and_small_counts_have_values_too() {
        let texts = |unit, answer| -> Vec<String> {
            let values = candidates(&Kind::Predict(predict(unit, answer, "a")));
            values.into_iter().map(|value| value.text).collect()
        };
        assert_eq!(texts(Unit::Count, "0"), ["0", "1", "10"]);
        assert_eq!(texts(Unit::Time, "0"), ["0 s", "100 ms", "1.000 s"]);
        for question in ["a", "b", "c"] {
            let kind = Kind::Predict(predict(Unit::Count, "1", question));
            let right = candidates(&kind)
                .iter()
                .any(|value| value.value == Some(1.0));
            assert!(right, "{question}");
        }
    }
}
