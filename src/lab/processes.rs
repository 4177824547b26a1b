//! Runs each size of a concept's work in a process of its own, so that each peak of memory is its own.

use std::io::Read;
use std::iter;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::claims;
use crate::concepts::{ALONE, Sizes, Strategy, is_alone};
use crate::lab::knobs::knobs;
use crate::lab::measure::begun;
use crate::lab::{Audience, Invocation, Stop, Twins, plan};
use crate::report::{Report, StrategyReport};

/// Between two looks at a process that measures.
const LOOK: Duration = Duration::from_millis(100);

impl Invocation {
    /// The sizes that want a process each, unless this is one of these processes.
    pub fn sizes(&self) -> Option<&Sizes> {
        self.set.sizes.as_ref().filter(|_| !is_alone())
    }

    /// Measures each chosen strategy with each of the `sizes`, in Rust and then, where there are `twins`, in Python.
    ///
    /// # Errors
    /// Those of the audience, and where this program cannot be started again.
    pub fn measure_sizes(
        &self,
        sizes: &Sizes,
        twins: Option<&Twins>,
        stop: &Stop,
        audience: &mut dyn Audience,
    ) -> Result<Report> {
        let (chosen, _) = self.choose();
        let (about, arguments) = (&self.set.about, self.set.arguments.clone());
        let lab = self.options.lab(about, stop);
        let mut whole = begun(about, arguments, &chosen, twins, &lab);
        let mut reports: Vec<StrategyReport> = Vec::new();
        for strategy in &chosen {
            let twin = twins.and_then(|twins| Some((twins, strategy.in_python()?)));
            for twin in iter::once(None).chain(twin.map(Some)) {
                if stop.signal().is_some() {
                    break;
                }
                let (most, claimed) = match twin {
                    None => {
                        audience.before(strategy)?;
                        (strategy.most, &strategy.claims)
                    }
                    Some((_, twin)) => {
                        audience.before_twin(strategy, twin)?;
                        (
                            twin.most.or(strategy.most),
                            twin.claims_beside(&strategy.claims),
                        )
                    }
                };
                let fits = |size: &usize| most.is_none_or(|most| *size <= most);
                let (tried, untried): (Vec<usize>, Vec<usize>) =
                    sizes.each.iter().copied().partition(fits);
                let begin = reports.len();
                for size in tried {
                    let row = match twin {
                        None => {
                            let process = Process {
                                invocation: self,
                                knob: sizes.knob,
                                strategy,
                                size,
                                stop,
                            };
                            process.repeated(audience)?
                        }
                        Some((twins, twin)) => {
                            let size = Some((sizes.knob, size));
                            let outcome = twins.run(strategy, twin, size, &lab, audience);
                            Some(outcome.report).filter(|_| !outcome.stopped)
                        }
                    };
                    let Some(row) = row else { break };
                    reports.push(row);
                    audience.after_size(&reports[begin..])?;
                }
                let rows = &reports[begin..];
                audience.after_sizes(rows, &untried)?;
                if let (Some(last), None) = (rows.last(), stop.signal()) {
                    claims::find_more([(last, &claimed[..])], &reports, &mut whole.findings);
                }
            }
        }
        whole.partial = stop.signal().is_some();
        if whole.partial {
            whole.findings.clear();
        }
        whole.strategies = reports;
        Ok(whole)
    }
}

/// One strategy with one size.
struct Process<'a> {
    invocation: &'a Invocation,
    /// The knob that sets the size.
    knob: &'static str,
    strategy: &'a Strategy,
    size: usize,
    stop: &'a Stop,
}

impl Process<'_> {
    /// As often as asked for; the report is that of the median. `None` if it was stopped.
    fn repeated(&self, audience: &mut dyn Audience) -> Result<Option<StrategyReport>> {
        let mut runs: Vec<StrategyReport> = Vec::new();
        for _ in 0..*self.invocation.options.repeat {
            let Some(run) = self.once(audience)? else {
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

    fn once(&self, audience: &mut dyn Audience) -> Result<Option<StrategyReport>> {
        let mut child = self.start().context(
            "each number of tasks is measured in a process of its own, and this program could not be started again",
        )?;
        let written = written(&mut child)?;
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
            audience.waits(self.strategy, self.size, begun.elapsed());
        };
        self.report(child, text)
    }

    fn start(&self) -> std::io::Result<Child> {
        let options = &self.invocation.options;
        let slow_poll = humantime::format_duration(*options.slow_poll).to_string();
        Command::new(std::env::current_exe()?)
            .env(ALONE, "1")
            .arg(self.invocation.set.about.name)
            .args(knobs(
                &self.invocation.set.arguments,
                Some((self.knob, self.size)),
            ))
            .args(["--format", "json", "--strategy", self.strategy.name])
            .args(["--slow-poll", &slow_poll])
            .args(["--max-tasks", &options.max_tasks.to_string()])
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
        let error = format!("its process ended with {ended} {words}");
        let mut report = plan(self.strategy);
        report.error = Some(error.trim_end().to_owned());
        let size = format!("{}_count", self.knob);
        report.metrics.insert(size, self.size as f64);
        Ok(Some(report))
    }
}

/// All that the process writes, once it is at its end.
fn written(child: &mut Child) -> Result<Receiver<std::io::Result<String>>> {
    let (sender, written) = mpsc::channel();
    if let Some(mut stdout) = child.stdout.take() {
        thread::Builder::new().spawn(move || {
            let mut text = String::new();
            let read = stdout.read_to_string(&mut text).map(|_| text);
            let _ = sender.send(read);
        })?;
    }
    Ok(written)
}
