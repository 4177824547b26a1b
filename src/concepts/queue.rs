//! `queue`: work that waits its turn. In memory, and in a file that outlives the program.
//!
//! A channel decouples the producer from the workers. `send` to an unbounded one never waits, so its backlog grows for
//! as long as jobs arrive faster than they are done. In a bounded one `send().await` waits for room: that is
//! backpressure. Workers, or the permits of a `Semaphore`, set how many jobs run at once. Jobs in memory end with the
//! program; those in a file are taken under a lease, and a job whose worker dies goes to another.

mod claims;
mod overload;
mod plan;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use serde::Serialize;
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::claims::{DEPTH, HoldsBack, JobsAtOnce, OnDisk, PilesUp};
use self::plan::{Meter, POLICY, Plan};
use super::knob::{Count, Wait};
use super::{About, Concept, Output, Strategy, Twin};
use crate::claims::Figure;
use crate::services::jobs::sqlite::SqliteJobs;
use crate::services::jobs::{self, JobStore, NewJob};
use crate::trace::Recorder;

/// The knobs of `queue`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Queue {
    /// How many jobs the demo makes
    #[arg(long, value_name = "N", default_value = "10")]
    pub jobs: Count<1, 500>,

    /// How long each job takes
    #[arg(long, value_name = "DURATION", default_value = "150ms")]
    pub job_time: Wait,

    /// How long the producer waits between two jobs
    #[arg(long, value_name = "DURATION", default_value = "20ms")]
    pub every: Wait<0>,

    /// How many jobs may wait in a bounded queue
    #[arg(long, value_name = "N", default_value = "3")]
    pub capacity: Count<1, 1000>,

    /// How many jobs run at once
    #[arg(long, value_name = "N", default_value = "3")]
    pub workers: Count<1, 64>,

    /// How long a client waits for its answer, in `overload`, `shed` and `retry-storm`
    #[arg(long, value_name = "DURATION", default_value = "750ms")]
    pub patience: Wait,
}

impl Concept for Queue {
    const ABOUT: About = About {
        name: "queue",
        title: "work that waits its turn",
        question: "When is a background task not enough?",
        python: "asyncio.Queue",
        examples: "\
  asyncdemo queue                           no limit, a limit, more workers
  asyncdemo queue --strategy overload --strategy shed --strategy retry-storm
                                            more than one worker can answer
  asyncdemo queue --all --code              eight ways, with the code that runs
  asyncdemo queue --jobs 40 --every 5ms --strategy unbounded --strategy bounded
                                            what grows, and who waits
  asyncdemo jobs --durable jobs.db --enqueue 200
  asyncdemo jobs --durable jobs.db --work   kill -9 it in the middle, and again",
        heartbeat_lane: false,
        figure: Figure::Metric(DEPTH, "most jobs waiting in the queue"),
        source: concat!(include_str!("queue.rs"), include_str!("queue/overload.rs")),
        twin: include_str!("../../lessons/python/work-queue.py"),
        // A `queue.py` would be what the other files, and the standard library, import as `queue`.
        python_file: "work-queue.py",
        belief: "A queue copes with whatever is put into it.",
        tour: &["--jobs", "8", "--job-time", "80ms", "--every", "10ms"],
        quick: &["--jobs", "4", "--job-time", "30ms", "--every", "1ms"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let plan = self.plan();
        let make = || {
            let plan = plan.clone();
            move || Ok(plan.afresh())
        };
        let (alone, shared) = (plan.ideal(1), plan.ideal(*self.workers));
        let channel = format!("mpsc::channel({})", *self.capacity);
        let limited = format!("asyncio.Queue({})", *self.capacity);
        let together = format!("{} at once", *self.workers);

        // What the textbook says shows where jobs come faster than one worker can do them.
        let in_queue = plan.in_queue_at_most(1);
        vec![
            Strategy::staged(
                "unbounded",
                "mpsc::unbounded_channel(), one worker: send() never waits",
                make(),
                unbounded,
            )
            .by_default()
            .refutes_belief()
            .ideal(alone)
            .claim_if(in_queue > 1, PilesUp)
            .twin(Twin::of(
                "asyncio.Queue(), one worker: put_nowait() never waits",
            )),
            Strategy::staged(
                "bounded",
                format!("{channel}, one worker: send() waits while it is full"),
                make(),
                bounded,
            )
            .by_default()
            .ideal(alone)
            .claim_if(in_queue > *self.capacity, HoldsBack(*self.capacity))
            .twin(Twin::of(format!(
                "{limited}, one worker: put() waits while it is full"
            ))),
            Strategy::staged(
                "workers",
                format!("{channel}, and tasks that take from it: {together}"),
                make(),
                workers,
            )
            .by_default()
            .ideal(shared)
            .claim(JobsAtOnce(*self.workers))
            .twin(Twin::of(format!(
                "{limited}, and tasks that take from it: {together}"
            ))),
            Strategy::staged(
                "semaphore",
                format!("a task for each job, and Semaphore::new: {together}"),
                make(),
                semaphore,
            )
            .ideal(shared)
            .claim(JobsAtOnce(*self.workers))
            .twin(Twin::of(format!(
                "a task for each job, and asyncio.Semaphore: {together}"
            ))),
            Strategy::staged(
                "durable",
                format!("jobs in a SQLite file, each taken under a lease: {together}"),
                move || Ok((plan.afresh(), SqliteJobs::temporary()?)),
                durable,
            )
            .ideal(shared)
            .claim(OnDisk("workers"))
            .no_twin("the standard library keeps no jobs; Celery, arq and Taskiq do, on a broker"),
        ]
        .into_iter()
        .chain(overload::strategies(&self.plan(), *self.patience))
        .collect()
    }

    fn next(&self) -> Option<&'static str> {
        Some("jobs that outlive the program: asyncdemo jobs --durable FILE --enqueue 200")
    }
}

