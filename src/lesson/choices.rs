//! The answers to choose from: none is another's twin, one is right, and what many believe is not.

use super::parse::Unexpected;
use super::{Answer, Predict};

/// Three to five, none equal; one is the answer, and the belief is another.
pub(super) fn of(predict: &Predict) -> Result<(), Unexpected> {
    let choices = &predict.choices;
    if !(3..=5).contains(&choices.len()) {
        return Err(Unexpected(format!(
            "expected from three to five choices, found {}",
            choices.len()
        )));
    }
    distinct(choices.iter().map(|choice| choice.text.as_str()))?;
    let values = choices
        .iter()
        .filter_map(|choice| predict.unit.read(&choice.value));
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    if values.len() < choices.len() {
        return Err(Unexpected(
            "expected choices of different values, found two alike".to_owned(),
        ));
    }
    let right = right_of(predict);
    let [right] = right[..] else {
        return Err(Unexpected(format!(
            "expected one choice within {} % of the answer {}, found {}",
            predict.tolerance,
            predict.answer,
            listed(&right)
        )));
    };
    let mut beliefs = choices.iter().filter(|choice| choice.belief).peekable();
    if beliefs.peek().is_none() {
        return Err(Unexpected(
            "expected the choice that many believe in to say `belief = true`, found none"
                .to_owned(),
        ));
    }
    match beliefs.any(|choice| choice.text == right) {
        true => Err(Unexpected(format!(
            "expected a belief that is wrong, found \"{right}\", which is right"
        ))),
        false => Ok(()),
    }
}

/// No two say the same.
pub(super) fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Result<(), Unexpected> {
    let mut seen = Vec::new();
    for text in texts {
        let plain = text.trim().to_lowercase();
        if seen.contains(&plain) {
            return Err(Unexpected(format!(
                "expected choices of different words, found \"{text}\" twice"
            )));
        }
        seen.push(plain);
    }
    Ok(())
}

/// The texts of the choices that are right.
pub(super) fn right_of(predict: &Predict) -> Vec<&str> {
    let answer = predict.unit.read(&predict.answer);
    answer.map_or_else(Vec::new, |answer| near(predict, answer))
}

/// The choices of a prediction that are near a value.
pub(super) fn near(predict: &Predict, value: f64) -> Vec<&str> {
    let choices = predict.choices.iter().filter(|choice| {
        let read = predict.unit.read(&choice.value);
        let unit = predict.unit;
        read.is_some_and(|read| Answer { value: read, unit }.is_near(value, predict.tolerance))
    });
    choices.map(|choice| choice.text.as_str()).collect()
}

/// `none`, or the texts in quotes.
pub(super) fn listed(texts: &[&str]) -> String {
    if texts.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<_> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(" and ")
}
