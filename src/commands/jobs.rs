//! Jobs that outlive the program: puts them in, works on them, and says how many are done.

mod options;

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::runtime::Builder;
use tokio::time::sleep;

pub use self::options::{Options, moved};
use super::run::Ending;
use super::screen::{Screen, TextOrJson, complain, print, print_json};
use super::status_line::StatusLine;
use crate::lab::{FRAME, Stop};
use crate::page::{Line, Role, clean_line};
#[cfg(feature = "redis")]
use crate::services::jobs::redis::RedisJobs;
use crate::services::jobs::sqlite::SqliteJobs;
use crate::services::jobs::worker::{Idle, JobFailed, Worked, Worker};
use crate::services::jobs::{
    Awaited, Counts, Dead, Enqueued, JobStore, Lease, LeasePolicy, NewJob,
};
use crate::units;

/// How many dead jobs are named.
const NAMED: u32 = 5;

/// What was done, and what is in the store now: the whole of `--format json`.
#[derive(Debug, Serialize)]
struct JobsReport<'a> {
    schema: &'static str,
    store: &'a str,
    /// What it keeps when it goes down, where that is for others to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    keeps: Option<&'a str>,
    /// Whether a signal ended it.
    partial: bool,
    enqueued: Option<Enqueued>,
    worked: Option<Worked>,
    worked_s: Option<f64>,
    counts: Counts,
    left: u32,
    lost: u32,
    dead: Vec<Dead>,
}

/// Puts jobs in, works, and tells, as the knobs say.
///
/// # Errors
/// Where the store cannot be used, or standard output cannot be written.
pub fn jobs(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let session = JobsSession {
        options,
        screen,
        stop,
    };
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime could be built")?;
    runtime.block_on(async {
        if let Some(file) = &options.durable {
            return session.in_file(file).await;
        }
        #[cfg(feature = "redis")]
        if let Some(url) = &options.broker {
            let store = RedisJobs::connect(url).await?;
            let shown = store.shown().to_owned();
            return session.with(&store, &shown).await;
        }
        anyhow::bail!("there is no place to keep jobs in")
    })
}

struct JobsSession<'a> {
    options: &'a Options,
    screen: &'a Screen,
    stop: &'a Stop,
}

