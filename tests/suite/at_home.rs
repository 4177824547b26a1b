//! The Rust that lessons show under *In your project*: it compiles, and axum takes its handlers.
//!
//! Each piece stands here as its lesson has it, in a module that holds what the piece leaves out. Where that would take
//! a crate more, a stand-in has the signatures that the piece uses.
#![allow(
    dead_code,
    unused_variables,
    clippy::let_and_return,
    clippy::unused_async,
    reason = "it is compiled, and never called"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use asyncdemo::lesson::course::builtin;
use axum::body::Bytes;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{BoxError, Json, Router};
use futures_util::{StreamExt, stream};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tower::ServiceBuilder;

/// An error of one's own, as most axum services have one: whatever `?` meets becomes a 500.
struct AppError;

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl<E: std::error::Error> From<E> for AppError {
    fn from(_: E) -> Self {
        Self
    }
}

type Failed = AppError;

mod what_is_async {
    use super::*;

    async fn fetch() -> String {
        String::new()
    }

    async fn report() -> String {
        fetch().await
    }

    fn app() -> Router {
        Router::new().route("/report", get(report))
    }
}

mod gather {
    use super::*;

    #[derive(serde::Serialize)]
    struct Page {
        user: String,
        orders: Vec<u32>,
    }

    async fn load_user(id: u32) -> std::io::Result<String> {
        Ok(String::new())
    }

    async fn load_orders(id: u32) -> std::io::Result<Vec<u32>> {
        Ok(Vec::new())
    }

    async fn page(id: Path<u32>) -> Result<Json<Page>, AppError> {
        let (user, orders) = tokio::try_join!(load_user(*id), load_orders(*id))?;
        Ok(Json(Page { user, orders }))
    }

    fn app() -> Router {
        Router::new().route("/pages/{id}", get(page))
    }
}

mod blocking {
    use super::*;

    fn make_report() -> String {
        String::new()
    }

    async fn report() -> Result<String, StatusCode> {
        let report = spawn_blocking(make_report).await;
        report.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn app() -> Router {
        Router::new().route("/report", get(report))
    }
}

mod waiting_or_computing {
    use super::*;

    fn shrink(photo: &[u8]) -> Vec<u8> {
        photo.to_vec()
    }

    async fn thumbnail(photo: Bytes) -> Result<Vec<u8>, StatusCode> {
        let small = spawn_blocking(move || shrink(&photo)).await;
        small.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn app() -> Router {
        Router::new().route("/thumbnails", post(thumbnail))
    }
}

mod database {
    use super::*;

    /// A stand-in for the crate.
    mod sqlx {
        #[derive(Clone)]
        pub(super) struct PgPool;

        pub(super) struct QueryScalar<O>(std::marker::PhantomData<O>);

        pub(super) fn query_scalar<O>(_: &str) -> QueryScalar<O> {
            QueryScalar(std::marker::PhantomData)
        }

        impl<O: Default> QueryScalar<O> {
            pub(super) fn bind<T>(self, _: T) -> Self {
                self
            }

            pub(super) async fn fetch_one(self, _: &PgPool) -> std::io::Result<O> {
                Ok(O::default())
            }
        }
    }
    use sqlx::PgPool;

    async fn name(State(pool): State<PgPool>, Path(id): Path<i64>) -> Result<String, AppError> {
        let query = sqlx::query_scalar("SELECT name FROM items WHERE id = $1");
        Ok(query.bind(id).fetch_one(&pool).await?)
    }

    fn app() -> Router<PgPool> {
        Router::new().route("/items/{id}", get(name))
    }
}

mod http {
    use super::*;

    #[derive(Clone)]
    struct App {
        client: reqwest::Client,
        shops: Vec<String>,
    }

    #[derive(serde::Serialize)]
    struct Price(u32);

    async fn price(client: reqwest::Client, url: String) -> Price {
        Price(0)
    }

    async fn prices(State(app): State<App>) -> Json<Vec<Price>> {
        let calls = stream::iter(app.shops).map(|url| price(app.client.clone(), url));
        Json(calls.buffered(8).collect().await)
    }

    fn app() -> Router<App> {
        Router::new().route("/prices", get(prices))
    }
}

mod timeouts {
    use super::*;

    #[derive(Clone)]
    struct Shop;

    #[derive(serde::Deserialize)]
    struct Order;

    impl Shop {
        async fn place(&self, _: Order) -> std::io::Result<()> {
            Ok(())
        }
    }

