//! Whoever looks on while strategies run.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::concepts::{Strategy, Twin};
use crate::report::StrategyReport;

/// Between two snapshots of a run: smooth enough to watch, and it costs next to nothing.
pub const FRAME: Duration = Duration::from_millis(100);

/// A snapshot of a million tasks takes its time: the next one comes when so many times that has gone by.
const SHARE: u32 = 20;

/// Is told what happens, all of it by the thread that asked for the run. An error says that it cannot be shown: then
/// nothing more is run. `()` is nobody.
pub trait Audience {
    /// A strategy is about to run.
    fn before(&mut self, _strategy: &Strategy) -> Result<()> {
        Ok(())
    }

    /// It is about to run in Python.
    fn before_twin(&mut self, _strategy: &Strategy, _twin: &Twin) -> Result<()> {
        Ok(())
    }

    /// Whether there is somebody to [`see`](Audience::see) anything: a snapshot that nobody sees is not
    /// taken.
    fn watches(&self) -> bool {
        false
    }

    /// What the strategy has done so far.
    fn see(&mut self, _so_far: StrategyReport) {}

    /// A process measures this size, and has done so for this long.
    fn waits(&mut self, _strategy: &Strategy, _size: usize, _since: Duration) {}

    /// A strategy has run with another size, in a process of its own: the last of the rows.
    fn after_size(&mut self, _rows: &[StrategyReport]) -> Result<()> {
        Ok(())
    }

    /// A strategy has run with each size, in a process each, but for those that are too large for it.
    fn after_sizes(&mut self, _rows: &[StrategyReport], _untried: &[usize]) -> Result<()> {
        Ok(())
    }

    /// It has run, or was stopped.
    fn after(&mut self, _report: &StrategyReport) -> Result<()> {
        Ok(())
    }
}

impl Audience for () {}

/// When the next snapshot is due.
pub(super) struct Pace(Instant);

impl Pace {
    /// From now on.
    pub(super) fn begin() -> Self {
        Self(Instant::now() + FRAME)
    }

    /// Lets the audience see what `snapshot` takes, if it is time.
    pub(super) fn show(
        &mut self,
        audience: &mut dyn Audience,
        snapshot: impl FnOnce() -> StrategyReport,
    ) {
        let begun = Instant::now();
        if begun < self.0 || !audience.watches() {
            return;
        }
        audience.see(snapshot());
        let took = begun.elapsed();
        self.0 = begun + took + FRAME.max(took * SHARE);
    }
}
