//! What `db` claims of a pool that is too small, and of writers: who waits, who gives up, and what is written.

use std::time::Duration;

use crate::claims::{Claim, Run, Shown, inconclusive, missed, shown};
use crate::units::{self, duration as time};

/// The rows that were there before the run, that should have come, and that came.
pub(super) const ROWS_BEFORE: &str = "rows_before_count";
pub(super) const ROWS_EXPECTED: &str = "rows_expected_count";
pub(super) const ROWS_FOUND: &str = "rows_found_count";

/// The longest that a caller waited for a connection, and how many gave up waiting.
pub(super) const WAITED: &str = "longest_wait_for_connection_s";
pub(super) const GAVE_UP: &str = "gave_up_count";
/// How many inserts SQLite refused.
pub(super) const LOCKED: &str = "locked_count";

/// Why a plain query costs more there than in the async thread.
pub(super) const TO_AND_FRO: &str =
    "each goes to the connection's thread and back, and is too short to be worth the way";

/// On what queries overlap.
pub(super) const THREAD_EACH: &str = "connections, each with a thread of its own";

/// Why writers take longer than their writes.
pub(super) const NO_QUEUE: &str =
    "SQLite keeps no queue, so a writer that finds it locked sleeps and tries again";

/// Of more callers than there are connections some wait for one, longer than a query takes.
#[derive(Debug)]
pub(super) struct WaitsForAConnection(pub(super) usize);

impl Claim for WaitsForAConnection {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let waited = time(run.time(WAITED)?);
        Some(format!(
            "no caller waited longer than {waited} for a connection"
        ))
    }

    fn expectation(&self) -> String {
        "that callers wait for a connection".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (waited, shortest) = (run.time(WAITED)?, run.lives("query").min()?);
        let (longest, of) = (run.longest, run.count);
        // The first query found a connection free: its life is that of a query.
        (waited * 2 >= shortest).then(|| {
            let connections = units::count(self.0, "connection", "connections");
            let (waited, shortest, longest) = (time(waited), time(shortest), time(longest));
            shown("pool_exhausted", format!("{of} queries shared {connections}. The quickest took {shortest}, the slowest {longest}, of which it waited {waited} for a connection."))
                .takeaway("A slow query may be a quick one that waited for its connection: measure both.")
        })
    }
}

/// So many connections are all held by callers that wait for a second one, until this time is over.
#[derive(Debug)]
pub(super) struct WaitsForItself(pub(super) usize, pub(super) Duration);

impl Claim for WaitsForItself {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (gave_up, of) = (run.metric(GAVE_UP)?, run.count);
        Some(format!("{gave_up} of {of} requests gave up"))
    }

    fn expectation(&self) -> String {
        "that all wait for each other until some give up".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (gave_up, of) = (run.metric(GAVE_UP)?, run.count);
        let waited = run.time(WAITED)?;
        (gave_up > 0.0 && waited >= self.1).then(|| {
            let (all, waited) = (units::count(self.0, "connection was", "connections were"), time(waited));
            shown("pool_deadlock", format!("{all} held by requests that waited for a second one, so none came back. After {waited} {gave_up} of {of} requests gave up, and what they held let the others go on."))
                .takeaway("Never ask a pool for a second connection while you hold one: without a timeout all wait for ever.")
                .short(format!("{gave_up} of {of} gave up after {waited}"))
        })
    }
}

/// Writers that have read before fail at once, though each connection would wait so long for its turn.
#[derive(Debug)]
pub(super) struct LocksAtOnce(pub(super) Duration);

impl Claim for LocksAtOnce {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (locked, of) = (run.metric(LOCKED)?, run.count);
        Some(format!("{locked} of {of} inserts failed"))
    }

    fn expectation(&self) -> String {
        "that inserts fail with `database is locked`".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (locked, of) = (run.metric(LOCKED)?, run.count);
        let (longest, patience) = (run.longest, self.0);
        (locked > 0.0 && longest < patience).then(|| {
            let (longest, patience) = (time(longest), time(patience));
            shown("locked_at_once", format!("{locked} of {of} inserts failed with `database is locked`, none after more than {longest}, though the busy timeout was {patience}: what a transaction has read may be old once another has written, so SQLite does not let it wait."))
                .takeaway("Begin with BEGIN IMMEDIATE what is going to write: it takes its turn first, and reads then.")
                .short(format!("{locked} of {of} inserts: database is locked"))
        })
    }
}

