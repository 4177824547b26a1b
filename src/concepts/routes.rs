//! `routes`: what a server does for others while one request waits.
//!
//! The server polls a task for every connection, all of them here on one thread. A handler that awaits its query
//! gives the thread back, and other requests are served meanwhile. A handler that blocks keeps it: until it returns,
//! no other task is polled, nothing is accepted, and not even `/ping` is answered. `spawn_blocking` moves the call to
//! a thread of the blocking pool, and the handler awaits the result. FastAPI does the same for a plain `def` route.

mod claims;
mod stage;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use self::claims::{LONGEST_PING, OthersAreServed, OthersWait};
use self::stage::Stage;
use super::knob::{Count, Wait};
use super::{About, Concept, Output, SLOW_POLL, Strategy, Twin};
use crate::claims::{BlocksTheLoop, Figure, LimitedTo, OverlappedOn, WaitTogether};
use crate::services::server;
use crate::trace::Recorder;

/// The knobs of `routes`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Routes {
    /// How many clients ask at once, one request each
    #[arg(long, value_name = "N", default_value = "20")]
    pub clients: Count<1, 1000>,

    /// How long the route's query takes
    #[arg(long, value_name = "DURATION", default_value = "200ms")]
    pub latency: Wait<1, 10_000>,

    /// How many threads `offloaded-route` may use (FastAPI has 40)
    #[arg(long, value_name = "N", default_value = "40")]
    pub pool: Count<1, 500>,
}

/// What takes longer runs only if it is asked for.
const PATIENCE: Duration = Duration::from_secs(10);

impl Concept for Routes {
    const ABOUT: About = About {
        name: "routes",
        title: "a slow route: who else waits?",
        question: "Does a slow route keep other requests waiting?",
        python: "FastAPI async def",
        examples: "\
  asyncdemo routes           20 clients, one thread: async, blocking, offloaded
  asyncdemo routes --clients 100
                             a pool of 40 threads takes three rounds
  asyncdemo routes --clients 1000 --strategy async-route
  asyncdemo routes --strategy blocking-route --code",
        heartbeat_lane: true,
        figure: Figure::Metric(LONGEST_PING, "longest wait of a /ping"),
        source: include_str!("routes.rs"),
        twin: include_str!("../../lessons/python/web/routes.py"),
        python_file: "web/routes.py",
        belief: "While a request waits, its thread serves nobody else.",
        tour: &["--clients", "8", "--latency", "200ms"],
        quick: &["--clients", "3", "--latency", "40ms", "--pool", "2"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let (clients, latency, pool) = (*self.clients, *self.latency, *self.pool);
        let rounds =
            |at_once: usize| latency * u32::try_from(clients.div_ceil(at_once)).unwrap_or(u32::MAX);
        let patience = rounds(1) * 2 + Duration::from_secs(60);
        let stage = move || Stage::set(clients, latency, pool, patience);
        let (several, blocks) = (clients > 1, latency >= SLOW_POLL);
        vec![
            Strategy::staged(
                "async-route",
                "query(…).await: the thread serves others meanwhile",
                stage,
                async_route,
            )
            .by_default()
            .refutes_belief()
            .ideal(rounds(clients))
            .claim_if(blocks, OthersAreServed(latency))
            .claim_if(several, WaitTogether)
            .twin(Twin::of("await query(…) in an async def route")),
            Strategy::staged(
                "blocking-route",
                "an async fn route that blocks its thread",
                stage,
                blocking_route,
            )
            .by_default_if(!self.takes_too_long())
            .ideal(rounds(1))
            .claim_if(blocks, OthersWait(latency))
            .claim_if(blocks, BlocksTheLoop)
            .twin(Twin::of("an async def route that blocks")),
            Strategy::staged(
                "offloaded-route",
                format!("spawn_blocking(…).await, on at most {pool} threads"),
                stage,
                offloaded_route,
            )
            .by_default()
            .ideal(rounds(pool))
            .claim_if(blocks, OthersAreServed(latency))
            .claim_if(clients > pool, LimitedTo(pool, "pool of threads (--pool)"))
            .claim_if(
                several && clients <= pool,
                OverlappedOn(clients, "threads of the pool"),
            )
            .twin(Twin::of("a plain def route, on AnyIO's threads")),
        ]
    }

    fn next(&self) -> Option<&'static str> {
        if self.takes_too_long() {
            Some("blocking-route takes clients × latency: too long to run unasked")
        } else {
            (*self.clients <= *self.pool).then_some("more clients than threads: --clients 100")
        }
    }
}

