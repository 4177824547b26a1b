//! `cpu-bound`: work that computes and never waits.
//!
//! Async overlaps waiting, and a computation does not wait: its poll returns when it is done. `join_all` on one
//! thread therefore computes piece after piece, and holds the event loop throughout. Only more threads on more cores
//! make it faster. Spawned tasks use the workers, and leave none for anything else. `spawn_blocking` and a rayon pool
//! compute on other threads, and the workers stay free. `yield_now` between chunks gives others a turn, and makes
//! nothing faster.

mod claims;
mod probe;

use std::future::Future;
use std::hash::{DefaultHasher, Hasher};
use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::{join_all, try_join_all};
use rayon::{ThreadPool as Pool, ThreadPoolBuilder};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::task::yield_now;

use self::claims::{OnOneThread, OnProcesses, OnSeveral, OneAtATime};
use self::probe::{Calibration, Probe, Sample};
use super::knob::{Count, Wait};
use super::{About, Concept, Flavor, Metrics, Output, Strategy, Twin};
use crate::claims::{Figure, KeepsTheLoopAwake};
use crate::trace::Recorder;

/// The knobs of `cpu-bound`.
#[derive(clap::Args, Clone, Copy, Debug, Serialize)]
pub struct CpuBound {
    /// Roughly how long one piece takes one thread; calibrated at the start
    #[arg(long, value_name = "DURATION", default_value = "300ms")]
    pub work: Wait<10, 10_000>,

    /// How many pieces there are
    #[arg(long, value_name = "N", default_value = "4")]
    pub pieces: Count<1, 32>,

    /// How many threads compute in `spawned` and `rayon`
    #[arg(long, value_name = "N", default_value = "2")]
    pub workers: Count<1, 16>,
}

/// How long `chunked` computes between two turns for others.
const CHUNK: Duration = Duration::from_millis(2);

/// The heart has to beat a few times before one can say that it does.
const SEVERAL_BEATS: Duration = Duration::from_millis(200);

impl Concept for CpuBound {
    const ABOUT: About = About {
        name: "cpu-bound",
        title: "work that never waits",
        question: "Does async make my computations faster?",
        python: "ProcessPoolExecutor",
        examples: "\
  asyncdemo cpu-bound                       async, and rayon beside it
  asyncdemo cpu-bound --workers 4 --pieces 8
                                            as many threads as you have cores
  asyncdemo cpu-bound --strategy chunked --strategy join --code
                                            no faster, but the heart beats
  asyncdemo cpu-bound --all --code          six ways, with the code that runs",
        heartbeat_lane: true,
        figure: Figure::Wall,
        source: include_str!("cpu_bound.rs"),
        twin: include_str!("../../lessons/python/cpu-bound.py"),
        python_file: "cpu-bound.py",
        belief: "Async makes computations faster.",
        tour: &["--work", "100ms"],
        quick: &["--work", "10ms", "--pieces", "3"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let (pieces, workers) = (*self.pieces, *self.workers);
        let bench = Bench {
            knobs: *self,
            calibration: Arc::new(Calibration::new(compute)),
        };
        let pool = move || Ok(ThreadPoolBuilder::new().num_threads(workers).build()?);
        vec![
            bench
                .strategy(
                    "sequential",
                    "piece after piece in the async thread",
                    1,
                    sequential,
                )
                .by_default()
                .claim(OnOneThread)
                .twin(computes("piece after piece in the event loop's thread")),
            bench
                .strategy(
                    "join",
                    "join_all over all pieces, in the async thread",
                    1,
                    join,
                )
                .by_default()
                .refutes_belief()
                .claim(OnOneThread)
                .twin(computes(
                    "asyncio.gather over all pieces, on the event loop",
                )),
            bench
                .strategy("spawned", "tokio::spawn for each piece", workers, spawned)
                .on(Flavor::with_workers(workers))
                .twin(
                    computes("asyncio.create_task for each piece: no thread for any")
                        .ideal(bench.ideal(1))
                        .claim(OnOneThread),
                ),
            bench
                .strategy(
                    "spawn-blocking",
                    "spawn_blocking for each piece",
                    pieces,
                    spawn_blocking,
                )
                .claim_if(bench.beats(pieces), KeepsTheLoopAwake)
                .twin(
                    computes("asyncio.to_thread for each piece: threads, and one GIL")
                        .ideal(bench.ideal(1))
                        .claim_if(pieces > 1, OneAtATime),
                ),
            bench
                .staged(
                    "rayon",
                    "a rayon pool computes, a oneshot brings the result",
                    workers,
                    pool,
                    rayon,
                )
                .by_default()
                .claim_if(bench.beats(workers), KeepsTheLoopAwake)
                .twin(
                    computes("a ProcessPoolExecutor computes: a GIL for each process")
                        .claim_if(workers.min(pieces) > 1, OnProcesses(workers)),
                ),
            bench
                .strategy(
                    "chunked",
                    "yield_now().await between chunks of 2 ms",
                    1,
                    chunked,
                )
                .claim(OnOneThread)
                .claim_if(bench.beats(1), KeepsTheLoopAwake)
                .twin(computes("await asyncio.sleep(0) between chunks of 2 ms")),
        ]
    }
}

/// A strategy in Python.
fn computes(summary: &str) -> Twin {
    Twin::of(summary).differs("it computes something else, for as long")
}

/// Where strategies get their work, all of them the same.
struct Bench {
    knobs: CpuBound,
    calibration: Arc<Calibration>,
}

impl Bench {
    /// A strategy that computes on so many threads.
    fn strategy<F>(
        &self,
        name: &'static str,
        summary: &'static str,
        threads: usize,
        run: fn(Recorder, Work) -> F,
    ) -> Strategy
    where
        F: Future<Output = Result<Output>> + Send + 'static,
    {
        let run = move |recorder, work, ()| run(recorder, work);
        self.staged(name, summary, threads, || Ok(()), run)
    }

