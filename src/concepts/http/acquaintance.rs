//! What is done with a server of the user's own before anything is measured: a request that is not counted, so that
//! no strategy pays for a cold start, and a lone one, where nothing else says how long a request takes by itself. Noise
//! only makes a request longer: of those that were made the shortest counts, and where no two agree, there are more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use reqwest::Url;

use super::Metrics;
use crate::claims::CLEARLY;
use crate::services::client::Client;
use crate::services::failure::Failure;
use crate::units;

/// How long the request took that is not counted.
const WARM_UP: &str = "warm_up_s";

/// How long a request took with nothing else under way.
pub(super) const LONE: &str = "lone_request_s";

/// More lone requests than this are not made.
const MOST_LONE: usize = 3;

/// Two that differ by less took equally long.
const SLACK: Duration = Duration::from_millis(5);

/// Whether the two shortest took equally long.
fn agree(alone: &[Duration]) -> bool {
    let mut alone = alone.to_vec();
    alone.sort();
    match &alone[..] {
        [shortest, next, ..] => *next <= shortest.mul_f64(CLEARLY) + SLACK,
        _ => false,
    }
}

/// One server, and what is known of it. Clones know the same.
#[derive(Clone, Debug)]
pub(super) struct Acquaintance {
    url: Url,
    timeout: Duration,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    is_warm: bool,
    /// It did not answer in time: more requests would only wait as long.
    silent: Option<String>,
    /// Whether `sequential` shows how long a request takes by itself.
    in_sequence: bool,
    /// Each answer with nothing else under way, the unmeasured one included.
    alone: Vec<Duration>,
    lone: Option<Duration>,
}

/// What a strategy needs to know of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing but that it is warm.
    Nothing,
    /// It is `sequential`: what others need to know, it shows.
    Shows,
    /// How long a request takes by itself.
    Lone,
}

impl Acquaintance {
    pub(super) fn with(url: Url, timeout: Duration) -> Self {
        Self {
            url,
            timeout,
            known: Arc::default(),
        }
    }

    /// Before a run: the request that is not counted, if none was made, and the lone one, if it is needed.
    ///
    /// # Errors
    /// Where the server did not answer in time. Then none of the strategies runs: each request would take as long.
    pub(super) async fn before(self, needs: Needs) -> Result<Metrics> {
        let mut counted = Metrics::new();
        if let Some(silent) = &self.known().silent {
            bail!("{silent}");
        }
        if !self.known().is_warm {
            let (took, answer) = self.ask().await?;
            self.known().is_warm = true;
            counted.insert(WARM_UP, took.as_secs_f64());
            self.known().alone.extend(answer.is_ok().then_some(took));
            if answer == Err(Failure::Timeout) {
                let silent = self.did_not_answer();
                self.known().silent = Some(silent.clone());
                bail!("{silent}");
            }
        }
        self.known().in_sequence |= needs == Needs::Shows;
        let unknown = !self.known().in_sequence && self.known().lone.is_none();
        if needs == Needs::Lone && unknown {
            for _ in 0..MOST_LONE {
                let (took, answer) = self.ask().await?;
                let mut known = self.known();
                known.alone.extend(answer.ok().map(|_| took));
                if agree(&known.alone) {
                    break;
                }
            }
            let mut known = self.known();
            known.lone = known.alone.iter().min().copied();
        }
        let lone = self.known().lone.filter(|_| needs == Needs::Lone);
        counted.extend(lone.map(|lone| (LONE, lone.as_secs_f64())));
        Ok(counted)
    }

    fn did_not_answer(&self) -> String {
        format!(
            "{} did not answer within {} (--timeout), when it was asked once before the measuring. Nothing was measured: every request would take as long. Is it stuck, or slow to start? Give it more time with --timeout.",
            self.url,
            units::duration(self.timeout)
        )
    }

    /// One request on a connection of its own, which is closed then: a server that serves one connection at a time is
    /// free again.
    async fn ask(&self) -> Result<(Duration, Result<String, Failure>)> {
        let client = Client::new(self.timeout)?;
        let asked = Instant::now();
        let answer = async { client.get(self.url.as_str()).await?.text().await };
        let answer = answer.await;
        Ok((asked.elapsed(), answer))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing that is done under this lock can leave it half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
