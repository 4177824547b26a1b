//! Obstacle a service is slow when it is asked many things at once, by nothing but times.
//!
//! Four causes look alike to whoever waits for an answer. Two things tell them apart:
//!
//! - **How the answers come**: together, one a round, five a round, or all of them late.
//! - **What a ping meets meanwhile**: a server that waits answers it at once. One whose event loop is blocked cannot.
//!
//! Noise makes an answer later and never earlier, so a single round proves little: what counts is what two rounds in a
//! row have shown. A ping that is answered at once proves that nothing blocked; a late one may be the machine's doing,
//! so pings must have waited for most of the time.

use std::time::Duration;

use super::seen::{Observed, Round, median};
use crate::claims::rounds::{AnswerTimes, Doubt, Shape, shape};

/// What a service did with many requests at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    /// They waited together.
    WaitsOverlap,
    /// One at a time, and a ping had to wait as long: nothing else ran.
    Blocked,
    /// So many at a time; one, where a lock lets no two in.
    Pool {
        /// How many.
        size: usize,
        /// What the pings say.
        pings: Pings,
    },
    /// As many at a time as FastAPI has threads, unless somebody has set another number.
    Threads {
        /// How many were seen.
        size: usize,
        /// What the pings say.
        pings: Pings,
    },
    /// Each took longer than one alone, and none came early.
    SlowerTogether,
    /// Some were refused, or not answered.
    Failed,
    /// It cannot be told.
    Unclear(Obstacle),
}

/// What the pings beside some rounds say of the event loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pings {
    /// There were none, or they waited neither briefly nor most of the time.
    Unknown,
    /// They were answered at once.
    Prompt,
    /// For most of the time, one was waiting.
    Waited,
}

/// Obstacle it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// No lone request was answered, so there is nothing to compare with.
    NothingAlone,
    /// No two lone requests took equally long, so that nobody knows what to compare with.
    NoneAlike,
    /// A lone answer takes less than [`SHORTEST`](crate::claims::rounds::SHORTEST).
    TooShort,
    /// This program itself could not run.
    Disturbed,
    /// The time was over before a round was.
    OutOfTime,
    /// No two rounds in a row have shown the same.
    Unsteady,
    /// Faster than one after the other, and in no rounds.
    InNoRounds,
    /// Not faster than one after the other, and in no rounds.
    NoFaster,
}

/// A diagnosis, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What it is.
    pub diagnosis: Diagnosis,
    /// How long a request takes with nothing else under way. `None` where none was answered.
    pub lone: Option<Duration>,
    /// The rounds that show it, by their places; all, where it cannot be told.
    pub rounds: Vec<usize>,
    /// The longest wait of a ping in one of these rounds: the median, so that a single hiccup does not count.
    pub longest_ping: Option<Duration>,
}

impl Judged {
    /// How long the event loop was blocked: what [`Self::longest_ping`] says beyond a ping that has nothing beside it.
    pub fn blocked(&self, observed: &Observed) -> Option<Duration> {
        let quiet = observed.quiet_ping.unwrap_or_default();
        Some(self.longest_ping?.saturating_sub(quiet))
    }
}

/// How the answers of one round came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    Together,
    InRounds(usize),
    AllLate,
    NoFaster,
    Failed,
    Unclear(Obstacle),
}

/// AnyIO's limit, which FastAPI's plain `def` routes share, and what a round of threads that are still being started may
/// look like.
const THREADS: std::ops::RangeInclusive<usize> = 36..=44;

/// All answers are late if even the first took so many lone requests.
const FIRST_LATE: u32 = 2;

/// And the last so many.
const LAST_LATE: u32 = 3;

/// And so much longer than a lone one, for each of them, in lone requests: as where five cores share the work. Less is the
/// work of handling many requests, whatever they wait for.
const WORTH: f64 = 0.15;

/// Pings wait if for this share of a round one of them waits.
const MOST_OF_IT: f64 = 0.7;

/// A ping waits if it does so for this share of a lone request.
const LONG: f64 = 0.5;

/// Pings are prompt if none waits for more of a lone request.
const BRIEF: f64 = 0.3;

/// Beside a lone request that takes so long, noise is little: then a single round is believed.
const LONG_ENOUGH: Duration = Duration::from_millis(200);

/// What all that was seen says.
pub fn judge(observed: &Observed) -> Judged {
    let all = || (0..observed.rounds.len()).collect::<Vec<_>>();
    let lone = observed.lone().iter().min().copied();
    let judged = |diagnosis, rounds: Vec<usize>| {
        let longest = rounds.iter().map(|at| observed.rounds[*at].longest_ping());
        let longest_ping = median(longest.flatten());
        Judged {
            diagnosis,
            lone,
            rounds,
            longest_ping,
        }
    };
    if observed.alone.iter().any(|round| round.failed > 0) {
        return judged(Diagnosis::Failed, all());
    }
    let Some(alone) = lone else {
        return judged(Diagnosis::Unclear(Obstacle::NothingAlone), all());
    };
    if !observed.is_lone_known() {
        return judged(Diagnosis::Unclear(Obstacle::NoneAlike), all());
    }
    let patterns = patterns(observed);
    match prevailing(&patterns, alone) {
        Ok(pattern) => {
            let same = all().into_iter().filter(|at| patterns[*at] == pattern);
            let same: Vec<usize> = same.collect();
            let rounds = same.iter().map(|at| &observed.rounds[*at]);
            let diagnosis = diagnosis(pattern, &rounds.collect::<Vec<_>>(), observed, alone);
            judged(diagnosis, same)
        }
        Err(why) => judged(Diagnosis::Unclear(why), all()),
    }
}

