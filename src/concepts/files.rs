//! `files`: writing and reading files.
//!
//! Operating systems have no plain way to say when a regular file is ready, as they do for a socket. So `tokio::fs`
//! calls `std::fs` on a thread of the blocking pool, and each call pays for the trip there and back. That keeps the
//! event loop responsive. It does not make the disk faster, and for small files the trips cost more than the reading.
//! Many calls in one `spawn_blocking` pay for one trip.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::knob::{Count, Size};
use super::{About, Concept, Metrics, Output, Strategy, Twin, UsageError, knob};
use crate::claims::{
    AwakeBetweenPolls, BlockedThroughout, ComparedWith, Figure, KeepsTheLoopAwake, cost,
};
use crate::services::files::OpenFiles;
use crate::services::folder::{Folder, Folders, checksum};
use crate::services::usage::Usage;
use crate::trace::Recorder;

/// The knobs of `files`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Files {
    /// How many files are written and read
    #[arg(long, value_name = "N", default_value = "64")]
    pub files: Count<1, 1000>,

    /// How large each of them is, all of them at most 256MiB
    #[arg(long, value_name = "SIZE", default_value = "1MiB")]
    pub size: Size<{ 64 << 20 }>,

    /// How many files at once in `tokio-concurrent`, each on a thread of its own
    #[arg(long, value_name = "N", default_value = "64")]
    pub limit: Count<1, MOST_AT_ONCE>,
}

/// The most bytes on the disk; and in memory, should all files be read at once.
const MOST_IN_ALL: usize = 256 << 20;

/// The most files at once: Tokio's blocking pool has 512 threads.
const MOST_AT_ONCE: usize = 500;

/// Files that a run opens beside them: for its runtime, for the directory.
const OTHER_FILES: usize = 16;

/// Why threads for each call may be slower in Python.
const TRIPS_IN_PYTHON: &str =
    "Each call of asyncio.to_thread is a trip to a thread and back; aiofiles makes the same trips.";

/// Why `tokio::fs` may be slower.
const TRIPS: &str = "Each call of tokio::fs is a trip to a thread of the blocking pool and back.";

impl Concept for Files {
    const ABOUT: About = About {
        name: "files",
        title: "writing files, and reading them",
        question: "Does async make reading and writing files faster?",
        python: "aiofiles",
        examples: "\
  asyncdemo files             faster or slower? And who else gets a turn?
  asyncdemo files --all --repeat 5
                              four ways, and the median of five runs
  asyncdemo files --files 1000 --size 4KiB --all
                              small files: a trip each costs more than the file
  asyncdemo files --strategy tokio-concurrent --limit 2
                              fewer threads at once: does the heart beat again?
  asyncdemo files --strategy one-offload --code",
        heartbeat_lane: true,
        figure: Figure::Wall,
        source: include_str!("files.rs"),
        twin: include_str!("../../lessons/python/files.py"),
        python_file: "files.py",
        belief: "Async makes reading and writing files faster.",
        tour: &["--files", "64", "--size", "1MiB"],
        quick: &["--files", "3", "--size", "4KiB"],
    };

    fn check(&self) -> Result<(), UsageError> {
        let in_all = self.files.saturating_mul(*self.size);
        if in_all > MOST_IN_ALL {
            return Err(UsageError::new(format!(
                "--files {} of --size {} are {} in all; at most {} are written",
                *self.files,
                knob::in_bytes(*self.size),
                knob::in_bytes(in_all),
                knob::in_bytes(MOST_IN_ALL),
            )));
        }
        Ok(())
    }

    fn strategies(&self) -> Vec<Strategy> {
        let place = Arc::new(Folders::default());
        let concurrently = match self.at_once(OpenFiles::now()) {
            all if all == *self.files => format!("tokio::fs, all {all} files at once"),
            few if few < *self.limit => {
                format!("tokio::fs, {few} files at once: no more may be open (ulimit -n)")
            }
            limit => format!("tokio::fs, {limit} files at once (--limit)"),
        };
        vec![
            self.staged("std", "std::fs in an async fn", &place, std)
                .by_default()
                .claim(BlockedThroughout)
                .twin(Twin::of("Path.read_bytes() in an async def")),
            self.staged(
                "tokio-sequential",
                "tokio::fs, one file after the other",
                &place,
                tokio_sequential,
            )
            .by_default()
            .refutes_belief()
            .claim(ComparedWith("std", Some(TRIPS)))
            .claim(AwakeBetweenPolls)
            .twin(
                Twin::of("asyncio.to_thread for each call, one file after the other")
                    .claim(ComparedWith("std", Some(TRIPS_IN_PYTHON)))
                    .claim(AwakeBetweenPolls),
            ),
            self.staged("tokio-concurrent", &concurrently, &place, tokio_concurrent)
                .by_default()
                .claim(ComparedWith("std", Some(TRIPS)))
                .claim(AwakeBetweenPolls)
                .twin(
                    Twin::of("asyncio.to_thread, the files at once, on the default pool")
                        .claim(ComparedWith("std", Some(TRIPS_IN_PYTHON)))
                        .claim(AwakeBetweenPolls),
                ),
            self.staged(
                "one-offload",
                "std::fs for all files in one spawn_blocking",
                &place,
                one_offload,
            )
            .claim(ComparedWith("std", None))
            .claim(KeepsTheLoopAwake)
            .twin(Twin::of("all files in one asyncio.to_thread")),
        ]
    }

