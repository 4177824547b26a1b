//! What `background` claims: when the answer comes, and what becomes of the work behind it.

use crate::claims::{Claim, Run, Shown, missed, shown};
use crate::units::duration as time;

/// The mails that were accepted, and those that were never delivered.
pub(super) const ACCEPTED: &str = "mails_accepted_count";
pub(super) const LOST: &str = "mails_lost_count";

/// The beginnings of the labels: of an answer's task, and of the work's.
const ANSWER: &str = "POST";
const WORK: &str = "mail";

/// Answers come only when the work is done.
#[derive(Debug)]
pub(super) struct AnswersAfterTheWork;

impl Claim for AnswersAfterTheWork {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (answer, work) = (run.lives(ANSWER).min()?, run.lives(WORK).min()?);
        let (took, beside) = (time(answer), missed::beside(answer, work));
        Some(format!("an answer took {took}, {beside} of work"))
    }

    fn expectation(&self) -> String {
        format!("that each {ANSWER} waits for its {WORK}")
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (answer, work) = (run.lives(ANSWER).min()?, run.lives(WORK).min()?);
        (answer >= work).then(|| {
            let (answer, work) = (time(answer), time(work));
            shown("answered_after_the_work", format!("the client waited for the work. No answer came before {answer}; the work took {work}."))
        })
    }
}

/// Answers come long before the work is done.
#[derive(Debug)]
pub(super) struct AnswersBeforeTheWork;

impl Claim for AnswersBeforeTheWork {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (answer, work) = (run.lives(ANSWER).max()?, run.lives(WORK).min()?);
        let (took, half, work) = (time(answer), time(work / 2), time(work));
        Some(format!(
            "an answer took {took}, where less than {half} is needed, half of the work ({work})"
        ))
    }

    fn expectation(&self) -> String {
        format!("that each {ANSWER} ends before its {WORK}")
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (answer, work) = (run.lives(ANSWER).max()?, run.lives(WORK).min()?);
        (answer * 2 < work).then(|| {
            let (answer, work) = (time(answer), time(work));
            shown("answered_before_the_work", format!("every answer came within {answer}; the work, {work} or more, was done afterwards."))
        })
    }
}

/// An answer waits for the work that an earlier one has left behind.
#[derive(Debug)]
pub(super) struct DelaysTheNextAnswer;

impl Claim for DelaysTheNextAnswer {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (quickest, slowest) = (run.lives(ANSWER).min()?, run.lives(ANSWER).max()?);
        let (quickest, slowest) = (time(quickest), time(slowest));
        let half = time(run.lives(WORK).min()? / 2);
        Some(format!(
            "the answers took {quickest} to {slowest}, where the slowest needs more than twice the quickest, and more than half of the work ({half})"
        ))
    }

    fn expectation(&self) -> String {
        format!("that a {ANSWER} waits for an earlier {WORK}")
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (quickest, work) = (run.lives(ANSWER).min()?, run.lives(WORK).min()?);
        let slowest = run.called(ANSWER).max_by_key(|task| task.life())?;
        let (label, took) = (&slowest.label, slowest.life().0);
        (quickest * 2 < took && took * 2 > work).then(|| {
            let (quickest, took) = (time(quickest), time(took));
            shown("answer_delayed", format!("the quickest answer took {quickest}, {label} took {took}: it had to wait for the work of an earlier answer."))
        })
    }
}

/// Work in the background is cut off by the shutdown.
#[derive(Debug)]
pub(super) struct LostAtExit;

impl Claim for LostAtExit {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (lost, of) = (run.metric(LOST)?, run.metric(ACCEPTED)?);
        Some(format!("{lost} of {of} were lost"))
    }

    fn expectation(&self) -> String {
        "that work is lost at exit".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (lost, of) = (run.metric(LOST)?, run.metric(ACCEPTED)?);
        (lost > 0.0).then(|| {
            shown(
                "lost_on_shutdown",
                format!("{lost} of {of} were never done."),
            )
            .takeaway("The program ended, and its background work ended with it, without an error.")
            .short(format!("{lost} of {of} never done, and no error"))
        })
    }
}

/// Work in the background is finished before the shutdown.
#[derive(Debug)]
pub(super) struct DrainedAtExit;

impl Claim for DrainedAtExit {
    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (lost, of) = (run.metric(LOST)?, run.metric(ACCEPTED)?);
        Some(format!("{lost} of {of} were lost"))
    }

    fn expectation(&self) -> String {
        "that no work is lost at exit".into()
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let (lost, of) = (run.metric(LOST)?, run.metric(ACCEPTED)?);
        let text = format!("all {of} were done before the program ended.");
        (lost == 0.0 && of > 0.0).then(|| shown("drained", text))
    }
}
