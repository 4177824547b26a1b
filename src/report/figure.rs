//! The figure that a concept is about.

use super::{Cost, StrategyReport};
use crate::units;

/// What the strategies of a concept are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// How long each took.
    Wall,
    /// The heartbeat's longest gap.
    LongestGap,
    /// The longest life of a task, by the name that this has there.
    LongestTask(&'static str),
    /// The metric of this key, by the name that it has there.
    Metric(&'static str, &'static str),
    /// The memory of one of many tasks.
    BytesEach,
}

impl Figure {
    /// What stands above the bars.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall time",
            Self::LongestGap => "longest gap of the heartbeat",
            Self::LongestTask(name) | Self::Metric(_, name) => name,
            Self::BytesEach => "memory per task",
        }
    }

    /// Its value, in seconds, bytes, or a count. `None` where the strategy failed, did nothing, or has no such figure.
    pub fn of(self, strategy: &StrategyReport) -> Option<f64> {
        if strategy.error.is_some() || strategy.did_nothing() {
            return None;
        }
        let seconds = |of: super::Seconds| of.0.as_secs_f64();
        match self {
            Self::Wall => strategy.wall().map(seconds),
            Self::LongestGap => {
                let heartbeat = strategy.heartbeat.as_ref();
                heartbeat.map(|heartbeat| seconds(heartbeat.max_gap_s))
            }
            Self::LongestTask(_) => {
                let lives = strategy.tasks.iter().map(super::Task::life);
                lives.max().map(seconds)
            }
            Self::Metric(key, _) => strategy.metrics.get(key).copied(),
            Self::BytesEach => Cost::of(strategy)?.bytes_each(),
        }
    }

    /// A value with its unit.
    pub fn shown(self, value: f64) -> String {
        match self {
            Self::Wall | Self::LongestGap | Self::LongestTask(_) => units::seconds(value),
            Self::Metric(key, _) => units::metric(key, value),
            Self::BytesEach => units::bytes(value),
        }
    }
}