    async fn buy(State(shop): State<Shop>, Json(order): Json<Order>) -> Result<(), Failed> {
        let placed = tokio::spawn(async move { shop.place(order).await });
        timeout(Duration::from_secs(5), placed).await???;
        Ok(())
    }

    fn app() -> Router<Shop> {
        Router::new().route("/buy", post(buy))
    }
}

mod locks {
    use super::*;

    struct Shop {
        sold: Mutex<u32>,
    }

    impl Shop {
        async fn charge(&self) -> std::io::Result<()> {
            Ok(())
        }
    }

    async fn buy(State(shop): State<Arc<Shop>>) -> Result<(), Failed> {
        shop.charge().await?;
        *shop.sold.lock().unwrap() += 1;
        Ok(())
    }

    fn app() -> Router<Arc<Shop>> {
        Router::new().route("/buy", post(buy))
    }
}

mod background {
    use super::*;

    #[derive(Clone)]
    struct App {
        tasks: tokio_util::task::TaskTracker,
        mailbox: Mailbox,
    }

    #[derive(Clone)]
    struct Mailbox;

    #[derive(serde::Deserialize)]
    struct Mail;

    impl Mailbox {
        fn deliver(&self, _: Mail) -> impl Future<Output = ()> + use<> {
            std::future::ready(())
        }
    }

    async fn send(State(app): State<App>, Json(mail): Json<Mail>) -> StatusCode {
        app.tasks.spawn(app.mailbox.deliver(mail));
        StatusCode::ACCEPTED
    }

    fn app() -> Router<App> {
        Router::new().route("/send", post(send))
    }
}

mod queues {
    use super::*;

    async fn convert() {}

    fn app() -> Router {
        let app = Router::new().route("/convert", post(convert)).layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(|_: BoxError| async {
                    StatusCode::SERVICE_UNAVAILABLE
                }))
                .load_shed()
                .concurrency_limit(100),
        );
        app
    }
}

mod culprit {
    use super::*;

    #[derive(Clone)]
    struct App;

    type Page = String;

    impl App {
        async fn query(&self) -> std::io::Result<Vec<u32>> {
            Ok(Vec::new())
        }
    }

    fn render(rows: Vec<u32>) -> Page {
        format!("{rows:?}")
    }

    async fn report(State(app): State<App>) -> Result<Page, Failed> {
        let rows = app.query().await?;
        Ok(spawn_blocking(move || render(rows)).await?)
    }

    fn app() -> Router<App> {
        Router::new().route("/report", get(report))
    }
}

mod scale {
    use super::*;

    #[derive(Clone)]
    struct App;

    impl App {
        fn new() -> anyhow::Result<Self> {
            Ok(Self)
        }
    }

    async fn prices(State(app): State<App>) {}

    /// A stand-in for `tokio::signal::ctrl_c`, a feature that is of no use here.
    async fn ctrl_c() -> std::io::Result<()> {
        std::future::pending().await
    }

    #[tokio::main]
    async fn main() -> anyhow::Result<()> {
        let app = Router::new()
            .route("/prices", get(prices))
            .with_state(App::new()?);
        let listener = TcpListener::bind("0.0.0.0:8000").await?;
        let stop = async { _ = ctrl_c().await };
        axum::serve(listener, app)
            .with_graceful_shutdown(stop)
            .await?;
        Ok(())
    }
}

/// Without blanks, and without the comma that ends a list over several lines.
fn bare(code: &str) -> String {
    let code: String = code.split_whitespace().collect();
    code.replace(",)", ")").replace(",}", "}")
}

/// The pieces of Rust in the lessons' last part, each with its lesson's file.
fn pieces() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons");
    let mut pieces = Vec::new();
    for lesson in builtin().expect("they can be played") {
        let file = format!("{}.md", lesson.stem());
        let text = std::fs::read_to_string(folder.join(&file)).expect("it is there");
        let (_, part) = text.split_once("## In your project").expect("it has one");
        let rust = part.split("```rust\n").skip(1);
        let code = rust.map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
        pieces.extend(code.map(|code| (file.clone(), code)));
    }
    pieces
}

#[test]
fn what_stands_under_in_your_project_is_compiled_here() {
    let here = bare(include_str!("at_home.rs"));
    let pieces = pieces();
    assert!(pieces.len() >= 12, "{}", pieces.len());
    for (file, code) in pieces {
        assert!(here.contains(&bare(&code)), "{file} has another:\n{code}");
    }
}
