//! Awaits that came one after the other, and need not have.

use std::collections::HashMap;

use super::lane::{Lane, LaneKind};
use super::record::Record;

/// What takes less is not worth a thought. Nanoseconds.
const WORTH: u64 = 10_000_000;

/// Between the end of one and the start of the next, if they follow each other. Nanoseconds.
const BETWEEN: u64 = 2_000_000;

/// Some that were awaited one after the other by the same caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InTurn {
    /// Who awaited them.
    pub(super) by: String,
    /// What each is called.
    pub(super) labels: Vec<String>,
    /// How long all of them took. Nanoseconds.
    pub(super) sum: u64,
    /// How long the longest took. Nanoseconds.
    pub(super) longest: u64,
}

/// Those that would save most, if there are any.
pub(super) fn in_turn(record: &Record) -> Option<InTurn> {
    let mut callers: HashMap<i64, Vec<&Lane>> = HashMap::new();
    for lane in record.lanes.values() {
        if lane.kind == LaneKind::Tracked && lane.by != 0 && lane.ended.is_some() {
            callers.entry(lane.by).or_default().push(lane);
        }
    }
    let found = callers.into_iter().flat_map(|(by, mut lanes)| {
        lanes.sort_by_key(|lane| lane.polls.first().map_or(lane.made, |poll| poll.0));
        let by = record
            .lanes
            .get(&by)
            .map_or_else(String::new, |lane| lane.label.to_string());
        let chains = lanes.chunk_by(|one, next| follows(one, next));
        let told = chains.filter_map(|chain| told(&by, chain));
        told.collect::<Vec<_>>()
    });
    found.max_by_key(|each| each.sum - each.longest)
}

fn life(lane: &Lane) -> (u64, u64) {
    let start = lane.polls.first().map_or(lane.made, |poll| poll.0);
    (start, lane.end(start).max(start))
}

fn follows(one: &Lane, next: &Lane) -> bool {
    let (end, start) = (life(one).1, life(next).0);
    start >= end && start - end <= BETWEEN
}

fn told(by: &str, chain: &[&Lane]) -> Option<InTurn> {
    let long = chain.iter().filter(|lane| {
        let (start, end) = life(lane);
        // What computes gains nothing by being awaited together.
        let waited = (end - start).saturating_sub(lane.busy);
        end - start >= WORTH && waited * 2 > end - start
    });
    let long: Vec<_> = long.collect();
    let lengths = long.iter().map(|lane| life(lane).1 - life(lane).0);
    (long.len() > 1).then(|| InTurn {
        by: by.to_owned(),
        labels: long.iter().map(|lane| lane.label.to_string()).collect(),
        sum: lengths.clone().sum(),
        longest: lengths.max().unwrap_or(0),
    })
}
