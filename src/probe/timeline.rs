//! A round as lanes: its requests, over the pings as their heartbeat.

use std::time::Duration;

use super::seen::{PingWait, Round};
use crate::report::Measured;
use crate::trace::{Heartbeat, Outcome, Poll, Task, Timeline};

/// What was measured of a round: the requests of `timeline`, which began at `start`, and a ping every so often, if there
/// was one.
pub(super) fn measured(
    mut timeline: Timeline,
    start: Duration,
    round: &Round,
    every: Option<Duration>,
) -> Measured {
    let end = start + round.wall;
    let heartbeat = every.and_then(|every| {
        let pings = round.pings.as_deref().unwrap_or_default();
        timeline.heartbeat = Some(lane(pings, start, end));
        let heartbeat = Heartbeat::measure(&timeline, end)?;
        Some(Heartbeat {
            period: every,
            ..heartbeat
        })
    });
    Measured {
        wall: round.wall,
        start,
        timeline,
        heartbeat,
        cut_short: round.unanswered > 0,
        ..Measured::default()
    }
}

/// A ping is a beat when it is answered; from its sending until then it could not be.
fn lane(pings: &[PingWait], start: Duration, end: Duration) -> Task {
    let beat = |at: Duration| Poll {
        start: at,
        end: at,
        thread: 0,
    };
    let answered = pings.iter().map(|ping| start + ping.sent + ping.waited);
    let answered = answered.filter(|at| *at < end).map(beat);
    Task {
        label: "ping".to_owned(),
        location: None,
        created: start,
        polls: std::iter::once(beat(start)).chain(answered).collect(),
        wakes: pings.iter().map(|ping| start + ping.sent).collect(),
        woken_by: Vec::new(),
        outcome: Outcome::Running,
        failed: None,
        end,
    }
}
