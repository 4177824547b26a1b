//! Which program measured, when, and on which computer.

use std::process::Command;
use std::time::SystemTime;

use crate::report::{Machine, Program, SYSTEM};

/// This program, as it was built.
pub fn program() -> Program {
    let features = [
        ("mimalloc", cfg!(feature = "mimalloc")),
        ("redis", cfg!(feature = "redis")),
    ];
    let features = features.iter().filter(|(_, built_in)| *built_in);
    Program {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("ASYNCDEMO_COMMIT").map(str::to_owned),
        profile: env!("ASYNCDEMO_PROFILE").to_owned(),
        features: features.map(|(name, _)| (*name).to_owned()).collect(),
        allocator: if cfg!(feature = "mimalloc") {
            "mimalloc".to_owned()
        } else {
            SYSTEM.to_owned()
        },
    }
}

/// This moment in UTC, as RFC 3339 has it.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// The computer on which this runs.
pub fn machine() -> Machine {
    Machine {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cpu: cpu().filter(|model| !model.is_empty()),
    }
}

/// The processor's model, where the system tells it.
fn cpu() -> Option<String> {
    if cfg!(target_os = "linux") {
        return of_cpuinfo(&std::fs::read_to_string("/proc/cpuinfo").ok()?);
    }
    if cfg!(target_vendor = "apple") {
        let mut sysctl = Command::new("/usr/sbin/sysctl");
        let said = sysctl.args(["-n", "machdep.cpu.brand_string"]).output();
        return Some(String::from_utf8(said.ok()?.stdout).ok()?.trim().to_owned());
    }
    // Windows: `Intel64 Family 6 Model 158 …`.
    std::env::var("PROCESSOR_IDENTIFIER").ok()
}

fn of_cpuinfo(text: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, model) = lines.find(|(key, _)| key.trim() == "model name")?;
    Some(model.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_the_first_that_is_named() {
        let text = "processor\t: 0\nmodel\t\t: 85\nmodel name\t: A CPU: 3 GHz\n\nmodel name\t: B\n";
        assert_eq!(of_cpuinfo(text).as_deref(), Some("A CPU: 3 GHz"));
        // As on most machines with ARM.
        assert_eq!(of_cpuinfo("processor\t: 0\nCPU part\t: 0xd0c\n"), None);
    }

    #[test]
    fn now_is_read_back_as_now() {
        let read = humantime::parse_rfc3339(&now()).unwrap();
        let since = SystemTime::now().duration_since(read).unwrap();
        assert!(since.as_secs() < 3_600, "{since:?}");
    }

    #[test]
    fn this_program_is_as_it_was_built() {
        let program = program();
        assert!(!program.version.is_empty() && !program.profile.is_empty());
        assert_eq!(
            program.features.contains(&"mimalloc".to_owned()),
            program.allocator == "mimalloc"
        );
        if let Some(commit) = program.commit {
            let is_hex = commit.chars().all(|ch| ch.is_ascii_hexdigit());
            assert!(commit.len() >= 12 && is_hex, "{commit}");
        }
    }
}
