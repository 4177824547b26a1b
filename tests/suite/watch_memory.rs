//! What watching takes of memory, on both sides, however many tasks there are.
#![cfg(target_os = "linux")]

use std::fs;

use crate::support::{Test, within};
use crate::watch_python::{interpreters, program};

const MANY: &str = "\
import asyncio, sys

async def job(number):
    await asyncio.sleep(0)

async def main():
    for _ in range(int(sys.argv[1]) // 100):
        await asyncio.gather(*(job(number) for number in range(100)))

asyncio.run(main())
for line in open('/proc/self/status'):
    if line.startswith('VmHWM'):
        print('peak', line.split()[1])
";

/// The peaks of the program and of its watcher, in KiB, and what was said.
fn peaks(python: &std::path::Path, tasks: &str) -> (u64, u64, String) {
    let folder = program(MANY);
    let app = folder.path().join("app.py");
    let mut started = Test::new(["python", "--python"])
        .args([python, &app])
        .args([tasks])
        .start();
    let mut watcher = 0;
    let status = format!("/proc/{}/status", started.pid());
    within("the program ends", || {
        // Empty once it has ended.
        let status = fs::read_to_string(&status).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
        watcher = peak.unwrap_or(watcher);
        (!started.runs()).then_some(())
    });
    let output = started.output();
    assert_eq!(output.status, Some(0), "{output:?}");
    let own = output.stdout.trim().strip_prefix("peak ");
    let own = own.and_then(|own| own.parse().ok());
    (own.unwrap_or_default(), watcher, output.stderr)
}

#[test]
fn two_hundred_thousand_tasks_take_no_more_than_64_mib() {
    for python in interpreters().iter().rev().take(1) {
        let (own_few, watcher_few, _) = peaks(python, "2000");
        let (own_many, watcher_many, said) = peaks(python, "200000");
        let (own, watcher) = (
            own_many.saturating_sub(own_few),
            watcher_many.saturating_sub(watcher_few),
        );
        println!(
            "200,000 tasks take {own} KiB more of the program's memory and {watcher} KiB of the watcher's"
        );
        assert!(own_few > 0 && watcher_few > 0, "both are known");
        assert!(own + watcher <= 64 << 10, "{own} KiB and {watcher} KiB");
        assert!(
            said.contains("Not kept one by one: 19") && said.contains(" job, the longest poll"),
            "{said}"
        );
    }
}
