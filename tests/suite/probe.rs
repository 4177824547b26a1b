//! `asyncdemo probe` against services of every kind: what is said of them is right, or less is said.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use asyncdemo::report::{Outcome, Report};
use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use tokio::sync::{Mutex, Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::support::{BusyCore, Output, Test, wait, within};

/// How long a request takes alone.
const WORK: Duration = Duration::from_millis(150);

/// A service on a thread of its own, with `/ping` beside `/`. It ends when this is dropped.
struct Service {
    address: SocketAddr,
    _over: oneshot::Sender<()>,
}

impl Service {
    /// Its plain threads are as many as FastAPI's.
    fn start(app: Router) -> Self {
        let app = app.route("/ping", get(async || "pong"));
        let (tell, told) = std::sync::mpsc::channel();
        let (over, ends) = oneshot::channel();
        thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().max_blocking_threads(40).build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    _ = axum::serve(listener, app) => {}
                    _ = ends => {}
                }
            });
        });
        Self {
            address: told.recv().unwrap(),
            _over: over,
        }
    }

    fn of<F: Future<Output: IntoResponse> + Send>(
        handle: impl Fn() -> F + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::start(Router::new().route("/", get(handle)))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn probe(&self, flags: &[&str]) -> Output {
        let call = Test::new(["probe", &self.url("/")]);
        call.args(flags).output()
    }

    fn report(&self, flags: &[&str]) -> Report {
        let output = self.probe(&[&["--format", "json"], flags].concat());
        let report = serde_json::from_str(&output.stdout);
        report.unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }
}

fn overlapping() -> Service {
    Service::of(|| sleep(WORK))
}

fn blocking() -> Service {
    Service::of(async || wait(WORK))
}

fn serialising() -> Service {
    let lock = Arc::<Mutex<()>>::default();
    Service::of(move || {
        let lock = Arc::clone(&lock);
        async move {
            let _turn = lock.lock().await;
            sleep(WORK).await;
        }
    })
}

fn pool_of_five() -> Service {
    let places = Arc::new(Semaphore::new(5));
    Service::of(move || {
        let places = Arc::clone(&places);
        async move {
            let _place = places.acquire().await;
            sleep(WORK).await;
        }
    })
}

fn threads() -> Service {
    Service::of(async || spawn_blocking(|| wait(WORK * 4)).await.unwrap())
}

/// What is never answered whole: in time, it says nothing; or it says what no answer begins with, again and again.
#[test]
fn a_service_that_answers_nothing_in_all_the_time_fails_the_check() {
    use std::io::{Read, Write};
    for (words, pause) in [("", 0), ("HTTP/1.1 200 OK\r\nX: ", 20), ("a", 20)] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let _request = connection.read(&mut [0; 1024]);
                thread::spawn(move || {
                    while connection.write_all(words.as_bytes()).is_ok() {
                        wait(Duration::from_millis(pause.max(1)));
                    }
                });
            }
        });
        let output = Test::new(["probe", &url, "--for", "700ms"]).output();
        assert_eq!(output.status, Some(1), "{words:?}: {output:?}");
    }
}

/// So many steps take [`WORK`] on this machine where nothing is in the way.
fn steps() -> u64 {
    let tried = 1 << 22;
    let took = (0..5).map(|_| {
        let begun = Instant::now();
        compute(tried);
        begun.elapsed()
    });
    let each = took.min().unwrap().as_secs_f64() / tried as f64;
    (WORK.as_secs_f64() / each) as u64
}

fn compute(steps: u64) -> u64 {
    (0..steps).fold(1, |sum: u64, step| {
        std::hint::black_box(
            sum.wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(step),
        )
    })
}

fn computing() -> Service {
    let steps = steps();
    Service::of(move || async move {
        spawn_blocking(move || compute(steps))
            .await
            .unwrap()
            .to_string()
    })
}

/// Has room for one, and turns the others away.
fn refusing() -> Service {
    let under_way = Arc::<AtomicUsize>::default();
    Service::of(move || {
        let under_way = Arc::clone(&under_way);
        async move {
            let alone = under_way.fetch_add(1, Ordering::SeqCst) == 0;
            sleep(WORK).await;
            under_way.fetch_sub(1, Ordering::SeqCst);
            match alone {
                true => StatusCode::OK,
                false => StatusCode::SERVICE_UNAVAILABLE,
            }
        }
    })
}

/// A service, what is asked of it beside its URL, and the kind of the right finding.
type Kind = (fn() -> Service, &'static [&'static str], &'static str);

const KINDS: [Kind; 7] = [
    (overlapping, &[], "overlapped"),
    (blocking, &[], "loop_blocked"),
    (serialising, &[], "pool"),
    (pool_of_five, &[], "pool"),
    (threads, &["--at-once", "90"], "threads"),
    (computing, &["--for", "40s"], "slower_together"),
    (refusing, &[], "failed"),
];

