//! The requests of an axum app as lanes: one line adds the layer. Three clients ask at once, and one route blocks.
//!
//! `cargo run --release --example watch_an_axum_app`
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use asyncdemo::services::client;
use asyncdemo::trace::{Heartbeat, Recorder};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::time::sleep;

const TENTH: Duration = Duration::from_millis(100);

async fn users() -> &'static str {
    sleep(TENTH * 2).await;
    "Ada, Grace"
}

/// The head of its answer is there at once; its lane lasts until the last part.
async fn download() -> Body {
    let parts = stream::iter(["one ", "two ", "three"]).then(async |part| {
        sleep(TENTH).await;
        Ok::<_, Infallible>(part)
    });
    Body::from_stream(Box::pin(parts))
}

#[expect(clippy::disallowed_methods, reason = "what is to be found")]
async fn report() -> &'static str {
    sleep(TENTH / 2).await;
    std::thread::sleep(TENTH);
    "42"
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let recorder = Recorder::new();
    let app = Router::new()
        .route("/users", get(users))
        .route("/download", get(download))
        .route("/report", get(report))
        .layer(recorder.layer());

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(recorder.heartbeat());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let client = client::patient(TENTH * 100)?;
    let ask = async |path: &str| {
        client
            .get(format!("http://{address}{path}"))
            .send()
            .await?
            .text()
            .await
    };
    let answers = join_all(["/users", "/download", "/report"].map(ask)).await;
    for answer in answers {
        println!("{}", answer?);
    }

    let timeline = recorder.timeline();
    println!("\n{timeline}");
    if let Some(heart) = Heartbeat::measure(&timeline, timeline.end)
        && let Some(blocker) = heart.blocked_by
    {
        println!(
            "\nthe event loop stood for {:.1?}: {blocker}",
            heart.max_gap
        );
    }
    Ok(())
}
