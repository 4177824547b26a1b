//! What the numbers show. Detection only: the words are in `wording.rs`.
//!
//! A concept *claims* what the textbook says of a strategy. A claim is looked for in the run's own
//! numbers; where they do not bear it out, the fact is "inconclusive", with the figures.

mod beside;

use std::time::Duration;

use super::claims::{Claim, Fact};
use super::numbers::Numbers;
use super::scaling::{Scaled, Scaling};
use super::{Outcome, StrategyReport, Task, queue};

/// The facts that `strategy`'s numbers bear out, of those that are claimed, and whether its loop
/// was blocked, which is looked for always. `all` are the strategies of the same run.
pub fn facts(strategy: &StrategyReport, claims: &[Claim], all: &[StrategyReport]) -> Vec<Fact> {
    if strategy.error.is_some() || strategy.wall_s.is_empty() {
        return Vec::new();
    }
    let numbers = Numbers::of(strategy);
    // Nothing can be said against a strategy that was not chosen.
    let compares_with = |claim: &Claim| match claim {
        Claim::CountsMore(_, other)
        | Claim::Dearer(other, _)
        | Claim::ComparedWith(other, _)
        | Claim::Scales(Scaling::DearerThan(other)) => Some(*other),
        _ => None,
    };
    let can_tell = |claim: &&Claim| {
        let there = match claim {
            Claim::Scales(claim) => claim.can_tell(strategy, all),
            _ => true,
        };
        there
            && compares_with(claim)
                .is_none_or(|other| all.iter().any(|strategy| strategy.name == other))
    };
    let mut facts: Vec<Fact> = claims
        .iter()
        .filter(can_tell)
        .map(|claim| {
            numbers
                .bear_out(*claim, all)
                .unwrap_or_else(|| numbers.inconclusive(*claim))
        })
        .collect();
    let told = |fact: &Fact| {
        matches!(
            fact,
            Fact::LoopBlocked { .. }
                | Fact::LoopBusy { .. }
                | Fact::Scaled(Scaled::HeldWhileStarting { .. })
                | Fact::DeafThroughout { .. }
        )
    };
    if !facts.iter().any(told) {
        // A stretch of an untracked blocker is seen by the heartbeat alone; a busy machine makes short ones.
        facts.extend(
            numbers
                .loop_blocked()
                .filter(|_| numbers.blocked_in_all() >= WORTH_TELLING),
        );
    }
    facts
}

/// Blocking that nobody claimed is told from here on.
pub(super) const WORTH_TELLING: Duration = Duration::from_millis(50);

/// A heartbeat gap that is no more than the machine's own unrest.
const AWAKE: Duration = Duration::from_millis(50);

/// A gap in which a beat was missed. It is called deaf where something held every worker meanwhile.
const DEAF: Duration = Duration::from_millis(20);

/// How many times longer one takes than the other, where that is more than the machine's unrest.
const CLEARLY: f64 = 1.2;

