use super::*;
use std::collections::BTreeSet;
use std::sync::Mutex;

use tempfile::TempDir;

const POLICY: LeasePolicy = LeasePolicy {
    lease: Duration::from_secs(60),
    attempts: 2,
};

/// A lease that ends at once.
const NO_LEASE: LeasePolicy = LeasePolicy {
    lease: Duration::ZERO,
    attempts: 3,
};

fn jobs(count: usize) -> Vec<NewJob> {
    let job = |id| NewJob {
        key: format!("job {id}"),
        fails: false,
    };
    (1..=count).map(job).collect()
}

async fn store(count: usize) -> SqliteJobs {
    let store = SqliteJobs::temporary().unwrap();
    store.enqueue(jobs(count)).await.unwrap();
    store
}

async fn claim(store: &SqliteJobs, worker: &str, policy: LeasePolicy) -> Lease {
    match store.claim(worker, policy).await.unwrap() {
        Claimed::Job(held) => held,
        other => panic!("{worker} got {other:?}"),
    }
}

/// A claim for which there is a job as soon as the clock has moved on.
async fn claim_soon(store: &SqliteJobs, worker: &str, policy: LeasePolicy) -> Lease {
    loop {
        match store.claim(worker, policy).await.unwrap() {
            Claimed::Job(held) => return held,
            Claimed::Wait { .. } => tokio::time::sleep(Duration::from_millis(1)).await,
            Claimed::Empty => panic!("{worker} found nothing"),
        }
    }
}

/// How often two leases of one job overlapped in time.
async fn leases_shared(store: &SqliteJobs) -> u32 {
    let query = "SELECT count(*) FROM leases a JOIN leases b ON a.job = b.job AND a.lease < b.lease
                 WHERE a.until_ms > b.from_ms";
    let ask = store.read(move |connection| connection.query_row(query, (), |row| row.get(0)));
    ask.await.unwrap()
}

#[tokio::test]
async fn a_key_that_is_there_already_is_counted_and_not_added() {
    let store = store(3).await;
    let again = store.enqueue(jobs(5)).await.unwrap();
    assert_eq!(
        again,
        Enqueued {
            new: 2,
            already_there: 3
        }
    );
    assert_eq!(store.counts().await.unwrap().jobs, 5);
}

#[tokio::test]
async fn a_job_goes_to_one_worker_and_its_result_is_there_once() {
    let store = store(1).await;
    let held = claim(&store, "a", POLICY).await;
    assert!(matches!(
        store.claim("b", POLICY).await.unwrap(),
        Claimed::Wait { .. }
    ));
    assert!(store.complete(&held, "one".into()).await.unwrap());
    assert!(!store.complete(&held, "two".into()).await.unwrap());
    assert_eq!(store.claim("b", POLICY).await.unwrap(), Claimed::Empty);
    assert_eq!(
        store.results().await.unwrap(),
        [("job 1".into(), "one".into())]
    );
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.done, counts.runs, counts.repeats), (1, 1, 0));
}

#[tokio::test]
async fn whose_lease_has_ended_writes_nothing_once_another_has_the_job() {
    let store = store(1).await;
    let late = claim(&store, "late", NO_LEASE).await;
    let next = claim_soon(&store, "next", POLICY).await;
    assert_eq!((&late.key, late.lease + 1), (&next.key, next.lease));
    assert!(!store.extend(&late, POLICY).await.unwrap());
    assert!(!store.complete(&late, "late".into()).await.unwrap());
    assert!(!store.fail(&late, "late".into(), POLICY).await.unwrap());
    assert!(!store.give_back(&late).await.unwrap());
    assert!(store.complete(&next, "next".into()).await.unwrap());
    assert_eq!(
        store.results().await.unwrap(),
        [("job 1".into(), "next".into())]
    );
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.runs, counts.repeats, counts.lost()), (2, 1, 0));
    assert_eq!(leases_shared(&store).await, 0);
}

#[tokio::test]
async fn an_extended_lease_keeps_the_job() {
    let store = store(1).await;
    let held = claim(&store, "a", NO_LEASE).await;
    assert!(store.extend(&held, POLICY).await.unwrap());
    assert!(matches!(
        store.claim("b", POLICY).await.unwrap(),
        Claimed::Wait { .. }
    ));
    assert!(store.complete(&held, "one".into()).await.unwrap());
}

