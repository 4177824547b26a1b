//! From a record to the same report that a demo in Rust gives.

use std::collections::HashMap;
use std::time::Duration;

use super::claims;
use super::interpreter::Interpreter;
use super::lane::{Lane, LaneKind};
use super::record::{Record, nanos};
use super::settings::CommandLine;
use crate::report::{Machine, Measured, Program, Report, Runtime, SCHEMA, Seconds, StrategyReport};
use crate::trace::{Blocked, Heartbeat, PERIOD, Task, Timeline};
use crate::units;

/// What the one strategy of such a report is called.
const NAME: &str = "program";

/// A heartbeat that is late by less may be the machine's doing and not the program's.
const NOISE: Duration = Duration::from_millis(40);

/// Who measures, when, and where.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The program that measures: this one.
    pub program: Program,
    /// When it began, in UTC, as RFC 3339 has it.
    pub started: String,
    /// On which computer.
    pub machine: Machine,
}

/// The report of what was recorded so far. One that a signal has ended is whole, too: a server ends in no other way.
pub fn report(
    record: &Record,
    line: &CommandLine,
    interpreter: &Interpreter,
    origin: Measurement,
) -> Report {
    let program = [strategy(record, line, interpreter)];
    let findings = claims::findings(record, &program);
    Report {
        schema: SCHEMA.to_owned(),
        concept: "python".to_owned(),
        arguments: arguments(line),
        program: Some(origin.program),
        started: Some(origin.started),
        machine: origin.machine,
        partial: !record.is_whole(),
        slow_poll_s: record.settings.slow_poll.into(),
        findings,
        only_in_rust: Vec::new(),
        strategies: program.into(),
    }
}

fn arguments(line: &CommandLine) -> serde_json::Value {
    let words = line.program.iter();
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    serde_json::json!({ "program": words })
}

fn strategy(record: &Record, line: &CommandLine, interpreter: &Interpreter) -> StrategyReport {
    let (mut jobs, lanes): (Vec<&Lane>, Vec<&Lane>) = in_order(record)
        .into_iter()
        .partition(|lane| lane.kind == LaneKind::Job);
    jobs.sort_by_key(|lane| lane.made);
    let made = lanes.iter().map(|lane| lane.made).min();
    // What is before the first event loop is the start of the interpreter, and imports.
    let start = record.begun.into_iter().chain(made).min().unwrap_or(0);
    let mut timeline = timeline(record, &lanes, record.now);
    let heartbeat = heartbeat(record, &timeline);
    let blocked = blocked(record, &timeline, heartbeat.as_ref());
    // Of what threads did there are lanes, but no tasks.
    timeline.closures = closures(&jobs, record.now);
    let measured = Measured {
        wall: Duration::from_nanos(record.now.saturating_sub(start)),
        start: Duration::from_nanos(start),
        blocked,
        timeline,
        heartbeat,
        ..Measured::default()
    };
    let blocked = measured.blocked.clone();
    let mut report = planned(line).with_runs(&[measured]);
    locate(&mut report, &lanes, &blocked);
    tell(&mut report, &lanes, &jobs);
    report.rest = record.folded.rest(start);
    report.language = Some("python".to_owned());
    report.interpreter = Some(interpreter.spoken());
    report
}

/// Says of each task and each closure what a timeline has no place for.
pub(super) fn tell(report: &mut StrategyReport, lanes: &[&Lane], jobs: &[&Lane]) {
    let told = report.tasks.iter_mut().zip(lanes);
    for (task, lane) in told.chain(report.closures.iter_mut().zip(jobs)) {
        task.exception = lane.exception().map(str::to_owned);
        task.busy_s = Seconds(Duration::from_nanos(lane.busy));
    }
}

