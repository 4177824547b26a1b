//! What the numbers of a queue show.

use std::time::Duration;

use super::{StrategyReport, Task};
use crate::{trace, units};

/// What a queue is expected to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueClaim {
    /// Nothing holds the producer back: the queue grows, and so does the time that a job waits in it.
    PilesUp,
    /// The queue holds so many, and the producer waits while it is full.
    HoldsBack(usize),
    /// So many jobs are worked on at once, and no more.
    AtOnce(usize),
    /// Every job and its result are in a file, which costs more time than with this other strategy.
    OnDisk(&'static str),
}

/// What one strategy's numbers show of its queue.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant says what its figures are")]
pub enum QueueFact {
    /// So many jobs, and bytes, waited at once; the last ones so long.
    PiledUp {
        most: f64,
        bytes: f64,
        delay: Duration,
        of: usize,
    },
    /// Never more than the capacity; the producer waited.
    HeldBack {
        capacity: usize,
        delay: Duration,
        waited: Duration,
    },
    /// So many at once, where so many jobs waited at most.
    AtOnce {
        workers: usize,
        of: usize,
        wall: Duration,
        most: f64,
        waited: Option<Duration>,
    },
    /// So many jobs are in the file as done, and took so long, where in memory it took so long.
    OnDisk {
        done: f64,
        wall: Duration,
        memory: Option<(&'static str, Duration)>,
    },
}

/// What the numbers bear out, if they do.
pub(super) fn bear_out(
    claim: QueueClaim,
    strategy: &StrategyReport,
    all: &[StrategyReport],
) -> Option<QueueFact> {
    let metric = |key: &str| strategy.metrics.get(key).copied();
    let time = |key: &str| Duration::try_from_secs_f64(metric(key)?).ok();
    let wall = strategy.wall()?.0;
    let jobs: Vec<&Task> = strategy
        .tasks
        .iter()
        .filter(|task| task.label.starts_with("job ") && task.start_s.is_some())
        .collect();
    let most = metric("queue_depth_count")?;
    let delay = time("longest_delay_s")?;
    match claim {
        QueueClaim::PilesUp => {
            let bytes = metric("queue_memory_bytes")?;
            let each = jobs.iter().map(|job| job.life().0).min()?;
            (most > 1.0 && delay > each).then_some(QueueFact::PiledUp {
                most,
                bytes,
                delay,
                of: jobs.len(),
            })
        }
        QueueClaim::HoldsBack(capacity) => {
            let waited = time("producer_waited_s").filter(|waited| !waited.is_zero())?;
            (most <= capacity as f64).then_some(QueueFact::HeldBack {
                capacity,
                delay,
                waited,
            })
        }
        QueueClaim::AtOnce(workers) => {
            let at_once = most_at_once(&jobs);
            (at_once <= workers && at_once > 0).then_some(QueueFact::AtOnce {
                workers: at_once,
                of: jobs.len(),
                wall,
                most,
                waited: time("producer_waited_s"),
            })
        }
        QueueClaim::OnDisk(other) => {
            let done = metric("done_in_file_count")?;
            let there = all.iter().find(|strategy| strategy.name == other);
            let memory = there.and_then(|there| Some((other, there.wall()?.0)));
            (metric("jobs_count") == Some(done) && done as usize == jobs.len())
                .then_some(QueueFact::OnDisk { done, wall, memory })
        }
    }
}

/// How many of these tasks were under way at once.
fn most_at_once(tasks: &[&Task]) -> usize {
    let lives = tasks
        .iter()
        .filter_map(|task| Some((task.start_s?.0, task.end_s.0)));
    let curve = trace::in_flight(lives);
    curve.iter().map(|(_, count)| *count).max().unwrap_or(0)
}

impl QueueFact {
    /// For scripts.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::PiledUp { .. } => "queue_piled_up",
            Self::HeldBack { .. } => "producer_held_back",
            Self::AtOnce { .. } => "jobs_at_once",
            Self::OnDisk { .. } => "jobs_on_disk",
        }
    }

    /// What a learner should take away.
    pub(super) fn moral(&self) -> Option<&'static str> {
        Some(match self {
            Self::PiledUp { .. } => {
                "A queue without a limit only hides that there is too much work."
            }
            Self::HeldBack { .. } => "That is backpressure: who is too fast finds out.",
            Self::AtOnce { .. } => return None,
            Self::OnDisk { .. } => {
                "What is in memory ends with the program, and what is in a file does not: see --durable FILE."
            }
        })
    }

    pub(super) fn figures(&self, strategy: &str) -> String {
        let time = |duration: &Duration| units::duration(*duration);
        match self {
            Self::PiledUp {
                most,
                bytes,
                delay,
                of,
            } => format!(
                "{strategy}: {most} of {of} jobs waited at once, with {} KiB in memory, one of them for {}, and nothing held the producer back.",
                (bytes / 1024.0).round(),
                time(delay)
            ),
            Self::HeldBack {
                capacity,
                delay,
                waited,
            } => format!(
                "{strategy}: never more than {capacity} waited in the queue, none longer than {}. The producer did instead: for {} in all.",
                time(delay),
                time(waited)
            ),
            Self::AtOnce {
                workers,
                of,
                wall,
                most,
                waited,
            } => format!(
                "{strategy}: {of} jobs, {workers} at once, took {}. Up to {most} waited meanwhile, and {}.",
                time(wall),
                waited.map_or_else(
                    || "nothing held the producer back".to_owned(),
                    |waited| format!("the producer for {} in all", time(&waited))
                )
            ),
            Self::OnDisk { done, wall, memory } => format!(
                "{strategy}: all {done} jobs stand in the file as done, each with its result. It took {}{}.",
                time(wall),
                memory.map_or_else(String::new, |(other, there)| format!(
                    ", where {other} took {}",
                    time(&there)
                ))
            ),
        }
    }
}

/// What was expected.
pub(super) fn expected(claim: QueueClaim) -> String {
    match claim {
        QueueClaim::PilesUp => "that jobs pile up in the queue".into(),
        QueueClaim::HoldsBack(capacity) => {
            format!("at most {capacity} in the queue, and a producer that waits")
        }
        QueueClaim::AtOnce(workers) => format!("at most {workers} jobs at once"),
        QueueClaim::OnDisk(_) => "every job in the file as done".into(),
    }
}
