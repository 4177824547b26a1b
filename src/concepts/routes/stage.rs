//! What the strategies of `routes` are given, and whether there is room for it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::sync::Semaphore;

use super::Output;
use super::claims::LONGEST_PING;
use crate::services::crowd::{Answered, Crowd};
use crate::services::files::OpenFiles;

/// Files that a run opens beside its clients: for three runtimes, a listener, and the pings.
const OTHER_FILES: usize = 16;

/// What is advised leaves room for what the run before is still closing.
const MARGIN: usize = 8;

/// Clients and server are both this process, and each holds one end.
const FILES_OF_A_CLIENT: usize = 2;

/// What every strategy is given.
pub(super) struct Stage {
    pub(super) crowd: Crowd,
    pub(super) latency: Duration,
    pub(super) pool: Arc<Semaphore>,
}

impl Stage {
    pub(super) fn set(
        clients: usize,
        latency: Duration,
        pool: usize,
        patience: Duration,
    ) -> Result<Self> {
        room_for(clients, OpenFiles::now())?;
        Ok(Self {
            crowd: Crowd::ready(clients, patience)?,
            latency,
            pool: Arc::new(Semaphore::new(pool)),
        })
    }
}

/// Whether so many clients and their server may open their sockets.
fn room_for(clients: usize, files: OpenFiles) -> Result<()> {
    let need = clients * FILES_OF_A_CLIENT + OTHER_FILES;
    let Some(limit) = files.limit.filter(|_| files.spare() < need) else {
        return Ok(());
    };
    let allow = (files.open + need + MARGIN).next_power_of_two();
    let fewer = files.spare().saturating_sub(OTHER_FILES + MARGIN) / FILES_OF_A_CLIENT;
    let or = match fewer {
        0 => String::new(),
        _ => format!(", or take fewer clients: --clients {fewer}"),
    };
    bail!(
        "--clients {clients} needs {need} open files, as each client and the server's end of its connection is one; \
         only {limit} may be open (ulimit -n), and {} are. Allow more: ulimit -n {allow}{or}",
        files.open
    )
}

/// The answers, and how long they took.
pub(super) fn output(answered: Answered) -> Output {
    let Answered {
        bodies,
        latencies,
        longest_ping,
        threads,
    } = answered;
    let longest = latencies.longest().as_secs_f64();
    let per_second = bodies.len() as f64 / longest.max(f64::MIN_POSITIVE);
    Output::new(bodies)
        .metric("latency_p50_s", latencies.at(0.5).as_secs_f64())
        .metric("latency_p99_s", latencies.at(0.99).as_secs_f64())
        .metric("latency_max_s", longest)
        .metric(LONGEST_PING, longest_ping.as_secs_f64())
        .metric("requests_per_second", per_second)
        .at_exit(|_| threads.gone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_no_room_is_told_how_much_there_is() {
        let told = |clients, limit, open| {
            let room = room_for(clients, OpenFiles { limit, open });
            room.map_err(|error| error.to_string())
        };
        assert_eq!(told(1000, None, 10_000), Ok(()));
        assert_eq!(told(1000, Some(2026), 10), Ok(()));
        let refused = told(1000, Some(1024), 10).unwrap_err();
        assert!(
            refused.contains("--clients 1000 needs 2016 open files"),
            "{refused}"
        );
        assert!(
            refused.ends_with(
                "only 1024 may be open (ulimit -n), and 10 are. Allow more: ulimit -n 2048, or take fewer clients: --clients 495"
            ),
            "{refused}"
        );
        // What it advises is enough.
        assert_eq!(told(1000, Some(2048), 10), Ok(()));
        assert_eq!(told(495, Some(1024), 10), Ok(()));
        let none = told(1, Some(24), 10).unwrap_err();
        assert!(none.ends_with("Allow more: ulimit -n 64"), "{none}");
    }
}
