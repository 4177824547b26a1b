//! `http`: many requests to one server.
//!
//! A request is mostly waiting. When the socket has no answer yet, the client's future returns `Pending`, and the
//! driver wakes it when there is something to read, so one thread can have all the requests under way.
//! `buffer_unordered` keeps at most N of them in flight, which spares the server and your open files. A client owns a
//! pool of connections: share one, because a new client for each request has to connect again each time.

mod acquaintance;
mod claims;
mod httpx;
mod stage;

use std::time::Duration;

use anyhow::Result;
use clap::ValueHint;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use reqwest::Url;
use serde::{Serialize, Serializer};

use self::acquaintance::{Acquaintance, Needs};
use self::claims::{HandlesAtOnce, SomeFailed};
use self::httpx::{all_at_once_in, some_at_once_in, twin};
use self::stage::{CONNECTIONS, MOST, Most, RequestPlan, Stage};
use super::knob::{Count, Wait};
use super::{About, Concept, Metrics, Output, SLOW_POLL, Strategy, Twin, UsageError};
use crate::claims::{BlocksTheLoop, CountsMore, Figure, LimitedTo, OneAfterTheOther, Overlapped};
use crate::services::client::{Blocking, Client};
use crate::services::failure::Failure;
use crate::services::files::OpenFiles;
use crate::trace::Recorder;
use crate::units;

/// The knobs of `http`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Http {
    /// How many requests: from {least} to {most}; to another machine at most 100
    #[arg(long, value_name = "N", default_value = "10")]
    pub requests: Count<1, MOST>,

    /// How long the server waits before each answer
    #[arg(long, value_name = "DURATION", default_value = "200ms")]
    pub latency: Wait<0, 10_000>,

    /// How many at once in `limited`, and to another machine in any strategy
    #[arg(long, value_name = "N", default_value = "3")]
    pub limit: Count<1, MOST>,

    /// How long one request may take
    #[arg(long, value_name = "DURATION", default_value = "15s")]
    pub timeout: Wait,

    /// Call a server of your own instead of the demo's: an http or https URL
    #[arg(long, value_name = "URL", value_parser = http_url, value_hint = ValueHint::Url)]
    #[arg(conflicts_with = "latency")]
    #[serde(serialize_with = "as_text")]
    pub url: Option<Url>,
}

/// The most requests to somebody else's server.
const MOST_ABROAD: usize = 100;

impl Concept for Http {
    const ABOUT: About = About {
        name: "http",
        title: "many requests to one server",
        question: "How do I call other services at the same time?",
        python: "httpx.AsyncClient",
        examples: "\
  asyncdemo http                      ten answers of 200 ms each: 2 s or 0.2 s?
  asyncdemo http --strategy blocking  a blocking client in an async fn
  asyncdemo http --requests 100 --limit 10
                                      ten at a time, ten times
  asyncdemo http --all --code         five ways, with the code that runs
  asyncdemo http --url http://localhost:8000/
                                      your own server",
        heartbeat_lane: false,
        figure: Figure::Wall,
        source: include_str!("http.rs"),
        twin: include_str!("../../lessons/python/web/http-calls.py"),
        python_file: "web/http-calls.py",
        belief: "Ten calls take ten times as long as one.",
        tour: &["--requests", "10", "--latency", "100ms"],
        quick: &["--requests", "4", "--latency", "30ms", "--limit", "2"],
    };

    fn check(&self) -> Result<(), UsageError> {
        match self.asked().abroad() {
            Some(host) if *self.requests > MOST_ABROAD => Err(UsageError::new(format!(
                "--requests must be from 1 to {MOST_ABROAD} for {host}: it is another machine, perhaps somebody else's"
            ))),
            _ => Ok(()),
        }
    }

