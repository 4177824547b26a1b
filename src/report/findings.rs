//! What the numbers show. Detection only: the words are in `wording.rs`.
//!
//! A concept *claims* what the textbook says of a strategy. A claim is looked for in the run's own
//! numbers; where they do not bear it out, the fact is "inconclusive", with the figures.

use std::time::Duration;

use super::{Outcome, StrategyReport, Task};

/// What a strategy is expected to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A future that nobody polls does nothing.
    NeverStarted,
    /// The waits add up: one task at a time.
    OneAfterTheOther,
    /// Futures made first still run one at a time if they are awaited in turn.
    MadeIsNotStarted,
    /// The waits overlap: as long as the longest.
    Overlapped,
    /// The waits overlap on so many of these, each of which serves one at a time.
    OverlappedOn(usize, &'static str),
    /// The first error cancels what has not finished.
    ErrorCancels,
    /// All at once, and yet one at a time, because of this.
    SerialisedBy(&'static str),
    /// Each task takes longer than with this other strategy, for this reason. Not looked for in a
    /// run without the other one.
    Dearer(&'static str, &'static str),
    /// Beyond the time of one after the other, taking turns costs time, for this reason.
    TurnsCost(&'static str),
    /// At most so many at once, because of this.
    LimitedTo(usize, &'static str),
    /// The async thread is held; nothing else runs.
    BlocksTheLoop,
    /// The work is as slow as when it blocks, but the loop stays awake.
    KeepsTheLoopAwake,
    /// One worker is held, and another one hides it.
    HidesBehindAnotherWorker,
    /// A timeout of this length ends late.
    TimeoutIsLate(Duration),
    /// The metric `key` of this strategy, a count, is `more` than the other strategy's.
    CountsMore(&'static str, &'static str),
    /// Each wait holds a thread of its own.
    ThreadEach,
    /// Tasks called `.0` (answers) end only when those called `.1` (work) have.
    AnswersAfter(&'static str, &'static str),
    /// Tasks called `.0` (answers) end long before those called `.1` (work).
    AnswersBefore(&'static str, &'static str),
    /// An answer waits for the work that an earlier one has left behind.
    DelaysTheNextAnswer(&'static str, &'static str),
    /// Background work is cut off by the shutdown: so many of so many (two metrics) got lost.
    LostAtExit(&'static str, &'static str),
    /// Background work is finished before the shutdown (two metrics: lost, of all).
    DrainedAtExit(&'static str, &'static str),
    /// All rows that were written are there (two metrics: found, expected).
    NothingLost(&'static str, &'static str),
}

/// What one strategy's numbers show.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant says what its figures are")]
pub enum Fact {
    /// Futures that were made and never polled, of so many.
    NeverStarted { unpolled: usize },
    /// One task at a time, so that the wall time is the sum.
    SumOfWaits {
        wall: Duration,
        sum: Duration,
        made_first: bool,
    },
    /// Many tasks at once, so that the wall time is the longest.
    Overlapped {
        wall: Duration,
        longest: Duration,
        sum: Duration,
        threads: usize,
        busy: Duration,
    },
    /// At most `width` at once, on as many of `what`, so that the wall time is that of the rounds.
    OverlappedOn {
        width: usize,
        what: &'static str,
        wall: Duration,
        sum: Duration,
    },
    /// A sibling ended when another failed.
    Cancelled { label: String, after: Duration },
    /// So many in flight, and yet the wall time is that of one at a time.
    Serialised {
        by: &'static str,
        in_flight: usize,
        wall: Duration,
        one_at_a_time: Duration,
    },
    /// What a task takes, here and with the other strategy.
    Dearer {
        each: Duration,
        than: &'static str,
        there: Duration,
        why: &'static str,
    },
    /// What went by while nobody had the turn.
    TurnsCost { why: &'static str, extra: Duration },
    /// Never more than the limit at once.
    Limited {
        limit: usize,
        what: &'static str,
        of: usize,
        wall: Duration,
    },
    /// Every worker was held, for `longest` at a stretch and `total` in all.
    LoopBlocked {
        by: Option<String>,
        workers: usize,
        longest: Duration,
        total: Duration,
        missed_beats: u128,
    },
    /// Many tasks in turn, each briefly, and nothing else between them.
    LoopBusy { tasks: usize, longest: Duration },
    /// The loop's longest gap while the work went on.
    LoopAwake { max_gap: Duration, wall: Duration },
    /// One worker was held and the heart beat on.
    Hidden {
        by: String,
        held: Duration,
        max_gap: Duration,
        workers: usize,
    },
    /// A timeout that came late.
    LateTimeout { deadline: Duration, took: Duration },
    /// Two counts of one thing.
    CountedMore {
        key: String,
        here: f64,
        there: f64,
        other: &'static str,
    },
    /// Many waits, each in a thread that did nothing else.
    ThreadEach {
        waits: usize,
        threads: usize,
        wall: Duration,
    },
    /// The slowest answer, and the work that took at least `work`.
    Answered {
        before: bool,
        answer: Duration,
        work: Duration,
    },
    /// An answer that was slow for the sake of earlier work.
    AnswerDelayed {
        label: String,
        took: Duration,
        quickest: Duration,
    },
    /// Background work that was cut off, or that was not.
    AtExit { lost: f64, of: f64 },
    /// Every row is there.
    AllThere { found: f64 },
    /// More rows or fewer than there should be.
    OtherCount { found: f64, expected: f64 },
    /// The numbers do not bear the claim out.
    Inconclusive {
        claim: Claim,
        wall: Duration,
        ideal: Option<Duration>,
        in_flight: usize,
        max_gap: Option<Duration>,
    },
}

impl Fact {
    /// For scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NeverStarted { .. } => "never_started",
            Self::SumOfWaits { .. } => "sum_of_waits",
            Self::Overlapped { .. } | Self::OverlappedOn { .. } => "overlapped",
            Self::Cancelled { .. } => "cancelled",
            Self::Serialised { .. } => "serialised",
            Self::Dearer { .. } => "dearer",
            Self::TurnsCost { .. } => "turns_cost",
            Self::Limited { .. } => "limited",
            Self::LoopBlocked { .. } => "loop_blocked",
            Self::LoopBusy { .. } => "loop_busy",
            Self::LoopAwake { .. } => "loop_awake",
            Self::Hidden { .. } => "hidden_blocker",
            Self::LateTimeout { .. } => "late_timeout",
            Self::CountedMore { .. } => "counted_more",
            Self::ThreadEach { .. } => "thread_each",
            Self::Answered { before: true, .. } => "answered_before_the_work",
            Self::Answered { .. } => "answered_after_the_work",
            Self::AnswerDelayed { .. } => "answer_delayed",
            Self::AtExit { lost, .. } if *lost > 0.0 => "lost_on_shutdown",
            Self::AtExit { .. } => "drained",
            Self::AllThere { .. } => "nothing_lost",
            Self::OtherCount { .. } | Self::Inconclusive { .. } => "inconclusive",
        }
    }
}

/// The facts that `strategy`'s numbers bear out, of those that are claimed, and whether its loop
/// was blocked, which is looked for always. `all` are the strategies of the same run.
pub fn facts(strategy: &StrategyReport, claims: &[Claim], all: &[StrategyReport]) -> Vec<Fact> {
    if strategy.error.is_some() || strategy.wall_s.is_empty() {
        return Vec::new();
    }
    let numbers = Numbers::of(strategy);
    // Nothing can be said against a strategy that was not chosen.
    let compares_with = |claim: &Claim| match claim {
        Claim::CountsMore(_, other) | Claim::Dearer(other, _) => Some(*other),
        _ => None,
    };
    let can_tell = |claim: &&Claim| {
        compares_with(claim).is_none_or(|other| all.iter().any(|strategy| strategy.name == other))
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
    let told = |fact: &Fact| matches!(fact, Fact::LoopBlocked { .. } | Fact::LoopBusy { .. });
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
const WORTH_TELLING: Duration = Duration::from_millis(50);

/// A heartbeat gap that is no more than the machine's own unrest.
const AWAKE: Duration = Duration::from_millis(60);

/// What the detection looks at, of one strategy.
struct Numbers<'a> {
    strategy: &'a StrategyReport,
    wall: Duration,
    /// The tasks that were polled.
    started: Vec<&'a Task>,
    sum: Duration,
    longest: Duration,
    in_flight: usize,
}

impl<'a> Numbers<'a> {
    fn of(strategy: &'a StrategyReport) -> Self {
        let started: Vec<_> = strategy
            .tasks
            .iter()
            .filter(|task| task.start_s.is_some() && task.label != HEARTBEAT)
            .collect();
        let life = |task: &&Task| task.life().0;
        Self {
            strategy,
            wall: strategy.wall().unwrap_or_default().0,
            sum: started.iter().map(life).sum(),
            longest: started.iter().map(life).max().unwrap_or_default(),
            in_flight: strategy.most_in_flight(),
            started,
        }
    }

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
                (self.in_flight == 1 && self.started.len() > 1 && near(self.wall, self.sum))
                    .then_some(Fact::SumOfWaits {
                        wall: self.wall,
                        sum: self.sum,
                        made_first,
                    })
            }
            Claim::Overlapped => {
                let overlapped = self.in_flight > 1
                    && near(self.wall, self.longest)
                    && self.sum > self.wall.mul_f64(1.2);
                overlapped.then(|| Fact::Overlapped {
                    wall: self.wall,
                    longest: self.longest,
                    sum: self.sum,
                    threads: self.strategy.threads,
                    busy: self.started.iter().map(|task| task.busy_s.0).sum(),
                })
            }
            Claim::OverlappedOn(width, what) => {
                let width = width.min(self.started.len());
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
                let each = self.each().filter(|each| *each > there.mul_f64(1.2))?;
                Some(Fact::Dearer {
                    each,
                    than,
                    there,
                    why,
                })
            }
            Claim::TurnsCost(why) => {
                let extra = self.wall.checked_sub(self.strategy.ideal_s?.0)?;
                Some(Fact::TurnsCost { why, extra })
            }
            Claim::LimitedTo(limit, what) => {
                let of = self.started.len();
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
            Claim::KeepsTheLoopAwake => {
                let max_gap = self
                    .max_gap()
                    .filter(|gap| *gap <= AWAKE && *gap * 3 < self.wall)?;
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
                let (waits, threads) = (self.started.len(), self.strategy.threads);
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
            Claim::NothingLost(found, expected) => {
                let (found, expected) = (metric(found)?, metric(expected)?);
                Some(if found == expected {
                    Fact::AllThere { found }
                } else {
                    Fact::OtherCount { found, expected }
                })
            }
        }
    }

    /// The tasks whose label is `name` and a number.
    fn called(&self, name: &str) -> impl Iterator<Item = &'a Task> {
        self.started
            .iter()
            .copied()
            .filter(move |task| task.label.starts_with(name))
    }

    fn lives(&self, name: &str) -> impl Iterator<Item = Duration> {
        self.called(name).map(|task| task.life().0)
    }

    fn each(&self) -> Option<Duration> {
        self.sum
            .checked_div(u32::try_from(self.started.len()).ok()?)
    }

    fn blocked_in_all(&self) -> Duration {
        self.strategy
            .blocked
            .iter()
            .map(|blocked| blocked.end_s.0.saturating_sub(blocked.start_s.0))
            .sum()
    }

    fn max_gap(&self) -> Option<Duration> {
        self.strategy
            .heartbeat
            .as_ref()
            .map(|heartbeat| heartbeat.max_gap_s.0)
    }

    fn loop_blocked(&self) -> Option<Fact> {
        let length = |blocked: &&super::Blocked| blocked.end_s.0.saturating_sub(blocked.start_s.0);
        let worst = self.strategy.blocked.iter().max_by_key(length)?;
        let longest = length(&worst);
        if worst.by.is_none() {
            let within = |task: &&Task| -> Duration {
                let polls = task.polls.iter().map(|poll| (poll.start_s.0, poll.end_s.0));
                polls
                    .map(|(start, end)| {
                        end.min(worst.end_s.0)
                            .saturating_sub(start.max(worst.start_s.0))
                    })
                    .sum()
            };
            let held: Vec<Duration> = self
                .started
                .iter()
                .map(within)
                .filter(|held| !held.is_zero())
                .collect();
            if held.iter().sum::<Duration>() * 2 > longest {
                return Some(Fact::LoopBusy {
                    tasks: held.len(),
                    longest,
                });
            }
        }
        let period = self
            .strategy
            .heartbeat
            .as_ref()
            .map_or(Duration::MAX, |heartbeat| heartbeat.period_s.0);
        let missed_beats = self.blocked_in_all().as_nanos() / period.as_nanos().max(1);
        let (workers, total) = (self.strategy.runtime.workers, self.blocked_in_all());
        Some(Fact::LoopBlocked {
            by: worst.by.clone(),
            workers,
            longest,
            total,
            missed_beats,
        })
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

/// The label of the heartbeat's lane, where it is shown.
pub const HEARTBEAT: &str = "heartbeat";

/// Whether two durations are equal but for what a runtime and a machine add.
fn near(wall: Duration, expected: Duration) -> bool {
    wall.abs_diff(expected) <= slack(expected)
}

fn slack(expected: Duration) -> Duration {
    (expected / 10).max(Duration::from_millis(20))
}
