"""Reads traces with Perfetto's own bindings, as PyPI has them: python .ci/read_traces.py FILE..."""

import sys
from collections import Counter, defaultdict

from google.protobuf.unknown_fields import UnknownFieldSet
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb


def check(name):
    trace = pb.Trace()
    with open(name, "rb") as file:
        trace.ParseFromString(file.read())
    assert trace.packet, "there are packets"
    tracks, kinds, before = {}, Counter(), 0
    open_slices, flows, ends = defaultdict(list), Counter(), Counter()
    for packet in trace.packet:
        for message in (packet, packet.track_event, packet.track_descriptor):
            assert not len(UnknownFieldSet(message)), "each field has its number"
        assert packet.trusted_packet_sequence_id == 1
        assert packet.timestamp >= before, "times are in order"
        before = packet.timestamp
        if packet.HasField("track_descriptor"):
            track = packet.track_descriptor
            assert not track.parent_uuid or track.parent_uuid in tracks, "parents come first"
            tracks[track.uuid] = track
            continue
        event = packet.track_event
        assert event.track_uuid in tracks, "each event has a track"
        kinds[event.type] += 1
        if event.type == pb.TrackEvent.TYPE_SLICE_BEGIN:
            assert event.name and not open_slices[event.track_uuid], "slices follow each other"
            open_slices[event.track_uuid].append(event.name)
        elif event.type == pb.TrackEvent.TYPE_SLICE_END:
            open_slices[event.track_uuid].pop()
        elif event.type == pb.TrackEvent.TYPE_COUNTER:
            assert tracks[event.track_uuid].HasField("counter")
        flows.update(event.flow_ids)
        ends.update(event.terminating_flow_ids)
    assert not any(open_slices.values()), "begins and ends are balanced"
    assert flows == ends and set(flows.values()) <= {1}, "each wake flows to one poll"
    roots = [track.process.process_name for track in tracks.values() if not track.parent_uuid]
    assert all(roots), "each concept has its name"
    print(f"{name}: {len(trace.packet)} packets, {len(tracks)} tracks, {len(flows)} flows: {', '.join(roots)}")


for name in sys.argv[1:]:
    check(name)