/// The kind of the one finding, and its text.
fn verdict(service: &Service, flags: &[&str]) -> (String, String) {
    let report = service.report(&[&["--ping", &service.url("/ping")], flags].concat());
    let [finding] = &report.findings[..] else {
        panic!("one verdict: {:?}", report.findings)
    };
    (finding.kind.clone(), finding.text.clone())
}

/// The verdict, asked for until it is the right one; any other than "inconclusive" is wrong.
fn is_told(service: fn() -> Service, flags: &[&str], right: &str) {
    let service = service();
    within(right, || {
        let (kind, text) = verdict(&service, flags);
        assert!(
            kind == right || kind == "inconclusive",
            "{kind} is not {right}: {text}"
        );
        (kind == right).then_some(())
    });
}

#[test]
fn waits_that_overlap_are_told() {
    is_told(overlapping, &[], "overlapped");
}

#[test]
fn a_blocked_event_loop_is_told() {
    is_told(blocking, &[], "loop_blocked");
}

#[test]
fn a_lock_is_told_from_a_blocked_event_loop() {
    is_told(serialising, &[], "pool");
}

#[test]
fn a_pool_is_told_with_its_size() {
    let service = pool_of_five();
    let text = within("a pool", || {
        let (kind, text) = verdict(&service, &[]);
        (kind == "pool").then_some(text)
    });
    assert!(text.contains("a pool of 5 (5, 5, 2)"), "{text}");
}

#[test]
fn threads_are_told() {
    is_told(threads, &["--at-once", "90"], "threads");
}

#[test]
fn errors_are_told_with_what_to_do() {
    is_told(refusing, &[], "failed");
    let service = refusing();
    let output = service.probe(&[]);
    assert_eq!(output.status, Some(1), "{output:?}");
    for said in ["status 503", "--at-once", "✗"] {
        assert!(output.stdout.contains(said), "{said}: {}", output.stdout);
    }
}

#[test]
fn without_a_ping_less_is_said_and_that_is_said() {
    let service = blocking();
    let text = within("a verdict", || {
        let report = service.report(&[]);
        let finding = &report.findings[0];
        assert!(report.strategies.iter().all(|it| it.heartbeat.is_none()));
        assert_ne!(finding.kind, "loop_blocked", "{}", finding.text);
        (finding.kind == "one_at_a_time").then(|| finding.text.clone())
    });
    assert!(text.contains("without --ping URL"), "{text}");
}

#[test]
fn the_report_has_the_lanes_of_the_answers_and_the_pings_as_their_heartbeat() {
    let service = blocking();
    let report = within("a verdict", || {
        let report = service.report(&["--at-once", "5", "--ping", &service.url("/ping")]);
        (report.findings[0].kind == "loop_blocked").then_some(report)
    });
    let [alone, at_once] = &report.strategies[..] else {
        panic!("{:?}", report.strategies)
    };
    assert_eq!((alone.name.as_str(), alone.tasks.len()), ("alone", 1));
    assert_eq!((at_once.name.as_str(), at_once.tasks.len()), ("at-once", 5));
    let completed = |outcome: Outcome| outcome == Outcome::Completed;
    assert!(at_once.tasks.iter().all(|task| completed(task.outcome)));
    assert!(at_once.wall().unwrap().0 >= WORK * 5);
    let heartbeat = at_once.heartbeat.as_ref().unwrap();
    assert!(heartbeat.max_gap_s.0 >= WORK, "{heartbeat:?}");
    assert_eq!(heartbeat.lane.as_ref().unwrap().label, "ping");
    assert!(at_once.metrics["longest_ping_s"] >= WORK.as_secs_f64());
    crate::report_schema::assert_valid(&serde_json::to_value(&report).unwrap());
}

