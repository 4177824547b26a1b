//! A pulse beside the work: for how long was the event loop blocked?

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::timeline::{Task, Timeline};

/// How often the heart beats.
pub const PERIOD: Duration = Duration::from_millis(10);

/// What a heartbeat task has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Between two beats when nothing is in the way.
    pub period: Duration,
    /// The longest time without a beat.
    pub max_gap: Duration,
    /// When that gap began, since the recorder's origin.
    pub gap_start: Duration,
    /// The tracked task that was being polled for most of the gap, if one was.
    pub blocked_by: Option<String>,
}

/// Beats for ever.
pub(crate) async fn beat() {
    let mut ticker = interval(PERIOD);
    // A late heart does not catch up: one missed stretch must be one gap. And it keeps its rhythm, so that what is due
    // between two beats stays between two beats.
    ticker.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticker.tick().await;
    }
}

impl Heartbeat {
    /// The longest gap between two polls of the timeline's heartbeat, or between its last poll and `until`, and
    /// who was busy during it. `None` if there is none, or it never beat.
    pub fn measure(timeline: &Timeline, until: Duration) -> Option<Self> {
        let heart = timeline.heartbeat.as_ref()?;
        let beats = heart.polls.iter().map(|poll| poll.start).chain([until]);
        let next = heart
            .polls
            .iter()
            .map(|poll| poll.start)
            .skip(1)
            .chain([until]);
        let (gap_start, gap_end) = beats
            .zip(next)
            .filter(|(beat, next)| beat < next)
            .max_by_key(|(beat, next)| *next - *beat)?;
        let max_gap = gap_end - gap_start;
        let held = |task: &Task| -> Duration {
            let overlap = |start: Duration, end: Duration| {
                end.min(gap_end).saturating_sub(start.max(gap_start))
            };
            task.polls
                .iter()
                .map(|poll| overlap(poll.start, poll.end))
                .sum()
        };
        let blocked_by = timeline
            .tasks
            .iter()
            // Of a task and the task that awaits it, the inner one is shorter: it must do for most, not for all.
            .filter(|task| max_gap > PERIOD * 2 && held(task) * 2 > max_gap)
            .min_by_key(|task| held(task))
            .map(|task| task.label.clone());
        Some(Self {
            period: PERIOD,
            max_gap,
            gap_start,
            blocked_by,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, Poll, Recorder};

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn polled(label: &str, polls: &[(u64, u64)]) -> Task {
        Task {
            label: label.to_owned(),
            location: None,
            created: Duration::ZERO,
            polls: polls
                .iter()
                .map(|&(start, end)| Poll {
                    start: ms(start),
                    end: ms(end),
                    thread: 0,
                })
                .collect(),
            wakes: Vec::new(),
            woken_by: Vec::new(),
            outcome: Outcome::Running,
            failed: None,
            end: ms(polls.last().map_or(0, |poll| poll.1)),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_undisturbed_heart_beats_every_ten_milliseconds() {
        let recorder = Recorder::new();
        let heart = tokio::spawn(recorder.heartbeat());
        tokio::time::sleep(ms(105)).await;
        heart.abort();
        recorder.track("heartbeat", async {}).await;
        let timeline = recorder.timeline();
        let measured = Heartbeat::measure(&timeline, timeline.end).unwrap();
        assert_eq!((measured.max_gap, measured.blocked_by), (PERIOD, None));
        assert_eq!(timeline.tasks.len(), 1, "a task by its name is a task");
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_heart_beats_once_and_keeps_its_rhythm() {
        let recorder = Recorder::new();
        let heart = tokio::spawn(recorder.heartbeat());
        tokio::time::sleep(ms(15)).await;
        // The clock moves on, and nothing is polled meanwhile.
        tokio::time::advance(ms(42)).await;
        tokio::time::sleep(ms(14)).await;
        heart.abort();
        let heart = recorder.timeline().heartbeat.unwrap();
        let beats: Vec<_> = heart
            .polls
            .iter()
            .map(|poll| poll.start.as_millis())
            .collect();
        assert_eq!(beats, [0, 10, 57, 60, 70]);
    }

    #[test]
    fn the_gap_names_the_task_that_was_busy_in_it() {
        let timeline = Timeline {
            heartbeat: Some(polled("heartbeat", &[(0, 0), (10, 10), (310, 310)])),
            tasks: vec![polled("idle", &[(0, 1)]), polled("culprit", &[(11, 309)])],
            ..Timeline::default()
        };
        let measured = Heartbeat::measure(&timeline, ms(315)).unwrap();
        assert_eq!((measured.max_gap, measured.gap_start), (ms(300), ms(10)));
        assert_eq!(measured.blocked_by.as_deref(), Some("culprit"));
    }

    #[test]
    fn a_heart_that_never_beats_again_is_blocked_until_the_end() {
        let mut timeline = Timeline {
            heartbeat: Some(polled("heartbeat", &[(0, 0)])),
            tasks: vec![polled("culprit", &[(1, 500)])],
            ..Timeline::default()
        };
        let measured = Heartbeat::measure(&timeline, ms(500)).unwrap();
        assert_eq!(
            (measured.max_gap, measured.blocked_by.as_deref()),
            (ms(500), Some("culprit"))
        );
        timeline.heartbeat = Some(polled("heartbeat", &[]));
        assert_eq!(Heartbeat::measure(&timeline, Duration::ZERO), None);
        timeline.heartbeat = None;
        assert_eq!(Heartbeat::measure(&timeline, ms(500)), None);
    }
}
