//! The strategies of `http` in Python, where a client has a pool of connections.

use std::time::Duration;

use super::claims::WaitsForThePool;
use super::stage::RequestPlan;
use super::{Strategy, Twin};
use crate::claims::{LimitedTo, Overlapped};

/// How many connections a client of httpx has, unless it is given other limits.
const POOL: usize = 100;

pub(super) fn twin(summary: impl Into<String>) -> Twin {
    Twin::of(summary).differs("a Result is a str, or the name of an exception")
}

/// All requests at once: never to another machine, which would get all of them.
pub(super) fn all_at_once_in(
    asked: &RequestPlan,
    strategy: Strategy,
    ideal: impl Fn(usize) -> Option<Duration>,
) -> Strategy {
    if asked.abroad().is_some() {
        return strategy
            .no_twin("another machine is asked by at most --limit at once: see limited");
    }
    let all = asked.requests;
    let summary = format!("gather over one AsyncClient: all {all} at once");
    strategy.twin(at_once(asked, summary, all, ideal))
}

/// So many as `--limit` says.
pub(super) fn some_at_once_in(
    asked: &RequestPlan,
    ideal: impl Fn(usize) -> Option<Duration>,
) -> Twin {
    let limit = asked.limit;
    let summary = format!("asyncio.Semaphore({limit}): at most {limit} at once");
    at_once(asked, summary, limit, ideal)
}

fn at_once(
    asked: &RequestPlan,
    summary: String,
    most: usize,
    ideal: impl Fn(usize) -> Option<Duration>,
) -> Twin {
    let (own, requests) = (asked.url.is_none(), asked.requests);
    let (at_once, twin) = (most.min(requests), twin(summary));
    if at_once > POOL {
        let rounds = u32::try_from(requests.div_ceil(POOL)).unwrap_or(u32::MAX);
        let rounds = asked.latency * rounds;
        let all_answered = ideal(POOL).filter(|all| *all <= asked.timeout);
        return twin
            .ideal(all_answered)
            .claim_if(own, WaitsForThePool(POOL, rounds));
    }
    if !own {
        return twin;
    }
    let (several, all) = (requests > 1, at_once == requests);
    twin.ideal(ideal(at_once))
        .claim_if(several && all, Overlapped)
        .claim_if(several && !all, LimitedTo(at_once, "--limit"))
}
