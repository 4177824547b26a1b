//! One strategy of a demo in Python: a program of this project's own, whose lanes become what the lab measures.

use std::process::Stdio;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use std::{fs, io};

use serde_json::Value;

use super::call::last_of;
use super::child::{Child, StartError};
use super::interpreter::Interpreter;
use super::lane::{Lane, LaneKind};
use super::record::{Record, nanos};
use super::settings::{CommandLine, Settings};
use super::summary::{blocked, closures, heartbeat_of, locate, most_telling, tell, timeline};
use crate::report::{Measured, StrategyReport};
use crate::services::scratch::Scratch;
use crate::trace::{Outcome, PERIOD, Poll, Task};

/// The file that runs a strategy, and what it calls the strategy's lane.
const HARNESS: &str = "demo.py";
const STRATEGY: &str = "strategy";

/// How long what a program has written may take to arrive once it has ended.
const LATE: Duration = Duration::from_secs(2);

/// Why a strategy could not be run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Python reads files.
    #[error(
        "its Python files could not be written to a temporary folder: {0}. Free some space, or set TMPDIR"
    )]
    Files(io::Error),
    /// The interpreter or the recorder.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A pipe, or the process itself.
    #[error("what it wrote could not be read: {0}")]
    Unread(#[from] io::Error),
}

/// A concept's Python file, where an interpreter finds it.
#[derive(Debug)]
pub struct Scripts {
    interpreter: Interpreter,
    file: &'static str,
    folder: Scratch,
}

impl Scripts {
    /// Writes `files`, each a name and its text, into a folder of their own. The first is the one of the concept.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn new(
        interpreter: Interpreter,
        files: &[(&'static str, &str)],
    ) -> Result<Self, DemoError> {
        let folder = Scratch::new("").map_err(|error| DemoError::Files(io::Error::other(error)))?;
        for (name, text) in files {
            fs::write(folder.path().join(name), text).map_err(DemoError::Files)?;
        }
        Ok(Self {
            interpreter,
            file: files.first().map_or("", |(name, _)| name),
            folder,
        })
    }

    /// Which interpreter runs them.
    pub fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// Starts the file with these words after its name. Tasks beyond `max_tasks` are taken together.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(
        &self,
        words: &[String],
        slow_poll: Duration,
        max_tasks: usize,
    ) -> Result<Demo, DemoError> {
        let settings = Settings {
            slow_poll,
            internal: false,
            awaits: false,
            max_tasks,
            demo: Some(self.file),
        };
        let program = [self.file.into(), "--json".into()].into_iter();
        let line = CommandLine {
            flags: vec!["-B".into()],
            program: program.chain(words.iter().map(Into::into)).collect(),
        };
        let mut child = Child::start(&self.interpreter, &line, settings, |command| {
            // A file that was named is seen from here.
            if let Ok(here) = std::env::current_dir() {
                command.env("ASYNCDEMO_FROM", here);
            }
            command
                .current_dir(self.folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
        })?;
        let (stdout, stderr) = child.outputs();
        Ok(Demo {
            said: last_of(stdout)?,
            complained: last_of(stderr)?,
            child,
        })
    }
}

/// A strategy, while it runs.
#[derive(Debug)]
pub struct Demo {
    child: Child,
    said: Receiver<Vec<u8>>,
    complained: Receiver<Vec<u8>>,
}

/// A strategy that leaves early takes its program with it.
impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill();
    }
}

impl Demo {
    /// Whether its program has ended.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn ended(&mut self) -> Result<bool, DemoError> {
        Ok(self.child.ended()?.is_some())
    }

    /// What it has done so far. `None` until the strategy begins.
    pub fn so_far(&self) -> Option<StrategyRun> {
        self.child
            .watched()
            .look(|record| StrategyRun::of(record, record.clock()))
    }

    /// What it did, now that it has ended, or is ended here. An error of its own is in the measurement.
    pub fn finish(mut self) -> StrategyRun {
        let status = self.child.ended();
        self.child.kill();
        self.child.drain();
        let run = self
            .child
            .watched()
            .look(|record| StrategyRun::of(record, record.now));
        let mut run = run.unwrap_or_default();
        let text = |written: &Receiver<Vec<u8>>| {
            let written = written.recv_timeout(LATE).unwrap_or_default();
            String::from_utf8_lossy(&written).into_owned()
        };
        let (said, complained) = (text(&self.said), text(&self.complained));
        let told = said.lines().last();
        match told.and_then(|line| serde_json::from_str::<Value>(line).ok()) {
            Some(told) => run.take(&told),
            None => {
                let why = complained.lines().last().unwrap_or("it said nothing");
                let how = match status {
                    Ok(Some(status)) => status.to_string(),
                    _ => "no exit status".to_owned(),
                };
                run.measured.error = Some(format!("its program ended with {how}: {why}"));
            }
        }
        if let Some(trouble) = self.child.watched().trouble() {
            run.measured.error.get_or_insert(trouble);
        }
        run
    }
}

