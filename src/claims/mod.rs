//! What a strategy should show, and whether the run's own numbers bear it out.
//!
//! A concept *claims* what the textbook says of a strategy. A claim is looked for in the numbers of
//! the run; where they do not bear it out, the finding is "inconclusive", with the figures. One claim
//! is one struct: how to see it, how to say it, what to take away. The general ones are here, those
//! of one concept stand beside it.

mod claim;
mod compare;
mod event_loop;
mod findings;
pub mod missed;
mod one_blocker;
pub mod rounds;
mod run;
#[cfg(test)]
pub(crate) mod testing;
mod twins;
mod waits;

pub use claim::{Claim, Claims, NO_GAIN, Shown, inconclusive, shown};
pub use compare::{ComparedWith, CostsMore, CountsMore};
pub use event_loop::{
    AwakeBetweenPolls, BlockedThroughout, BlocksTheLoop, KeepsTheLoopAwake, TimeoutIsLate,
    WORTH_TELLING,
};
pub use findings::{find_more, findings};
pub use one_blocker::{OneBlocker, OneStopsAll};
pub use run::{CLEARLY, Run, near};
pub use twins::{GoesOn, ThreadEachBeside};
pub use waits::{
    ErrorCancels, LimitedTo, MadeIsNotStarted, NeverStarted, OneAfterTheOther, Overlapped,
    OverlappedOn, SerialisedBy, ThreadEach, WaitTogether,
};

pub use crate::report::{Figure, Outcome, cost};
