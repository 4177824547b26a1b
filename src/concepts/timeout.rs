//! `timeout`: stopping work that takes too long, and what that does to it.
//!
//! Cancelling a future means dropping it, and it can be dropped only between two polls, that is, where it awaits.
//! `timeout` and `select!` drop the loser, `abort` asks the runtime to drop the task: whatever blocks or computes
//! runs on to its next `.await`, and a `spawn_blocking` closure that has begun runs to its end. Drop code runs, but
//! cannot await: work that cleans up asynchronously must be asked to stop. Any `.await` can be the last.

mod claims;
mod job;
mod shop;
mod twins;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::routing::get;
use serde::Serialize;
use tokio::time::{sleep, timeout};
use tokio_rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use self::claims::{AbortsAtTheNextAwait, CleansUpItself, Drops, RunsOn, TearsApart};
use self::job::Job;
use self::shop::{Books, Shop, execute, insert};
use super::knob::Wait;
use super::{About, Concept, Flavor, Output, Strategy, Twin};
use crate::claims::{Figure, TimeoutIsLate};
use crate::services::database::Databases;
use crate::services::{client, server};
use crate::trace::Recorder;

/// The knobs of `timeout`.
#[derive(clap::Args, Clone, Copy, Debug, Serialize)]
pub struct Timeout {
    /// How long the work takes if nothing stops it
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    pub work: Wait,

    /// When it should stop
    #[arg(long, value_name = "DURATION", default_value = "300ms")]
    pub deadline: Wait,

    /// How long the work in `cancel-token` takes to clean up
    #[arg(long, value_name = "DURATION", default_value = "150ms")]
    pub cleanup: Wait,
}

impl Concept for Timeout {
    const ABOUT: About = About {
        name: "timeout",
        title: "stopping what takes too long",
        question: "How do I stop work that takes too long?",
        python: "asyncio.timeout, task.cancel()",
        examples: "\
  asyncdemo timeout                     what stops, what does not, what is torn
  asyncdemo timeout --work 200ms        in time: nothing is stopped
  asyncdemo timeout --strategy abort --strategy abort-blocking --code
                                        a task can be aborted, a thread cannot
  asyncdemo timeout --strategy cancel-token --code
                                        ask it to stop, and let it clean up
  asyncdemo timeout --strategy client-leaves --code
                                        who hangs up stops the work
  asyncdemo timeout --all --code        eight ways, with the code that runs",
        heartbeat_lane: false,
        figure: Figure::LongestTask("the work ended after"),
        source: include_str!("timeout.rs"),
        twin: include_str!("../../lessons/python/timeout.py"),
        python_file: "timeout.py",
        belief: "A timeout stops whatever runs inside it.",
        tour: &["--work", "500ms", "--deadline", "200ms"],
        quick: &["--work", "60ms", "--deadline", "20ms", "--cleanup", "20ms"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let time = Time {
            work: *self.work,
            deadline: *self.deadline,
            cleanup: *self.cleanup,
        };
        let (work, deadline) = (time.work, time.deadline);
        let (first, late) = (work.min(deadline), work > deadline); // in time, nothing is stopped
        let place = Databases::temporary();
        vec![
            Strategy::new(
                "timeout-async",
                "timeout(deadline, work()): the work awaits",
                time,
                timeout_async,
            )
            .by_default()
            .ideal(first)
            .claim_if(late, Drops(deadline, "the timeout"))
            .twin(twins::timeout_async(deadline, late)),
            Strategy::new(
                "timeout-blocking",
                "timeout(deadline, …): the work blocks",
                time,
                timeout_blocking,
            )
            .by_default()
            .refutes_belief()
            .ideal(work)
            .claim_if(late, TimeoutIsLate(deadline))
            .differs("the deadline passes unseen, and the work's answer comes after it")
            .twin(twins::timeout_blocking()),
            Strategy::new(
                "select",
                "tokio::select! between two servers: the first answer wins",
                time,
                select,
            )
            .ideal(first)
            .claim_if(late, Drops(deadline, "the winner"))
            .differs("it has an answer: the first of two")
            .twin(twins::select(deadline, late)),
            Strategy::new(
                "abort",
                "JoinHandle::abort on a task that waits and on one that computes",
                time,
                abort,
            )
            .on(Flavor::MultiThread(2))
            .ideal(deadline * 3 / 2)
            .claim_if(late, AbortsAtTheNextAwait(deadline))
            .differs("it aborts two tasks, and one of them computes")
            .twin(twins::abort(deadline, late)),
            Strategy::new(
                "abort-blocking",
                "abort() and a timeout on spawn_blocking",
                time,
                abort_blocking,
            )
            .ideal(first)
            .claim_if(late, RunsOn)
            .twin(twins::abort_blocking()),
            Strategy::new(
                "cancel-token",
                "CancellationToken: the work is asked, and cleans up with awaits",
                time,
                cancel_token,
            )
            .ideal(first + time.cleanup * u32::from(work >= deadline))
            .claim_if(late, CleansUpItself(deadline))
            .differs("it cleans up, too")
            .twin(twins::cancel_token(deadline, late)),
            Strategy::new(
                "client-leaves",
                "a handler of axum whose client hangs up at the deadline",
                time,
                client_leaves,
            )
            .ideal(first)
            .claim_if(late, Drops(deadline, "axum, whose client had left,"))
            .no_twin("FastAPI runs such a route to its end: asyncdemo background --python"),
            Strategy::staged(
                "half-done",
                "two INSERTs into SQLite, cancelled between them; then in a transaction",
                move || Shop::open(&place, work, deadline),
                |recorder, (shop, database)| {
                    let counted = half_done(recorder, shop);
                    // The database ends after the run, not within its time.
                    async move { Ok(counted.await?.at_exit(move |_| drop(database))) }
                },
            )
            .by_default()
            .ideal(2 * first)
            .claim_if(late, TearsApart)
            .differs("it counts rows")
            .twin(twins::half_done()),
        ]
    }
}

// ANCHOR: workload
/// How long the work takes, when it is to be stopped, how long it cleans up.
#[derive(Clone, Copy)]
struct Time {
    work: Duration,
    deadline: Duration,
    cleanup: Duration,
}

const GAVE_UP: &str = "gave up";

/// Stands for a slow call: it awaits, so it can be dropped there.
async fn work(job: Arc<Job>, time: Duration) -> &'static str {
    let _guard = job.begin(); // its Drop runs however this ends
    sleep(time).await;
    job.finish()
}

