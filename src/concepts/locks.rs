//! `locks`: one thread, and still a race.
//!
//! Tasks on one thread take turns at each `.await`, and nowhere else. What one has read before an await, others may
//! have changed by the time it goes on: if it then writes, their updates are lost. Without an await in between nothing
//! is. `tokio::sync::Mutex` may be held across an await, and makes everybody else wait as long; a `std::sync::Mutex`
//! is for what has no await in it. Neither is seen by another process: there the database has to do the sum.

mod claims;
mod kiosk;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{self, Arc, MutexGuard, PoisonError};

use anyhow::Result;
use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::claims::{AllWait, LOST, LosesUpdates, NothingBetween, ShortSections, TakesTurns};
use self::kiosk::Kiosk;
use super::knob::{Count, Wait};
use super::waits::LongestWait;
use super::{About, Concept, Flavor, Output, Strategy, Twin};
use crate::claims::Figure;
use crate::trace::Recorder;

/// The knobs of `locks`.
#[derive(clap::Args, Clone, Copy, Debug, Serialize)]
pub struct Locks {
    /// How many requests there are at once; each sells one ticket
    #[arg(long, value_name = "N", default_value = "5")]
    pub requests: Count<1, 200>,

    /// How long each waits for the payment, a call to another service
    #[arg(long, value_name = "DURATION", default_value = "200ms")]
    pub payment: Wait,

    /// How long each waits while it counts its ticket
    #[arg(long, value_name = "DURATION", default_value = "50ms")]
    pub save: Wait,
}

impl Concept for Locks {
    const ABOUT: About = About {
        name: "locks",
        title: "one thread, and still a race",
        question: "There is only one thread: why would I need a lock?",
        python: "asyncio.Lock",
        examples: "\
  asyncdemo locks                     lost on one thread, and what a lock costs
  asyncdemo locks --all --code        five ways, with the code that runs
  asyncdemo locks --requests 50 --strategy race --strategy no-await
                                      one await in the wrong place
  asyncdemo locks --strategy held-across --strategy async-lock --code
                                      the same lock, held longer and shorter",
        heartbeat_lane: false,
        figure: Figure::Metric(LOST, "updates lost"),
        source: include_str!("locks.rs"),
        twin: include_str!("../../lessons/python/locks.py"),
        python_file: "locks.py",
        belief: "On one thread there can be no race.",
        tour: &["--payment", "100ms"],
        quick: &["--requests", "3", "--payment", "20ms", "--save", "20ms"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let [payment, save] = [*self.payment, *self.save];
        let requests = u32::try_from(*self.requests).unwrap_or(u32::MAX);
        let several = requests > 1;
        let all = *self.requests;
        let kiosk = move || Ok(Kiosk::new(all, payment, save));
        vec![
            Strategy::staged("race", "read, await, write: no lock", kiosk, race)
                .by_default()
                .ideal(payment + save)
                .claim_if(several, LosesUpdates)
                .refutes_belief()
                .differs("it loses updates, and so counts fewer tickets")
                .twin(Twin::of("read, await, write: no lock")),
            Strategy::staged(
                "no-await",
                "await first, then read and write: no lock",
                kiosk,
                no_await,
            )
            .ideal(payment + save)
            .claim_if(several, NothingBetween)
            .twin(Twin::of("await first, then read and write: no lock")),
            Strategy::staged(
                "async-lock",
                "tokio::sync::Mutex, locked around read, await, write",
                kiosk,
                async_lock,
            )
            .by_default()
            .ideal(payment + save * requests)
            .claim_if(several, TakesTurns(save))
            .twin(Twin::of("asyncio.Lock, locked around read, await, write")),
            Strategy::staged(
                "held-across",
                "tokio::sync::Mutex, locked before the payment already",
                kiosk,
                held_across,
            )
            .by_default()
            .ideal((payment + save) * requests)
            .claim_if(several, AllWait(payment + save, "async-lock"))
            .twin(Twin::of("asyncio.Lock, locked before the payment already")),
            Strategy::staged(
                "std-mutex",
                "std::sync::Mutex around read and write, on two workers",
                kiosk,
                std_mutex,
            )
            .on(Flavor::MultiThread(2))
            .ideal(payment + save)
            .claim_if(several, ShortSections)
            .no_twin("an event loop of asyncio has one thread, and a threading.Lock nothing to guard on it"),
        ]
    }
}

// ANCHOR: workload
/// How many tickets are sold: one number, and all requests share it.
#[derive(Default)]
struct Sold(AtomicUsize);

impl Sold {
    fn read(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn write(&self, tickets: usize) {
        self.0.store(tickets, Ordering::SeqCst);
    }
}

impl Kiosk {
    /// Stands for a call to another service: it waits, the thread is free.
    async fn pay(&self) {
        sleep(self.payment).await;
    }

