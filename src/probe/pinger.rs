//! Asks for one URL again and again, beside whatever else is asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::runtime::Builder;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::budget::Budget;
use super::seen::{PingWait, median};
use crate::services::client::{Client, Outgoing};
use crate::services::failure::Failure;

/// So many pings with nothing else under way say how long one takes.
const QUIET: usize = 7;

/// Pings on a thread and a runtime of its own: what keeps the requests busy here does not keep a ping waiting. Dropping
/// it ends it.
#[derive(Debug)]
pub(super) struct Pinger {
    pub(super) record: PingRecord,
    /// How long a ping took while nothing else was under way: the median of some.
    pub(super) quiet: Duration,
    _over: DropGuard,
}

/// The pings so far. Clones see the same.
#[derive(Clone, Debug)]
pub(super) struct PingRecord {
    log: Arc<Mutex<PingLog>>,
    /// Between two pings that are answered at once.
    pub(super) every: Duration,
}

#[derive(Debug, Default)]
struct PingLog {
    pings: Vec<(Instant, Option<Instant>)>,
    failed: usize,
    /// When this program's own clock was late, and by how much.
    late: Vec<(Instant, Duration)>,
}

/// Lateness of less is every clock's.
const LATE: Duration = Duration::from_millis(2);

impl Pinger {
    /// Starts to ping; the first few pings are waited for, with nothing else under way. Each may take `timeout`.
    ///
    /// # Errors
    /// Where the system gives no thread and no client.
    pub(super) fn start(
        ping: Outgoing,
        every: Duration,
        timeout: Duration,
        budget: Budget,
        stop: &CancellationToken,
    ) -> Result<Result<Self, Failure>> {
        let client = Client::new(timeout)?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("no runtime could be built for the pings")?;
        let (tell, told) = mpsc::channel();
        let log = Arc::<Mutex<PingLog>>::default();
        let over = stop.child_token();
        let pinging = {
            let (log, over) = (Arc::clone(&log), over.clone());
            async move {
                let quiet = over.run_until_cancelled(quiet(&client, &ping, every)).await;
                let is_well = matches!(quiet, Some(Ok(_)));
                let _ = tell.send(quiet.unwrap_or(Err(Failure::Timeout)));
                if is_well {
                    let pinging = keep_pinging(&client, &ping, every, &log, &budget);
                    over.run_until_cancelled(pinging).await;
                }
            }
        };
        thread::Builder::new()
            .name("pinger".to_owned())
            .spawn(move || runtime.block_on(pinging))
            .context("no thread could be started for the pings")?;
        let quiet = told.recv().context("the pings' thread has ended early")?;
        Ok(quiet.map(|quiet| Self {
            record: PingRecord { log, every },
            quiet,
            _over: over.drop_guard(),
        }))
    }
}

impl PingRecord {
    /// The pings that waited between these two moments, each for as long as it did between them.
    pub(super) fn between(&self, start: Instant, end: Instant) -> Vec<PingWait> {
        let log = self.log();
        let pings = log.pings.iter().filter_map(|(sent, answered)| {
            let until = answered.map_or(end, |answered| answered.min(end));
            let from = (*sent).max(start);
            (from < until).then(|| PingWait {
                sent: from - start,
                waited: until - from,
            })
        });
        pings.collect()
    }

    /// The longest time in which the pings themselves could not run between these two moments.
    pub(super) fn late_between(&self, start: Instant, end: Instant) -> Duration {
        let log = self.log();
        let late = log.late.iter();
        let late = late.filter(|(at, by)| *at >= start && *at - *by <= end);
        late.map(|(_, by)| *by).max().unwrap_or_default()
    }

    /// How many pings got no good answer.
    pub(super) fn failed(&self) -> usize {
        self.log().failed
    }

    fn log(&self) -> MutexGuard<'_, PingLog> {
        lock(&self.log)
    }
}

fn lock(log: &Mutex<PingLog>) -> MutexGuard<'_, PingLog> {
    // Nothing that is done under this lock can leave it half done.
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn ask(client: &Client, ping: &Outgoing) -> Result<(), Failure> {
    client.send(ping).await?.text().await.map(drop)
}

/// The first one opens the connection: that is nobody's waiting.
async fn quiet(client: &Client, ping: &Outgoing, every: Duration) -> Result<Duration, Failure> {
    ask(client, ping).await?;
    let mut took = Vec::new();
    for _ in 0..QUIET {
        tokio::time::sleep(every).await;
        let sent = Instant::now();
        ask(client, ping).await?;
        took.push(sent.elapsed());
    }
    Ok(median(took).unwrap_or_default())
}

/// One ping at a time: while one waits, no other is sent. A server that is blocked for two seconds is told so by that one,
/// and finds no heap of two hundred when it can answer again.
async fn keep_pinging(
    client: &Client,
    ping: &Outgoing,
    every: Duration,
    log: &Mutex<PingLog>,
    budget: &Budget,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let note_late = |due: tokio::time::Instant| {
        let late = due.elapsed();
        if late >= LATE {
            lock(log).late.push((Instant::now(), late));
        }
    };
    while budget.take() {
        note_late(ticks.tick().await);
        lock(log).pings.push((Instant::now(), None));
        let asking = ask(client, ping);
        tokio::pin!(asking);
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut asking => break answer,
                due = ticks.tick() => note_late(due),
            }
        };
        let mut log = lock(log);
        log.failed += usize::from(answer.is_err());
        if let Some(last) = log.pings.last_mut() {
            last.1 = Some(Instant::now());
        }
    }
}