    /// [`Self::strategy`] with what `make` makes before the clock starts. What several threads bring is
    /// compared with what the machine gives, before and after.
    fn staged<S, F>(
        &self,
        name: &'static str,
        summary: &'static str,
        threads: usize,
        make: impl Fn() -> Result<S> + Send + Sync + 'static,
        run: impl Fn(Recorder, Work, S) -> F + Send + Sync + 'static,
    ) -> Strategy
    where
        S: Send + 'static,
        F: Future<Output = Result<Output>> + Send + 'static,
    {
        let (work, pieces) = (*self.knobs.work, *self.knobs.pieces);
        let ideal = self.ideal(threads);
        let threads = threads.min(pieces);
        let calibration = Arc::clone(&self.calibration);
        let prepare = move || {
            let probe = (threads > 1).then(|| Probe::new(&calibration, threads, work));
            let work = Work {
                pieces: pieces as u64,
                rounds: calibration.rounds(work),
                chunk: calibration.rounds(CHUNK),
            };
            let made = make()?;
            // As late as can be: the machine may be another one a second later.
            let probed = match probe {
                Some(probe) => Some((probe, probe.sample()?)),
                None => None,
            };
            Ok((work, made, probed))
        };
        let run = move |recorder, (work, made, probed): (_, _, Option<(Probe, Sample)>)| {
            let running = run(recorder, work, made);
            async move {
                let output = running.await?;
                Ok(output.at_exit(move |metrics| {
                    if let Some((probe, before)) = probed
                        && let Ok(after) = probe.sample()
                    {
                        probe.count(before, after, metrics);
                    }
                }))
            }
        };
        Strategy::staged(name, summary, prepare, run)
            .ideal(ideal)
            .claim_if(threads > 1, OnSeveral { pieces, threads })
    }

    /// What arithmetic promises on so many threads.
    fn ideal(&self, threads: usize) -> Duration {
        let (work, pieces) = (*self.knobs.work, *self.knobs.pieces);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        probe::ideal(work, pieces, threads.min(pieces), cores)
    }

