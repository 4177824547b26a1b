//! What is seen beside the lanes: by others who wait, and of many at once.

use std::time::Duration;

use super::{CLEARLY, Fact, Numbers};

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

    /// The metric `key` is the longest wait of those who ask for something that needs no time. They
    /// were served if that is less than half of the work that goes on beside them.
    pub(super) fn others(&self, key: &str, work: Duration, served: bool) -> Option<Fact> {
        let wait = *self.strategy.metrics.get(key)?;
        let wait = Duration::try_from_secs_f64(wait).ok()?;
        ((wait * 2 < work) == served).then_some(Fact::Others { wait, served })
    }
}
