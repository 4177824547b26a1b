//! A lane.

use serde::{Deserialize, Serialize};

use super::{Failed, Outcome, Seconds};

/// One lane of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// What the concept calls it.
    pub label: String,
    /// Where it was tracked: `src/concepts/gather.rs:100`.
    #[serde(default)]
    pub location: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The name of the exception that ended it, in a language that has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Why, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failed>,
    /// When the future was made.
    pub created_s: Seconds,
    /// When it was first polled.
    pub start_s: Option<Seconds>,
    /// When it ended; for a task that did not, when the measuring did.
    pub end_s: Seconds,
    /// Time in polls.
    pub busy_s: Seconds,
    /// Time between a wake and the poll that it led to.
    pub scheduled_s: Seconds,
    /// Time spent waiting.
    pub idle_s: Seconds,
    /// Every poll, in order.
    pub polls: Vec<Poll>,
    /// Every wake, in order.
    pub wakes_s: Vec<Seconds>,
    /// Of each wake, the label of the task or closure in whose poll it was called; `None` where that is not known.
    /// Empty where it is known of none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub woken_by: Vec<Option<String>>,
}

/// One call of a future's `poll`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// When it began.
    pub start_s: Seconds,
    /// When it returned.
    pub end_s: Seconds,
    /// A number for the thread, the same wherever it polled.
    pub thread: usize,
}

impl Task {
    /// From its first poll to its end. Zero if it was never polled.
    pub fn life(&self) -> Seconds {
        Seconds(self.start_s.map_or_else(Default::default, |start| {
            self.end_s.0.saturating_sub(start.0)
        }))
    }
}

impl Poll {
    /// How long it held its thread.
    pub fn duration(&self) -> Seconds {
        Seconds(self.end_s.0.saturating_sub(self.start_s.0))
    }
}
