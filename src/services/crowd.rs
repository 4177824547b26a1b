//! Many clients of one server, all at once, and one that keeps asking for `/ping`.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use reqwest::Client;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::{Instant, interval};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::client;
use super::failure::Failure;

/// How often `/ping` is asked for.
const PING_EVERY: Duration = Duration::from_millis(10);

/// Latencies are kept in microseconds, to three digits.
const DIGITS: u8 = 3;

/// Clients that stand ready. They are other programs, so they run on threads and runtimes of their
/// own: what holds the server's thread does not hold theirs. Dropping the crowd ends them.
#[derive(Debug)]
pub struct Crowd {
    clients: usize,
    server: oneshot::Sender<SocketAddr>,
    answers: oneshot::Receiver<Answers>,
    longest_ping: oneshot::Receiver<Result<Duration, Failure>>,
    over: DropGuard,
    threads: Threads,
}

/// Each answer, and when it came.
type Answers = Vec<(Result<String, Failure>, Duration)>;

/// What came back to the clients.
#[derive(Debug)]
pub struct Answered {
    /// The bodies, in the order of the clients.
    pub bodies: Vec<String>,
    /// From the moment at which all were to ask until each one's answer.
    pub latencies: Latencies,
    /// The longest wait of a `/ping`, from when it was due.
    pub longest_ping: Duration,
    /// Those on which it was asked.
    pub threads: Threads,
}

/// How long each of many took.
#[derive(Debug)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// Within this time that part of them had come: 0.5 is the median.
    pub fn at(&self, part: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(part))
    }

    /// The longest.
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }
}

/// The clients' threads.
#[derive(Debug)]
pub struct Threads([JoinHandle<()>; 2]);

impl Threads {
    /// Waits until the clients have closed their connections, so that the next ones find room.
    pub fn gone(self) {
        for thread in self.0 {
            // Whether it panicked was seen by whoever waited for its answers.
            let _ = thread.join();
        }
    }
}

impl Crowd {
    /// So many clients, each of which waits `patience` for its answer.
    ///
    /// # Errors
    /// Where the system gives no thread, no runtime, or no means for a client.
    pub fn ready(clients: usize, patience: Duration) -> Result<Self> {
        let (server, told) = oneshot::channel();
        let (go, begin) = oneshot::channel();
        let (tell_answers, answers) = oneshot::channel();
        let (tell_ping, longest_ping) = oneshot::channel();
        let over = CancellationToken::new();
        // Two, as a client that has no connection yet would take the pinger's.
        let (client, pinger) = (client::patient(patience)?, client::patient(patience)?);
        let asking = ask_all(client, clients, begin, tell_answers);
        let asking = over.clone().run_until_cancelled_owned(asking);
        let pinging = keep_pinging(pinger, told, go, over.clone(), tell_ping);
        let threads = Threads([
            on_a_thread("clients", asking)?,
            on_a_thread("pinger", pinging)?,
        ]);
        Ok(Self {
            clients,
            server,
            answers,
            longest_ping,
            over: over.drop_guard(),
            threads,
        })
    }

    /// Once `/ping` of this server has answered, all clients ask at once, each for `/items/N` with a
    /// number of its own. Returns when all are answered.
    ///
    /// # Errors
    /// Where one of them has got no answer.
    pub async fn ask(self, server: SocketAddr) -> Result<Answered> {
        let ended = "the clients' thread has ended early";
        // If nobody is left to be told, no answer comes either.
        let _ = self.server.send(server);
        let answers = self.answers.await;
        drop(self.over);
        let longest_ping = self.longest_ping.await.context(ended)?;
        let longest_ping =
            longest_ping.map_err(|failure| anyhow!("a /ping got no answer: {failure}"))?;
        let answers = answers.context(ended)?;

        let mut failures = answers
            .iter()
            .filter_map(|(answer, _)| answer.as_ref().err());
        if let Some(first) = failures.next() {
            let others = failures.count();
            bail!(
                "{} of {} clients got no answer: {first}",
                others + 1,
                self.clients
            );
        }
        let mut latencies = Histogram::new(DIGITS).context("no histogram can be made")?;
        let mut bodies = Vec::new();
        for (answer, latency) in answers {
            latencies.record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX))?;
            bodies.extend(answer);
        }
        Ok(Answered {
            bodies,
            latencies: Latencies(latencies),
            longest_ping,
            threads: self.threads,
        })
    }
}

fn on_a_thread<T>(
    name: &str,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime could be built for the clients")?;
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || drop(runtime.block_on(work)))
        .context("no thread could be started for the clients")
}

