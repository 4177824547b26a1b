//! Runs that are watched on a slide, each on a thread of its own, so that a key is answered meanwhile.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::line::{Line, Trust};
use super::measure::{Audience, measure};
use crate::classroom::{Job, News, Shelf, until};
use crate::concepts::Strategy;
use crate::lab::{Running, Stop, Watch};
use crate::report::{Report, StrategyReport};

/// Between two pictures, as in the live view.
const FRAME: Duration = Duration::from_millis(100);

/// A picture of a million tasks takes its time: the next one comes when so many times that has gone by.
const SHARE: u32 = 20;

/// Runs one job at a time.
pub(super) struct Player {
    trust: Trust,
    record: Option<Shelf>,
    replay: Option<Shelf>,
    sender: Sender<Told>,
    told: Receiver<Told>,
    /// What runs, or is about to end.
    current: Option<Stop>,
    /// What comes when that has ended: two at once would disturb each other's measurements.
    next: Option<Job>,
}

enum Told {
    News(u64, News),
    /// The thread is at its end.
    Ended,
}

impl Player {
    pub(super) fn new(trust: Trust, record: Option<Shelf>, replay: Option<Shelf>) -> Self {
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
    pub(super) fn run(&mut self, job: Job) {
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
                let _ = self.sender.send(Told::News(number, News::Failed(why)));
            }
        }
    }

    /// Stops what runs, and forgets what was to come.
    pub(super) fn stop(&mut self) {
        self.next = None;
        if let Some(stop) = &self.current {
            stop.stop(2);
        }
    }

    /// Tells what there is to tell, and whether that was anything.
    pub(super) fn news(&mut self, mut hear: impl FnMut(u64, News)) -> bool {
        let mut any = false;
        while let Ok(told) = self.told.try_recv() {
            match told {
                Told::News(number, news) => {
                    hear(number, news);
                    any = true;
                }
                Told::Ended => {
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
struct Ended(Sender<Told>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.send(Told::Ended);
    }
}

/// One run.
struct Turn {
    job: Job,
    trust: Trust,
    record: Option<Shelf>,
    replay: Option<Shelf>,
    stop: Stop,
    sender: Sender<Told>,
}

impl Turn {
    fn tell(&self, news: News) {
        // Whoever asked may be gone by now.
        let _ = self.sender.send(Told::News(self.job.number, news));
    }

    fn play(&self) {
        let mut remark = None;
        if let Some(shelf) = &self.replay {
            match shelf.recorded(&self.job) {
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
        if let Some(shelf) = self.record.as_ref().filter(|_| !report.partial)
            && let Err(why) = shelf.keep(&self.job, &report)
        {
            remark = Some(format!("not recorded: {why:#}"));
        }
        if let Some(remark) = remark {
            self.tell(News::Remark(remark));
        }
        self.tell(News::Over(Box::new(report)));
    }

    fn measure(&self) -> Result<Report> {
        let line = Line::parse(&self.job.line, self.trust).map_err(anyhow::Error::msg)?;
        let (chosen, _) = line.options.choose(line.set.strategies.clone());
        let lab = line.options.lab(&line.set.about, &self.stop);
        let ideals = chosen.iter().filter_map(|strategy| strategy.ideal);
        self.tell(News::Begun {
            expected: ideals.max().unwrap_or_default(),
            slow_poll: lab.slow_poll,
            replay: false,
        });
        let mut seat = Seat {
            number: self.job.number,
            sender: self.sender.clone(),
        };
        measure(
            &line.set.about,
            line.set.arguments.clone(),
            &chosen,
            &lab,
            &mut seat,
        )
    }

    /// What was recorded in place of what failed; where nothing was, the failure itself.
    fn rescue(&self, report: Option<Report>, why: String) {
        let shelves = [&self.replay, &self.record].into_iter().flatten();
        let recorded = shelves
            .filter_map(|shelf| shelf.recorded(&self.job).ok())
            .next();
        self.tell(match (recorded, report) {
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
                let shown = until(strategy, begun.elapsed());
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

/// Where a run is watched from.
struct Seat {
    number: u64,
    sender: Sender<Told>,
}

impl Audience for Seat {
    fn before(&mut self, _: &Strategy) -> Result<()> {
        Ok(())
    }

    fn watch(&self) -> Box<dyn Watch> {
        Box::new(Glass {
            number: self.number,
            sender: self.sender.clone(),
            looking: None,
        })
    }

    fn after(&mut self, report: &StrategyReport) -> Result<()> {
        let news = News::Strategy(Box::new(report.clone()));
        let _ = self.sender.send(Told::News(self.number, news));
        Ok(())
    }
}

/// Sends what can be seen, from a thread of its own: it goes on when the event loop does not.
struct Glass {
    number: u64,
    sender: Sender<Told>,
    looking: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Watch for Glass {
    fn begin(&mut self, run: Running) {
        let (stop, stopped) = mpsc::channel();
        let (number, sender) = (self.number, self.sender.clone());
        let look = move || {
            let mut pause = FRAME;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let start = Instant::now();
                let news = News::Growing(Box::new(run.report()));
                if sender.send(Told::News(number, news)).is_err() {
                    return;
                }
                pause = FRAME.max(start.elapsed() * SHARE);
            }
        };
        // Without a thread there is no growing picture; the final one comes all the same.
        self.looking = thread::Builder::new()
            .name("picture".to_owned())
            .spawn(look)
            .ok()
            .map(|thread| (stop, thread));
    }

    fn end(&mut self) {
        if let Some((stop, thread)) = self.looking.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