/// What happened in the last `span` before now, for whoever looks on while the program runs: of the lanes at most so
/// many, those that held the event loop and those that are newest; the others are taken together.
pub fn recent(record: &Record, line: &CommandLine, span: Duration, most: usize) -> StrategyReport {
    let now = record.clock();
    let start = now.saturating_sub(nanos(span));
    let slow = nanos(record.settings.slow_poll);
    let mut lanes: Vec<Lane> = record
        .lanes
        .values()
        .filter(|lane| lane.end(now) >= start)
        .map(|lane| lane.between(start, now))
        .filter(|lane| !lane.polls.is_empty())
        .collect();
    lanes.sort_by_key(|lane| std::cmp::Reverse(lane.made));
    // At most every other lane for those that held the loop: what else there is, they held up.
    let mut holders = most.div_ceil(2);
    lanes.sort_by_cached_key(|lane| {
        let holds = lane.kind != LaneKind::Job && lane.longest >= slow && holders > 0;
        holders -= usize::from(holds);
        !holds
    });
    let lanes: Vec<&Lane> = lanes.iter().collect();
    let timeline = timeline(record, &lanes, now);
    let blocked = blocked(record, &timeline, None);
    let measured = Measured {
        wall: Duration::from_nanos(now.saturating_sub(start)),
        start: Duration::from_nanos(start),
        blocked: blocked.clone(),
        timeline,
        cut_short: true,
        ..Measured::default()
    };
    let mut report = planned(line).with_runs(&[measured]);
    locate(&mut report, &lanes, &blocked);
    most_telling(&report, most)
}

/// What was taken together to keep the record small, by name, the most frequent first: `9,000 job, the longest poll
/// 2 ms`.
pub fn taken_together(record: &Record) -> Vec<String> {
    let mut groups: Vec<_> = record.folded.groups.iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
    let told = groups.into_iter().map(|(name, group)| {
        let longest = units::duration(Duration::from_nanos(group.longest));
        let count = units::whole(group.count);
        format!("{count} {name}, the longest poll {longest}")
    });
    told.collect()
}

/// The same with so many tasks at most, the first, which tell most; the others are taken together.
pub fn most_telling(program: &StrategyReport, most: usize) -> StrategyReport {
    let mut told = program.clone();
    if told.task_count() <= most {
        return told;
    }
    let in_flight = told.in_flight();
    let others = told.tasks.split_off(most.min(told.tasks.len()));
    let rest = told.rest.get_or_insert_default();
    rest.in_flight = in_flight;
    for task in others {
        rest.count += 1;
        *rest.outcomes.entry(task.outcome).or_default() += 1;
        rest.polls += task.polls.len();
        rest.wakes += task.wakes_s.len();
        rest.longest_s = rest.longest_s.max(task.life());
        rest.life_s.0 += task.life().0;
        rest.busy_s.0 += task.busy_s.0;
        rest.scheduled_s.0 += task.scheduled_s.0;
        rest.idle_s.0 += task.idle_s.0;
    }
    told.closures.truncate(most);
    told
}

fn planned(line: &CommandLine) -> StrategyReport {
    let runtime = Runtime {
        flavor: "asyncio".to_owned(),
        workers: 1,
    };
    StrategyReport::planned(NAME, &line.spoken(), runtime, None)
}

/// Those with slow polls first, the slowest before all; the others as they were made.
fn in_order(record: &Record) -> Vec<&Lane> {
    let slow = nanos(record.settings.slow_poll);
    let mut lanes: Vec<&Lane> = record.lanes.values().collect();
    lanes.sort_by_key(|lane| {
        // A job on a thread of its own holds nobody up.
        let holds = lane.kind != LaneKind::Job && lane.longest >= slow;
        (
            std::cmp::Reverse(if holds { lane.longest } else { 0 }),
            lane.made,
        )
    });
    lanes
}

pub(super) fn timeline(record: &Record, lanes: &[&Lane], now: u64) -> Timeline {
    let mut alike: HashMap<&str, usize> = HashMap::new();
    for lane in lanes {
        *alike.entry(&lane.label).or_default() += 1;
    }
    let mut met: HashMap<&str, usize> = HashMap::new();
    let tasks = lanes.iter().map(|lane| {
        let number = met.entry(&lane.label).or_default();
        *number += 1;
        // A request is called by what was asked for, however often.
        let numbered = lane.kind != LaneKind::Request
            && alike.get(&*lane.label).is_some_and(|count| *count > 1);
        let label = if numbered {
            format!("{} {number}", lane.label)
        } else {
            lane.label.to_string()
        };
        lane.task(label, now)
    });
    Timeline {
        end: Duration::from_nanos(now),
        tasks: tasks.collect(),
        threads: record.threads.clone(),
        ..Timeline::default()
    }
}

