//! `--export-perfetto`: the run as track events, for <https://ui.perfetto.dev>. The messages are declared here, with the
//! numbers that their fields have in Perfetto's `trace_packet.proto` and `track_event.proto`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use prost::{Enumeration, Message};

use super::drawing::{StretchKind, called, end_mark, stretches};
use super::exhibit::Exhibit;
use crate::report::{Report, StrategyReport, Task};

#[derive(Clone, PartialEq, Message)]
struct PerfettoTrace {
    #[prost(message, repeated, tag = "1")]
    packet: Vec<TracePacket>,
}

#[derive(Clone, PartialEq, Message)]
struct TracePacket {
    #[prost(uint64, optional, tag = "8")]
    timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "10")]
    trusted_packet_sequence_id: Option<u32>,
    #[prost(message, optional, tag = "11")]
    track_event: Option<TrackEvent>,
    #[prost(uint32, optional, tag = "13")]
    sequence_flags: Option<u32>,
    #[prost(message, optional, tag = "60")]
    track_descriptor: Option<TrackDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct TrackDescriptor {
    #[prost(uint64, optional, tag = "1")]
    uuid: Option<u64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
    #[prost(message, optional, tag = "3")]
    process: Option<ProcessDescriptor>,
    #[prost(uint64, optional, tag = "5")]
    parent_uuid: Option<u64>,
    #[prost(message, optional, tag = "8")]
    counter: Option<CounterDescriptor>,
    #[prost(int32, optional, tag = "11")]
    child_ordering: Option<i32>,
    #[prost(int32, optional, tag = "12")]
    sibling_order_rank: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct ProcessDescriptor {
    #[prost(int32, optional, tag = "1")]
    pid: Option<i32>,
    #[prost(string, optional, tag = "6")]
    process_name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct CounterDescriptor {
    #[prost(string, optional, tag = "6")]
    unit_name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct TrackEvent {
    #[prost(message, repeated, tag = "4")]
    debug_annotations: Vec<DebugAnnotation>,
    #[prost(enumeration = "TrackEventType", optional, tag = "9")]
    r#type: Option<i32>,
    #[prost(uint64, optional, tag = "11")]
    track_uuid: Option<u64>,
    #[prost(string, repeated, tag = "22")]
    categories: Vec<String>,
    #[prost(string, optional, tag = "23")]
    name: Option<String>,
    #[prost(int64, optional, tag = "30")]
    counter_value: Option<i64>,
    #[prost(fixed64, repeated, packed = "false", tag = "47")]
    flow_ids: Vec<u64>,
    #[prost(fixed64, repeated, packed = "false", tag = "48")]
    terminating_flow_ids: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct DebugAnnotation {
    #[prost(string, optional, tag = "6")]
    string_value: Option<String>,
    #[prost(string, optional, tag = "10")]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
enum TrackEventType {
    Unspecified = 0,
    SliceBegin = 1,
    SliceEnd = 2,
    Instant = 3,
    Counter = 4,
}

/// Children stand in the order of their rank.
const EXPLICIT: i32 = 3;
/// All packets are of one writer, and its state begins with the first.
const WRITER: u32 = 1;
const STATE_CLEARED: u32 = 1;

pub(super) fn write(exhibits: &[Exhibit<'_>], out: &mut dyn Write) -> io::Result<()> {
    let bytes = trace(exhibits).encode_to_vec();
    out.write_all(&bytes)
}

fn trace(exhibits: &[Exhibit<'_>]) -> PerfettoTrace {
    let mut writer = TraceWriter::default();
    for (at, exhibit) in exhibits.iter().enumerate() {
        writer.exhibit(at, exhibit);
    }
    // Of one instant, what was written first stays first: polls of no length are begin, end, begin, end.
    writer.events.sort_by_key(|(when, _)| *when);
    let events = writer.events.into_iter().map(|(when, event)| TracePacket {
        timestamp: Some(nanos(when)),
        trusted_packet_sequence_id: Some(WRITER),
        track_event: Some(event),
        ..TracePacket::default()
    });
    let tracks = writer.tracks.into_iter().map(|track| TracePacket {
        timestamp: Some(0),
        trusted_packet_sequence_id: Some(WRITER),
        track_descriptor: Some(track),
        ..TracePacket::default()
    });
    let mut packet: Vec<TracePacket> = tracks.chain(events).collect();
    if let Some(first) = packet.first_mut() {
        first.sequence_flags = Some(STATE_CLEARED);
    }
    PerfettoTrace { packet }
}

fn nanos(at: Duration) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
}

#[derive(Default)]
struct TraceWriter {
    tracks: Vec<TrackDescriptor>,
    events: Vec<(Duration, TrackEvent)>,
    flows: u64,
}

impl TraceWriter {
    /// A new track, and its number.
    fn track(&mut self, track: TrackDescriptor) -> u64 {
        let uuid = self.tracks.len() as u64 + 1;
        self.tracks.push(TrackDescriptor {
            uuid: Some(uuid),
            ..track
        });
        uuid
    }

    fn event(&mut self, at: Duration, track: u64, r#type: TrackEventType, event: TrackEvent) {
        let event = TrackEvent {
            track_uuid: Some(track),
            r#type: Some(r#type as i32),
            ..event
        };
        self.events.push((at, event));
    }

    fn slice(&mut self, track: u64, span: (Duration, Duration), event: TrackEvent) {
        self.event(span.0, track, TrackEventType::SliceBegin, event);
        let end = span.1.max(span.0);
        self.event(end, track, TrackEventType::SliceEnd, TrackEvent::default());
    }

    fn exhibit(&mut self, at: usize, exhibit: &Exhibit<'_>) {
        let report = exhibit.report;
        let root = self.track(TrackDescriptor {
            process: Some(ProcessDescriptor {
                pid: Some(rank(at) + 1),
                process_name: Some(exhibit.heading()),
            }),
            child_ordering: Some(EXPLICIT),
            ..TrackDescriptor::default()
        });
        for (at, strategy) in report.strategies.iter().enumerate() {
            self.strategy(exhibit, strategy, root, rank(at));
        }
    }

    fn strategy(&mut self, exhibit: &Exhibit<'_>, strategy: &StrategyReport, root: u64, at: i32) {
        let report = exhibit.report;
        let name = called(report, strategy);
        let track = self.track(TrackDescriptor {
            name: Some(name.clone()),
            parent_uuid: Some(root),
            child_ordering: Some(EXPLICIT),
            sibling_order_rank: Some(at),
            ..TrackDescriptor::default()
        });
        if let Some(wall) = strategy.wall() {
            let notes = [
                ("summary", strategy.summary.clone()),
                ("result", super::drawing::result(exhibit, strategy)),
                ("measured", exhibit.origin()),
            ];
            self.slice(
                track,
                (Duration::ZERO, wall.0),
                of(&name, "strategy").with(notes),
            );
        }
        let child = |name: &str, rank: i32| TrackDescriptor {
            name: Some(name.to_owned()),
            parent_uuid: Some(track),
            sibling_order_rank: Some(rank),
            ..TrackDescriptor::default()
        };
        let in_flight = self.track(TrackDescriptor {
            counter: Some(CounterDescriptor {
                unit_name: Some("tasks".to_owned()),
            }),
            ..child("in flight", 0)
        });
        for (when, count) in strategy.in_flight() {
            let event = TrackEvent {
                counter_value: Some(i64::try_from(count).unwrap_or(i64::MAX)),
                ..TrackEvent::default()
            };
            self.event(when.0, in_flight, TrackEventType::Counter, event);
        }
        if !strategy.blocked.is_empty() {
            self.blocked(strategy, child("event loop blocked", 1));
        }
        let lanes = strategy.lanes();
        let numbered: Vec<_> = lanes
            .iter()
            .enumerate()
            .map(|(at, task)| (self.track(child(&task.label, rank(at) + 2)), *task))
            .collect();
        for (track, task) in &numbered {
            self.task(report, strategy, *track, task, &numbered);
        }
    }

    /// Stretches may overlap: each is cut where the one before it ends.
    fn blocked(&mut self, strategy: &StrategyReport, track: TrackDescriptor) {
        let track = self.track(track);
        let mut stretches: Vec<_> = strategy.blocked.iter().collect();
        stretches.sort_by_key(|blocked| blocked.start_s);
        let mut before = Duration::ZERO;
        for blocked in stretches {
            let start = blocked.start_s.0.max(before);
            if start >= blocked.end_s.0 {
                continue;
            }
            let by = blocked
                .by
                .as_deref()
                .unwrap_or("something that is not tracked");
            let at = blocked.location.clone().map(|at| ("location", at));
            self.slice(track, (start, blocked.end_s.0), of(by, "blocked").with(at));
            before = blocked.end_s.0;
        }
    }

    fn task(
        &mut self,
        report: &Report,
        strategy: &StrategyReport,
        track: u64,
        task: &Task,
        lanes: &[(u64, &Task)],
    ) {
        // What each poll is led to by: the wakes between the poll before and it.
        let mut flows: BTreeMap<Duration, Vec<u64>> = BTreeMap::new();
        for (at, wake) in task.wakes_s.iter().enumerate() {
            let by = task.woken_by.get(at).and_then(Option::as_deref);
            let waker = by.and_then(|by| polling(lanes, by, wake.0));
            let mut event = of("wake", "wake").with([("wakes", task.label.clone())]);
            let next = task.polls.iter().find(|poll| poll.start_s >= *wake);
            if let Some(poll) = next {
                self.flows += 1;
                event.flow_ids.push(self.flows);
                flows.entry(poll.start_s.0).or_default().push(self.flows);
            }
            self.event(
                wake.0,
                waker.unwrap_or(track),
                TrackEventType::Instant,
                event,
            );
        }
        let mut parts = stretches(report, strategy, task);
        parts.retain(|part| match part.kind {
            StretchKind::Idle => false,
            // The blocked event loop has a track of its own: here is what was woken and not polled.
            StretchKind::CouldNotRun => {
                let mut blocked = strategy.blocked.iter();
                !blocked.any(|it| part.end == it.end_s.0.min(task.end_s.0))
            }
            StretchKind::Busy | StretchKind::Blocking => true,
        });
        parts.sort_by_key(|part| part.start);
        let mut before = Duration::ZERO;
        for part in parts {
            // On one track, slices follow each other.
            let (start, end) = (part.start.max(before), part.end);
            if end < start || (start == end && part.kind == StretchKind::CouldNotRun) {
                continue;
            }
            let mut event = match part.kind {
                StretchKind::CouldNotRun => of("scheduled", "scheduled"),
                StretchKind::Blocking => {
                    of("busy", "busy").with([("poll", "held its thread".to_owned())])
                }
                _ => of("busy", "busy"),
            };
            if part.kind != StretchKind::CouldNotRun {
                event.terminating_flow_ids = flows.remove(&part.start).unwrap_or_default();
                let place = task.location.clone().map(|place| ("location", place));
                event = event.with(place);
            }
            self.slice(track, (start, end), event);
            before = end;
        }
        if let Some((_, word)) = end_mark(task) {
            let why = task
                .failed
                .as_ref()
                .map(|failed| ("why", failed.reason.clone()));
            let event = of(word, "outcome").with(why);
            self.event(task.end_s.0, track, TrackEventType::Instant, event);
        }
    }
}

/// The track of the task of this label that is polled at this moment.
fn polling(lanes: &[(u64, &Task)], label: &str, at: Duration) -> Option<u64> {
    let mut named = lanes.iter().filter(|(_, task)| task.label == label);
    let found = named.find(|(_, task)| {
        let mut polls = task.polls.iter();
        polls.any(|poll| poll.start_s.0 <= at && at <= poll.end_s.0)
    });
    found.map(|(track, _)| *track)
}

fn rank(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX - 2)
}

fn of(name: &str, category: &str) -> TrackEvent {
    TrackEvent {
        name: Some(name.to_owned()),
        categories: vec![category.to_owned()],
        ..TrackEvent::default()
    }
}

impl TrackEvent {
    fn with(mut self, notes: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let notes = notes.into_iter().map(|(name, text)| DebugAnnotation {
            name: Some(name.to_owned()),
            string_value: Some(text),
        });
        self.debug_annotations.extend(notes);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::claims::testing::ms;
    use crate::report::{Figure, Poll};

    /// Encoded and decoded again.
    fn decoded(report: &Report) -> PerfettoTrace {
        let exhibit = Exhibit {
            report,
            title: "two waits at once",
            figure: Figure::Wall,
            code: Vec::new(),
        };
        let mut bytes = Vec::new();
        write(&[exhibit], &mut bytes).unwrap();
        PerfettoTrace::decode(&*bytes).unwrap()
    }

    fn whole() -> Report {
        Report::from_json(include_bytes!("../../examples/gather.json")).unwrap()
    }

    /// Of each track, its slices as begin and end; fails where they do not follow each other.
    fn slices(trace: &PerfettoTrace) -> BTreeMap<u64, Vec<(String, u64, u64)>> {
        let mut open: BTreeMap<u64, (String, u64)> = BTreeMap::new();
        let mut found: BTreeMap<u64, Vec<_>> = BTreeMap::new();
        let mut before = 0;
        for packet in &trace.packet {
            let at = packet.timestamp.unwrap();
            assert!(at >= before, "time runs forwards");
            before = at;
            let Some(event) = &packet.track_event else {
                continue;
            };
            let track = event.track_uuid.unwrap();
            match event.r#type() {
                TrackEventType::SliceBegin => {
                    let name = event.name.clone().unwrap();
                    assert_eq!(open.insert(track, (name, at)), None, "one at a time");
                }
                TrackEventType::SliceEnd => {
                    let (name, begun) = open.remove(&track).expect("it was begun");
                    found.entry(track).or_default().push((name, begun, at));
                }
                _ => {}
            }
        }
        assert!(open.is_empty(), "each has its end");
        found
    }

    #[test]
    fn a_task_is_a_track_of_slices_that_follow_each_other() {
        let report = whole();
        let trace = decoded(&report);
        let tracks: Vec<_> = trace
            .packet
            .iter()
            .filter_map(|it| it.track_descriptor.as_ref())
            .collect();
        let names: Vec<_> = tracks.iter().filter_map(|it| it.name.as_deref()).collect();
        let strategy = |name| [name, "in flight", "fetch one", "fetch two"];
        assert_eq!(names, [strategy("sequential"), strategy("join")].concat());
        let ranks: Vec<_> = tracks
            .iter()
            .filter_map(|it| it.sibling_order_rank)
            .collect();
        assert_eq!(ranks, [0, 0, 2, 3, 1, 0, 2, 3], "in the order of running");
        let slices = slices(&trace);
        // The second of the joined tasks: three polls, and before two of them it was woken.
        let last = &slices[&tracks.last().unwrap().uuid.unwrap()];
        let kinds: Vec<_> = last.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "busy").count(), 3);
        assert!(kinds.contains(&"scheduled"));
        let busy = last
            .iter()
            .filter(|it| it.0 == "busy")
            .map(|it| it.2 - it.1);
        let measured = report.strategies[1].tasks[1].busy_s.0.as_nanos() as u64;
        assert_eq!(busy.sum::<u64>(), measured);
    }

    #[test]
    fn each_wake_flows_to_its_poll() {
        let trace = decoded(&whole());
        let events = trace.packet.iter().filter_map(|it| it.track_event.as_ref());
        let (mut from, mut to) = (BTreeSet::new(), BTreeSet::new());
        for event in events {
            assert!(event.flow_ids.iter().all(|flow| from.insert(*flow)));
            assert!(
                event
                    .terminating_flow_ids
                    .iter()
                    .all(|flow| to.insert(*flow))
            );
        }
        assert_eq!((from.len(), &from), (4, &to));
    }

    #[test]
    fn polls_of_no_length_begin_and_end_in_turn() {
        let mut report = whole();
        let poll = Poll {
            start_s: ms(7),
            end_s: ms(7),
            thread: 0,
        };
        let task = &mut report.strategies[0].tasks[0];
        task.polls = vec![poll; 3];
        task.wakes_s = vec![ms(7); 2];
        let trace = decoded(&report);
        let slices = slices(&trace);
        let zero = slices.values().flatten().filter(|it| it.1 == it.2);
        assert_eq!(zero.filter(|it| it.1 == 7_000_000).count(), 3);
    }

    #[test]
    fn in_flight_is_a_counter_that_ends_at_none() {
        let trace = decoded(&whole());
        let counted = trace
            .packet
            .iter()
            .filter_map(|it| it.track_event.as_ref()?.counter_value);
        let counted: Vec<_> = counted.collect();
        assert_eq!(counted.iter().max(), Some(&2));
        assert_eq!(counted.last(), Some(&0));
    }
}
