//! What the textbook says of a strategy, and what its numbers can show.

use std::cmp::Ordering;
use std::time::Duration;

use super::computing::{Computed, Computing};
use super::queue::{QueueClaim, QueueFact};
use super::scaling::{Scaled, Scaling};
use super::stopping::{Stopped, Stopping};

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
    /// Most waits overlap, whatever it costs beside them to serve so many.
    WaitTogether,
    /// The waits overlap on so many of these, each of which serves one at a time.
    OverlappedOn(usize, &'static str),
    /// The first error cancels what has not finished.
    ErrorCancels,
    /// All at once, and yet one at a time, because of this.
    SerialisedBy(&'static str),
    /// Each task takes longer than with this other strategy, for this reason. Not looked for in a
    /// run without the other one.
    Dearer(&'static str, &'static str),
    /// Slower or quicker than this other strategy, whichever way it went; where it is slower, this
    /// sentence helps to understand it. Not looked for in a run without the other one.
    ComparedWith(&'static str, Option<&'static str>),
    /// Beyond the time of one after the other, taking turns costs time, for this reason.
    TurnsCost(&'static str),
    /// At most so many at once, because of this.
    LimitedTo(usize, &'static str),
    /// The async thread is held; nothing else runs.
    BlocksTheLoop,
    /// Not a single heartbeat from the beginning to the end.
    DeafThroughout,
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
    /// Other requests are served meanwhile: the metric, their longest wait, is less than half of this.
    OthersAreServed(&'static str, Duration),
    /// Other requests wait: the metric, their longest wait, is at least half of this.
    OthersWait(&'static str, Duration),
    /// All rows that were written are there (two metrics: found, expected).
    NothingLost(&'static str, &'static str),
    /// How work is stopped, and whether it is.
    Stops(Stopping),
    /// Whether computing on one thread or on several is faster.
    Computes(Computing),
    /// What a queue shows.
    Queue(QueueClaim),
    /// What many tasks cost.
    Scales(Scaling),
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
    /// So many of so many waited at once, on so few threads.
    WaitedTogether {
        in_flight: usize,
        of: usize,
        threads: usize,
        wall: Duration,
        sum: Duration,
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
    /// The wall time, here and with the other strategy: slower, quicker, or too close to call.
    Compared {
        wall: Duration,
        other: &'static str,
        there: Duration,
        runs: usize,
        why: Option<&'static str>,
        way: Ordering,
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
    /// Nearly all of the time without a heartbeat, though some were due.
    DeafThroughout {
        gap: Duration,
        wall: Duration,
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
    /// The longest wait of requests for something else, which needs no time of its own.
    Others { wait: Duration, served: bool },
    /// Every row is there.
    AllThere { found: f64 },
    /// More rows or fewer than there should be.
    OtherCount { found: f64, expected: f64 },
    /// How work was stopped, or was not.
    Stopped(Stopped),
    /// How much was computed at once.
    Computed(Computed),
    /// What a queue has shown.
    Queue(QueueFact),
    /// What many tasks have cost.
    Scaled(Scaled),
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
            Self::Overlapped { .. } | Self::OverlappedOn { .. } | Self::WaitedTogether { .. } => {
                "overlapped"
            }
            Self::Cancelled { .. } => "cancelled",
            Self::Serialised { .. } => "serialised",
            Self::Dearer { .. } => "dearer",
            Self::Compared { way, .. } => match way {
                Ordering::Greater => "slower",
                Ordering::Less => "quicker",
                Ordering::Equal => "inconclusive",
            },
            Self::TurnsCost { .. } => "turns_cost",
            Self::Limited { .. } => "limited",
            Self::LoopBlocked { .. } => "loop_blocked",
            Self::DeafThroughout { .. } => "deaf_throughout",
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
            Self::Others { served: true, .. } => "others_are_served",
            Self::Others { .. } => "others_wait",
            Self::AllThere { .. } => "nothing_lost",
            Self::Stopped(stopped) => stopped.kind(),
            Self::Computed(computed) => computed.kind(),
            Self::Queue(fact) => fact.kind(),
            Self::Scaled(scaled) => scaled.kind(),
            Self::OtherCount { .. } | Self::Inconclusive { .. } => "inconclusive",
        }
    }
}