    /// Stands for what is awaited to count a ticket: a query, or a log.
    async fn save(&self) {
        sleep(self.save).await;
    }
}

/// Locks it. That fails only where somebody has panicked with the lock.
fn lock(sold: &sync::Mutex<usize>) -> MutexGuard<'_, usize> {
    sold.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: workload

// ANCHOR: race
async fn race(recorder: Recorder, kiosk: Kiosk) -> Result<Output> {
    let sold = Sold::default();
    let requests = kiosk.requests().map(|id| {
        let selling = async {
            kiosk.pay().await;
            let before = sold.read();
            kiosk.save().await;
            sold.write(before + 1);
        };
        recorder.track(format!("request {id}"), selling)
    });
    join_all(requests).await;
    Ok(kiosk.output(sold.read()))
}
// ANCHOR_END: race

// ANCHOR: no-await
async fn no_await(recorder: Recorder, kiosk: Kiosk) -> Result<Output> {
    let sold = Sold::default();
    let requests = kiosk.requests().map(|id| {
        let selling = async {
            kiosk.pay().await;
            kiosk.save().await;
            // No await from here on: on one thread, nobody else runs.
            let before = sold.read();
            sold.write(before + 1);
        };
        recorder.track(format!("request {id}"), selling)
    });
    join_all(requests).await;
    Ok(kiosk.output(sold.read()))
}
// ANCHOR_END: no-await

// ANCHOR: async-lock
async fn async_lock(recorder: Recorder, kiosk: Kiosk) -> Result<Output> {
    let sold = Mutex::new(0);
    let requests = kiosk.requests().map(|id| {
        let selling = async {
            kiosk.pay().await;
            // Held until `sold` goes out of scope, across the await.
            let mut sold = kiosk.waits.of(sold.lock()).await;
            let before = *sold;
            kiosk.save().await;
            *sold = before + 1;
        };
        recorder.track(format!("request {id}"), selling)
    });
    join_all(requests).await;
    Ok(kiosk.output(sold.into_inner()))
}
// ANCHOR_END: async-lock

// ANCHOR: held-across
async fn held_across(recorder: Recorder, kiosk: Kiosk) -> Result<Output> {
    let sold = Mutex::new(0);
    let requests = kiosk.requests().map(|id| {
        let selling = async {
            let mut sold = kiosk.waits.of(sold.lock()).await;
            // The payment needs no lock, and now all the others wait for it.
            kiosk.pay().await;
            let before = *sold;
            kiosk.save().await;
            *sold = before + 1;
        };
        recorder.track(format!("request {id}"), selling)
    });
    join_all(requests).await;
    Ok(kiosk.output(sold.into_inner()))
}
// ANCHOR_END: held-across

// ANCHOR: std-mutex
async fn std_mutex(recorder: Recorder, kiosk: Kiosk) -> Result<Output> {
    let sold = Arc::new(sync::Mutex::new(0));
    let mut requests = JoinSet::new();
    for id in kiosk.requests() {
        let (kiosk, sold) = (kiosk.clone(), Arc::clone(&sold));
        let selling = async move {
            kiosk.pay().await;
            kiosk.save().await;
            // Held for one line. An await while it is held: `spawn` refuses.
            *lock(&sold) += 1;
        };
        requests.spawn(recorder.track(format!("request {id}"), selling));
    }
    requests.join_all().await;
    let sold = *lock(&sold);
    Ok(kiosk.output(sold))
}
// ANCHOR_END: std-mutex

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    const PAYMENT: Duration = Duration::from_millis(200);
    const SAVE: Duration = Duration::from_millis(50);

    /// What a strategy counts of five requests, its longest wait for the lock in milliseconds, and how long it takes:
    /// exact, on a paused clock.
    async fn run<F>(strategy: fn(Recorder, Kiosk) -> F) -> (u64, Option<f64>, Duration)
    where
        F: Future<Output = Result<Output>>,
    {
        let start = Instant::now();
        let kiosk = Kiosk::new(5, PAYMENT, SAVE);
        let output = strategy(Recorder::new(), kiosk).await.unwrap();
        let sold = output.result.as_u64().unwrap();
        assert_eq!(output.metrics["requests_count"], 5.0);
        assert_eq!(output.metrics["updates_lost_count"], 5.0 - sold as f64);
        let waited = output.metrics.get("longest_wait_for_lock_s");
        (sold, waited.map(|waited| waited * 1e3), start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn an_await_between_read_and_write_loses_all_updates_but_one() {
        assert_eq!(run(race).await, (1, None, PAYMENT + SAVE));
        assert_eq!(run(no_await).await, (5, None, PAYMENT + SAVE));
        assert_eq!(run(std_mutex).await, (5, None, PAYMENT + SAVE));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_an_async_lock_waits_for_all_that_it_is_held_across() {
        let (sold, waited, wall) = run(async_lock).await;
        assert_eq!((sold, wall), (5, PAYMENT + 5 * SAVE));
        assert_eq!(waited, Some(200.0));
        let (sold, waited, wall) = run(held_across).await;
        assert_eq!((sold, wall), (5, 5 * (PAYMENT + SAVE)));
        assert_eq!(waited, Some(1000.0));
    }
}
