//! What `cpu-bound` claims: whether computing on one thread or on several is faster.
//!
//! How much several threads bring is the machine's doing, and a machine that is busy elsewhere gives
//! less. So it is compared with what plain threads got, right before the run and right after it.

use std::time::Duration;

use crate::claims::{Claim, Run, Shown, inconclusive, shown};
use crate::units::{self, duration as time};

/// How long one thread takes for a piece, and how many pieces plain threads computed at once.
pub(super) const PIECE: &str = "piece_alone_s";
pub(super) const BEFORE: &str = "plain_threads_before_count";
pub(super) const AFTER: &str = "plain_threads_later_count";

/// Of the wall time, so much at least is spent computing where nothing waits.
const NEARLY_ALL: f64 = 0.9;

/// A machine that gives plain threads less than this has no second core to give.
const TWO_CORES: f64 = 1.3;

/// Of what one after the other takes, so much is no gain: a machine is not equally fast from one second to the next.
const NO_LESS: f64 = 0.8;

/// The share of the plain threads' gain that a runtime has to reach.
const AS_WELL: f64 = 0.8;

/// One thread computes all the time, however many tasks are under way.
#[derive(Debug)]
pub(super) struct OnOneThread;

impl Claim for OnOneThread {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let threads = units::count(run.strategy.threads, "thread", "threads");
        let (busy, wall) = (time(run.busy), time(run.wall));
        Some(format!(
            "{threads} computed for {busy} of {wall}, where 1 thread and 90 % are needed"
        ))
    }

    fn expectation(&self) -> String {
        "that one thread computes all the time".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let this = &run.strategy.name;
        let sequential = run.other("sequential").filter(|_| this != "sequential");
        let beside = sequential.map_or_else(String::new, |other| in_sequence(other.wall, run.wall));
        let all_the_time = run.strategy.threads == 1 && run.busy >= run.wall.mul_f64(NEARLY_ALL);
        all_the_time.then(|| {
            let pieces = units::count(run.count, "piece", "pieces");
            let (busy, wall) = (time(run.busy), time(run.wall));
            // A poll is as long as the clock says, whoever has the core meanwhile.
            let without = run.strategy.waited_for_core_s.map(|waited| waited.0);
            let without = without.filter(|waited| *waited > run.wall.mul_f64(1.0 - NEARLY_ALL));
            let polled = match without {
                None => format!("computing for {busy} of {wall}"),
                Some(waited) => format!(
                    "polled for {busy} of {wall}, for {} of which this busy machine gave it no core",
                    time(waited)
                ),
            };
            let text = format!("{pieces} on one thread, {polled}{beside}.");
            shown("no_gain", text).takeaway("Where nothing waits, nothing overlaps.")
        })
    }
}

/// What `sequential` took, beside what this took. It is the same work on one thread, too: where it
/// took another time, the machine was another one.
fn in_sequence(took: Duration, wall: Duration) -> String {
    let why = match took.as_secs_f64() / wall.as_secs_f64().max(1e-9) {
        1.1.. => ": the machine was busier then",
        ..0.9 => ": the machine is busier now",
        _ => "",
    };
    format!("; sequential took {}{why}", time(took))
}

/// So many pieces on so many threads take as long as on plain threads.
#[derive(Debug)]
pub(super) struct OnSeveral {
    pub(super) pieces: usize,
    pub(super) threads: usize,
}

impl Claim for OnSeveral {
    fn expectation(&self) -> String {
        format!("as much at once as on {} plain threads", self.threads)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let Self { pieces, threads } = *self;
        let piece = run.time(PIECE).filter(|_| !run.wall.is_zero())?;
        let at_once = AtOnce {
            here: piece.as_secs_f64() * pieces as f64 / run.wall.as_secs_f64(),
            before: run.metric(BEFORE)?,
            after: run.metric(AFTER)?,
        };
        let AtOnce {
            here,
            before,
            after,
        } = at_once;
        let did = format!(
            "{} of {} took {}: {here:.2} at once",
            units::count(pieces, "piece", "pieces"),
            time(piece),
            time(run.wall)
        );
        let plain = format!(
            "{threads} plain threads did {before:.2} at once right before and {after:.2} right after"
        );
        Some(if at_once.gained(used(pieces, threads)) {
            shown(
                "parallel",
                format!("{did}. That is what the machine gives: {plain}."),
            )
            .takeaway("More cores make it faster, not async.")
        } else {
            inconclusive(format!(
                "{did}. {plain}: this machine has no more cores, or is busy elsewhere."
            ))
        })
    }
}