// ANCHOR: workload
/// What is to be done. It carries a body, as an upload would.
#[derive(Debug)]
struct Job {
    id: usize,
    body: Vec<u8>,
}

/// Stands for slow work: it waits, and then adds up the body.
async fn work(job: &Job, time: Duration) -> u64 {
    sleep(time).await;
    job.body.iter().map(|byte| u64::from(*byte)).sum()
}
// ANCHOR_END: workload

// ANCHOR: unbounded
async fn unbounded(recorder: Recorder, plan: Plan) -> Result<Output> {
    let (queue, mut jobs) = mpsc::unbounded_channel();
    let producing = async {
        for id in plan.ids() {
            let job = plan.next(id).await;
            plan.meter.queued(&job);
            // At once, however many jobs are waiting already.
            queue.send(job)?;
        }
        drop(queue);
        anyhow::Ok(())
    };
    let working = async {
        let mut results = Vec::new();
        while let Some(job) = jobs.recv().await {
            plan.meter.begun(job.id);
            let work = work(&job, plan.job_time);
            results.push((job.id, recorder.track(job.name(), work).await));
        }
        Ok(results)
    };
    let producing = recorder.track("producer", producing);
    let ((), results) = tokio::try_join!(producing, working)?;
    Ok(plan.output(results))
}
// ANCHOR_END: unbounded

// ANCHOR: bounded
async fn bounded(recorder: Recorder, plan: Plan) -> Result<Output> {
    let (queue, mut jobs) = mpsc::channel(plan.capacity);
    let producing = async {
        for id in plan.ids() {
            let job = plan.next(id).await;
            // Where the queue is full, the producer waits here: backpressure.
            let place = plan.meter.waited(queue.reserve()).await?;
            plan.meter.queued(&job);
            place.send(job);
        }
        drop(queue);
        anyhow::Ok(())
    };
    let working = async {
        let mut results = Vec::new();
        while let Some(job) = jobs.recv().await {
            plan.meter.begun(job.id);
            let work = work(&job, plan.job_time);
            results.push((job.id, recorder.track(job.name(), work).await));
        }
        Ok(results)
    };
    let producing = recorder.track("producer", producing);
    let ((), results) = tokio::try_join!(producing, working)?;
    Ok(plan.output(results))
}
// ANCHOR_END: bounded

// ANCHOR: workers
async fn workers(recorder: Recorder, plan: Plan) -> Result<Output> {
    let (queue, jobs) = mpsc::channel::<Job>(plan.capacity);
    let jobs = Arc::new(Mutex::new(jobs));
    let mut workers = JoinSet::new();
    for _ in 0..plan.workers {
        let (recorder, plan) = (recorder.clone(), plan.clone());
        let jobs = Arc::clone(&jobs);
        workers.spawn(async move {
            let mut results = Vec::new();
            loop {
                // One at a time waits at the queue; nobody holds it at work.
                let Some(job) = jobs.lock().await.recv().await else {
                    break results;
                };
                plan.meter.begun(job.id);
                let work = work(&job, plan.job_time);
                let result = recorder.track(job.name(), work).await;
                results.push((job.id, result));
            }
        });
    }
    let producing = async {
        for id in plan.ids() {
            let job = plan.next(id).await;
            let place = plan.meter.waited(queue.reserve()).await?;
            plan.meter.queued(&job);
            place.send(job);
        }
        drop(queue);
        anyhow::Ok(())
    };
    recorder.track("producer", producing).await?;
    let results = workers.join_all().await.concat();
    Ok(plan.output(results))
}
// ANCHOR_END: workers

