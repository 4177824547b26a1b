//! The tests of the whole program: one program itself, so that everything is linked once.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "that is how a test fails, and what is not tried is said"
)]

#[path = "../support/mod.rs"]
mod support;

mod at_home;
mod attack;
mod blocking_pitfall;
mod both_languages;
mod cli;
mod compare;
mod course;
mod cpu_bound;
mod db;
mod exports;
mod files;
mod foreign;
mod gil;
mod help;
mod house;
mod http;
mod lab;
mod learn;
mod picture;
mod present;
mod probe;
mod probe_fastapi;
mod progress;
mod python;
mod queue;
mod registry;
mod replay;
mod report_schema;
mod routes;
mod scale;
mod screens;
mod shell;
mod site;
mod stop;
mod terminal;
mod timeout;
mod tour;
mod trace;
mod votes;
mod watch_live;
mod watch_memory;
mod watch_python;
mod watch_screen;
mod watch_server;
