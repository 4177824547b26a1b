//! The instrument: what a future did, and when.
//!
//! [`Recorder::track`] wraps a future and notes when it was created, polled, woken and dropped.
//! A [`Timeline`] turns those notes into what a person wants to know: when was it busy, when was
//! it woken but could not run, and when did it merely wait?
//!
//! It works on stable Tokio, in your own program too:
//!
//! ```
//! use std::time::Duration;
//! use asyncdemo_trace::Recorder;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! let recorder = Recorder::new();
//! let nap = |ms| tokio::time::sleep(Duration::from_millis(ms));
//! tokio::join!(
//!     recorder.track("short", nap(10)),
//!     recorder.track("long", nap(20)),
//! );
//!
//! let timeline = recorder.timeline();
//! assert_eq!(timeline.tasks.len(), 2);
//! assert_eq!(timeline.most_in_flight(), 2);
//! for task in &timeline.tasks {
//!     println!("{}: waited {:?}, ran {:?}", task.label, task.idle(), task.busy());
//! }
//! # });
//! ```

mod collect;
mod heartbeat;
mod life;
mod log;
mod recorder;
mod rest;
mod task;
mod timeline;

pub use collect::Keep;
pub use heartbeat::{Heartbeat, PERIOD};
pub use life::{Outcome, Poll, Span, State, in_flight, spans};
pub use recorder::{Recorder, Tracked};
pub use rest::Rest;
pub use task::Label;
pub use timeline::{Blocked, Task, Thread, Timeline};