    fn strategies(&self) -> Vec<Strategy> {
        let asked = self.asked();
        let most = asked.most(OpenFiles::now());
        let limit = if *self.limit < most.at_once() {
            Most::Limit(*self.limit)
        } else {
            most
        };
        let all_at_once = match most {
            Most::Abroad(most) => {
                format!("join_all, yet at most {most} at once (--limit): it is another machine")
            }
            Most::Files(most, files) => {
                format!(
                    "join_all, yet at most {most} at once: only {files} files may be open (ulimit -n)"
                )
            }
            _ => format!("join_all: all {} at once", *self.requests),
        };
        let some_at_once = match limit {
            Most::Files(most, files) => {
                format!(
                    "buffer_unordered({most}): at most {most} at once, as only {files} files may be open (ulimit -n)"
                )
            }
            _ => format!("buffer_unordered({0}): at most {0} at once", *self.limit),
        };
        let at_once = most.at_once();
        let stage = || {
            let asked = asked.clone();
            move || asked.stage(at_once)
        };
        let with_blocking = {
            let asked = asked.clone();
            move || {
                let stage = asked.stage(at_once)?;
                Ok((Blocking::new(asked.timeout)?, stage))
            }
        };
        let url = self.url.clone();
        let known = url.map(|url| Acquaintance::with(url, asked.timeout));
        let (loopback, several) = (self.url.is_none(), *self.requests > 1);
        let blocks = loopback && *self.latency >= SLOW_POLL;
        let (one_by_one, all) = (self.ideal(1), self.ideal(at_once));
        let strategies = vec![
            Strategy::staged(
                "blocking",
                "a blocking client in an async fn",
                with_blocking,
                blocking,
            )
            .ideal(one_by_one)
            .claim_if(blocks, BlocksTheLoop)
            .twin(twin("httpx.Client in an async def")),
            Strategy::staged(
                "sequential",
                "get(url).await, one after the other",
                stage(),
                sequential,
            )
            .by_default()
            .ideal(one_by_one)
            .claim_if(several, OneAfterTheOther)
            .twin(twin("await client.get(url), one after the other")),
            all_at_once_in(
                &asked,
                self.together(
                    Strategy::staged("concurrent", all_at_once, stage(), concurrent),
                    most,
                )
                .by_default()
                .refutes_belief()
                .ideal(all),
                |at_once| self.ideal(at_once),
            ),
            self.together(
                Strategy::staged("limited", some_at_once, stage(), limited),
                limit,
            )
            .by_default()
            .ideal(self.ideal(limit.at_once()))
            .twin(some_at_once_in(&asked, |at_once| self.ideal(at_once))),
            Strategy::staged(
                "new-client-each",
                "in turn, each with a Client of its own",
                stage(),
                new_client_each,
            )
            .ideal(one_by_one)
            .claim_if(loopback && several, CountsMore(CONNECTIONS, "sequential"))
            // To make a client takes tens of milliseconds: it reads the certificates.
            .twin(twin("in turn, each with an AsyncClient of its own").ideal(None)),
        ];
        let strategies = strategies.into_iter();
        let strategies = strategies.map(|strategy| strategy.claim(SomeFailed));
        match known {
            Some(server) => strategies.map(|it| warmed_up(it, &server)).collect(),
            None => strategies.collect(),
        }
    }

    fn foreword(&self) -> Option<String> {
        self.url.as_ref()?;
        let most = self.asked().most(OpenFiles::now()).at_once();
        let requests = *self.requests;
        let at_worst = *self.timeout * u32::try_from(requests).unwrap_or(u32::MAX);
        Some(format!(
            "First one request that is not measured: no strategy pays for a cold start. Then {} for each strategy, at most {} at once. One without an answer ends after {} (--timeout): one after the other, that would be {}.",
            units::count(requests, "request", "requests"),
            requests.min(most),
            humantime::format_duration(*self.timeout),
            units::long(at_worst),
        ))
    }

    fn next(&self) -> Option<&'static str> {
        self.url.is_none().then_some("your own server: --url URL")
    }
}

// ANCHOR: workload
/// What came back, or why nothing did.
type Answer = Result<String, Failure>;

/// One GET. While it waits for the answer, the thread is free.
async fn fetch(client: &Client, url: &str) -> Answer {
    let response = client.get(url).await?;
    response.text().await
}
// ANCHOR_END: workload

// ANCHOR: blocking
async fn blocking(
    recorder: Recorder,
    (blocking_client, stage): (Blocking, Stage),
) -> Result<Output> {
    let mut answers = Vec::new();
    for request in &stage.requests {
        // No `.await` in here: until the answer is there, this thread can do
        // nothing else.
        let fetching = async { blocking_client.get(&request.url) };
        answers.push(recorder.track_result(request.name(), fetching).await);
    }
    stage.output(answers)
}
// ANCHOR_END: blocking

