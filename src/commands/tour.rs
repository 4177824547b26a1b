//! Every concept in short form: what many believe, a run, and what it showed.

use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use super::echo::{self, Quiet};
use super::exports::{Exports, Whole};
use super::keyboard::{Pressed, answer};
use super::live::Live;
use super::run::Ending;
use super::screen::Screen;
use crate::claims::findings;
use crate::concepts::{self, About, Entry, SLOW_POLL, Strategy};
use crate::lab::{Audience, Invocation, Stop};
use crate::page::{Line, Style, to_ansi, unbroken};
use crate::picture::{self, Picture, Tested};
use crate::report::{Finding, Report, StrategyReport};
use crate::units;

/// The knobs of the tour.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// These only; without any, every concept
    #[arg(value_name = "CONCEPT", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(concepts::ALL.iter().map(|entry| entry.about.name)))]
    pub concepts: Vec<String>,

    /// Go on without waiting for Enter
    #[arg(long, help_heading = "What to show")]
    pub no_pause: bool,

    /// What is written beside the screen.
    #[command(flatten)]
    pub exports: Exports,
}

/// So many lanes, of all strategies of a concept, leave room for the rest of it on 24 lines.
const LANES: usize = 10;

const KEYS: &str = "Enter goes on, q and Enter quits";

/// `asyncdemo tour`.
///
/// # Errors
/// Where standard output cannot be written.
pub fn tour(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let style = Style {
        brief: true,
        ..screen.out()
    };
    let mut tour = Tour {
        screen,
        stop,
        pauses: screen.asks && !options.no_pause && !options.exports.take_stdout(),
        exports: &options.exports,
        reports: Vec::new(),
        style,
        text: Picture::new(style, SLOW_POLL, Duration::ZERO),
        tested: Vec::new(),
        failed: false,
    };
    let chosen = |entry: &&Entry| {
        let mut names = options.concepts.iter();
        options.concepts.is_empty() || names.any(|name| name == entry.about.name)
    };
    let stops: Vec<_> = concepts::ALL.iter().filter(chosen).collect();
    let _quiet = Quiet::begin();
    tour.intro(&stops)?;
    for (place, entry) in stops.iter().enumerate() {
        tour.visit(entry)?;
        let next = stops.get(place + 1).map(|next| &next.about);
        if stop.signal().is_some() || !tour.goes_on(next)? {
            break;
        }
    }
    tour.tell_the_end()?;
    options
        .exports
        .write(&tour.reports, tour.whole(stop.signal()))?;
    Ok(tour.ending())
}

/// The default strategies of a concept in its short form.
///
/// # Errors
/// Where a concept's own knobs for the tour are out of their range, which a test looks after.
pub fn strategies(entry: &Entry) -> Result<Vec<Strategy>> {
    let (chosen, _) = Invocation::of_tour(entry)?.choose();
    Ok(chosen)
}

struct Tour<'a> {
    screen: &'a Screen,
    stop: &'a Stop,
    pauses: bool,
    exports: &'a Exports,
    reports: Vec<Report>,
    style: Style,
    text: Picture,
    tested: Vec<Tested>,
    failed: bool,
}

