//! What is read of a Python program in a second, and what it costs to draw one that serves.
//!
//! `cargo bench --bench python_events`
#![expect(clippy::print_stdout, reason = "its figures are its output")]

use std::ffi::OsString;
use std::hint::black_box;
use std::time::{Duration, Instant};

use asyncdemo::page::{Style, to_ansi};
use asyncdemo::picture::Picture;
use asyncdemo::python::{self, CommandLine, Record, Settings};

/// Events of one frame: at a million a second, the recorder sends frames of so many.
const FRAME: usize = 20_000;

/// How many events are read of each kind of program.
const EVENTS: usize = 4_000_000;

const ROUNDS: usize = 5;

/// The kinds of events, as `_stream.py` has them.
const MADE: i64 = 1;
const KIND: i64 = 2;
const GROUP: i64 = 3;
const LABEL: i64 = 4;
const POLL: i64 = 5;
const WAKE: i64 = 6;
const END: i64 = 7;
const THREAD: i64 = 10;
const RUNS: i64 = 11;

const MS: i64 = 1_000_000;

fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("it is short");
    [&[kind], &length.to_le_bytes()[..], body].concat()
}

/// What every program sends first.
fn head() -> Vec<u8> {
    let hello =
        br#"{"asyncdemo":1,"implementation":"CPython","version":"3.13.0","origin":0,"pid":1}"#;
    let texts = ["MainThread", "GET /health", "app.py:12"];
    let mut bytes = frame(b'T', hello);
    for (number, text) in (1..).zip(texts) {
        let said = format!("[{number}, {text:?}]");
        bytes.extend(frame(b'T', said.as_bytes()));
    }
    bytes.extend(events(&[[THREAD, 1, 1, 0], [RUNS, 1, 0, 1]]));
    bytes
}

fn events(events: &[[i64; 4]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in events.chunks(FRAME) {
        let words = piece.iter().flatten();
        let body: Vec<u8> = words.flat_map(|word| word.to_ne_bytes()).collect();
        bytes.extend(frame(b'N', &body));
    }
    bytes
}

/// A task that is made at this instant, polled three times within 12 ms, and ends.
fn request(lane: i64, at: i64) -> [[i64; 4]; 10] {
    [
        [MADE, lane, at, 0],
        [KIND, lane, 1, 2],
        [GROUP, lane, 2, 0],
        [LABEL, lane, 2, 3],
        [POLL, lane, at + MS, at + 2 * MS],
        [WAKE, lane, at + 9 * MS, 0],
        [POLL, lane, at + 10 * MS, at + 11 * MS],
        [WAKE, lane, at + 11 * MS, 0],
        [POLL, lane, at + 11 * MS, at + 12 * MS],
        [END, lane, at + 12 * MS, 0],
    ]
}

/// A server: each request is a task of its own.
fn requests(count: usize, every: i64) -> Vec<[i64; 4]> {
    let each = (1..).take(count).map(|lane| request(lane, lane * every));
    each.flatten().collect()
}

/// A few tasks that are polled over and over.
fn workers(count: usize) -> Vec<[i64; 4]> {
    let lanes = (1..=20).map(|lane| [[MADE, lane, 0, 0], [KIND, lane, 1, 0], [LABEL, lane, 2, 3]]);
    let polls = (1..).take(count / 2).map(|at: i64| {
        let (lane, at) = (at % 20 + 1, at * 10_000);
        [[WAKE, lane, at, 0], [POLL, lane, at + 2_000, at + 6_000]]
    });
    lanes.flatten().chain(polls.flatten()).collect()
}

fn settings() -> Settings {
    Settings {
        slow_poll: Duration::from_millis(50),
        internal: false,
        awaits: false,
        max_tasks: 1000,
        demo: None,
    }
}

fn read(stream: &[u8]) -> Record {
    let mut record = Record::new(settings());
    let mut rest = stream;
    while let Some(message) = python::read(&mut rest).expect("a stream") {
        record.take(message);
    }
    record
}

/// The best of some rounds, in millions a second.
fn speed(name: &str, happened: &[[i64; 4]]) {
    let stream = [head(), events(happened)].concat();
    let best = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        black_box(read(&stream));
        start.elapsed()
    });
    let best = best.min().unwrap_or_default().as_secs_f64();
    let (count, each) = (happened.len() as f64, best * 1e9 / happened.len() as f64);
    println!(
        "  {name:<28}{:6.1} million a second, {each:.0} ns each",
        count / best / 1e6
    );
}

/// Five pictures a second of a server that answers a hundred requests a second.
fn live() {
    let happened = requests(3_000, 10 * MS);
    let record = read(&[head(), events(&happened)].concat());
    let words = ["-m", "uvicorn", "app:app"].map(OsString::from);
    let line = CommandLine::read(&words).expect("a command line");
    let style = Style {
        color: true,
        brief: true,
        lanes: 12,
        width: 120,
        ..Style::default()
    };
    let span = Duration::from_secs(5);
    let rounds = 100;
    let start = Instant::now();
    for _ in 0..rounds {
        let program = python::recent(&record, &line, span, 11);
        let lines = Picture::new(style, settings().slow_poll, span).strategy(&program);
        black_box(to_ansi(&lines, &style));
    }
    let picture = start.elapsed().as_secs_f64() / f64::from(rounds);
    println!("  one picture                 {:6.2} ms", picture * 1e3);
    println!(
        "  five a second               {:6.2} % of a core",
        picture * 5.0 * 100.0
    );
}

fn main() {
    println!("events read, best of {ROUNDS}");
    speed("20 tasks, polled and woken", &workers(EVENTS));
    speed("requests of 10 events each", &requests(EVENTS / 10, MS));
    println!("the live picture of a server at 100 requests a second");
    live();
}
