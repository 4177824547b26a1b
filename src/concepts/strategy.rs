//! What a concept is made of.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::twin::{Counterpart, Twin};
use crate::claims::{Claim, Claims, Figure};
use crate::trace::Recorder;

/// A poll at least this long is called blocking, where nobody says otherwise.
pub const SLOW_POLL: Duration = Duration::from_millis(10);

/// What is taught: the fixed part. The knobs are the fields of the type that implements [`Concept`].
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The subcommand.
    pub name: &'static str,
    /// A few words for the head of the screen.
    pub title: &'static str,
    /// The learner's question that the concept answers.
    pub question: &'static str,
    /// What this is called in Python: what is FastAPI's own says so.
    pub python: &'static str,
    /// Command lines worth trying, one a line, with what they show.
    pub examples: &'static str,
    /// Whether the heartbeat is part of the picture, as a lane of its own.
    pub heartbeat_lane: bool,
    /// What its strategies are compared by.
    pub figure: Figure,
    /// The concept's own source file, for `--code`.
    pub source: &'static str,
    /// The same in Python, for `--code=python`.
    pub twin: &'static str,
    /// Its file in `lessons/python`. Those in `web/` need packages.
    pub python_file: &'static str,
    /// What many believe before they have seen it run. The concept shows it false.
    pub belief: &'static str,
    /// Knobs with which the default strategies make their point in a second or two, for the tour.
    pub tour: &'static [&'static str],
    /// Knobs with which every strategy is over in a fraction of a second, for the tests.
    pub quick: &'static [&'static str],
}

/// What was typed is in range, and yet makes no sense. Its words are for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(String);

impl UsageError {
    /// `why` names the knob.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// Several sizes of the same work. A process has one peak of memory, so each size wants a process.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// The knob that sets them, without its dashes.
    pub knob: &'static str,
    /// In the order in which they are measured.
    pub each: Vec<usize>,
}

/// Set in the environment of a process that the lab starts for one strategy of one size.
pub const ALONE: &str = "ASYNCDEMO_ALONE";

/// Whether this process is there for one strategy of one size, so that what it costs is what that costs.
pub fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// A concept: knobs that clap reads, and the strategies that follow from them.
pub trait Concept: clap::Args + Serialize {
    /// The fixed part.
    const ABOUT: About;

    /// Refuses knobs that are each in range and yet make no sense together.
    ///
    /// # Errors
    /// What is wrong, for the user: it names the knob.
    fn check(&self) -> Result<(), UsageError> {
        Ok(())
    }

    /// Every way of doing the concept's work, in the order in which they are shown. The first is
    /// what the others are compared with.
    fn strategies(&self) -> Vec<Strategy>;

    /// The sizes of its work, where the command line measures each in a process of its own.
    fn sizes(&self) -> Option<Sizes> {
        None
    }

    /// What should be known before it runs, if something should: how long it may take, or what is asked of whom.
    fn foreword(&self) -> Option<String> {
        None
    }

    /// What to try next with these knobs, if something suggests itself.
    fn next(&self) -> Option<&'static str> {
        None
    }
}

/// The runtime that a strategy wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// One thread runs every task. It makes most points clearest.
    CurrentThread,
    /// Tokio's work-stealing scheduler with this many workers.
    MultiThread(usize),
}

impl Flavor {
    /// How many threads run tasks.
    pub fn workers(self) -> usize {
        match self {
            Self::CurrentThread => 1,
            Self::MultiThread(workers) => workers,
        }
    }

    /// One worker is the current-thread runtime, more are the multi-thread one.
    pub fn with_workers(workers: usize) -> Self {
        if workers == 1 {
            Self::CurrentThread
        } else {
            Self::MultiThread(workers)
        }
    }
}

/// Figures that a concept counts, each with its unit as the key's suffix: `rows_count`, `reply_s`.
pub type Metrics = BTreeMap<&'static str, f64>;

type Count = Box<dyn FnOnce(&mut Metrics) + Send>;

/// What a strategy returns.
pub struct Output {
    /// The work's result. Strategies of one concept return equal results.
    pub result: Value,
    /// What was counted on the way.
    pub metrics: Metrics,
    at_exit: Option<Count>,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("result", &self.result)
            .field("metrics", &self.metrics)
            .finish_non_exhaustive()
    }
}

impl Output {
    /// The result of the work.
    pub fn new(result: impl Serialize) -> Self {
        Self {
            result: serde_json::to_value(result).unwrap_or(Value::Null),
            metrics: Metrics::new(),
            at_exit: None,
        }
    }

    /// Adds a figure. `name` ends in its unit.
    pub fn metric(mut self, name: &'static str, value: f64) -> Self {
        self.metrics.insert(name, value);
        self
    }

    /// Counts something once the runtime has been shut down: what was lost shows only then.
    pub fn at_exit(mut self, count: impl FnOnce(&mut Metrics) + Send + 'static) -> Self {
        self.at_exit = Some(Box::new(count));
        self
    }

    /// To be called when the runtime is gone.
    pub fn exited(mut self) -> Self {
        if let Some(count) = self.at_exit.take() {
            count(&mut self.metrics);
        }
        self
    }
}

/// A strategy's future, ready to be run once.
pub type Run = Pin<Box<dyn Future<Output = anyhow::Result<Output>> + Send>>;
type Start = Box<dyn FnOnce(Recorder) -> Run + Send>;

/// What is done on a strategy's own runtime before its clock starts, and what was counted meanwhile.
pub type WarmUp = Pin<Box<dyn Future<Output = anyhow::Result<Metrics>> + Send>>;

