//! How long several runs may take in all: somebody else's course must not keep a machine busy for hours.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::lab::{Invocation, Stop};
use crate::report::Report;

/// How often whoever waits for a run looks at the clock and at the signals.
const TICK: Duration = Duration::from_millis(20);

/// What stops a run whose time is over: an alarm.
const ALARM: i32 = 14;

/// The time that several runs may take in all.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// `None` where they take what they take.
    pub most: Option<Duration>,
    begun: Instant,
}

impl Bound {
    /// From now on; without `most`, as long as it takes.
    pub fn new(most: Option<Duration>) -> Self {
        Self {
            most,
            begun: Instant::now(),
        }
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.most.is_some_and(|most| self.begun.elapsed() >= most)
    }

    /// Runs it. `None` if the time was over before it had an end.
    ///
    /// # Errors
    /// As [`Invocation::measure`].
    pub fn measure(&self, run: &Invocation, stop: &Stop) -> Result<Option<Report>> {
        if self.most.is_none() {
            return Ok(Some(run.measure(stop, &mut ())?));
        }
        let bounded = Stop::default();
        let (ended, end) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let watch = || {
                let end = end;
                while end.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    match stop.signal() {
                        Some(signal) => return bounded.stop(signal),
                        None if self.is_over() => return bounded.stop(ALARM),
                        None => {}
                    }
                }
            };
            thread::Builder::new()
                .name("bound".to_owned())
                .spawn_scoped(scope, watch)?;
            let report = run.measure(&bounded, &mut ());
            drop(ended);
            let report = report?;
            Ok((bounded.signal().is_none() || stop.signal().is_some()).then_some(report))
        })
    }
}
