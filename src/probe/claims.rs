//! What the diagnosis of a service is in words: the numbers that say so, and what to look for in its code.

use std::sync::Arc;
use std::time::Duration;

use super::seen::{Observed, Round};
use super::verdict::{Diagnosis, Judged, Obstacle, Pings};
use crate::claims::rounds::SHORTEST;
use crate::claims::{Claim, Run, Shown, inconclusive, shown};
use crate::services::failure::advice;
use crate::units::{self, duration as time};

/// What was seen, as a claim on the strategy that shows it.
pub(super) fn claim(judged: &Judged, observed: &Observed, asked: Duration) -> Arc<dyn Claim> {
    let figures = Figures::of(judged, observed, asked);
    match judged.diagnosis {
        Diagnosis::WaitsOverlap => Arc::new(WaitsOverlap(figures)),
        Diagnosis::Blocked => Arc::new(EventLoopBlocked(figures)),
        Diagnosis::Pool { size: 1, pings } => Arc::new(OneInTurn(figures, pings)),
        Diagnosis::Pool { size, pings } => Arc::new(PoolOf(figures, size, pings)),
        Diagnosis::Threads { size, pings } => Arc::new(ThreadPool(figures, size, pings)),
        Diagnosis::SlowerTogether => Arc::new(SlowerTogether(figures)),
        Diagnosis::Failed => Arc::new(RequestsFailed {
            alone: observed.rounds.is_empty(),
        }),
        Diagnosis::Unclear(why) => Arc::new(Undecided(figures, why)),
    }
}

/// The numbers that every diagnosis names.
#[derive(Clone, Debug)]
struct Figures {
    at_once: usize,
    lone: Duration,
    /// Of the rounds that show it, the one with the middle wall time.
    first: Duration,
    last: Duration,
    /// How many answers came in each round of the server's.
    sizes: Vec<usize>,
    pinged: bool,
    longest_ping: Option<Duration>,
    disturbed: Duration,
    answered: usize,
    rounds: usize,
    asked: Duration,
}

impl Figures {
    fn of(judged: &Judged, observed: &Observed, asked: Duration) -> Self {
        let rounds = judged.rounds.iter().map(|at| &observed.rounds[*at]);
        let mut rounds: Vec<&Round> = rounds.collect();
        rounds.sort_by_key(|round| round.wall);
        let middle = rounds.get(rounds.len().saturating_sub(1) / 2);
        let answers = middle.map_or(&[][..], |round| &round.answers);
        let lone = judged.lone.unwrap_or_default();
        let disturbed = rounds.iter().map(|round| round.disturbed);
        Self {
            at_once: observed.at_once,
            lone,
            first: answers.iter().min().copied().unwrap_or_default(),
            last: middle.map_or(Duration::ZERO, |round| round.wall),
            sizes: sizes(answers, lone),
            pinged: observed.quiet_ping.is_some(),
            longest_ping: judged.longest_ping,
            disturbed: disturbed.max().unwrap_or_default(),
            answered: answers.len(),
            rounds: observed.rounds.len(),
            asked,
        }
    }

    /// `12 requests at once took 2.412 s, one alone 201 ms`.
    fn took(&self) -> String {
        let (count, last, lone) = (self.at_once, time(self.last), time(self.lone));
        format!("{count} requests at once took {last}, one alone {lone}")
    }

    /// The end of a sentence that says what pings say.
    fn pings(&self) -> String {
        match self.longest_ping {
            Some(longest) => format!("; the longest ping waited {}", time(longest)),
            None => String::new(),
        }
    }

    fn shown(&self, kind: &'static str, text: &str) -> Shown {
        let text = format!("{text}: {}{}.", self.took(), self.pings());
        // What pings say is said: nothing else need be said of an event loop, and this program's own is no news.
        shown(kind, text).short(self.took()).tells_of_blocking()
    }

    /// The sizes of the server's rounds, as `5, 5, 2`.
    fn sizes(&self) -> String {
        let sizes: Vec<_> = self.sizes.iter().map(ToString::to_string).collect();
        sizes.join(", ")
    }
}

/// How many answers came in each stretch of a lone request's length.
fn sizes(answers: &[Duration], lone: Duration) -> Vec<usize> {
    let mut answers = answers.to_vec();
    answers.sort();
    let apart = lone / 2;
    let rounds = answers.chunk_by(|one, next| *next - *one <= apart);
    rounds.map(<[Duration]>::len).collect()
}