/// One way to do the concept's work.
#[derive(Clone)]
pub struct Strategy {
    /// As typed after `--strategy`; the name of its region in the source, too.
    pub name: &'static str,
    /// What it does, as code where that is shorter.
    pub summary: String,
    /// The runtime that it wants.
    pub flavor: Flavor,
    /// Whether it runs when nobody chooses.
    pub by_default: bool,
    /// The wall time that arithmetic promises.
    pub ideal: Option<Duration>,
    /// What the textbook says of it. Each claim is checked against the run.
    pub claims: Claims,
    /// Whether its first claim, borne out, shows the concept's belief false.
    pub refutes_belief: bool,
    /// The largest size with which it is tried.
    pub most: Option<usize>,
    /// Why its result or its work is not equal to the others', where that is so.
    pub differs: Option<&'static str>,
    /// The same in Python. `None` where nobody has written it yet.
    pub python: Option<Counterpart>,
    prepare: Arc<dyn Fn() -> anyhow::Result<Start> + Send + Sync>,
    warm_up: Option<Arc<dyn Fn() -> WarmUp + Send + Sync>>,
}

impl fmt::Debug for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Strategy")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Strategy {
    /// A strategy that needs nothing but its input, as it follows from the knobs.
    pub fn new<I, F, Fut>(name: &'static str, summary: impl Into<String>, input: I, run: F) -> Self
    where
        I: Clone + Send + Sync + 'static,
        F: Fn(Recorder, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<Output>> + Send + 'static,
    {
        Self::staged(name, summary, move || Ok(input.clone()), run)
    }

    /// A strategy that works on something real: a server, a database. `prepare` makes it afresh for
    /// every run, before the clock starts.
    pub fn staged<S, P, F, Fut>(
        name: &'static str,
        summary: impl Into<String>,
        prepare: P,
        run: F,
    ) -> Self
    where
        S: Send + 'static,
        P: Fn() -> anyhow::Result<S> + Send + Sync + 'static,
        F: Fn(Recorder, S) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<Output>> + Send + 'static,
    {
        let run = Arc::new(run);
        let prepare = move || -> anyhow::Result<Start> {
            let (run, stage) = (Arc::clone(&run), prepare()?);
            Ok(Box::new(move |recorder| Box::pin(run(recorder, stage))))
        };
        Self {
            name,
            summary: summary.into(),
            flavor: Flavor::CurrentThread,
            by_default: false,
            ideal: None,
            claims: Vec::new(),
            refutes_belief: false,
            most: None,
            differs: None,
            python: None,
            prepare: Arc::new(prepare),
            warm_up: None,
        }
    }

    /// Says what it does, where that was left open.
    pub fn described(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Before each run this is done on its runtime, unmeasured. Where it fails, the strategy does not run.
    pub fn warmed_up<F>(mut self, warm_up: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = anyhow::Result<Metrics>> + Send + 'static,
    {
        self.warm_up = Some(Arc::new(move || Box::pin(warm_up())));
        self
    }

    /// Runs it when nobody chooses.
    pub fn by_default(self) -> Self {
        self.by_default_if(true)
    }

    /// [`Self::by_default`], where the knobs are such that it says something.
    pub fn by_default_if(mut self, worth_it: bool) -> Self {
        self.by_default = worth_it;
        self
    }

    /// The wall time that arithmetic promises, if it promises one.
    pub fn ideal(mut self, ideal: impl Into<Option<Duration>>) -> Self {
        self.ideal = ideal.into();
        self
    }

    /// What the run is expected to show; it is checked, not assumed.
    pub fn claim(self, claim: impl Claim + 'static) -> Self {
        self.claim_if(true, claim)
    }

    /// [`Self::claim`], where the knobs let it show.
    pub fn claim_if(mut self, shows: bool, claim: impl Claim + 'static) -> Self {
        if shows {
            self.claims.push(Arc::new(claim));
        }
        self
    }

    /// Its first claim is the one that shows the concept's belief false. One of the default strategies
    /// has it.
    pub fn refutes_belief(self) -> Self {
        self.refutes_belief_if(true)
    }

    /// [`Self::refutes_belief`], where the knobs let it show.
    pub fn refutes_belief_if(mut self, shows: bool) -> Self {
        self.refutes_belief = shows;
        self
    }

    /// Is not tried with a larger size.
    pub fn at_most(mut self, size: usize) -> Self {
        self.most = Some(size);
        self
    }

    /// Runs it on another runtime than the current-thread one.
    pub fn on(mut self, flavor: Flavor) -> Self {
        self.flavor = flavor;
        self
    }

    /// Says why its result is not equal to the others', or its work. Neither is compared with them.
    pub fn differs(mut self, why: &'static str) -> Self {
        self.differs = Some(why);
        self
    }

    /// In the concept's Python file, the function of this strategy's name does the same.
    pub fn twin(mut self, twin: Twin) -> Self {
        self.python = Some(Counterpart::Twin(twin));
        self
    }

    /// Python has nothing of the kind, for this reason: a clause that reads on after "ran in Rust alone:".
    pub fn no_twin(mut self, why: &'static str) -> Self {
        self.python = Some(Counterpart::None(why));
        self
    }

    /// The same in Python, if there is such a thing.
    pub fn in_python(&self) -> Option<&Twin> {
        match &self.python {
            Some(Counterpart::Twin(twin)) => Some(twin),
            _ => None,
        }
    }

    /// Makes what the strategy works on. Not measured.
    pub fn prepare(&self) -> anyhow::Result<impl FnOnce(Recorder) -> Run + Send + use<>> {
        (self.prepare)()
    }

    /// What to do before the clock starts, if anything.
    pub fn warm_up(&self) -> Option<WarmUp> {
        self.warm_up.as_ref().map(|warm_up| warm_up())
    }
}
