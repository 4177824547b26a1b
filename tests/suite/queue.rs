//! Jobs that outlive the program: put in, worked on by real processes, and those killed.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::{Output, Started, Test, signal, wait, within};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Jobs {
    _directory: TempDir,
    pub(crate) file: PathBuf,
}

impl Jobs {
    pub(crate) fn new(count: usize, more: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("jobs.db");
        let jobs = Self {
            _directory: directory,
            file,
        };
        let put_in = jobs.call(&["--enqueue", &count.to_string()]).args(more);
        assert_eq!(put_in.output().status, Some(0));
        jobs
    }

    pub(crate) fn call(&self, more: &[&str]) -> Test {
        Test::new(["jobs", "--durable"])
            .args([&self.file])
            .args(more)
    }

    /// Looks into the file, as another program would.
    pub(crate) fn ask(&self, query: &str) -> usize {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags).unwrap();
        connection.busy_timeout(Duration::from_secs(30)).unwrap();
        connection
            .query_row(query, (), |row| row.get::<_, i64>(0))
            .map(|count| usize::try_from(count).unwrap())
            .unwrap()
    }

    /// Changes the file, as another program would.
    pub(crate) fn change(&self, sql: &str) {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags).unwrap();
        connection.busy_timeout(Duration::from_secs(30)).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    pub(crate) fn runs(&self) -> usize {
        self.ask("SELECT count(*) FROM leases")
    }

    pub(crate) fn leases_shared(&self) -> usize {
        self.ask(
            "SELECT count(*) FROM leases a JOIN leases b ON a.job = b.job AND a.lease < b.lease
             WHERE a.until_ms > b.from_ms",
        )
    }

    /// Starts a worker, and waits until it has begun a job that nobody had begun so before.
    pub(crate) fn worker_at_work(&self, more: &[&str]) -> Started {
        let before = self.runs();
        let worker = self
            .call(&["--work", "--format", "json"])
            .args(more)
            .start();
        within("a job is begun", || (self.runs() > before).then_some(()));
        worker
    }
}

/// What a call with `--format json` told.
#[track_caller]
pub(crate) fn told(output: &Output) -> Value {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", output.stdout, output.stderr))
}

#[track_caller]
pub(crate) fn count(told: &Value, of: &str, what: &str) -> usize {
    let found = told[of][what].as_u64();
    usize::try_from(found.unwrap_or_else(|| panic!("no {of}.{what} in {told}"))).unwrap()
}

/// Numbers that are as good as random, the same for each seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// From the clock, or from the environment: to repeat what has failed.
    pub(crate) fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seed = std::env::var("QUEUE_SEED").map_or(since.as_nanos() as u64, |seed| {
            seed.parse().expect("QUEUE_SEED is a number")
        });
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn each_way_of_queueing_shows_what_it_is_for() {
    let knobs = [
        "--all",
        "--job-time",
        "60ms",
        "--every",
        "2ms",
        "--format",
        "json",
    ];
    let report = told(&Test::new(["queue"]).args(knobs).output());
    let kinds = report["findings"].as_array().unwrap();
    let kinds: Vec<_> = kinds
        .iter()
        .filter_map(|fact| fact["kind"].as_str())
        .collect();
    for kind in [
        "queue_piled_up",
        "producer_held_back",
        "jobs_at_once",
        "jobs_on_disk",
    ] {
        assert!(kinds.contains(&kind), "no {kind} in {kinds:?}");
    }
    let most = |place: usize| report["strategies"][place]["metrics"]["queue_depth_count"].as_f64();
    assert!(most(0) > most(1), "unbounded grows, bounded does not");
    assert_eq!(most(1), Some(3.0));
}

#[test]
fn jobs_are_put_in_once_and_worked_on() {
    let jobs = Jobs::new(3, &[]);
    let file = jobs.file.display();
    jobs.call(&["--enqueue", "4"])
        .stdout(format!(
            "\
{file}
  enqueued          1 new, 3 already there
  jobs              4: 0 done, 0 dead, 4 left, 0 lost
  left              4 waiting, 0 leased
  runs              0, of them 0 repeats

Next: asyncdemo jobs --durable {file} --work
"
        ))
        .run();
    let output = jobs.call(&["--work", "--job-time", "1ms"]).output();
    assert_eq!((output.status, &*output.stderr), (Some(0), ""));
    let mut lines = output.stdout.lines().skip(1);
    let worker = lines.next().unwrap();
    assert!(
        worker.starts_with("  this worker       4 done, in "),
        "{worker}"
    );
    let rest: Vec<_> = lines.collect();
    assert_eq!(
        rest,
        [
            "  jobs              4: 4 done, 0 dead, 0 left, 0 lost",
            "  runs              4, of them 0 repeats",
            "",
            "Every job is done, with one result each, and none is lost.",
        ]
    );
    let status = told(&jobs.call(&["--format", "json"]).output());
    assert_eq!(status["schema"], "asyncdemo.jobs/1");
    assert_eq!(count(&status, "counts", "done"), 4);
    assert_eq!(status["worked"], Value::Null);
}