#[test]
fn a_check_for_ci_fails_where_pings_waited() {
    let flags = |service: &Service| {
        let ping = service.url("/ping");
        ["--at-once", "4", "--fail-blocked", "120ms", "--ping"]
            .map(str::to_owned)
            .into_iter()
            .chain([ping])
            .collect::<Vec<_>>()
    };
    let (blocked, free) = (blocking(), overlapping());
    let run = |service: &Service| {
        let flags = flags(service);
        service.probe(&flags.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let output = run(&blocked);
    assert_eq!(output.status, Some(1), "{output:?}");
    assert!(
        output.stderr.contains("--fail-blocked allows 120 ms"),
        "{output:?}"
    );
    within("a free event loop", || {
        (run(&free).status == Some(0)).then_some(())
    });
}

#[test]
fn a_service_that_says_nothing_is_told_when_the_time_is_over() {
    let service = Service::of(pending::<()>);
    let output = service.probe(&["--for", "300ms"]);
    let text = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(output.status, Some(1), "{text}");
    assert!(
        text.contains("300 ms (--for). Give it more time") || text.contains("timed out. Give it"),
        "{text}"
    );
}

#[test]
fn nobody_who_listens_and_a_ping_that_fails_are_told() {
    let output = Test::new(["probe", "http://127.0.0.1:1/"]).output();
    assert_eq!(output.status, Some(1));
    assert!(
        output.stdout.contains("refused. Start the server"),
        "{}",
        output.stdout
    );
    let service = overlapping();
    let output = service.probe(&["--ping", &service.url("/nowhere")]);
    assert_eq!(output.status, Some(1));
    let text = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        text.contains("/nowhere (--ping) cannot be pinged: status 404"),
        "{text}"
    );
}

#[test]
fn method_headers_and_body_are_sent() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let echo = async move |method: Method, headers: HeaderMap, body: String| {
        let header = |name: &str| headers.get(name).map(|it| it.to_str().unwrap().to_owned());
        noted
            .lock()
            .unwrap()
            .push((method, header("content-type"), header("x-who"), body));
        sleep(Duration::from_millis(20)).await;
    };
    let service = Service::start(Router::new().route("/", any(echo)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("job.json");
    std::fs::write(&file, "{\"n\": 1}").unwrap();
    let data = file.to_str().unwrap();
    let report = service.report(&[
        "--at-once",
        "2",
        "--data",
        data,
        "--header",
        "X-Who: me, secretly",
    ]);
    let json = Some("application/json".to_owned());
    let expected = (
        Method::POST,
        json,
        Some("me, secretly".to_owned()),
        "{\"n\": 1}".to_owned(),
    );
    let all = std::mem::take(&mut *seen.lock().unwrap());
    assert!(
        all.len() > 4 && all.iter().all(|one| *one == expected),
        "{all:?}"
    );
    let told = serde_json::to_string(&report).unwrap();
    assert!(
        told.contains("x-who") && !told.contains("secretly"),
        "{told}"
    );
    service.report(&[
        "--at-once",
        "2",
        "--method",
        "PUT",
        "--data",
        data,
        "--header",
        "content-type: text/plain",
    ]);
    let last = seen.lock().unwrap().pop().unwrap();
    assert_eq!(
        (last.0, last.1.as_deref()),
        (Method::PUT, Some("text/plain"))
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (flags, said) in [
        (&["ftp://localhost/"][..], "http or https URL"),
        (&["http://localhost/", "--at-once", "1"], "from 2 to 500"),
        (&["http://localhost/", "--fail-blocked", "1s"], "--ping"),
        (
            &["http://localhost/", "--header", "nonsense"],
            "a name and a value",
        ),
        (&["http://localhost/", "--method", "GE T"], "--method"),
        (
            &["http://localhost/", "--data", "/no/such/file"],
            "cannot be read",
        ),
        (
            &["http://192.0.2.1/", "--at-once", "26"],
            "from 2 to 25 for 192.0.2.1",
        ),
        (&[], "<URL>"),
    ] {
        let output = Test::new(["probe"]).args(flags).output();
        assert_eq!(output.status, Some(2), "{flags:?}: {output:?}");
        assert!(output.stderr.contains(said), "{flags:?}: {}", output.stderr);
        assert_eq!(output.stdout, "");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_gives_the_partial_result() {
    let asked = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&asked);
    let service = Service::of(move || {
        let before = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            // One that is not counted, and three alone: what comes then is never answered.
            match before {
                0..4 => sleep(WORK).await,
                _ => pending().await,
            }
        }
    });
    let call = Test::new([
        "probe",
        &service.url("/"),
        "--at-once",
        "6",
        "--format",
        "json",
    ]);
    let started = call.start();
    within("many requests at once", || {
        (asked.load(Ordering::SeqCst) >= 6).then_some(())
    });
    crate::support::signal("INT", started.pid());
    let output = started.output();
    assert_eq!(output.status, Some(130), "{output:?}");
    let report: Report = serde_json::from_str(&output.stdout).unwrap();
    assert!(report.partial && report.findings.is_empty());
    assert_eq!(report.strategies[0].tasks.len(), 1);
}

/// Right or inconclusive, and never wrong, with a core that is busy elsewhere.
#[test]
#[ignore = "takes some minutes: cargo test --test suite -- --ignored --nocapture with_a_core_kept_busy"]
fn with_a_core_kept_busy_no_verdict_is_wrong() {
    let _busy = BusyCore::start();
    let mut wrong = Vec::new();
    for (service, flags, right) in KINDS {
        let service = service();
        let (mut hits, mut unclear) = (0, 0);
        for _ in 0..20 {
            let (kind, text) = verdict(&service, flags);
            hits += usize::from(kind == right);
            unclear += usize::from(kind == "inconclusive");
            if kind != right && kind != "inconclusive" {
                wrong.push(text);
            }
        }
        println!("{right}: {hits} right, {unclear} inconclusive, of 20");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
