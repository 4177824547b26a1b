//! A real HTTP server on this machine, beside the runtime that is measured.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use axum::serve::ListenerExt;
use serde::Serialize;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// Connections that may wait to be accepted. Too few, and the client's system tries again after a whole second.
const BACKLOG: u32 = 4096;

/// How long a dropped server may take to be gone.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// A server on 127.0.0.1, on a port that the system chooses. It runs on a runtime and a thread of
/// its own, so that a client that blocks its runtime does not block the server too. Dropping it
/// ends it.
///
/// `GET /items/3` answers `{"id":3,"data":"Sample data"}`.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    counts: Arc<RequestCounts>,
    shutdown: Option<oneshot::Sender<()>>,
    gone: mpsc::Receiver<()>,
}

#[derive(Debug, Default)]
struct RequestCounts {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

#[derive(Serialize)]
struct Item {
    id: u32,
    data: &'static str,
}

impl Server {
    /// Starts a server that waits for `latency` before each answer. It listens when this returns.
    ///
    /// # Errors
    /// Where the system gives no thread, no runtime, or no port.
    pub fn start(latency: Duration) -> Result<Self> {
        let counts = Arc::<RequestCounts>::default();
        let (shutdown, asked) = oneshot::channel();
        let (ready, listens) = mpsc::channel();
        let (last_breath, gone) = mpsc::channel();
        let app = app(latency, Arc::clone(&counts));
        let opened = Arc::clone(&counts);
        let serve = move || {
            // Dropped when the thread ends, however it ends.
            let _last_breath = last_breath;
            let runtime = match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            runtime.block_on(async move {
                let listener = match listen() {
                    Ok(listener) => listener,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                let _ = ready.send(listener.local_addr());
                let listener = listener.tap_io(move |connection| {
                    opened.connections.fetch_add(1, Ordering::Relaxed);
                    let _ = connection.set_nodelay(true);
                });
                // No graceful end: connections that are kept alive would keep it waiting.
                tokio::select! {
                    _ = axum::serve(listener, app) => {}
                    _ = asked => {}
                }
            });
        };
        thread::Builder::new()
            .name("loopback server".to_owned())
            .spawn(serve)
            .context("no thread could be started for the loopback server")?;
        let address = listens
            .recv()
            .context("the loopback server ended before it listened")?;
        let address = address.context("the loopback server could not listen on 127.0.0.1")?;
        Ok(Self {
            address,
            counts,
            shutdown: Some(shutdown),
            gone,
        })
    }

    /// Where to ask for this item.
    pub fn item_url(&self, id: usize) -> String {
        format!("http://{}/items/{id}", self.address)
    }

    /// How many connections it has accepted.
    pub fn connections_opened(&self) -> usize {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// How many requests have reached it.
    pub fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping the sender asks as well as sending does.
        self.shutdown.take();
        let _ = self.gone.recv_timeout(SHUTDOWN);
    }
}

/// A port on 127.0.0.1 that the system chooses, with room for many who connect at once.
///
/// # Errors
/// Where the system gives none.
pub fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(BACKLOG)
}

fn app(latency: Duration, counts: Arc<RequestCounts>) -> Router {
    let item = move |Path(id): Path<u32>| {
        counts.requests.fetch_add(1, Ordering::Relaxed);
        async move {
            sleep(latency).await;
            Json(Item {
                id,
                data: "Sample data",
            })
        }
    };
    Router::new().route("/items/{id}", get(item))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    /// One plain request on a connection of its own.
    fn ask(server: &Server, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(server.address)?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    }

    #[test]
    fn it_answers_with_the_item_that_was_asked_for_and_counts() {
        let server = Server::start(Duration::ZERO).unwrap();
        for id in [3, 4] {
            let answer = ask(&server, &format!("/items/{id}")).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(
                answer.ends_with(&format!("{{\"id\":{id},\"data\":\"Sample data\"}}")),
                "{answer}"
            );
        }
        assert!(
            ask(&server, "/items/three")
                .unwrap()
                .starts_with("HTTP/1.1 400")
        );
        assert!(ask(&server, "/").unwrap().starts_with("HTTP/1.1 404"));
        assert_eq!((server.connections_opened(), server.requests()), (4, 2));
    }

    #[test]
    fn it_waits_before_it_answers() {
        let server = Server::start(Duration::from_millis(50)).unwrap();
        let asked = std::time::Instant::now();
        ask(&server, "/items/1").unwrap();
        assert!(asked.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn a_dropped_server_is_gone_even_while_it_answers() {
        let server = Server::start(Duration::from_secs(600)).unwrap();
        let address = server.address;
        let mut waiting = TcpStream::connect(address).unwrap();
        waiting
            .write_all(b"GET /items/1 HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .unwrap();
        while server.requests() == 0 {
            thread::yield_now();
        }
        drop(server);
        // Its end of the connection is closed, and so is the port.
        assert_eq!(waiting.read(&mut [0]).unwrap_or(0), 0);
        assert!(TcpStream::connect(address).is_err());
    }
}