#[test]
fn what_fails_is_tried_again_and_then_put_aside() {
    let jobs = Jobs::new(5, &["--failing", "2"]);
    let knobs = ["--work", "--job-time", "1ms", "--attempts", "2"];
    let output = jobs.call(&knobs).output();
    assert_eq!(output.status, Some(0));
    assert!(
        output.stdout.contains(
            "Dead, after too many attempts: job 1 (it was told to fail), job 2 (it was told"
        ),
        "{}",
        output.stdout
    );
    let status = told(&jobs.call(&["--format", "json"]).output());
    let counted = ["done", "dead", "runs", "repeats"].map(|what| count(&status, "counts", what));
    assert_eq!(counted, [3, 2, 7, 2]);
}

#[test]
fn knobs_that_make_no_sense_together_are_refused() {
    for (line, why) in [
        (&["--enqueue", "3"][..], "--durable FILE"),
        (&["--work"], "--durable FILE"),
        (&["--durable", "x.db", "--failing", "3"], "--enqueue N"),
        (
            &["--durable", "x.db", "--enqueue", "2", "--failing", "3"],
            "more than --enqueue 2",
        ),
        (&[], "--durable FILE"),
        (&["--durable", "x.db", "--work", "--all"], "--all"),
        (&["--durable", "x.db", "--code"], "--code"),
        (&["--durable", "x.db", "--broker", "http://x/"], "--broker"),
        (&["--broker", "http://x/", "--work"], "--broker"),
    ] {
        let output = Test::new(["jobs"]).args(line).output();
        assert_eq!((output.status, &*output.stdout), (Some(2), ""), "{line:?}");
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
        assert!(output.stderr.contains(why), "{line:?}: {}", output.stderr);
    }
    assert!(!Path::new("x.db").exists());
}

#[test]
fn queue_says_in_one_line_where_its_old_knobs_went() {
    for (line, with) in [
        (
            &["--durable", "x.db", "--enqueue", "3"][..],
            "--durable FILE",
        ),
        (&["--durable=x.db"], "--durable FILE"),
        (&["--broker", "redis://localhost", "--work"], "--broker URL"),
        (&["--jobs", "3", "--work"], "--work"),
        (&["--lease", "1s"], "--lease DURATION"),
    ] {
        Test::new(["queue"])
            .args(line)
            .status(2)
            .stderr(format!(
                "error: queue {with} is now: asyncdemo jobs {with}\n"
            ))
            .run();
    }
    assert!(!Path::new("x.db").exists());
}

#[cfg(not(feature = "redis"))]
#[test]
fn without_redis_it_says_how_to_get_it() {
    Test::new(["jobs", "--broker", "redis://localhost", "--work"])
        .status(2)
        .stderr("error: invalid value 'redis://localhost' for '--broker <URL>': this asyncdemo was built without Redis: cargo build --release --features redis\n\nFor more information, try '--help'.\n")
        .run();
}

#[test]
fn a_file_that_is_not_there_or_is_not_ours_is_an_error_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let missing = directory.path().join("typo.db");
    Test::new(["jobs", "--work", "--durable"])
        .args([&missing])
        .status(1)
        .stderr(format!(
            "asyncdemo: {} is not there. Give it jobs first: --enqueue 200 makes it.\n",
            missing.display()
        ))
        .run();
    assert!(!missing.exists());
    let theirs = directory.path().join("theirs.txt");
    let text = "somebody's notes, long enough to be a database\n".repeat(9);
    fs::write(&theirs, &text).unwrap();
    for mode in [&["--work"][..], &["--enqueue", "3"], &[]] {
        let output = Test::new(["jobs", "--durable"])
            .args([&theirs])
            .args(mode)
            .output();
        assert_eq!((output.status, &*output.stdout), (Some(1), ""), "{mode:?}");
        let told = "is not a SQLite database. It was left as it is. Give --durable a name";
        assert!(output.stderr.contains(told), "{}", output.stderr);
        assert_eq!(fs::read_to_string(&theirs).unwrap(), text);
    }
}

#[test]
fn files_of_db_and_of_queue_are_told_apart() {
    let jobs = Jobs::new(3, &[]);
    let refused = |output: Output, option: &str| {
        let said = output.stdout + &output.stderr;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status, Some(1), "{said}");
        assert!(
            said.contains("was made by asyncdemo for something else"),
            "{said}"
        );
        assert!(said.contains(&format!("Give {option} a name")), "{said}");
    };
    let ask = [
        "--queries",
        "1",
        "--latency",
        "1ms",
        "--strategy",
        "sequential",
        "--database",
    ];
    refused(
        Test::new(["db"]).args(ask).args([&jobs.file]).output(),
        "--database",
    );
    let items = jobs.file.with_file_name("items.db");
    assert_eq!(
        Test::new(["db"]).args(ask).args([&items]).output().status,
        Some(0)
    );
    let before = fs::read(&items).unwrap();
    refused(
        Test::new(["jobs", "--work", "--durable"])
            .args([&items])
            .output(),
        "--durable",
    );
    assert_eq!(fs::read(&items).unwrap(), before);
}

