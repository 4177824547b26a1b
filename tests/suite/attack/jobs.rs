//! Durable jobs in a SQLite file, under attack: no job is lost, no result is there twice, and no success is told that
//! nobody will find.
//!
//! What stands elsewhere: a worker that is halted past its lease and goes on (`tests/suite/queue.rs`), and a clock that
//! is set by an hour, forward and back (`src/services/jobs/sqlite/tests.rs`).
#![cfg(unix)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::queue::{Jobs, Random, count, told};
use crate::support::{Output, Started, Test, signal, wait, within};

const WORKERS: usize = 4;
const PRODUCERS: usize = 2;
/// So many jobs more with each call of a producer.
const MORE: usize = 10;

/// Which keys were accepted: `job 1` to `job N`.
#[derive(Default)]
struct Accepted(usize);

/// Four workers and two producers, on one file.
struct Crowd<'a> {
    jobs: &'a Jobs,
    /// The workers first. Each producer with how many jobs there are when it is done.
    all: Vec<(Started, usize)>,
    next: usize,
    accepted: Accepted,
}

impl<'a> Crowd<'a> {
    fn new(jobs: &'a Jobs, there: usize) -> Self {
        let mut crowd = Self {
            jobs,
            all: Vec::new(),
            next: there,
            accepted: Accepted(there),
        };
        for place in 0..WORKERS + PRODUCERS {
            let started = crowd.start(place);
            crowd.all.push(started);
        }
        crowd
    }

    fn start(&mut self, place: usize) -> (Started, usize) {
        if place < WORKERS {
            return (self.jobs.call(&WORK).start(), 0);
        }
        self.next += MORE;
        let call = self.jobs.call(&["--format", "json", "--enqueue"]);
        (call.args([self.next.to_string()]).start(), self.next)
    }

    /// Who has ended by itself is looked at, and another takes the place.
    fn look_after(&mut self) {
        for place in 0..self.all.len() {
            if !self.all[place].0.runs() {
                self.replace(place);
            }
        }
    }

    fn replace(&mut self, place: usize) {
        let next = self.start(place);
        let (ended, enqueued) = std::mem::replace(&mut self.all[place], next);
        let output = ended.output();
        // Killed, or done: nobody has failed.
        assert!(
            matches!(output.status, None | Some(0)),
            "{:?}: {}{}",
            output.status,
            output.stdout,
            output.stderr
        );
        if output.status == Some(0) && place >= WORKERS {
            self.accepted.0 = self.accepted.0.max(enqueued);
        }
    }
}

const WORK: [&str; 11] = [
    "--work",
    "--job-time",
    "5ms",
    "--lease",
    "200ms",
    "--workers",
    "4",
    "--attempts",
    "100",
    "--format",
    "json",
];

fn kill(kills: usize) {
    let mut random = Random::new();
    println!("QUEUE_SEED={}", random.0);
    let jobs = Jobs::new(MORE, &[]);
    let mut crowd = Crowd::new(&jobs, MORE);
    let mut killed = 0;
    while killed < kills {
        wait(Duration::from_micros(random.below(60_000)));
        crowd.look_after();
        let place = random.below((WORKERS + PRODUCERS) as u64) as usize;
        if crowd.all[place].0.runs() {
            signal("KILL", crowd.all[place].0.pid());
            crowd.replace(place);
            killed += 1;
        }
    }
    let accepted = crowd.accepted.0;
    for (left, _) in crowd.all {
        let output = left.output();
        assert_eq!(output.status, Some(0), "{}", output.stderr);
    }
    let last = jobs.call(&WORK).output();
    assert_eq!(last.status, Some(0), "{}", last.stderr);
    all_is_well(&jobs, accepted, &format!("{killed} kills"));
}

