//! What the strategies of `http` work on, and how much of it at once.

use std::time::Duration;

use anyhow::{Result, bail};
use reqwest::Url;
use tokio::sync::Semaphore;

use super::Output;
use crate::services::client::Client;
use crate::services::failure::{Failure, Failures};
use crate::services::files::OpenFiles;
use crate::services::local::is_this_machine;
use crate::services::server::Server;

/// The most requests.
pub(super) const MOST: usize = 1000;

/// Files that a run opens beside its requests: for its runtimes, a listener, certificates.
const OTHER_FILES: usize = 24;

/// Client and server are both this process, and each holds one end.
const FILES_OF_A_CONNECTION: usize = 2;

/// A socket, and what the system opens to find the host's addresses and to try them.
const FILES_OF_A_LOOK_UP: usize = 4;

/// What every strategy is given.
pub(super) struct Stage {
    /// One client for all requests: it keeps the connections open and uses them again.
    pub(super) client: Client,
    pub(super) requests: Vec<Request>,
    pub(super) limit: usize,
    pub(super) permits: Semaphore,
    pub(super) timeout: Duration,
    /// Who is asked, for messages.
    target: String,
    /// `None` if the requests go to the user's own.
    server: Option<Server>,
}

pub(super) struct Request {
    id: usize,
    pub(super) url: String,
}

impl Request {
    pub(super) fn name(&self) -> String {
        format!("request {}", self.id)
    }
}

impl Stage {
    /// The answers. Fails where every request has.
    pub(super) fn output(self, answers: Vec<Result<String, Failure>>) -> Result<Output> {
        let failures = Failures::of(&answers);
        if failures.count() == answers.len() {
            let all = if answers.len() == 1 {
                "the request".to_owned()
            } else {
                format!("all {} requests", answers.len())
            };
            bail!("{all} to {} failed: {}", self.target, failures.explained());
        }
        let output = Output::new(
            answers
                .iter()
                .map(|answer| answer.as_deref().map_err(ToString::to_string))
                .collect::<Vec<_>>(),
        );
        let Some(server) = self.server else {
            return Ok(output);
        };
        // The server ends after the run, not within its time.
        Ok(output.at_exit(move |metrics| {
            metrics.insert(CONNECTIONS, server.connections_opened() as f64);
        }))
    }
}

pub(super) const CONNECTIONS: &str = "connections_opened_count";

/// How many requests may be under way at once, and what sets that limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Most {
    /// Nothing but their number.
    Unlimited,
    /// `--limit`, in the strategy that is there to show it.
    Limit(usize),
    /// `--limit`, in all strategies: the server is somebody else's.
    Abroad(usize),
    /// The open files that are left, of so many.
    Files(usize, usize),
}

impl Most {
    pub(super) fn at_once(self) -> usize {
        match self {
            Self::Unlimited => MOST,
            Self::Limit(most) | Self::Abroad(most) | Self::Files(most, _) => most,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unlimited => "number of requests",
            Self::Limit(_) => "--limit",
            Self::Abroad(_) => "--limit for another machine",
            Self::Files(..) => "limit of open files (ulimit -n)",
        }
    }
}

/// What the knobs ask for: how many requests, how many of them at once, and of whom.
#[derive(Clone, Debug)]
pub(super) struct RequestPlan {
    pub(super) requests: usize,
    pub(super) limit: usize,
    pub(super) latency: Duration,
    pub(super) timeout: Duration,
    pub(super) url: Option<Url>,
}

impl RequestPlan {
    /// The host, if it is not this machine.
    pub(super) fn abroad(&self) -> Option<&str> {
        self.url
            .as_ref()
            .filter(|url| !is_this_machine(url))
            .and_then(Url::host_str)
    }

    /// The narrowest limit there is.
    pub(super) fn most(&self, files: OpenFiles) -> Most {
        let files_each = if self.url.is_some() {
            FILES_OF_A_LOOK_UP
        } else {
            FILES_OF_A_CONNECTION
        };
        let room = (files.spare().saturating_sub(OTHER_FILES) / files_each).max(1);
        let abroad = self.abroad().map(|_| Most::Abroad(self.limit));
        let files = files.limit.map(|limit| Most::Files(room, limit));
        let limits = [abroad, files]
            .into_iter()
            .flatten()
            .filter(|most| most.at_once() < self.requests);
        limits
            .min_by_key(|most| most.at_once())
            .unwrap_or(Most::Unlimited)
    }

    pub(super) fn stage(&self, at_once: usize) -> Result<Stage> {
        let files = OpenFiles::now();
        if let Some(limit) = files.limit.filter(|_| files.spare() < OTHER_FILES) {
            bail!(
                "only {limit} files may be open (ulimit -n), and {} are: too few for a server and its clients. Allow more, as with ulimit -n {}",
                files.open,
                (limit + OTHER_FILES).next_power_of_two().max(256),
            );
        }
        let server = if self.url.is_none() {
            Some(Server::start(self.latency)?)
        } else {
            None
        };
        let url = |id| match (&server, &self.url) {
            (Some(server), _) => server.item_url(id),
            (None, url) => url.as_ref().map(Url::to_string).unwrap_or_default(),
        };
        let requests = (1..=self.requests)
            .map(|id| Request { id, url: url(id) })
            .collect();
        Ok(Stage {
            client: Client::new(self.timeout)?,
            requests,
            limit: self.limit.min(at_once),
            permits: Semaphore::new(at_once),
            timeout: self.timeout,
            target: self
                .url
                .as_ref()
                .map_or_else(|| "the loopback server".to_owned(), Url::to_string),
            server,
        })
    }
}