/// The same from a library that knows nothing of async: it holds the thread.
fn blocking_work(job: Arc<Job>, time: Duration) -> &'static str {
    let _guard = job.begin();
    hold_the_thread(time);
    job.finish()
}
// ANCHOR_END: workload

#[expect(clippy::disallowed_methods, reason = "blocking is the point")]
fn hold_the_thread(time: Duration) {
    std::thread::sleep(time);
}

/// The client itself gives nothing up.
const PATIENCE: Duration = Duration::from_secs(3600);

// ANCHOR: timeout-async
async fn timeout_async(recorder: Recorder, time: Time) -> Result<Output> {
    let job = Job::start();
    let work = recorder.track("work", work(job.clone(), time.work));
    // At the deadline the future is dropped, and with it the guard inside.
    let answer = timeout(time.deadline, work).await.unwrap_or(GAVE_UP);
    Ok(job.output(answer))
}
// ANCHOR_END: timeout-async

// ANCHOR: timeout-blocking
async fn timeout_blocking(recorder: Recorder, time: Time) -> Result<Output> {
    let job = Job::start();
    let work = async { blocking_work(job.clone(), time.work) };
    let work = recorder.track("work", work);
    // It looks at its clock between two polls of the work, and there is one.
    let answer = timeout(time.deadline, work).await.unwrap_or(GAVE_UP);
    Ok(job.output(answer))
}
// ANCHOR_END: timeout-blocking

// ANCHOR: select
async fn select(recorder: Recorder, time: Time) -> Result<Output> {
    let job = Job::start();
    let near = work(job.clone(), time.deadline);
    let far = work(job.clone(), time.work);
    // The first that is ready wins. The other one is dropped on the spot.
    let answer = tokio::select! {
        answer = recorder.track("near server", near) => answer,
        answer = recorder.track("far server", far) => answer,
    };
    Ok(job.output(answer))
}
// ANCHOR_END: select

// ANCHOR: abort
async fn abort(recorder: Recorder, time: Time) -> Result<Output> {
    let (job, deadline) = (Job::start(), time.deadline);
    let waiting = work(job.clone(), time.work);
    let waits = tokio::spawn(recorder.track("waits", waiting));

    let then = work(job.clone(), time.work);
    let computing = async move {
        hold_the_thread(deadline * 3 / 2); // no await: it cannot end here
        then.await
    };
    let computes = tokio::spawn(recorder.track("computes", computing));

    sleep(deadline).await;
    waits.abort();
    computes.abort();
    // abort() only asks. Who wants to know that a task has ended awaits it.
    let (waits, _) = tokio::join!(waits, computes);
    let answer = match waits {
        Err(error) if error.is_cancelled() => GAVE_UP,
        answer => answer?,
    };
    Ok(job.output(answer))
}
// ANCHOR_END: abort