/// Every job that was accepted is there and done, with one result each, and the file is sound.
#[track_caller]
fn all_is_well(jobs: &Jobs, accepted: usize, after: &str) {
    let told = told(&jobs.call(&["--format", "json"]).output());
    let counted = |what| count(&told, "counts", what);
    let there = counted("jobs");
    assert!(there >= accepted, "{there} of {accepted} accepted: {told}");
    assert_eq!((counted("done"), counted("dead")), (there, 0), "{told}");
    assert_eq!((&told["left"], &told["lost"]), (&0.into(), &0.into()));
    assert_eq!(
        jobs.ask("SELECT count(*) FROM results"),
        jobs.ask("SELECT count(DISTINCT key) FROM jobs JOIN results ON job = id")
    );
    assert_eq!(jobs.runs(), there + counted("repeats"));
    assert_eq!(jobs.leases_shared(), 0);
    let sound = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'";
    assert_eq!(jobs.ask(sound), 1);
    println!(
        "{after}: {there} jobs ({accepted} accepted), {there} done, 0 lost, 0 doubled, {} repeats",
        counted("repeats")
    );
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

fn beside(jobs: &Jobs, suffix: &str) -> PathBuf {
    let mut name = jobs.file.clone().into_os_string();
    name.push(suffix);
    name.into()
}

/// A worker in the middle of its jobs.
fn in_the_middle(jobs: &Jobs) -> Started {
    jobs.worker_at_work(&["--job-time", "100ms", "--lease", "300ms"])
}

#[track_caller]
fn is_an_error(output: &Output, why: &str) {
    assert_eq!(output.status, Some(1), "{}{}", output.stdout, output.stderr);
    assert!(
        !output.stdout.contains("one result each"),
        "{}",
        output.stdout
    );
    assert!(output.stderr.contains(why), "{}", output.stderr);
}

const NOT_THE_FILE: &str = "is not the file that was opened";

#[test]
fn a_file_that_is_removed_moved_or_replaced_while_a_worker_runs_is_an_error() {
    let jobs = Jobs::new(30, &[]);
    let worker = in_the_middle(&jobs);
    fs::remove_file(&jobs.file).unwrap();
    is_an_error(&worker.output(), NOT_THE_FILE);
    assert!(!jobs.file.exists(), "nothing is made anew in its place");

    let jobs = Jobs::new(30, &[]);
    let worker = in_the_middle(&jobs);
    fs::rename(&jobs.file, beside(&jobs, ".old")).unwrap();
    is_an_error(&worker.output(), NOT_THE_FILE);

    let (jobs, other) = (Jobs::new(30, &[]), Jobs::new(1, &[]));
    let worker = in_the_middle(&jobs);
    fs::rename(&other.file, &jobs.file).unwrap();
    is_an_error(&worker.output(), NOT_THE_FILE);
}

#[test]
fn a_file_that_was_removed_is_an_error_also_when_the_last_job_is_done() {
    let jobs = Jobs::new(1, &[]);
    let knobs = ["--work", "--job-time", "1s", "--lease", "60s"];
    let worker = jobs.call(&knobs).start();
    within("the job is begun", || (jobs.runs() > 0).then_some(()));
    fs::remove_file(&jobs.file).unwrap();
    is_an_error(&worker.output(), NOT_THE_FILE);
}

#[test]
fn a_file_that_is_cut_while_a_worker_runs_is_an_error() {
    let jobs = Jobs::new(5_000, &[]);
    let worker = in_the_middle(&jobs);
    fs::write(&jobs.file, "").unwrap();
    let output = worker.output();
    assert_eq!(output.status, Some(1), "{}{}", output.stdout, output.stderr);
    assert!(!output.stdout.contains("\"done\""), "{}", output.stdout);
}

#[test]
fn a_log_that_is_removed_while_a_worker_runs_is_an_error_and_nothing_is_lost() {
    for suffix in ["-wal", "-shm"] {
        let jobs = Jobs::new(30, &[]);
        let worker = in_the_middle(&jobs);
        fs::remove_file(beside(&jobs, suffix)).unwrap();
        is_an_error(&worker.output(), "was in use when its log was taken away");
        let last = jobs.call(&WORK).output();
        assert_eq!(last.status, Some(0), "{suffix}: {}", last.stderr);
        all_is_well(&jobs, 30, suffix);
    }
}

#[test]
fn a_lease_that_is_taken_away_counts_for_nothing() {
    let jobs = Jobs::new(2, &[]);
    let knobs = ["--job-time", "1s", "--lease", "60s", "--workers", "1"];
    let robbed = jobs.worker_at_work(&knobs);
    jobs.change("UPDATE jobs SET state = 'waiting', due_ms = 0 WHERE state = 'leased'");
    let other = jobs.call(&["--work", "--format", "json"]).args(knobs);
    let other = told(&other.output());
    let robbed = told(&robbed.output());
    let done = |told| count(told, "worked", "done");
    assert_eq!(done(&other) + done(&robbed), 2);
    assert_eq!(count(&robbed, "worked", "lost"), 1);
    assert_eq!(jobs.ask("SELECT count(*) FROM results"), 2);
}

/// No file may be longer than so many blocks of 512 bytes, as where a disk is full.
fn with_little_room(blocks: u32, test: [&str; 3], jobs: &Jobs) -> Output {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" jobs --durable \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_asyncdemo")])
        .arg(&jobs.file)
        .args(test)
        .output()
        .unwrap();
    Output {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn where_there_is_no_room_jobs_are_accepted_whole_or_not_at_all() {
    let jobs = Jobs::new(1, &[]);
    for blocks in [16, 64, 256] {
        let output = with_little_room(blocks, ["--enqueue", "20000", "--quiet"], &jobs);
        is_an_error(&output, "could not be written");
        assert_eq!(jobs.ask("SELECT count(*) FROM jobs"), 1, "{blocks} blocks");
    }
    let jobs = Jobs::new(400, &[]);
    // Its log has room for a part of the jobs; what it says that it has done, is done.
    let output = with_little_room(256, ["--work", "--job-time", "1ms"], &jobs);
    if output.status == Some(0) {
        panic!("{}", output.stdout);
    }
    is_an_error(&output, "could not be written");
    let last = jobs.call(&WORK).output();
    assert_eq!(last.status, Some(0), "{}", last.stderr);
    all_is_well(&jobs, 400, "no room");
}

#[test]
fn db_and_learn_say_so_too_when_their_file_is_gone() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("items.db");
    let started = Test::new(["db", "--strategy", "writers", "--latency", "400ms"])
        .args(["--queries", "3", "--database"])
        .args([&file])
        .start();
    within("its file", || {
        let mut log = file.clone().into_os_string();
        log.push("-wal");
        fs::metadata(log)
            .is_ok_and(|log| log.len() > 0)
            .then_some(())
    });
    fs::remove_file(&file).unwrap();
    let output = started.output();
    assert_eq!(output.status, Some(1), "{}{}", output.stdout, output.stderr);
    assert!(!output.stdout.contains("every new row is there"));
    let said = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(said.contains(NOT_THE_FILE), "{said}");
}

#[test]
fn learn_calls_nothing_saved_that_is_in_a_removed_file() {
    let place = tempfile::tempdir().unwrap();
    let mut screen = Test::new(["learn", "gather"])
        .env("ASYNCDEMO_DATA_DIR", place.path())
        .on_a_terminal(40, 100);
    screen.wait_for("step 1 of");
    fs::remove_file(place.path().join("progress.db")).unwrap();
    screen.press("q\r");
    let seen = screen.finish();
    assert!(!seen.screen.contains("Saved."), "{}", seen.screen);
    assert!(seen.screen.contains("Not saved"), "{}", seen.screen);
}
