//! How fast this machine computes, and how much of it at once. Taken before the clock starts and
//! after it has stopped: a machine that is busy elsewhere has other cores to give every second.

use std::hint::black_box;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Metrics;
use super::claims::{AFTER, BEFORE, PIECE};

/// Long enough for the clock, short enough to fall between two interruptions.
const TRIAL: Duration = Duration::from_millis(5);

/// Of so many, the quickest trial was disturbed the least.
const TRIALS: u32 = 6;

/// How much of a piece a probe computes: a part of it, within these bounds.
const PART: u32 = 6;
const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(100);

/// What is measured: from a number, in so many rounds, the next.
type Compute = fn(u64, u64) -> u64;

/// How many rounds this machine computes in a given time. Found out once, so that all strategies do
/// the same work.
#[derive(Debug)]
pub(super) struct Calibration {
    compute: Compute,
    found: OnceLock<(u64, Duration)>,
}

impl Calibration {
    pub(super) fn new(compute: Compute) -> Self {
        Self {
            compute,
            found: OnceLock::new(),
        }
    }

    /// How many rounds one undisturbed thread computes in `time`. At least one.
    pub(super) fn rounds(&self, time: Duration) -> u64 {
        let (rounds, took) = *self.found.get_or_init(|| {
            let mut rounds = 1_000;
            while trial(self.compute, rounds) < TRIAL {
                rounds *= 2;
            }
            let quickest = (0..TRIALS).map(|_| trial(self.compute, rounds)).min();
            (rounds, quickest.unwrap_or(TRIAL))
        });
        scaled(rounds, took, time)
    }
}

fn trial(compute: Compute, rounds: u64) -> Duration {
    let start = Instant::now();
    black_box(compute(black_box(1), rounds));
    start.elapsed()
}

/// If so many rounds took so long: how many take `time`?
fn scaled(rounds: u64, took: Duration, time: Duration) -> u64 {
    let took = took.as_nanos().max(1);
    let rounds = u128::from(rounds) * time.as_nanos() / took;
    u64::try_from(rounds).unwrap_or(u64::MAX).max(1)
}

/// What arithmetic promises for pieces that take `work` each, on so many threads: the rounds in which
/// the threads do them; and never less than all the work, shared out among the cores.
pub(super) fn ideal(work: Duration, pieces: usize, threads: usize, cores: usize) -> Duration {
    let times = |count: usize| work * u32::try_from(count).unwrap_or(u32::MAX);
    let rounds = times(pieces.div_ceil(threads.max(1)));
    let shared = times(pieces) / u32::try_from(cores.max(1)).unwrap_or(u32::MAX);
    rounds.max(shared)
}

/// Asks the machine how many plain threads really compute at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    compute: Compute,
    threads: usize,
    rounds: u64,
    /// How many times as long a whole piece takes.
    whole: f64,
}

/// An answer: the same work by one thread alone, and by all at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    alone: Duration,
    together: Duration,
}

impl Probe {
    pub(super) fn new(calibration: &Calibration, threads: usize, work: Duration) -> Self {
        let part = (work / PART).clamp(SHORTEST, LONGEST);
        Self {
            compute: calibration.compute,
            threads,
            rounds: calibration.rounds(part),
            whole: work.as_secs_f64() / part.as_secs_f64(),
        }
    }

    pub(super) fn sample(&self) -> Result<Sample> {
        let (compute, rounds) = (self.compute, self.rounds);
        let alone = trial(compute, rounds);
        let start = Instant::now();
        thread::scope(|scope| -> Result<()> {
            for _ in 0..self.threads {
                thread::Builder::new()
                    .spawn_scoped(scope, move || trial(compute, rounds))
                    .context("no thread can be started to probe the machine")?;
            }
            Ok(())
        })?;
        Ok(Sample {
            alone,
            together: start.elapsed(),
        })
    }

    /// What the machine gave, before a run and after it.
    pub(super) fn count(&self, before: Sample, after: Sample, metrics: &mut Metrics) {
        let alone = (before.alone + after.alone).as_secs_f64() / 2.0;
        metrics.insert(PIECE, alone * self.whole);
        for (key, sample) in [(BEFORE, before), (AFTER, after)] {
            let at_once = at_once(self.threads, sample);
            // A hundredth of a thread is below what a probe can tell.
            metrics.insert(key, (at_once * 100.0).round() / 100.0);
        }
    }
}

/// So many threads, each with the same work, had done it after so long: how many were at it at once,
/// on average?
fn at_once(threads: usize, sample: Sample) -> f64 {
    let alone_in_turn = sample.alone.as_secs_f64() * threads as f64;
    alone_in_turn / sample.together.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::super::compute;
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn rounds_grow_with_the_time_and_are_never_none() {
        assert_eq!(scaled(1_000, ms(5), ms(300)), 60_000);
        assert_eq!(scaled(3, ms(2), ms(1)), 1);
        assert_eq!(scaled(1, ms(100), ms(1)), 1);
        assert_eq!(scaled(1, Duration::ZERO, ms(1)), 1_000_000);
        assert_eq!(scaled(u64::MAX, ms(1), ms(60_000)), u64::MAX);
    }

    #[test]
    fn the_ideal_is_so_many_rounds_and_no_less_than_the_cores_allow() {
        let ideal =
            |pieces, threads, cores| ideal(ms(300), pieces, threads, cores).as_millis() as u64;
        assert_eq!(ideal(4, 1, 8), 1_200);
        assert_eq!(ideal(4, 2, 8), 600);
        assert_eq!(ideal(5, 2, 8), 900);
        assert_eq!(ideal(4, 16, 8), 300);
        assert_eq!(ideal(4, 4, 2), 600, "four threads, and two cores for them");
        assert_eq!(ideal(4, 4, 1), 1_200);
        assert_eq!(
            ideal(1, 0, 0),
            300,
            "no thread and no core is nonsense, not a panic"
        );
    }

    #[test]
    fn at_once_is_how_much_sooner_than_in_turn() {
        let at_once = |threads, alone, together| {
            let (alone, together) = (ms(alone), ms(together));
            at_once(threads, Sample { alone, together })
        };
        assert_eq!(at_once(2, 50, 50), 2.0);
        assert_eq!(at_once(2, 50, 100), 1.0);
        assert_eq!(at_once(4, 50, 100), 2.0);
        assert_eq!(at_once(2, 50, 200), 0.5);
        assert!(at_once(2, 50, 0).is_finite());
    }

    #[test]
    fn a_piece_is_as_much_longer_than_a_part_as_it_was_made() {
        let probe = Probe {
            compute,
            threads: 2,
            rounds: 1,
            whole: 6.0,
        };
        let sample = |alone, together| Sample {
            alone: ms(alone),
            together: ms(together),
        };
        let mut metrics = Metrics::new();
        probe.count(sample(50, 60), sample(70, 140), &mut metrics);
        assert_eq!(metrics["piece_alone_s"], 0.36);
        assert_eq!(metrics["plain_threads_before_count"], 1.67);
        assert_eq!(metrics["plain_threads_later_count"], 1.0);
    }

    #[test]
    fn the_machine_answers() {
        let calibration = Calibration::new(compute);
        let rounds = calibration.rounds(ms(10));
        assert_eq!(calibration.rounds(ms(10)), rounds, "it is found out once");
        assert!(calibration.rounds(ms(1_000)) > calibration.rounds(ms(10)));
        let sample = Probe::new(&calibration, 2, ms(10)).sample().unwrap();
        assert!(at_once(2, sample) > 0.0);
    }
}
