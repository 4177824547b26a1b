//! The knobs of `jobs`, and where those went that `queue` had once.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueHint;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::commands::screen::FormatFlag;
use crate::concepts::{Count, UsageError, Wait, ranged};

/// The knobs of `jobs`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES, mut_args(ranged))]
pub struct Options {
    /// Keep jobs in this file, where they outlive the program. With neither --enqueue nor --work:
    /// say what is in it. A file that asyncdemo did not make is refused and left as it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub durable: Option<PathBuf>,

    /// Keep jobs on a Redis server, for workers on many machines, as in redis://localhost:6379/0
    #[arg(long, value_name = "URL", value_parser = broker, conflicts_with = "durable")]
    #[arg(hide = !cfg!(feature = "redis"), value_hint = ValueHint::Url)]
    pub broker: Option<String>,

    /// Enqueue `job 1` to `job N`
    #[arg(long, value_name = "N")]
    pub enqueue: Option<Count<1, 100_000>>,

    /// Make N of these jobs always fail
    #[arg(long, value_name = "N", default_value = "0")]
    pub failing: Count<0, 100_000>,

    /// Work until no job is left
    #[arg(long)]
    pub work: bool,

    /// How long each job takes
    #[arg(long, value_name = "DURATION", default_value = "150ms")]
    pub job_time: Wait,

    /// How many jobs run at once
    #[arg(long, value_name = "N", default_value = "3")]
    pub workers: Count<1, 64>,

    /// Lease: after this long without a word, a worker's job goes to another
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub lease: Wait<100>,

    /// How often a job is tried before it is set aside as dead
    #[arg(long, value_name = "N", default_value = "5")]
    pub attempts: Count<1, 100>,

    /// Show no progress line
    #[arg(long, short, help_heading = "What to show")]
    pub quiet: bool,

    /// How what is in the store is written.
    #[command(flatten)]
    pub output: FormatFlag,
}

const EXAMPLES: &str = "Examples:
  asyncdemo jobs --durable jobs.db --enqueue 200
  asyncdemo jobs --durable jobs.db --work    kill -9 it in the middle, and again
  asyncdemo jobs --durable jobs.db           what is done, and what is left";

impl Options {
    /// Refuses knobs that make no sense together.
    ///
    /// # Errors
    /// What is wrong, for the user.
    pub fn check(&self) -> Result<(), UsageError> {
        if self.durable.is_none() && self.broker.is_none() {
            return Err(UsageError::new(
                "jobs requires --durable FILE: the file in which the jobs are kept",
            ));
        }
        match self.enqueue.as_deref() {
            None if *self.failing > 0 => Err(UsageError::new(
                "--failing requires --enqueue N: it is some of the jobs that are added",
            )),
            Some(jobs) if *self.failing > *jobs => Err(UsageError::new(format!(
                "--failing {} is more than --enqueue {jobs}",
                *self.failing
            ))),
            _ => Ok(()),
        }
    }
}

/// Where a knob went that `queue` had once, if that is what is wrong with the line.
pub fn moved(line: &[OsString], wrong: &clap::Error) -> Option<String> {
    let (_, with) = MOVED.iter().find(|(flag, _)| {
        matches!(wrong.get(ContextKind::InvalidArg), Some(ContextValue::String(found)) if found == flag)
    })?;
    let of_queue =
        wrong.kind() == ErrorKind::UnknownArgument && line.iter().any(|word| word == "queue");
    of_queue.then(|| format!("queue {with} is now: asyncdemo jobs {with}\n"))
}

/// Each with its value.
const MOVED: [(&str, &str); 7] = [
    ("--durable", "--durable FILE"),
    ("--broker", "--broker URL"),
    ("--enqueue", "--enqueue N"),
    ("--failing", "--failing N"),
    ("--work", "--work"),
    ("--lease", "--lease DURATION"),
    ("--attempts", "--attempts N"),
];

/// Reads the URL of a Redis server.
#[cfg(feature = "redis")]
fn broker(text: &str) -> Result<String, String> {
    let expected = "must be the URL of a Redis server, like redis://localhost:6379/0";
    match reqwest::Url::parse(text) {
        Ok(url) if url.scheme() == "redis" && url.has_host() => Ok(text.to_owned()),
        Ok(_) => Err(expected.to_owned()),
        Err(why) => Err(format!("{expected}: {why}")),
    }
}

/// Says how to get a program that can.
#[cfg(not(feature = "redis"))]
fn broker(_: &str) -> Result<String, String> {
    Err("this asyncdemo was built without Redis: cargo build --release --features redis".to_owned())
}
