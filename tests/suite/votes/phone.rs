//! A phone that votes, and what means no good.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::HANG;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// Sends this and reads to the end.
pub(super) fn send(to: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&to, HANG)?;
    stream.set_read_timeout(Some(HANG))?;
    stream.set_write_timeout(Some(HANG))?;
    stream.write_all(request)?;
    answer(stream)
}

pub(super) fn answer(mut stream: TcpStream) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let parts = text.split_once("\r\n\r\n");
    let Some((head, body)) = parts else {
        read?;
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer {
        status: status.ok_or(io::ErrorKind::InvalidData)?,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

pub(super) fn get(path: &str, cookie: Option<&str>) -> String {
    let cookie = cookie.map_or_else(String::new, |cookie| format!("cookie: {cookie}\r\n"));
    format!("GET {path} HTTP/1.1\r\nhost: class\r\n{cookie}\r\n")
}

pub(super) fn post(path: &str, cookie: Option<&str>, body: &str) -> String {
    let cookie = cookie.map_or_else(String::new, |cookie| format!("cookie: {cookie}\r\n"));
    format!(
        "POST {path} HTTP/1.1\r\nhost: class\r\n{cookie}content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Where a class is: `http://127.0.0.1:4711/abcdefgh`.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub(super) at: SocketAddr,
    pub(super) path: String,
}

impl Class {
    #[track_caller]
    pub(super) fn at(url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("it is an address");
        let (at, path) = rest.split_once('/').expect("it has a path");
        Self {
            at: at.parse().expect("it names a socket"),
            path: format!("/{path}"),
        }
    }
}

/// A phone: it keeps its cookie, and asks again where the network fails.
#[derive(Debug)]
pub(super) struct Phone {
    class: Class,
    pub(super) cookie: Option<String>,
}

/// How often a phone tries.
const TRIES: usize = 50;

impl Phone {
    pub(super) fn new(class: &Class) -> Self {
        Self {
            class: class.clone(),
            cookie: None,
        }
    }

    /// Opens or reloads the page.
    #[track_caller]
    pub(super) fn look(&mut self) -> String {
        let request = get(&self.class.path, self.cookie.as_deref());
        let answer = self.patiently(&request);
        assert_eq!(answer.status, 200, "{}", answer.body);
        if let Some(cookie) = answer.header("set-cookie") {
            assert_eq!(self.cookie, None, "a device gets one cookie");
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        answer.body
    }

    /// Presses a button of the page that it sees. The status, where it is not told to look again.
    #[track_caller]
    pub(super) fn vote(&mut self, choice: usize) -> u16 {
        let page = self.look();
        let Some(ballot) = ballot(&page) else {
            return 0;
        };
        self.vote_for(&ballot, choice)
    }

    #[track_caller]
    pub(super) fn vote_for(&self, ballot: &str, choice: usize) -> u16 {
        let request = self.vote_request(ballot, choice);
        self.patiently(&request).status
    }

    pub(super) fn vote_request(&self, ballot: &str, choice: usize) -> String {
        let body = format!("ballot={ballot}&choice={choice}");
        post(&self.class.path, self.cookie.as_deref(), &body)
    }

    /// Sends the vote, and is gone before the answer.
    pub(super) fn vote_and_drop(&self, ballot: &str, choice: usize) {
        let request = self.vote_request(ballot, choice);
        if let Ok(mut stream) = TcpStream::connect_timeout(&self.class.at, HANG) {
            let _ = stream.write_all(request.as_bytes());
        }
    }

    #[track_caller]
    fn patiently(&self, request: &str) -> Answer {
        let mut failed = None;
        for _ in 0..TRIES {
            match send(self.class.at, request.as_bytes()) {
                Ok(answer) if ![429, 503].contains(&answer.status) => return answer,
                other => failed = Some(other),
            }
            crate::support::wait(Duration::from_millis(100));
        }
        panic!("no answer after {TRIES} tries: {failed:?}")
    }
}

/// What may be voted for, as the page has it.
pub(super) fn ballot(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("name=\"ballot\" value=\"")?;
    let (ballot, _) = rest.split_once('"')?;
    Some(ballot.to_owned())
}
