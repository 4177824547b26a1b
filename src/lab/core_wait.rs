//! How long a thread was ready to run and got no core.

use std::time::Duration;

/// Until now, of the thread that asks: what the scheduler of Linux has counted. `None` where the system does not tell.
///
/// A computation takes no longer on a busy machine; the clock does. Only this tells a poll that held its thread from one
/// whose thread was taken away.
pub(super) fn so_far() -> Option<Duration> {
    // Time on a core, time ready and waiting for one, both in nanoseconds, and how often it had one.
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let waited = counted.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(waited))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;
    use std::time::Instant;

    use super::so_far;

    #[test]
    fn among_more_threads_than_cores_somebody_waits_for_one() {
        if so_far().is_none() {
            println!("not tried: this system does not tell");
            return;
        }
        let threads = 4 * thread::available_parallelism().map_or(2, usize::from);
        let together = Barrier::new(threads);
        let waited = thread::scope(|scope| {
            let computing = (0..threads).map(|_| {
                scope.spawn(|| {
                    together.wait();
                    let (before, start) = (so_far().unwrap(), Instant::now());
                    while start.elapsed().as_millis() < 200 {
                        std::hint::spin_loop();
                    }
                    so_far().unwrap() - before
                })
            });
            let computing: Vec<_> = computing.collect();
            let waited = computing.into_iter().map(|thread| thread.join().unwrap());
            waited.max().unwrap()
        });
        // Four threads to a core: three quarters of the time, for one of them at least.
        assert!(waited.as_millis() >= 50, "{waited:?}");
    }
}
