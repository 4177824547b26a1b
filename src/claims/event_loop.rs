//! Claims about the event loop: who blocks it, and what keeps it awake.

use std::collections::BTreeSet;
use std::time::Duration;

use super::run::{CLEARLY, slack};
use super::{Claim, Run, Shown, missed, shown};
use crate::report::{Blocked, Task};
use crate::units::{self, duration as time};

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
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let gap = time(run.max_gap()?);
        Some(format!(
            "no task held it: the heartbeat's longest gap was {gap}"
        ))
    }

    fn expectation(&self) -> String {
        "that the event loop is blocked".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let worst = run.worst_stretch()?;
        let (longest, total) = (worst.length(), run.blocked_in_all());
        let missed = run.beats(total);
        let shown = match &worst.by {
            Some(by) => {
                let shown = shown("loop_blocked", held(run, by, worst, total));
                match run.without_a_core(longest) {
                    // A server would have waited for its machine.
                    Some(_) => shown,
                    None => shown.takeaway(
                        "Every other request to your server would have waited just as long.",
                    ),
                }
            }
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
    if let Some(waited) = run.without_a_core(longest) {
        let (longest, waited) = (time(longest), time(waited));
        return format!(
            "a poll of {by} lasted {longest} by the clock, but the machine gave its thread no core for {waited} of the run: how long {by} itself held it, the clock does not tell."
        );
    }
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
    let gap = run.max_gap().map_or_else(String::new, |gap| {
        format!(": its longest gap was {}", time(gap))
    });
    format!(
        "{who} for {}{in_all}. The heartbeat was due {} times meanwhile and could not run{gap}.",
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
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let gap = run.max_gap()?.min(run.wall);
        let missed = units::count(run.beats(gap) as usize, "beat", "beats");
        let (share, of) = (share(gap, run.wall), time(run.wall));
        Some(format!(
            "the longest gap, {}, was {share} of {of} and {missed} long, where 80 % and 2 beats are needed",
            time(gap)
        ))
    }

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
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let gap = run.max_gap()?;
        let longest = format!("the heartbeat's longest gap was {}", time(gap));
        if gap > AWAKE {
            let beside = missed::beside(gap, AWAKE);
            return Some(format!("{longest}, {beside}"));
        }
        if gap * 3 >= run.wall {
            let (share, wall) = (share(gap, run.wall), time(run.wall));
            return Some(format!(
                "{longest}, {share} of {wall}, where 33 % are allowed"
            ));
        }
        let held = time(run.blocked_in_all());
        Some(format!(
            "{longest}, and the event loop was blocked for {held}"
        ))
    }

    fn expectation(&self) -> String {
        "that the event loop stays free".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let gap = run.max_gap()?;
        if let Some(left_free) = left_free(run, gap) {
            return Some(left_free);
        }
        // What is drawn as blocked was not awake, however short that was.
        let heard = run.strategy.blocked.is_empty() || gap < MISSED_BEAT;
        let often = gap * 3 < run.wall || missed_no_beat(run, gap);
        (gap <= AWAKE && often && heard).then(|| {
            let (wall, gap) = (time(run.wall), time(gap));
            let text = format!(
                "the event loop stayed free. In {wall} no two heartbeats were more than {gap} apart."
            );
            shown("loop_awake", text)
        })
    }
}

/// The heart beat as often as it was due, in a run that is so short that a single beat is a good part of it.
fn missed_no_beat(run: &Run<'_>, gap: Duration) -> bool {
    let heartbeat = run.strategy.heartbeat.as_ref();
    let period = heartbeat.map_or(Duration::MAX, |heartbeat| heartbeat.period_s.0);
    gap < period.saturating_mul(3) / 2 && run.wall >= period.saturating_mul(2)
}

/// "35 %"
fn share(part: Duration, whole: Duration) -> String {
    let share = part.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE);
    format!("{:.0} %", share * 100.0)
}

