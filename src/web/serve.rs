//! Accepting connections, so that none of them takes for long: each has one request, so many bytes and so much time.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::limits::{Admission, Limits};
use super::routes::{Peer, too_many};

/// For the head of a request.
const HEAD: Duration = Duration::from_secs(5);

/// For a request and its answer.
const WHOLE: Duration = Duration::from_secs(10);

/// What hyper may keep of a request's head; it takes no less.
const BUFFER: usize = 16 * 1024;

/// After an accept that failed, as for want of a free file.
const BREATH: Duration = Duration::from_millis(50);

type Shared = Arc<Mutex<Limits<AbortHandle>>>;

/// Until it is dropped.
pub(super) async fn serve(listener: TcpListener, router: Router, most: usize) -> Infallible {
    let limits = Arc::new(Mutex::new(Limits::new(most)));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => welcome(stream, peer, &router, &limits),
            Err(error) if is_of_one(&error) => {}
            Err(_) => sleep(BREATH).await,
        }
        // A flood of those who connect does not keep those waiting who have.
        tokio::task::yield_now().await;
    }
}

/// A connection that has gone again before it was accepted is no reason to wait.
fn is_of_one(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

fn welcome(stream: TcpStream, peer: SocketAddr, router: &Router, limits: &Shared) {
    let address = peer.ip();
    let mut held = limits.lock().unwrap_or_else(PoisonError::into_inner);
    let admission = held.admit(address, Instant::now());
    if admission == Admission::Refuse {
        return;
    }
    let (number, ended) = held.enter(address);
    if let Some(ended) = ended {
        ended.abort();
    }
    let place = OpenConnection {
        number,
        limits: Arc::clone(limits),
    };
    let work = connection(stream, Peer(address), router.clone(), admission, place);
    held.ends_with(number, tokio::spawn(work).abort_handle());
}

/// One connection among those that are counted.
struct OpenConnection {
    number: u64,
    limits: Shared,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.leave(self.number);
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    admission: Admission,
    place: OpenConnection,
) {
    let _ = stream.set_nodelay(true);
    let inner = TowerToHyperService::new(router);
    let answer = |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let served = (admission == Admission::Serve).then(|| inner.call(request));
        async move {
            match served {
                Some(answer) => answer.await,
                None => Ok::<Response, Infallible>(too_many()),
            }
        }
    };
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    // Whatever went wrong, it is over, and nobody is left to be told.
    let _ = timeout(WHOLE, served).await;
    drop(place);
}
