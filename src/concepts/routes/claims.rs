//! What `routes` claims: whether others are served while a request waits.

use std::time::Duration;

use crate::claims::{Claim, Run, Shown, shown};
use crate::units::duration as time;

/// The longest wait of a `/ping`, which needs no time of its own.
pub(super) const LONGEST_PING: &str = "ping_longest_wait_s";

/// Other requests are served meanwhile: none waits for half of this.
#[derive(Debug)]
pub(super) struct OthersAreServed(pub(super) Duration);

impl Claim for OthersAreServed {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let wait = run.time(LONGEST_PING)?;
        let (waited, most) = (time(wait), time(self.0 / 2));
        Some(format!(
            "a /ping waited for {waited}, where less than {most} is needed"
        ))
    }

    fn expectation(&self) -> String {
        "that other requests are served meanwhile".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let wait = run.time(LONGEST_PING)?;
        (wait * 2 < self.0).then(|| {
            let wait = time(wait);
            shown("others_are_served", format!("other requests were served meanwhile. A /ping, sent every 10 ms, never waited longer than {wait}."))
                .short(format!("a /ping never waited longer than {wait}"))
        })
    }
}

/// Other requests wait: one for at least half of this.
#[derive(Debug)]
pub(super) struct OthersWait(pub(super) Duration);

impl Claim for OthersWait {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let wait = run.time(LONGEST_PING)?;
        let (waited, least) = (time(wait), time(self.0 / 2));
        Some(format!(
            "no /ping waited longer than {waited}, where {least} are needed"
        ))
    }

    fn expectation(&self) -> String {
        "that other requests have to wait".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let wait = run.time(LONGEST_PING)?;
        (wait * 2 >= self.0).then(|| {
            let wait = time(wait);
            shown("others_wait", format!("other requests had to wait, too. A /ping, which takes no time by itself, waited for {wait}."))
                .short(format!("a /ping waited for {wait}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{counted, report, told};

    #[test]
    fn what_is_said_of_the_pings_is_what_was_measured() {
        let work = Duration::from_millis(200);
        let waited = |wait| counted(report("it", 200, Vec::new()), &[(LONGEST_PING, wait)]);
        assert_eq!(
            told(OthersAreServed(work), &waited(0.02), &[]),
            "others_are_served: other requests were served meanwhile. A /ping, sent every 10 ms, never waited longer than 20 ms."
        );
        assert_eq!(
            told(OthersWait(work), &waited(0.15), &[]),
            "others_wait: other requests had to wait, too. A /ping, which takes no time by itself, waited for 150 ms."
        );
        for other in [
            told(OthersAreServed(work), &waited(0.1), &[]),
            told(OthersWait(work), &waited(0.02), &[]),
            told(OthersAreServed(work), &waited(f64::NAN), &[]),
        ] {
            assert!(other.starts_with("inconclusive"), "{other}");
            assert!(other.contains("Expected that other requests"), "{other}");
        }
    }
}
