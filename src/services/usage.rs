//! What the operating system says of this process: processor time and memory.

use std::time::Duration;

/// What this process has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time of all its threads, in the program and in the system.
    pub cpu: Duration,
    /// The most memory that it has held at once, in bytes: what was really in memory, not what was
    /// asked for. It never falls.
    pub peak_memory: u64,
}

impl Usage {
    /// What was used until now. `None` where the system does not tell.
    #[cfg(unix)]
    pub fn now() -> Option<Self> {
        use nix::sys::resource::{UsageWho, getrusage};

        let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
        let time = |time: nix::sys::time::TimeVal| {
            let whole = Duration::from_secs(u64::try_from(time.tv_sec()).ok()?);
            let micros = u64::try_from(time.tv_usec()).ok()?;
            Some(whole + Duration::from_micros(micros))
        };
        // Apple's systems count bytes, all others KiB. Linux counts the parent's peak in, so there the
        // process's own is asked for.
        let unit = if cfg!(target_vendor = "apple") {
            1
        } else {
            1024
        };
        Some(Self {
            cpu: time(usage.user_time())? + time(usage.system_time())?,
            peak_memory: match own_peak() {
                Some(peak) => peak,
                None => u64::try_from(usage.max_rss()).ok()? * unit,
            },
        })
    }

    /// What was used until now: this system does not tell.
    #[cfg(not(unix))]
    pub fn now() -> Option<Self> {
        None
    }
}

/// Linux's `VmHWM`, in bytes.
#[cfg(unix)]
fn own_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn work_and_memory_are_seen() {
        let before = Usage::now().unwrap();
        let much = std::hint::black_box(vec![1_u8; 64 << 20]);
        let sum: u64 = much.iter().map(|byte| u64::from(*byte)).sum();
        let after = Usage::now().unwrap();
        assert_eq!(sum, 64 << 20);
        assert!(after.cpu > before.cpu, "{before:?} {after:?}");
        assert!(after.peak_memory >= 64 << 20, "{after:?}");
    }
}
