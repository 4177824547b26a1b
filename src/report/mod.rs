//! Everything a run measured, as plain data. No clock, no I/O.
//!
//! The shape is version 2 of `docs/report.schema.json`: seconds as JSON numbers, counted from the
//! start of each strategy.

mod build;
mod cause;
pub mod compare;
pub mod cost;
mod failed;
mod figure;
mod finding;
mod origin;
mod read;
mod seconds;
mod task;
mod until;
mod versus;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use build::Measured;
pub use cause::FailedTasks;
pub use cost::{Cost, costs, slope};
pub use figure::Figure;
pub use finding::{Finding, INCONCLUSIVE};
pub use origin::typed;
pub use read::ReportError;
pub use seconds::Seconds;
pub use task::{Poll, Task};
pub use versus::{Change, ComparedStrategy, Versus};

use crate::trace;
pub use crate::trace::{Failed, Outcome};

/// The name and version of the report's shape.
pub const SCHEMA: &str = "asyncdemo.report/2";

/// One run of one concept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`], or that of a report which was written before.
    pub schema: String,
    /// Which concept.
    pub concept: String,
    /// Its knobs, as a user would type them.
    pub arguments: serde_json::Value,
    /// What measured. `None` in a report of version 1, as is `started`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// When it began, in UTC, as RFC 3339 has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// Where it ran.
    pub machine: Machine,
    /// Whether it was stopped before its end.
    pub partial: bool,
    /// A poll at least this long is called blocking.
    pub slow_poll_s: Seconds,
    /// In the order of running. The first is what the others are compared with.
    pub strategies: Vec<StrategyReport>,
    /// What the numbers show.
    pub findings: Vec<Finding>,
    /// Of a run in Python, too: the strategies that ran in Rust alone, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_in_rust: Vec<OnlyInRust>,
}

/// A strategy for which Python has no counterpart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyInRust {
    /// As typed after `--strategy`.
    pub name: String,
    /// Why, in a clause.
    pub why: String,
}

/// The program that measured, as it was built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// As in Cargo.toml.
    pub version: String,
    /// What was checked out when it was built, where that is known: not in a package. What had been changed
    /// since is not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Cargo's profile: `dev`, `release`, `dist`.
    pub profile: String,
    /// Cargo's features.
    pub features: Vec<String>,
    /// Where its memory comes from: [`SYSTEM`], or an allocator's name.
    pub allocator: String,
}

/// The allocator of whoever names none: the system's.
pub const SYSTEM: &str = "system";

/// The computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// How many threads can run at once.
    pub cores: usize,
    /// As Rust calls it: `linux`, `macos`, `windows`.
    pub os: String,
    /// As Rust calls it: `x86_64`, `aarch64`.
    pub arch: String,
    /// The processor's model, where the system tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
}

impl Report {
    /// Whether its strategies ran in Python, too.
    pub fn in_both(&self) -> bool {
        let mut strategies = self.strategies.iter();
        self.strategies.iter().any(StrategyReport::is_twin)
            && strategies.any(|it| it.language.is_none())
    }
}

/// What one strategy did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrategyReport {
    /// As typed after `--strategy`.
    pub name: String,
    /// What it does.
    pub summary: String,
    /// On which runtime.
    pub runtime: Runtime,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// Wall time, one for each repeat. None where nothing ran: where it made tasks and none of them was polled, too.
    pub wall_s: Vec<Seconds>,
    /// What arithmetic promises, where it promises something, and the work was done.
    pub ideal_s: Option<Seconds>,
    /// Median wall time less the ideal, in seconds. May be negative.
    pub overhead_s: Option<f64>,
    /// The first strategy's median wall time over this one's, where that is comparable and beyond the
    /// spread: see [`compare::ratio`].
    pub speedup: Option<f64>,
    /// What the ticker beside it saw.
    pub heartbeat: Option<Heartbeat>,
    /// When every worker was held by a slow poll.
    pub blocked: Vec<Blocked>,
    /// How many different threads polled its tasks.
    pub threads: usize,
    /// How long its thread could have run and the machine gave it no core, in the median run: on a runtime of one thread,
    /// and where the system tells. A poll that is long by the clock may have been that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_for_core_s: Option<Seconds>,
    /// What this concept counts. Each key ends in its unit.
    pub metrics: BTreeMap<String, f64>,
    /// The tasks that failed, in all repeats, by what they failed of; the most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FailedTasks>,
    /// Of the median run, in the order of their creation.
    pub tasks: Vec<Task>,
    /// The tasks that were made after those, if there are more than are listed one by one.
    pub rest: Option<Rest>,
    /// In which language it ran, where that is not Rust: `python`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What ran it: `CPython 3.13.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// The closures that it handed to threads, in the order of their making. They are no tasks: each has one poll, its
    /// call.
    #[serde(default)]
    pub closures: Vec<Task>,
}

/// Tasks taken together, because there are too many of them to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// How many.
    pub count: usize,
    /// How many ended so.
    pub outcomes: BTreeMap<Outcome, usize>,
    /// How many polls they had in all.
    pub polls: usize,
    /// How many wakes they had in all.
    pub wakes: usize,
    /// From first poll to end, added up.
    pub life_s: Seconds,
    /// The longest of these lives.
    pub longest_s: Seconds,
    /// Time in polls, added up.
    pub busy_s: Seconds,
    /// Time between a wake and the poll that it led to, added up.
    pub scheduled_s: Seconds,
    /// Time spent waiting, added up.
    pub idle_s: Seconds,
    /// How many of all tasks, listed or not, were in flight: the most in each of at most a thousand
    /// stretches, each by its beginning.
    pub in_flight: Vec<(Seconds, usize)>,
}

