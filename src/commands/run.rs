//! Runs the strategies of one concept, shows them, and says what they showed.

use std::time::Duration;

use anyhow::Result;

use super::code;
use super::live::Live;
use super::screen::{Screen, print};
use crate::concepts::Strategy;
use crate::lab::{Audience, Format, Invocation, Options, Stop};
use crate::page::{Line, Style, to_ansi};
use crate::picture::{self, Picture};
use crate::report::{Report, StrategyReport};
use crate::units;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every strategy ran.
    Done,
    /// A strategy failed; the others ran.
    Failed,
    /// What was typed cannot be done so; why was said.
    UsageError,
    /// This signal stopped it.
    Stopped(i32),
    /// A program that was watched ended with this code.
    Exit(u8),
}

/// Runs a concept, shows it, and returns what was measured.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(
    invocation: &Invocation,
    setting: Setting,
    screen: &Screen,
    stop: &Stop,
) -> Result<(Report, Ending)> {
    let (chosen, others) = invocation.choose();
    let mut session = Session::new(invocation, setting, screen, &chosen);
    session.head(&chosen)?;
    let sizes = invocation.sizes().filter(|_| setting == Setting::Alone);
    let report = match sizes {
        Some(sizes) => invocation.measure_sizes(sizes, stop, &mut session)?,
        None => invocation.measure(stop, &mut session)?,
    };
    let picture = |session: &Session| match sizes {
        Some(_) => {
            session.show(&session.text.scales(report.program.as_ref()))?;
            session.print("\n")
        }
        None => session.show(&session.text.comparison(&report.strategies)),
    };
    session.end(&report, picture, &others)?;
    let ending = Ending::of(&report, stop);
    Ok((report, ending))
}

/// Where a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// By itself: with what could be tried next.
    Alone,
    /// Within a lesson: nothing beside the run itself.
    Lesson,
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
struct Session<'a> {
    invocation: &'a Invocation,
    setting: Setting,
    screen: &'a Screen,
    text: Picture,
    live: Live,
    code_begun: bool,
}

impl<'a> Session<'a> {
    fn new(
        invocation: &'a Invocation,
        setting: Setting,
        screen: &'a Screen,
        chosen: &[Strategy],
    ) -> Self {
        let options = &invocation.options;
        let ideals = chosen.iter().filter_map(|strategy| strategy.ideal);
        let expected = ideals.max().unwrap_or_default();
        // A little room, so that an overhead of milliseconds does not give each strategy an axis of its own.
        let expected = expected + expected / 30;
        let slow_poll = *options.slow_poll;
        Self {
            invocation,
            setting,
            screen,
            text: Picture::new(screen.out, slow_poll, expected),
            live: Live::new(watched(options, screen), slow_poll, expected),
            code_begun: false,
        }
    }

    fn print(&self, text: &str) -> Result<()> {
        if self.invocation.options.format == Format::Text {
            print(text)?;
        }
        Ok(())
    }

    fn show(&self, lines: &[Line]) -> Result<()> {
        self.print(&to_ansi(lines, &self.screen.out))
    }

    fn head(&self, chosen: &[Strategy]) -> Result<()> {
        let about = &self.invocation.set.about;
        self.show(&self.text.head(about.name, about.title, about.python))?;
        match self.invocation.options.code {
            Some(code) => self.print(&code::in_front(code, about, chosen, self.screen)?),
            None => Ok(()),
        }
    }

    /// The report as JSON, if that was asked for. Otherwise what `picture` draws, and the findings.
    fn end(
        &self,
        report: &Report,
        picture: impl FnOnce(&Self) -> Result<()>,
        others: &[Strategy],
    ) -> Result<()> {
        if self.invocation.options.format == Format::Json {
            let mut json = Vec::new();
            picture::json(report, &mut json)?;
            return Ok(print(&String::from_utf8_lossy(&json))?);
        }
        if report.partial {
            let partial = "partial: stopped before the end; what is above was measured until then";
            return self.show(&self.text.remark(partial));
        }
        // A lesson that runs one strategy has nothing to compare it with.
        if !(self.setting == Setting::Lesson && report.strategies.len() == 1) {
            picture(self)?;
        }
        self.show(&self.text.findings(&report.findings))?;
        if self.setting == Setting::Lesson {
            return self.show(&self.text.legend());
        }
        let mut more = Vec::new();
        if !others.is_empty() {
            let names: Vec<_> = others.iter().map(|strategy| strategy.name).collect();
            more.push(format!(
                "More ways: {} (--all, or --strategy NAME)",
                names.join(", ")
            ));
        }
        more.extend(self.invocation.set.next.map(str::to_owned));
        if self.invocation.options.code.is_none() {
            more.push("the code: --code, with Python beside it: --code=both".to_owned());
        }
        self.show(&self.text.remark(&more.join(" · ")))?;
        self.show(&self.text.legend())
    }
}

/// How what happens is shown while it happens, if somebody looks.
fn watched(options: &Options, screen: &Screen) -> Option<Style> {
    let wanted = options.format == Format::Text && !options.quiet;
    screen.live.filter(|_| wanted)
}

impl Audience for Session<'_> {
    fn before(&mut self, strategy: &Strategy) -> Result<()> {
        if let Some(code) = self.invocation.options.code {
            let first = !std::mem::replace(&mut self.code_begun, true);
            let about = &self.invocation.set.about;
            self.print(&code::before(code, about, strategy, first, self.screen)?)?;
        }
        self.live.begin();
        Ok(())
    }

    fn watches(&self) -> bool {
        self.live.is_watched()
    }

    fn see(&mut self, so_far: StrategyReport) {
        self.live.see(&so_far);
    }

    fn after(&mut self, report: &StrategyReport) -> Result<()> {
        self.live.end();
        let block = self.text.strategy(report);
        self.show(&block)
    }

    fn waits(&mut self, strategy: &Strategy, size: usize, since: Duration) {
        let (size, seconds) = (units::whole(size), since.as_secs());
        let told = format!("  {} with {size} … {seconds} s", strategy.name);
        self.live.say(&told);
    }

    fn after_sizes(&mut self, rows: &[StrategyReport], untried: &[usize]) -> Result<()> {
        self.live.end();
        let block = self.text.growth(rows, untried);
        self.show(&block)
    }
}