/// Several threads compute, and one at a time: Python's global lock.
#[derive(Debug)]
pub(super) struct OneAtATime;

impl Claim for OneAtATime {
    fn expectation(&self) -> String {
        "that threads compute no faster than one after the other".into()
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let piece = run.time(PIECE)?;
        let (wall, piece) = (time(run.wall), time(piece));
        Some(format!(
            "{} threads took {wall} for {} of {piece}",
            run.strategy.closures.len(),
            units::count(run.count, "piece", "pieces")
        ))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let in_turn = run.time(PIECE)?.mul_f64(run.count as f64);
        let closures = run.strategy.closures.iter();
        let threads = closures.filter(|closure| closure.start_s.is_some()).count();
        (threads > 1 && run.wall >= in_turn.mul_f64(NO_LESS)).then(|| {
            let (wall, in_turn) = (time(run.wall), time(in_turn));
            let pieces = units::count(run.count, "piece", "pieces");
            let text = format!(
                "{pieces} on threads took {wall}, where one after the other is {in_turn}: the GIL lets one thread at a time run Python."
            );
            let rust = run.in_rust().map(|rust| {
                let name = &rust.strategy.name;
                format!("In Rust, {name} took {}.", time(rust.wall))
            });
            let shown = shown("one_at_a_time", text)
                .takeaway("to_thread is no cure for computing: it only keeps the event loop responsive.")
                .short(format!("{wall}, one by one {in_turn}"));
            match rust {
                Some(rust) => shown.and(&rust),
                None => shown,
            }
        })
    }
}

/// Processes compute at once: each has a lock of its own.
#[derive(Debug)]
pub(super) struct OnProcesses(pub(super) usize);

impl Claim for OnProcesses {
    fn expectation(&self) -> String {
        format!("that {} processes compute at once", self.0)
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let here = at_once(run)?;
        Some(format!(
            "{here:.2} pieces were computed at once, where {TWO_CORES} are needed: the machine has no more cores, or is busy elsewhere"
        ))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let here = at_once(run)?;
        (here >= TWO_CORES).then(|| {
            let (wall, piece) = (time(run.wall), time(run.time(PIECE).unwrap_or_default()));
            let pieces = units::count(run.count, "piece", "pieces");
            let text = format!(
                "{pieces} of {piece} took {wall} on {} processes: {here:.2} at once. Each has an interpreter and a GIL of its own.",
                self.0
            );
            shown("parallel", text).short(format!("{here:.2} at once on {} processes", self.0))
        })
    }
}

/// How many pieces were computed at once, on average.
fn at_once(run: &Run<'_>) -> Option<f64> {
    let piece = run.time(PIECE).filter(|_| !run.wall.is_zero())?;
    Some(piece.as_secs_f64() * run.count as f64 / run.wall.as_secs_f64())
}

/// How many pieces were computed at once, on average: in the run, and by plain threads.
struct AtOnce {
    here: f64,
    before: f64,
    after: f64,
}

impl AtOnce {
    /// Whether there was something to gain, and whether it was gained. The last round may leave
    /// threads without a piece: `used` is the share of the threads' time that there is work for.
    fn gained(&self, used: f64) -> bool {
        let least = self.before.min(self.after);
        least >= TWO_CORES && self.here >= (least * used * AS_WELL).max(1.1)
    }
}