impl Numbers<'_> {
    fn bear_out(&self, claim: Claim, all: &[StrategyReport]) -> Option<Fact> {
        let metric = |key: &str| self.strategy.metrics.get(key).copied();
        match claim {
            Claim::NeverStarted => {
                let unpolled = self
                    .strategy
                    .tasks
                    .iter()
                    .filter(|task| task.outcome == Outcome::NeverPolled)
                    .count();
                (unpolled > 0 && self.started.is_empty()).then_some(Fact::NeverStarted { unpolled })
            }
            Claim::OneAfterTheOther | Claim::MadeIsNotStarted => {
                let made_first = claim == Claim::MadeIsNotStarted;
                (self.in_flight == 1 && self.count > 1 && near(self.wall, self.sum)).then_some(
                    Fact::SumOfWaits {
                        wall: self.wall,
                        sum: self.sum,
                        made_first,
                    },
                )
            }
            Claim::Overlapped => {
                let overlapped = self.in_flight > 1
                    && near(self.wall, self.longest)
                    && self.sum > self.wall.mul_f64(1.2);
                overlapped.then_some(Fact::Overlapped {
                    wall: self.wall,
                    longest: self.longest,
                    sum: self.sum,
                    threads: self.strategy.threads,
                    busy: self.busy,
                })
            }
            Claim::WaitTogether => self.waited_together(),
            Claim::OverlappedOn(width, what) => {
                let width = width.min(self.count);
                let expected = self.strategy.ideal_s.map_or(self.longest, |ideal| ideal.0);
                let overlapped = width > 1
                    && self.in_flight == width
                    && near(self.wall, expected)
                    && self.sum > self.wall.mul_f64(1.2);
                overlapped.then_some(Fact::OverlappedOn {
                    width,
                    what,
                    wall: self.wall,
                    sum: self.sum,
                })
            }
            Claim::ErrorCancels => {
                let cancelled = self
                    .started
                    .iter()
                    .find(|task| task.outcome == Outcome::Cancelled)?;
                Some(Fact::Cancelled {
                    label: cancelled.label.clone(),
                    after: cancelled.life().0,
                })
            }
            Claim::SerialisedBy(by) => {
                let one_at_a_time = self.strategy.ideal_s?.0;
                let serialised =
                    self.in_flight > 1 && self.wall + slack(one_at_a_time) > one_at_a_time;
                serialised.then_some(Fact::Serialised {
                    by,
                    in_flight: self.in_flight,
                    wall: self.wall,
                    one_at_a_time,
                })
            }
            Claim::Dearer(than, why) => {
                let there =
                    Numbers::of(all.iter().find(|strategy| strategy.name == than)?).each()?;
                let each = self.each().filter(|each| *each > there.mul_f64(CLEARLY))?;
                Some(Fact::Dearer {
                    each,
                    than,
                    there,
                    why,
                })
            }
            Claim::Scales(claim) => claim.bear_out(self, all).map(Fact::Scaled),
            Claim::ComparedWith(other, why) => self.compared_with(other, why, all),
            Claim::TurnsCost(why) => {
                let extra = self.wall.checked_sub(self.strategy.ideal_s?.0)?;
                Some(Fact::TurnsCost { why, extra })
            }
            Claim::LimitedTo(limit, what) => {
                let of = self.count;
                let limited = self.in_flight == limit.min(of)
                    && self
                        .strategy
                        .ideal_s
                        .is_none_or(|ideal| near(self.wall, ideal.0));
                limited.then_some(Fact::Limited {
                    limit,
                    what,
                    of,
                    wall: self.wall,
                })
            }
            Claim::BlocksTheLoop => self.loop_blocked(),
            Claim::DeafThroughout => self.deaf_throughout(),
            Claim::KeepsTheLoopAwake => {
                let max_gap = self
                    .max_gap()
                    .filter(|gap| *gap <= AWAKE && *gap * 3 < self.wall)
                    // What is drawn as deaf was not awake, however short that was.
                    .filter(|gap| self.strategy.blocked.is_empty() || *gap < DEAF)?;
                Some(Fact::LoopAwake {
                    max_gap,
                    wall: self.wall,
                })
            }
            Claim::HidesBehindAnotherWorker => {
                let max_gap = self.max_gap().filter(|gap| *gap <= AWAKE)?;
                let slow = |task: &&&Task| task.polls.iter().any(|poll| poll.duration().0 > AWAKE);
                let by = self.started.iter().find(slow)?;
                let held = by.polls.iter().map(|poll| poll.duration().0).max()?;
                let workers = self.strategy.runtime.workers;
                Some(Fact::Hidden {
                    by: by.label.clone(),
                    held,
                    max_gap,
                    workers,
                })
            }
            Claim::TimeoutIsLate(deadline) => {
                let late = self.longest > deadline + slack(deadline);
                late.then_some(Fact::LateTimeout {
                    deadline,
                    took: self.longest,
                })
            }
            Claim::CountsMore(key, other) => {
                let there = *all
                    .iter()
                    .find(|strategy| strategy.name == other)?
                    .metrics
                    .get(key)?;
                let here = metric(key).filter(|here| *here > there)?;
                Some(Fact::CountedMore {
                    key: key.to_owned(),
                    here,
                    there,
                    other,
                })
            }
            Claim::ThreadEach => {
                let (waits, threads) = (self.count, self.strategy.threads);
                (threads == waits && near(self.wall, self.longest)).then_some(Fact::ThreadEach {
                    waits,
                    threads,
                    wall: self.wall,
                })
            }
            Claim::AnswersAfter(answers, work) => {
                let (answer, work) = (self.lives(answers).min()?, self.lives(work).min()?);
                (answer >= work).then_some(Fact::Answered {
                    before: false,
                    answer,
                    work,
                })
            }
            Claim::AnswersBefore(answers, work) => {
                let (answer, work) = (self.lives(answers).max()?, self.lives(work).min()?);
                (answer * 2 < work).then_some(Fact::Answered {
                    before: true,
                    answer,
                    work,
                })
            }
            Claim::DelaysTheNextAnswer(answers, work) => {
                let (quickest, work) = (self.lives(answers).min()?, self.lives(work).min()?);
                let slowest = self.called(answers).max_by_key(|task| task.life())?;
                let took = slowest.life().0;
                (quickest * 2 < took && took * 2 > work).then(|| Fact::AnswerDelayed {
                    label: slowest.label.clone(),
                    took,
                    quickest,
                })
            }
            Claim::LostAtExit(lost, of) => {
                let (lost, of) = (metric(lost)?, metric(of)?);
                (lost > 0.0).then_some(Fact::AtExit { lost, of })
            }
            Claim::DrainedAtExit(lost, of) => {
                let (lost, of) = (metric(lost)?, metric(of)?);
                (lost == 0.0 && of > 0.0).then_some(Fact::AtExit { lost, of })
            }
            Claim::OthersAreServed(key, work) => self.others(key, work, true),
            Claim::OthersWait(key, work) => self.others(key, work, false),
            Claim::NothingLost(found, expected) => {
                let (found, expected) = (metric(found)?, metric(expected)?);
                Some(if found == expected {
                    Fact::AllThere { found }
                } else {
                    Fact::OtherCount { found, expected }
                })
            }
            Claim::Stops(claim) => claim.bear_out(self.strategy).map(Fact::Stopped),
            Claim::Computes(claim) => claim.bear_out(self.strategy, all).map(Fact::Computed),
            Claim::Queue(claim) => queue::bear_out(claim, self.strategy, all).map(Fact::Queue),
        }
    }

    fn inconclusive(&self, claim: Claim) -> Fact {
        Fact::Inconclusive {
            claim,
            wall: self.wall,
            ideal: self.strategy.ideal_s.map(|ideal| ideal.0),
            in_flight: self.in_flight,
            max_gap: self.max_gap(),
        }
    }
}

/// Whether two durations are equal but for what a runtime and a machine add.
pub(super) fn near(wall: Duration, expected: Duration) -> bool {
    wall.abs_diff(expected) <= slack(expected)
}

fn slack(expected: Duration) -> Duration {
    (expected / 10).max(Duration::from_millis(20))
}
