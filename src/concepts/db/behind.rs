//! What is tried in Python after a strategy of `db`: the ORMs, and a pool behind a route. Nothing in Rust stands beside it.

use std::time::Duration;

use super::Twin;
use super::claims::THREAD_EACH;
use super::stage::Stage;
use crate::claims::{
    Claim, OneAfterTheOther, OverlappedOn, Run, SerialisedBy, Shown, missed, shown,
};
use crate::units::duration as time;

/// `one-connection` in Python: with `several` queries there is something to see.
pub(super) fn one_connection(stage: &Stage, several: bool) -> Twin {
    let queries = stage.work.queries;
    Twin::of(stage.reads("aiosqlite: all over one connection"))
        .claim_if(several, SerialisedBy("one connection"))
        .claim_if(several, OneSessionRefuses(queries))
        .claim_if(several, TortoiseGainsNothing(queries))
}

/// `pool` in Python. What is `long` is not lost among milliseconds.
pub(super) fn pool(stage: &Stage, connections: usize, long: bool) -> Twin {
    let several = !stage.work.latency.is_zero() && stage.work.queries > 1;
    let pooled = several && connections > 1;
    let behind = BehindARoute {
        requests: stage.work.queries,
        ideal: stage.rounds(connections).unwrap_or_default(),
    };
    Twin::of(stage.reads(format!(
        "SQLAlchemy, a session each, over a pool of {connections}"
    )))
    .claim_if(several && !pooled, OneAfterTheOther)
    .claim_if(pooled, OverlappedOn(connections, THREAD_EACH))
    .claim_if(pooled && long, behind)
}

/// How many of the queries one session refused.
const REFUSED: &str = "session_refused_count";
/// How long Tortoise took for a query alone, and for all of them at once.
const ALONE: &str = "tortoise_alone_s";
const AT_ONCE: &str = "tortoise_at_once_s";
/// How long as many requests at once took to a route that queries.
const ROUTE: &str = "route_at_once_s";

/// One session refuses all queries of a gather but one.
#[derive(Debug)]
pub(super) struct OneSessionRefuses(pub(super) u32);

impl Claim for OneSessionRefuses {
    fn expectation(&self) -> String {
        format!(
            "that one AsyncSession refuses {} of {} queries",
            self.0 - 1,
            self.0
        )
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        Some(format!("it refused {}", run.metric(REFUSED)?))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (refused, of) = (run.metric(REFUSED)?, self.0);
        (refused == f64::from(of - 1)).then(|| {
            shown("session_refuses", format!("SQLAlchemy does not queue them: of {of} queries in a gather over one AsyncSession, {refused} raised InvalidRequestError."))
                .takeaway("Open a session for each request, and for each task of a gather.")
        })
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.metric(REFUSED).is_some()
    }
}

/// Tortoise asks SQLite one query at a time.
#[derive(Debug)]
pub(super) struct TortoiseGainsNothing(pub(super) u32);

impl Claim for TortoiseGainsNothing {
    fn expectation(&self) -> String {
        "that Tortoise ORM takes the sum for them".into()
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let sum = run.time(ALONE)? * self.0;
        let at_once = run.time(AT_ONCE)?;
        Some(format!(
            "they took {}, {}",
            time(at_once),
            missed::beside(at_once, sum)
        ))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (alone, at_once, of) = (run.time(ALONE)?, run.time(AT_ONCE)?, self.0);
        // A busy machine makes one query alone seem longer than each of several.
        (at_once * 10 >= alone * of * 8).then(|| {
            shown("orm_serialises", format!("Tortoise ORM has one connection to SQLite, too: a query took {} alone, and {of} in a gather {}.", time(alone), time(at_once)))
        })
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.metric(AT_ONCE).is_some()
    }
}

/// A pool that FastAPI's lifespan makes serves requests as it serves tasks: so long for all, where all have a connection.
#[derive(Debug)]
pub(super) struct BehindARoute {
    pub(super) requests: u32,
    pub(super) ideal: Duration,
}

impl Claim for BehindARoute {
    fn expectation(&self) -> String {
        format!(
            "that {} requests at once take {}",
            self.requests,
            time(self.ideal)
        )
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let took = run.time(ROUTE)?;
        Some(format!(
            "they took {}, {}",
            time(took),
            missed::beside(took, self.ideal)
        ))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (took, requests) = (run.time(ROUTE)?, self.requests);
        let near = took >= self.ideal && took <= self.ideal + self.ideal / 2;
        near.then(|| {
            shown("pool_behind_a_route", format!("behind FastAPI, with the pool made in its lifespan and a session for each request, {requests} requests at once took {}.", time(took)))
        })
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.metric(ROUTE).is_some()
    }
}
