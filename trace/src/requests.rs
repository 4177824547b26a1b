//! Each request that passes a tower layer is a lane, from its arrival to the last of its answer.

use std::fmt::Display;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Buf;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use tower_layer::Layer;
use tower_service::Service;

use crate::life::Failed;
use crate::log::Kind;
use crate::recorder::Recorder;
use crate::task::{Description, TaskRole, Tracker, UntilDropped};

/// So many requests get a lane where [`RequestLayer::at_most`] does not say otherwise: some 30 MB.
pub const MOST_REQUESTS: usize = 100_000;

impl Recorder {
    /// A tower layer that gives each request a lane called by its method and its path: `GET /users/7`.
    ///
    /// The lane lasts from the request's arrival until the last byte of the answer's body was handed over. It shows the
    /// handler's polls and those of a body that streams. A request whose client leaves before is cancelled, one that is
    /// answered by 500 or more has failed. Each lane is located where this is called.
    ///
    /// ```
    /// use asyncdemo_trace::Recorder;
    /// use axum::{Router, routing::get};
    ///
    /// let recorder = Recorder::new();
    /// let app: Router = Router::new()
    ///     .route("/", get(async || "Hello"))
    ///     .layer(recorder.layer());
    /// # drop(app);
    /// ```
    #[track_caller]
    pub fn layer(&self) -> RequestLayer {
        RequestLayer {
            recorder: self.clone(),
            location: Location::caller(),
            most: MOST_REQUESTS,
            count: Arc::default(),
        }
    }
}

/// See [`Recorder::layer`].
#[derive(Clone, Debug)]
pub struct RequestLayer {
    recorder: Recorder,
    location: &'static Location<'static>,
    most: usize,
    count: Arc<AtomicUsize>,
}

impl RequestLayer {
    /// Gives a lane to the first so many requests, and passes on those after them unseen: a recorder keeps all that it
    /// has noted, some 300 bytes a request.
    pub fn at_most(mut self, requests: usize) -> Self {
        self.most = requests;
        self
    }

    fn lane<B>(&self, request: &Request<B>) -> Option<UntilDropped> {
        let counted = self
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < self.most).then_some(count + 1)
            });
        counted.ok()?;
        // Without the query: it may hold what should not stand on a screen.
        let label = format!("{} {}", request.method(), request.uri().path());
        Some(UntilDropped(self.recorder.add(Description {
            label: Some(label.into()),
            location: self.location,
            role: TaskRole::Future,
        })))
    }
}

impl<S> Layer<S> for RequestLayer {
    type Service = RequestService<S>;

    fn layer(&self, inner: S) -> RequestService<S> {
        RequestService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service whose requests are lanes. Made by [`RequestLayer`].
#[derive(Clone, Debug)]
pub struct RequestService<S> {
    inner: S,
    layer: RequestLayer,
}

impl<S, B, R> Service<Request<B>> for RequestService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Display,
    R: Body,
    R::Error: Display,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ResponseFuture {
            lane: self.layer.lane(&request),
            to_head: request.method() == Method::HEAD,
            future: self.inner.call(request),
        }
    }
}

pin_project_lite::pin_project! {
    /// The answer that a handler makes, tracked. Made by [`RequestService`].
    #[must_use = "a future does nothing until it is awaited"]
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        // `None`: this request has no lane, or its body has it by now. Dropped first: it ends before what it tracks.
        lane: Option<UntilDropped>,
        #[pin]
        future: F,
        // Whether `HEAD` was asked for.
        to_head: bool,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
    E: Display,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(UntilDropped(tracker)) = this.lane.as_ref() else {
            let unseen = |body| ResponseBody { body, lane: None };
            let answer = this.future.poll(context);
            return answer.map_ok(|answer| answer.map(unseen));
        };
        let mut answer = Poll::Pending;
        let mut open = None;
        tracker.poll(context.waker(), &mut |context| {
            answer = this.future.as_mut().poll(context);
            let (failed, is_over) = match &answer {
                Poll::Pending => return Kind::Pending,
                Poll::Ready(Err(error)) => (Some(without_status(error)), true),
                Poll::Ready(Ok(answer)) => {
                    let failed = failed(answer.status());
                    let left = left(answer.headers(), &answer.body().size_hint());
                    let is_over = left == Some(0)
                        || answer.body().is_end_stream()
                        || *this.to_head
                        || has_no_body(answer.status());
                    open = Some((left, failed.clone()));
                    (failed, is_over)
                }
            };
            if !is_over {
                return Kind::Pending;
            }
            open = None;
            end(tracker, failed)
        });
        if answer.is_pending() {
            return Poll::Pending;
        }
        let lane = this.lane.take().zip(open);
        let lane = lane.map(|(lane, (left, failed))| OpenBody { lane, left, failed });
        answer.map_ok(|answer| answer.map(|body| ResponseBody { lane, body }))
    }
}

/// Notes why it failed, if it did, and says how it ended.
fn end(tracker: &Tracker, failed: Option<Failed>) -> Kind {
    match failed {
        None => Kind::Ready,
        Some(failed) => {
            tracker.fails(failed);
            Kind::Failed
        }
    }
}

fn without_status(error: &impl Display) -> Failed {
    Failed {
        status: None,
        reason: error.to_string(),
    }
}

/// An answer that says that the server failed.
fn failed(status: StatusCode) -> Option<Failed> {
    status.is_server_error().then(|| Failed {
        status: Some(status.as_u16()),
        reason: format!("answered {status}"),
    })
}

fn has_no_body(status: StatusCode) -> bool {
    status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// How many bytes of the body are to come, where that is known. Whoever sends it stops after them, and need not ask the
/// body whether it has ended.
fn left(headers: &HeaderMap, hint: &SizeHint) -> Option<u64> {
    let said = headers.get(header::CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse().ok());
    said.or(hint.exact())
}

pin_project_lite::pin_project! {
    /// The body of an answer, tracked until its end. Made by [`RequestService`].
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // `None`: this request has no lane, or it has ended.
        lane: Option<OpenBody>,
        #[pin]
        body: B,
    }
}

/// A body that has not ended.
#[derive(Debug)]
struct OpenBody {
    lane: UntilDropped,
    left: Option<u64>,
    /// What the head of the answer said.
    failed: Option<Failed>,
}

impl OpenBody {
    /// What has come of it after a frame. `None`: it goes on.
    fn after<D: Buf, E: Display>(
        &mut self,
        frame: &Poll<Option<Result<Frame<D>, E>>>,
        is_end: bool,
    ) -> Option<Kind> {
        let failed = match frame {
            Poll::Pending => return None,
            Poll::Ready(Some(Err(error))) => Some(without_status(error)),
            Poll::Ready(Some(Ok(frame))) => {
                let came = frame.data_ref().map_or(0, Buf::remaining) as u64;
                self.left = self.left.map(|left| left.saturating_sub(came));
                if self.left != Some(0) && !is_end {
                    return None;
                }
                self.failed.take()
            }
            Poll::Ready(None) => self.failed.take(),
        };
        Some(end(&self.lane.0, failed))
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: Display,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(open) = this.lane.as_mut() else {
            return this.body.poll_frame(context);
        };
        let tracker = Arc::clone(&open.lane.0);
        let mut frame = Poll::Pending;
        let mut ended = None;
        tracker.poll(context.waker(), &mut |context| {
            frame = this.body.as_mut().poll_frame(context);
            ended = open.after(&frame, this.body.is_end_stream());
            ended.unwrap_or(Kind::Pending)
        });
        if ended.is_some() {
            *this.lane = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
