//! Claims about the event loop: who blocks it, and what keeps it awake.

use std::collections::BTreeSet;
use std::time::Duration;

use super::run::slack;
use super::{Claim, Run, Shown, shown};
use crate::report::{Blocked, Task};
use crate::units::duration as time;

/// Blocking that nobody claimed is told from here on.
pub const WORTH_TELLING: Duration = Duration::from_millis(50);

/// A heartbeat gap that is no more than the machine's own noise.
pub(super) const AWAKE: Duration = Duration::from_millis(50);

/// A gap in which a beat was missed. It is called deaf where something held every worker meanwhile.
const MISSED_BEAT: Duration = Duration::from_millis(20);

/// A stretch of an untracked blocker is seen by the heartbeat alone; a busy machine makes short ones.
pub(super) fn unforeseen(run: &Run<'_>) -> Option<Shown> {
    BlocksTheLoop
        .check(run)
        .filter(|_| run.blocked_in_all() >= WORTH_TELLING)
}

/// The async thread is held; nothing else runs.
#[derive(Debug)]
pub struct BlocksTheLoop;

impl Claim for BlocksTheLoop {
    fn expectation(&self) -> String {
        "that the event loop is blocked".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let worst = run.worst_stretch()?;
        let (longest, total) = (worst.length(), run.blocked_in_all());
        let missed = run.beats(total);
        let shown = match &worst.by {
            Some(by) => shown("loop_blocked", held(run, by, worst, total))
                .takeaway("Every other request to your server would have waited just as long."),
            None => match busy_with(run, worst) {
                Some(busy) => return Some(busy),
                None => shown(
                    "loop_blocked",
                    format!(
                        "nothing could run for {}. Something that is not tracked blocked the event loop, or the machine was busy elsewhere.",
                        time(longest)
                    ),
                ),
            },
        };
        let short = format!(
            "nothing else ran for {}: {missed} heartbeats missed",
            time(longest)
        );
        Some(shown.short(short).tells_of_blocking())
    }
}

fn held(run: &Run<'_>, by: &str, worst: &Blocked, total: Duration) -> String {
    let (workers, longest) = (run.strategy.runtime.workers, worst.length());
    let who = if workers == 1 {
        format!("{by} held the thread")
    } else if workers_held(run, worst) < workers {
        format!("{by} held the one of {workers} workers that watches sockets and timers")
    } else {
        format!("{by} and tasks like it blocked all {workers} workers")
    };
    let in_all = if total > longest {
        format!(
            " at a stretch, and the event loop was blocked for {} in all",
            time(total)
        )
    } else {
        String::new()
    };
    format!(
        "{who} for {}{in_all}. The heartbeat was due {} times meanwhile and could not run.",
        time(longest),
        run.beats(total)
    )
}

/// On how many threads a listed task was being polled for the whole of this stretch.
pub(super) fn workers_held(run: &Run<'_>, stretch: &Blocked) -> usize {
    let polls = run.started.iter().flat_map(|task| &task.polls);
    let over = polls.filter(|poll| poll.start_s <= stretch.start_s && stretch.end_s <= poll.end_s);
    let threads: BTreeSet<usize> = over.map(|poll| poll.thread).collect();
    threads.len()
}

/// Many tasks in turn, each briefly, and nothing else between them for most of this stretch.
fn busy_with(run: &Run<'_>, stretch: &Blocked) -> Option<Shown> {
    let held = run.started.iter().map(|task| busy_within(task, stretch));
    let held: Vec<Duration> = held.filter(|held| !held.is_zero()).collect();
    let longest = stretch.length();
    let tasks = match held.len() {
        1 => "one task was".to_owned(),
        tasks => format!("{tasks} tasks, one right after the other, were"),
    };
    (held.iter().sum::<Duration>() * 2 > longest).then(|| {
        let longest = time(longest);
        let text = format!("{tasks} polled for {longest} without a turn for anything else.");
        shown("loop_busy", text).tells_of_blocking()
    })
}

