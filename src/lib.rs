//! See async run: every concept a live demo, measured and drawn on one timeline.
//!
//! # The map
//!
//! | folder or file | what is there |
//! | --- | --- |
//! | [`cli`] | what may be typed: the concepts by their registry, and the other commands |
//! | [`commands`] | the subcommands: parse, call, print |
//! | [`concepts`] | **the teaching code**: one file per concept, with its knobs, a plain `async fn` per strategy, and its own claims beside it |
//! | [`claims`] | what the textbook says of a strategy, looked for in the run's numbers; the claims of any concept |
//! | [`lab`] | the engine: an invocation, a fresh runtime per strategy, measuring, a process per size |
//! | [`trace`] | the instrument: who was polled, woken, and when; the crate in `trace/`, which knows nothing of the rest |
//! | [`services`] | the real things that concepts talk to: a server, databases, a mailbox, kept jobs |
//! | [`probe`] | somebody's own service, seen from outside: what is asked of it, and the verdict on its answers |
//! | [`python`] | somebody's own Python program: the recorder that runs inside it, in Python, and what its events become |
//! | [`report`] | what was measured, as plain data |
//! | [`page`] | styled lines: wrapping, Markdown, source code, and how they become ANSI or HTML |
//! | [`picture`] | a report as styled lines, or as JSON |
//! | [`export`] | a report as a file for somebody else: a file per format, and one line in its table |
//! | [`site`] | a course as pages for a browser |
//! | [`lesson`] | lessons: from Markdown to steps, what an answer is, and what a course must have |
//! | [`progress`] | a learner's progress, in a SQLite file |
//! | [`classroom`] | the state of a class: slides, votes, runs; [`classroom::terminal`] draws it |
//! | [`web`] | the class on the network: the page on which phones vote, the teacher's page, and the server that has both |
//!
//! Imports run one way: `cli → commands → {classroom, export, lab, lesson, page, picture, progress, services::jobs, site}`,
//! `commands → web → {classroom, page}`,
//! `classroom → {concepts, lab, lesson, page, picture, report}`, `lab → {claims, concepts, python, report, trace}`,
//! `concepts → {claims, services, trace::Recorder}`, `lesson → {concepts, report}`,
//! `progress → services::database`, `picture → {page, report, trace}`, `export → {page, picture, report, trace}`, `site → {lesson, page, report}`, `commands → {python, probe} → {claims, report, services, trace}`, `claims → report → trace`. A concept
//! prints nothing and measures nothing; a picture runs nothing. `tests/suite/house.rs` holds this, and the
//! files of one folder to it, too.

pub mod claims;
pub mod classroom;
pub mod cli;
pub mod commands;
pub mod concepts;
pub mod export;
pub mod lab;
pub mod lesson;
pub mod page;
pub mod picture;
pub mod probe;
pub mod progress;
pub mod python;
pub mod report;
pub mod services;
pub mod site;
pub mod units;
pub mod web;

pub use asyncdemo_trace as trace;

/// Here and not in `main.rs`: whatever runs the lab has it, and so its report is right.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
