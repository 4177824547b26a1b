"""Who holds the event loop, and at which line.

A thread looks at the poll that is going on, some fifty times a second. One that has lasted longer
than `slow_poll` holds its event loop: nothing else runs there. Then the stack of the loop's thread
says where it stands, and the innermost frame of the program's own files is the line to look at.
"""

import itertools
import linecache
import sys
import threading
import time
import types

from asyncdemo import _names, _recorder
from asyncdemo._stream import Channel, Event, clock

_LONGEST = 60
"""Columns that the code at a place may take."""


def watch(channel: Channel, slow_poll: int) -> None:
    """Begin to look. `slow_poll` is in nanoseconds."""
    period = min(max(slow_poll / 1e9 / 3, 0.001), 0.02)
    threading.Thread(target=_look, args=(channel, slow_poll, period), name="asyncdemo watchdog", daemon=True).start()


def _look(channel: Channel, slow_poll: int, period: float) -> None:
    while True:
        time.sleep(period)
        watched = _recorder._watched
        for ident, loop in list(watched.running.items()) if watched else ():
            polling = loop.polling
            if polling is None or clock() - polling[1] < slow_poll:
                continue
            frame = sys._current_frames().get(ident)
            # The poll may have ended while the frame was taken.
            if frame is not None and loop.polling is polling:
                lane, begun = polling
                channel.note((Event.SEEN, lane, begun, channel.text(where(frame))))


def where(frame: "types.FrameType | None") -> str:
    """`routes.py:24 time.sleep(0.2)`: the innermost line of the program's own, or else of any file."""
    innermost = frame
    while frame is not None and not _names.is_own(frame.f_code.co_filename):
        frame = frame.f_back
    frame = frame or innermost
    if frame is None:
        return ""
    place = f"{_names.short(frame.f_code.co_filename)}:{frame.f_lineno}"
    return f"{place} {_code_at(frame)}".rstrip()


def _code_at(frame: types.FrameType) -> str:
    """The call in which a frame stands, or its line."""
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line)
    if sys.version_info >= (3, 11):
        positions = frame.f_code.co_positions()
        at = next(itertools.islice(positions, frame.f_lasti // 2, None), None)
        if at is not None and at[0] == at[1] == line and None not in at:
            # The columns count bytes of UTF-8.
            text = text.encode()[at[2] : at[3]].decode(errors="replace")
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