#[tokio::test]
async fn a_job_that_fails_is_tried_again_after_a_rest_and_then_is_dead() {
    let store = store(1).await;
    let first = claim(&store, "a", POLICY).await;
    assert!(store.fail(&first, "no".into(), POLICY).await.unwrap());
    let resting = store.claim("a", POLICY).await.unwrap();
    assert!(
        matches!(resting, Claimed::Wait { awaited: Awaited::Rest, time } if time > Duration::ZERO)
    );
    let second = claim_soon(&store, "a", POLICY).await;
    assert!(
        store
            .fail(&second, "still no".into(), POLICY)
            .await
            .unwrap()
    );
    assert_eq!(store.claim("a", POLICY).await.unwrap(), Claimed::Empty);
    let (key, error) = ("job 1".into(), "still no".into());
    assert_eq!(store.dead(9).await.unwrap(), [Dead { key, error }]);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.dead, counts.left(), counts.lost()), (1, 0, 0));
}

#[tokio::test]
async fn a_job_whose_workers_all_vanish_is_dead_too() {
    let store = store(1).await;
    for _ in 0..NO_LEASE.attempts {
        claim_soon(&store, "a", NO_LEASE).await;
    }
    while store.claim("a", NO_LEASE).await.unwrap() != Claimed::Empty {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(store.dead(9).await.unwrap()[0].error, VANISHED);
}

#[tokio::test]
async fn a_job_that_is_given_back_is_free_at_once_and_no_attempt_is_lost() {
    let store = store(1).await;
    for _ in 0..5 {
        let held = claim(&store, "a", POLICY).await;
        assert!(store.give_back(&held).await.unwrap());
    }
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.waiting, counts.runs, counts.repeats), (1, 5, 4));
    assert_eq!(leases_shared(&store).await, 0);
}

/// Two connections of one file, each with a thread of its own, as two processes have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connections_never_have_the_same_lease() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("jobs.db");
    let stores = [
        SqliteJobs::make_or_open(&file).unwrap(),
        SqliteJobs::open(&file).unwrap(),
    ];
    stores[0].enqueue(jobs(60)).await.unwrap();
    let leases = Arc::new(Mutex::new(BTreeSet::new()));
    // Half of all jobs are dropped without a word, and their leases end very soon.
    let policy = LeasePolicy {
        lease: Duration::from_millis(5),
        attempts: 1000,
    };
    let hammering = stores.iter().enumerate().map(|(number, store)| {
        let (store, leases) = (store.clone(), Arc::clone(&leases));
        tokio::spawn(async move {
            let name = format!("worker {number}");
            loop {
                match store.claim(&name, policy).await.unwrap() {
                    Claimed::Job(held) => {
                        let new = leases
                            .lock()
                            .unwrap()
                            .insert((held.key.clone(), held.lease));
                        assert!(new, "{held:?} was somebody else's");
                        if !held.lease.is_multiple_of(2) {
                            continue;
                        }
                        store.complete(&held, name.clone()).await.unwrap();
                    }
                    Claimed::Wait { .. } => tokio::task::yield_now().await,
                    Claimed::Empty => break,
                }
            }
        })
    });
    for hammering in futures_util::future::join_all(hammering).await {
        hammering.unwrap();
    }
    let counts = stores[0].counts().await.unwrap();
    assert_eq!((counts.done, counts.left(), counts.lost()), (60, 0, 0));
    assert_eq!(counts.runs as usize, leases.lock().unwrap().len());
    assert!(counts.repeats >= 60, "{counts:?}");
    assert_eq!(leases_shared(&stores[1]).await, 0);
}

#[tokio::test]
async fn what_is_no_file_of_jobs_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(
        path("notes.txt"),
        "not a database, and long enough for one: ".repeat(9),
    )
    .unwrap();
    for (name, why) in [
        ("notes.txt", "is not a SQLite database"),
        ("nothing.db", "is not there"),
    ] {
        let before = std::fs::read(path(name)).ok();
        let error = SqliteJobs::open(&path(name)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(!error.contains("Give --database"), "{error}");
        assert_eq!(std::fs::read(path(name)).ok(), before, "{name}");
    }
    let error = SqliteJobs::make_or_open(&path("notes.txt")).unwrap_err();
    assert!(error.to_string().contains("ive --durable"), "{error}");
}

const DAY: i64 = 24 * 60 * 60 * 1000;

