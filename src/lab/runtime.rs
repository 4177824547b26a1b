//! A runtime for one run, and the thread that it runs in.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use super::core_wait;
use crate::concepts::{Flavor, Metrics, Output, Run, WarmUp};
use crate::trace::Recorder;

/// How long a runtime may take to shut down: a blocking thread that is stuck is left behind.
pub const SHUTDOWN: Duration = Duration::from_secs(1);

/// What came of a run.
pub(super) struct Finished {
    /// How long it took.
    pub(super) wall: Duration,
    /// What it returned.
    pub(super) output: Result<Output>,
    /// How long its thread was ready and got no core, of a run on one thread.
    pub(super) waited_for_core: Option<Duration>,
}

/// What the run's own thread sends.
pub(super) enum Message {
    /// The strategy begins, this long after the recorder was made.
    Started(Duration),
    /// It has returned and its runtime is gone.
    Finished(Finished),
}

/// The name by which a worker is told from a thread of the blocking pool.
pub(super) const WORKER: &str = "worker";

pub(super) fn on_a_fresh_runtime(
    flavor: Flavor,
    warm_up: Option<WarmUp>,
    run: Run,
    recorder: &Recorder,
    stop: &CancellationToken,
    sender: &mpsc::Sender<Message>,
) {
    let runtime = match runtime(flavor) {
        Ok(runtime) => runtime,
        Err(error) => {
            let output = Err(anyhow!(error).context("its runtime could not be built"));
            let _ = sender.send(Message::Finished(Finished {
                wall: Duration::ZERO,
                output,
                waited_for_core: None,
            }));
            return;
        }
    };
    let run = AssertUnwindSafe(run).catch_unwind();
    let mut waited_before = None;
    let (wall, output) = runtime.block_on(async {
        let counted = match warmed_up(warm_up, stop).await {
            Ok(counted) => counted,
            Err(error) => return (Duration::ZERO, Err(error)),
        };
        let (first_beat, beaten) = tokio::sync::oneshot::channel();
        let heartbeat = recorder.heartbeat();
        tokio::spawn(async {
            let _ = first_beat.send(());
            heartbeat.await;
        });
        // Only a heart that beats can miss a beat.
        let _ = beaten.await;
        waited_before = core_wait::so_far();
        let start = recorder.elapsed();
        let _ = sender.send(Message::Started(start));
        let clock = recorder.clone();
        let timed = async move {
            let output = run.await;
            (clock.elapsed().saturating_sub(start), output)
        };
        let output = tokio::select! {
            timed = spawn_if_multi_thread(flavor, timed) => timed,
            () = stop.cancelled() => Err(anyhow!("stopped")),
        };
        match output {
            Ok((wall, Ok(output))) => {
                let counted_too = |mut output: Output| {
                    output.metrics.extend(counted);
                    output
                };
                (wall, output.map(counted_too))
            }
            Ok((wall, Err(panic))) => (
                wall,
                Err(anyhow!("it panicked: {}", panic_message(&*panic))),
            ),
            Err(error) => (recorder.elapsed().saturating_sub(start), Err(error)),
        }
    });
    let waited_for_core = waited_before
        .zip(core_wait::so_far())
        .map(|(before, after)| after.saturating_sub(before))
        .filter(|_| flavor == Flavor::CurrentThread);
    runtime.shutdown_timeout(SHUTDOWN);
    let _ = sender.send(Message::Finished(Finished {
        wall,
        output,
        waited_for_core,
    }));
}

/// Does what is to be done before the clock starts, unless it is stopped meanwhile.
async fn warmed_up(warm_up: Option<WarmUp>, stop: &CancellationToken) -> Result<Metrics> {
    let Some(warm_up) = warm_up else {
        return Ok(Metrics::new());
    };
    tokio::select! {
        counted = AssertUnwindSafe(warm_up).catch_unwind() => counted
            .unwrap_or_else(|panic| Err(anyhow!("it panicked: {}", panic_message(&*panic)))),
        () = stop.cancelled() => Err(anyhow!("stopped")),
    }
}

/// On the multi-thread runtime, `block_on`'s own thread is no worker: there, the strategy is spawned.
async fn spawn_if_multi_thread<T: Send + 'static>(
    flavor: Flavor,
    run: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    match flavor {
        Flavor::CurrentThread => Ok(run.await),
        Flavor::MultiThread(_) => Ok(tokio::spawn(run).await?),
    }
}

fn runtime(flavor: Flavor) -> std::io::Result<Runtime> {
    match flavor {
        Flavor::CurrentThread => Builder::new_current_thread()
            .enable_all()
            .thread_name("blocking pool")
            .build(),
        Flavor::MultiThread(workers) => {
            // Tokio asks for a name when it starts a thread, and it starts the workers first.
            let started = AtomicUsize::new(0);
            let name = move || match started.fetch_add(1, Ordering::Relaxed) {
                index if index < workers => format!("{WORKER} {index}"),
                _ => "blocking pool".to_owned(),
            };
            Builder::new_multi_thread()
                .worker_threads(workers)
                .enable_all()
                .thread_name_fn(name)
                .build()
        }
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