/// Whether more rounds would say nothing new: the last two have shown the same, and it is clear what that is.
pub fn is_settled(observed: &Observed) -> bool {
    let Some([one, two]) = patterns(observed).last_chunk::<2>().copied() else {
        return false;
    };
    let pinged = observed.quiet_ping.is_some();
    one == two
        && match judge(observed).diagnosis {
            Diagnosis::Unclear(_) => false,
            Diagnosis::Pool { pings, .. } => pings != Pings::Unknown || !pinged,
            _ => true,
        }
}

/// How the answers of each round came.
fn patterns(observed: &Observed) -> Vec<Pattern> {
    // Noise makes a request longer: the shortest is what it takes.
    let lone: Vec<_> = observed.lone().into_iter().min().into_iter().collect();
    let rounds = observed.rounds.iter();
    let pattern = rounds.map(|round| pattern(round, &lone, observed.at_once));
    pattern.collect()
}

fn pattern(round: &Round, alone: &[Duration], at_once: usize) -> Pattern {
    let Some((first, last)) = round.first_and_last().filter(|_| round.is_whole()) else {
        return match round.failed {
            0 => Pattern::Unclear(Obstacle::OutOfTime),
            _ => Pattern::Failed,
        };
    };
    let seen = shape(&AnswerTimes {
        alone,
        answers: &round.answers,
        at_once,
        disturbed: round.disturbed,
    });
    let lone = alone.first().copied().unwrap_or_default();
    let worth = lone + lone.mul_f64(WORTH * round.answers.len() as f64);
    let late = first >= lone * FIRST_LATE && last >= worth.max(lone * LAST_LATE);
    match seen {
        Shape::AllAtOnce => Pattern::Together,
        Shape::OneAtATime => Pattern::InRounds(1),
        Shape::Rounds(size) => Pattern::InRounds(size),
        Shape::Unclear(Doubt::Disturbed) => Pattern::Unclear(Obstacle::Disturbed),
        Shape::Unclear(Doubt::TooShort) => Pattern::Unclear(Obstacle::TooShort),
        Shape::Unclear(Doubt::TooFew) => Pattern::Unclear(Obstacle::NothingAlone),
        Shape::Faster | Shape::NoFaster | Shape::Unclear(Doubt::Close) if late => Pattern::AllLate,
        Shape::NoFaster => Pattern::NoFaster,
        Shape::Faster | Shape::Unclear(Doubt::Close) => Pattern::Unclear(Obstacle::InNoRounds),
    }
}

/// What two rounds in a row have shown, the last two first; else what most have. Where there was time for one round
/// only, what that has shown, if noise is little beside it.
fn prevailing(patterns: &[Pattern], lone: Duration) -> Result<Pattern, Obstacle> {
    let clear = |pattern: &Pattern| !matches!(pattern, Pattern::Unclear(_));
    let pairs = patterns.windows(2).rev();
    let mut twice = pairs.filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    if let Some(pattern) = twice.clone().find(clear) {
        let times = patterns.iter().filter(|each| **each == pattern).count();
        if times * 2 > patterns.len() {
            return Ok(pattern);
        }
    }
    match patterns {
        [] => Err(Obstacle::OutOfTime),
        [Pattern::Unclear(why)] => Err(*why),
        [one] if lone >= LONG_ENOUGH => Ok(*one),
        _ => match twice.next() {
            Some(Pattern::Unclear(why)) => Err(why),
            _ => Err(Obstacle::Unsteady),
        },
    }
}

fn diagnosis(
    pattern: Pattern,
    rounds: &[&Round],
    observed: &Observed,
    lone: Duration,
) -> Diagnosis {
    let quiet = observed.quiet_ping.unwrap_or_default();
    let pings = pings(rounds, lone, quiet);
    // Beside a single request, a ping waits as long as that only where the request holds what both need. Threads of
    // Python hold each other up, too, by some 5 ms a turn.
    let held_by_one = || {
        let alone: Vec<&Round> = observed.alone.iter().collect();
        let held = self::pings(&alone, lone, quiet) == Pings::Waited;
        held && pings == Pings::Waited && lone >= LONG_ENOUGH
    };
    match pattern {
        Pattern::Together => Diagnosis::WaitsOverlap,
        Pattern::InRounds(1) if pings == Pings::Waited => Diagnosis::Blocked,
        Pattern::InRounds(size) if THREADS.contains(&size) => Diagnosis::Threads { size, pings },
        Pattern::InRounds(size) => Diagnosis::Pool { size, pings },
        Pattern::AllLate | Pattern::NoFaster if held_by_one() => Diagnosis::Blocked,
        Pattern::AllLate => Diagnosis::SlowerTogether,
        Pattern::NoFaster => Diagnosis::Unclear(Obstacle::NoFaster),
        Pattern::Failed => Diagnosis::Failed,
        Pattern::Unclear(why) => Diagnosis::Unclear(why),
    }
}

/// What the pings beside these rounds say.
fn pings(rounds: &[&Round], lone: Duration, quiet: Duration) -> Pings {
    let long = quiet + lone.mul_f64(LONG);
    let brief = quiet + lone.mul_f64(BRIEF);
    let waited = |round: &&Round| {
        let share = round.share_waiting(long);
        share.is_some_and(|share| share >= MOST_OF_IT)
    };
    let prompt = |round: &&Round| round.longest_ping().is_some_and(|longest| longest <= brief);
    // Noise makes no ping prompt.
    if rounds.iter().any(prompt) {
        Pings::Prompt
    } else if !rounds.is_empty() && rounds.iter().all(waited) {
        Pings::Waited
    } else {
        Pings::Unknown
    }
}

#[cfg(test)]
use super::seen::PingWait;
#[cfg(test)]
mod tests;
