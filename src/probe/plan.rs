//! What is asked of a service, and how much of it at once.

use std::time::Duration;

use super::budget::Budget;
use crate::services::client::Outgoing;
use crate::services::files::OpenFiles;
use crate::services::local::is_this_machine;

/// What is asked, and for how long.
#[derive(Clone, Debug)]
pub struct ProbePlan {
    /// The request that is sent alone, and then many times at once.
    pub target: Outgoing,
    /// What is pinged beside it: something that a service answers at once.
    pub ping: Option<Outgoing>,
    /// How many at once. `None`: as many as tell most in the time.
    pub at_once: Option<usize>,
    /// How long it may take in all.
    pub time: Duration,
}

/// So many at once, where nobody says otherwise: a pool of 5 shows in rounds of 5, 5 and 2.
const USUAL: usize = 12;

/// So many at once tell a lock from a pool, and a pool of two from one of three.
const FEWEST: usize = 4;

/// As many at once to another machine, where nobody says otherwise.
const USUAL_ABROAD: usize = 3;

/// The most requests to another machine in all, pings among them: it is perhaps somebody else's.
pub const MOST_ABROAD: usize = 100;

/// Between two pings that are answered at once.
const PING_EVERY: Duration = Duration::from_millis(10);

/// The same to another machine.
const PING_ABROAD_EVERY: Duration = Duration::from_millis(250);

/// Files that are open beside the requests' own: runtimes, the pings' connection, certificates.
const OTHER_FILES: usize = 24;

/// A socket, and what the system opens to find the host's addresses and to try them.
const FILES_OF_A_LOOK_UP: usize = 4;

impl ProbePlan {
    /// The host, if it is not this machine.
    pub fn abroad(&self) -> Option<&str> {
        let asked = std::iter::once(&self.target).chain(&self.ping);
        let mut abroad = asked.filter(|asked| !is_this_machine(&asked.url));
        abroad.next().and_then(|asked| asked.url.host_str())
    }

    /// How many requests are sent at once, where one alone takes so long and so much time is left: as many as were asked
    /// for, else fewer where two rounds of them, one after the other, would take too long.
    pub(super) fn at_once(&self, lone: Duration, left: Duration) -> usize {
        let usual = match self.abroad() {
            Some(_) => USUAL_ABROAD,
            None => {
                let twice = left.as_secs_f64() / 2.0 / lone.as_secs_f64().max(1e-3);
                (twice as usize).clamp(FEWEST, USUAL)
            }
        };
        let room = OpenFiles::now().spare().saturating_sub(OTHER_FILES) / FILES_OF_A_LOOK_UP;
        self.at_once.unwrap_or(usual).min(room.max(1))
    }

    pub(super) fn ping_every(&self) -> Duration {
        match self.abroad() {
            Some(_) => PING_ABROAD_EVERY,
            None => PING_EVERY,
        }
    }

    pub(super) fn budget(&self) -> Budget {
        Budget::of(match self.abroad() {
            Some(_) => MOST_ABROAD,
            None => usize::MAX,
        })
    }
}