/// The loop was kept from its work for longer than a quiet machine does, and yet not by these tasks: all their polls
/// together are less than half of that, and none of them was slow. Something that is not tracked and holds the loop for a
/// third of the time is not taken for a busy machine.
fn left_free(run: &Run<'_>, gap: Duration) -> Option<Shown> {
    let held = run
        .strategy
        .blocked
        .iter()
        .any(|blocked| blocked.by.is_some());
    let theirs = run.count == 0 || run.busy * 2 >= gap;
    // Where the system says that it gave the thread no core, that is no guess.
    let machine = gap * 3 < run.wall || run.without_a_core(gap).is_some();
    (gap > AWAKE && machine && !held && !theirs).then(|| {
        let (busy, wall, gap) = (time(run.busy), time(run.wall), time(gap));
        let text = format!("its tasks left the event loop free: they were polled for {busy} in all of {wall}. Something else, such as a busy machine, made a gap of {gap} between two heartbeats.");
        shown("loop_left_free", text)
            .short(format!("polled for {busy} of {wall}"))
            .tells_of_blocking()
    })
}

/// The calls run elsewhere, and what the tasks need between two awaits runs on the loop. Whether that keeps it from
/// others is the machine's doing: where it does, it is seen that the tasks waited for most of their time, unlike one
/// that blocks, and that their own polls make up most of the gap, unlike a machine that is busy elsewhere.
#[derive(Debug)]
pub struct AwakeBetweenPolls;

impl Claim for AwakeBetweenPolls {
    fn expectation(&self) -> String {
        "that the loop is held by nothing but what runs between two awaits".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        if let Some(awake) = KeepsTheLoopAwake.check(run) {
            return Some(awake);
        }
        if self.missed(run).is_some() {
            return None;
        }
        let (gap, busy, wall) = (time(run.max_gap()?), time(run.busy), time(run.wall));
        let tasks = units::count(run.count, "task", "tasks");
        let text = format!(
            "the calls ran elsewhere, and yet the heartbeat's longest gap was {gap} of {wall}: what {tasks} did between two awaits blocked the event loop, for {busy} in all."
        );
        let short = format!("a gap of {gap}, for {busy} of work between awaits");
        Some(shown("loop_busy", text).short(short).tells_of_blocking())
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let gap = run.max_gap()?;
        let waited = run.sum.saturating_sub(run.busy);
        let (longest, busy) = (time(gap), time(run.busy));
        if run.sum <= run.busy.mul_f64(CLEARLY) {
            let (sum, waited) = (time(run.sum), time(waited));
            return Some(format!(
                "of {sum} in which the tasks were under way, they waited for {waited}, and the longest gap was {longest}"
            ));
        }
        (run.busy * 2 < gap).then(|| {
            let share = share(run.busy, gap);
            format!("the tasks were polled for {busy} in all, {share} of the longest gap ({longest}), where 50 % are needed")
        })
    }
}

/// A timeout of this length ends late.
#[derive(Debug)]
pub struct TimeoutIsLate(pub Duration);

