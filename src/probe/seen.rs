//! What was seen of a service, in times alone.

use std::time::Duration;

use crate::claims::CLEARLY;

/// Two requests that differ by less took equally long.
const SLACK: Duration = Duration::from_millis(5);

/// Beside a request that takes so long, noise is little.
const LONG: Duration = Duration::from_secs(2);

/// All that was seen of one service.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// How many requests were sent at once in each of the rounds.
    pub at_once: usize,
    /// Requests with nothing else under way, each in a round of its own.
    pub alone: Vec<Round>,
    /// So many at once, round after round.
    pub rounds: Vec<Round>,
    /// How long a ping took while no request was under way: the median of some. `None` where nothing was pinged.
    pub quiet_ping: Option<Duration>,
}

/// Requests that were sent at the same moment. Times count from that moment.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// When each good answer came.
    pub answers: Vec<Duration>,
    /// How many requests failed.
    pub failed: usize,
    /// How many had no answer yet when the time was over.
    pub unanswered: usize,
    /// When the last of them ended, or the time was over.
    pub wall: Duration,
    /// The longest time in which this program itself could not run: it may have seen answers so late.
    pub disturbed: Duration,
    /// The pings beside the requests, in order. `None` where nothing was pinged.
    pub pings: Option<Vec<PingWait>>,
}

/// One ping. There is never more than one under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingWait {
    /// When it was sent; zero where that was before the round.
    pub sent: Duration,
    /// How long it waited within the round.
    pub waited: Duration,
}

impl Round {
    /// Whether every request got a good answer.
    pub fn is_whole(&self) -> bool {
        !self.answers.is_empty() && self.failed == 0 && self.unanswered == 0
    }

    /// The longest wait of a ping. `None` where none was sent.
    pub fn longest_ping(&self) -> Option<Duration> {
        let pings = self.pings.as_ref()?;
        pings.iter().map(|ping| ping.waited).max()
    }

    /// The share of the round, from 0 to 1, in which a ping was waiting for `least` or longer.
    pub(super) fn share_waiting(&self, least: Duration) -> Option<f64> {
        let pings = self.pings.as_ref()?.iter();
        let long = pings.filter(|ping| ping.waited >= least);
        let waited: Duration = long.map(|ping| ping.waited).sum();
        let wall = self.wall.as_secs_f64();
        (wall > 0.0).then(|| waited.as_secs_f64() / wall)
    }

    /// When the first answer came, and the last.
    pub(super) fn first_and_last(&self) -> Option<(Duration, Duration)> {
        Some((*self.answers.iter().min()?, *self.answers.iter().max()?))
    }
}

impl Observed {
    /// How long each lone request took that was answered.
    pub fn lone(&self) -> Vec<Duration> {
        let lone = self.alone.iter().filter(|round| round.is_whole());
        lone.map(|round| round.wall).collect()
    }

    /// Whether it is known how long one takes: the two shortest took equally long. One that takes seconds may be the only
    /// one that there was time for, and noise is little beside it.
    pub fn is_lone_known(&self) -> bool {
        let mut lone = self.lone();
        lone.sort();
        match &lone[..] {
            [] => false,
            [one] => *one >= LONG,
            [shortest, next, ..] => *next <= shortest.mul_f64(CLEARLY) + SLACK,
        }
    }
}

/// The middle one; of an even number, the lower.
pub(super) fn median<T: Ord + Copy>(of: impl IntoIterator<Item = T>) -> Option<T> {
    let mut all: Vec<T> = of.into_iter().collect();
    all.sort();
    all.get(all.len().checked_sub(1)? / 2).copied()
}
