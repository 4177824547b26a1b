//! What `queue` claims: what waits, who waits, and what is kept.

use crate::claims::{Claim, Run, Shown, shown};
use crate::units::duration as time;

/// The most jobs that waited at once, and what they carried.
pub(super) const DEPTH: &str = "queue_depth_count";
pub(super) const MEMORY: &str = "queue_memory_bytes";
/// The longest that a job waited in the queue.
pub(super) const DELAY: &str = "longest_delay_s";
/// How long the producer waited for a place, in all.
pub(super) const PRODUCER_WAITED: &str = "producer_waited_s";
/// The jobs that were made, those that stand in the file as done, and how often one was begun.
pub(super) const JOBS: &str = "jobs_count";
pub(super) const DONE: &str = "done_in_file_count";
pub(super) const RUNS: &str = "runs_count";

/// The beginning of a job's label.
const JOB: &str = "job ";

/// Nothing holds the producer back: the queue grows, and so does the time that a job waits in it.
#[derive(Debug)]
pub(super) struct PilesUp;

impl Claim for PilesUp {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (most, delay) = (run.metric(DEPTH)?, run.time(DELAY)?);
        let (delay, each) = (time(delay), time(run.lives(JOB).min()?));
        Some(format!(
            "{most} waited at most, for {delay} at most, where two and more than {each} are needed"
        ))
    }

    fn expectation(&self) -> String {
        "that jobs pile up in the queue".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (most, delay) = (run.metric(DEPTH)?, run.time(DELAY)?);
        let kib = (run.metric(MEMORY)? / 1024.0).round();
        let (of, each) = (run.called(JOB).count(), run.lives(JOB).min()?);
        (most > 1.0 && delay > each).then(|| {
            shown("queue_piled_up", format!("{most} of {of} jobs waited at once, with {kib} KiB in memory, one of them for {}, and nothing held the producer back.", time(delay)))
                .takeaway("A queue without a limit only hides that there is too much work.")
        })
    }
}

/// The queue holds so many, and the producer waits while it is full.
#[derive(Debug)]
pub(super) struct HoldsBack(pub(super) usize);

impl Claim for HoldsBack {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (capacity, most) = (self.0, run.metric(DEPTH)?);
        let waited = time(run.time(PRODUCER_WAITED)?);
        Some(format!(
            "{most} waited in the queue for {capacity}, and the producer for {waited}"
        ))
    }

    fn expectation(&self) -> String {
        format!("at most {} in the queue, and a producer that waits", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (capacity, most, delay) = (self.0, run.metric(DEPTH)?, run.time(DELAY)?);
        let waited = run.time(PRODUCER_WAITED)?;
        (most <= capacity as f64 && !waited.is_zero()).then(|| {
            shown("producer_held_back", format!("never more than {capacity} waited in the queue, none longer than {}. The producer waited instead, for {} in all.", time(delay), time(waited)))
                .takeaway("That is backpressure: a producer that is too fast is slowed down.")
        })
    }
}

/// So many jobs are worked on at once, and no more.
#[derive(Debug)]
pub(super) struct JobsAtOnce(pub(super) usize);

impl Claim for JobsAtOnce {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (most, at_once) = (self.0, run.most_at_once(JOB));
        Some(format!(
            "{at_once} were worked on at once, where 1 to {most} are expected"
        ))
    }

    fn expectation(&self) -> String {
        format!("at most {} jobs at once", self.0)
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let most = run.metric(DEPTH)?;
        let (of, at_once) = (run.called(JOB).count(), run.most_at_once(JOB));
        let held_back = match run.time(PRODUCER_WAITED) {
            None => "nothing held the producer back".to_owned(),
            Some(waited) => format!("the producer for {} in all", time(waited)),
        };
        (0 < at_once && at_once <= self.0).then(|| {
            let took = time(run.wall);
            shown("jobs_at_once", format!("{of} jobs, {at_once} at once, took {took}. Up to {most} waited meanwhile, and {held_back}."))
        })
    }
}

/// Every job and its result are in a file, which costs more time than with this other strategy.
#[derive(Debug)]
pub(super) struct OnDisk(pub(super) &'static str);

impl Claim for OnDisk {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (done, jobs) = (run.metric(DONE)?, run.metric(JOBS)?);
        let worked_on = run.called(JOB).count();
        Some(format!(
            "{done} of {jobs} stand there as done, and {worked_on} were worked on"
        ))
    }

    fn expectation(&self) -> String {
        "every job done in the file".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (done, jobs) = (run.metric(DONE)?, run.metric(JOBS)?);
        let there = run.other(self.0).and_then(|other| other.strategy.wall());
        let beside = there.map_or_else(String::new, |there| {
            format!(", where {} took {}", self.0, time(there.0))
        });
        (jobs == done && done as usize == run.called(JOB).count()).then(|| {
            let took = time(run.wall);
            shown("jobs_on_disk", format!("the file has all {done} jobs as done, each with its result. It took {took}{beside}."))
                .takeaway("What is in memory ends with the program; what is in a file does not: see asyncdemo jobs.")
        })
    }
}