/// How long there is nothing to claim, at most, and for what it waits.
async fn waits(store: &SqliteJobs, policy: LeasePolicy) -> (Awaited, Duration) {
    match store.claim("waiting", policy).await.unwrap() {
        Claimed::Wait { awaited, time } => (awaited, time),
        other => panic!("{other:?} at once"),
    }
}

#[tokio::test]
async fn a_job_that_was_never_run_is_due_now_whatever_the_clock_says() {
    for set in [-DAY, DAY] {
        let store = store(2).await;
        store.clock.set(set);
        for key in ["job 1", "job 2"] {
            let held = claim(&store, "a", POLICY).await;
            assert_eq!(held.key, key);
            assert!(store.complete(&held, "one".into()).await.unwrap());
        }
        assert_eq!(store.counts().await.unwrap().done, 2);
    }
}

#[tokio::test]
async fn set_back_the_clock_lengthens_neither_a_lease_nor_a_rest_beyond_its_own_length() {
    let store = store(2).await;
    let failed = claim(&store, "a", POLICY).await;
    assert!(store.fail(&failed, "no".into(), POLICY).await.unwrap());
    let long = LeasePolicy {
        lease: Duration::from_secs(600),
        ..POLICY
    };
    let held = claim(&store, "a", long).await;
    store.clock.set(-DAY);
    let (awaited, time) = waits(&store, POLICY).await;
    assert_eq!(awaited, Awaited::Rest);
    assert!(time <= backoff(1), "{time:?}");
    let again = claim_soon(&store, "a", POLICY).await;
    assert_eq!(again.key, failed.key);
    // A worker with a shorter lease does not shorten that of another.
    store.complete(&again, "two".into()).await.unwrap();
    let (awaited, time) = waits(&store, NO_LEASE).await;
    assert_eq!(awaited, Awaited::Lease);
    assert!(
        Duration::from_secs(60) < time && time <= long.lease,
        "{time:?}"
    );
    assert!(store.extend(&held, long).await.unwrap());
    assert!(store.complete(&held, "one".into()).await.unwrap());
    assert_eq!(store.counts().await.unwrap().done, 2);
}

#[tokio::test]
async fn set_forward_the_clock_ends_leases_and_no_job_is_lost_or_done_twice() {
    // Another worker takes it over, and the first is told so.
    let taken = store(1).await;
    let first = claim(&taken, "a", POLICY).await;
    taken.clock.set(DAY);
    let second = claim(&taken, "b", POLICY).await;
    assert!(!taken.complete(&first, "first".into()).await.unwrap());
    assert!(taken.complete(&second, "second".into()).await.unwrap());
    assert_eq!(taken.counts().await.unwrap().done, 1);
    // With its last attempt it is taken for dead: the worker that has it all the while proves otherwise.
    let last = LeasePolicy {
        attempts: 1,
        ..POLICY
    };
    for extends in [true, false] {
        let buried = store(1).await;
        let held = claim(&buried, "a", last).await;
        buried.clock.set(DAY);
        assert_eq!(buried.claim("b", last).await.unwrap(), Claimed::Empty);
        assert_eq!(buried.counts().await.unwrap().dead, 1);
        if extends {
            assert!(buried.extend(&held, last).await.unwrap());
            assert_eq!(buried.counts().await.unwrap().leased, 1);
        }
        assert!(buried.complete(&held, "one".into()).await.unwrap());
        assert!(!buried.complete(&held, "two".into()).await.unwrap());
        let counts = buried.counts().await.unwrap();
        assert_eq!((counts.done, counts.dead, counts.lost()), (1, 0, 0));
    }
    assert!(HELD.contains(VANISHED));
}

#[tokio::test]
async fn a_file_from_before_spans_were_kept_is_brought_up_to_date() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("jobs.db");
    let store = SqliteJobs::make_or_open(&file).unwrap();
    store.enqueue(jobs(1)).await.unwrap();
    let old = "ALTER TABLE jobs DROP COLUMN span_ms; PRAGMA user_version = 101;";
    store
        .read(move |connection| connection.execute_batch(old))
        .await
        .unwrap();
    store.close().await.unwrap();
    let store = SqliteJobs::open(&file).unwrap();
    store.clock.set(-DAY);
    let (_, time) = waits(&store, POLICY).await;
    assert!(time <= Duration::from_secs(60), "{time:?}");
}
