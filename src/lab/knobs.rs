//! Knobs as words of a command line, for another process.

use serde_json::Value;

use crate::report::typed;

/// What was given, as it would be typed; `other` takes the place of the knob of its name.
pub(super) fn knobs(arguments: &Value, other: Option<(&str, usize)>) -> Vec<String> {
    let mut knobs: Vec<String> = other
        .iter()
        .map(|(name, value)| format!("--{name}={value}"))
        .collect();
    for (name, value) in arguments.as_object().into_iter().flatten() {
        let name = name.replace('_', "-");
        match value {
            _ if other.is_some_and(|(other, _)| other == name) => {}
            Value::Null | Value::Bool(false) => {}
            Value::Bool(true) => knobs.push(format!("--{name}")),
            value => knobs.push(format!("--{name}={}", typed(value))),
        }
    }
    knobs
}
