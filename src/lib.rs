//! See async run: every concept a live demo, measured and drawn on one timeline.
//!
//! # The map
//!
//! | folder or file | what is there |
//! | --- | --- |
//! | [`concepts`] | the teaching code: one file per concept, one plain `async fn` per strategy |
//! | [`services`] | the real things that concepts talk to |
//! | [`trace`] | the instrument: who was polled, woken, and when; the crate in `trace/`, which knows nothing of the rest |
//! | [`lab`] | runs a strategy on a fresh runtime and measures it |
//! | [`report`] | what was measured, as plain data |
//! | [`claims`] | what the textbook says of a strategy, looked for in its own numbers |
//! | [`page`] | text on the screen: styled, wrapped, Markdown, source code |
//! | [`picture`] | a report as a picture in characters, or as JSON |
//! | [`lesson`] | lessons: from Markdown to steps, what an answer is, and what a course must have |
//! | [`progress`] | a learner's progress, in a SQLite file |
//! | [`classroom`] | a lesson on a large screen: slides and votes; [`classroom::terminal`] draws it |
//! | [`commands`] | what the subcommands do |
//! | [`cli`] | what may be typed |
//!
//! Imports run one way: `cli → commands → {classroom, lesson, lab, page, picture, progress, services::jobs}`,
//! `lab → {concepts, trace, report}`, `concepts → {claims, services, trace::Recorder}`,
//! `lesson → {concepts, report}`, `classroom → {concepts, lesson, page, picture, report}`,
//! `progress → services::database`, `picture → {page, report}`, `claims → report → trace`. A concept
//! prints nothing and measures nothing; a picture runs nothing. `tests/suite/house.rs` holds this.

pub mod claims;
pub mod classroom;
pub mod cli;
pub mod commands;
pub mod concepts;
pub mod lab;
pub mod lesson;
pub mod page;
pub mod picture;
pub mod progress;
pub mod report;
pub mod services;
pub mod units;

pub use asyncdemo_trace as trace;
