//! Asks a service: alone, then many times at once, with pings beside.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::future::join_all;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::live::Watch;
use super::pinger::Pinger;
use super::plan::ProbePlan;
use super::seen::{Observed, Round};
use super::timeline::measured;
use super::verdict::is_settled;
use crate::report::Measured;
use crate::services::client::Client;
use crate::services::failure::Failure;
use crate::trace::{Heartbeat, Recorder};

/// So many requests alone, and some more where no two of them took equally long.
const ALONE: std::ops::RangeInclusive<usize> = 3..=6;

/// They may take this share of the time.
const ALONE_TIME: u32 = 3;

/// More rounds than this tell nothing that so many have not told.
const MOST_ROUNDS: usize = 10;

/// What came of it.
#[derive(Debug, Default)]
pub struct Probed {
    /// In times.
    pub observed: Observed,
    /// The requests alone, in the order of asking.
    pub alone: Vec<Measured>,
    /// The rounds, in the order of asking.
    pub rounds: Vec<Measured>,
    /// Why a ping got no answer when nothing else was under way: then nothing was measured.
    pub no_ping: Option<Failure>,
    /// How many pings got no good answer later.
    pub pings_failed: usize,
    /// Whether somebody stopped it.
    pub stopped: bool,
}

/// Asks until it is clear what the service does with many requests at once, or the time is over. Shows `watch` what it
/// does meanwhile. A service that fails is no error.
///
/// # Errors
/// Where the system gives no thread, no runtime or no client.
pub fn probe(plan: &ProbePlan, stop: &CancellationToken, watch: &Watch) -> Result<Probed> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime could be built for the requests")?;
    let prober = Prober {
        plan,
        stop,
        watch,
        until: Instant::now() + plan.time,
        budget: plan.budget(),
    };
    runtime.block_on(prober.probe())
}

struct Prober<'a> {
    plan: &'a ProbePlan,
    stop: &'a CancellationToken,
    watch: &'a Watch,
    until: Instant,
    budget: Budget,
}

