//! The one way in which this program makes an HTTP client.

use std::io::Read;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, ClientBuilder, Response, Url};

use super::failure::Failure;

/// The longest body that is read, in bytes: 1 MiB. An endless one would fill the memory.
pub const BODY_LIMIT: usize = 1 << 20;

/// The start of a body that is kept, in bytes: answers of a thousand requests are held at once.
const KEPT: usize = 1 << 10;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// A client that talks to the address it is given and to nobody else: no proxy, whatever the
/// environment says, and no wait for a connection that is longer than five seconds.
fn builder() -> ClientBuilder {
    // Reqwest is built without a cryptography provider of its own; a second installation is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
}

/// A client whose requests end after `timeout`, from connecting to the last byte of the body. It
/// trusts the certificates that the system trusts, and reads them for that, which takes a while.
///
/// # Errors
/// Where the system has no means for a client.
pub fn client(timeout: Duration) -> Result<Client, Failure> {
    Ok(limited(timeout)
        .build()
        .or_else(|_| trusting_nobody(timeout).build())?)
}

/// [`client`] for a server that this program starts itself: it needs no certificate, and waits for a
/// connection as long as for the answer.
///
/// # Errors
/// Where the system has no means for a client.
pub fn patient(timeout: Duration) -> Result<Client, Failure> {
    Ok(trusting_nobody(timeout).connect_timeout(timeout).build()?)
}

/// For a system without certificates: plain HTTP needs none, and HTTPS fails when it is tried.
fn trusting_nobody(timeout: Duration) -> ClientBuilder {
    limited(timeout).tls_certs_only([])
}

fn limited(timeout: Duration) -> ClientBuilder {
    builder()
        .timeout(timeout)
        .redirect(Policy::custom(redirect))
        .user_agent(concat!("asyncdemo/", env!("CARGO_PKG_VERSION")))
}

/// A server on this machine cannot send hundreds of requests on to somebody else's.
fn redirect(attempt: Attempt<'_>) -> Action {
    let from_here = attempt.previous().first().is_some_and(is_loopback);
    if attempt.previous().len() > REDIRECTS {
        attempt.error(format!("more than {REDIRECTS} redirects"))
    } else if from_here && !is_loopback(attempt.url()) {
        attempt.error("it leads away from this machine")
    } else {
        attempt.follow()
    }
}

/// Whether the URL names this machine: `localhost` or a loopback address. Asks no name server.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let name = host.trim_end_matches('.');
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    name == "localhost"
        || name.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback())
}

/// Reads the body piece by piece, so that one that is too long is noticed before it fills the
/// memory. Returns its first 1 KiB.
///
/// # Errors
/// Where it is longer than [`BODY_LIMIT`], late, or cut off.
pub async fn body(mut response: Response) -> Result<String, Failure> {
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

/// `reqwest::blocking`, with the same limits as [`client`]. Its calls hold the calling thread.
///
/// In a debug build reqwest panics where its blocking client is called on an async thread, so as
/// to warn of that very mistake; in a release build it blocks without a word. Here the call is made
/// on a thread beside, and the calling thread waits for that one: it is held just as long, and
/// runs nothing else meanwhile, in either build.
#[derive(Clone, Debug)]
pub struct Blocking(reqwest::blocking::Client);

impl Blocking {
    /// See [`client`].
    ///
    /// # Errors
    /// Where the system has no means for a client, or no thread.
    pub fn new(timeout: Duration) -> Result<Self, Failure> {
        let build = |builder| {
            reqwest::blocking::ClientBuilder::from(builder)
                .timeout(timeout)
                .build()
        };
        beside(|| Ok(build(limited(timeout)).or_else(|_| build(trusting_nobody(timeout)))?))
            .map(Self)
    }

    /// Sends one GET and returns the first 1 KiB of the body.
    ///
    /// # Errors
    /// What went wrong with the request.
    pub fn get(&self, url: &str) -> Result<String, Failure> {
        beside(|| {
            let mut response = self.0.get(url).send()?.error_for_status()?;
            let mut kept = Kept::default();
            let mut chunk = [0; 8 << 10];
            loop {
                match response.read(&mut chunk)? {
                    0 => break Ok(kept.text()),
                    read => kept.add(&chunk[..read])?,
                }
            }
        })
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

    #[test]
    fn only_loopback_is_this_machine() {
        let here = |url: &str| is_loopback(&Url::parse(url).unwrap());
        for url in [
            "http://localhost/",
            "https://LOCALHOST:8000/",
            "http://api.localhost./",
            "http://127.8.9.1/",
            "http://[::1]:80/",
        ] {
            assert!(here(url), "{url}");
        }
        for url in [
            "http://example.com/",
            "http://localhost.example.com/",
            "http://notlocalhost/",
            "http://192.168.0.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://127.0.0.1.example.com/",
        ] {
            assert!(!here(url), "{url}");
        }
    }

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
