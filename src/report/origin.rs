//! When, where and by what a report was measured, in words.

use serde_json::Value;

use super::{Machine, Program, Report, StrategyReport};
use crate::units;

impl Report {
    /// `2026-11-26T22:00:00Z · linux x86_64, 2 cores, Xeon · asyncdemo 0.1.0, dev build`.
    pub fn origin(&self) -> String {
        let parts = [
            self.started.clone(),
            Some(self.machine.in_words()),
            self.program.as_ref().map(Program::in_words),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// How often each strategy ran: the most of all.
    pub fn repeats(&self) -> usize {
        let runs = self.strategies.iter().map(|strategy| strategy.wall_s.len());
        runs.max().unwrap_or(0)
    }

    /// With how many sizes of its work this strategy ran.
    pub fn sizes_of(&self, strategy: &StrategyReport) -> usize {
        let strategies = self.strategies.iter();
        strategies.filter(|it| it.is_same_as(strategy)).count()
    }
}

/// The value of a knob as a user would type it.
pub fn typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(typed).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

impl Machine {
    /// `linux x86_64, 2 cores, Xeon`.
    pub fn in_words(&self) -> String {
        let cores = units::count(self.cores, "core", "cores");
        let cpu = self.cpu.as_ref().map(|cpu| format!(", {cpu}"));
        let cpu = cpu.unwrap_or_default();
        format!("{} {}, {cores}{cpu}", self.os, self.arch)
    }
}

impl Program {
    /// `asyncdemo 0.1.0 (1a2b3c4), dev build`.
    pub fn in_words(&self) -> String {
        let commit = self.commit.as_ref().map(|commit| {
            let short: String = commit.chars().take(7).collect();
            format!(" ({short})")
        });
        let commit = commit.unwrap_or_default();
        format!("asyncdemo {}{commit}, {} build", self.version, self.profile)
    }

    /// The same with what was built in: `…, features: redis`.
    pub fn built(&self) -> String {
        let features = match self.features.is_empty() {
            true => "none".to_owned(),
            false => self.features.join(", "),
        };
        format!("{}, features: {features}", self.in_words())
    }
}
