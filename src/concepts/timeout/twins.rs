//! The strategies of `timeout` in Python: what each does there, and what is claimed where it behaves otherwise.

use std::time::Duration;

use super::Twin;
use super::claims::{CancelsTooLate, CleansUpWhenCancelled, Raises};

pub(super) fn timeout_async(deadline: Duration, late: bool) -> Twin {
    Twin::of("asyncio.timeout(deadline): the work awaits")
        .claim_if(late, Raises(deadline, "the timeout"))
}

pub(super) fn timeout_blocking() -> Twin {
    Twin::of("asyncio.timeout(deadline): the work blocks")
}

pub(super) fn select(deadline: Duration, late: bool) -> Twin {
    Twin::of("asyncio.wait(…, FIRST_COMPLETED), and then cancel() the other")
        .claim_if(late, Raises(deadline, "cancel()"))
}

pub(super) fn abort(deadline: Duration, late: bool) -> Twin {
    Twin::of("Task.cancel() on a task that waits and on one that computes")
        .claim_if(late, CancelsTooLate(deadline))
}

pub(super) fn abort_blocking() -> Twin {
    Twin::of("asyncio.timeout round asyncio.to_thread")
}

pub(super) fn cancel_token(deadline: Duration, late: bool) -> Twin {
    Twin::of("Task.cancel(): the work catches CancelledError, and cleans up with awaits")
        .claim_if(late, CleansUpWhenCancelled(deadline))
}

pub(super) fn half_done() -> Twin {
    Twin::of("two INSERTs with sqlite3, cancelled between them; then `with database:`")
}
