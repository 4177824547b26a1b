//! Computing on one thread and on several: what `cpu-bound` claims, and what its numbers show.
//!
//! How much several threads bring is the machine's doing, and a machine that is busy elsewhere gives
//! less. So it is compared with what plain threads got, right before the run and right after it.

use std::time::Duration;

use super::{StrategyReport, Task};
use crate::units;

/// What a strategy is expected to show about computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computing {
    /// One thread computes all the time, however many tasks are under way.
    OnOneThread,
    /// So many pieces on so many threads take as long as on plain threads.
    #[expect(missing_docs, reason = "the variant says it")]
    OnSeveral { pieces: usize, threads: usize },
}

/// What one strategy's numbers show about computing.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant says what its figures are")]
pub enum Computed {
    /// One thread was busy for nearly all of the wall time. What `sequential` took, if it ran, too.
    OnOneThread {
        tasks: usize,
        busy: Duration,
        wall: Duration,
        sequential: Option<Duration>,
    },
    /// Several threads computed at once, as well as plain threads do or, on a busy machine, not.
    OnSeveral {
        pieces: usize,
        threads: usize,
        piece: Duration,
        wall: Duration,
        figures: AtOnce,
        borne_out: bool,
    },
}

/// How many pieces were computed at once, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct AtOnce {
    pub here: f64,
    pub before: f64,
    pub after: f64,
}

/// The metrics that these claims look at. They are the concept's.
const PIECE: &str = "piece_alone_s";
const BEFORE: &str = "plain_threads_before_count";
const AFTER: &str = "plain_threads_later_count";

/// Of the wall time, so much at least is spent computing where nothing waits.
const NEARLY_ALL: f64 = 0.9;

/// A machine that gives plain threads less than this has no second core to give.
const TWO_CORES: f64 = 1.3;

/// The share of the plain threads' gain that a runtime has to reach.
const AS_WELL: f64 = 0.8;

impl AtOnce {
    /// Whether there was something to gain, and whether it was gained. The last round may leave
    /// threads without a piece: `used` is the share of the threads' time that there is work for.
    fn bear_out(self, used: f64) -> bool {
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

impl Computing {
    /// `None` where the numbers do not say anything of it.
    pub(super) fn bear_out(
        self,
        strategy: &StrategyReport,
        all: &[StrategyReport],
    ) -> Option<Computed> {
        let wall = strategy.wall()?.0;
        match self {
            Self::OnOneThread => {
                let started = |task: &&Task| task.start_s.is_some();
                let tasks: Vec<&Task> = strategy.tasks.iter().filter(started).collect();
                let busy: Duration = tasks.iter().map(|task| task.busy_s.0).sum();
                let sequential = all
                    .iter()
                    .find(|other| other.name == "sequential" && other.name != strategy.name)
                    .and_then(|other| Some(other.wall()?.0));
                let all_the_time = strategy.threads == 1 && busy >= wall.mul_f64(NEARLY_ALL);
                all_the_time.then_some(Computed::OnOneThread {
                    tasks: tasks.len(),
                    busy,
                    wall,
                    sequential,
                })
            }
            Self::OnSeveral { pieces, threads } => {
                let metric = |key: &str| strategy.metrics.get(key).copied();
                let piece = Duration::try_from_secs_f64(metric(PIECE)?).ok()?;
                if wall.is_zero() {
                    return None;
                }
                let figures = AtOnce {
                    here: piece.as_secs_f64() * pieces as f64 / wall.as_secs_f64(),
                    before: metric(BEFORE)?,
                    after: metric(AFTER)?,
                };
                Some(Computed::OnSeveral {
                    pieces,
                    threads,
                    piece,
                    wall,
                    figures,
                    borne_out: figures.bear_out(used(pieces, threads)),
                })
            }
        }
    }

    /// What the run should have shown. Reads on after "Expected".
    pub(super) fn expected(self) -> String {
        match self {
            Self::OnOneThread => "that one thread computes all the time".into(),
            Self::OnSeveral { threads, .. } => {
                format!("as much at once as on {threads} plain threads")
            }
        }
    }
}

impl Computed {
    /// For scripts.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::OnOneThread { .. } => "no_gain",
            Self::OnSeveral {
                borne_out: true, ..
            } => "parallel",
            Self::OnSeveral { .. } => "inconclusive",
        }
    }

