//! Runs `scale`: each number of tasks in a process of its own, so that each peak of memory is its own.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::live::line;
use super::measure::{Audience, machine};
use super::run::{Ending, Format, Options, Session};
use super::screen::Screen;
use crate::claims;
use crate::concepts::{About, Concept, Scale, Strategy};
use crate::lab::{self, Stop};
use crate::report::{Report, SCHEMA, StrategyReport};
use crate::units;

/// Between two looks at a process that measures.
const LOOK: Duration = Duration::from_millis(100);

/// Measures each chosen strategy with each number of tasks.
///
/// # Errors
/// Where standard output cannot be written, or this program cannot be started again.
pub fn run(scale: &Scale, options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    const ABOUT: About = Scale::ABOUT;
    let (chosen, others) = options.choose(scale.strategies());
    let mut session = Session::new(&ABOUT, options, screen, &chosen, options.slow_poll);
    session.head(&chosen)?;
    let mut reports: Vec<StrategyReport> = Vec::new();
    let mut findings = Vec::new();
    for strategy in &chosen {
        if stop.signal().is_some() {
            break;
        }
        session.before(strategy)?;
        let (tried, untried): (Vec<usize>, Vec<usize>) =
            (scale.tasks.iter().copied()).partition(|tasks| *tasks <= Scale::most(strategy.name));
        let begin = reports.len();
        for tasks in tried {
            let measure = Measure {
                scale,
                strategy,
                tasks,
                options,
                screen,
                stop,
            };
            match measure.repeated()? {
                Some(report) => reports.push(report),
                None => break,
            }
        }
        let rows = &reports[begin..];
        let block = session.text.growth(rows, &untried);
        session.print(&block)?;
        if let (Some(last), None) = (rows.last(), stop.signal()) {
            let claimed = [(last, &strategy.claims[..])];
            findings.extend(claims::findings(claimed, &reports));
        }
    }
    let failed = reports.iter().any(|report| report.error.is_some());
    let report = Report {
        schema: SCHEMA.to_owned(),
        concept: ABOUT.name.to_owned(),
        arguments: serde_json::to_value(scale)?,
        machine: machine(),
        partial: stop.signal().is_some(),
        slow_poll_s: options.slow_poll.into(),
        findings: if stop.signal().is_some() {
            Vec::new()
        } else {
            findings
        },
        strategies: reports,
    };
    session.end(
        &report,
        |session| session.print(&(session.text.scales() + "\n")),
        &others,
        scale.next(),
    )?;
    Ok(match stop.signal() {
        Some(signal) => Ending::Stopped(signal),
        None if failed => Ending::Failed,
        None => Ending::Done,
    })
}

/// One strategy with one number of tasks.
struct Measure<'a> {
    scale: &'a Scale,
    strategy: &'a Strategy,
    tasks: usize,
    options: &'a Options,
    screen: &'a Screen,
    stop: &'a Stop,
}

impl Measure<'_> {
    /// As often as asked for; the report is that of the median. `None` if it was stopped.
    fn repeated(&self) -> Result<Option<StrategyReport>> {
        let mut runs: Vec<StrategyReport> = Vec::new();
        for _ in 0..self.options.repeat {
            let Some(run) = self.once()? else {
                return Ok(None);
            };
            if run.error.is_some() {
                return Ok(Some(run));
            }
            runs.push(run);
        }
        let walls: Vec<_> = runs.iter().filter_map(StrategyReport::wall).collect();
        runs.sort_by_key(StrategyReport::wall);
        let mut median = runs.swap_remove((runs.len() - 1) / 2);
        median.wall_s = walls;
        Ok(Some(median))
    }

    fn once(&self) -> Result<Option<StrategyReport>> {
        let mut child = self.start().context(
            "each number of tasks is measured in a process of its own, and this program could not be started again",
        )?;
        let (sender, written) = mpsc::channel();
        if let Some(mut stdout) = child.stdout.take() {
            thread::Builder::new().spawn(move || {
                let mut text = String::new();
                let read = stdout.read_to_string(&mut text).map(|_| text);
                let _ = sender.send(read);
            })?;
        }
        let watched = self.screen.live.is_some()
            && self.options.format == Format::Text
            && !self.options.quiet;
        let line = watched.then(line);
        let begun = Instant::now();
        let text = loop {
            match written.recv_timeout(LOOK) {
                Ok(text) => break text.ok(),
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.stop.signal().is_some() {
                // Whatever it has measured by now is no result.
                let _ = child.kill();
            }
            if let Some(line) = &line {
                let tasks = units::whole(self.tasks);
                let seconds = begun.elapsed().as_secs();
                line.set_message(format!(
                    "  {} with {tasks} … {seconds} s",
                    self.strategy.name
                ));
            }
        };
        if let Some(line) = line {
            line.finish_and_clear();
        }
        self.report(child, text)
    }

    fn start(&self) -> std::io::Result<Child> {
        let typed = |duration: Duration| humantime::format_duration(duration).to_string();
        Command::new(std::env::current_exe()?)
            .args(["scale", "--here", "--format", "json"])
            .args(["--strategy", self.strategy.name])
            .args(["--tasks", &self.tasks.to_string()])
            .args(["--delay", &typed(self.scale.delay)])
            .args(["--slow-poll", &typed(self.options.slow_poll)])
            .args(["--max-tasks", &self.options.max_tasks.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }

    /// What the process has said. `None` if it was stopped.
    fn report(&self, mut child: Child, text: Option<String>) -> Result<Option<StrategyReport>> {
        let ended = child.wait()?;
        if self.stop.signal().is_some() {
            return Ok(None);
        }
        let report = text.and_then(|text| serde_json::from_str::<Report>(&text).ok());
        if let Some(report) = report.and_then(|report| report.strategies.into_iter().next()) {
            return Ok(Some(report));
        }
        // It was killed, as a system does that runs out of memory, or it could not say why.
        let mut words = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            let _ = stderr.read_to_string(&mut words);
        }
        let words = words.lines().next().unwrap_or_default();
        let error = anyhow!("its process ended with {ended} {words}");
        let mut report = lab::plan(self.strategy);
        report.error = Some(error.to_string().trim_end().to_owned());
        report
            .metrics
            .insert("tasks_count".to_owned(), self.tasks as f64);
        Ok(Some(report))
    }
}