// ANCHOR: abort-blocking
async fn abort_blocking(recorder: Recorder, time: Time) -> Result<Output> {
    let job = Job::start();
    let in_thread = job.clone();
    let work = move || blocking_work(in_thread, time.work);
    let work = recorder.track_blocking("its thread", work);
    let thread = tokio::task::spawn_blocking(work);
    let abort = thread.abort_handle();
    // The timeout drops the handle: that ends the waiting, not the work.
    let waiting = recorder.track("work", thread);
    let answer = match timeout(time.deadline, waiting).await {
        Ok(answer) => answer?,
        Err(_) => GAVE_UP,
    };
    abort.abort(); // nothing happens: the thread is at it already
    Ok(job.output(answer))
}
// ANCHOR_END: abort-blocking

// ANCHOR: cancel-token
async fn cancel_token(recorder: Recorder, time: Time) -> Result<Output> {
    let (job, stop) = (Job::start(), CancellationToken::new());
    let (in_task, asked) = (job.clone(), stop.clone());
    let working = async move {
        tokio::select! {
            answer = work(in_task.clone(), time.work) => answer,
            () = asked.cancelled() => {
                // Stands for telling another server. No Drop could await it.
                sleep(time.cleanup).await;
                in_task.awaited_cleanups.fetch_add(1, Ordering::SeqCst);
                GAVE_UP
            }
        }
    };
    let mut task = tokio::spawn(recorder.track("work", working));
    let answer = match timeout(time.deadline, &mut task).await {
        Ok(answer) => answer?,
        Err(_) => {
            stop.cancel();
            task.await? // it ends by itself, when it has cleaned up
        }
    };
    Ok(job.output(answer))
}
// ANCHOR_END: cancel-token

// ANCHOR: client-leaves
async fn client_leaves(recorder: Recorder, time: Time) -> Result<Output> {
    let (job, client) = (Job::start(), client::patient(PATIENCE)?);
    let in_handler = job.clone();
    let handler = async move || {
        let work = work(in_handler, time.work);
        recorder.track("handler", work).await
    };
    let listener = server::listen()?;
    let url = format!("http://{}/", listener.local_addr()?);
    let app = Router::new().route("/", get(handler));
    tokio::spawn(async { axum::serve(listener, app).await });

    // At the deadline the client hangs up. Nobody tells the handler.
    let answer = client.get(url).send();
    let answer = match timeout(time.deadline, answer).await {
        Ok(answered) => answered?.text().await?,
        Err(_) => GAVE_UP.to_owned(),
    };
    // Where the request never came, there is nothing to wait for.
    if job.has_begun() {
        job.over.notified().await;
    }
    Ok(job.output(&answer))
}
// ANCHOR_END: client-leaves

// ANCHOR: half-done
async fn half_done(recorder: Recorder, shop: Shop) -> Result<Output> {
    let mut books = shop.books;
    let order = recorder.track("order", order(&shop.one, shop.payment));
    // Dropped at the deadline, between its two rows.
    if let Ok(ended) = timeout(shop.deadline, order).await {
        ended?;
    }
    let left = books.new_rows().await?;

    let order = in_transaction(shop.two, shop.payment);
    let order = recorder.track("in a transaction", order);
    if let Ok(ended) = timeout(shop.deadline, order).await {
        ended?;
    }
    let left_in_transaction = books.new_rows().await?;
    Ok(Books::output(left, left_in_transaction))
}

/// Two rows that belong together, and between them a slow call: a payment.
async fn order(database: &Connection, payment: Duration) -> Result<()> {
    insert(database, 1).await?;
    sleep(payment).await;
    insert(database, 2).await
}

