//! What the record of a Python program shows, in sentences.

use std::sync::Arc;
use std::time::Duration;

use super::events::Told;
use super::in_turn::in_turn;
use super::lane::{End, Lane, LaneKind};
use super::record::Record;
use crate::claims::{self, Claim, Run, Shown, shown};
use crate::report::{Blocked, Finding, StrategyReport};
use crate::units::{self, duration as time};

/// What `program` shows.
pub(super) fn findings(record: &Record, program: &[StrategyReport]) -> Vec<Finding> {
    let blocked: Arc<dyn Claim> = Arc::new(LoopBlocked);
    let observed = observed(record).into_iter();
    let observed = observed.map(|each| Arc::new(each) as Arc<dyn Claim>);
    let claims: Vec<_> = [blocked].into_iter().chain(observed).collect();
    claims::findings(
        program.iter().map(|strategy| (strategy, &claims[..])),
        program,
    )
}

/// A task held the event loop, at this line.
#[derive(Debug)]
struct LoopBlocked;

impl Claim for LoopBlocked {
    fn expectation(&self) -> String {
        "that a task holds the event loop".into()
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        self.check(run).is_some()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let blocked = run.strategy.blocked.iter();
        let blocked = blocked.filter(|blocked| blocked.by.is_some());
        let worst = blocked.clone().max_by_key(|blocked| blocked.length())?;
        let by = worst.by.as_deref()?;
        let at = worst.location.as_deref();
        let at = at.map_or_else(String::new, |at| format!(", at {at}"));
        let length = time(worst.length());
        let count = blocked.clone().count();
        let total: Duration = blocked.map(Blocked::length).sum();
        let more = match count {
            1 => String::new(),
            _ => format!(
                " That was the longest of {}, {} in all.",
                units::count(count, "stretch", "stretches"),
                time(total)
            ),
        };
        let text = format!("{by} blocked the event loop for {length}{at}.{more}");
        Some(
            shown("loop_blocked", text)
                .takeaway("Nothing else ran meanwhile: no other task, no other request.")
                .short(format!("event loop blocked for {length}{at}"))
                .tells_of_blocking(),
        )
    }
}

/// Something that was seen while the program ran, and is told as it was seen.
#[derive(Debug)]
struct Noticed {
    kind: &'static str,
    text: String,
    takeaway: &'static str,
}

impl Claim for Noticed {
    fn expectation(&self) -> String {
        self.kind.replace('_', " ")
    }

    fn check(&self, _run: &Run<'_>) -> Option<Shown> {
        let shown = shown(self.kind, self.text.clone());
        Some(match self.takeaway {
            "" => shown,
            takeaway => shown.takeaway(takeaway),
        })
    }
}

/// So many findings of one kind are worth reading.
const OF_A_KIND: usize = 5;

fn observed(record: &Record) -> Vec<Noticed> {
    let mut observed: Vec<Noticed> = record
        .told
        .iter()
        .filter_map(|(told, times)| of_told(told, *times))
        .collect();
    observed.extend(in_turn(record).map(|found| {
        let (sum, longest) = (nanos(found.sum), nanos(found.longest));
        let count = found.labels.len();
        let some = found.labels.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = if count > 3 { format!(" and {} more", count - 3) } else { String::new() };
        Noticed {
            kind: "awaited_in_turn",
            text: format!(
                "{} awaited {some}{more} one after the other: {sum} in all, the longest {longest}.",
                found.by
            ),
            takeaway: "Where one does not need the other's result, asyncio.gather or a TaskGroup awaits them together.",
        }
    }));
    observed.extend(of_lanes(record));
    let mut kept: Vec<Noticed> = Vec::new();
    for each in observed {
        if kept.iter().filter(|known| known.kind == each.kind).count() < OF_A_KIND {
            kept.push(each);
        }
    }
    kept
}

fn of_told(told: &Told, times: usize) -> Option<Noticed> {
    let subject = &told.subject;
    let often = if times > 1 {
        format!(" {} times", units::whole(times))
    } else {
        String::new()
    };
    Some(match told.finding.as_str() {
        "never_awaited" => Noticed {
            kind: "never_awaited",
            text: format!("{subject} ({}) was called{often} and never awaited, so nothing in it ran.", told.detail),
            takeaway: "Calling an async def only makes a coroutine; awaiting it, or create_task, runs it.",
        },
        "lost_exception" => Noticed {
            kind: "lost_exception",
            text: format!("{subject} failed{often} with {}, and nobody awaited it to find out.", told.detail),
            takeaway: "Keep each task and await it, or start it in a TaskGroup.",
        },
        "pool_full" => Noticed {
            kind: "pool_full",
            text: format!(
                "{subject} was full: {} waited for one of its {}, the longest {}.",
                units::count(times, "job", "jobs"),
                units::count(usize::try_from(told.count).unwrap_or(usize::MAX), "thread", "threads"),
                nanos(told.nanos)
            ),
            takeaway: "A thread that waits serves nobody else.",
        },
        "no_awaits" => Noticed {
            kind: "no_awaits",
            text: "--awaits needs sys.monitoring, which came with Python 3.12, and a place in it: no lanes but those of tasks.".to_owned(),
            takeaway: "",
        },
        _ => return None,
    })
}

/// What shows in how the lanes ended.
fn of_lanes(record: &Record) -> Vec<Noticed> {
    let mut lanes: Vec<&Lane> = record.lanes.values().collect();
    lanes.sort_by_key(|lane| lane.made);
    let destroyed = lanes
        .iter()
        .filter(|lane| matches!(lane.ended, Some((_, End::Destroyed))));
    let destroyed = destroyed.map(|lane| Noticed {
        kind: "destroyed_pending",
        text: format!(
            "{} was thrown away while it waited: nothing had kept it.",
            lane.label
        ),
        takeaway: "The event loop keeps tasks weakly: keep a reference, or use a TaskGroup.",
    });
    // The first task of a loop is the one that asyncio.run was given; when it returns, the others are cancelled.
    let main = |lane: &&Lane| {
        lanes
            .iter()
            .find(|each| each.on == lane.on && each.by == 0)
            .copied()
    };
    let left = lanes
        .iter()
        .filter(|lane| lane.kind == LaneKind::Task && lane.by != 0);
    let left =
        left.filter(
            |lane| match (&lane.ended, main(lane).and_then(|main| main.ended.as_ref())) {
                (Some((at, End::Cancelled)), Some((end, End::Completed))) => at >= end,
                _ => false,
            },
        );
    let left = left.map(|lane| Noticed {
        kind: "nobody_awaited",
        text: format!("{} was still waiting when the program's main coroutine returned, and was cancelled: nobody awaited it.", lane.label),
        takeaway: "Await a task before you return, or start it in a TaskGroup, which does.",
    });
    destroyed.chain(left).collect()
}

fn nanos(nanos: u64) -> String {
    time(Duration::from_nanos(nanos))
}
