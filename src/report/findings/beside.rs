//! What is seen beside the lanes: by others who wait, in another strategy, of many at once.

use std::cmp::Ordering;
use std::time::Duration;

use super::{CLEARLY, Fact, Numbers, StrategyReport};

impl Numbers<'_> {
    /// Most waits overlapped, whatever else took time.
    pub(super) fn waited_together(&self) -> Option<Fact> {
        let of = self.started.len();
        let together =
            self.in_flight > 1 && self.in_flight * 2 > of && self.sum > self.wall.mul_f64(CLEARLY);
        together.then_some(Fact::WaitedTogether {
            in_flight: self.in_flight,
            of,
            threads: self.strategy.threads,
            wall: self.wall,
            sum: self.sum,
        })
    }

    /// No heartbeat while the work went on, though two or more were due. Unlike a blocked stretch,
    /// this is told of short runs, too: there, the machine's unrest does not last from end to end.
    pub(super) fn deaf_throughout(&self) -> Option<Fact> {
        let heartbeat = self.strategy.heartbeat.as_ref()?;
        // It may have begun a little before the work did.
        let gap = heartbeat.max_gap_s.0.min(self.wall);
        let missed_beats = gap.as_nanos() / heartbeat.period_s.0.as_nanos().max(1);
        let throughout = missed_beats >= 2 && gap >= self.wall.mul_f64(0.8);
        throughout.then_some(Fact::DeafThroughout {
            gap,
            wall: self.wall,
            missed_beats,
        })
    }

    /// The metric `key` is the longest wait of those who ask for something that needs no time. They
    /// were served if that is less than half of the work that goes on beside them.
    pub(super) fn others(&self, key: &str, work: Duration, served: bool) -> Option<Fact> {
        let wait = *self.strategy.metrics.get(key)?;
        let wait = Duration::try_from_secs_f64(wait).ok()?;
        ((wait * 2 < work) == served).then_some(Fact::Others { wait, served })
    }

    /// Slower, quicker, or too close to call.
    pub(super) fn compared_with(
        &self,
        other: &'static str,
        why: Option<&'static str>,
        all: &[StrategyReport],
    ) -> Option<Fact> {
        let there = all.iter().find(|strategy| strategy.name == other)?;
        let there = there.wall().filter(|_| there.error.is_none())?.0;
        let way = if self.wall > there.mul_f64(CLEARLY) {
            Ordering::Greater
        } else if there > self.wall.mul_f64(CLEARLY) {
            Ordering::Less
        } else {
            Ordering::Equal
        };
        Some(Fact::Compared {
            wall: self.wall,
            other,
            there,
            runs: self.strategy.wall_s.len(),
            why,
            way,
        })
    }
}
