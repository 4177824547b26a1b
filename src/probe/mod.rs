//! Somebody's own service, seen from outside: why it is slow when it is asked many things at once.
//!
//! It asks for one URL alone, then many times at once, and pings another beside it. [`verdict`](judge) says what that
//! shows: by times alone, without a look into the service, which may be written in any language.

mod ask;
mod budget;
mod claims;
mod live;
mod pinger;
mod plan;
mod seen;
mod summary;
mod timeline;
mod verdict;

pub use ask::{Probed, probe};
pub use live::Watch;
pub use plan::{MOST_ABROAD, ProbePlan};
pub use seen::{Observed, PingWait, Round};
pub use summary::{Summary, planned, summary};
pub use verdict::{Diagnosis, Judged, Obstacle, Pings, is_settled, judge};
