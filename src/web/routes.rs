//! What may be asked for, and what is answered. What a vote or a press does, the classroom says.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::device::{NoRandom, Secret, Signer};
use super::form::{cookie, field};
use super::host::BUTTONS;
use super::html::{POLICY, SCRIPT, STYLE, sentence};
use super::{host, voter};
use crate::classroom::{Ballot, Device, HostPage, Key, MOST_DEVICES, Vote, VoteRefused, VoterPage};

/// A form has two short fields.
const LARGEST_BODY: usize = 1_024;

/// How long the classroom may take to say whether a vote counts.
const PATIENCE: Duration = Duration::from_secs(5);

/// In which a device's cookie is kept.
const COOKIE: &str = "device";

/// A school day.
const COOKIE_LIVES: u32 = 12 * 3600;

/// What came in, and where the answer goes.
#[derive(Debug)]
pub enum FromPage {
    /// A device votes.
    Vote(Vote, oneshot::Sender<Result<(), VoteRefused>>),
    /// The teacher presses a key, for what was on the page.
    Press {
        /// What was on the page.
        seen: String,
        /// Which key.
        key: Key,
        /// Whether it was pressed: not, where the screen had moved on.
        pressed: oneshot::Sender<bool>,
    },
}

/// Where somebody comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// What all requests share.
pub(super) struct Desk {
    signer: Signer,
    join: Secret,
    host: Secret,
    voter: Mutex<Arc<VoterPage>>,
    teacher: Mutex<Arc<HostPage>>,
    heard: SyncSender<FromPage>,
    /// From where each device has voted.
    voters: Mutex<HashMap<Device, IpAddr>>,
}

/// The words in both addresses.
pub(super) struct Words {
    pub(super) join: String,
    pub(super) host: String,
}

impl Desk {
    pub(super) fn new(heard: SyncSender<FromPage>) -> Result<(Self, Words), NoRandom> {
        let signer = Signer::new()?;
        // The first is typed by hand, and knowing it one can do no more than vote.
        let (join, host) = (signer.word(8)?, signer.word(25)?);
        let desk = Self {
            join: signer.secret(&join),
            host: signer.secret(&host),
            signer,
            voter: Mutex::default(),
            teacher: Mutex::default(),
            heard,
            voters: Mutex::default(),
        };
        Ok((desk, Words { join, host }))
    }

    pub(super) fn post_voter(&self, page: VoterPage) {
        *locked(&self.voter) = Arc::new(page);
    }

    pub(super) fn post_host(&self, page: HostPage) {
        *locked(&self.teacher) = Arc::new(page);
    }

    fn voter(&self) -> Arc<VoterPage> {
        Arc::clone(&locked(&self.voter))
    }

    fn teacher(&self) -> Arc<HostPage> {
        Arc::clone(&locked(&self.teacher))
    }

    fn device(&self, headers: &HeaderMap) -> Option<Device> {
        let cookies = headers.get_all(header::COOKIE).iter();
        let mut cookies = cookies.filter_map(|value| cookie(value.to_str().ok()?, COOKIE));
        cookies.find_map(|cookie| self.signer.read(cookie))
    }

    /// Hands it on, and waits for the answer; `None`, where there is none now.
    async fn ask<T>(&self, heard: FromPage, answer: oneshot::Receiver<T>) -> Option<T> {
        match self.heard.try_send(heard) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => return None,
        }
        timeout(PATIENCE, answer).await.ok()?.ok()
    }

    /// The address from which most devices have voted.
    fn crowd(&self) -> Option<(IpAddr, usize)> {
        let mut counts = HashMap::<IpAddr, usize>::new();
        for address in locked(&self.voters).values() {
            *counts.entry(*address).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count)
    }

    fn remember(&self, device: Device, address: IpAddr) {
        let mut voters = locked(&self.voters);
        // Those of all rounds together are some more than those of one.
        if voters.len() < 4 * MOST_DEVICES {
            voters.insert(device, address);
        }
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

type Shared = State<Arc<Desk>>;

pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/style.css", get(|| file("text/css; charset=utf-8", STYLE)))
        .route(
            "/class.js",
            get(|| file("text/javascript; charset=utf-8", SCRIPT)),
        )
        .route("/host", get(show_host).post(press))
        // As a camera reads it: the code is in capitals, which makes it smaller.
        .route("/HOST", get(show_host).post(press))
        .route("/{word}", get(show_ballot).post(vote))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(map_response(guarded))
        .with_state(desk)
}

/// What each answer carries.
async fn guarded(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CACHE_CONTROL, "no-store");
    answer
}

fn page(status: StatusCode, html: String) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (status, kind, html).into_response()
}

async fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, text).into_response()
}

async fn nothing() -> Response {
    let words = "There is nothing at this address. Read the code on the screen again.";
    page(StatusCode::NOT_FOUND, sentence("Not here", words))
}