/// It owns the connection. Dropped before the COMMIT, it undoes the writes.
async fn in_transaction(database: Connection, wait: Duration) -> Result<()> {
    execute(&database, "BEGIN IMMEDIATE").await?;
    order(&database, wait).await?;
    execute(&database, "COMMIT").await
}
// ANCHOR_END: half-done

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Outcome;

    const TIME: Time = Time {
        work: Duration::from_secs(9),
        deadline: Duration::from_secs(3),
        cleanup: Duration::from_secs(1),
    };

    /// Each task's label, end and outcome.
    fn ends(recorder: &Recorder) -> Vec<(String, Duration, Outcome)> {
        let tasks = recorder.timeline().tasks.into_iter();
        tasks
            .map(|task| (task.label, task.end, task.outcome))
            .collect()
    }

    fn counted(output: Output, key: &str) -> Option<f64> {
        output.exited().metrics.get(key).copied()
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_deadline_the_work_is_dropped_and_its_guard_runs() {
        let recorder = Recorder::new();
        let output = timeout_async(recorder.clone(), TIME).await.unwrap();
        let cut = ("work".to_owned(), TIME.deadline, Outcome::Cancelled);
        assert_eq!(ends(&recorder), [cut]);
        assert_eq!(output.result, GAVE_UP);
        let output = output.exited();
        let expected = [
            ("begun_count", 1.0),
            ("cleanups_count", 1.0),
            ("finished_count", 0.0),
        ];
        assert_eq!(output.metrics, expected.into());
    }

    #[tokio::test(start_paused = true)]
    async fn in_time_nothing_is_stopped() {
        let time = Time {
            work: TIME.deadline / 2,
            ..TIME
        };
        for run in [0, 1] {
            let recorder = Recorder::new();
            let output = match run {
                0 => timeout_async(recorder.clone(), time).await,
                _ => cancel_token(recorder.clone(), time).await,
            };
            let output = output.unwrap();
            let done = ("work".to_owned(), time.work, Outcome::Completed);
            assert_eq!(ends(&recorder), [done]);
            assert_eq!(output.result, "an answer");
            assert_eq!(counted(output, "finished_count"), Some(1.0));
        }
        let claims = |work: Duration| {
            let knobs = Timeout {
                work: Wait::of(work),
                deadline: Wait::of(TIME.deadline),
                cleanup: Wait::of(TIME.cleanup),
            };
            let strategies = knobs.strategies().into_iter();
            strategies
                .map(|strategy| strategy.claims.len())
                .sum::<usize>()
        };
        assert_eq!((claims(TIME.work), claims(time.work)), (8, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_answer_wins_and_the_other_server_is_dropped() {
        let recorder = Recorder::new();
        let output = select(recorder.clone(), TIME).await.unwrap();
        let expected = [
            ("near server".to_owned(), TIME.deadline, Outcome::Completed),
            ("far server".to_owned(), TIME.deadline, Outcome::Cancelled),
        ];
        assert_eq!(ends(&recorder), expected);
        assert_eq!(output.result, "an answer");
        assert_eq!(counted(output, "cleanups_count"), Some(2.0));
    }

    /// Of the time only that it is dropped: under a paused clock the sockets may be later than a timer.
    #[tokio::test(start_paused = true)]
    async fn a_handler_is_dropped_when_its_client_hangs_up() {
        let recorder = Recorder::new();
        let output = client_leaves(recorder.clone(), TIME).await.unwrap();
        let [(label, end, outcome)] = &ends(&recorder)[..] else {
            panic!("one request");
        };
        assert_eq!((label.as_str(), outcome), ("handler", &Outcome::Cancelled));
        assert!((TIME.deadline..TIME.work).contains(end), "{end:?}");
        assert_eq!(output.result, GAVE_UP);
        let output = output.exited();
        assert_eq!(output.metrics["cleanups_count"], 1.0);
        assert_eq!(output.metrics["finished_count"], 0.0);
        let time = Time {
            work: TIME.deadline / 2,
            ..TIME
        };
        let output = client_leaves(Recorder::new(), time).await.unwrap();
        assert_eq!(output.result, "an answer");
        assert_eq!(counted(output, "finished_count"), Some(1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_asked_cleans_up_before_it_ends() {
        let recorder = Recorder::new();
        let output = cancel_token(recorder.clone(), TIME).await.unwrap();
        let end = TIME.deadline + TIME.cleanup;
        let asked = ("work".to_owned(), end, Outcome::Completed);
        assert_eq!(ends(&recorder), [asked]);
        assert_eq!(output.result, GAVE_UP);
        assert_eq!(counted(output, "awaited_cleanups_count"), Some(1.0));
    }

    /// On the real clock: SQLite's threads know no other.
    #[tokio::test]
    async fn a_transaction_that_is_dropped_leaves_no_row_and_no_lock() {
        let place = Databases::temporary();
        let (mut shop, _database) = Shop::open(&place, TIME.work, TIME.deadline).unwrap();
        let order = in_transaction(shop.two, Duration::from_secs(3600));
        let moment = Duration::from_millis(50);
        assert!(timeout(moment, order).await.is_err());
        // It waits for SQLite's one write lock, which the connection gives up when it closes.
        insert(&shop.one, 1).await.unwrap();
        assert_eq!(shop.books.new_rows().await.unwrap(), 1.0);
        assert_eq!(shop.books.new_rows().await.unwrap(), 0.0);
    }

    #[tokio::test]
    async fn an_order_in_time_is_whole_with_and_without_a_transaction() {
        let place = Databases::temporary();
        let (mut shop, _database) = Shop::open(&place, TIME.work, TIME.deadline).unwrap();
        order(&shop.one, Duration::ZERO).await.unwrap();
        assert_eq!(shop.books.new_rows().await.unwrap(), 2.0);
        in_transaction(shop.two, Duration::ZERO).await.unwrap();
        assert_eq!(shop.books.new_rows().await.unwrap(), 2.0);
    }
}
