//! A finished run as it could be seen while it ran.

use std::time::Duration;

use super::{Heartbeat, Outcome, Seconds, StrategyReport, Task};

impl StrategyReport {
    /// What could be seen of it when it had run so long.
    pub fn until(&self, now: Duration) -> Self {
        let past = |at: &Seconds| at.0 <= now;
        let mut seen = self.clone();
        for lanes in [&mut seen.tasks, &mut seen.closures] {
            lanes.retain(|task| past(&task.created_s));
            lanes.iter_mut().for_each(|task| cut(task, now));
        }
        seen.heartbeat = seen.heartbeat.and_then(|heartbeat| heard(heartbeat, now));
        seen.blocked.retain(|blocked| past(&blocked.start_s));
        for blocked in &mut seen.blocked {
            blocked.end_s = blocked.end_s.min(Seconds(now));
        }
        // What is counted is counted at the end.
        (seen.rest, seen.error) = (None, None);
        (seen.overhead_s, seen.speedup) = (None, None);
        seen.metrics.clear();
        seen.failures.clear();
        seen.wall_s = vec![Seconds(now)];
        seen
    }
}

/// A task that goes on at `now`, where it does.
fn cut(task: &mut Task, now: Duration) {
    let past = |at: &Seconds| at.0 <= now;
    if task.end_s.0 > now {
        (task.end_s, task.outcome, task.failed) = (Seconds(now), Outcome::Running, None);
    }
    task.start_s = task.start_s.filter(past);
    task.polls.retain(|poll| past(&poll.start_s));
    for poll in &mut task.polls {
        poll.end_s = poll.end_s.min(Seconds(now));
    }
    task.wakes_s.retain(past);
    task.woken_by.truncate(task.wakes_s.len());
}

/// The heartbeat at `now`, with the longest gap that it had had by then. `None` where its beats are not known.
fn heard(mut heartbeat: Heartbeat, now: Duration) -> Option<Heartbeat> {
    let lane = heartbeat.lane.as_mut()?;
    cut(lane, now);
    let beats = lane.polls.iter().map(|beat| beat.start_s.0);
    let next = beats.clone().skip(1).chain([now]);
    let gaps = beats
        .zip(next)
        .map(|(beat, next)| next.saturating_sub(beat));
    let gap = Seconds(gaps.max().unwrap_or_default());
    if gap < heartbeat.max_gap_s {
        (heartbeat.max_gap_s, heartbeat.blocked_by) = (gap, None);
    }
    Some(heartbeat)
}