async fn ask_all(
    client: Client,
    clients: usize,
    begin: oneshot::Receiver<SocketAddr>,
    tell: oneshot::Sender<Answers>,
) {
    let Ok(server) = begin.await else {
        return;
    };
    let began = Instant::now();
    let asking = (1..=clients).map(async |number| {
        let answer = get(&client, format!("http://{server}/items/{number}")).await;
        (answer, began.elapsed())
    });
    let _ = tell.send(join_all(asking).await);
}

/// Each ping is due at its time, whether the one before was answered or not, and waits from then on.
/// Of a server that is event loop blocked for four seconds, this tells four seconds and not one late answer among
/// hundreds of prompt ones.
async fn keep_pinging(
    client: Client,
    told: oneshot::Receiver<SocketAddr>,
    go: oneshot::Sender<SocketAddr>,
    over: CancellationToken,
    tell: oneshot::Sender<Result<Duration, Failure>>,
) {
    let Ok(server) = told.await else {
        return;
    };
    let url = format!("http://{server}/ping");
    let ping = || async { get(&client, url.clone()).await.map(drop) };
    // The first one opens the connection. That is nobody's waiting.
    if let Err(failure) = ping().await {
        let _ = tell.send(Err(failure));
        return;
    }
    let mut longest = Duration::ZERO;
    let mut ticks = interval(PING_EVERY);
    let _ = go.send(server);
    let outcome = loop {
        let Some(due) = over.run_until_cancelled(ticks.tick()).await else {
            break Ok(longest);
        };
        let answer = over.run_until_cancelled(ping()).await;
        longest = longest.max(due.elapsed());
        if let Some(Err(failure)) = answer {
            break Err(failure);
        }
    };
    let _ = tell.send(outcome);
}

async fn get(client: &Client, url: String) -> Result<String, Failure> {
    client::read(client.get(url).send().await?).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::extract::Path;
    use axum::http::StatusCode;
    use axum::routing::get as on_get;
    use tokio::net::TcpListener;
    use tokio::time::sleep;

    use super::*;
    use crate::services::server::listen;

    /// Longer than any of these tests takes on the busiest machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    async fn ask(clients: usize, app: Router) -> Result<Answered> {
        let listener: TcpListener = listen()?;
        let address = listener.local_addr()?;
        tokio::select! {
            answered = Crowd::ready(clients, PATIENCE)?.ask(address) => answered,
            _ = axum::serve(listener, app) => bail!("the server ended"),
        }
    }

    fn app() -> Router {
        let item = async |Path(id): Path<u64>| {
            sleep(Duration::from_millis(10 * id)).await;
            format!("item {id}")
        };
        Router::new().route("/items/{id}", on_get(item))
    }

    #[tokio::test]
    async fn all_are_answered_in_their_order_and_each_latency_counts() {
        let pings = std::sync::Arc::new(AtomicUsize::new(0));
        let counted = std::sync::Arc::clone(&pings);
        let ping = async move || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let answered = ask(3, app().route("/ping", on_get(ping))).await.unwrap();
        assert_eq!(answered.bodies, ["item 1", "item 2", "item 3"]);
        let latencies = [0.0, 0.5, 1.0].map(|part| answered.latencies.at(part));
        for (number, latency) in (1..).zip(latencies) {
            assert!(
                latency >= Duration::from_millis(10 * number),
                "{latencies:?}"
            );
        }
        assert_eq!(answered.latencies.longest(), latencies[2]);
        assert!(!answered.longest_ping.is_zero());
        assert!(pings.load(Ordering::Relaxed) >= 2, "{pings:?}");
        answered.threads.gone();
    }

    #[tokio::test]
    async fn who_is_not_answered_is_told() {
        let pong = on_get(async || "pong");
        let no = on_get(async || StatusCode::IM_A_TEAPOT);
        let app = app().route("/ping", pong.clone());
        let told = |answered: Result<Answered>| answered.unwrap_err().to_string();
        let partly = Router::new()
            .route("/items/2", no.clone())
            .route("/items/{id}", pong.clone())
            .route("/ping", pong);
        assert_eq!(
            told(ask(3, partly).await),
            "1 of 3 clients got no answer: status 418"
        );
        let without = Router::new().route("/ping", no);
        assert_eq!(
            told(ask(3, without).await),
            "a /ping got no answer: status 418"
        );
        assert!(ask(1, app).await.is_ok());
    }

    #[test]
    fn a_crowd_that_is_never_asked_goes_home() {
        // Everything else of it is dropped.
        let left = |crowd: Crowd| crowd.threads;
        left(Crowd::ready(3, PATIENCE).unwrap()).gone();
    }
}