/// Beyond the time of one after the other, taking turns costs time, for this reason.
#[derive(Debug)]
pub(super) struct TurnsCost(pub(super) &'static str);

impl Claim for TurnsCost {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let ideal = run.ideal()?;
        let (took, beside) = (time(run.wall), missed::beside(run.wall, ideal));
        Some(format!("it took {took}, {beside} one after the other"))
    }

    fn expectation(&self) -> String {
        "that handing over the lock costs time".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (extra, why) = (time(run.wall.checked_sub(run.ideal()?)?), self.0);
        let text = format!("handing over the lock cost another {extra} in all: {why}.");
        Some(shown("turns_cost", text))
    }
}

/// All rows that were written are there.
#[derive(Debug)]
pub(super) struct NothingLost;

impl Claim for NothingLost {
    fn expectation(&self) -> String {
        "that every row is there".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (found, expected) = (run.metric(ROWS_FOUND)?, run.metric(ROWS_EXPECTED)?);
        Some(if found == expected {
            let text = format!("every new row was there at the end: {found} of {found}.");
            shown("nothing_lost", text)
        } else if found > expected {
            inconclusive(format!(
                "{found} new rows were there at the end, but {expected} were written: something else writes to the file, too."
            ))
        } else {
            inconclusive(format!(
                "Of {expected} rows that were written, {found} were there at the end."
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{self, counted, task, told};
    use crate::report::{Outcome, StrategyReport};

    fn report(lives: &[u64], metrics: &[(&str, f64)]) -> StrategyReport {
        let tasks = lives.iter();
        let tasks = tasks.map(|life| task("query", *life, Outcome::Completed));
        counted(testing::report("it", 400, tasks.collect()), metrics)
    }

    #[test]
    fn a_pool_is_exhausted_where_somebody_waited_for_about_a_query() {
        let told = |waited| {
            let run = report(&[200, 200, 400], &[(WAITED, waited)]);
            told(WaitsForAConnection(2), &run, &[])
        };
        assert_eq!(
            told(0.2),
            "pool_exhausted: 3 queries shared 2 connections. The quickest took 200 ms, the slowest 400 ms, of which it waited 200 ms for a connection."
        );
        let short = told(0.01);
        assert!(short.starts_with("inconclusive"), "{short}");
        assert!(
            short.contains("no caller waited longer than 10 ms"),
            "{short}"
        );
    }

    #[test]
    fn a_pool_waits_for_itself_where_somebody_gave_up_and_not_before_the_timeout() {
        let told = |gave_up, waited| {
            let run = report(&[700, 700], &[(GAVE_UP, gave_up), (WAITED, waited)]);
            told(WaitsForItself(2, Duration::from_millis(500)), &run, &[])
        };
        let all = "2 connections were held by requests that waited for a second one";
        assert!(told(1.0, 0.5).contains(all), "{}", told(1.0, 0.5));
        for (gave_up, waited) in [(0.0, 0.6), (1.0, 0.4)] {
            let told = told(gave_up, waited);
            assert!(told.starts_with("inconclusive"), "{told}");
            let why = format!("but {gave_up} of 2 requests gave up");
            assert!(told.contains(&why), "{told}");
        }
    }

    #[test]
    fn a_writer_is_locked_out_at_once_where_it_failed_before_its_patience_was_over() {
        let told = |locked, patience| {
            let run = report(&[210, 220], &[(LOCKED, locked)]);
            told(LocksAtOnce(Duration::from_millis(patience)), &run, &[])
        };
        let at_once = told(1.0, 10_000);
        assert!(
            at_once.starts_with("locked_at_once: 1 of 2 inserts failed"),
            "{at_once}"
        );
        for (locked, patience) in [(0.0, 10_000), (1.0, 100)] {
            let told = told(locked, patience);
            assert!(told.starts_with("inconclusive"), "{told}");
        }
    }
}
