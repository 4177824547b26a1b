//! Runs that are watched on a slide, each on a thread of its own, so that a key is answered meanwhile.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use anyhow::Result;

use super::keys::RunRequest;
use super::recording::Recordings;
use super::slide::News;
use crate::lab::{Audience, FRAME, Invocation, Stop, Trust};
use crate::report::{Report, StrategyReport};

/// Runs one job at a time.
pub struct Player {
    trust: Trust,
    record: Option<Recordings>,
    replay: Option<Recordings>,
    sender: Sender<FromRun>,
    told: Receiver<FromRun>,
    /// What runs, or is about to end.
    current: Option<Stop>,
    /// What comes when that has ended: two at once would disturb each other's measurements.
    next: Option<RunRequest>,
}

enum FromRun {
    News(u64, News),
    /// The thread is at its end.
    Ended,
}

impl Player {
    /// `record` is where runs are kept, `replay` where they are taken from.
    pub fn new(trust: Trust, record: Option<Recordings>, replay: Option<Recordings>) -> Self {
        let (sender, told) = mpsc::channel();
        Self {
            trust,
            record,
            replay,
            sender,
            told,
            current: None,
            next: None,
        }
    }

    /// Runs it as soon as nothing else runs.
    pub fn run(&mut self, job: RunRequest) {
        if self.current.is_some() {
            self.next = Some(job);
            return;
        }
        let stop = Stop::default();
        let number = job.number;
        let turn = Turn {
            job,
            trust: self.trust,
            record: self.record.clone(),
            replay: self.replay.clone(),
            stop: stop.clone(),
            sender: self.sender.clone(),
        };
        let play = move || {
            let ended = Ended(turn.sender.clone());
            turn.play();
            drop(ended);
        };
        match thread::Builder::new().name("player".to_owned()).spawn(play) {
            Ok(_) => self.current = Some(stop),
            Err(error) => {
                let why = format!("no thread could be started: {error}");
                let _ = self.sender.send(FromRun::News(number, News::Failed(why)));
            }
        }
    }

    /// Stops what runs, and forgets what was to come.
    pub fn stop(&mut self) {
        self.next = None;
        if let Some(stop) = &self.current {
            stop.stop(2);
        }
    }

    /// Tells what there is to tell, and whether that was anything.
    pub fn news(&mut self, mut hear: impl FnMut(u64, News)) -> bool {
        let mut any = false;
        while let Ok(told) = self.told.try_recv() {
            match told {
                FromRun::News(number, news) => {
                    hear(number, news);
                    any = true;
                }
                FromRun::Ended => {
                    self.current = None;
                    if let Some(job) = self.next.take() {
                        self.run(job);
                    }
                }
            }
        }
        any
    }
}

/// Says so when its thread ends, by a panic too.
struct Ended(Sender<FromRun>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.send(FromRun::Ended);
    }
}

/// One run.
struct Turn {
    job: RunRequest,
    trust: Trust,
    record: Option<Recordings>,
    replay: Option<Recordings>,
    stop: Stop,
    sender: Sender<FromRun>,
}

impl Turn {
    fn tell(&self, news: News) {
        // Whoever asked may be gone by now.
        let _ = self.sender.send(FromRun::News(self.job.number, news));
    }

    fn play(&self) {
        let mut remark = None;
        if let Some(recordings) = &self.replay {
            match recordings.recorded(&self.job) {
                Ok(report) => return self.replay(report),
                Err(why) => remark = Some(format!("live, as there is no recording: {why:#}")),
            }
        }
        let report = match self.measure() {
            Ok(report) => report,
            Err(why) => return self.rescue(None, format!("{why:#}")),
        };
        let mut errors = report
            .strategies
            .iter()
            .filter_map(|strategy| strategy.error.clone());
        if let Some(why) = errors.next().filter(|_| !report.partial) {
            return self.rescue(Some(report), why);
        }
        if let Some(recordings) = self.record.as_ref().filter(|_| !report.partial)
            && let Err(why) = recordings.keep(&self.job, &report)
        {
            remark = Some(format!("not recorded: {why:#}"));
        }
        if let Some(remark) = remark {
            self.tell(News::Remark(remark));
        }
        self.tell(News::Over(Box::new(report)));
    }

    fn measure(&self) -> Result<Report> {
        let run = Invocation::parse(&self.job.line, self.trust)?;
        let (chosen, _) = run.choose();
        let ideals = chosen.iter().filter_map(|strategy| strategy.ideal);
        self.tell(News::Begun {
            expected: ideals.max().unwrap_or_default(),
            slow_poll: *run.options.slow_poll,
            replay: false,
        });
        let mut spectator = self;
        match run.twins() {
            Ok(twins) => run.measure_with(twins.as_ref(), &self.stop, &mut spectator),
            Err(why) if self.recorded().is_some() => Err(why.into()),
            Err(why) => {
                self.tell(News::Remark(format!("in Rust alone: {why}")));
                let run = run.in_rust_alone();
                run.measure(&self.stop, &mut spectator)
            }
        }
    }

    fn recorded(&self) -> Option<Report> {
        let mut shelves = [&self.replay, &self.record].into_iter().flatten();
        shelves.find_map(|recordings| recordings.recorded(&self.job).ok())
    }

    /// What was recorded in place of what failed; where nothing was, the failure itself.
    fn rescue(&self, report: Option<Report>, why: String) {
        self.tell(match (self.recorded(), report) {
            (Some(recorded), _) => News::Rescued(Box::new(recorded), why),
            (None, Some(report)) => News::Over(Box::new(report)),
            (None, None) => News::Failed(why),
        });
    }

    /// As it was seen when it was recorded, at the same pace.
    fn replay(&self, report: Report) {
        let ends = report.strategies.iter().map(|strategy| strategy.end().0);
        self.tell(News::Begun {
            expected: ends.max().unwrap_or_default(),
            slow_poll: report.slow_poll_s.0,
            replay: true,
        });
        for strategy in &report.strategies {
            let begun = Instant::now();
            while begun.elapsed() < strategy.end().0 {
                let shown = strategy.until(begun.elapsed());
                self.tell(News::Growing(Box::new(shown)));
                thread::park_timeout(FRAME);
                if self.stop.signal().is_some() {
                    let partial = true;
                    return self.tell(News::Over(Box::new(Report { partial, ..report })));
                }
            }
            self.tell(News::Strategy(Box::new(strategy.clone())));
        }
        self.tell(News::Over(Box::new(report)));
    }
}

/// Tells the slide what can be seen of the run.
impl Audience for &Turn {
    fn watches(&self) -> bool {
        true
    }

    fn see(&mut self, so_far: StrategyReport) {
        self.tell(News::Growing(Box::new(so_far)));
    }

    fn after(&mut self, report: &StrategyReport) -> Result<()> {
        self.tell(News::Strategy(Box::new(report.clone())));
        Ok(())
    }
}
