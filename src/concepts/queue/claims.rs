//! What `queue` claims: what waits, who waits, and what is kept.

use std::time::Duration;

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

/// The requests of clients that do not wait for ever: how many were made, answered in time, and refused.
pub(super) const REQUESTS: &str = "requests_count";
pub(super) const IN_TIME: &str = "in_time_count";
pub(super) const REFUSED: &str = "refused_count";
/// The jobs that were done for a client that had given up.
pub(super) const FOR_NOBODY: &str = "jobs_for_nobody_count";

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

/// Each request is let in, and many are answered when their clients, who wait for so long, have given up.
#[derive(Debug)]
pub(super) struct AnswersTooLate(pub(super) Duration);

impl Claim for AnswersTooLate {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        for_nobody(run)
    }

    fn expectation(&self) -> String {
        "that work is done for clients that have given up".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (in_time, of) = (run.metric(IN_TIME)?, run.metric(REQUESTS)?);
        let (vain, patience) = (run.metric(FOR_NOBODY)?, time(self.0));
        (vain > 0.0).then(|| {
            shown("answered_too_late", format!("{in_time} of {of} clients had an answer within {patience}. The others had given up when their turn came, and the worker did {vain} jobs for nobody."))
                .takeaway("A queue that is longer than its clients' patience is full of work for nobody.")
                .short(format!("{in_time} of {of} in time, {vain} jobs for nobody"))
        })
    }
}

/// What does not fit is refused at once, and what is let in is answered in time.
#[derive(Debug)]
pub(super) struct Sheds;

impl Claim for Sheds {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let refused = run.metric(REFUSED)?;
        Some(format!("{refused} were refused, and {}", for_nobody(run)?))
    }

    fn expectation(&self) -> String {
        "that some are refused, and all others answered in time".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (in_time, of) = (run.metric(IN_TIME)?, run.metric(REQUESTS)?);
        let refused = run.metric(REFUSED)?;
        (refused > 0.0 && in_time + refused == of).then(|| {
            let there = run.other("overload").and_then(|other| other.metric(IN_TIME));
            let beside = there.map_or_else(String::new, |there| {
                format!(" (overload had {there} in time)")
            });
            let longest = time(run.lives("client").max().unwrap_or_default());
            shown("shed", format!("{refused} of {of} were refused at once. The other {in_time} were all answered in time{beside}, the last after {longest}, and no job was done for nobody."))
                .takeaway("Refuse at once what you cannot do in time: whoever knows can wait, or ask somewhere else.")
                .short(format!("{in_time} of {of} in time, {refused} refused at once"))
        })
    }
}

/// Clients that gave up ask again: more jobs, and not one answer more.
#[derive(Debug)]
pub(super) struct RetriesAddLoad;

impl Claim for RetriesAddLoad {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let jobs = run.metric(JOBS)?;
        Some(format!("there were {jobs} jobs, and {}", for_nobody(run)?))
    }

    fn expectation(&self) -> String {
        "more jobs than requests, and work for nobody".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (in_time, of) = (run.metric(IN_TIME)?, run.metric(REQUESTS)?);
        let (jobs, vain) = (run.metric(JOBS)?, run.metric(FOR_NOBODY)?);
        (jobs > of && vain > 0.0).then(|| {
            let took = time(run.wall);
            let other = run.other("overload");
            let other = other.and_then(|other| Some((other.metric(IN_TIME)?, other.wall)));
            let beside = other.map_or_else(String::new, |(there, wall)| {
                format!(" Without retries {there} were, and it took {}.", time(wall))
            });
            shown("retries_add_load", format!("{of} requests became {jobs} jobs, since clients that gave up asked again: {vain} were done for nobody. {in_time} requests were answered in time, and it took {took}.{beside}"))
                .takeaway("Retries add work just when there is too much: wait longer before each, and stop soon.")
                .short(format!("{of} requests, {jobs} jobs, {in_time} in time"))
        })
    }
}

fn for_nobody(run: &Run<'_>) -> Option<String> {
    let (vain, of) = (run.metric(FOR_NOBODY)?, run.metric(JOBS)?);
    Some(format!("{vain} of {of} jobs were done for nobody"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::testing::{counted, report, told};
    use crate::report::StrategyReport;

    fn run(name: &str, in_time: f64, refused: f64, jobs: f64, vain: f64) -> StrategyReport {
        let counts = [
            (REQUESTS, 10.0),
            (IN_TIME, in_time),
            (REFUSED, refused),
            (JOBS, jobs),
            (FOR_NOBODY, vain),
        ];
        counted(report(name, 1_500, Vec::new()), &counts)
    }

    #[test]
    fn work_for_nobody_is_told_where_there_was_some() {
        let too_late = || AnswersTooLate(Duration::from_millis(750));
        let some = told(too_late(), &run("overload", 5.0, 0.0, 10.0, 5.0), &[]);
        assert!(
            some.contains("5 of 10 clients had an answer within 750 ms."),
            "{some}"
        );
        let none = told(too_late(), &run("overload", 10.0, 0.0, 10.0, 0.0), &[]);
        assert!(
            none.contains("but 0 of 10 jobs were done for nobody."),
            "{none}"
        );
    }

    #[test]
    fn what_was_refused_and_what_was_asked_again_is_set_beside_the_overload() {
        let overload = || run("overload", 5.0, 0.0, 10.0, 5.0);
        let shed = told(Sheds, &run("shed", 6.0, 4.0, 6.0, 0.0), &[overload()]);
        assert!(
            shed.contains("answered in time (overload had 5 in time)"),
            "{shed}"
        );
        let late = told(Sheds, &run("shed", 5.0, 4.0, 6.0, 1.0), &[]);
        let why = "but 4 were refused, and 1 of 6 jobs were done for nobody.";
        assert!(late.contains(why), "{late}");

        let storm = run("retry-storm", 5.0, 0.0, 20.0, 15.0);
        let told_alone = told(RetriesAddLoad, &storm, &[]);
        assert!(
            told_alone.contains("10 requests became 20 jobs"),
            "{told_alone}"
        );
        let both = told(RetriesAddLoad, &storm, &[overload()]);
        assert!(
            both.ends_with("Without retries 5 were, and it took 1.500 s."),
            "{both}"
        );
        let none = told(
            RetriesAddLoad,
            &run("retry-storm", 10.0, 0.0, 10.0, 0.0),
            &[],
        );
        assert!(
            none.contains("but there were 10 jobs, and 0 of 10"),
            "{none}"
        );
    }
}
