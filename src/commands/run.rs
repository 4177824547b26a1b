//! Runs the strategies of one concept, shows them, and says what they showed.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::code::{self, Code};
use super::live::{Live, Unwatched};
use super::measure::{Audience, measure};
use super::screen::{Screen, print};
use crate::concepts::{About, Set, Strategy};
use crate::lab::{Lab, Stop, Watch};
use crate::picture::{self, Text};
use crate::report::{Report, StrategyReport};

/// What is asked of every concept.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Options {
    /// Run this strategy only; may be given several times
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "all",
        help_heading = "What to run"
    )]
    pub strategy: Vec<String>,

    /// Run every strategy, not only those that make the point
    #[arg(long, help_heading = "What to run")]
    pub all: bool,

    /// Run each strategy N times and show the median: from 1 to 100
    #[arg(long, value_name = "N", default_value = "1", value_parser = crate::concepts::count(1, 100), allow_hyphen_values = true, help_heading = "What to run")]
    pub repeat: usize,

    /// From which length on a poll is called blocking: from 1ms to 60s
    #[arg(long, value_name = "DURATION", default_value = "10ms", value_parser = crate::concepts::wait(), allow_hyphen_values = true, help_heading = "What to run")]
    #[serde(skip)]
    pub slow_poll: Duration,

    /// Report so many tasks one by one, and the rest taken together: from 0 to 1000000
    #[arg(long, value_name = "N", default_value = "1000", value_parser = crate::concepts::count(0, 1_000_000), allow_hyphen_values = true, help_heading = "What to show")]
    #[serde(skip)]
    pub max_tasks: usize,

    /// Show the source before it runs, in rust, python or both: the same side by side, from 120
    /// columns on. Alone, it means --code=rust
    #[arg(
        long,
        value_enum,
        value_name = "LANGUAGE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "rust",
        hide_possible_values = true,
        help_heading = "What to show"
    )]
    #[serde(skip)]
    pub code: Option<Code>,

    /// No live view
    #[arg(long, short, help_heading = "What to show")]
    #[serde(skip)]
    pub quiet: bool,

    /// The report as text for people, or as json for programs
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "What to show"
    )]
    #[serde(skip)]
    pub format: Format,

    /// Within a lesson: nothing beside the run itself.
    #[arg(skip)]
    #[serde(skip)]
    pub bare: bool,
}

impl Options {
    pub(super) fn lab(&self, about: &About, stop: &Stop) -> Lab {
        Lab {
            slow_poll: self.slow_poll,
            repeat: u32::try_from(self.repeat).unwrap_or(u32::MAX),
            show_heartbeat: about.heartbeat_lane,
            max_tasks: self.max_tasks,
            stop: stop.clone(),
        }
    }

    /// The strategies that are to run, and the others.
    pub(super) fn choose(&self, strategies: Vec<Strategy>) -> (Vec<Strategy>, Vec<Strategy>) {
        strategies.into_iter().partition(|strategy| {
            if self.strategy.is_empty() {
                self.all || strategy.by_default
            } else {
                self.strategy.iter().any(|name| name == strategy.name)
            }
        })
    }
}

/// How the report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Timelines and sentences.
    #[default]
    Text,
    /// A report as in `docs/report.schema.json`, or a list.
    Json,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every strategy ran.
    Done,
    /// A strategy failed; the others ran.
    Failed,
    /// What was typed cannot be done so; why was said.
    Misused,
    /// This signal stopped it.
    Stopped(i32),
}

/// Runs a concept, shows it, and returns what was measured.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(set: Set, options: &Options, screen: &Screen, stop: &Stop) -> Result<(Report, Ending)> {
    let Set {
        about,
        strategies,
        arguments,
        next,
    } = set;
    let (chosen, others) = options.choose(strategies);
    let lab = options.lab(&about, stop);
    let mut session = Session::new(&about, options, screen, &chosen, lab.slow_poll);
    session.head(&chosen)?;
    let report = measure(&about, arguments, &chosen, &lab, &mut session)?;
    let comparison =
        |session: &Session| session.print(&session.text.comparison(&report.strategies));
    session.end(&report, comparison, &others, next)?;
    let ending = Ending::of(&report, stop);
    Ok((report, ending))
}

