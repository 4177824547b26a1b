//! The one way in which this program makes an HTTP client.

use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Method, Request, Response, StatusCode, Url};

use super::failure::Failure;
use super::redirect::{Trail, accepted};

/// The longest body that is read, in bytes: 1 MiB. An endless one would fill the memory.
pub const BODY_LIMIT: usize = 1 << 20;

/// The start of a body that is kept, in bytes: answers of a thousand requests are held at once.
const KEPT: usize = 1 << 10;

/// A client that talks to the address it is given and to nobody else: no proxy, whatever the
/// environment says, and no wait for a connection that is longer than five seconds. It follows no
/// redirect by itself: where that leads is looked at first.
fn builder() -> ClientBuilder {
    // Reqwest is built without a cryptography provider of its own; a second installation is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(5))
}

/// Sends GETs, keeps the connections open, and uses them again.
#[derive(Clone, Debug)]
pub struct Client {
    client: reqwest::Client,
    timeout: Duration,
}

impl Client {
    /// A client whose requests end after `timeout`, from connecting to the last byte of the body,
    /// redirects included. It trusts the certificates that the system trusts, and reads them for
    /// that, which takes a while.
    ///
    /// # Errors
    /// Where the system has no means for a client.
    pub fn new(timeout: Duration) -> Result<Self, Failure> {
        let client = limited(timeout)
            .build()
            .or_else(|_| trusting_nobody(timeout).build())?;
        Ok(Self { client, timeout })
    }

    /// Sends one GET, and returns when the head of the answer is there. Redirects are followed, at
    /// most five, and none away from this machine.
    ///
    /// # Errors
    /// Where there is no answer, or its status is neither 2xx nor 304.
    pub async fn get(&self, url: &str) -> Result<Incoming, Failure> {
        let url = Url::parse(url).map_err(|why| Failure::Other(why.to_string()))?;
        self.send(&Outgoing::get(url)).await
    }

    /// As [`get`](Self::get), for a request of any method, with headers and a body.
    ///
    /// # Errors
    /// Where there is no answer, or its status is neither 2xx nor 304.
    pub async fn send(&self, outgoing: &Outgoing) -> Result<Incoming, Failure> {
        let mut outgoing = outgoing.clone();
        let (mut trail, until) = (
            Trail::from(outgoing.url.as_str())?,
            Instant::now() + self.timeout,
        );
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let sent = self.client.execute(outgoing.request(left)).await;
            let response = sent.map_err(|error| trail.lost(error.into()))?;
            if !trail.leads_on(response.status(), response.headers())? {
                return Ok(Incoming { response, trail });
            }
            outgoing.follow(response.status(), trail.url());
        }
    }
}

/// What is sent, and where to.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where to.
    pub url: Url,
    /// How it is called: `GET`, `POST` …
    pub method: Method,
    /// Beside those that every request has.
    pub headers: HeaderMap,
    /// Empty where nothing is sent along. At most [`BODY_LIMIT`]: each of many requests has its own copy.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// A GET.
    pub fn get(url: Url) -> Self {
        Self {
            url,
            method: Method::GET,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    fn request(&self, timeout: Duration) -> Request {
        let mut request = Request::new(self.method.clone(), self.url.clone());
        request.headers_mut().clone_from(&self.headers);
        *request.timeout_mut() = Some(timeout);
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.clone().into());
        }
        request
    }

    /// As a browser goes on: another server is not told what was for the first, and a form is sent again only where the
    /// status says so.
    fn follow(&mut self, status: StatusCode, to: Url) {
        if to.origin() != self.url.origin() {
            self.headers.clear();
        }
        let same = matches!(status.as_u16(), 307 | 308) || self.method == Method::HEAD;
        if !same {
            self.method = Method::GET;
            self.body.clear();
            self.headers.remove(CONTENT_TYPE);
            self.headers.remove(CONTENT_LENGTH);
        }
        self.url = to;
    }
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Incoming {
    response: Response,
    trail: Trail,
}

impl Incoming {
    /// Reads the body piece by piece, so that one that is too long is noticed before it fills the
    /// memory. Returns its first 1 KiB.
    ///
    /// # Errors
    /// Where it is longer than [`BODY_LIMIT`], late, or cut off.
    pub async fn text(self) -> Result<String, Failure> {
        let Self { response, trail } = self;
        body(response).await.map_err(|failure| trail.lost(failure))
    }
}

