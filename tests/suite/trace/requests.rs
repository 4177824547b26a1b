//! The layer for a service of tower: each request a lane.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use asyncdemo_trace::{Outcome, Recorder, Task};
use axum::Router;
use axum::body::{self, Bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::stream::{self, StreamExt};
use tower::Service;

const SECOND: Duration = Duration::from_secs(1);

async fn ask(app: &Router, method: Method, path: &str) -> Response<body::Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(body::Body::empty()).unwrap();
    app.clone().call(request).await.unwrap()
}

async fn read(answer: Response<body::Body>) -> Result<Bytes, axum::Error> {
    body::to_bytes(answer.into_body(), usize::MAX).await
}

/// Three parts, a second before each.
fn parts() -> body::Body {
    let parts = stream::iter(["one", "two", "six"]).then(async |part| {
        tokio::time::sleep(SECOND).await;
        Ok::<_, Infallible>(part)
    });
    body::Body::from_stream(Box::pin(parts))
}

fn tasks(recorder: &Recorder) -> Vec<Task> {
    recorder.timeline().tasks
}

#[tokio::test(start_paused = true)]
async fn each_request_is_a_lane_called_by_its_method_and_path() {
    let recorder = Recorder::new();
    let line = line!() + 1;
    let layer = recorder.layer();
    let nap = get(async || tokio::time::sleep(SECOND).await);
    let app = Router::new().route("/users/{id}", nap).layer(layer);
    let both = [
        ask(&app, Method::GET, "/users/7?token=x"),
        ask(&app, Method::POST, "/users/8"),
    ];
    for answer in futures_util::future::join_all(both).await {
        read(answer).await.unwrap();
    }
    let [one, two] = &tasks(&recorder)[..] else {
        panic!("two requests")
    };
    assert_eq!((&*one.label, one.end), ("GET /users/7", SECOND));
    assert_eq!((&*two.label, two.end), ("POST /users/8", Duration::ZERO));
    for task in [one, two] {
        assert_eq!(task.outcome, Outcome::Completed);
        assert_eq!(task.location.as_ref().unwrap().line(), line);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_lasts_until_the_end_of_a_body_that_streams() {
    let recorder = Recorder::new();
    let app = Router::new().route("/", get(async || parts()));
    let app = app.layer(recorder.layer());
    let answer = ask(&app, Method::GET, "/").await;
    assert_eq!(tasks(&recorder)[0].outcome, Outcome::Running);
    assert_eq!(read(answer).await.unwrap(), "onetwosix");
    let task = &tasks(&recorder)[0];
    assert_eq!((task.outcome, task.end), (Outcome::Completed, SECOND * 3));
    assert_eq!(task.idle(), SECOND * 3);
    assert_eq!(task.wakes, [SECOND, SECOND * 2, SECOND * 3]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_cancels_a_handler_or_a_body() {
    let recorder = Recorder::new();
    let slow = get(async || tokio::time::sleep(SECOND * 9).await);
    let app = Router::new()
        .route("/slow", slow)
        .route("/parts", get(async || parts()));
    let app = app.layer(recorder.layer());
    let asked = ask(&app, Method::GET, "/slow");
    assert!(tokio::time::timeout(SECOND, asked).await.is_err());
    let mut body = ask(&app, Method::GET, "/parts")
        .await
        .into_body()
        .into_data_stream();
    assert!(body.next().await.is_some());
    drop(body);
    let ended: Vec<_> = tasks(&recorder)
        .iter()
        .map(|task| (task.outcome, task.end))
        .collect();
    assert_eq!(
        ended,
        [
            (Outcome::Cancelled, SECOND),
            (Outcome::Cancelled, SECOND * 2)
        ]
    );
}

/// Whoever sends an answer drops its body unread, or not to its end, where it needs no more of it.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_complete_is_not_cancelled_by_its_drop() {
    let recorder = Recorder::new();
    let sized = async || ([(header::CONTENT_LENGTH, "6")], parts());
    let app = Router::new()
        .route("/sized", get(sized))
        .route("/whole", get(async || "whole"))
        .route("/empty", get(async || ()))
        .route(
            "/unchanged",
            get(async || (StatusCode::NOT_MODIFIED, parts())),
        );
    let app = app.layer(recorder.layer());
    for (method, path, parts) in [
        (Method::GET, "/sized", 2),
        (Method::GET, "/whole", 1),
        (Method::GET, "/empty", 0),
        (Method::GET, "/unchanged", 0),
        (Method::HEAD, "/sized", 0),
    ] {
        let mut body = ask(&app, method, path).await.into_body().into_data_stream();
        for _ in 0..parts {
            assert!(body.next().await.is_some(), "{path}");
        }
    }
    let outcomes: Vec<_> = tasks(&recorder).iter().map(|task| task.outcome).collect();
    assert_eq!(outcomes, [Outcome::Completed; 5]);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_could_not_do_has_failed_and_what_the_client_did_wrong_has_not() {
    let recorder = Recorder::new();
    let broken = stream::once(async { Err::<Bytes, _>("the disk is gone") });
    let broken = body::Body::from_stream(broken);
    let broken = std::sync::Mutex::new(Some(broken));
    let broken = Arc::new(broken);
    let busy = async || (StatusCode::SERVICE_UNAVAILABLE, "later").into_response();
    let app = Router::new().route("/busy", get(busy)).route(
        "/broken",
        get(async move || broken.lock().unwrap().take().unwrap()),
    );
    let app = app.layer(recorder.layer());
    assert!(read(ask(&app, Method::GET, "/busy").await).await.is_ok());
    assert!(read(ask(&app, Method::GET, "/broken").await).await.is_err());
    assert!(read(ask(&app, Method::POST, "/busy").await).await.is_ok());
    let failed: Vec<_> = tasks(&recorder)
        .into_iter()
        .map(|task| {
            (
                task.outcome,
                task.failed.map(|failed| (failed.status, failed.reason)),
            )
        })
        .collect();
    let why = |status, reason: &str| Some((status, reason.to_owned()));
    assert_eq!(
        failed,
        [
            (
                Outcome::Failed,
                why(Some(503), "answered 503 Service Unavailable")
            ),
            (Outcome::Failed, why(None, "the disk is gone")),
            (Outcome::Completed, None),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn beyond_the_most_a_request_is_served_unseen() {
    let recorder = Recorder::new();
    let app = Router::new().route("/", get(async || parts()));
    let app = app.layer(recorder.layer().at_most(1));
    for _ in 0..3 {
        let answer = ask(&app, Method::GET, "/").await;
        assert_eq!(read(answer).await.unwrap(), "onetwosix");
    }
    assert_eq!(tasks(&recorder).len(), 1);
}