/// They waited together.
#[derive(Debug)]
struct WaitsOverlap(Figures);

impl Claim for WaitsOverlap {
    fn expectation(&self) -> String {
        "answers that come together".into()
    }

    fn check(&self, _run: &Run<'_>) -> Option<Shown> {
        let shown = self.0.shown("overlapped", "the waits overlap");
        Some(match self.0.at_once {
            ..=40 => shown.takeaway("So many wait at no cost. Plain def routes do so up to 40 threads: --at-once 100 shows whether that is the end."),
            _ => shown.takeaway("So many wait at no cost."),
        })
    }
}

/// Nothing else ran while one was being handled.
#[derive(Debug)]
struct EventLoopBlocked(Figures);

impl Claim for EventLoopBlocked {
    fn expectation(&self) -> String {
        "one answer a round, and pings that wait as long".into()
    }

    fn check(&self, _run: &Run<'_>) -> Option<Shown> {
        let figures = &self.0;
        let how = match figures.sizes.iter().all(|size| *size == 1) {
            true => "event loop blocked, one answer a round",
            false => "event loop blocked, and nothing was answered meanwhile",
        };
        let text = format!(
            "{how}: {}; pings waited up to {}.",
            figures.took(),
            time(figures.longest_ping.unwrap_or_default())
        );
        let shown = shown("loop_blocked", text).short(figures.took());
        Some(shown.tells_of_blocking().takeaway("In that async def, look for time.sleep, requests, a database driver that is not async, or a computation. Await its async twin, or make the route a plain def. `asyncdemo python` before the server's command names the line."))
    }
}

/// One at a time, and the event loop was free, or nobody has looked.
#[derive(Debug)]
struct OneInTurn(Figures, Pings);

impl Claim for OneInTurn {
    fn expectation(&self) -> String {
        "one answer a round".into()
    }

    fn check(&self, _run: &Run<'_>) -> Option<Shown> {
        let Self(figures, pings) = self;
        Some(match pings {
            Pings::Prompt => figures
                .shown("pool", "one at a time, and the event loop was free")
                .takeaway("Something lets one in at a time: look for asyncio.Lock, Semaphore(1), a pool of one connection, or a database that takes one writer."),
            _ => figures
                .shown("one_at_a_time", "one answer a round")
                .and(less_certain(figures))
                .takeaway("Look for a blocking call in the async def, such as time.sleep, for a computation, and for a lock or a pool of one."),
        })
    }
}

fn less_certain(figures: &Figures) -> &'static str {
    match figures.pinged {
        true => {
            "The event loop may be blocked, or a lock lets one in at a time: the pings waited neither briefly nor all the time."
        }
        false => {
            "The event loop may be blocked, or a lock lets one in at a time: without --ping URL, that looks the same."
        }
    }
}

/// So many at a time.
#[derive(Debug)]
struct PoolOf(Figures, usize, Pings);

impl Claim for PoolOf {
    fn expectation(&self) -> String {
        format!("{} answers a round", self.1)
    }

    fn check(&self, _run: &Run<'_>) -> Option<Shown> {
        let Self(figures, size, pings) = self;
        let said = format!("a pool of {size} ({})", figures.sizes());
        let shown = figures.shown("pool", &said);
        Some(match pings {
            Pings::Prompt => shown,
            Pings::Waited => shown.and("Pings waited for a place, too: so many workers or threads are all that it has."),
            Pings::Unknown => shown.and(match figures.pinged {
                true => "The pings waited neither briefly nor all the time.",
                false => "Without --ping URL, so many workers with blocked event loops look the same.",
            }),
        }
        .takeaway("Look for that number: a Semaphore, pool_size and max_overflow of the database's engine, the limits of an HTTP client, workers of the server."))
    }
}

/// As many at a time as FastAPI has threads.
#[derive(Debug)]
struct ThreadPool(Figures, usize, Pings);

impl Claim for ThreadPool {
    fn expectation(&self) -> String {
        format!("{} answers a round", self.1)
    }

    fn check(&self, _run: &Run<'_>) -> Option<Shown> {
        let Self(figures, _, pings) = self;
        let said = format!("threads, about 40 ({})", figures.sizes());
        let shown = figures.shown("threads", &said);
        Some(match pings {
            Pings::Waited => shown.and("Pings waited for a thread, too."),
            _ => shown,
        }
        .takeaway("Plain def routes and run_in_threadpool share AnyIO's 40 threads. An async def with an async library needs none; more threads: to_thread.current_default_thread_limiter().total_tokens."))
    }
}

