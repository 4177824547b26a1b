//! How a server answers many requests at once, by nothing but the times of its answers.
//!
//! A client that has ten requests under way has overlapped its own waits, whatever the server does: a server that
//! answers one at a time makes ten waits of ten lengths, all of them under way at once. So what the client saved is
//! judged by two things that a queue at the server cannot fake:
//!
//! - **The time**: all answers together, beside the time of a request *with nothing else under way*.
//! - **The shape**: the answers of a server that handles `k` at a time come `k` together, one round after the other.
//!
//! A definite shape is told only where both agree. Noise makes a request longer and never shorter; where it blurs the
//! rounds, what is left is whether it was faster than one after the other, and where that is close, nothing is said.

use std::time::Duration;

use super::run::CLEARLY;

/// What was seen of a server. Durations are wall time.
#[derive(Clone, Copy, Debug)]
pub struct AnswerTimes<'a> {
    /// How long requests took with nothing else under way: those of a run one after the other, or a lone one.
    pub alone: &'a [Duration],
    /// When each answer came, since the first request was sent. In any order; all of them, none failed.
    pub answers: &'a [Duration],
    /// How many requests the client had under way at most.
    pub at_once: usize,
    /// The longest time in which the client itself could not run: it may have seen answers so late.
    pub disturbed: Duration,
}

/// How the server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All that were under way, in one round.
    AllAtOnce,
    /// One a round.
    OneAtATime,
    /// So many a round: at least two, and fewer than were under way.
    Rounds(usize),
    /// In no rounds, and not faster than one after the other.
    NoFaster,
    /// In no even rounds, and yet clearly faster than one after the other.
    Faster,
    /// It cannot be told.
    Unclear(Doubt),
}

/// Why a shape cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Fewer than two at once, or nothing to compare with.
    TooFew,
    /// A request takes less than [`SHORTEST`]: the overhead is most of what would be judged.
    TooShort,
    /// The client could not run for much of a request's time.
    Disturbed,
    /// A little faster than one after the other, and in no rounds.
    Close,
}

/// A request that takes less says nothing of how many are handled at once.
pub const SHORTEST: Duration = Duration::from_millis(10);

/// Answers further apart than this share of a lone request belong to different rounds.
const APART: f64 = 0.5;

/// The answers of one round lie within this share of a lone request.
const TIGHT: f64 = 0.35;

/// Two rounds lie this many lone requests apart.
const ONE_ROUND: std::ops::Range<f64> = 0.75..1.45;

/// So many times faster than one after the other is faster, where that was measured, whatever the noise was.
const FASTER: f64 = 1.5;

/// The same beside a single lone request, which may have been a slow one.
const FASTER_THAN_ONE: f64 = 2.5;

/// How the server answered, or why that cannot be told.
pub fn shape(seen: &AnswerTimes<'_>) -> Shape {
    let mut answers = seen.answers.to_vec();
    answers.sort();
    let count = answers.len();
    let at_once = seen.at_once.min(count);
    let (Some(first), Some(wall)) = (answers.first(), answers.last()) else {
        return Shape::Unclear(Doubt::TooFew);
    };
    let Some(alone) = typical(seen.alone, *first).filter(|_| at_once > 1) else {
        return Shape::Unclear(Doubt::TooFew);
    };
    if alone < SHORTEST {
        return Shape::Unclear(Doubt::TooShort);
    }
    if seen.disturbed >= alone.mul_f64(APART) {
        return Shape::Unclear(Doubt::Disturbed);
    }
    let in_lone_ones = |time: Duration| time.as_secs_f64() / alone.as_secs_f64();
    let wall = in_lone_ones(*wall);
    let times: Vec<f64> = answers.iter().map(|at| in_lone_ones(*at)).collect();
    if let Some(shape) = in_rounds(&times, at_once) {
        return shape;
    }
    // Without clear rounds: by how much it was faster than one after the other.
    let faster = count as f64 / wall;
    let clearly = match seen.alone {
        [_] => FASTER_THAN_ONE,
        _ => FASTER,
    };
    if faster < CLEARLY {
        Shape::NoFaster
    } else if faster < clearly {
        Shape::Unclear(Doubt::Close)
    } else {
        Shape::Faster
    }
}

/// How long a lone request takes: the median of several. A single one may have been slowed down; the first of
/// many answers took no less than a lone request, either.
fn typical(alone: &[Duration], first: Duration) -> Option<Duration> {
    let mut alone = alone.to_vec();
    alone.sort();
    match &alone[..] {
        [one] => Some(first.min(*one)),
        several => several.get(several.len().checked_sub(1)? / 2).copied(),
    }
}

/// What the rounds say, where there are clear ones. `times` are in lone requests, in order.
fn in_rounds(times: &[f64], at_once: usize) -> Option<Shape> {
    let count = times.len();
    let rounds: Vec<&[f64]> = times.chunk_by(|one, next| next - one <= APART).collect();
    let begins: Vec<f64> = rounds.iter().map(|round| round[0]).collect();
    let wall = times[count - 1];
    if let [_] = rounds[..] {
        // The largest pool that is too small needs a second round; two of them, beside a lone request that was slow,
        // may look like one, but not like a tight one.
        let tight = wall - times[0] <= TIGHT;
        return (count == at_once && tight && wall < 1.0 + APART).then_some(Shape::AllAtOnce);
    }
    let size = rounds[0].len();
    let (last, full) = rounds.split_last()?;
    let even = full.iter().all(|round| round.len() == size) && last.len() <= size;
    if !even || size > at_once {
        return None;
    }
    if size == 1 {
        // Each by itself. Where that took as long as one after the other, the steps need not be even.
        let in_turn = count as f64 / wall < CLEARLY;
        return (count > 2 && in_turn).then_some(Shape::OneAtATime);
    }
    let tight = rounds
        .iter()
        .all(|round| round[round.len() - 1] - round[0] <= TIGHT);
    let from_zero = std::iter::once(0.0).chain(begins.iter().copied());
    let steps: Vec<f64> = from_zero.zip(&begins).map(|(from, to)| to - from).collect();
    let steady = steps.iter().all(|step| ONE_ROUND.contains(step));
    // A single full round and a few late ones may be one round in which something was late.
    let two_full = count >= 2 * size;
    (tight && steady && two_full).then_some(if size == at_once {
        Shape::AllAtOnce
    } else {
        Shape::Rounds(size)
    })
}

#[cfg(test)]
mod tests;
