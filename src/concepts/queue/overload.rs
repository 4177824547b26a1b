//! More requests than one worker can answer, and clients that do not wait for ever.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::{join, join_all};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use super::claims::{
    AnswersTooLate, DEPTH, FOR_NOBODY, IN_TIME, JOBS, REFUSED, REQUESTS, RetriesAddLoad, Sheds,
};
use super::plan::Plan;
use super::{Output, Strategy, Twin};
use crate::services::scratch::lock;
use crate::trace::Recorder;

/// Requests, each so long after the one before, and clients that wait so long for an answer.
#[derive(Clone, Debug)]
struct Load {
    requests: usize,
    every: Duration,
    job_time: Duration,
    capacity: usize,
    patience: Duration,
    counts: Arc<Mutex<Served>>,
}

#[derive(Debug, Default)]
struct Served {
    waiting: usize,
    most: usize,
    jobs: usize,
    for_nobody: usize,
}

/// One worker, and clients that give up after `patience`.
pub(super) fn strategies(plan: &Plan, patience: Duration) -> [Strategy; 3] {
    let load = Load {
        requests: plan.jobs,
        every: plan.every,
        job_time: plan.job_time,
        capacity: plan.capacity,
        patience,
        counts: Arc::default(),
    };
    let make = || {
        let load = load.clone();
        move || Ok(load.afresh())
    };
    let times = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    // How long the last client would wait, and at most one that is let in.
    let last = load.every * times(load.requests - 1);
    let too_late = plan.ideal(1).saturating_sub(last) > patience;
    let let_in = load.job_time * times(load.capacity + 1);
    let full = plan.in_queue_at_most(1) > load.capacity;
    let channel = format!("mpsc::channel({})", load.capacity);
    let limited = format!("asyncio.Queue({})", load.capacity);
    [
        Strategy::staged(
            "overload",
            "no limit: each request is queued, and each client gives up in time",
            make(),
            overload,
        )
        .ideal(plan.ideal(1))
        .claim_if(too_late, AnswersTooLate(patience))
        .differs("its clients give up")
        .twin(Twin::of(
            "asyncio.Queue(): each request is queued, and each client gives up in time",
        )),
        Strategy::staged(
            "shed",
            format!("{channel}: a request that finds it full is refused"),
            make(),
            shed,
        )
        .claim_if(full && let_in < patience, Sheds)
        .differs("it refuses what does not fit")
        .twin(Twin::of(format!(
            "{limited}: a request that finds it full is refused"
        ))),
        Strategy::staged(
            "retry-storm",
            format!("as overload, and whoever gives up asks again, {TRIES} times in all"),
            make(),
            retry_storm,
        )
        .claim_if(too_late, RetriesAddLoad)
        .differs("its clients give up, and ask again")
        .twin(Twin::of(format!(
            "as overload, and whoever gives up asks again, {TRIES} times in all"
        ))),
    ]
}

/// How often a client of `retry-storm` asks.
const TRIES: usize = 3;

// ANCHOR: overload
async fn overload(recorder: Recorder, load: Load) -> Result<Output> {
    let (queue, mut requests) = mpsc::unbounded_channel();
    let (recorder, load) = (&recorder, &load);
    let client = |id| {
        let queue = queue.clone();
        async move {
            load.arrival(id).await;
            let (reply, answer) = oneshot::channel();
            load.queued();
            queue.send((id, reply))?;
            let answer = recorder.track(format!("client {id}"), answer);
            Ok(timeout(load.patience, answer).await.is_ok())
        }
    };
    let clients: Vec<_> = load.ids().map(client).collect();
    drop(queue); // the worker ends when the last client is gone
    let working = async {
        while let Some((id, reply)) = requests.recv().await {
            load.begun();
            let work = sleep(load.job_time);
            recorder.track(format!("job {id}"), work).await;
            // It fails where the client has given up. The work is done.
            load.done(reply.send("an answer").is_ok());
        }
    };
    let (answered, ()) = join(join_all(clients), working).await;
    load.output(answered, 0)
}
// ANCHOR_END: overload

// ANCHOR: shed
async fn shed(recorder: Recorder, load: Load) -> Result<Output> {
    let (queue, mut requests) = mpsc::channel(load.capacity);
    let (recorder, load) = (&recorder, &load);
    let client = |id| {
        let queue = queue.clone();
        async move {
            load.arrival(id).await;
            let (reply, answer) = oneshot::channel();
            // A full queue refuses at once: 503 Service Unavailable.
            let Ok(place) = queue.try_reserve() else {
                return Ok(None);
            };
            load.queued();
            place.send((id, reply));
            let answer = recorder.track(format!("client {id}"), answer);
            anyhow::Ok(Some(timeout(load.patience, answer).await.is_ok()))
        }
    };
    let clients: Vec<_> = load.ids().map(client).collect();
    drop(queue);
    let working = async {
        while let Some((id, reply)) = requests.recv().await {
            load.begun();
            let work = sleep(load.job_time);
            recorder.track(format!("job {id}"), work).await;
            load.done(reply.send("an answer").is_ok());
        }
    };
    let (answered, ()) = join(join_all(clients), working).await;
    let (refused, answered) = refused(answered);
    load.output(answered, refused)
}
// ANCHOR_END: shed

