//! Attacks: hostile input, and what is left behind. What is promised, and the figures of the long runs, are in
//! `docs/reliability.md`. Each attack runs briefly with the other tests; `--ignored` runs it at length:
//!
//! ```text
//! cargo test --test suite attack -- --ignored --test-threads 1 --nocapture
//! ```

mod course;
mod defaults;
mod fuzz;
mod jobs;
mod left_behind;
mod limits;
mod mutate;
mod python;