#[test]
fn a_worker_that_is_told_to_stop_gives_its_jobs_back() {
    let jobs = Jobs::new(5, &[]);
    let worker = jobs.worker_at_work(&["--job-time", "60s", "--workers", "2"]);
    within("both lanes have a job", || (jobs.runs() == 2).then_some(()));
    signal("INT", worker.pid());
    let output = worker.output();
    assert_eq!(output.status, Some(130), "{}", output.stderr);
    let told = told(&output);
    assert_eq!(told["partial"], true);
    assert_eq!(count(&told, "worked", "given_back"), 2);
    assert_eq!(count(&told, "counts", "waiting"), 5);
    // Without waiting for leases of five seconds, they are there for the next one.
    let next = jobs.call(&["--work", "--job-time", "1ms", "--format", "json"]);
    let told = self::told(&next.output());
    assert_eq!(count(&told, "counts", "done"), 5);
    assert_eq!(count(&told, "counts", "repeats"), 2);
    assert_eq!(jobs.leases_shared(), 0);
}

#[test]
fn a_worker_that_sleeps_through_its_lease_loses_the_job_and_counts_for_nothing() {
    let jobs = Jobs::new(2, &[]);
    let knobs = ["--job-time", "1s", "--lease", "900ms", "--workers", "1"];
    let sleeper = jobs.worker_at_work(&knobs);
    signal("STOP", sleeper.pid());
    let other = jobs.call(&["--work", "--format", "json"]).args(knobs);
    let other = told(&other.output());
    assert_eq!(count(&other, "worked", "done"), 2);
    signal("CONT", sleeper.pid());
    let sleeper = told(&sleeper.output());
    assert_eq!(count(&sleeper, "worked", "done"), 0);
    assert_eq!(count(&sleeper, "worked", "lost"), 1);
    assert_eq!(jobs.ask("SELECT count(*) FROM results"), 2);
    assert_eq!(jobs.leases_shared(), 0);
}

#[test]
fn two_workers_at_once_never_have_the_same_lease() {
    // Where the machine is so busy that one is done before the other begins, they try again.
    for _ in 0..10 {
        let jobs = Jobs::new(150, &[]);
        let knobs = ["--job-time", "150ms", "--lease", "100ms", "--workers", "16"];
        let work = || {
            jobs.call(&["--work", "--format", "json"])
                .args(knobs)
                .start()
        };
        let told = [work(), work()].map(|worker| self::told(&worker.output()));
        let done = told.each_ref().map(|told| count(told, "worked", "done"));
        assert_eq!(done.iter().sum::<usize>(), 150, "{told:?}");
        assert_eq!(jobs.leases_shared(), 0);
        assert_eq!(jobs.ask("SELECT count(*) FROM results"), 150);
        if done.iter().all(|done| *done > 0) {
            return;
        }
    }
    panic!("in none of ten tries both had a job");
}

/// The promise: whatever kills workers, every job is done, none is lost, and repeats are counted.
#[test]
fn twenty_workers_are_killed_and_every_job_is_done() {
    let mut random = Random::new();
    // Shown where the test fails.
    println!("QUEUE_SEED={}", random.0);
    let jobs = Jobs::new(600, &[]);
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
    for kill in 1..=20 {
        let worker = jobs.worker_at_work(&knobs);
        wait(Duration::from_micros(random.below(100_000)));
        signal("KILL", worker.pid());
        let output = worker.output();
        // Neither a report nor an exit code: it was at work, and had no time for either.
        assert_eq!((output.status, &*output.stdout), (None, ""), "kill {kill}");
    }
    let last = jobs
        .call(&["--work", "--format", "json"])
        .args(knobs)
        .output();
    assert_eq!(last.status, Some(0), "{}", last.stderr);
    let told = told(&last);
    let counted = |what| count(&told, "counts", what);
    assert_eq!((counted("jobs"), counted("done")), (600, 600));
    assert_eq!((counted("dead"), told["left"].as_u64()), (0, Some(0)));
    assert_eq!(told["lost"], 0);
    // In the file, too: one result for each job, one line for each time that one was begun.
    assert_eq!(jobs.ask("SELECT count(DISTINCT job) FROM results"), 600);
    assert_eq!(jobs.runs(), counted("runs"));
    assert_eq!(counted("runs"), 600 + counted("repeats"));
    assert!(counted("repeats") > 0, "not one of the twenty was at work");
    assert_eq!(jobs.leases_shared(), 0);
    let shown = jobs.call(&[]).output().stdout;
    let repeats = format!("of them {} repeat", counted("repeats"));
    assert!(shown.contains(&repeats), "{shown}");
}
