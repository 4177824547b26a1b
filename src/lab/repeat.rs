//! A strategy as often as asked, in whichever language.

use std::fmt::Display;

/// What came of it.
pub(super) struct Repeated<T> {
    /// Of several runs, one that failed is the one to look at; one that was stopped is nothing beside whole ones.
    pub(super) runs: Vec<T>,
    pub(super) stopped: bool,
    /// Why a run did not begin: then nothing is measured of it.
    pub(super) unprepared: Option<String>,
}

/// Runs until so many runs are done, or one has failed or was stopped: `ended` says whether it has, and whether it was.
/// A run that is `None` was stopped before it began.
pub(super) fn repeat<T, E: Display>(
    times: u32,
    mut once: impl FnMut() -> Result<Option<T>, E>,
    ended: impl Fn(&T) -> (bool, bool),
) -> Repeated<T> {
    let (mut runs, mut stopped, mut unprepared) = (Vec::new(), false, None);
    for _ in 0..times.max(1) {
        let run = match once() {
            Ok(Some(run)) => run,
            Ok(None) => {
                stopped = true;
                break;
            }
            Err(error) => {
                unprepared = Some(format!("{error:#}"));
                break;
            }
        };
        let failed;
        (failed, stopped) = ended(&run);
        if failed && !stopped {
            runs.clear();
        }
        if !stopped || runs.is_empty() {
            runs.push(run);
        }
        if failed || stopped {
            break;
        }
    }
    Repeated {
        runs,
        stopped,
        unprepared,
    }
}
