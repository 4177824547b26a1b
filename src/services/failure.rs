//! What can go wrong with a request, and what a user can do about it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;

use crate::trace::Cause;

/// Why a request failed. Those that say the same are counted together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing listens there.
    #[error("refused")]
    Refused,
    /// The host has no address.
    #[error("host not found")]
    Dns,
    /// It took longer than it may.
    #[error("timed out")]
    Timeout,
    /// The server closed the connection before its answer was complete.
    #[error("connection closed before the answer")]
    Closed,
    /// An answer, and not a good one: neither 2xx nor 304.
    #[error("status {0}")]
    Status(u16),
    /// More than [`BODY_LIMIT`](super::client::BODY_LIMIT).
    #[error("body over 1 MiB")]
    BodyTooLarge,
    /// No agreement on encryption, or a certificate that is not trusted.
    #[error("TLS: {0}")]
    Tls(String),
    /// In a circle, or away from this machine.
    #[error("redirects: {0}")]
    Redirects(String),
    /// Anything of these, at the URL to which a redirect led.
    #[error("{why} at {url}, after a redirect")]
    Redirected {
        /// Where that was.
        url: String,
        /// What it was.
        why: Box<Failure>,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Cause for Failure {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(*status),
            Self::Redirected { why, .. } => why.status(),
            _ => None,
        }
    }
}

impl Failure {
    /// What the user can do about it.
    fn advice(&self) -> &'static str {
        match self {
            Self::Refused => "Start the server, or check host and port.",
            Self::Dns => "Check how the host is written, and that this machine is online.",
            Self::Timeout => "Give it more time with --timeout, or check host and port.",
            Self::Closed => "The server hung up: its log may say why.",
            Self::Status(status) => advice_on_status(*status),
            Self::BodyTooLarge => "Choose a URL with a shorter answer.",
            Self::Tls(_) => {
                "Check that the port speaks https, and that this machine trusts its certificate."
            }
            Self::Redirects(_) => "Give the URL that the redirects should end at.",
            Self::Redirected { why, .. } => why.advice(),
            Self::Other(_) => "Try it in another client, curl for one.",
        }
    }
}

fn advice_on_status(status: u16) -> &'static str {
    match status {
        100..=199 => "The server wants to speak another protocol: choose a URL that answers a GET.",
        300..=399 => "It redirects without saying where to: give the URL of the answer itself.",
        401 | 403 => "The server wants to know who asks: choose a URL that needs no login.",
        404 | 410 => "The server is there: check the path.",
        405 => "This path allows no GET: choose one that does.",
        408 => "The server waited in vain for the request: see its log.",
        429 | 503 => {
            "The server turns away what is too much for it: ask less at once, with --limit or --requests."
        }
        400..=499 => "The server does not accept this request: curl -i shows what it says.",
        500..=599 => "The server's own code failed: its log says where.",
        _ => "That is no status of HTTP: check what listens there.",
    }
}

/// What the user can do about a request that failed so.
pub fn advice(status: Option<u16>, reason: &str) -> &'static str {
    if let Some(status) = status {
        return advice_on_status(status);
    }
    let known = [
        Failure::Refused,
        Failure::Dns,
        Failure::Timeout,
        Failure::Closed,
        Failure::BodyTooLarge,
        Failure::Tls(String::new()),
        Failure::Redirects(String::new()),
    ];
    let mut known = known.iter();
    let same = known.find(|known| reason.starts_with(&known.to_string()));
    same.map_or_else(|| Failure::Other(String::new()).advice(), Failure::advice)
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.downcast::<reqwest::Error>() {
            Ok(error) => error.into(),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Self::Timeout,
            Err(error) if hung_up(error.kind()) => Self::Closed,
            Err(error) => Self::Other(error.to_string()),
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let causes = || std::iter::successors(error.source(), |cause| (*cause).source());
        // The URL is named once, for all failures, and not in each of them.
        let last = || {
            causes()
                .last()
                .map_or_else(|| error.to_string(), ToString::to_string)
        };
        if let Some(status) = error.status() {
            return Self::Status(status.as_u16());
        }
        if error.is_redirect() {
            return Self::Redirects(last());
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        if error.is_dns() {
            return Self::Dns;
        }
        if let Some(tls) = causes().find_map(wrapped::<rustls::Error>) {
            return Self::Tls(tls.to_string());
        }
        match causes().find_map(innermost).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => Self::Refused,
            // While it connects, only TLS reads.
            Some(io::ErrorKind::UnexpectedEof) if error.is_connect() => Self::Tls(last()),
            Some(kind) if hung_up(kind) => Self::Closed,
            // What hyper says of a connection that ends within an answer, or before it.
            None if last().starts_with("connection closed before") => Self::Closed,
            _ => Self::Other(last()),
        }
    }
}

/// An `io::Error` does not give away what it wraps as its cause, and may wrap another one.
fn wrapped<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    error
        .downcast_ref()
        .or_else(|| innermost(error)?.get_ref()?.downcast_ref())
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    let inner = |error: &&'a io::Error| error.get_ref()?.downcast_ref();
    std::iter::successors(error.downcast_ref(), inner).last()
}

