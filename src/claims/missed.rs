//! Which number does not bear a claim out, and by how much.

use std::time::Duration;

use super::run::{Run, near, slack};
use crate::units::{self, duration as time, whole};

/// How much longer or shorter `took` is than `than`: "84 ms (42 %) more than 200 ms".
pub fn beside(took: Duration, than: Duration) -> String {
    let (by, how) = if took < than {
        (than.abs_diff(took), "less")
    } else {
        (took.abs_diff(than), "more")
    };
    let share = by.as_secs_f64() / than.as_secs_f64();
    let share = if share.is_finite() {
        format!(" ({:.0} %)", share * 100.0)
    } else {
        String::new()
    };
    format!("{}{share} {how} than {}", time(by), time(than))
}

/// It took another time than `expected`, beyond what a runtime and a machine add.
pub fn off(took: Duration, expected: Duration) -> Option<String> {
    (!near(took, expected)).then(|| {
        let (beside, slack) = (beside(took, expected), time(slack(expected)));
        format!(
            "it took {}, {beside}, where {slack} are allowed",
            time(took)
        )
    })
}

/// Something was not done at `due`, though it may have been late by as much as the heartbeat was: by so much the machine
/// kept this process from its timers. Twice as late as that would be on a quiet machine is not put down to the machine.
pub fn late(run: &Run<'_>, at: Duration, due: Duration) -> Option<String> {
    let allowed = (slack(due) + run.late()).min(due);
    let too_late = at > due && at - due > allowed;
    (!near(at, due) && (at < due || too_late)).then(|| {
        let (beside, allowed) = (beside(at, due), time(allowed));
        let late = match run.late() {
            Duration::ZERO => String::new(),
            late => format!(": a heartbeat was late by {}", time(late)),
        };
        format!(
            "it took {}, {beside}, where {allowed} are allowed{late}",
            time(at)
        )
    })
}

/// So many were under way at once, where it should have been another number.
pub fn at_once(run: &Run<'_>) -> String {
    let were = if run.in_flight == 1 { "was" } else { "were" };
    format!(
        "{} of {} {were} under way at once",
        whole(run.in_flight),
        whole(run.count)
    )
}

/// There were not two tasks to wait for.
pub fn too_few(run: &Run<'_>) -> Option<String> {
    (run.count < 2).then(|| {
        let tasks = units::count(run.count, "task", "tasks");
        format!("there was {tasks}")
    })
}

/// All waits one after the other would have taken hardly longer.
pub fn hardly_gained(run: &Run<'_>) -> Option<String> {
    (run.sum <= run.wall.mul_f64(super::CLEARLY)).then(|| {
        format!(
            "{} of waiting took {}, so {:.1} at once on average, where {} are needed",
            time(run.sum),
            time(run.wall),
            run.sum.as_secs_f64() / run.wall.as_secs_f64().max(f64::MIN_POSITIVE),
            super::CLEARLY
        )
    })
}
