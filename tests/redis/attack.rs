//! Durable jobs on a Redis server, under attack: no job is lost and no result is there twice, or what the server's own
//! settings make of a restart has been said before.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::support::{Output, Started, signal, wait, within};
use super::{Server, told};

const WORKERS: usize = 4;
const PRODUCERS: usize = 2;
/// So many jobs more with each call of a producer.
const MORE: usize = 10;

const WORK: [&str; 9] = [
    "--work",
    "--job-time",
    "5ms",
    "--lease",
    "200ms",
    "--workers",
    "4",
    "--attempts",
    "100",
];

/// Every answer is on the disk first.
const ON_DISK: [(&str, &str); 2] = [("appendonly", "yes"), ("appendfsync", "always")];

struct Random(u64);

impl Random {
    fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self(since.as_nanos() as u64 | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn number(told: &serde_json::Value, what: &str) -> u64 {
    told["counts"][what].as_u64().unwrap()
}

/// Every job that was accepted is there and done, with one result each.
#[track_caller]
fn all_is_well(server: &Server, accepted: usize, after: &str) {
    let last = server.call(&WORK).output();
    assert_eq!(last.status, Some(0), "{}", last.stderr);
    let told = told(&server.call(&[]).output());
    let [there, done, runs, repeats] =
        ["jobs", "done", "runs", "repeats"].map(|what| number(&told, what));
    assert!(there >= accepted as u64, "{accepted} accepted: {told}");
    // The results are kept by their jobs' keys: there is room for one of each.
    assert_eq!((done, number(&told, "dead")), (there, 0), "{told}");
    assert_eq!((&told["left"], &told["lost"]), (&0.into(), &0.into()));
    assert_eq!(runs, there + repeats);
    println!(
        "{after}: {there} jobs ({accepted} accepted), {done} done, 0 lost, 0 doubled, {repeats} repeats"
    );
}

fn kill(kills: usize) {
    let Some(server) = Server::start() else {
        return;
    };
    let mut random = Random::new();
    let mut next = MORE;
    let mut accepted = MORE;
    server.call(&["--enqueue", &next.to_string()]).output();
    let mut start = |place: usize| -> (Started, usize) {
        if place < WORKERS {
            return (server.call(&WORK).start(), 0);
        }
        next += MORE;
        let call = server.call(&["--enqueue", &next.to_string()]);
        (call.start(), next)
    };
    let mut all: Vec<_> = (0..WORKERS + PRODUCERS).map(&mut start).collect();
    let mut killed = 0;
    while killed < kills {
        wait(Duration::from_micros(random.below(60_000)));
        let victim = random.below(all.len() as u64) as usize;
        for (place, one) in all.iter_mut().enumerate() {
            let runs = one.0.runs();
            if runs && place == victim {
                signal("KILL", one.0.pid());
                killed += 1;
            } else if runs {
                continue;
            }
            let (ended, enqueued) = std::mem::replace(one, start(place));
            let output = ended.output();
            assert!(matches!(output.status, None | Some(0)), "{}", output.stderr);
            if output.status == Some(0) {
                accepted = accepted.max(enqueued);
            }
        }
    }
    for (left, _) in all {
        assert_eq!(left.output().status, Some(0));
    }
    all_is_well(&server, accepted, &format!("{killed} kills"));
}

#[test]
fn a_dozen_kills_among_four_workers_and_two_producers() {
    kill(12);
}

#[test]
#[ignore = "a minute: 100 kills; see docs/reliability.md"]
fn a_hundred_kills_among_four_workers_and_two_producers() {
    kill(100);
}

/// Kills the server while workers are at it, and starts it again, so often.
fn restart(times: usize) {
    let mut random = Random::new();
    let Some(mut server) = Server::with(&ON_DISK) else {
        return;
    };
    let mut accepted = 0;
    for time in 1..=times {
        let next = accepted + 100;
        let put_in = server.call(&["--enqueue", &next.to_string()]).output();
        assert_eq!(put_in.status, Some(0), "{}", put_in.stderr);
        accepted = next;
        let worker = server.worker_at_work(&WORK[1..]);
        wait(Duration::from_micros(random.below(100_000)));
        server.kill_and_restart();
        let output = worker.output();
        // It may just have been done.
        if output.status != Some(0) {
            assert_eq!(output.status, Some(1), "{time}: {}", output.stderr);
            let keeps = "keeps every job on its disk before it says so";
            assert!(output.stderr.contains(keeps), "{}", output.stderr);
        }
    }
    all_is_well(&server, accepted, &format!("{times} restarts"));
}

#[test]
fn a_server_that_is_killed_keeps_every_job_in_its_append_only_file() {
    restart(2);
}

#[test]
#[ignore = "a minute: 100 restarts; see docs/reliability.md"]
fn a_hundred_restarts_of_a_server_with_an_append_only_file() {
    restart(100);
}

/// What is said as text, on one line.
fn said(output: &Output) -> String {
    let text = format!("{}\n{}", output.stdout, output.stderr);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn that_a_server_keeps_nothing_is_said_before_and_after() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let text = |server: &Server, more: &[&str]| server.text(more).output();
    let loss = "in memory only (appendonly no, no save): if it is restarted, every job is lost";
    let put_in = text(&server, &["--enqueue", "100"]);
    assert!(said(&put_in).contains(loss), "{}", said(&put_in));
    let json = told(&server.call(&[]).output());
    assert!(json["keeps"].as_str().unwrap().contains(loss), "{json}");
    let worker = server.worker_at_work(&WORK[1..]);
    server.kill_and_restart();
    let output = worker.output();
    assert_eq!(output.status, Some(1));
    assert!(said(&output).contains(loss), "{}", said(&output));
    let after = text(&server, &["--work"]);
    assert!(
        said(&after).contains("There are no jobs here."),
        "{}",
        said(&after)
    );
    assert!(!said(&after).contains("one result each"));
}

#[test]
fn what_a_server_may_not_be_asked_is_said_to_be_unknown() {
    let Some(server) = Server::with(&[("rename-command", "CONFIG")]) else {
        return;
    };
    let output = server.text(&["--enqueue", "1"]).output();
    assert_eq!(output.status, Some(0), "{}", said(&output));
    let unknown = "This server does not say whether it keeps anything on a disk";
    assert!(said(&output).contains(unknown), "{}", said(&output));
}

#[test]
fn a_server_that_is_halted_past_every_lease_loses_nothing() {
    let Some(server) = Server::start() else {
        return;
    };
    server.call(&["--enqueue", "200"]).output();
    let workers = [(); 2].map(|()| server.call(&WORK).start());
    within("half is done", || {
        (server.counted("done") > 50).then_some(())
    });
    signal("STOP", server.pid());
    wait(Duration::from_secs(1));
    signal("CONT", server.pid());
    for worker in workers {
        let output = worker.output();
        assert_eq!(output.status, Some(0), "{}", output.stderr);
    }
    all_is_well(&server, 200, "halted");
}

#[test]
fn a_server_without_memory_refuses_and_loses_nothing() {
    let Some(server) = Server::with(&[("maxmemory", "2mb"), ("maxmemory-policy", "noeviction")])
    else {
        return;
    };
    let put_in = server.text(&["--enqueue", "100000"]).output();
    assert_eq!(put_in.status, Some(1), "{}", said(&put_in));
    assert!(
        said(&put_in).contains("Its memory is full (maxmemory)"),
        "{}",
        said(&put_in)
    );
    let accepted = server.counted("jobs");
    assert!(accepted > 0, "some had room");
    // A worker may do a few or none; it says what is wrong, and nothing of it is lost.
    let worker = server.call(&WORK).output();
    if worker.status != Some(0) {
        assert!(
            worker.stderr.contains("Its memory is full"),
            "{}",
            worker.stderr
        );
    }
    server.cli(&["config", "set", "maxmemory", "0"]);
    all_is_well(&server, accepted as usize, "out of memory");
}

#[test]
fn a_server_that_throws_keys_away_says_so_first_and_what_is_lost_is_no_success() {
    let settings = [("maxmemory", "2mb"), ("maxmemory-policy", "allkeys-random")];
    let Some(server) = Server::with(&settings) else {
        return;
    };
    let put_in = server.text(&["--enqueue", "100000"]).output();
    let warned = "it throws jobs away when memory is short (maxmemory-policy allkeys-random)";
    assert!(said(&put_in).contains(warned), "{}", said(&put_in));
    let after = server.text(&["--work", "--job-time", "1ms"]).output();
    assert!(
        !said(&after).contains("one result each"),
        "{}",
        said(&after)
    );
}

impl Server {
    fn cli(&self, words: &[&str]) {
        let status = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(words)
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// As a crash would end it.
    fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::child(self.port, self.directory.path(), &self.settings).unwrap();
        within("it answers again", || {
            std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
        // While it reads its file, it answers that it is loading.
        within("it has read its file", || {
            (self.call(&[]).output().status == Some(0)).then_some(())
        });
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }
}
