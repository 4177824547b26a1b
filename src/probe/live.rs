//! What is going on at the moment, for whoever looks on from another thread.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pinger::PingRecord;
use super::seen::Round;
use super::timeline::measured;
use crate::report::Measured;
use crate::trace::Recorder;

/// What is going on.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Option<RoundNow>>);

#[derive(Clone, Debug)]
struct RoundNow {
    count: usize,
    begun: Instant,
    start: Duration,
    recorder: Recorder,
    pings: Option<PingRecord>,
}

impl Watch {
    /// What a round that is going on has come to: how many requests were sent, and their lanes.
    pub fn round(&self) -> Option<(usize, Measured)> {
        let now = self.round_now().clone()?;
        let end = Instant::now();
        let pings = now.pings.as_ref();
        let so_far = Round {
            wall: end - now.begun,
            unanswered: now.count,
            pings: pings.map(|pings| pings.between(now.begun, end)),
            ..Round::default()
        };
        let mut timeline = now.recorder.timeline();
        timeline.heartbeat = None;
        let every = pings.map(|pings| pings.every);
        Some((now.count, measured(timeline, now.start, &so_far, every)))
    }

    pub(super) fn begin(
        &self,
        count: usize,
        begun: Instant,
        start: Duration,
        recorder: &Recorder,
        pings: Option<PingRecord>,
    ) {
        *self.round_now() = Some(RoundNow {
            count,
            begun,
            start,
            recorder: recorder.clone(),
            pings,
        });
    }

    fn round_now(&self) -> MutexGuard<'_, Option<RoundNow>> {
        // Nothing that is done under this lock can leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
