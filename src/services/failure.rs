//! What can go wrong with a request, and what a user can do about it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;

/// Why a request failed. Two that are of one kind are counted together.
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
    /// An answer, and not a good one: 4xx or 5xx.
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
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// The metric that counts this kind.
    pub fn metric(&self) -> &'static str {
        match self {
            Self::Refused => "failed_refused_count",
            Self::Dns => "failed_dns_count",
            Self::Timeout => "failed_timeout_count",
            Self::Status(_) => "failed_status_count",
            Self::BodyTooLarge => "failed_body_too_large_count",
            Self::Tls(_) => "failed_tls_count",
            Self::Redirects(_) => "failed_redirects_count",
            Self::Other(_) => "failed_other_count",
        }
    }

    /// What the user can do about it.
    fn advice(&self) -> &'static str {
        match self {
            Self::Refused => "Start the server, or check host and port.",
            Self::Dns => "Check how the host is written, and that this machine is online.",
            Self::Timeout => "Give it more time with --timeout, or check host and port.",
            Self::Status(_) => "The server is there: check the path.",
            Self::BodyTooLarge => "Choose a URL with a shorter answer.",
            Self::Tls(_) => {
                "Check that the port speaks https, and that this machine trusts its certificate."
            }
            Self::Redirects(_) => "Give the URL that the redirects should end at.",
            Self::Other(_) => "Try it in another client, curl for one.",
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.downcast::<reqwest::Error>() {
            Ok(error) => error.into(),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Self::Timeout,
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

/// The failures of many requests, counted by kind.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    by_kind: BTreeMap<&'static str, (usize, Failure)>,
}

impl Failures {
    /// Those among `answers`.
    pub fn of<'a, T: 'a>(answers: impl IntoIterator<Item = &'a Result<T, Failure>>) -> Self {
        let mut failures = Self::default();
        for failure in answers
            .into_iter()
            .filter_map(|answer| answer.as_ref().err())
        {
            let (count, _) = failures
                .by_kind
                .entry(failure.metric())
                .or_insert((0, failure.clone()));
            *count += 1;
        }
        failures
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.counts().map(|(_, count)| count).sum()
    }

    /// The metric of each kind that occurred, and how often it did.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.by_kind
            .iter()
            .map(|(metric, (count, _))| (*metric, *count))
    }

    /// Each kind with its number, the most frequent first, and what to do about that one.
    pub fn explained(&self) -> String {
        let mut kinds: Vec<_> = self.by_kind.values().collect();
        kinds.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let what = match &kinds[..] {
            [(_, failure)] => failure.to_string(),
            _ => kinds
                .iter()
                .map(|(count, failure)| format!("{count} × {failure}"))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let advice = kinds.first().map_or("", |(_, failure)| failure.advice());
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
    use crate::services::client::{self, BODY_LIMIT, Blocking};

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
        let answer = runtime.block_on(async {
            let response = client::client(timeout)?
                .get(url)
                .send()
                .await?
                .error_for_status()?;
            client::body(response).await
        });
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
            Failure::Redirects("it leads away from this machine".to_owned())
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
    fn failures_are_counted_by_kind() {
        let answers = [
            Ok(()),
            Err(Failure::Refused),
            Err(Failure::Status(500)),
            Err(Failure::Status(404)),
            Err(Failure::Tls("no".to_owned())),
        ];
        let failures = Failures::of(&answers);
        assert_eq!(failures.count(), 4);
        let counts: Vec<_> = failures.counts().collect();
        assert_eq!(
            counts,
            [
                ("failed_refused_count", 1),
                ("failed_status_count", 2),
                ("failed_tls_count", 1)
            ]
        );
        assert_eq!(
            failures.explained(),
            "2 × status 500, 1 × refused, 1 × TLS: no. The server is there: check the path."
        );
        let alone = Failures::of(&answers[1..2]);
        assert_eq!(
            alone.explained(),
            "refused. Start the server, or check host and port."
        );
        assert_eq!(Failures::of(&answers[..1]).count(), 0);
    }
}
