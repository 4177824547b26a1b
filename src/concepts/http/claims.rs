//! What `http` claims of a server of the user's own, which may do anything.

use std::time::Duration;

use super::acquaintance::LONE;
use crate::claims::rounds::{AnswerTimes, Doubt, SHORTEST, Shape, shape};
use crate::claims::{Claim, NO_GAIN, Outcome, Run, Shown, inconclusive, missed, shown};
use crate::services::failure::advice;
use crate::units::{self, duration as time};

/// Some of the requests failed, and what to do about that.
#[derive(Debug)]
pub(super) struct SomeFailed;

impl Claim for SomeFailed {
    fn expectation(&self) -> String {
        "that some requests fail".into()
    }

    fn tells_of_failures(&self) -> bool {
        true
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let words = run.strategy.failed_in_words()?;
        let most = run.strategy.failures.first()?;
        let short = words.clone();
        let advice = advice(most.status, &most.reason);
        let shown = shown(
            "failed",
            format!("{words}. So nothing is compared with it."),
        );
        Some(shown.short(short).takeaway(advice))
    }
}

/// A client in Python has so many connections. The rest waits for one: in rounds that take so long in all, or in vain.
#[derive(Debug)]
pub(super) struct WaitsForThePool(pub(super) usize, pub(super) Duration);

fn gave_up(run: &Run<'_>) -> usize {
    let failed = run.ended(Outcome::Failed);
    let waited = failed.filter(|it| it.exception.as_deref() == Some("PoolTimeout"));
    waited.count()
}

impl Claim for WaitsForThePool {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (at_once, took, rounds) = (missed::at_once(run), time(run.wall), time(self.1));
        Some(format!(
            "{at_once}, none gave up waiting, and it took {took}, where the rounds need {rounds}"
        ))
    }

    fn expectation(&self) -> String {
        format!("that no more than {} have a connection at once", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (pool, asking, wall) = (self.0, run.in_flight, time(run.wall));
        let gave_up = gave_up(run);
        (asking > pool && (gave_up > 0 || run.wall >= self.1)).then(|| {
            let text = format!("{asking} were under way at once, but httpx's client has {pool} connections, and the rest waited for one. It took {wall}.");
            let shown = shown("pool_limited", text).takeaway("httpx.Limits(max_connections=...) sets how many. A request that waits longer than its timeout for one fails with PoolTimeout, and the server never saw it.");
            match gave_up {
                0 => shown,
                _ => {
                    let failed = units::count(gave_up, "request", "requests");
                    shown.and(&format!("{failed} of {} gave up waiting: PoolTimeout.", run.count))
                }
            }
        })
    }
}

/// How the server answers what is under way at once, judged beside requests that had nothing beside them.
#[derive(Debug)]
pub(super) struct HandlesAtOnce {
    /// How many requests the client has under way.
    pub(super) at_once: usize,
    /// What limits that.
    pub(super) limit: &'static str,
}

impl Claim for HandlesAtOnce {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (answered, of) = (run.ended(Outcome::Completed).count(), run.count);
        let at_once = missed::at_once(run);
        Some(format!(
            "{at_once}, and {answered} answers of {of} were seen"
        ))
    }

    fn expectation(&self) -> String {
        format!("{} requests under way at once", self.at_once)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let Some(beside) = Beside::of(run) else {
            let wall = time(run.wall);
            return Some(inconclusive(format!(
                "It took {wall}, and there is no request by itself to compare it with: not all of those were answered."
            )));
        };
        let at_once = self.at_once.min(run.count);
        // All answers, and all of them seen: of many tasks not all are listed.
        let answers: Vec<_> = run
            .ended(Outcome::Completed)
            .map(|task| task.end_s.0)
            .collect();
        if run.in_flight != at_once || answers.len() != run.count {
            return None;
        }
        let shape = shape(&AnswerTimes {
            alone: &beside.alone,
            answers: &answers,
            at_once,
            disturbed: run.late(),
        });
        Some(self.told(shape, &beside, run))
    }
}

impl HandlesAtOnce {
    fn told(&self, shape: Shape, beside: &Beside, run: &Run<'_>) -> Shown {
        let (count, wall) = (run.count, time(run.wall));
        let than = &beside.words;
        let took = format!("{count} requests took {wall}, {than}");
        match shape {
            Shape::AllAtOnce if self.at_once < count => {
                let Self { at_once, limit } = self;
                let text = format!("of {count}, never more than {at_once} were under way at once: the {limit} held the rest back, and the server answered what was under way together. It took {wall}, {than}.");
                shown("limited", text)
            }
            Shape::AllAtOnce => shown(
                "overlapped",
                format!("the server answered all at once: {took}."),
            )
            .takeaway("Waiting needs no thread."),
            Shape::OneAtATime => shown(
                NO_GAIN,
                format!("no faster than one after the other: the server answered one at a time. {took}."),
            )
            .takeaway(ONE_AT_A_TIME),
            Shape::Rounds(size) => shown(
                "in_rounds",
                format!("the server answered {size} at a time, in rounds. {took}."),
            )
            .takeaway("So many threads, workers or connections it has for them: the rest waited for a place."),
            Shape::NoFaster => shown(
                NO_GAIN,
                format!("no faster than one after the other: {took}. The server shares its time among the requests, or handles them in turn."),
            )
            .takeaway("Where a server computes, or blocks its event loop, more requests at once only wait for each other."),
            Shape::Faster => shown(
                "faster",
                format!("faster than one after the other: {took}. The answers came neither in one round nor in even ones."),
            ),
            Shape::Unclear(why) => inconclusive(format!("{}: {took}.", unclear(why, beside, run))),
        }
        .short(took)
    }
}

const ONE_AT_A_TIME: &str = "Look for what holds its only thread: a blocking call in an async def, such as time.sleep, or a computation.";

fn unclear(why: Doubt, beside: &Beside, run: &Run<'_>) -> String {
    match why {
        Doubt::TooFew => "There is too little to compare".to_owned(),
        Doubt::TooShort => format!(
            "An answer that takes less than {} says nothing of how many are handled at once",
            time(SHORTEST)
        ),
        Doubt::Disturbed => format!(
            "This program itself could not run for {}, much of what a request takes",
            time(run.late())
        ),
        Doubt::Close => format!(
            "Neither all at once nor one after the other ({} would be {}), and in no rounds",
            run.count,
            time(beside.in_turn(run.count))
        ),
    }
}

/// What it is judged beside.
struct Beside {
    alone: Vec<Duration>,
    words: String,
}

impl Beside {
    /// `sequential`, if it ran; otherwise the lone request. `None` where neither was answered as this was.
    fn of(run: &Run<'_>) -> Option<Self> {
        if let Some(sequential) = run.other("sequential") {
            let sequential = run
                .comparable("sequential")
                .filter(|_| sequential.count == run.count)?;
            let alone = sequential
                .ended(Outcome::Completed)
                .map(|task| task.life().0);
            return Some(Self {
                alone: alone.collect(),
                words: format!("one after the other {}", time(sequential.wall)),
            });
        }
        let lone = run.time(LONE)?;
        Some(Self {
            alone: vec![lone],
            words: format!("a lone one {}", time(lone)),
        })
    }

    /// What so many take one after the other.
    fn in_turn(&self, count: usize) -> Duration {
        let some: Duration = self.alone.iter().sum();
        let each = some.as_secs_f64() / self.alone.len().max(1) as f64;
        Duration::try_from_secs_f64(each * count as f64).unwrap_or(Duration::MAX)
    }
}