/// What threads did, as lanes that are no tasks.
pub(super) fn closures(jobs: &[&Lane], now: u64) -> Vec<Task> {
    let jobs = jobs.iter();
    jobs.map(|job| job.task(job.label.to_string(), now))
        .collect()
}

/// The longest gap, and who was polled for most of it.
fn heartbeat(record: &Record, timeline: &Timeline) -> Option<Heartbeat> {
    Some(heartbeat_of(record, timeline, record.gap?))
}

/// A heartbeat whose longest gap is this one, in nanoseconds.
pub(super) fn heartbeat_of(
    record: &Record,
    timeline: &Timeline,
    (start, end): (u64, u64),
) -> Heartbeat {
    let (gap_start, gap_end) = (Duration::from_nanos(start), Duration::from_nanos(end));
    let max_gap = gap_end.saturating_sub(gap_start);
    let held = |task: &Task| -> Duration {
        let polls = task.polls.iter();
        let within = polls.map(|poll| {
            poll.end
                .min(gap_end)
                .saturating_sub(poll.start.max(gap_start))
        });
        within.sum()
    };
    let on_loop = |task: &&Task| {
        task.polls
            .first()
            .is_some_and(|poll| record.is_loop_thread(poll.thread))
    };
    let tasks = timeline.tasks.iter().filter(on_loop);
    let holds = tasks.filter(|task| max_gap > PERIOD * 2 && held(task) * 2 > max_gap);
    let blocked_by = holds.min_by_key(|task| held(task));
    Heartbeat {
        period: PERIOD,
        max_gap,
        gap_start,
        blocked_by: blocked_by.map(|task| task.label.clone()),
    }
}

pub(super) fn blocked(
    record: &Record,
    timeline: &Timeline,
    heartbeat: Option<&Heartbeat>,
) -> Vec<Blocked> {
    let is_loop = |thread: &crate::trace::Thread| {
        let known = record
            .threads
            .iter()
            .position(|each| std::ptr::eq(each, thread) || each == thread);
        known.is_some_and(|at| record.is_loop_thread(at))
    };
    let slow = record.settings.slow_poll;
    let mut blocked = timeline.blocked(slow, 1, is_loop);
    if let Some(heartbeat) = heartbeat {
        let (due, end) = (
            heartbeat.gap_start + heartbeat.period,
            heartbeat.gap_start + heartbeat.max_gap,
        );
        let explained = |each: &Blocked| each.start < end && due < each.end;
        if end.saturating_sub(due) >= slow.max(NOISE) && !blocked.iter().any(explained) {
            blocked.push(Blocked {
                start: due,
                end,
                by: None,
            });
        }
    }
    blocked
}

/// Says of what blocked the event loop where that stood.
pub(super) fn locate(report: &mut StrategyReport, lanes: &[&Lane], blocked: &[Blocked]) {
    for (told, blocked) in report.blocked.iter_mut().zip(blocked) {
        told.location = location(lanes, blocked);
    }
}

/// Where the poll stood that blocked so.
fn location(lanes: &[&Lane], blocked: &Blocked) -> Option<String> {
    let (start, end) = (nanos(blocked.start), nanos(blocked.end));
    let over = lanes
        .iter()
        .filter(|lane| lane.kind != LaneKind::Job)
        .flat_map(|lane| {
            let polls = lane
                .polls
                .iter()
                .filter(|poll| poll.0 <= start && end <= poll.1);
            polls.map(move |poll| (poll.0, *lane))
        });
    // Of a task and what it awaits, the inner one is polled later.
    let (poll, lane) = over.max_by_key(|(poll, _)| *poll)?;
    lane.line_of(poll).map(str::to_owned)
}
