//! A worker: it takes jobs from a store until none is left, or until it is told to stop.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::try_join_all;
use serde::Serialize;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Awaited, Claimed, JobStore, Lease, LeasePolicy};

/// How a worker works.
#[derive(Clone, Debug)]
pub struct Worker {
    /// What its leases are taken under, with a number for each job at once.
    pub name: String,
    /// How many jobs at once.
    pub at_once: usize,
    /// Under which its leases are.
    pub policy: LeasePolicy,
    /// Cancelled, it gives its jobs back.
    pub stop: CancellationToken,
    /// Whether it waits.
    pub idle: Idle,
}

/// Whether a worker has nothing to do though jobs are left, and what it waits for. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Idle(Arc<Mutex<Waits>>);

#[derive(Debug, Default)]
struct Waits {
    /// So many of its lanes have a job.
    busy: usize,
    /// What the others await, and until when at most.
    awaited: Option<(Awaited, Option<Instant>)>,
}

impl Idle {
    /// What it waits for, and for how long at most, as far as the store knows; `None` while it has a job.
    pub fn awaits(&self) -> Option<(Awaited, Option<Duration>)> {
        self.with(|waits| {
            let (awaited, until) = waits.awaited.filter(|_| waits.busy == 0)?;
            Some((
                awaited,
                until.map(|until| until.saturating_duration_since(Instant::now())),
            ))
        })
    }

    fn waits(&self, awaited: Awaited, time: Duration) {
        self.with(|waits| waits.awaited = Some((awaited, Instant::now().checked_add(time))));
    }

    fn begins(&self) {
        self.with(|waits| (waits.busy, waits.awaited) = (waits.busy + 1, None));
    }

    fn ends(&self) {
        self.with(|waits| waits.busy -= 1);
    }

    fn with<T>(&self, act: impl FnOnce(&mut Waits) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What became of the jobs that a worker took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Worked {
    /// Done.
    pub done: usize,
    /// Attempts that failed.
    pub failed: usize,
    /// Jobs that another worker took over meanwhile: what this one did of them does not count.
    pub lost: usize,
    /// Given back when it was told to stop.
    pub given_back: usize,
}

/// Why a job failed: what the store keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JobFailed(pub String);

/// Between two looks at a queue that has nothing to give at the moment.
const LOOKS: Duration = Duration::from_millis(50);

impl Worker {
    /// Takes jobs until nothing is left in the store, and does `job` for each.
    ///
    /// # Errors
    /// Where the store fails. The jobs that it has then come back by themselves when their leases end.
    pub async fn run<S, F, J>(&self, store: &S, job: F) -> Result<Worked>
    where
        S: JobStore,
        F: Fn(Lease) -> J,
        J: Future<Output = Result<String, JobFailed>>,
    {
        let lanes = (1..=self.at_once).map(|lane| self.lane(lane, store, &job));
        let worked = try_join_all(lanes).await?;
        Ok(worked.iter().fold(Worked::default(), |sum, lane| Worked {
            done: sum.done + lane.done,
            failed: sum.failed + lane.failed,
            lost: sum.lost + lane.lost,
            given_back: sum.given_back + lane.given_back,
        }))
    }

    /// One job after another.
    async fn lane<S, F, J>(&self, lane: usize, store: &S, job: &F) -> Result<Worked>
    where
        S: JobStore,
        F: Fn(Lease) -> J,
        J: Future<Output = Result<String, JobFailed>>,
    {
        let name = format!("{}.{lane}", self.name);
        let mut worked = Worked::default();
        while !self.stop.is_cancelled() {
            let held = match store.claim(&name, self.policy).await? {
                Claimed::Job(held) => held,
                Claimed::Wait { awaited, time } => {
                    self.idle.waits(awaited, time);
                    tokio::select! {
                        () = sleep(time.clamp(Duration::from_millis(1), LOOKS)) => {}
                        () = self.stop.cancelled() => {}
                    }
                    continue;
                }
                Claimed::Empty => break,
            };
            self.idle.begins();
            let ended = tokio::select! {
                ended = job(held.clone()) => Some(ended),
                lost = self.keep(store, &held) => { lost?; None }
                () = self.stop.cancelled() => {
                    worked.given_back += usize::from(store.give_back(&held).await?);
                    break;
                }
            };
            self.idle.ends();
            let counted = match ended {
                Some(Ok(result)) => store
                    .complete(&held, result)
                    .await?
                    .then_some(&mut worked.done),
                Some(Err(why)) => store
                    .fail(&held, why.0, self.policy)
                    .await?
                    .then_some(&mut worked.failed),
                None => None,
            };
            match counted {
                Some(count) => *count += 1,
                None => worked.lost += 1,
            }
        }
        Ok(worked)
    }

    /// Extends a lease for as long as it is waited for. Returns when the lease is another's.
    async fn keep<S: JobStore>(&self, store: &S, held: &Lease) -> Result<()> {
        loop {
            sleep(self.policy.lease / 3).await;
            if !store.extend(held, self.policy).await? {
                return Ok(());
            }
        }
    }
}