impl Prober<'_> {
    async fn probe(&self) -> Result<Probed> {
        let mut probed = Probed::default();
        // It is not counted, unless it fails: then so would all others.
        self.budget.take();
        let (first, warm_up) = self.ask(1, None).await?;
        if !first.is_whole() {
            probed.observed.alone.push(first);
            probed.alone.push(warm_up);
            probed.stopped = self.stop.is_cancelled();
            return Ok(probed);
        }
        let pinger = match self.pinger()? {
            Some(Ok(pinger)) => Some(pinger),
            Some(Err(failure)) => {
                probed.stopped = self.stop.is_cancelled();
                probed.no_ping = Some(failure).filter(|_| !probed.stopped);
                return Ok(probed);
            }
            None => None,
        };
        probed.observed.quiet_ping = pinger.as_ref().map(|pinger| pinger.quiet);
        self.alone(&mut probed, pinger.as_ref()).await?;
        if probed.observed.alone.iter().all(Round::is_whole) {
            self.rounds(&mut probed, pinger.as_ref()).await?;
        }
        probed.pings_failed = pinger.map_or(0, |pinger| pinger.record.failed());
        probed.stopped = self.stop.is_cancelled();
        Ok(probed)
    }

    fn pinger(&self) -> Result<Option<Result<Pinger, Failure>>> {
        let Some(ping) = &self.plan.ping else {
            return Ok(None);
        };
        let pinger = Pinger::start(
            ping.clone(),
            self.plan.ping_every(),
            self.left(),
            self.budget.clone(),
            self.stop,
        )?;
        Ok(Some(pinger))
    }

    async fn alone(&self, probed: &mut Probed, pinger: Option<&Pinger>) -> Result<()> {
        let most = self.plan.time / ALONE_TIME;
        for at in 0..*ALONE.end() {
            if at >= *ALONE.start() && probed.observed.is_lone_known() {
                break;
            }
            let over = self.plan.time.saturating_sub(self.left()) > most;
            if self.is_over() || (at > 0 && over) || !self.budget.take() {
                break;
            }
            let (round, run) = self.ask(1, pinger).await?;
            let failed = !round.is_whole();
            probed.observed.alone.push(round);
            probed.alone.push(run);
            if failed {
                break;
            }
        }
        Ok(())
    }

    async fn rounds(&self, probed: &mut Probed, pinger: Option<&Pinger>) -> Result<()> {
        let lone = probed.observed.lone().into_iter().min();
        let at_once = self.plan.at_once(lone.unwrap_or_default(), self.left());
        probed.observed.at_once = at_once;
        while probed.rounds.len() < MOST_ROUNDS && !self.is_over() {
            // A round that cannot come to its end tells less than those before it.
            let last = probed.observed.rounds.last();
            if last.is_some_and(|last| last.wall > self.left()) {
                break;
            }
            if !self.budget.take_all(at_once) {
                break;
            }
            let (round, run) = self.ask(at_once, pinger).await?;
            if self.stop.is_cancelled() && !round.is_whole() && !probed.rounds.is_empty() {
                break;
            }
            probed.observed.rounds.push(round);
            probed.rounds.push(run);
            if is_settled(&probed.observed) {
                break;
            }
        }
        Ok(())
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    fn is_over(&self) -> bool {
        self.left().is_zero() || self.stop.is_cancelled()
    }

    /// So many requests at once, on connections of their own: one that was kept open from the last round may be closed by
    /// the server at the very moment at which it is used again.
    async fn ask(&self, count: usize, pinger: Option<&Pinger>) -> Result<(Round, Measured)> {
        let client = Client::new(self.left().max(SHORTEST))?;
        let recorder = Recorder::new();
        let heart = tokio::spawn(recorder.heartbeat());
        tokio::task::yield_now().await;
        let (begun, start) = (Instant::now(), recorder.elapsed());
        let pings = pinger.map(|pinger| &pinger.record);
        self.watch
            .begin(count, begun, start, &recorder, pings.cloned());

        let came = RefCell::new(Vec::new());
        let asking = (1..=count).map(|number| {
            let asking = fetch(&client, self.plan);
            let asking = recorder.track_result(format!("request {number}"), asking);
            let came = &came;
            async move {
                let answer = asking.await;
                came.borrow_mut().push((begun.elapsed(), answer));
            }
        });
        {
            let all = join_all(asking);
            tokio::select! {
                _ = all => {}
                () = tokio::time::sleep_until(self.until.into()) => {}
                () = self.stop.cancelled() => {}
            }
        }
        let (end, ended) = (recorder.elapsed(), Instant::now());
        heart.abort();
        let came = came.into_inner();
        let mut timeline = recorder.timeline();
        let late = Heartbeat::measure(&timeline, end)
            .map_or(Duration::ZERO, |own| own.max_gap.saturating_sub(own.period));
        timeline.heartbeat = None;
        let failed = came.iter().filter(|(_, answer)| answer.is_err()).count();
        let good = came.iter().filter(|(_, answer)| answer.is_ok());
        let late_pings = pings.map(|pings| pings.late_between(begun, ended));
        let round = Round {
            answers: good.map(|(at, _)| *at).collect(),
            failed,
            unanswered: count - came.len(),
            wall: ended - begun,
            disturbed: late.max(late_pings.unwrap_or_default()),
            pings: pings.map(|pings| pings.between(begun, ended)),
        };
        let every = pings.map(|pings| pings.every);
        let run = measured(timeline, start, &round, every);
        Ok((round, run))
    }
}

/// A client wants some time, even where none is left.
const SHORTEST: Duration = Duration::from_millis(1);

async fn fetch(client: &Client, plan: &ProbePlan) -> Result<String, Failure> {
    client.send(&plan.target).await?.text().await
}