    /// What a learner should take away.
    pub(super) fn moral(&self) -> Option<&'static str> {
        match self {
            Self::OnOneThread { .. } => Some("Where nothing waits, nothing overlaps."),
            Self::OnSeveral {
                borne_out: true, ..
            } => Some("Threads on more cores make it faster, not async."),
            Self::OnSeveral { .. } => None,
        }
    }

    pub(super) fn figures(&self, strategy: &str) -> String {
        match self {
            Self::OnOneThread {
                tasks,
                busy,
                wall,
                sequential,
            } => format!(
                "{strategy}: {} on one thread, computing for {} of {}{}.",
                units::count(*tasks, "piece", "pieces"),
                units::duration(*busy),
                units::duration(*wall),
                sequential.map_or_else(String::new, |took| in_sequence(took, *wall)),
            ),
            Self::OnSeveral {
                pieces,
                threads,
                piece,
                wall,
                figures:
                    AtOnce {
                        here,
                        before,
                        after,
                    },
                borne_out,
            } => {
                let (piece, wall) = (units::duration(*piece), units::duration(*wall));
                let pieces = units::count(*pieces, "piece", "pieces");
                let did = format!("{pieces} of {piece} took {wall}: {here:.2} at once");
                let plain = format!(
                    "{threads} plain threads did {before:.2} at once right before and {after:.2} right after"
                );
                if *borne_out {
                    format!("{strategy}: {did}. That is what the machine gives: {plain}.")
                } else {
                    format!(
                        "{strategy}: inconclusive. {did}. {plain}: this machine has no more cores, or is busy elsewhere."
                    )
                }
            }
        }
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
    format!("; sequential took {}{why}", units::duration(took))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Claim, Outcome, Runtime, Seconds, facts, words};

    fn seconds(millis: u64) -> Seconds {
        Seconds(Duration::from_millis(millis))
    }

    fn report(name: &str, wall: u64, busy: &[u64], metrics: &[(&str, f64)]) -> StrategyReport {
        let runtime = Runtime {
            flavor: "current-thread".to_owned(),
            workers: 1,
        };
        let task = |busy: &u64| Task {
            label: "piece".to_owned(),
            location: None,
            outcome: Outcome::Completed,
            created_s: seconds(0),
            start_s: Some(seconds(0)),
            end_s: seconds(wall),
            busy_s: seconds(*busy),
            scheduled_s: seconds(0),
            idle_s: seconds(wall - busy),
            polls: Vec::new(),
            wakes_s: Vec::new(),
        };
        StrategyReport {
            wall_s: vec![seconds(wall)],
            threads: 1,
            tasks: busy.iter().map(task).collect(),
            metrics: metrics
                .iter()
                .map(|(key, value)| ((*key).to_owned(), *value))
                .collect(),
            ..StrategyReport::planned(name, "", runtime, None)
        }
    }

    fn told(claim: Computing, report: &StrategyReport, all: &[StrategyReport]) -> String {
        let [fact] = &facts(report, &[Claim::Computes(claim)], all)[..] else {
            unreachable!("one claim, one fact")
        };
        format!("{}: {}", fact.kind(), words(&report.name, fact, true))
    }

    #[test]
    fn one_thread_that_computes_all_the_time_gains_nothing() {
        let sequential = report("sequential", 1_205, &[600, 600], &[]);
        let join = report("join", 1_210, &[600, 600], &[]);
        let all = [sequential.clone(), join.clone()];
        assert_eq!(
            told(Computing::OnOneThread, &join, &all),
            "no_gain: join: 2 pieces on one thread, computing for 1.200 s of 1.210 s; sequential took 1.205 s."
        );
        assert_eq!(
            told(Computing::OnOneThread, &sequential, &all),
            "no_gain: sequential: 2 pieces on one thread, computing for 1.200 s of 1.205 s."
        );
        for (wall, why) in [
            (900, "took 1.205 s: the machine was busier then."),
            (1_400, "took 1.205 s: the machine is busier now."),
        ] {
            let join = report("join", wall, &[wall], &[]);
            let told = told(Computing::OnOneThread, &join, &all);
            assert!(told.ends_with(why), "{told}");
        }
        let on_two = StrategyReport {
            threads: 2,
            ..join.clone()
        };
        let waits = report("join", 1_210, &[500, 500], &[]);
        for other in [on_two, waits] {
            let told = told(Computing::OnOneThread, &other, &[]);
            assert!(told.starts_with("inconclusive: "), "{told}");
        }
    }

    fn several(wall: u64, before: f64, after: f64) -> String {
        let metrics = [(PIECE, 0.3), (BEFORE, before), (AFTER, after)];
        let claim = Computing::OnSeveral {
            pieces: 4,
            threads: 2,
        };
        told(claim, &report("rayon", wall, &[], &metrics), &[])
    }

    #[test]
    fn several_threads_are_compared_with_plain_ones_at_the_same_moment() {
        assert_eq!(
            several(615, 1.96, 1.98),
            "parallel: rayon: 4 pieces of 300 ms took 615 ms: 1.95 at once. That is what the machine gives: 2 plain threads did 1.96 at once right before and 1.98 right after."
        );
        // Two hyperthreads of one core.
        assert!(several(900, 1.4, 1.4).starts_with("parallel: "));
    }

    #[test]
    fn a_busy_machine_shows_nothing_and_the_figures_say_so() {
        assert_eq!(
            several(1_150, 1.04, 1.9),
            "inconclusive: rayon: inconclusive. 4 pieces of 300 ms took 1.150 s: 1.04 at once. 2 plain threads did 1.04 at once right before and 1.90 right after: this machine has no more cores, or is busy elsewhere."
        );
        for (wall, before, after) in [
            (600, 1.0, 1.0),           // no second core, whatever came of it
            (1_100, 1.9, 1.9),         // there was one, and it was not used
            (600, f64::NAN, f64::NAN), // no probe, no answer
        ] {
            let told = several(wall, before, after);
            assert!(told.starts_with("inconclusive"), "{told}");
        }
    }

    #[test]
    fn without_a_probe_nothing_is_said() {
        let claim = Computing::OnSeveral {
            pieces: 4,
            threads: 2,
        };
        for metrics in [
            &[][..],
            &[(PIECE, f64::NAN), (BEFORE, 2.0), (AFTER, 2.0)],
            &[(PIECE, 0.3), (BEFORE, 2.0)],
        ] {
            let told = told(claim, &report("rayon", 600, &[], metrics), &[]);
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
        let figures = AtOnce {
            here: 1.5,
            before: 2.0,
            after: 2.0,
        };
        assert!(figures.bear_out(used(3, 2)) && !figures.bear_out(used(4, 2)));
    }
}