impl Claim for TimeoutIsLate {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let took = time(run.longest);
        let beside = missed::beside(run.longest, self.0);
        let slack = time(slack(self.0));
        Some(format!(
            "it ended after {took}, {beside}, and up to {slack} are no delay"
        ))
    }

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
    use crate::claims::testing::{blocked, found, heartbeat, ms, report, task, told};
    use crate::report::{Outcome, StrategyReport};

    fn beating(wall: u64, gap: u64) -> StrategyReport {
        StrategyReport {
            heartbeat: heartbeat(gap),
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

    /// Four tasks in 200 ms, each under way for so long, and polled for so long.
    fn polled(life: u64, busy: u64, gap: u64) -> StrategyReport {
        let mut report = beating(200, gap);
        report.tasks = vec![task("file", life, Outcome::Completed); 4];
        for task in &mut report.tasks {
            task.busy_s = ms(busy);
        }
        report
    }

    #[test]
    fn what_runs_between_two_awaits_is_told_from_what_blocks_and_from_a_busy_machine() {
        let told = |life, busy, gap| told(AwakeBetweenPolls, &polled(life, busy, gap), &[]);
        assert!(told(200, 25, 12).starts_with("loop_awake: the event loop "));
        assert_eq!(
            told(200, 25, 95),
            "loop_busy: the calls ran elsewhere, and yet the heartbeat's longest gap was 95 ms of 200 ms: what 4 tasks did between two awaits blocked the event loop, for 100 ms in all."
        );
        // As std does: all the time that they were under way, they held the thread.
        let blocks = told(50, 50, 198);
        assert!(blocks.starts_with("inconclusive: ") && blocks.contains("but of 200 ms in which the tasks were under way, they waited for 0 s, and the longest gap was 198 ms."), "{blocks}");
        let machine = told(200, 5, 95);
        assert!(machine.starts_with("inconclusive: ") && machine.contains("but the tasks were polled for 20 ms in all, 21 % of the longest gap (95 ms), where 50 % are needed."), "{machine}");
    }

    #[test]
    fn a_busy_machine_is_told_from_tasks_that_hold_the_loop() {
        let held = |busy, gap, by: Option<&str>| {
            let mut report = polled(200, busy, gap);
            report.wall_s = vec![ms(800)];
            report.blocked = vec![blocked(10, gap, by)];
            told(KeepsTheLoopAwake, &report, &[])
        };
        assert_eq!(
            held(1, 141, None),
            "loop_left_free: its tasks left the event loop free: they were polled for 4.0 ms in all of 800 ms. Something else, such as a busy machine, made a gap of 141 ms between two heartbeats."
        );
        let mut starved = polled(200, 1, 343);
        starved.wall_s = vec![ms(800)];
        let starving = |waited| {
            let mut starved = starved.clone();
            starved.waited_for_core_s = waited;
            told(KeepsTheLoopAwake, &starved, &[])
        };
        assert!(starving(Some(ms(300))).starts_with("loop_left_free: "));
        assert!(starving(Some(ms(100))).starts_with("inconclusive: "));
        assert!(starving(None).starts_with("inconclusive: "));
        // Their own polls, a slow one of them, and something untracked for a third of the time.
        for blocks in [
            held(20, 141, None),
            held(1, 141, Some("file")),
            held(1, 270, None),
        ] {
            assert!(blocks.starts_with("inconclusive: "), "{blocks}");
        }
    }

    #[test]
    fn a_loop_that_was_not_awake_is_told_with_the_number() {
        for (wall, gap, kind, why) in [
            (
                400,
                90,
                "inconclusive",
                "was 90 ms, 40 ms (80 %) more than 50 ms.",
            ),
            (
                100,
                40,
                "inconclusive",
                "was 40 ms, 40 % of 100 ms, where 33 % are allowed.",
            ),
            // No beat was missed, though there was time for two of them only.
            (25, 11, "loop_awake", ""),
            (25, 16, "inconclusive", ""),
            (19, 10, "inconclusive", ""),
        ] {
            let told = told(KeepsTheLoopAwake, &beating(wall, gap), &[]);
            assert!(told.starts_with(kind) && told.contains(why), "{told}");
        }
    }

    #[test]
    fn who_had_no_core_is_not_said_to_have_held_the_thread() {
        let mut report = beating(700, 542);
        report.blocked = vec![blocked(100, 632, Some("piece 3"))];
        let mut waited = |millis| {
            report.waited_for_core_s = Some(ms(millis));
            told(BlocksTheLoop, &report, &[])
        };
        assert!(waited(260).contains("piece 3 held the thread for 532 ms. "));
        assert_eq!(
            waited(480),
            "loop_blocked: a poll of piece 3 lasted 532 ms by the clock, but the machine gave its thread no core for 480 ms of the run: how long piece 3 itself held it, the clock does not tell."
        );
    }

    #[test]
    fn a_blocked_loop_in_short_is_how_long_and_how_many_beats() {
        let mut report = beating(400, 300);
        report.blocked = vec![blocked(50, 350, None)];
        let finding = found(BlocksTheLoop, &report, &[]).unwrap();
        assert_eq!(
            finding.short,
            "nothing else ran for 300 ms: 30 heartbeats missed"
        );
    }
}
