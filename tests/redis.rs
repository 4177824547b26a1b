//! The job store on a Redis server, against a real one that is started here. Where there is none, each
//! test says that it is skipped.
#![cfg(unix)]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "that is how a test fails, and what was counted is said"
)]

#[path = "redis/attack.rs"]
mod attack;
mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asyncdemo::services::jobs::redis::RedisJobs;
use asyncdemo::services::jobs::{
    Awaited, Claimed, Dead, Enqueued, JobStore, Lease, LeasePolicy, NewJob,
};
use serde_json::Value;
use support::{Output, Started, Test, signal, wait, within};
use tempfile::TempDir;

/// A server of this test's own, with nothing in it. It ends with the test.
struct Server {
    child: Child,
    port: u16,
    directory: TempDir,
    settings: Vec<(&'static str, &'static str)>,
}

impl Server {
    /// `None`, and a word about it, where there is no such program.
    fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// With more settings, as they stand in `redis.conf`.
    fn with(settings: &[(&'static str, &'static str)]) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        // Free a moment ago; another program may be quicker, and then the next one is tried.
        for _ in 0..10 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            let mut child = match Self::child(port, directory.path(), settings) {
                Ok(child) => child,
                Err(error) => {
                    // Not `eprintln!`, which is hidden where a test passes.
                    let _ = writeln!(
                        std::io::stderr(),
                        "skipped: redis-server cannot be started ({error}); try apt-get install redis-server"
                    );
                    return None;
                }
            };
            let up = within("redis-server answers or ends", || {
                if child.try_wait().unwrap().is_some() {
                    return Some(false);
                }
                TcpStream::connect(("127.0.0.1", port)).ok().map(|_| true)
            });
            if up {
                return Some(Self {
                    child,
                    port,
                    directory,
                    settings: settings.to_vec(),
                });
            }
        }
        panic!("redis-server did not stay in ten tries");
    }

    fn child(port: u16, place: &Path, settings: &[(&str, &str)]) -> std::io::Result<Child> {
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(place);
        for (name, value) in settings {
            command.arg(format!("--{name}")).arg(value);
            if *name == "rename-command" {
                command.arg("");
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    fn call(&self, more: &[&str]) -> Test {
        self.text(more).args(["--format", "json"])
    }

    fn text(&self, more: &[&str]) -> Test {
        Test::new(["jobs", "--broker", &self.url()]).args(more)
    }

    async fn store(&self) -> RedisJobs {
        RedisJobs::connect(&self.url()).await.unwrap()
    }

    /// What the server counts.
    fn counted(&self, what: &str) -> u64 {
        let told = told(&self.call(&[]).output());
        told["counts"][what].as_u64().unwrap()
    }

    /// Starts a worker, and waits until it has begun a job.
    fn worker_at_work(&self, more: &[&str]) -> Started {
        let before = self.counted("runs");
        let worker = self.call(&["--work"]).args(more).start();
        within("a job is begun", || {
            (self.counted("runs") > before).then_some(())
        });
        worker
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn told(output: &Output) -> Value {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", output.stdout, output.stderr))
}

fn counts(told: &Value, what: [&str; 4]) -> [u64; 4] {
    what.map(|what| told["counts"][what].as_u64().unwrap())
}

fn jobs(count: usize) -> Vec<NewJob> {
    let job = |id| NewJob {
        key: format!("job {id}"),
        fails: false,
    };
    (1..=count).map(job).collect()
}

const POLICY: LeasePolicy = LeasePolicy {
    lease: Duration::from_secs(60),
    attempts: 2,
};

async fn claim_soon(store: &RedisJobs, worker: &str, policy: LeasePolicy) -> Lease {
    loop {
        match store.claim(worker, policy).await.unwrap() {
            Claimed::Job(held) => return held,
            Claimed::Wait { .. } => tokio::time::sleep(Duration::from_millis(1)).await,
            Claimed::Empty => panic!("{worker} found nothing"),
        }
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error_that_says_what_to_do() {
    // Nobody listens on a port that is bound and not listened on.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let place = socket.local_addr().unwrap();
    let url = format!("redis://me:secret@{place}/0");
    let output = Test::new(["jobs", "--work", "--broker", &url]).output();
    assert_eq!((output.status, &*output.stdout), (Some(1), ""));
    let begin = format!("asyncdemo: no Redis server can be used at redis://{place}/0: ");
    assert!(output.stderr.starts_with(&begin), "{}", output.stderr);
    assert!(
        output.stderr.contains("Start one, or check host"),
        "{}",
        output.stderr
    );
    assert!(!output.stderr.contains("secret"), "{}", output.stderr);
    for bad in [
        "http://localhost/",
        "localhost",
        "redis://",
        "redis://localhost:99999/",
        "",
    ] {
        let output = Test::new(["jobs", "--work", "--broker", bad]).output();
        assert_eq!(output.status, Some(2), "{bad}: {}", output.stderr);
    }
}

#[test]
fn jobs_are_put_in_once_tried_again_and_put_aside() {
    let Some(server) = Server::start() else {
        return;
    };
    let put_in = |count: &str| {
        told(
            &server
                .call(&["--enqueue", count, "--failing", "2"])
                .output(),
        )
    };
    assert_eq!(put_in("700")["enqueued"]["new"], 700);
    let again = put_in("705");
    assert_eq!(again["enqueued"]["new"], 5);
    assert_eq!(again["enqueued"]["already_there"], 700);
    let knobs = [
        "--work",
        "--job-time",
        "1ms",
        "--attempts",
        "2",
        "--workers",
        "16",
    ];
    let output = server.call(&knobs).output();
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let told = told(&output);
    let counted = counts(&told, ["done", "dead", "runs", "repeats"]);
    assert_eq!(counted, [703, 2, 707, 2]);
    assert_eq!((&told["left"], &told["lost"]), (&0.into(), &0.into()));
    assert_eq!(told["dead"][0]["error"], "it was told to fail");
}

#[test]
fn a_worker_that_is_told_to_stop_gives_its_jobs_back() {
    let Some(server) = Server::start() else {
        return;
    };
    server.call(&["--enqueue", "5"]).output();
    let worker = server.worker_at_work(&["--job-time", "60s", "--workers", "2"]);
    within("both lanes have a job", || {
        (server.counted("leased") == 2).then_some(())
    });
    signal("INT", worker.pid());
    let output = worker.output();
    assert_eq!(output.status, Some(130), "{}", output.stderr);
    let told = told(&output);
    assert_eq!(told["worked"]["given_back"], 2);
    let what = ["waiting", "leased", "runs", "repeats"];
    assert_eq!(counts(&told, what), [5, 0, 2, 0]);
    let next = server.call(&["--work", "--job-time", "1ms"]).output();
    let told = self::told(&next);
    assert_eq!(
        counts(&told, ["done", "dead", "runs", "repeats"]),
        [5, 0, 7, 2]
    );
}

#[tokio::test]
async fn whose_lease_has_ended_writes_nothing_once_another_has_the_job() {
    let Some(server) = Server::start() else {
        return;
    };
    let store = server.store().await;
    let (new, already_there) = (1, 0);
    assert_eq!(
        store.enqueue(jobs(1)).await.unwrap(),
        Enqueued { new, already_there }
    );
    let short = LeasePolicy {
        lease: Duration::from_millis(1),
        attempts: 9,
    };
    let late = claim_soon(&store, "late", POLICY).await;
    assert_eq!(
        store.claim("b", POLICY).await.unwrap(),
        Claimed::Wait {
            awaited: Awaited::Either,
            time: Duration::MAX
        }
    );
    assert!(store.extend(&late, POLICY).await.unwrap());
    let next = claim_soon(&store, "next", short).await;
    assert_eq!((&late.key, late.lease + 1), (&next.key, next.lease));
    assert!(!store.extend(&late, POLICY).await.unwrap());
    assert!(!store.complete(&late, "late".into()).await.unwrap());
    assert!(!store.fail(&late, "late".into(), POLICY).await.unwrap());
    assert!(!store.give_back(&late).await.unwrap());
    assert!(store.complete(&next, "next".into()).await.unwrap());
    assert!(!store.complete(&next, "again".into()).await.unwrap());
    assert_eq!(store.claim("b", POLICY).await.unwrap(), Claimed::Empty);
    let results = store.results().await.unwrap();
    assert_eq!(results, [("job 1".into(), "next".into())]);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.runs, counts.repeats, counts.lost()), (2, 1, 0));
}

#[tokio::test]
async fn a_job_whose_workers_all_vanish_is_dead() {
    let Some(server) = Server::start() else {
        return;
    };
    let store = server.store().await;
    store.enqueue(jobs(1)).await.unwrap();
    let short = LeasePolicy {
        lease: Duration::from_millis(1),
        attempts: 3,
    };
    for _ in 0..3 {
        claim_soon(&store, "a", short).await;
    }
    while store.claim("a", short).await.unwrap() != Claimed::Empty {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (key, error) = ("job 1".into(), "its worker vanished each time".into());
    assert_eq!(store.dead(9).await.unwrap(), [Dead { key, error }]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_never_have_the_same_lease() {
    let Some(server) = Server::start() else {
        return;
    };
    let leases = Arc::new(Mutex::new(BTreeSet::new()));
    let policy = LeasePolicy {
        lease: Duration::from_millis(5),
        attempts: 1000,
    };
    server.store().await.enqueue(jobs(100)).await.unwrap();
    let mut hammering = Vec::new();
    for number in 0..2 {
        let (store, leases) = (server.store().await, Arc::clone(&leases));
        hammering.push(tokio::spawn(async move {
            let name = format!("worker {number}");
            loop {
                match store.claim(&name, policy).await.unwrap() {
                    Claimed::Job(held) => {
                        let lease = (held.key.clone(), held.lease);
                        assert!(leases.lock().unwrap().insert(lease), "{held:?}");
                        // Each first lease is dropped without a word.
                        if held.lease > 1 {
                            store.complete(&held, name.clone()).await.unwrap();
                        }
                    }
                    Claimed::Wait { .. } => tokio::task::yield_now().await,
                    Claimed::Empty => break,
                }
            }
        }));
    }
    for hammering in hammering {
        hammering.await.unwrap();
    }
    let counts = server.store().await.counts().await.unwrap();
    assert_eq!((counts.done, counts.left(), counts.lost()), (100, 0, 0));
    assert_eq!(counts.runs as usize, leases.lock().unwrap().len());
}

#[test]
fn a_server_that_goes_away_ends_the_worker_with_an_error() {
    let Some(server) = Server::start() else {
        return;
    };
    server.call(&["--enqueue", "5"]).output();
    // So long that no busy machine is done with it first.
    let worker = server.worker_at_work(&["--job-time", "60s", "--lease", "100ms"]);
    let url = server.url();
    drop(server);
    let output = worker.output();
    assert_eq!((output.status, &*output.stdout), (Some(1), ""));
    let begin = format!("asyncdemo: the Redis server at {url} failed: ");
    assert!(output.stderr.starts_with(&begin), "{}", output.stderr);
    let end = "What it has kept is there when it is back: then work again.\n";
    assert!(output.stderr.ends_with(end), "{}", output.stderr);
}

#[test]
fn ten_workers_are_killed_and_every_job_is_done() {
    let Some(server) = Server::start() else {
        return;
    };
    server.call(&["--enqueue", "400"]).output();
    let knobs = [
        "--job-time",
        "20ms",
        "--lease",
        "200ms",
        "--workers",
        "4",
        "--attempts",
        "100",
    ];
    for kill in 0..10 {
        let worker = server.worker_at_work(&knobs);
        wait(Duration::from_millis(kill * 7));
        signal("KILL", worker.pid());
        let output = worker.output();
        assert_eq!((output.status, &*output.stdout), (None, ""), "kill {kill}");
    }
    // Two at once, on what is left.
    let last = [(); 2].map(|()| server.call(&["--work"]).args(knobs).start());
    for worker in last {
        let output = worker.output();
        assert_eq!(output.status, Some(0), "{}", output.stderr);
    }
    let told = told(&server.call(&[]).output());
    let [jobs, done, runs, repeats] = counts(&told, ["jobs", "done", "runs", "repeats"]);
    assert_eq!((jobs, done, runs), (400, 400, 400 + repeats));
    assert_eq!((&told["left"], &told["lost"]), (&0.into(), &0.into()));
    assert!(repeats > 0, "not one of the ten was at work");
}