impl Tour<'_> {
    fn print(&self, text: &str) -> Result<()> {
        Ok(self.exports.print(text)?)
    }

    fn drawn(&self, lines: &[Line]) -> String {
        to_ansi(lines, &self.screen.out())
    }

    fn intro(&self, stops: &[&Entry]) -> Result<()> {
        let strategies = stops.iter().filter_map(|entry| strategies(entry).ok());
        let ideals = strategies.flatten().filter_map(|strategy| strategy.ideal);
        let seconds = ideals.sum::<Duration>().as_secs_f64().ceil();
        let beliefs = units::count(stops.len(), "belief", "beliefs");
        let pauses = if self.pauses {
            ", and a pause after each"
        } else {
            ""
        };
        let intro = format!("{beliefs}, each put to the test by a run: about {seconds} s{pauses}");
        self.print(&(self.drawn(&self.text.remark(&intro)) + "\n"))
    }

    /// One concept, on one screen of 24 lines.
    fn visit(&mut self, entry: &Entry) -> Result<()> {
        let about = &entry.about;
        let invocation = Invocation::of_tour(entry)?;
        let slow_poll = *invocation.options.slow_poll;
        let (chosen, _) = invocation.choose();
        let longest = chosen.iter().filter_map(|strategy| strategy.ideal).max();
        let expected = longest.unwrap_or_default();
        // Room for an overhead: the strategies share one axis.
        let expected = expected + (expected / 3).max(Duration::from_millis(20));
        // Without ideals, each strategy has an axis and a ruler of its own.
        let rulers = if longest.is_some() { 1 } else { chosen.len() };
        let lanes = (LANES + 1).saturating_sub(rulers);
        self.style.lanes = (lanes / chosen.len().max(1)).clamp(1, 6);
        self.style.width = self.screen.out().width;
        self.text.turn_page(self.style, expected);
        let python = format!("in Python: {}", about.python);
        let head = self.drawn(&self.text.head(about.name, about.title, &python));
        let belief = self.drawn(&self.text.belief(about.belief));
        self.print(&format!("{}\n{belief}\n", head.trim_end()))?;

        let live = self.screen.live().map(|live| Style {
            brief: true,
            lanes: live.lanes.min(self.style.lanes),
            ..live
        });
        let mut page = TourPage {
            screen: self.screen,
            text: &mut self.text,
            exports: self.exports,
            live: Live::new(live, slow_poll, expected, None),
        };
        let report = invocation.measure(self.stop, &mut page)?;
        if report.partial {
            return Ok(());
        }
        self.text.resize(self.screen.out().width);
        self.failed |= report.strategies.iter().any(StrategyReport::failed);
        let (measured, finding) = settled(about, &chosen, &report);
        let findings = self.drawn(&self.text.findings(finding.as_slice()));
        let legend = self.drawn(&self.text.legend());
        let said = format!("{}\n{legend}", findings.trim_end());
        let gap = if said.trim().is_empty() { "" } else { "\n\n" };
        self.print(&format!("\n{}{gap}", said.trim()))?;
        self.tested.push(Tested {
            concept: about.name,
            belief: about.belief,
            measured,
        });
        self.reports.push(report);
        Ok(())
    }

    /// Whether the tour goes on: asks, if there is somebody to answer.
    fn goes_on(&self, next: Option<&About>) -> Result<bool> {
        if !self.pauses {
            return Ok(true);
        }
        let comes = match next {
            Some(about) => {
                format!("Next, {}: True? \"{}\"", about.name, about.belief)
            }
            None => "Next: every belief and what was measured.".to_owned(),
        };
        // What may be pressed stands on one line.
        let asked = format!("{comes} · {}", unbroken(KEYS));
        let asked = self.drawn(&self.text.remark(&asked));
        echo::asks();
        self.print(&(asked.trim_end().to_owned() + " "))?;
        let answer = answer(self.stop);
        self.print(match answer {
            Pressed::Closed | Pressed::Stopped => "\n\n",
            Pressed::GoOn | Pressed::Quit => "\n",
        })?;
        Ok(matches!(answer, Pressed::GoOn | Pressed::Closed))
    }

    fn tell_the_end(&self) -> Result<()> {
        let stopped = self.stop.signal();
        let style = self.screen.out();
        if stopped.is_some() {
            let partial = "partial: stopped before the end; below is what was measured until then";
            self.print(&self.drawn(&self.text.remark(partial)))?;
        }
        if !self.tested.is_empty() {
            let gap = if stopped.is_some() { "\n" } else { "" };
            self.print(&format!(
                "{gap}{}",
                self.drawn(&picture::beliefs(&self.tested, &style))
            ))?;
        }
        Ok(())
    }

    fn whole(&self, stopped: Option<i32>) -> Whole {
        match stopped {
            Some(_) => Whole::Stopped,
            None => Whole::of(&self.reports),
        }
    }

    fn ending(&self) -> Ending {
        match self.stop.signal() {
            Some(signal) => Ending::Stopped(signal),
            None if self.failed => Ending::Failed,
            None => Ending::Done,
        }
    }
}

/// What the run has to say about the belief: in short, and in a sentence or two.
fn settled(about: &About, chosen: &[Strategy], report: &Report) -> (String, Option<Finding>) {
    let refuting = chosen.iter().find(|strategy| strategy.refutes_belief);
    let settling = refuting.or_else(|| chosen.last());
    let ran = settling.and_then(|settling| {
        let mut ran = report.strategies.iter();
        Some((settling, ran.find(|it| it.name == settling.name)?))
    });
    let Some((strategy, measured)) = ran else {
        return (format!("nothing: {} did not run", about.name), None);
    };
    if let Some(error) = &measured.error {
        // The whole of it stands where it failed.
        let line = error.lines().next().unwrap_or_default();
        let first = line.split_once(". ").map_or(line, |(first, _)| first);
        return (format!("failed: {first}"), None);
    }
    let claim = &strategy.claims[..strategy.claims.len().min(1)];
    let found = findings([(measured, claim)], &report.strategies);
    match found.into_iter().next() {
        Some(finding) => (finding.short.clone(), Some(finding)),
        None => ("inconclusive".to_owned(), None),
    }
}

/// One concept while it runs.
struct TourPage<'a> {
    screen: &'a Screen,
    text: &'a mut Picture,
    exports: &'a Exports,
    live: Live,
}

impl Audience for TourPage<'_> {
    fn before(&mut self, _: &Strategy) -> Result<()> {
        self.live.begin();
        Ok(())
    }

    fn watches(&self) -> bool {
        self.live.is_watched()
    }

    fn see(&mut self, so_far: StrategyReport) {
        self.live.see(&[], Some(&so_far));
    }

    fn after(&mut self, report: &StrategyReport) -> Result<()> {
        self.live.end();
        echo::forget();
        let style = self.screen.out();
        self.text.resize(style.width);
        let drawn = to_ansi(&self.text.strategy(report), &style);
        Ok(self.exports.print(&drawn)?)
    }
}