/// What share of their time so many threads have a piece to compute.
fn used(pieces: usize, threads: usize) -> f64 {
    let threads = threads.max(1);
    let places = pieces.div_ceil(threads) * threads;
    pieces as f64 / places.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Outcome;
    use crate::claims::testing::{self, counted, ms, task, told};
    use crate::report::StrategyReport;

    fn report(name: &str, wall: u64, busy: &[u64]) -> StrategyReport {
        let pieces = busy.iter().map(|busy| {
            let mut piece = task("piece", wall, Outcome::Completed);
            piece.busy_s = ms(*busy);
            piece
        });
        testing::report(name, wall, pieces.collect())
    }

    #[test]
    fn one_thread_that_computes_all_the_time_gains_nothing() {
        let sequential = report("sequential", 1_205, &[600, 600]);
        let join = report("join", 1_210, &[600, 600]);
        let all = [sequential.clone(), join.clone()];
        assert_eq!(
            told(OnOneThread, &join, &all),
            "no_gain: 2 pieces on one thread, computing for 1.200 s of 1.210 s; sequential took 1.205 s."
        );
        assert_eq!(
            told(OnOneThread, &sequential, &all),
            "no_gain: 2 pieces on one thread, computing for 1.200 s of 1.205 s."
        );
        for (wall, why) in [
            (900, "took 1.205 s: the machine was busier then."),
            (1_400, "took 1.205 s: the machine is busier now."),
        ] {
            let told = told(OnOneThread, &report("join", wall, &[wall]), &all);
            assert!(told.ends_with(why), "{told}");
        }
        let crowded = StrategyReport {
            waited_for_core_s: Some(ms(500)),
            ..join.clone()
        };
        assert_eq!(
            told(OnOneThread, &crowded, &[]),
            "no_gain: 2 pieces on one thread, polled for 1.200 s of 1.210 s, for 500 ms of which this busy machine gave it no core."
        );
        let on_two = StrategyReport { threads: 2, ..join };
        let waits = report("join", 1_210, &[500, 500]);
        for other in [on_two, waits] {
            let told = told(OnOneThread, &other, &[]);
            assert!(told.starts_with("inconclusive: "), "{told}");
        }
    }

    fn several(wall: u64, metrics: &[(&str, f64)]) -> String {
        let claim = OnSeveral {
            pieces: 4,
            threads: 2,
        };
        told(claim, &counted(report("rayon", wall, &[]), metrics), &[])
    }

    fn probed(wall: u64, before: f64, after: f64) -> String {
        several(wall, &[(PIECE, 0.3), (BEFORE, before), (AFTER, after)])
    }

    #[test]
    fn several_threads_are_compared_with_plain_ones_at_the_same_moment() {
        assert_eq!(
            probed(615, 1.96, 1.98),
            "parallel: 4 pieces of 300 ms took 615 ms: 1.95 at once. That is what the machine gives: 2 plain threads did 1.96 at once right before and 1.98 right after."
        );
        // Two hyperthreads of one core.
        assert!(probed(900, 1.4, 1.4).starts_with("parallel: "));
    }

    #[test]
    fn a_busy_machine_shows_nothing_and_the_figures_say_so() {
        assert_eq!(
            probed(1_150, 1.04, 1.9),
            "inconclusive: inconclusive. 4 pieces of 300 ms took 1.150 s: 1.04 at once. 2 plain threads did 1.04 at once right before and 1.90 right after: this machine has no more cores, or is busy elsewhere."
        );
        for (wall, before, after) in [
            (600, 1.0, 1.0),           // no second core, whatever came of it
            (1_100, 1.9, 1.9),         // there was one, and it was not used
            (600, f64::NAN, f64::NAN), // no probe, no answer
        ] {
            let told = probed(wall, before, after);
            assert!(told.starts_with("inconclusive"), "{told}");
        }
    }

    #[test]
    fn without_a_probe_nothing_is_said() {
        for metrics in [
            &[][..],
            &[(PIECE, f64::NAN), (BEFORE, 2.0), (AFTER, 2.0)],
            &[(PIECE, 0.3), (BEFORE, 2.0)],
        ] {
            let told = several(600, metrics);
            assert!(
                told.contains("Expected as much at once as on 2 plain threads"),
                "{told}"
            );
        }
    }

    #[test]
    fn the_last_round_may_leave_threads_idle() {
        assert_eq!(used(4, 2), 1.0);
        assert_eq!(used(3, 2), 0.75);
        assert_eq!(used(1, 4), 0.25);
        assert_eq!((used(0, 0), used(0, 2)), (0.0, 0.0));
        let at_once = AtOnce {
            here: 1.5,
            before: 2.0,
            after: 2.0,
        };
        assert!(at_once.gained(used(3, 2)) && !at_once.gained(used(4, 2)));
    }
}
