//! Lanes that are not kept one by one: how many, and what they did together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::lane::Lane;
use crate::report::{Rest, Seconds};
use crate::trace::{Outcome, State, spans};

/// More than any screen has columns.
const STRETCHES: usize = 1_000;

/// So many groups are told apart; the others are one.
const GROUPS: usize = 200;

/// Sums over lanes. Times are in nanoseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded {
    outcomes: BTreeMap<Outcome, usize>,
    polls: usize,
    wakes: usize,
    life: u64,
    longest: u64,
    busy: u64,
    scheduled: u64,
    idle: u64,
    /// Of all lanes, those that are kept, too.
    pub(super) in_flight: InFlight,
    pub(super) groups: BTreeMap<Arc<str>, Group>,
}

/// Lanes of one name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    pub(super) count: usize,
    /// The longest poll.
    pub(super) longest: u64,
}

impl Folded {
    pub(super) fn add(&mut self, lane: &Lane, now: u64) {
        *self.outcomes.entry(lane.outcome()).or_default() += 1;
        self.polls += lane.poll_count;
        self.wakes += lane.wake_count;
        self.busy += lane.busy;
        let polls = lane
            .polls
            .iter()
            .map(|(start, end)| (Duration::from_nanos(*start), Duration::from_nanos(*end)));
        let wakes: Vec<_> = lane
            .wakes
            .iter()
            .copied()
            .map(Duration::from_nanos)
            .collect();
        let end = lane.end(now);
        if let Some((start, _)) = lane.polls.first() {
            let life = end.saturating_sub(*start);
            self.life += life;
            self.longest = self.longest.max(life);
        }
        for span in spans(
            &polls.collect::<Vec<_>>(),
            &wakes,
            Duration::from_nanos(end),
        ) {
            let length = u64::try_from(span.duration().as_nanos()).unwrap_or(u64::MAX);
            match span.state {
                State::Busy => {}
                State::Scheduled => self.scheduled += length,
                State::Idle => self.idle += length,
            }
        }
        let name = if self.groups.len() < GROUPS || self.groups.contains_key(&lane.group) {
            Arc::clone(&lane.group)
        } else {
            "others".into()
        };
        let group = self.groups.entry(name).or_default();
        group.count += 1;
        group.longest = group.longest.max(lane.longest);
    }

    /// As a report has it, instants counted from `start`. `None` where there is nothing.
    pub(super) fn rest(&self, start: u64) -> Option<Rest> {
        let seconds = |nanos: u64| Seconds(Duration::from_nanos(nanos));
        let count: usize = self.outcomes.values().sum();
        let curve = self.in_flight.curve();
        (count > 0).then(|| Rest {
            count,
            outcomes: self.outcomes.clone(),
            polls: self.polls,
            wakes: self.wakes,
            life_s: seconds(self.life),
            longest_s: seconds(self.longest),
            busy_s: seconds(self.busy),
            scheduled_s: seconds(self.scheduled),
            idle_s: seconds(self.idle),
            in_flight: curve
                .map(|(at, most)| (seconds(at.saturating_sub(start)), most))
                .collect(),
        })
    }
}

/// How many lanes were in flight: the most of each stretch. The stretches grow with the run, so that there are never
/// more than [`STRETCHES`].
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight {
    now: usize,
    /// Nanoseconds, a power of two.
    width: u32,
    most: Vec<usize>,
    from: Option<u64>,
}

impl InFlight {
    pub(super) fn begins(&mut self, at: u64) {
        self.reach(at);
        self.now += 1;
        let now = self.now;
        if let Some(last) = self.most.last_mut() {
            *last = now.max(*last);
        }
    }

    pub(super) fn ends(&mut self, at: u64) {
        self.reach(at);
        self.now = self.now.saturating_sub(1);
    }

    /// The stretch in which `at` lies is the last one from now on. What is earlier than it counts there, too: events
    /// of several threads may come a little out of order.
    fn reach(&mut self, at: u64) {
        if self.from.is_none() {
            // A millisecond.
            self.width = 20;
        }
        let from = *self.from.get_or_insert(at);
        let since = at.saturating_sub(from);
        while since >> self.width >= STRETCHES as u64 {
            self.width += 1;
            let halves = self.most.chunks(2);
            self.most = halves
                .map(|two| two.iter().copied().max().unwrap_or(0))
                .collect();
        }
        let stretch = usize::try_from(since >> self.width).unwrap_or(STRETCHES);
        while self.most.len() <= stretch {
            // Whatever is in flight when a stretch begins is in flight in it.
            self.most.push(self.now);
        }
    }

    fn curve(&self) -> impl Iterator<Item = (u64, usize)> {
        let from = self.from.unwrap_or(0);
        let stretches = self.most.iter().enumerate();
        stretches.map(move |(at, most)| (from + ((at as u64) << self.width), *most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_keeps_its_peak_however_long_the_run() {
        let mut curve = InFlight::default();
        let second = 1_000_000_000;
        for at in 0..7_200 {
            curve.begins(at * second);
            if at == 3_000 {
                curve.begins(at * second + 1);
                curve.ends(at * second + 2);
            }
            curve.ends(at * second + second / 2);
        }
        let most = curve.curve().map(|(_, most)| most).max();
        assert_eq!(most, Some(2));
        assert!(curve.most.len() <= STRETCHES, "{}", curve.most.len());
        let peaks: Vec<u64> = curve
            .curve()
            .filter(|(_, most)| *most == 2)
            .map(|(at, _)| at / second)
            .collect();
        assert_eq!(peaks.len(), 1);
        assert!((2_980..=3_000).contains(&peaks[0]), "{peaks:?}");
    }
}
