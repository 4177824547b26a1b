//! A job store: jobs that outlive the program that asked for them.
//!
//! The promise is *at least once*. A job is taken under a *lease*: until it ends, nobody else has the
//! job. A worker that dies takes nothing along: its leases end, and another worker begins those jobs
//! once more. So a job may be begun more often than once, and the store counts how often. What a job
//! leaves behind, its result, is written together with its being done, and so is there once.

#[cfg(feature = "redis")]
pub mod redis;
pub mod sqlite;
pub mod worker;

use std::future::Future;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::{database, scratch};

/// A job to be put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The idempotency key: of several jobs with one key, the first counts.
    pub key: String,
    /// Whether it fails whenever it is run.
    pub fails: bool,
}

/// What became of jobs that were put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Enqueued {
    /// So many are new.
    pub new: u32,
    /// So many keys were there before, and nothing was added for them.
    pub already_there: u32,
}

/// For how long a worker has a job, and how often it may be tried.
#[derive(Clone, Copy, Debug)]
pub struct LeasePolicy {
    /// From each claim and each extension on.
    pub lease: Duration,
    /// After so many attempts that failed, or whose worker vanished, a job is dead.
    pub attempts: u32,
}

/// A job that one worker has. Each claim has a lease of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The store's name for the job.
    pub id: String,
    /// Its idempotency key.
    pub key: String,
    /// Whether it is one of those that fail.
    pub fails: bool,
    /// Who has it.
    pub worker: String,
    /// Which claim of this job it is: what a worker writes under an older one is refused.
    pub lease: u32,
}

/// What a worker gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// A job.
    Job(Lease),
    /// Nothing now: ask again.
    Wait {
        /// What is awaited.
        awaited: Awaited,
        /// For so long at most; [`Duration::MAX`] where the store does not know.
        time: Duration,
    },
    /// Nothing is left.
    Empty,
}

/// Why there is nothing to do, though jobs are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// A job is with another worker: it is done soon, or its lease ends.
    Lease,
    /// A job has failed, and rests before it is tried again.
    Rest,
    /// One of them.
    Either,
}

/// What is in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Every job that was ever put in.
    pub jobs: u32,
    /// Nobody has them.
    pub waiting: u32,
    /// A worker has them, or had them when it vanished.
    pub leased: u32,
    /// Their results are there.
    pub done: u32,
    /// Given up after too many attempts.
    pub dead: u32,
    /// How often a job was begun.
    pub runs: u32,
    /// How many of these began a job that had been begun before.
    pub repeats: u32,
}

impl Counts {
    /// How many are neither done nor given up.
    pub fn left(&self) -> u32 {
        self.waiting + self.leased
    }

    /// How many are in no state at all: none, or the store is wrong.
    pub fn lost(&self) -> u32 {
        self.jobs
            .saturating_sub(self.done + self.dead + self.left())
    }
}

/// A job that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dead {
    /// Its idempotency key.
    pub key: String,
    /// Why its last attempt failed.
    pub error: String,
}

/// Where jobs are kept. Clones are the same store. Each call happens whole or not at all.
///
/// A call under a lease that is over, because another worker has the job now, changes nothing and
/// gives `false`.
pub trait JobStore: Clone + Send + Sync + 'static {
    /// Puts jobs in, those whose keys are not there yet.
    fn enqueue(&self, jobs: Vec<NewJob>) -> impl Future<Output = Result<Enqueued>> + Send;

    /// Takes a job: one that nobody has, or one whose lease has ended.
    fn claim(
        &self,
        worker: &str,
        policy: LeasePolicy,
    ) -> impl Future<Output = Result<Claimed>> + Send;

    /// Begins the time of a lease anew.
    fn extend(
        &self,
        held: &Lease,
        policy: LeasePolicy,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Writes the result down, and that the job is done.
    fn complete(&self, held: &Lease, result: String) -> impl Future<Output = Result<bool>> + Send;

    /// Lets it be tried again after a rest, or gives it up.
    fn fail(
        &self,
        held: &Lease,
        why: String,
        policy: LeasePolicy,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Gives a job back that was not finished, as if this attempt had not been made.
    fn give_back(&self, held: &Lease) -> impl Future<Output = Result<bool>> + Send;

    /// How many jobs there are in each state.
    fn counts(&self) -> impl Future<Output = Result<Counts>> + Send;

    /// The first few that were given up.
    fn dead(&self, most: u32) -> impl Future<Output = Result<Vec<Dead>>> + Send;

    /// That what was written is where the next program will look for it.
    fn verify(&self) -> impl Future<Output = Result<()>> + Send;

    /// What the store keeps where that is not everything, whatever happens. Reads on after `It`.
    fn keeps(&self) -> Option<&str> {
        None
    }

    /// Every result with its job's key, in the order of the jobs.
    fn results(&self) -> impl Future<Output = Result<Vec<(String, String)>>> + Send;
}

/// How long a job rests after a failed attempt: twice as long after each.
fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(50)
        .saturating_mul(1 << attempt.min(6))
        .min(Duration::from_secs(2))
}

/// Why a job is dead that nobody reported as failed.
const VANISHED: &str = "its worker vanished each time";