fn busy_within(task: &Task, stretch: &Blocked) -> Duration {
    let polls = task.polls.iter();
    let within = polls.map(|poll| {
        let end = poll.end_s.min(stretch.end_s).0;
        end.saturating_sub(poll.start_s.max(stretch.start_s).0)
    });
    within.sum()
}

/// Not a single heartbeat from the beginning to the end, though two or more were due. Unlike a
/// blocked stretch, this is told of short runs, too: there, the machine's noise does not last from
/// end to end.
#[derive(Debug)]
pub struct BlockedThroughout;

impl Claim for BlockedThroughout {
    fn expectation(&self) -> String {
        "no heartbeat from beginning to end".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        // It may have begun a little before the work did.
        let gap = run.max_gap()?.min(run.wall);
        let missed = run.beats(gap);
        (missed >= 2 && gap >= run.wall.mul_f64(0.8)).then(|| {
            let (gap, wall) = (time(gap), time(run.wall));
            let text = format!("nothing else could run. For {gap} of {wall} there was no heartbeat, though one was due {missed} times.");
            shown("deaf_throughout", text).tells_of_blocking()
        })
    }
}

/// The work is as slow as when it blocks, but the loop stays awake.
#[derive(Debug)]
pub struct KeepsTheLoopAwake;

impl Claim for KeepsTheLoopAwake {
    fn expectation(&self) -> String {
        "that the event loop stays free".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let gap = run.max_gap()?;
        // What is drawn as deaf was not awake, however short that was.
        let heard = run.strategy.blocked.is_empty() || gap < MISSED_BEAT;
        (gap <= AWAKE && gap * 3 < run.wall && heard).then(|| {
            let (wall, gap) = (time(run.wall), time(gap));
            let text = format!(
                "the event loop stayed free. In {wall} no two heartbeats were more than {gap} apart."
            );
            shown("loop_awake", text)
        })
    }
}

/// A timeout of this length ends late.
#[derive(Debug)]
pub struct TimeoutIsLate(pub Duration);

impl Claim for TimeoutIsLate {
    fn expectation(&self) -> String {
        "that the timeout is late".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (deadline, took) = (self.0, run.longest);
        (took > deadline + slack(deadline)).then(|| {
            let late = format!("timeout of {} ended after {}", time(deadline), time(took));
            shown("late_timeout", format!("the {late}."))
                .takeaway("A timeout acts when the future inside gives the thread back, and a blocking call does not.")
                .short(format!("a {late}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{found, ms, report, told};
    use crate::report::{Heartbeat, StrategyReport};

    fn beating(wall: u64, gap: u64) -> StrategyReport {
        StrategyReport {
            heartbeat: Some(Heartbeat {
                period_s: ms(10),
                max_gap_s: ms(gap),
                blocked_by: None,
                lane: None,
            }),
            ..report("std", wall, Vec::new())
        }
    }

    #[test]
    fn deaf_throughout_is_only_who_was_deaf_throughout() {
        let told = |wall, gap| told(BlockedThroughout, &beating(wall, gap), &[]);
        assert_eq!(
            told(47, 45),
            "deaf_throughout: nothing else could run. For 45 ms of 47 ms there was no heartbeat, though one was due 4 times."
        );
        // Half of the time, and too short a time.
        assert!(told(100, 50).starts_with("inconclusive"));
        assert!(told(15, 15).starts_with("inconclusive"));
    }

    #[test]
    fn a_blocked_loop_in_short_is_how_long_and_how_many_beats() {
        let mut blocked = beating(400, 300);
        blocked.blocked = vec![Blocked {
            start_s: ms(50),
            end_s: ms(350),
            by: None,
            location: None,
        }];
        let finding = found(BlocksTheLoop, &blocked, &[]).unwrap();
        assert_eq!(
            finding.short,
            "nothing else ran for 300 ms: 30 heartbeats missed"
        );
    }
}