// ANCHOR: retry-storm
async fn retry_storm(recorder: Recorder, load: Load) -> Result<Output> {
    let (queue, mut requests) = mpsc::unbounded_channel();
    let (recorder, load) = (&recorder, &load);
    let client = |id| {
        let queue = queue.clone();
        async move {
            load.arrival(id).await;
            for attempt in 1..=TRIES {
                let (reply, answer) = oneshot::channel();
                load.queued();
                queue.send((id, reply))?;
                let label = format!("client {id}, try {attempt}");
                let answer = recorder.track(label, answer);
                if timeout(load.patience, answer).await.is_ok() {
                    return Ok(true);
                }
                // It asks again, and what it asked before is still queued.
            }
            Ok(false)
        }
    };
    let clients: Vec<_> = load.ids().map(client).collect();
    drop(queue);
    let working = async {
        while let Some((id, reply)) = requests.recv().await {
            load.begun();
            let work = sleep(load.job_time);
            recorder.track(format!("job {id}"), work).await;
            load.done(reply.send("an answer").is_ok());
        }
    };
    let (answered, ()) = join(join_all(clients), working).await;
    load.output(answered, 0)
}
// ANCHOR_END: retry-storm

/// How many were refused, and what became of the others.
fn refused(answered: Vec<Result<Option<bool>>>) -> (usize, Vec<Result<bool>>) {
    let of = answered.len();
    let let_in = answered.into_iter().filter_map(Result::transpose);
    let let_in: Vec<_> = let_in.collect();
    (of - let_in.len(), let_in)
}

impl Load {
    /// The same with counts of its own.
    fn afresh(&self) -> Self {
        Self {
            counts: Arc::default(),
            ..self.clone()
        }
    }

    fn ids(&self) -> RangeInclusive<usize> {
        1..=self.requests
    }

    /// Waits until this request is made, whatever became of those before it.
    async fn arrival(&self, id: usize) {
        let after = self.every * u32::try_from(id - 1).unwrap_or(u32::MAX);
        if !after.is_zero() {
            sleep(after).await;
        }
    }

    fn queued(&self) {
        let mut counts = lock(&self.counts);
        counts.waiting += 1;
        counts.most = counts.most.max(counts.waiting);
    }

    fn begun(&self) {
        lock(&self.counts).waiting -= 1;
    }

    fn done(&self, for_somebody: bool) {
        let mut counts = lock(&self.counts);
        counts.jobs += 1;
        counts.for_nobody += usize::from(!for_somebody);
    }

    /// How many clients had an answer in time, and what it took.
    fn output(&self, answered: Vec<Result<bool>>, refused: usize) -> Result<Output> {
        let answered: Vec<bool> = answered.into_iter().collect::<Result<_>>()?;
        let in_time = answered.into_iter().filter(|in_time| *in_time).count();
        let counts = lock(&self.counts);
        Ok(Output::new(in_time)
            .metric(REQUESTS, self.requests as f64)
            .metric(IN_TIME, in_time as f64)
            .metric(REFUSED, refused as f64)
            .metric(JOBS, counts.jobs as f64)
            .metric(FOR_NOBODY, counts.for_nobody as f64)
            .metric(DEPTH, counts.most as f64))
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use tokio::time::Instant;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Of ten requests, every 20 ms, 150 ms each, a queue of three, and clients that wait 750 ms: how many were answered
    /// in time, refused, worked on, worked on for nobody; and how long it takes. Exact, on a paused clock.
    async fn run<F>(strategy: fn(Recorder, Load) -> F) -> ([f64; 4], Duration)
    where
        F: Future<Output = Result<Output>>,
    {
        let load = Load {
            requests: 10,
            every: 20 * MS,
            job_time: 150 * MS,
            capacity: 3,
            patience: 750 * MS,
            counts: Arc::default(),
        };
        let start = Instant::now();
        let output = strategy(Recorder::new(), load).await.unwrap();
        let counts = [IN_TIME, REFUSED, JOBS, FOR_NOBODY].map(|key| output.metrics[key]);
        (counts, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_half_of_the_work_is_done_for_clients_that_are_gone() {
        assert_eq!(run(overload).await, ([5.0, 0.0, 10.0, 5.0], 1500 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_and_all_that_is_let_in_is_answered_in_time() {
        assert_eq!(run(shed).await, ([5.0, 5.0, 5.0, 0.0], 750 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn retries_double_the_work_and_answer_not_one_more() {
        assert_eq!(run(retry_storm).await, ([5.0, 0.0, 20.0, 15.0], 3000 * MS));
    }
}
