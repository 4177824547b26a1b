//! What every strategy of `queue` is given: jobs, knobs, and a meter.

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

use super::Output;
use super::claims::{DELAY, DEPTH, DONE, JOBS, MEMORY, PRODUCER_WAITED, RUNS};
use crate::services::jobs::sqlite::SqliteJobs;
use crate::services::jobs::{JobStore, LeasePolicy};
use crate::services::scratch::lock;

/// How many bytes a job carries.
const BODY: usize = 16 * 1024;

/// No worker of a demo vanishes alone, so its leases need not end while it runs.
pub(super) const POLICY: LeasePolicy = LeasePolicy {
    lease: Duration::from_secs(120),
    attempts: 1,
};

/// The knobs, and what is measured on the way.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) jobs: usize,
    pub(super) every: Duration,
    pub(super) job_time: Duration,
    pub(super) capacity: usize,
    pub(super) workers: usize,
    pub(super) meter: Meter,
}

impl Plan {
    /// The same with a meter of its own.
    pub(super) fn afresh(&self) -> Self {
        Self {
            meter: Meter::default(),
            ..self.clone()
        }
    }

    pub(super) fn ids(&self) -> RangeInclusive<usize> {
        1..=self.jobs
    }

    /// The rest before each job but the first.
    pub(super) async fn rest(&self, id: usize) {
        if id > 1 && !self.every.is_zero() {
            sleep(self.every).await;
        }
    }

    /// Which job has this key.
    pub(super) fn id(&self, key: &str) -> Result<usize> {
        let id = key.strip_prefix("job ").and_then(|id| id.parse().ok());
        id.filter(|id| self.ids().contains(id))
            .with_context(|| format!("`{key}` is none of this run's jobs"))
    }

    /// Each job begins when it is there and when one of so many workers is free. When does each begin?
    fn begins(&self, workers: usize) -> Vec<Duration> {
        let mut begins: Vec<Duration> = Vec::with_capacity(self.jobs);
        for (place, id) in self.ids().enumerate() {
            let there = self.every * u32::try_from(id - 1).unwrap_or(u32::MAX);
            let free = place
                .checked_sub(workers)
                .map_or(Duration::ZERO, |before| begins[before] + self.job_time);
            begins.push(there.max(free));
        }
        begins
    }

    /// How long it takes where nothing holds the producer back.
    pub(super) fn ideal(&self, workers: usize) -> Duration {
        self.begins(workers).last().copied().unwrap_or_default() + self.job_time
    }

    /// How many jobs wait at once where nothing holds the producer back.
    pub(super) fn in_queue_at_most(&self, workers: usize) -> usize {
        let begins = self.begins(workers);
        let waiting = |id: usize| {
            let now = self.every * u32::try_from(id - 1).unwrap_or(u32::MAX);
            id - begins.iter().filter(|begin| **begin <= now).count().min(id)
        };
        self.ids().map(waiting).max().unwrap_or_default()
    }

    /// The results in the order of the jobs, and what was measured.
    pub(super) fn output(self, results: Vec<(usize, u64)>) -> Output {
        let results: BTreeMap<usize, u64> = results.into_iter().collect();
        let meter = self.meter.lock();
        let mut output = Output::new(results.into_values().collect::<Vec<_>>())
            .metric(DEPTH, meter.most as f64)
            .metric(MEMORY, meter.most_bytes as f64)
            .metric(DELAY, meter.longest.as_secs_f64());
        if let Some(waited) = meter.waited {
            output = output.metric(PRODUCER_WAITED, waited.as_secs_f64());
        }
        output
    }

    /// The results that a file has, in the order of the jobs, and what was measured.
    pub(super) async fn output_of(self, store: SqliteJobs) -> Result<Output> {
        let (counts, results) = (store.counts().await?, store.results().await?);
        let results: Result<Vec<_>> = results
            .into_iter()
            .map(|(key, result)| Ok((self.id(&key)?, result.parse()?)))
            .collect();
        store.close().await?;
        let (done, runs) = (f64::from(counts.done), f64::from(counts.runs));
        let asked = self.jobs as f64;
        Ok(self
            .output(results?)
            .metric(JOBS, asked)
            .metric(DONE, done)
            .metric(RUNS, runs))
    }
}