impl JobsSession<'_> {
    async fn in_file(&self, file: &Path) -> Result<Ending> {
        let store = match self.options.enqueue {
            Some(_) => SqliteJobs::make_or_open(file)?,
            None => SqliteJobs::open(file)?,
        };
        let ending = self.with(&store, &file.display().to_string()).await;
        // Also where it went wrong: what is in the log goes into the file.
        let closed = store.close().await;
        ending.and_then(|ending| closed.map(|()| ending))
    }

    async fn with<S: JobStore>(&self, store: &S, shown: &str) -> Result<Ending> {
        let is_text = self.options.output.format == TextOrJson::Text;
        if is_text {
            print(&self.head(shown, store.keeps()))?;
        }
        let enqueued = match self.options.enqueue {
            Some(jobs) => Some(store.enqueue(self.new_jobs(*jobs)).await?),
            None => None,
        };
        let start = Instant::now();
        let worked = match self.options.work {
            true => Some(self.work(store).await?),
            false => None,
        };
        let counts = store.counts().await?;
        let told = JobsReport {
            schema: "asyncdemo.jobs/1",
            store: shown,
            keeps: store.keeps(),
            partial: self.stop.signal().is_some(),
            enqueued,
            worked,
            worked_s: worked.map(|_| start.elapsed().as_secs_f64()),
            counts,
            left: counts.left(),
            lost: counts.lost(),
            dead: store.dead(NAMED).await?,
        };
        store.verify().await?;
        if is_text {
            print(&self.text(&told))?;
        } else {
            print_json(&serde_json::to_string_pretty(&told)?)?;
        }
        Ok(match self.stop.signal() {
            Some(signal) => Ending::Stopped(signal),
            None if told.lost > 0 => Ending::Failed,
            None => Ending::Done,
        })
    }

    fn new_jobs(&self, jobs: usize) -> Vec<NewJob> {
        let job = |id| NewJob {
            key: format!("job {id}"),
            fails: id <= *self.options.failing,
        };
        (1..=jobs).map(job).collect()
    }

    async fn work<S: JobStore>(&self, store: &S) -> Result<Worked> {
        let worker = Worker {
            name: name(),
            at_once: *self.options.workers,
            policy: LeasePolicy {
                lease: *self.options.lease,
                attempts: u32::try_from(*self.options.attempts).unwrap_or(u32::MAX),
            },
            stop: self.stop.token(),
            idle: Idle::default(),
        };
        let time = *self.options.job_time;
        let job = |held: Lease| async move {
            sleep(time).await;
            if held.fails {
                Err(JobFailed("it was told to fail".to_owned()))
            } else {
                Ok(format!("done by {}", held.worker))
            }
        };
        tokio::select! {
            worked = worker.run(store, job) => worked,
            failed = self.progress(store, &worker.idle) => failed.map(|()| Worked::default()),
        }
    }

    /// Says how far the work is, for as long as it is waited for. Where nothing can be drawn, only what is waited for
    /// and takes a while.
    async fn progress<S: JobStore>(&self, store: &S, idle: &Idle) -> Result<()> {
        if self.options.output.format == TextOrJson::Json || self.options.quiet {
            return std::future::pending().await;
        }
        let Some(style) = self.screen.live() else {
            return self.remark_on_waits(idle).await;
        };
        let line = StatusLine::new(Some(style));
        loop {
            let counts = store.counts().await?;
            let waits = idle.awaits().map_or_else(String::new, |(awaited, time)| {
                format!(" · {}", waits(awaited, time))
            });
            let [done, of] = [counts.done, counts.jobs].map(|jobs| jobs as usize);
            line.say(
                done,
                of,
                &format!(
                    "{} of {} done · {} leased · {} waiting · {} dead · {} repeats{waits}",
                    counts.done,
                    counts.jobs,
                    counts.leased,
                    counts.waiting,
                    counts.dead,
                    counts.repeats
                ),
            );
            sleep(FRAME).await;
        }
    }

    async fn remark_on_waits(&self, idle: &Idle) -> Result<()> {
        let mut idle_since = None;
        let mut told = false;
        loop {
            match idle.awaits() {
                None => (idle_since, told) = (None, false),
                Some((awaited, time)) => {
                    let since = *idle_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= A_WHILE && !told {
                        told = true;
                        let line = format!("asyncdemo: {}\n", waits(awaited, time));
                        complain(&self.screen.out().encode(&line));
                    }
                }
            }
            sleep(FRAME).await;
        }
    }

    /// Where the jobs are: said before anything is done with them.
    fn head(&self, shown: &str, keeps: Option<&str>) -> String {
        let style = &self.screen.out();
        let mut head = style.paint(Role::Name, &clean_line(shown)) + "\n";
        if let Some(keeps) = keeps {
            head += &style.filled(&Line::plain(&format!("This server {keeps}.")), "  ", "  ");
        }
        style.encode(&head)
    }

    fn text(&self, told: &JobsReport<'_>) -> String {
        let style = &self.screen.out();
        let counts = &told.counts;
        let fill = |text: &str, indent: &str| style.filled(&Line::plain(text), "", indent);
        let mut text = String::new();
        let mut line = |name: &str, what: String| {
            text += &fill(&format!("  {name:<18}{what}"), "    ");
        };
        if let Some(Enqueued { new, already_there }) = told.enqueued {
            line(
                "enqueued",
                format!("{new} new, {already_there} already there"),
            );
        }
        if let (Some(worked), Some(seconds)) = (&told.worked, told.worked_s) {
            let mut parts = vec![format!("{} done", worked.done)];
            let others = [
                (worked.failed, "failed"),
                (worked.lost, "taken over by another worker"),
                (worked.given_back, "given back"),
            ];
            let others = others.iter().filter(|(count, _)| *count > 0);
            parts.extend(others.map(|(count, what)| format!("{count} {what}")));
            let time = units::seconds(seconds);
            line("this worker", format!("{}, in {time}", parts.join(", ")));
        }
        line(
            "jobs",
            format!(
                "{}: {} done, {} dead, {} left, {} lost",
                counts.jobs, counts.done, counts.dead, told.left, told.lost
            ),
        );
        if told.left > 0 {
            let (waiting, leased) = (counts.waiting, counts.leased);
            line("left", format!("{waiting} waiting, {leased} leased"));
        }
        line(
            "runs",
            format!(
                "{}, of them {}",
                counts.runs,
                units::count(counts.repeats as usize, "repeat", "repeats")
            ),
        );
        text += "\n";
        for sentence in self.sentences(told) {
            text += &fill(&clean_line(&sentence), "  ");
        }
        style.encode(&text)
    }

    /// What the counts say.
    fn sentences(&self, told: &JobsReport<'_>) -> Vec<String> {
        let counts = &told.counts;
        let mut said = Vec::new();
        if told.lost > 0 {
            said.push(format!(
                "{} are in none of these states: they are lost.",
                units::count(told.lost as usize, "job", "jobs")
            ));
        } else if counts.jobs == 0 {
            said.push("There are no jobs here. Put some in: --enqueue 200.".to_owned());
        } else if counts.jobs > 0 && counts.done == counts.jobs {
            said.push("Every job is done, with one result each, and none is lost.".to_owned());
        }
        if counts.repeats > 0 {
            said.push(format!(
                "{} a job that had been begun before: its worker was killed or stopped, or the job had failed. Delivery is at-least-once, so jobs must be idempotent.",
                units::count(counts.repeats as usize, "run began", "runs began")
            ));
        }
        if counts.dead > 0 {
            let named: Vec<_> = told
                .dead
                .iter()
                .map(|dead| format!("{} ({})", dead.key, dead.error))
                .collect();
            let more = if counts.dead > NAMED { ", …" } else { "" };
            said.push(format!(
                "Dead, after too many attempts: {}{more}.",
                named.join(", ")
            ));
        }
        if counts.leased > 0 {
            said.push(
                "What is leased is with a worker now, or was with one that was killed; then it is free again when the lease ends."
                    .to_owned(),
            );
        }
        if told.left > 0 {
            let place = match &self.options.durable {
                Some(file) => format!("--durable {}", file.display()),
                None => format!("--broker {}", told.store),
            };
            said.push(format!("Next: asyncdemo jobs {place} --work"));
        }
        said
    }
}

/// Who waits for longer wants to know why.
const A_WHILE: Duration = Duration::from_secs(1);

/// What is waited for, and until when.
fn waits(awaited: Awaited, time: Option<Duration>) -> String {
    let what = match awaited {
        Awaited::Lease => "waits for a job that another worker has, or had when it was killed",
        Awaited::Rest => "waits for a job that failed and rests",
        Awaited::Either => "waits for jobs that other workers have, or that failed and rest",
    };
    let until = time.and_then(|time| Some((time, SystemTime::now().checked_add(time)?)));
    until.map_or_else(
        || what.to_owned(),
        |(time, until)| {
            let date = humantime::format_rfc3339_seconds(until).to_string();
            // The day goes without saying: no lease is longer than a minute.
            let clock = date.get(11..19).unwrap_or(&date);
            format!(
                "{what}: {} more at most, until {clock} UTC",
                units::seconds(time.as_secs_f64())
            )
        },
    )
}

/// A name that no other worker has, on any machine.
fn name() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    format!("{}-{nanos:x}", std::process::id())
}
