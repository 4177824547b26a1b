//! What is tried in Python after a strategy of `background`: several tasks of one request, a client that leaves, a signal.
//! Nothing in Rust stands beside it.

use crate::claims::{Claim, Run, Shown, shown};

/// Of four tasks of one request, of which the third fails: whether the fourth was begun, and how many ran in order.
const AFTER_A_FAILURE: &str = "begun_after_a_failure_count";
const IN_ORDER: &str = "tasks_in_order_count";
/// The mails that were sent though the client had left.
const FOR_NOBODY: &str = "sent_for_nobody_count";
/// Of one mail, how many were sent by a uvicorn that got SIGTERM.
const AFTER_SIGTERM: &str = "sent_after_sigterm_count";

/// One after the other, and one that fails ends the rest.
#[derive(Debug)]
pub(super) struct InOrder;

impl Claim for InOrder {
    fn expectation(&self) -> String {
        "that the tasks of one request run in order, and none after one that fails".into()
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        let (order, after) = (run.metric(IN_ORDER)?, run.metric(AFTER_A_FAILURE)?);
        Some(format!(
            "{order} of 2 ran in order, and {after} began after the failure"
        ))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let as_told = run.metric(IN_ORDER)? == 2.0 && run.metric(AFTER_A_FAILURE)? == 0.0;
        as_told.then(|| {
            shown("tasks_in_order", "the BackgroundTasks of one request ran one after the other. The third failed, and the fourth never began: the client has its 200, and uvicorn's log a traceback.")
        })
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.metric(IN_ORDER).is_some()
    }
}

/// The client hangs up, and the route goes on.
#[derive(Debug)]
pub(super) struct GoesOnForNobody;

impl Claim for GoesOnForNobody {
    fn expectation(&self) -> String {
        "that a route goes on when its client has left".into()
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        Some(format!("{} of 1 mail was sent", run.metric(FOR_NOBODY)?))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        (run.metric(FOR_NOBODY)? > 0.0).then(|| {
            shown("goes_on_for_nobody", "a client that left in the middle stopped nothing: FastAPI ran its route to the end, and the mail was sent. axum drops such a handler (asyncdemo timeout --strategy client-leaves).")
        })
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.metric(FOR_NOBODY).is_some()
    }
}

/// A uvicorn of its own got a real SIGTERM while it sent a mail, and sent so many.
#[derive(Debug)]
pub(super) struct AtSigterm {
    pub(super) sent: bool,
}

impl Claim for AtSigterm {
    fn expectation(&self) -> String {
        let does = if self.sent { "waits for" } else { "loses" };
        format!("that a uvicorn that gets SIGTERM {does} the mail")
    }

    fn missed(&self, run: &Run<'_>) -> Option<String> {
        Some(format!("{} of 1 mail was sent", run.metric(AFTER_SIGTERM)?))
    }

    fn check(&self, run: &Run<'_>) -> Option<Shown> {
        let sent = run.metric(AFTER_SIGTERM)? > 0.0;
        (sent == self.sent).then(|| match sent {
            true => shown("waits_at_sigterm", "a uvicorn of its own, stopped by a real SIGTERM, sent the mail of its BackgroundTasks before it ended."),
            false => shown("lost_at_sigterm", "a uvicorn of its own, stopped by a real SIGTERM, ended without the mail that create_task was sending, and without a word."),
        })
    }

    fn applies(&self, run: &Run<'_>) -> bool {
        run.metric(AFTER_SIGTERM).is_some()
    }
}