// ANCHOR: semaphore
async fn semaphore(recorder: Recorder, plan: Plan) -> Result<Output> {
    let permits = Arc::new(Semaphore::new(plan.workers));
    let mut tasks = JoinSet::new();
    let producing = async {
        for id in plan.ids() {
            let job = plan.next(id).await;
            plan.meter.queued(&job);
            let (recorder, plan) = (recorder.clone(), plan.clone());
            let permits = Arc::clone(&permits);
            // The tasks are the queue, and nothing limits how many wait.
            tasks.spawn(async move {
                let _permit = permits.acquire_owned().await?;
                plan.meter.begun(job.id);
                let work = work(&job, plan.job_time);
                let result = recorder.track(job.name(), work).await;
                anyhow::Ok((job.id, result))
            });
        }
    };
    recorder.track("producer", producing).await;
    let done = tasks.join_all().await;
    let results: Result<Vec<_>> = done.into_iter().collect();
    Ok(plan.output(results?))
}
// ANCHOR_END: semaphore

/// Jobs in a file.
type Kept = (Plan, SqliteJobs);

// ANCHOR: durable
async fn durable(recorder: Recorder, (plan, store): Kept) -> Result<Output> {
    let produced = AtomicBool::new(false);
    let producing = async {
        for id in plan.ids() {
            let job = plan.next(id).await;
            plan.meter.queued(&job);
            // It is on the disk when this returns.
            let (key, fails) = (job.name(), false);
            store.enqueue(vec![NewJob { key, fails }]).await?;
        }
        produced.store(true, Ordering::Relaxed);
        anyhow::Ok(())
    };
    let working = (1..=plan.workers).map(async |worker| {
        let name = format!("worker {worker}");
        loop {
            let last = produced.load(Ordering::Relaxed);
            match store.claim(&name, POLICY).await? {
                jobs::Claimed::Job(held) => {
                    let job = plan.job(&held.key)?;
                    plan.meter.begun(job.id);
                    let work = work(&job, plan.job_time);
                    let result = recorder.track(job.name(), work).await;
                    // One transaction: it is done, and the result is there.
                    store.complete(&held, result.to_string()).await?;
                }
                jobs::Claimed::Empty if last => return anyhow::Ok(()),
                _ => sleep(Duration::from_millis(5)).await,
            }
        }
    });
    let producing = recorder.track("producer", producing);
    tokio::try_join!(producing, try_join_all(working))?;
    plan.output_of(store).await
}
// ANCHOR_END: durable

impl Queue {
    fn plan(&self) -> Plan {
        Plan {
            jobs: *self.jobs,
            every: *self.every,
            job_time: *self.job_time,
            capacity: *self.capacity,
            workers: *self.workers,
            meter: Meter::default(),
        }
    }
}

impl Job {
    fn new(id: usize) -> Self {
        let body = plan::body(id);
        Self { id, body }
    }

    fn name(&self) -> String {
        plan::key(self.id)
    }
}

impl Plan {
    /// Makes a job, each but the first after a rest.
    async fn next(&self, id: usize) -> Job {
        self.rest(id).await;
        Job::new(id)
    }

    /// The job with this key.
    fn job(&self, key: &str) -> Result<Job> {
        self.id(key).map(Job::new)
    }
}

impl Meter {
    /// A job goes into the queue.
    fn queued(&self, job: &Job) {
        self.came(job.id, job.body.len());
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use clap::{Command, FromArgMatches};
    use tokio::time::Instant;

    use super::*;

    /// What a strategy counts with the default knobs, and how long it takes: exact, on a paused clock.
    async fn run<F>(strategy: fn(Recorder, Plan) -> F) -> (f64, f64, Duration)
    where
        F: Future<Output = Result<Output>>,
    {
        let command = <Queue as clap::Args>::augment_args(Command::new("queue"));
        let matches = command.no_binary_name(true).get_matches_from([""; 0]);
        let plan = Queue::from_arg_matches(&matches).unwrap().plan();
        let start = Instant::now();
        let output = strategy(Recorder::new(), plan).await.unwrap();
        let metric = |key| output.metrics.get(key).copied().unwrap_or(-1.0);
        (
            metric("queue_depth_count"),
            metric("producer_waited_s"),
            start.elapsed(),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_without_a_limit_grows_and_one_with_a_limit_makes_the_producer_wait() {
        let ms = Duration::from_millis;
        assert_eq!(run(unbounded).await, (8.0, -1.0, ms(1500)));
        // It ends when the seventh job begins, at 900 ms; 180 ms of that it made jobs.
        let (most, waited, wall) = run(bounded).await;
        assert_eq!((most, wall), (3.0, ms(1500)));
        assert!((waited - 0.720).abs() < 1e-9, "{waited}");
    }

    #[tokio::test(start_paused = true)]
    async fn several_at_once_need_as_many_rounds_and_only_a_queue_with_a_limit_holds_back() {
        let ms = Duration::from_millis;
        let (most, waited, wall) = run(workers).await;
        assert_eq!((most, wall), (3.0, ms(600)));
        assert!(waited > 0.0, "{waited}");
        assert_eq!(run(semaphore).await, (5.0, -1.0, ms(600)));
    }
}
