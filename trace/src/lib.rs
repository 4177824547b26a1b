//! The instrument: what a future did, and when.
//!
//! [`Recorder::track`] wraps a future and notes when it was created, polled, woken and dropped.
//! A [`Timeline`] turns those notes into what a person wants to know: when was it busy, when was
//! it woken but could not run, and when did it merely wait? Printed, it is a picture of that.
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
//! # #[cfg(feature = "display")]
//! println!("{timeline:48}");
//! # #[cfg(feature = "display")]
//! # assert_eq!(format!("{timeline:48}").lines().nth(1).unwrap(), "short ├────────────────────┤");
//! # });
//! ```
//!
//! ```text
//!       0 s      0.005     0.010     0.015
//! short ├────────────────────┤
//! long  ├────────────────────┼───────────────────┤
//! ├ ┤ first and last poll   ─ waiting
//! ┼ a short poll
//! ```

mod axis;
mod blocked;
mod collect;
#[cfg(feature = "display")]
mod display;
mod heartbeat;
mod lane;
mod life;
mod log;
mod recorder;
#[cfg(feature = "tower")]
mod requests;
mod responsive;
mod rest;
mod task;
mod timeline;

pub use axis::Axis;
pub use blocked::Blocked;
pub use collect::Keep;
pub use heartbeat::{Heartbeat, PERIOD};
pub use lane::{Cell, Life};
pub use life::{Cause, Failed, Outcome, Poll, Span, State, in_flight, spans};
pub use recorder::{Recorder, Tracked, TrackedResult};
#[cfg(feature = "tower")]
pub use requests::{MOST_REQUESTS, RequestLayer, RequestService, ResponseBody, ResponseFuture};
pub use rest::Rest;
pub use task::Label;
pub use timeline::{Place, Task, Thread, Timeline, with_closures};
