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
//! | [`report`] | what was measured, as plain data, and what it shows |
//! | [`render`] | a report as text, a picture, or JSON |
//! | [`lesson`] | lessons: from Markdown to steps, what an answer is, and what a course must have |
//! | [`progress`] | a learner's progress, in a SQLite file |
//! | [`present`] | a lesson on a large screen: slides, votes, and what is drawn |
//! | [`commands`] | what the subcommands do |
//! | [`cli`] | what may be typed |
//!
//! Imports run one way: `cli → commands → {lesson, lab, present, progress, render, services::jobs}`,
//! `lab → {concepts, trace, report}`, `concepts → {trace::Recorder, services, report::Claim}`,
//! `lesson → {concepts, report}`, `present → {concepts, lesson, render, report}`,
//! `progress → services::database`, `render → report → trace`. A concept
//! prints nothing and measures nothing; a renderer runs nothing. `tests/suite/house.rs` holds this.

pub mod cli;
pub mod commands;
pub mod concepts;
pub mod lab;
pub mod lesson;
pub mod present;
pub mod progress;
pub mod render;
pub mod report;
pub mod services;
pub mod units;

pub use asyncdemo_trace as trace;
