//! The server, on a thread of its own: whatever comes in, the screen in front of the class goes on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpSocket;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::address::Listen;
use super::routes::{Desk, FromPage, router};
use super::serve::serve;
use crate::classroom::{Addresses, HostPage, VoterPage};

/// Votes and presses that wait for the classroom. It looks forty times a second.
const WAITING: usize = 1_024;

/// Connections that wait to be accepted: a whole hall presses at once.
const BACKLOG: u32 = 1_024;

/// Connections at once, where the system lets a process have enough files.
const CONNECTIONS: usize = 1_536;

/// Files that everything else needs: runs open sockets and databases of their own.
#[cfg(unix)]
const OTHER_FILES: usize = 512;

/// How long a server that is dropped may take to be gone.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// The server of a class. It listens when it is there, and no longer.
pub struct ClassServer {
    desk: Arc<Desk>,
    heard: Receiver<FromPage>,
    addresses: Addresses,
    shutdown: Option<oneshot::Sender<()>>,
    gone: Receiver<()>,
}

impl ClassServer {
    /// Listens there: at one address, unless it is the one that means all.
    ///
    /// # Errors
    /// Where nothing can be listened at there, or the system gives no thread and no random numbers.
    pub fn start(listen: Listen) -> Result<Self> {
        let (send, heard) = mpsc::sync_channel(WAITING);
        let (desk, words) = Desk::new(send)?;
        let desk = Arc::new(desk);
        let router = router(Arc::clone(&desk));
        let (shutdown, asked) = oneshot::channel();
        let (ready, listens) = mpsc::channel();
        let (last_breath, gone) = mpsc::channel();
        let most = connections();
        let work = move || {
            // Dropped when the thread ends, however it ends.
            let _last_breath = last_breath;
            let runtime = match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            runtime.block_on(async move {
                let listener = match bind(&listen.sockets()) {
                    Ok(listener) => listener,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                let _ = ready.send(listener.local_addr());
                // No graceful end: who still waits for an answer asks a class that is over.
                tokio::select! {
                    _ = serve(listener, router, most) => {}
                    _ = asked => {}
                }
            });
        };
        thread::Builder::new()
            .name("class server".to_owned())
            .spawn(work)
            .context("no thread could be started for the votes")?;
        let bound = listens
            .recv()
            .context("the server of the votes ended before it listened")?;
        let bound = bound.with_context(|| {
            let wanted = listen.sockets();
            let wanted: Vec<_> = wanted.iter().take(1).map(SocketAddr::to_string).collect();
            format!(
                "--votes: nothing can be listened at {}: another address with --listen ADDR",
                wanted.concat()
            )
        })?;
        let shown = Listen::shown(bound);
        let addresses = Addresses {
            join: format!("http://{shown}/{}", words.join),
            host: format!("http://{shown}/host?token={}", words.host),
            about: about(bound, shown),
        };
        Ok(Self {
            desk,
            heard,
            addresses,
            shutdown: Some(shutdown),
            gone,
        })
    }

    /// Where it is.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What those who vote see from now on.
    pub fn post_voter(&self, page: VoterPage) {
        self.desk.post_voter(page);
    }

    /// What the teacher sees from now on.
    pub fn post_host(&self, page: HostPage) {
        self.desk.post_host(page);
    }

    /// What has come in, if anything has.
    pub fn hear(&self) -> Option<FromPage> {
        self.heard.try_recv().ok()
    }
}

impl Drop for ClassServer {
    fn drop(&mut self) {
        // Dropping the sender asks as well as sending does.
        self.shutdown.take();
        let _ = self.gone.recv_timeout(SHUTDOWN);
    }
}

/// The first of these that can be had.
fn bind(sockets: &[SocketAddr]) -> std::io::Result<tokio::net::TcpListener> {
    let mut failed = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in sockets {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // So that a class that begins again after an accident has the same address. On Windows it would let two programs
        // have it at once.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        match socket.bind(*address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Which address is open, and how to choose another.
fn about(bound: SocketAddr, shown: SocketAddr) -> String {
    if bound.ip().is_unspecified() {
        return format!(
            "Open: port {} at every address of this machine. At one: --listen {}",
            bound.port(),
            shown.ip()
        );
    }
    format!(
        "Open: {bound} and no other address. Another: --listen ADDR; every one: --listen 0.0.0.0"
    )
}

/// How many connections there may be, so that the runs keep files enough.
fn connections() -> usize {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};

        let enough = (CONNECTIONS + OTHER_FILES) as u64;
        let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
            return CONNECTIONS;
        };
        let wanted = enough.min(hard);
        let files = if soft < wanted && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok() {
            wanted
        } else {
            soft
        };
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        files
            .saturating_sub(OTHER_FILES)
            .max(files / 4)
            .clamp(1, CONNECTIONS)
    }
    #[cfg(not(unix))]
    CONNECTIONS
}