impl Routes {
    fn takes_too_long(&self) -> bool {
        *self.latency * u32::try_from(*self.clients).unwrap_or(u32::MAX) > PATIENCE
    }
}

// ANCHOR: workload
/// What the handlers share.
#[derive(Clone)]
struct App {
    recorder: Recorder,
    latency: Duration,
    pool: Arc<Semaphore>,
}

type Route = MethodRouter<App>;

/// What was asked for, or the status 500.
type Answer = Result<String, StatusCode>;

/// A slow query, by an async driver: while it waits, the thread is free.
async fn query(id: usize, time: Duration) -> String {
    sleep(time).await;
    format!("item {id}")
}

/// The same query, by a library that knows nothing of async.
#[expect(clippy::disallowed_methods, reason = "it holds its thread")]
fn blocking_query(id: usize, time: Duration) -> String {
    std::thread::sleep(time);
    format!("item {id}")
}

/// Needs no time at all.
async fn ping() -> &'static str {
    "pong"
}

impl Stage {
    /// Serves on this runtime and its one thread, until every client is
    /// answered. Clients and pings come from threads of their own, beside it.
    async fn serve(self, recorder: Recorder, item: Route) -> Result<Output> {
        let app = App {
            recorder,
            latency: self.latency,
            pool: self.pool,
        };
        let routes = Router::new()
            .route("/items/{id}", item)
            .route("/ping", get(ping))
            .with_state(app);
        let listener = server::listen()?;
        let address = listener.local_addr()?;
        tokio::select! {
            answers = self.crowd.ask(address) => answers.map(stage::output),
            ended = axum::serve(listener, routes) => bail!("{ended:?}"),
        }
    }
}
// ANCHOR_END: workload

// ANCHOR: async-route
async fn async_route(recorder: Recorder, stage: Stage) -> Result<Output> {
    async fn item(State(app): State<App>, Path(id): Path<usize>) -> String {
        let query = query(id, app.latency);
        app.recorder.track(format!("GET item {id}"), query).await
    }
    stage.serve(recorder, get(item)).await
}
// ANCHOR_END: async-route

// ANCHOR: blocking-route
async fn blocking_route(recorder: Recorder, stage: Stage) -> Result<Output> {
    async fn item(State(app): State<App>, Path(id): Path<usize>) -> String {
        // No `.await` in the query: the server's only thread stands still.
        let query = async { blocking_query(id, app.latency) };
        app.recorder.track(format!("GET item {id}"), query).await
    }
    stage.serve(recorder, get(item)).await
}
// ANCHOR_END: blocking-route

// ANCHOR: offloaded-route
async fn offloaded_route(recorder: Recorder, stage: Stage) -> Result<Output> {
    async fn item(State(app): State<App>, Path(id): Path<usize>) -> Answer {
        // So FastAPI calls a plain `def` route: on one of so many threads.
        let _thread = app.pool.acquire().await;
        let query = move || blocking_query(id, app.latency);
        let query = app.recorder.track_blocking("its thread", query);
        let query = spawn_blocking(query);
        let item = app.recorder.track(format!("GET item {id}"), query).await;
        item.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    }
    stage.serve(recorder, get(item)).await
}
// ANCHOR_END: offloaded-route