    fn next(&self) -> Option<&'static str> {
        (*self.size > 64 << 10).then_some("small files: --files 1000 --size 4KiB --all")
    }
}

// ANCHOR: workload
/// The checksum of each file, as it was read.
type Sums = Result<Vec<u32>>;
// ANCHOR_END: workload

// ANCHOR: std
async fn std(recorder: Recorder, folder: Arc<Folder>) -> Sums {
    let mut sums = Vec::new();
    for file in &folder.files {
        // No `.await` in here: the thread is held until all files are done.
        let write_and_read = async {
            std::fs::write(&file.path, file.contents())?;
            std::fs::read(&file.path).map(|read| checksum(&read))
        };
        sums.push(recorder.track(file.name(), write_and_read).await?);
    }
    Ok(sums)
}
// ANCHOR_END: std

// ANCHOR: tokio-sequential
async fn tokio_sequential(recorder: Recorder, folder: Arc<Folder>) -> Sums {
    let mut sums = Vec::new();
    for file in &folder.files {
        // Each call goes to a thread of the blocking pool, and comes back.
        let write_and_read = async {
            tokio::fs::write(&file.path, file.contents()).await?;
            let read = tokio::fs::read(&file.path).await;
            read.map(|read| checksum(&read))
        };
        sums.push(recorder.track(file.name(), write_and_read).await?);
    }
    Ok(sums)
}
// ANCHOR_END: tokio-sequential

// ANCHOR: tokio-concurrent
async fn tokio_concurrent(recorder: Recorder, folder: Arc<Folder>) -> Sums {
    let mut all = Vec::new();
    for file in &folder.files {
        let write_and_read = async {
            tokio::fs::write(&file.path, file.contents()).await?;
            let read = tokio::fs::read(&file.path).await;
            read.map(|read| checksum(&read))
        };
        all.push(recorder.track(file.name(), write_and_read));
    }
    // In their order, whichever is done first. What runs between two awaits,
    // such as the checksum, still holds the thread, file after file.
    let sums = stream::iter(all).buffered(folder.at_once);
    Ok(sums.try_collect().await?)
}
// ANCHOR_END: tokio-concurrent

// ANCHOR: one-offload
async fn one_offload(recorder: Recorder, folder: Arc<Folder>) -> Sums {
    // One trip for all: what follows runs on a thread of the blocking pool.
    let batch = move || {
        let mut sums = Vec::new();
        for file in &folder.files {
            std::fs::write(&file.path, file.contents())?;
            sums.push(checksum(&std::fs::read(&file.path)?));
        }
        Ok(sums)
    };
    let batch = recorder.track_blocking("its thread", batch);
    recorder.track("all files", spawn_blocking(batch)).await?
}
// ANCHOR_END: one-offload

impl Files {
    /// A strategy that gets a folder of its own, whose checksums are compared with what was to be
    /// written, and whose files are removed after the run and not within its time.
    ///
    /// It does all of it once before the clock starts: who comes first would pay for memory, threads and files that the
    /// others then find ready, and would look slow for it.
    fn staged<F>(
        &self,
        name: &'static str,
        summary: &str,
        place: &Arc<Folders>,
        run: impl Fn(Recorder, Arc<Folder>) -> F + Send + Sync + 'static,
    ) -> Strategy
    where
        F: Future<Output = Sums> + Send + 'static,
    {
        let (place, knobs, run) = (Arc::clone(place), self.clone(), Arc::new(run));
        let made: Arc<Mutex<Option<Arc<Folder>>>> = Arc::default();
        let latest = Arc::clone(&made);
        let prepare = move || {
            let at_once = knobs.at_once(OpenFiles::now());
            let folder = Arc::new(place.folder(*knobs.files, *knobs.size, at_once)?);
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            *made = Some(Arc::clone(&folder));
            Ok(folder)
        };
        let first = Arc::clone(&run);
        let warm_up = move || {
            let folder = latest.lock().unwrap_or_else(PoisonError::into_inner).take();
            let pass = folder.map(|folder| (first(Recorder::new(), Arc::clone(&folder)), folder));
            async move {
                if let Some((pass, folder)) = pass {
                    let sums = pass.await.map_err(|error| folder.explain(error))?;
                    folder.check(&sums)?;
                }
                Ok(Metrics::new())
            }
        };
        let strategy = Strategy::staged(name, summary, prepare, move |recorder, folder| {
            let run = run(recorder, Arc::clone(&folder));
            async move {
                let before = Usage::now();
                let sums = run.await.map_err(|error| folder.explain(error))?;
                let cpu = before
                    .zip(Usage::now())
                    .map(|(before, now)| now.cpu - before.cpu);
                folder.check(&sums)?;
                let mut output = Output::new(sums);
                output
                    .metrics
                    .extend(cpu.map(|cpu| (cost::CPU, cpu.as_secs_f64())));
                Ok(output.at_exit(move |_| drop(folder)))
            }
        });
        strategy.warmed_up(warm_up)
    }

    /// As many as are wanted, and as may be open.
    fn at_once(&self, open: OpenFiles) -> usize {
        let room = open.spare().saturating_sub(OTHER_FILES).max(1);
        self.files.min(*self.limit).min(room)
    }
}