/// A runtime's make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    /// `current-thread` or `multi-thread`; in Python, `asyncio`.
    pub flavor: String,
    /// How many threads run tasks.
    pub workers: usize,
}

/// The pulse beside the work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Between two beats when nothing is in the way.
    pub period_s: Seconds,
    /// The longest time without one.
    pub max_gap_s: Seconds,
    /// The task that was polled for most of that time.
    pub blocked_by: Option<String>,
    /// Its beats, where the concept shows them.
    #[serde(default)]
    pub lane: Option<Task>,
}

/// A stretch in which nothing else could run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// When it began.
    pub start_s: Seconds,
    /// When it ended.
    pub end_s: Seconds,
    /// The task that held the worker; `null` if it was something that is not tracked.
    pub by: Option<String>,
    /// The line that held it, and the call in which it stood, where that was seen:
    /// `routes.py:24 time.sleep(0.2)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

impl StrategyReport {
    /// Whether a finding tells of it, in the language in which it ran.
    pub fn is_told_by(&self, finding: &Finding) -> bool {
        self.name == finding.strategy && self.language == finding.language
    }

    /// Whether it is the same strategy in the same language, with whatever size of its work.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.name == other.name && self.language == other.language
    }

    /// Whether it failed as a whole, or more of its tasks did than did not.
    pub fn failed(&self) -> bool {
        self.error.is_some() || self.mostly_failed()
    }

    /// Whether it ran in another language than Rust.
    pub fn is_twin(&self) -> bool {
        self.language.is_some()
    }

    /// The middle of the repeats' wall times; of an even number, the lower middle, which was really measured.
    pub fn wall(&self) -> Option<Seconds> {
        let mut walls = self.wall_s.clone();
        walls.sort();
        walls.get(walls.len().checked_sub(1)? / 2).copied()
    }

    /// How many tasks were in flight after each change.
    pub fn in_flight(&self) -> Vec<(Seconds, usize)> {
        if let Some(rest) = &self.rest {
            return rest.in_flight.clone();
        }
        in_flight(self.tasks.iter())
    }

    /// The most tasks that were in flight at once.
    pub fn most_in_flight(&self) -> usize {
        most(&self.in_flight())
    }

    /// What is drawn: the heartbeat, where it is to be seen, and the tasks that are listed one by one, each with the
    /// closures that it waits for below it.
    pub fn lanes(&self) -> Vec<&Task> {
        let heartbeat = self.heartbeat.iter();
        let heartbeat = heartbeat.filter_map(|heartbeat| heartbeat.lane.as_ref());
        let created = |task: &Task| task.created_s;
        let tasks = trace::with_closures(&self.tasks, &self.closures, created);
        heartbeat.chain(tasks).collect()
    }

    /// Whether this is the lane of a closure, and no task.
    pub fn is_closure(&self, lane: &Task) -> bool {
        let mut closures = self.closures.iter();
        closures.any(|closure| std::ptr::eq(closure, lane))
    }

    /// Whether this is the heartbeat's lane, and no task of that name.
    pub fn is_heartbeat(&self, lane: &Task) -> bool {
        let heartbeat = self.heartbeat.as_ref();
        let heartbeat = heartbeat.and_then(|heartbeat| heartbeat.lane.as_ref());
        heartbeat.is_some_and(|heartbeat| std::ptr::eq(heartbeat, lane))
    }

    /// How many tasks there were.
    pub fn task_count(&self) -> usize {
        self.tasks.len() + self.rest.as_ref().map_or(0, |rest| rest.count)
    }

    /// Whether it made tasks, and none of them was ever polled.
    pub fn did_nothing(&self) -> bool {
        let began =
            !self.closures.is_empty() || self.tasks.iter().any(|task| task.start_s.is_some());
        let rest = self.rest.as_ref().map_or(0, Rest::started);
        self.task_count() > 0 && !began && rest == 0
    }

    /// When the last of it ended: the wall time, or the end of a task or of a thread's work that outlived it.
    pub fn end(&self) -> Seconds {
        let lanes = self.tasks.iter().chain(&self.closures);
        let tasks = lanes.map(|task| task.end_s).max();
        let rest = self.rest.iter().filter_map(|rest| rest.in_flight.last());
        let rest = rest.map(|(at, _)| *at).max();
        tasks.max(rest).max(self.wall()).unwrap_or_default()
    }
}

/// How many of `tasks` were in flight after each change.
fn in_flight<'a>(tasks: impl Iterator<Item = &'a Task>) -> Vec<(Seconds, usize)> {
    let lives = tasks.filter_map(|task| Some((task.start_s?.0, task.end_s.0)));
    let curve = trace::in_flight(lives).into_iter();
    curve.map(|(at, count)| (Seconds(at), count)).collect()
}

fn most(curve: &[(Seconds, usize)]) -> usize {
    curve.iter().map(|(_, count)| *count).max().unwrap_or(0)
}

/// The most of `tasks` that were in flight at once.
pub fn most_at_once<'a>(tasks: impl Iterator<Item = &'a Task>) -> usize {
    most(&in_flight(tasks))
}

impl Blocked {
    /// How long it lasted.
    pub fn length(&self) -> Duration {
        self.end_s.0.saturating_sub(self.start_s.0)
    }
}

impl Rest {
    /// How many of them were polled.
    pub fn started(&self) -> usize {
        let unpolled = self.outcomes.get(&Outcome::NeverPolled);
        self.count - unpolled.copied().unwrap_or(0).min(self.count)
    }
}