/// Each took longer than one alone.
#[derive(Debug)]
struct SlowerTogether(Figures);

impl Claim for SlowerTogether {
    fn expectation(&self) -> String {
        "answers that are all late".into()
    }

    fn check(&self, _run: &Run<'_>) -> Option<Shown> {
        let figures = &self.0;
        let said = format!(
            "slower together than alone, the first answer after {}",
            time(figures.first)
        );
        let shown = figures.shown("slower_together", &said);
        let shown = match figures.pinged {
            true => shown,
            false => shown.and("Without --ping URL, a blocked event loop may look the same."),
        };
        Some(shown.takeaway("They share something. A computation in a plain def route shares the interpreter's lock (GIL): a ProcessPoolExecutor takes other cores. Otherwise look at what all of them use: a database, a disk, another service."))
    }
}

/// Some were refused, or not answered.
#[derive(Debug)]
struct RequestsFailed {
    /// Whether one by itself did.
    alone: bool,
}

impl Claim for RequestsFailed {
    fn expectation(&self) -> String {
        "requests that fail".into()
    }

    fn tells_of_failures(&self) -> bool {
        true
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let words = run.strategy.failed_in_words()?;
        let most = run.strategy.failures.first()?;
        let told = format!("errors: {words}.");
        let what_to_do = what_to_do(most.status, &most.reason, self.alone);
        Some(shown("failed", told).short(words).takeaway(what_to_do))
    }
}

/// What the user can do, in the words of this command's own flags.
fn what_to_do(status: Option<u16>, reason: &str, alone: bool) -> &'static str {
    match status {
        Some(401 | 403) => {
            "The server wants to know who asks: --header 'Authorization: …' says so."
        }
        Some(405) => "This path allows no such method: --method names another.",
        Some(415 | 422) => {
            "The server does not accept what was sent: --data FILE and --header 'Content-Type: …' say what it is."
        }
        Some(429 | 503) if alone => {
            "The server turns away even a single request: its log may say why."
        }
        Some(429 | 503) => {
            "The server turns away what is too much for it: ask less at once, with --at-once."
        }
        None if reason == "timed out" => "Give it more time with --for, or check host and port.",
        _ => advice(status, reason),
    }
}

/// It cannot be told.
#[derive(Debug)]
struct Undecided(Figures, Obstacle);

impl Claim for Undecided {
    fn expectation(&self) -> String {
        "a pattern in the answers".into()
    }

    fn check(&self, _run: &Run<'_>) -> Option<Shown> {
        let Self(figures, why) = self;
        let sizes = match figures.sizes.len() {
            0 => String::new(),
            _ => format!(" The answers came {} at a time.", figures.sizes()),
        };
        let took = format!("{}{}.", figures.took(), figures.pings());
        let text = match why {
            Obstacle::NothingAlone => {
                format!(
                    "No request was answered within {} (--for). Give it more time, or check host and port.",
                    time(figures.asked)
                )
            }
            Obstacle::NoneAlike => format!(
                "No two requests took equally long with nothing else under way, {} the shortest: the machine is busy elsewhere, or the service itself differs from time to time. {took}",
                time(figures.lone)
            ),
            Obstacle::OutOfTime => format!(
                "{} of {} were answered when the time was over, one alone took {}. Give it more time with --for, or ask less at once with --at-once.",
                figures.answered,
                figures.at_once,
                time(figures.lone)
            ),
            Obstacle::TooShort => format!(
                "An answer that takes less than {} says nothing of how many are handled at once: {took} Ask for something slower, or more at once (--at-once 100).",
                time(SHORTEST)
            ),
            Obstacle::Disturbed => format!(
                "This program itself could not run for {}, much of what a request takes: the machine is busy elsewhere. {took}",
                time(figures.disturbed)
            ),
            Obstacle::Unsteady => format!(
                "No two of {} in a row have shown the same. The last: {took}{sizes}",
                units::count(figures.rounds, "round", "rounds")
            ),
            Obstacle::InNoRounds => {
                format!("Faster than one after the other, and in no even rounds: {took}{sizes}")
            }
            Obstacle::NoFaster => format!(
                "No faster than one after the other, and in no even rounds: {took}{sizes} Something is shared, or only one is handled at a time."
            ),
        };
        Some(
            inconclusive(text)
                .short(format!("inconclusive: {}", figures.took()))
                .tells_of_blocking(),
        )
    }
}