    /// Whether a heart that is free to beat does so several times, on so many threads.
    fn beats(&self, threads: usize) -> bool {
        self.ideal(threads) >= SEVERAL_BEATS
    }
}

// ANCHOR: workload
/// What there is to compute.
#[derive(Clone, Copy)]
struct Work {
    pieces: u64,
    rounds: u64,
    chunk: u64,
}

/// The hash of a hash of a hash: no round can be left out, and none waits.
fn compute(mut hash: u64, rounds: u64) -> u64 {
    for _ in 0..rounds {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(black_box(hash));
        hash = hasher.finish();
    }
    hash
}
// ANCHOR_END: workload

// ANCHOR: sequential
async fn sequential(recorder: Recorder, work: Work) -> Result<Output> {
    let mut hashes = Vec::new();
    for piece in 1..=work.pieces {
        let computing = async { compute(piece, work.rounds) };
        let computing = recorder.track(format!("piece {piece}"), computing);
        hashes.push(computing.await);
    }
    Ok(Output::new(hashes))
}
// ANCHOR_END: sequential

// ANCHOR: join
async fn join(recorder: Recorder, work: Work) -> Result<Output> {
    let computing = (1..=work.pieces).map(|piece| {
        let computing = async move { compute(piece, work.rounds) };
        recorder.track(format!("piece {piece}"), computing)
    });
    // One thread polls all of them, and no poll ends before its piece does.
    Ok(Output::new(join_all(computing).await))
}
// ANCHOR_END: join

// ANCHOR: spawned
async fn spawned(recorder: Recorder, work: Work) -> Result<Output> {
    let tasks = (1..=work.pieces).map(|piece| {
        let computing = async move { compute(piece, work.rounds) };
        tokio::spawn(recorder.track(format!("piece {piece}"), computing))
    });
    // Each worker computes a piece. None is left for anything else.
    Ok(Output::new(try_join_all(tasks).await?))
}
// ANCHOR_END: spawned

// ANCHOR: spawn-blocking
async fn spawn_blocking(recorder: Recorder, work: Work) -> Result<Output> {
    let threads = (1..=work.pieces).map(|piece| {
        let computing = move || compute(piece, work.rounds);
        let computing = recorder.track_blocking("its thread", computing);
        let thread = tokio::task::spawn_blocking(computing);
        recorder.track(format!("piece {piece}"), thread)
    });
    // A thread for each, up to 512: more than there are cores helps nobody.
    Ok(Output::new(try_join_all(threads).await?))
}
// ANCHOR_END: spawn-blocking

// ANCHOR: rayon
async fn rayon(recorder: Recorder, work: Work, pool: Pool) -> Result<Output> {
    let computing = (1..=work.pieces).map(|piece| {
        let (sender, hash) = oneshot::channel();
        let computing = move || {
            let _ = sender.send(compute(piece, work.rounds));
        };
        pool.spawn(recorder.track_blocking("its thread", computing));
        recorder.track(format!("piece {piece}"), hash)
    });
    // The pool has so many threads. What they have no time for yet queues.
    Ok(Output::new(try_join_all(computing).await?))
}
// ANCHOR_END: rayon

// ANCHOR: chunked
async fn chunked(recorder: Recorder, work: Work) -> Result<Output> {
    let mut hashes = Vec::new();
    for piece in 1..=work.pieces {
        let computing = in_chunks(piece, work);
        let computing = recorder.track(format!("piece {piece}"), computing);
        hashes.push(computing.await);
    }
    Ok(Output::new(hashes))
}

async fn in_chunks(mut hash: u64, work: Work) -> u64 {
    let mut left = work.rounds;
    while left > 0 {
        let rounds = left.min(work.chunk);
        hash = compute(hash, rounds);
        left -= rounds;
        yield_now().await; // now it is the others' turn
    }
    hash
}
// ANCHOR_END: chunked

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Work = Work {
        pieces: 3,
        rounds: 100,
        chunk: 7,
    };

    fn hashes() -> serde_json::Value {
        [1, 2, 3].map(|piece| compute(piece, WORK.rounds)).into()
    }

    #[test]
    fn a_hash_of_a_hash_is_what_it_says() {
        let hash = |number: u64| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u64(number);
            hasher.finish()
        };
        assert_eq!(compute(5, 0), 5);
        assert_eq!(compute(5, 3), hash(hash(hash(5))));
        assert_ne!(compute(1, 3), compute(2, 3));
    }

    #[tokio::test]
    async fn every_way_computes_the_same() {
        let pool = || ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let outputs = [
            sequential(Recorder::new(), WORK).await,
            join(Recorder::new(), WORK).await,
            spawned(Recorder::new(), WORK).await,
            spawn_blocking(Recorder::new(), WORK).await,
            rayon(Recorder::new(), WORK, pool()).await,
            chunked(Recorder::new(), WORK).await,
        ];
        for output in outputs {
            assert_eq!(output.unwrap().result, hashes());
        }
    }

    #[tokio::test]
    async fn a_chunk_ends_with_a_turn_for_others() {
        let recorder = Recorder::new();
        chunked(recorder.clone(), WORK).await.unwrap();
        for task in recorder.timeline().tasks {
            // Fifteen chunks of seven rounds or, the last one, fewer; and the end.
            assert_eq!(task.polls.len(), 16, "{}", task.label);
        }
    }

    #[tokio::test]
    async fn who_never_awaits_is_polled_once_and_one_after_the_other() {
        for run in [0, 1] {
            let recorder = Recorder::new();
            let output = match run {
                0 => sequential(recorder.clone(), WORK).await,
                _ => join(recorder.clone(), WORK).await,
            };
            assert!(output.is_ok());
            let tasks = recorder.timeline().tasks;
            let polls: Vec<_> = tasks.iter().flat_map(|task| &task.polls).collect();
            assert_eq!((tasks.len(), polls.len()), (3, 3));
            assert!(polls.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }

    #[test]
    fn what_is_claimed_follows_from_the_knobs() {
        let claimed = |pieces, workers| {
            let work = Duration::from_millis(300);
            let knobs = CpuBound {
                work: Wait::of(work),
                pieces: Count::of(pieces),
                workers: Count::of(workers),
            };
            let several = knobs.strategies().into_iter().filter(|strategy| {
                let mut claims = strategy.claims.iter();
                claims.any(|claim| claim.expectation().ends_with("plain threads"))
            });
            several.map(|strategy| strategy.name).collect::<Vec<_>>()
        };
        assert_eq!(claimed(4, 2), ["spawned", "spawn-blocking", "rayon"]);
        assert_eq!(claimed(4, 1), ["spawn-blocking"]);
        assert!(claimed(1, 8).is_empty(), "one piece has one thread");
    }
}
