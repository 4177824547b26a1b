//! A test's demand that nothing holds a thread.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::time::{Duration, Instant};

use crate::life::Poll;
use crate::recorder::Recorder;
use crate::timeline::{Place, Task, Timeline};

/// So many blockers are named.
const NAMED: usize = 5;

impl Recorder {
    /// Awaits `future`, and then panics if meanwhile a poll of any task of this recorder lasted for `longest` or more.
    /// `future` is one of them. The message names the task and where it was tracked: the innermost one, where one
    /// awaits the other.
    ///
    /// ```should_panic
    /// # use std::time::Duration;
    /// # use asyncdemo_trace::Recorder;
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let recorder = Recorder::new();
    /// let invoices = async { std::thread::sleep(Duration::from_millis(30)) };
    /// let orders = tokio::time::sleep(Duration::from_millis(30));
    /// let both = async { tokio::join!(recorder.track("invoices", invoices), recorder.track("orders", orders)) };
    /// recorder.assert_responsive(Duration::from_millis(10), both).await;
    /// # });
    /// ```
    ///
    /// A thread that is not scheduled looks as one that is held does: on a machine that is busy, ask for no less than
    /// it takes a thread away for. What no task of this recorder does is not seen.
    ///
    /// # Panics
    /// See above; and where the recorder goes by Tokio's clock and that is paused, as nothing that blocks moves it on:
    /// make the recorder with [`on_real_clock`](Self::on_real_clock) there.
    #[track_caller]
    pub fn assert_responsive<F: Future>(
        &self,
        longest: Duration,
        future: F,
    ) -> impl Future<Output = F::Output> {
        let asserted = Place::from(Location::caller());
        let future = self.here(future);
        let recorder = self.clone();
        async move {
            let first = Look::at(&recorder);
            let output = future.await;
            let last = Look::at(&recorder);
            assert!(
                last.is_as_long_after(&first),
                "nothing that blocks can be seen, as Tokio's clock is paused here and the recorder goes by it: \
                 make it with Recorder::on_real_clock()\nasserted at {asserted}"
            );
            let timeline = recorder.timeline();
            let blockers = Blockers {
                longest,
                of: blockers(&timeline, first.recorded, longest),
            };
            assert!(blockers.of.is_empty(), "{blockers}\nasserted at {asserted}");
            output
        }
    }
}

/// A look at the recorder's clock, between two at the real one.
struct Look {
    before: Instant,
    recorded: Duration,
    after: Instant,
}

impl Look {
    fn at(recorder: &Recorder) -> Self {
        Self {
            before: Instant::now(),
            recorded: recorder.elapsed(),
            after: Instant::now(),
        }
    }

    /// Whether the recorder's clock went as the real one did: one that is paused stands still or jumps.
    fn is_as_long_after(&self, first: &Self) -> bool {
        let went = self.recorded.saturating_sub(first.recorded);
        let least = self.before.saturating_duration_since(first.after);
        let most = self.after.saturating_duration_since(first.before);
        least <= went && went <= most
    }
}

/// Who held a thread, the longest first.
struct Blockers<'a> {
    longest: Duration,
    of: Vec<(&'a Task, Duration)>,
}

impl fmt::Display for Blockers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a thread was held for {:?} or longer:", self.longest)?;
        for (task, held) in self.of.iter().take(NAMED) {
            write!(f, "\n  {held:.1?} by {}", task.label)?;
            let place = task.location.as_ref().map(ToString::to_string);
            // One that was tracked without a label is called by its place.
            if let Some(place) = place.filter(|place| *place != task.label) {
                write!(f, " ({place})")?;
            }
        }
        match self.of.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// Each poll since then that held its thread for so long, the longest first. Of one within another, the inner one alone.
fn blockers(timeline: &Timeline, since: Duration, longest: Duration) -> Vec<(&Task, Duration)> {
    let held = |poll: &Poll| poll.end.saturating_sub(poll.start.max(since));
    let polls = timeline.tasks.iter().flat_map(|task| {
        let polls = task.polls.iter().filter(|poll| poll.end > since);
        polls.map(move |poll| (task, poll))
    });
    let mut polls: Vec<_> = polls.filter(|(_, poll)| held(poll) >= longest).collect();
    polls.sort_by_key(|(_, poll)| (poll.thread, poll.start, std::cmp::Reverse(poll.end)));
    let mut blockers: Vec<_> = (0..polls.len())
        .filter(|&at| {
            let next = polls.get(at + 1);
            let poll = polls[at].1;
            next.is_none_or(|(_, next)| next.thread != poll.thread || next.start >= poll.end)
        })
        .map(|at| (polls[at].0, held(polls[at].1)))
        .collect();
    blockers.sort_by_key(|(_, held)| std::cmp::Reverse(*held));
    blockers
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use std::panic::AssertUnwindSafe;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[expect(clippy::disallowed_methods, reason = "what is to be found")]
    async fn block() {
        std::thread::sleep(ms(30));
    }

    async fn message(future: impl Future) -> String {
        let caught = AssertUnwindSafe(future).catch_unwind().await;
        let message = caught.err().expect("it panics");
        *message.downcast::<String>().expect("a message")
    }

    /// On the paused clock, as most tests of services are.
    #[tokio::test(start_paused = true)]
    async fn the_innermost_task_that_blocks_is_named_with_its_place() {
        let recorder = Recorder::on_real_clock();
        let line = line!() + 1;
        let inner = recorder.track("invoices", block());
        let outer = recorder.track("outer", inner);
        let orders = recorder.track("orders", tokio::time::sleep(ms(100)));
        let asserted = line!() + 1;
        let both = recorder.assert_responsive(ms(10), async { tokio::join!(orders, outer) });
        let message = message(both).await;
        let place = format!(" by invoices (trace/src/responsive.rs:{line})");
        assert!(message.contains(&place), "{message}");
        assert!(
            message.ends_with(&format!("responsive.rs:{asserted}")),
            "{message}"
        );
        assert!(
            !message.contains("orders") && !message.contains("outer"),
            "{message}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_tracked_is_called_by_the_line_that_asserts() {
        let recorder = Recorder::on_real_clock();
        let message = message(recorder.assert_responsive(ms(10), block())).await;
        assert!(
            message.contains(" by trace/src/responsive.rs:"),
            "{message}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_only_waits_is_responsive_and_so_is_what_blocked_before() {
        let recorder = Recorder::on_real_clock();
        let nap = async { tokio::time::sleep(LONG * 9).await };
        recorder
            .assert_responsive(LONG, recorder.track("nap", nap))
            .await;
        // Its poll is over when the assertion begins.
        recorder.track("blocks", block()).await;
        let asserted = recorder.assert_responsive(LONG, async { 7 });
        assert_eq!(asserted.await, 7);
        let of = recorder.timeline();
        assert!(blockers(&of, recorder.elapsed(), Duration::ZERO).is_empty());
        assert_eq!(blockers(&of, Duration::ZERO, ms(10))[0].0.label, "blocks");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_paused_is_no_proof() {
        let recorder = Recorder::new();
        let nap = tokio::time::sleep(LONG);
        let message = message(recorder.assert_responsive(LONG, nap)).await;
        assert!(message.contains("on_real_clock"), "{message}");
        // It goes on.
        tokio::time::resume();
        recorder.assert_responsive(LONG, async {}).await;
    }
}