/// The other end is gone.
fn hung_up(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
    )
}

/// The failures of many requests, counted by what they say.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    by_reason: BTreeMap<String, (usize, Failure)>,
}

impl Failures {
    /// Those among `answers`.
    pub fn of<'a, T: 'a>(answers: impl IntoIterator<Item = &'a Result<T, Failure>>) -> Self {
        let mut failures = Self::default();
        let failed = answers
            .into_iter()
            .filter_map(|answer| answer.as_ref().err());
        for failure in failed {
            let same = failures.by_reason.entry(failure.to_string());
            same.or_insert((0, failure.clone())).0 += 1;
        }
        failures
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_reason.values().map(|(count, _)| count).sum()
    }

    /// Each cause with its number, the most frequent first, and what to do about that one.
    pub fn explained(&self) -> String {
        let mut causes: Vec<_> = self.by_reason.values().collect();
        causes.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let what = match &causes[..] {
            [(_, failure)] => failure.to_string(),
            _ => causes
                .iter()
                .map(|(count, failure)| format!("{count} × {failure}"))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let advice = causes.first().map_or("", |(_, failure)| failure.advice());
        format!("{what}. {advice}")
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use tokio::net::TcpSocket;

    use super::*;
    use crate::services::client::{BODY_LIMIT, Blocking, Client};

    /// Longer than any of these tests should take on the busiest machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A server that answers everybody in the same way, and closes. It ends with the tests.
    fn serve(answer: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Clone + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, answer) = (stream.unwrap(), answer.clone());
                thread::spawn(move || {
                    // The request, or the beginning of a TLS handshake.
                    let _ = stream.read(&mut [0; 4096]);
                    let _ = answer(&mut stream).and_then(|()| stream.shutdown(Shutdown::Write));
                    // With bytes left unread, closing would take the answer back.
                    let _ = io::copy(&mut stream, &mut io::sink());
                });
            }
        });
        format!("http://{address}/")
    }

    fn forever() -> io::Result<()> {
        loop {
            thread::park();
        }
    }

    fn saying(head: &'static str) -> String {
        serve(move |stream| stream.write_all(head.as_bytes()))
    }

    /// What the async and the blocking client say of a URL: the same.
    #[track_caller]
    fn asked(url: &str, timeout: Duration) -> Result<String, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let answer = runtime.block_on(async { Client::new(timeout)?.get(url).await?.text().await });
        assert_eq!(
            Blocking::new(timeout).and_then(|client| client.get(url)),
            answer
        );
        answer
    }

    #[track_caller]
    fn failure(url: &str) -> Failure {
        asked(url, PATIENCE).unwrap_err()
    }

    #[test]
    fn an_answer_is_no_failure() {
        let url = saying("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
        assert_eq!(asked(&url, PATIENCE), Ok("hello".to_owned()));
    }

    #[test]
    fn a_port_where_nobody_listens_refuses() {
        // Bound and not listening: nobody else can get the port meanwhile.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        assert_eq!(
            failure(&format!("http://{}/", socket.local_addr().unwrap())),
            Failure::Refused
        );
    }

    #[test]
    fn a_name_that_cannot_exist_is_not_found() {
        // Longer than a name may be: no name server has to be asked.
        assert_eq!(
            failure(&format!("http://{}/", "x".repeat(64))),
            Failure::Dns
        );
    }

    #[test]
    fn a_server_that_says_nothing_is_timed_out() {
        let url = serve(|_| forever());
        assert_eq!(
            asked(&url, Duration::from_millis(50)),
            Err(Failure::Timeout)
        );
    }

    #[test]
    fn a_body_that_does_not_end_in_time_is_timed_out_too() {
        let url = serve(|stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel")?;
            forever()
        });
        assert_eq!(
            asked(&url, Duration::from_millis(200)),
            Err(Failure::Timeout)
        );
    }

    #[test]
    fn a_bad_status_is_told() {
        let url = saying(
            "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
        assert_eq!(failure(&url), Failure::Status(500));
    }

    /// Only 2xx and 304 are answers, and each class has its own advice.
    #[test]
    fn what_is_no_answer_is_a_failure_with_advice_of_its_class() {
        let answering = |status: u16| {
            serve(move |stream| {
                write!(
                    stream,
                    "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            })
        };
        for status in [200, 204, 299, 304] {
            assert_eq!(
                asked(&answering(status), PATIENCE),
                Ok(String::new()),
                "{status}"
            );
        }
        let mut advised = std::collections::BTreeSet::new();
        for (status, advice) in [
            (101, "another protocol"),
            (300, "without saying where"),
            (302, "without saying where"),
            (305, "without saying where"),
            (400, "curl -i"),
            (401, "no login"),
            (403, "no login"),
            (404, "check the path"),
            (405, "no GET"),
            (429, "--limit"),
            (503, "--limit"),
            (500, "its log"),
            (502, "its log"),
            (600, "no status of HTTP"),
            (999, "no status of HTTP"),
        ] {
            let failure = failure(&answering(status));
            assert_eq!(failure, Failure::Status(status));
            assert!(
                failure.advice().contains(advice),
                "{status}: {}",
                failure.advice()
            );
            advised.insert(failure.advice());
        }
        assert_eq!(advised.len(), 9);
    }

    #[test]
    fn what_is_advised_on_a_failure_that_was_noted_is_what_is_advised_on_itself() {
        for failure in [
            Failure::Refused,
            Failure::Dns,
            Failure::Timeout,
            Failure::Closed,
            Failure::Status(404),
            Failure::BodyTooLarge,
            Failure::Tls("no".to_owned()),
            Failure::Redirects("more than 5 redirects".to_owned()),
            Failure::Redirected {
                url: "http://localhost:9/".to_owned(),
                why: Box::new(Failure::Refused),
            },
            Failure::Other("strange".to_owned()),
        ] {
            let noted = advice(failure.status(), &failure.to_string());
            assert_eq!(noted, failure.advice(), "{failure}");
        }
    }

    #[test]
    fn a_connection_that_closes_before_the_answer_is_called_so() {
        for said in [
            "",
            "HTTP/1.1 200 OK\r\ncontent-le",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel",
        ] {
            assert_eq!(failure(&saying(said)), Failure::Closed, "{said:?}");
        }
        assert_eq!(
            Failure::Closed.to_string(),
            "connection closed before the answer"
        );
    }

    #[test]
    fn what_goes_wrong_after_a_redirect_is_told_with_its_own_url() {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let dead = format!("http://{}/gone", socket.local_addr().unwrap());
        let missing = saying("HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let to = |url: &str| {
            let url = url.to_owned();
            serve(move |stream| {
                write!(
                    stream,
                    "HTTP/1.1 307 X\r\nlocation: {url}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            })
        };
        let told = failure(&to(&dead)).to_string();
        assert_eq!(told, format!("refused at {dead}, after a redirect"));
        let failure = failure(&to(&missing));
        assert_eq!(
            failure.to_string(),
            format!("status 404 at {missing}, after a redirect")
        );
        assert_eq!(
            (failure.status(), failure.advice()),
            (Some(404), "The server is there: check the path.")
        );
        let good = saying("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
        assert_eq!(asked(&to(&good), PATIENCE), Ok("ok".to_owned()));
    }

    #[test]
    fn redirects_in_a_circle_and_redirects_abroad_are_not_followed() {
        let circle = saying(
            "HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
        assert_eq!(
            failure(&circle),
            Failure::Redirects("more than 5 redirects".to_owned())
        );
        let abroad = saying(
            "HTTP/1.1 302 Found\r\nlocation: http://asyncdemo.invalid/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
        assert_eq!(
            failure(&abroad),
            Failure::Redirects("it leads away from this machine, to asyncdemo.invalid".to_owned())
        );
    }

    #[test]
    fn a_body_over_the_limit_is_not_read_to_its_end() {
        let sending = |length: usize| {
            move |stream: &mut TcpStream| {
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                )?;
                stream.write_all(&vec![b'x'; length])
            }
        };
        assert_eq!(
            failure(&serve(sending(BODY_LIMIT + 1))),
            Failure::BodyTooLarge
        );
        let kept = asked(&serve(sending(BODY_LIMIT)), PATIENCE).unwrap();
        assert_eq!(kept, "x".repeat(1024));
        let endless = serve(|stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            loop {
                write!(stream, "1000\r\n{}\r\n", "x".repeat(0x1000))?;
            }
        });
        assert_eq!(failure(&endless), Failure::BodyTooLarge);
    }

    #[test]
    fn https_where_http_is_spoken_is_a_failure_of_tls() {
        let url = saying("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            .replace("http:", "https:");
        let failure = failure(&url);
        assert!(matches!(failure, Failure::Tls(_)), "{failure:?}");
    }

    #[test]
    fn an_answer_that_is_no_http_is_some_other_failure() {
        let failure = failure(&saying("SSH-2.0-nonsense\r\n"));
        assert!(matches!(failure, Failure::Other(_)), "{failure:?}");
    }

    #[test]
    fn failures_are_counted_by_what_they_say() {
        let answers = [
            Ok(()),
            Err(Failure::Refused),
            Err(Failure::Status(500)),
            Err(Failure::Status(500)),
            Err(Failure::Status(404)),
            Err(Failure::Tls("no".to_owned())),
        ];
        let failures = Failures::of(&answers);
        assert_eq!(failures.count(), 5);
        assert_eq!(
            failures.explained(),
            "2 × status 500, 1 × TLS: no, 1 × refused, 1 × status 404. The server's own code failed: its log says where."
        );
        let alone = Failures::of(&answers[1..2]);
        assert_eq!(
            alone.explained(),
            "refused. Start the server, or check host and port."
        );
        assert_eq!(Failures::of(&answers[..1]).count(), 0);
    }
}