impl Ending {
    fn of(report: &Report, stop: &Stop) -> Self {
        let mut strategies = report.strategies.iter();
        match stop.signal() {
            Some(signal) => Self::Stopped(signal),
            None if strategies.any(|strategy| strategy.error.is_some()) => Self::Failed,
            None => Self::Done,
        }
    }
}

/// What is written while the strategies run: nothing but the report at the end, if that is JSON.
pub(super) struct Session<'a> {
    about: &'a About,
    options: &'a Options,
    screen: &'a Screen,
    pub(super) text: Text,
    expected: Duration,
    code_begun: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        about: &'a About,
        options: &'a Options,
        screen: &'a Screen,
        chosen: &[Strategy],
        slow_poll: Duration,
    ) -> Self {
        let expected = chosen
            .iter()
            .filter_map(|strategy| strategy.ideal)
            .max()
            .unwrap_or_default();
        // A little room, so that an overhead of milliseconds does not give each strategy an axis of its own.
        let expected = expected + expected / 30;
        let text = Text::new(screen.out, slow_poll, expected);
        Self {
            about,
            options,
            screen,
            text,
            expected,
            code_begun: false,
        }
    }

    pub(super) fn print(&self, text: &str) -> Result<()> {
        if self.options.format == Format::Text {
            print(text)?;
        }
        Ok(())
    }

    pub(super) fn head(&self, chosen: &[Strategy]) -> Result<()> {
        self.print(
            &self
                .text
                .head(self.about.name, self.about.title, self.about.python),
        )?;
        match self.options.code {
            Some(code) => self.print(&code::in_front(code, self.about, chosen, self.screen)?),
            None => Ok(()),
        }
    }

    /// The report as JSON, if that was asked for. Otherwise what `picture` draws, and the findings.
    pub(super) fn end(
        &self,
        report: &Report,
        picture: impl FnOnce(&Self) -> Result<()>,
        others: &[Strategy],
        next: Option<&str>,
    ) -> Result<()> {
        if self.options.format == Format::Json {
            let mut json = Vec::new();
            picture::json(report, &mut json)?;
            return Ok(print(&String::from_utf8_lossy(&json))?);
        }
        if report.partial {
            self.print(
                &self.text.remark(
                    "partial: stopped before the end; what is above was measured until then",
                ),
            )?;
            return Ok(());
        }
        // A lesson that runs one strategy has nothing to compare it with.
        if !(self.options.bare && report.strategies.len() == 1) {
            picture(self)?;
        }
        self.print(&self.text.findings(&report.findings))?;
        if self.options.bare {
            return self.print(&self.text.legend());
        }
        let mut more = Vec::new();
        if !others.is_empty() {
            let names: Vec<_> = others.iter().map(|strategy| strategy.name).collect();
            more.push(format!(
                "More ways: {} (--all, or --strategy NAME)",
                names.join(", ")
            ));
        }
        more.extend(next.map(str::to_owned));
        if self.options.code.is_none() {
            more.push("the code: --code, with Python beside it: --code=both".to_owned());
        }
        self.print(&self.text.remark(&more.join(" · ")))?;
        self.print(&self.text.legend())
    }
}

impl Audience for Session<'_> {
    fn before(&mut self, strategy: &Strategy) -> Result<()> {
        let Some(code) = self.options.code else {
            return Ok(());
        };
        let first = !std::mem::replace(&mut self.code_begun, true);
        self.print(&code::before(
            code,
            self.about,
            strategy,
            first,
            self.screen,
        )?)
    }

    fn watch(&self) -> Box<dyn Watch> {
        match self.screen.live {
            Some(style) if self.options.format == Format::Text && !self.options.quiet => {
                Box::new(Live::new(style, self.options.slow_poll, self.expected))
            }
            _ => Box::new(Unwatched),
        }
    }

    fn after(&mut self, report: &StrategyReport) -> Result<()> {
        let block = self.text.strategy(report);
        self.print(&block)
    }
}
