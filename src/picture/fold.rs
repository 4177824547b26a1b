//! Which lanes are drawn where there is no room for all.

use crate::report::{StrategyReport, Task};

/// The lanes that are drawn, and for how many tasks there is none.
#[derive(Clone, Debug)]
pub struct DrawnLanes<'a> {
    /// In the order in which they are drawn.
    pub lanes: Vec<&'a Task>,
    /// How many tasks have none.
    pub hidden: usize,
}

/// Every lane, where there are rows for all. Else one row is left for those that have no lane.
pub fn lanes_in(strategy: &StrategyReport, rows: usize) -> DrawnLanes<'_> {
    let lanes = strategy.lanes();
    let count = lanes.len() + strategy.rest.as_ref().map_or(0, |rest| rest.count);
    if count > rows {
        fold(strategy, rows.saturating_sub(1))
    } else {
        DrawnLanes { lanes, hidden: 0 }
    }
}

/// The heartbeat, and at most so many lanes with it: from the first task that began to the last, evenly, so that of
/// several rounds each is seen. A task's closures stand below it, where two tasks with theirs find room.
pub(super) fn fold(strategy: &StrategyReport, most: usize) -> DrawnLanes<'_> {
    let lanes = strategy.lanes();
    let (heart, rest) = match lanes.first() {
        Some(first) if strategy.is_heartbeat(first) => lanes.split_at(1),
        _ => lanes.split_at(0),
    };
    let room = most.saturating_sub(heart.len());
    let mut groups: Vec<&[&Task]> = rest.chunk_by(|_, lane| strategy.is_closure(lane)).collect();
    let mut each = groups.iter().map(|group| group.len()).max().unwrap_or(1);
    if room < 2 * each {
        groups.iter_mut().for_each(|group| *group = &group[..1]);
        each = 1;
    }
    // In the order in which they began; those that never did come last.
    groups.sort_by_key(|group| (group[0].start_s.is_none(), group[0].start_s));
    let mut chosen: Vec<usize> = evenly(groups.len(), room / each).collect();
    // Who kept all others waiting is to be seen.
    if let Some(holder) = groups.iter().position(|group| holds(strategy, group[0]))
        && !chosen.contains(&holder)
        && let Some(nearest) = chosen.iter_mut().min_by_key(|at| at.abs_diff(holder))
    {
        *nearest = holder;
    }
    chosen.sort_by_key(|index| groups[*index][0].created_s);
    let drawn: Vec<&Task> = chosen
        .into_iter()
        .flat_map(|index| groups[index].iter().copied())
        .collect();
    let tasks = drawn.iter().filter(|lane| !strategy.is_closure(lane));
    DrawnLanes {
        hidden: strategy.task_count().saturating_sub(tasks.count()),
        lanes: heart.iter().copied().chain(drawn).take(most).collect(),
    }
}

/// Whether this task held every worker in the longest of the stretches in which one did.
fn holds(strategy: &StrategyReport, task: &Task) -> bool {
    let named = strategy
        .blocked
        .iter()
        .filter(|blocked| blocked.by.is_some());
    let worst = named.max_by_key(|blocked| blocked.length());
    worst.is_some_and(|worst| {
        let mut polls = task.polls.iter();
        worst.by.as_ref() == Some(&task.label)
            && polls.any(|poll| poll.start_s < worst.end_s && worst.start_s < poll.end_s)
    })
}

/// So many of `count`, from the first to the last.
fn evenly(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let many = count.min(most);
    let last = count.saturating_sub(1);
    (0..many).map(move |index| index * last / many.saturating_sub(1).max(1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::claims::testing::{blocked, heartbeat, ms, report, task};
    use crate::report::{Outcome, Poll};

    /// A hundred requests in three rounds of forty at most, each with a thread of its own.
    fn three_rounds() -> StrategyReport {
        let lane = |number: u64, label: String| {
            let round = (number - 1) / 40;
            let mut task = task(&label, 200 * (round + 1), Outcome::Completed);
            task.created_s.0 = Duration::from_micros(200_000 * round + number);
            task.start_s = Some(task.created_s);
            task
        };
        let tasks = (1..=100).map(|number| lane(number, number.to_string()));
        let mut strategy = report("it", 600, tasks.collect());
        strategy.closures = (1..=100)
            .map(|number| lane(number, format!("of {number}")))
            .collect();
        strategy.heartbeat = heartbeat(10);
        let beats = task("heartbeat", 600, Outcome::Running);
        strategy.heartbeat.as_mut().unwrap().lane = Some(beats);
        strategy
    }

    fn folded(strategy: &StrategyReport, most: usize) -> (String, usize) {
        let folded = fold(strategy, most);
        let labels = folded.lanes.iter().map(|lane| lane.label.as_str());
        (labels.collect::<Vec<_>>().join(" "), folded.hidden)
    }

    #[test]
    fn who_held_the_thread_has_a_lane() {
        let mut strategy = three_rounds();
        strategy.closures.clear();
        strategy.heartbeat = None;
        let poll = Poll {
            start_s: ms(210),
            end_s: ms(390),
            thread: 1,
        };
        strategy.tasks[60].polls = vec![poll];
        strategy.blocked = vec![blocked(215, 390, Some("61"))];
        assert_eq!(folded(&strategy, 3), ("1 61 100".into(), 97));
        assert_eq!(folded(&strategy, 1), ("61".into(), 99));
    }

    #[test]
    fn lanes_are_drawn_from_every_round() {
        let mut strategy = three_rounds();
        let with_threads = "heartbeat 1 of 1 34 of 34 67 of 67 100 of 100";
        assert_eq!(folded(&strategy, 10), (with_threads.into(), 96));
        // Where there is no room for both, the tasks are what is drawn.
        assert_eq!(folded(&strategy, 4), ("heartbeat 1 50 100".into(), 97));
        strategy.closures.clear();
        let expected = "heartbeat 1 15 29 43 57 71 85 100";
        assert_eq!(folded(&strategy, 9), (expected.into(), 92));
        strategy.heartbeat = None;
        assert_eq!(folded(&strategy, 1), ("1".into(), 99));
        assert_eq!(folded(&strategy, 0), (String::new(), 100));
        strategy.tasks.truncate(2);
        assert_eq!(folded(&strategy, 9), ("1 2".into(), 0));
    }
}