/// What one run of a strategy showed.
#[derive(Clone, Debug, Default)]
pub struct StrategyRun {
    /// As the lab measures a strategy in Rust.
    pub measured: Measured,
    /// What it returned.
    pub result: Option<Value>,
    lanes: Vec<Lane>,
    jobs: Vec<Lane>,
    /// The strategy's own lane: what blocked the event loop and is no lane was within it.
    own: Option<Lane>,
    rest: Option<crate::report::Rest>,
    max_tasks: usize,
}

impl StrategyRun {
    fn of(record: &Record, now: u64) -> Option<Self> {
        let mut lanes = record.lanes.values();
        let own = lanes.find(|lane| {
            &*lane.label == STRATEGY && lane.place.starts_with(HARNESS) && !lane.polls.is_empty()
        })?;
        let (start, end) = (own.made, own.end(now));
        let lanes = record
            .lanes
            .values()
            .filter(|lane| !lane.aside && lane.made >= start);
        let (mut jobs, mut lanes): (Vec<&Lane>, Vec<&Lane>) =
            lanes.partition(|lane| lane.kind == LaneKind::Job);
        jobs.sort_by_key(|lane| lane.made);
        lanes.sort_by_key(|lane| lane.made);
        let mut timeline = timeline(record, &lanes, now);
        let gap = longest_gap(&record.beats, start, end);
        let heartbeat = gap.map(|gap| heartbeat_of(record, &timeline, gap));
        let blocked = blocked(record, &timeline, heartbeat.as_ref());
        timeline.closures = closures(&jobs, now);
        timeline.heartbeat = Some(heart(&record.beats, own.thread, start, end));
        let measured = Measured {
            wall: Duration::from_nanos(end.saturating_sub(start)),
            start: Duration::from_nanos(start),
            timeline,
            heartbeat,
            blocked,
            cut_short: own.ended.is_none(),
            ..Measured::default()
        };
        let owned = |lanes: Vec<&Lane>| lanes.into_iter().cloned().collect();
        Some(Self {
            measured,
            result: None,
            lanes: owned(lanes),
            jobs: owned(jobs),
            own: Some(own.clone()),
            rest: record.folded.rest(start),
            max_tasks: record.settings.max_tasks,
        })
    }

    /// What the program said of it at its end.
    fn take(&mut self, told: &Value) {
        let figures = told["metrics"].as_object().into_iter().flatten();
        self.measured.metrics = figures
            .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
            .collect();
        self.measured.error = told["error"].as_str().map(str::to_owned);
        self.result = told.get("result").cloned();
    }

    /// Adds to the report of this run what a measurement has no place for: the names of exceptions, the lines that
    /// held the event loop.
    pub fn tell(&self, mut report: StrategyReport) -> StrategyReport {
        let (lanes, jobs): (Vec<&Lane>, Vec<&Lane>) =
            (self.lanes.iter().collect(), self.jobs.iter().collect());
        tell(&mut report, &lanes, &jobs);
        let all: Vec<&Lane> = lanes.into_iter().chain(&self.own).collect();
        locate(&mut report, &all, &self.measured.blocked);
        report.rest.clone_from(&self.rest);
        if report.tasks.len() > self.max_tasks {
            report = most_telling(&report, self.max_tasks);
        }
        report
    }
}

/// The longest time without a heartbeat that began before `end` and ended after `start`.
fn longest_gap(beats: &[(u64, u64)], start: u64, end: u64) -> Option<(u64, u64)> {
    let gaps = beats
        .iter()
        .map(|(due, at)| (due.saturating_sub(nanos(PERIOD)), *at));
    let within = gaps.filter(|(from, to)| *to > start && *from < end);
    within.max_by_key(|(from, to)| to.saturating_sub(*from))
}

/// The heartbeat as a lane.
fn heart(beats: &[(u64, u64)], thread: usize, start: u64, end: u64) -> Task {
    let within = beats.iter().map(|(_, at)| *at);
    let within = within.filter(|at| (start..=end).contains(at));
    let polls = within.map(|at| Poll {
        start: Duration::from_nanos(at),
        end: Duration::from_nanos(at),
        thread,
    });
    Task {
        label: "heartbeat".to_owned(),
        location: None,
        created: Duration::from_nanos(start),
        polls: polls.collect(),
        wakes: Vec::new(),
        woken_by: Vec::new(),
        outcome: Outcome::Running,
        failed: None,
        end: Duration::from_nanos(end),
    }
}