/// The answer to whoever comes when too many do.
pub(super) fn too_many() -> Response {
    let words = "Too many requests come from this address. Try again in a moment.";
    let answer = page(StatusCode::TOO_MANY_REQUESTS, sentence("A moment", words));
    ([(header::RETRY_AFTER, "2")], answer).into_response()
}

fn not_now() -> Response {
    let words = "The class is busy. Go back and send it again in a moment.";
    let answer = page(StatusCode::SERVICE_UNAVAILABLE, sentence("A moment", words));
    ([(header::RETRY_AFTER, "1")], answer).into_response()
}

async fn show_ballot(
    State(desk): Shared,
    Path(word): Path<String>,
    headers: HeaderMap,
) -> Response {
    let word = word.to_ascii_lowercase();
    if !desk.signer.knows(&desk.join, &word) {
        return nothing().await;
    }
    let path = format!("/{word}");
    let shown = desk.voter();
    if let Some(device) = desk.device(&headers) {
        return page(StatusCode::OK, voter::html(&shown, device, &path, None));
    }
    let Ok((device, cookie)) = desk.signer.issue() else {
        return not_now();
    };
    let cookie =
        format!("{COOKIE}={cookie}; Path=/; Max-Age={COOKIE_LIVES}; HttpOnly; SameSite=Lax");
    let html = voter::html(&shown, device, &path, None);
    ([(header::SET_COOKIE, cookie)], page(StatusCode::OK, html)).into_response()
}

async fn vote(
    State(desk): Shared,
    Extension(Peer(address)): Extension<Peer>,
    Path(word): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let word = word.to_ascii_lowercase();
    if !desk.signer.knows(&desk.join, &word) {
        return nothing().await;
    }
    let path = format!("/{word}");
    let Some(device) = desk.device(&headers) else {
        let words = "This vote came without the cookie that keeps anybody from voting twice. Open the address again, and allow cookies.";
        return page(StatusCode::FORBIDDEN, sentence("It did not count", words));
    };
    let refuse = |status: StatusCode, why: &str| {
        let html = voter::html(&desk.voter(), device, &path, Some(why));
        page(status, html)
    };
    let fields = std::str::from_utf8(&body).unwrap_or_default();
    let ballot = field(fields, "ballot").and_then(Ballot::from_key);
    let choice = field(fields, "choice").and_then(|choice| choice.parse().ok());
    let Some((ballot, choice)) = ballot.zip(choice) else {
        return refuse(StatusCode::BAD_REQUEST, "the form was not this one");
    };
    let vote = Vote {
        device,
        ballot,
        choice,
    };
    let (reply, answer) = oneshot::channel();
    match desk.ask(FromPage::Vote(vote, reply), answer).await {
        None => not_now(),
        Some(Ok(())) => {
            desk.remember(device, address);
            // A reload asks for the page again and does not vote again.
            see_other(&path)
        }
        Some(Err(why)) => {
            let status = match why {
                VoteRefused::Closed => StatusCode::CONFLICT,
                VoteRefused::NoSuchChoice => StatusCode::BAD_REQUEST,
                VoteRefused::Full => StatusCode::SERVICE_UNAVAILABLE,
            };
            refuse(status, &why.to_string())
        }
    }
}

fn see_other(path: &str) -> Response {
    let place = [(header::LOCATION, path.to_owned())];
    (StatusCode::SEE_OTHER, place, Body::empty()).into_response()
}

/// The teacher's word, where it is the right one.
fn host_word(desk: &Desk, query: Option<String>) -> Option<String> {
    let query = query?;
    let word = field(&query, "token")?.to_ascii_lowercase();
    desk.signer.knows(&desk.host, &word).then_some(word)
}

async fn show_host(State(desk): Shared, RawQuery(query): RawQuery) -> Response {
    let Some(word) = host_word(&desk, query) else {
        return nothing().await;
    };
    let action = format!("/host?token={word}");
    let html = host::html(&desk.teacher(), &action, desk.crowd());
    page(StatusCode::OK, html)
}

async fn press(State(desk): Shared, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let Some(word) = host_word(&desk, query) else {
        return nothing().await;
    };
    let fields = std::str::from_utf8(&body).unwrap_or_default();
    let named = field(fields, "press");
    let key = BUTTONS.iter().find(|(name, _)| Some(*name) == named);
    let Some(((_, key), seen)) = key.zip(field(fields, "seen")) else {
        let words = "There is no such button. Go back.";
        return page(StatusCode::BAD_REQUEST, sentence("Not pressed", words));
    };
    let (pressed, answer) = oneshot::channel();
    let heard = FromPage::Press {
        seen: seen.to_owned(),
        key: *key,
        pressed,
    };
    match desk.ask(heard, answer).await {
        None => not_now(),
        // Pressed twice, or too late: the page shows where the screen is now.
        Some(_) => see_other(&format!("/host?token={word}")),
    }
}