// ANCHOR: sequential
async fn sequential(recorder: Recorder, stage: Stage) -> Result<Output> {
    let mut answers = Vec::new();
    for request in &stage.requests {
        let fetching = fetch(&stage.client, &request.url);
        answers.push(recorder.track_result(request.name(), fetching).await);
    }
    stage.output(answers)
}
// ANCHOR_END: sequential

// ANCHOR: concurrent
async fn concurrent(recorder: Recorder, stage: Stage) -> Result<Output> {
    let fetching = stage.requests.iter().map(async |request| {
        // A permit for every request, unless open files are short or the
        // server is not yours.
        let _permit = stage.permits.acquire().await;
        let fetching = fetch(&stage.client, &request.url);
        recorder.track_result(request.name(), fetching).await
    });
    let answers = join_all(fetching).await;
    stage.output(answers)
}
// ANCHOR_END: concurrent

// ANCHOR: limited
async fn limited(recorder: Recorder, stage: Stage) -> Result<Output> {
    let mut fetching = Vec::new();
    for (place, request) in stage.requests.iter().enumerate() {
        let (recorder, client) = (&recorder, &stage.client);
        fetching.push(async move {
            let fetching = fetch(client, &request.url);
            let name = request.name();
            (place, recorder.track_result(name, fetching).await)
        });
    }
    let mut answers: Vec<_> = stream::iter(fetching)
        .buffer_unordered(stage.limit)
        .collect()
        .await;
    // They come as they finish; here they go back into the order in which
    // they were asked for.
    answers.sort_by_key(|(place, _)| *place);
    stage.output(answers.into_iter().map(|(_, answer)| answer).collect())
}
// ANCHOR_END: limited

// ANCHOR: new-client-each
async fn new_client_each(recorder: Recorder, stage: Stage) -> Result<Output> {
    let mut answers = Vec::new();
    for request in &stage.requests {
        let fetching = async {
            // It reads this machine's certificates again, and its connection
            // serves no other request.
            let client = Client::new(stage.timeout)?;
            fetch(&client, &request.url).await
        };
        answers.push(recorder.track_result(request.name(), fetching).await);
    }
    stage.output(answers)
}
// ANCHOR_END: new-client-each

impl Http {
    fn asked(&self) -> RequestPlan {
        RequestPlan {
            requests: *self.requests,
            limit: *self.limit,
            latency: *self.latency,
            timeout: *self.timeout,
            url: self.url.clone(),
        }
    }

    /// A strategy that has as many requests under way as there may be.
    fn together(&self, strategy: Strategy, most: Most) -> Strategy {
        let (several, at_once) = (*self.requests > 1, most.at_once());
        let all = at_once >= *self.requests;
        let (own, limit) = (self.url.is_none(), most.name());
        strategy
            .claim_if(own && several && all, Overlapped)
            .claim_if(own && several && !all, LimitedTo(at_once, limit))
            .claim_if(!own && several, HandlesAtOnce { at_once, limit })
    }

    /// What arithmetic promises for so many requests at once.
    fn ideal(&self, at_once: usize) -> Option<Duration> {
        let rounds = u32::try_from(self.requests.div_ceil(at_once)).ok()?;
        // Nobody knows how long another server takes; and of no wait, nothing but overhead is left.
        (self.url.is_none() && !self.latency.is_zero()).then(|| *self.latency * rounds)
    }
}

/// What is done with the user's server before this strategy.
fn warmed_up(strategy: Strategy, server: &Acquaintance) -> Strategy {
    let server = server.clone();
    let needs = match strategy.name {
        "sequential" => Needs::Shows,
        "concurrent" | "limited" => Needs::Lone,
        _ => Needs::Nothing,
    };
    strategy.warmed_up(move || server.clone().before(needs))
}

/// Reads the URL of a server.
///
/// # Errors
/// What it should be.
pub fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|why| {
        format!("must be an http or https URL, like http://localhost:8000/: {why}")
    })?;
    match url.scheme() {
        "http" | "https" if url.username().is_empty() && url.password().is_none() => Ok(url),
        "http" | "https" => {
            Err("must carry no user name or password: they would be shown in the report".to_owned())
        }
        other => Err(format!(
            "must be an http or https URL, like http://localhost:8000/, not {other}:"
        )),
    }
}

fn as_text<S: Serializer>(url: &Option<Url>, serializer: S) -> Result<S::Ok, S::Error> {
    match url {
        Some(url) => serializer.collect_str(url),
        None => serializer.serialize_none(),
    }
}