/// A plain client for a server that this program starts itself: it needs no certificate, and waits
/// for a connection as long as for the answer.
///
/// # Errors
/// Where the system has no means for a client.
pub fn patient(timeout: Duration) -> Result<reqwest::Client, Failure> {
    Ok(trusting_nobody(timeout).connect_timeout(timeout).build()?)
}

/// For a system without certificates: plain HTTP needs none, and HTTPS fails when it is tried.
fn trusting_nobody(timeout: Duration) -> ClientBuilder {
    limited(timeout).tls_certs_only([])
}

fn limited(timeout: Duration) -> ClientBuilder {
    builder()
        .timeout(timeout)
        .user_agent(concat!("asyncdemo/", env!("CARGO_PKG_VERSION")))
}

/// Checks the status of an answer and reads its body, as [`Incoming::text`] does.
///
/// # Errors
/// Where the status is neither 2xx nor 304, and those of [`Incoming::text`].
pub async fn read(response: Response) -> Result<String, Failure> {
    accepted(response.status())?;
    body(response).await
}

async fn body(mut response: Response) -> Result<String, Failure> {
    let mut kept = Kept::default();
    while let Some(chunk) = response.chunk().await? {
        kept.add(&chunk)?;
    }
    Ok(kept.text())
}

#[derive(Default)]
struct Kept {
    start: Vec<u8>,
    length: usize,
}

impl Kept {
    fn add(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        self.length += chunk.len();
        let room = KEPT.saturating_sub(self.start.len()).min(chunk.len());
        self.start.extend_from_slice(&chunk[..room]);
        if self.length > BODY_LIMIT {
            Err(Failure::BodyTooLarge)
        } else {
            Ok(())
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.start).into_owned()
    }
}

/// `reqwest::blocking`, with the same limits as [`Client`]. Its calls hold the calling thread.
///
/// In a debug build reqwest panics where its blocking client is called on an async thread, so as
/// to warn of that very mistake; in a release build it blocks without a word. Here the call is made
/// on a thread beside, and the calling thread waits for that one: it is held just as long, and
/// runs nothing else meanwhile, in either build.
#[derive(Clone, Debug)]
pub struct Blocking {
    client: reqwest::blocking::Client,
    timeout: Duration,
}

impl Blocking {
    /// See [`Client::new`].
    ///
    /// # Errors
    /// Where the system has no means for a client, or no thread.
    pub fn new(timeout: Duration) -> Result<Self, Failure> {
        let build = |builder| {
            reqwest::blocking::ClientBuilder::from(builder)
                .timeout(timeout)
                .build()
        };
        let client =
            beside(|| Ok(build(limited(timeout)).or_else(|_| build(trusting_nobody(timeout)))?))?;
        Ok(Self { client, timeout })
    }

    /// Sends one GET and returns the first 1 KiB of the body.
    ///
    /// # Errors
    /// What went wrong with the request.
    pub fn get(&self, url: &str) -> Result<String, Failure> {
        beside(|| {
            let (mut trail, until) = (Trail::from(url)?, Instant::now() + self.timeout);
            loop {
                let left = until.saturating_duration_since(Instant::now());
                let sent = self.client.get(trail.url()).timeout(left).send();
                let response = sent.map_err(|error| trail.lost(error.into()))?;
                if !trail.leads_on(response.status(), response.headers())? {
                    break read_blocking(response).map_err(|failure| trail.lost(failure));
                }
            }
        })
    }
}

fn read_blocking(mut response: reqwest::blocking::Response) -> Result<String, Failure> {
    let mut kept = Kept::default();
    let mut chunk = [0; 8 << 10];
    loop {
        match response.read(&mut chunk)? {
            0 => return Ok(kept.text()),
            read => kept.add(&chunk[..read])?,
        }
    }
}

/// Does the work on another thread, and waits for it.
fn beside<T: Send>(work: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("blocking client".to_owned())
            .spawn_scoped(scope, work)?;
        thread
            .join()
            .unwrap_or_else(|_| Err(Failure::Other("the blocking client panicked".to_owned())))
    })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpSocket;

    use super::*;

    #[tokio::test]
    async fn the_blocking_client_works_on_an_async_thread_and_holds_it() {
        // Bound and not listening, so that it ends at once. Reqwest's own client would panic here.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let url = format!("http://{}/", socket.local_addr().unwrap());
        let client = Blocking::new(Duration::from_secs(60)).unwrap();

        let beside = tokio::spawn(async { thread::current().id() });
        assert_eq!(client.get(&url), Err(Failure::Refused));
        assert!(
            !beside.is_finished(),
            "another task ran on this thread meanwhile"
        );
        assert_eq!(beside.await.unwrap(), thread::current().id());
    }
}
