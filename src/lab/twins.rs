//! Runs the twins of strategies in Python: the same knobs, the same measuring.

use super::knobs::knobs;
use super::options::Options;
use super::repeat::repeat;
use super::watch::{Audience, Pace};
use super::{LOOK, Lab, Outcome};
use crate::concepts::{Set, Strategy, Twin};
use crate::python::{
    Demo, DemoError, Interpreter, InterpreterError, Packages, Scripts, StrategyRun, missing,
};
use crate::report::{Measured, Runtime, StrategyReport};

/// `asyncio.TaskGroup` and `asyncio.timeout` came with it.
const OLDEST: (u32, u32) = (3, 11);

/// Why the Python side of a concept cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum TwinsError {
    /// No interpreter.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
    /// One that is too old.
    #[error(
        "{program} is {version}, and the Python side of a concept needs Python 3.11 or later. Name another one with --python=PATH"
    )]
    TooOld {
        /// Which.
        program: String,
        /// Its version.
        version: String,
    },
    /// Nobody has written it.
    #[error("{0} has no Python side that can be run yet; asyncdemo {0} --code=python shows it")]
    NotYet(&'static str),
    /// It needs packages.
    #[error(
        "{concept} in Python needs packages that {program} does not have ({missing}): asyncdemo python-setup installs them. Or name a Python that has them with --python=PATH"
    )]
    NoPackages {
        /// Which concept.
        concept: &'static str,
        /// The interpreter.
        program: String,
        /// What it said of the first that it misses.
        missing: String,
    },
    /// Its files.
    #[error(transparent)]
    Files(#[from] DemoError),
}

impl TwinsError {
    /// Whether another machine might run it.
    pub fn is_of_this_machine(&self) -> bool {
        !matches!(self, Self::NotYet(_))
    }
}

/// The Python side of a concept, ready to be run.
#[derive(Debug)]
pub struct Twins {
    scripts: Scripts,
    arguments: serde_json::Value,
}

impl Twins {
    /// That of a concept, if `options` ask for it.
    ///
    /// # Errors
    /// Where it cannot be run, and what to do then.
    pub fn of(set: &Set, options: &Options) -> Result<Option<Self>, TwinsError> {
        let Some(named) = &options.python else {
            return Ok(None);
        };
        let about = &set.about;
        if set
            .strategies
            .iter()
            .all(|strategy| strategy.python.is_none())
        {
            return Err(TwinsError::NotYet(about.name));
        }
        let packages = match named {
            None if about.needs_packages() => Packages::found(),
            _ => None,
        };
        let named = named.clone().or(packages);
        let interpreter = Interpreter::find(named.as_deref())?;
        if interpreter.number() < OLDEST {
            return Err(TwinsError::TooOld {
                program: interpreter.program.display().to_string(),
                version: interpreter.version,
            });
        }
        if about.needs_packages()
            && let Some(missing) = missing(&interpreter, about.twin)
        {
            return Err(TwinsError::NoPackages {
                concept: about.name,
                program: interpreter.program.display().to_string(),
                missing,
            });
        }
        Ok(Some(Self {
            scripts: Scripts::new(interpreter, &about.python_files())?,
            arguments: set.arguments.clone(),
        }))
    }

    /// As its interpreter calls itself: `Python 3.13.0`.
    pub fn interpreter(&self) -> String {
        format!("Python {}", self.scripts.interpreter().version)
    }

    /// Runs the twin of `strategy` as often as asked, each time in a fresh interpreter, whose start is not measured.
    /// `size` takes the place of a knob that has several values.
    pub fn run(
        &self,
        strategy: &Strategy,
        twin: &Twin,
        size: Option<(&str, usize)>,
        lab: &Lab,
        audience: &mut dyn Audience,
    ) -> Outcome {
        let planned = self.plan(strategy, twin);
        let mut words = knobs(&self.arguments, size);
        words.push(format!("--strategy={}", strategy.name));
        let once = || self.once(&words, &planned, lab, audience).map(Some);
        let stopped = || lab.stop.signal().is_some();
        let ended = |run: &StrategyRun| (run.measured.error.is_some(), stopped());
        let mut repeated = repeat(lab.repeat, once, ended);
        let result = repeated.runs.last().and_then(|run| run.result.clone());
        let mut report = told(&planned, &mut repeated.runs, lab.show_heartbeat);
        report.error = report.error.or(repeated.unprepared);
        Outcome {
            report,
            result,
            stopped: repeated.stopped,
        }
    }

    fn once(
        &self,
        words: &[String],
        planned: &StrategyReport,
        lab: &Lab,
        audience: &mut dyn Audience,
    ) -> Result<StrategyRun, DemoError> {
        let mut demo = self.scripts.start(words, lab.slow_poll, lab.max_tasks)?;
        let mut pace = Pace::begin();
        while !demo.ended()? && lab.stop.signal().is_none() {
            std::thread::park_timeout(LOOK);
            pace.show(audience, || snapshot(&demo, planned, lab.show_heartbeat));
        }
        let mut run = demo.finish();
        if lab.stop.signal().is_some() {
            run.measured.cut_short = true;
            run.measured.error = None;
        }
        Ok(run)
    }

    /// What is known of it before it runs.
    fn plan(&self, strategy: &Strategy, twin: &Twin) -> StrategyReport {
        let runtime = Runtime {
            flavor: "asyncio".to_owned(),
            workers: 1,
        };
        let ideal = twin.ideal_beside(strategy.ideal);
        let mut planned = StrategyReport::planned(strategy.name, &twin.summary, runtime, ideal);
        planned.language = Some("python".to_owned());
        planned.interpreter = Some(self.scripts.interpreter().spoken());
        planned
    }
}

fn snapshot(demo: &Demo, planned: &StrategyReport, show_heartbeat: bool) -> StrategyReport {
    let mut runs: Vec<StrategyRun> = demo.so_far().into_iter().collect();
    told(planned, &mut runs, show_heartbeat)
}

/// The report of these runs: the tasks are those of the median.
fn told(
    planned: &StrategyReport,
    runs: &mut [StrategyRun],
    show_heartbeat: bool,
) -> StrategyReport {
    for run in &mut *runs {
        let timeline = &mut run.measured.timeline;
        timeline.heartbeat = timeline.heartbeat.take().filter(|_| show_heartbeat);
    }
    let measured: Vec<Measured> = runs.iter().map(|run| run.measured.clone()).collect();
    let report = planned.clone().with_runs(&measured);
    let wall = report.wall().map(|wall| wall.0);
    match runs.iter().find(|run| Some(run.measured.wall) == wall) {
        Some(median) => median.tell(report),
        None => report,
    }
}
