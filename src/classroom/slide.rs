//! A slide: what has happened on it, and what becomes of its run.

use std::time::Duration;

use super::knob::{self, Turned};
use super::rounds::TwoRounds;
use crate::concepts::SLOW_POLL;
use crate::lesson::{Predict, RUNS};
use crate::report::{Report, StrategyReport};

/// A lesson, and a slide of it: the title, then a step each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) lesson: usize,
    pub(super) slide: usize,
}

/// What has happened on a slide.
#[derive(Clone, Debug, Default)]
pub(super) struct Slide {
    /// What the class has been asked, and has said.
    pub(super) rounds: TwoRounds,
    /// Whether the answers of a quiz are shown.
    pub(super) revealed: bool,
    /// Whether the presenter has asked for the why of a result.
    pub(super) explained: bool,
    pub(super) turned: Option<Turned>,
    /// Of the slide's own line.
    pub(super) own: Option<SlideRun>,
    /// Of all strategies, for the view on one axis.
    pub(super) all: Option<SlideRun>,
}

impl Slide {
    /// The run of this number, if it is still there.
    pub(super) fn run_mut(&mut self, number: u64) -> Option<&mut SlideRun> {
        [&mut self.own, &mut self.all]
            .into_iter()
            .flatten()
            .find(|run| run.number == number)
    }

    /// The report that this line has made, alone or with all strategies.
    pub(super) fn measured(&self, line: &str) -> Option<&Report> {
        let mut runs = [&self.own, &self.all].into_iter().flatten();
        runs.find_map(|run| run.report.as_ref().filter(|_| run.is_of(line)))
    }
}

/// Where a picture comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// This machine, now.
    Live,
    /// A recording, as was asked.
    Replay,
    /// A recording, because this went wrong.
    Rescue(String),
}

/// A run that goes on or is over.
#[derive(Clone, Debug)]
pub(super) struct SlideRun {
    pub(super) number: u64,
    /// The line that it ran: the knobs may have been turned since.
    pub(super) line: String,
    /// How many runs of this line, one after the other, were disturbed before it.
    pub(super) disturbed: usize,
    pub(super) origin: Origin,
    pub(super) expected: Duration,
    pub(super) slow_poll: Duration,
    pub(super) finished: Vec<StrategyReport>,
    pub(super) growing: Option<StrategyReport>,
    /// When it is over.
    pub(super) report: Option<Report>,
    /// Why there is no report.
    pub(super) problem: Option<String>,
}

/// What becomes of a run.
#[derive(Clone, Debug)]
pub enum News {
    /// It begins, and should take so long.
    Begun {
        /// The longest ideal.
        expected: Duration,
        /// A poll at least this long is called blocking.
        slow_poll: Duration,
        /// Whether it is a recording.
        replay: bool,
    },
    /// What the strategy that runs has done so far.
    Growing(Box<StrategyReport>),
    /// It has run.
    Strategy(Box<StrategyReport>),
    /// All have.
    Over(Box<Report>),
    /// It failed, and this is what was recorded.
    Rescued(Box<Report>, String),
    /// It could not be run.
    Failed(String),
    /// The report could not be kept, for one.
    Remark(String),
}

impl SlideRun {
    pub(super) fn new(number: u64, line: &str) -> Self {
        Self {
            number,
            line: line.to_owned(),
            disturbed: 0,
            origin: Origin::Live,
            expected: Duration::ZERO,
            slow_poll: SLOW_POLL,
            finished: Vec::new(),
            growing: None,
            report: None,
            problem: None,
        }
    }

    /// Whether it has the knobs of this line.
    pub(super) fn is_of(&self, line: &str) -> bool {
        self.line == line || knob::of_all_strategies(line).is_some_and(|all| all == self.line)
    }

    /// If it was disturbed, and may be run again: how many were, with it, and what is to be said.
    pub(super) fn wants_another(&self, predict: &Predict) -> Option<(usize, String)> {
        let runs = self.disturbed + 1;
        if self.line != predict.run || self.origin != Origin::Live || runs == RUNS {
            return None;
        }
        let verdict = predict.judge(None, self.report.as_ref()?, &[])?;
        verdict.disturbed?;
        Some((runs, verdict.again(runs + 1)))
    }

    /// Whether it is over with that, and what is to be said about it.
    pub(super) fn take(&mut self, news: News) -> (bool, Option<String>) {
        let over = matches!(news, News::Over(_) | News::Rescued(..) | News::Failed(_));
        if over {
            self.growing = None;
        }
        match news {
            News::Begun {
                expected,
                slow_poll,
                replay,
            } => {
                (self.expected, self.slow_poll) = (expected, slow_poll);
                self.origin = if replay { Origin::Replay } else { Origin::Live };
            }
            News::Growing(strategy) => self.growing = Some(*strategy),
            News::Strategy(strategy) => {
                self.growing = None;
                self.finished.push(*strategy);
            }
            News::Over(report) if report.partial => {
                self.problem = Some("stopped before its end: enter runs it again".to_owned());
            }
            News::Over(report) => self.report = Some(*report),
            News::Rescued(report, why) => {
                self.origin = Origin::Rescue(why);
                self.finished = report.strategies.clone();
                self.report = Some(*report);
            }
            News::Failed(why) => self.problem = Some(why),
            News::Remark(remark) => return (false, Some(remark)),
        }
        (over, None)
    }
}