/// What a job carries: each has a body of its own.
pub(super) fn body(id: usize) -> Vec<u8> {
    let body = (0..BODY).map(|place| (place.wrapping_mul(id) % 251) as u8);
    body.collect()
}

/// The key of a job, and its name in the picture.
pub(super) fn key(id: usize) -> String {
    format!("job {id}")
}

/// Counts what waits, and how long. Clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    /// The jobs in the queue: when they came, and what they carry.
    waiting: BTreeMap<usize, (Instant, usize)>,
    bytes: usize,
    most: usize,
    most_bytes: usize,
    longest: Duration,
    waited: Option<Duration>,
}

impl Meter {
    fn lock(&self) -> MutexGuard<'_, Counted> {
        lock(&self.0)
    }

    /// A job with so many bytes goes into the queue.
    pub(super) fn came(&self, id: usize, bytes: usize) {
        let mut counted = self.lock();
        let now = Instant::now();
        counted.waiting.insert(id, (now, bytes));
        counted.bytes += bytes;
        counted.most = counted.most.max(counted.waiting.len());
        counted.most_bytes = counted.most_bytes.max(counted.bytes);
    }

    /// A worker has taken it out and begins.
    pub(super) fn begun(&self, id: usize) {
        let mut counted = self.lock();
        if let Some((since, bytes)) = counted.waiting.remove(&id) {
            counted.bytes -= bytes;
            counted.longest = counted.longest.max(since.elapsed());
        }
    }

    /// Measures how long the producer has to wait for its place.
    pub(super) async fn waited<T>(&self, place: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let place = place.await;
        let waited = start.elapsed();
        *self.lock().waited.get_or_insert_default() += waited;
        place
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches};

    use super::super::Queue;
    use super::*;

    fn plan(knobs: &[&str]) -> Plan {
        let command = <Queue as clap::Args>::augment_args(Command::new("queue"));
        let matches = command.no_binary_name(true).get_matches_from(knobs);
        Queue::from_arg_matches(&matches).unwrap().plan()
    }

    #[test]
    fn arithmetic_knows_when_each_job_begins() {
        let all_at_once = plan(&["--jobs", "7", "--job-time", "1s", "--every", "0s"]);
        assert_eq!(all_at_once.ideal(1), Duration::from_secs(7));
        assert_eq!(all_at_once.ideal(3), Duration::from_secs(3));
        assert_eq!(all_at_once.ideal(64), Duration::from_secs(1));
        assert_eq!(all_at_once.in_queue_at_most(1), 6);
        let seldom = plan(&["--jobs", "7", "--job-time", "1s", "--every", "2s"]);
        assert_eq!(seldom.ideal(1), Duration::from_secs(13));
        assert_eq!(seldom.in_queue_at_most(1), 0);
        let some = plan(&["--jobs", "4", "--job-time", "1s", "--every", "100ms"]);
        assert_eq!(some.ideal(2), Duration::from_millis(2100));
    }

    #[tokio::test(start_paused = true)]
    async fn the_meter_counts_what_waits_and_for_how_long() {
        let meter = Meter::default();
        for id in 1..=3 {
            meter.came(id, BODY);
        }
        meter.begun(1);
        meter.waited(sleep(Duration::from_secs(2))).await;
        meter.waited(async {}).await;
        meter.begun(2);
        meter.begun(9);
        let counted = meter.lock();
        assert_eq!((counted.most, counted.most_bytes), (3, 3 * BODY));
        assert_eq!((counted.waiting.len(), counted.bytes), (1, BODY));
        assert_eq!(counted.longest, Duration::from_secs(2));
        assert_eq!(counted.waited, Some(Duration::from_secs(2)));
    }
}
