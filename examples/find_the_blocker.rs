//! Twenty handlers, one of them blocks, and every request of a while waits for it. Which one? One added line names it.
//!
//! `cargo run --release --example find_the_blocker`
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::time::Duration;

use asyncdemo::services::client;
use asyncdemo::trace::Recorder;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get};
use futures_util::future::join_all;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Each waits for some service, as handlers do.
async fn waits<const MILLIS: u64>() {
    sleep(Duration::from_millis(MILLIS)).await;
}

#[expect(clippy::disallowed_methods, reason = "what is to be found")]
async fn renders() {
    sleep(Duration::from_millis(20)).await;
    std::thread::sleep(Duration::from_millis(200));
}

struct App {
    routes: Router,
    recorder: Recorder,
}

impl App {
    /// Every handler is registered here, by a line of its own.
    #[track_caller]
    fn on<T: 'static>(mut self, path: &str, handler: impl Handler<T, ()>) -> Self {
        let handler: MethodRouter = get(handler);
        let handler = handler.layer(self.recorder.layer()); // the one added line
        self.routes = self.routes.route(path, handler);
        self
    }
}

fn app(recorder: &Recorder) -> Router {
    let app = App {
        routes: Router::new(),
        recorder: recorder.clone(),
    };
    app.on("/users", waits::<20>)
        .on("/groups", waits::<25>)
        .on("/roles", waits::<30>)
        .on("/sessions", waits::<35>)
        .on("/products", waits::<40>)
        .on("/prices", waits::<45>)
        .on("/stock", waits::<50>)
        .on("/orders", waits::<55>)
        .on("/baskets", waits::<60>)
        .on("/payments", waits::<65>)
        .on("/refunds", waits::<70>)
        .on("/parcels", waits::<75>)
        .on("/addresses", waits::<80>)
        .on("/invoices", renders)
        .on("/receipts", waits::<85>)
        .on("/taxes", waits::<90>)
        .on("/reviews", waits::<95>)
        .on("/messages", waits::<100>)
        .on("/alerts", waits::<105>)
        .on("/health", waits::<0>)
        .routes
}

const PATHS: [&str; 20] = [
    "users",
    "groups",
    "roles",
    "sessions",
    "products",
    "prices",
    "stock",
    "orders",
    "baskets",
    "payments",
    "refunds",
    "parcels",
    "addresses",
    "invoices",
    "receipts",
    "taxes",
    "reviews",
    "messages",
    "alerts",
    "health",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let recorder = Recorder::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = app(&recorder);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let client = client::patient(Duration::from_secs(10))?;
    let ask = async |path: &str| client.get(format!("http://{address}/{path}")).send().await;
    for answer in join_all(PATHS.map(ask)).await {
        answer?.error_for_status()?;
    }

    let timeline = recorder.timeline();
    println!("{timeline}\n");
    let slow = timeline.tasks.iter().filter_map(|task| {
        let longest = task.polls.iter().map(|poll| poll.duration()).max()?;
        Some((longest, task))
    });
    if let Some((longest, task)) = slow.max_by_key(|(longest, _)| *longest)
        && let Some(place) = &task.location
    {
        println!(
            "{} ({place}) held the event loop for {longest:.1?}",
            task.label
        );
    }
    Ok(())
}
