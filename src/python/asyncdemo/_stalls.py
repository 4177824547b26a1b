"""Who holds the event loop, and at which line.

A thread looks at the poll that is going on, some fifty times a second. One that has lasted longer
than `slow_poll` holds its event loop: nothing else runs there. Then the stack of the loop's thread
says where it stands, and the innermost frame of the program's own files is the line to look at.

A callback (`call_soon`, `call_later`) is no poll. Where the heartbeat is overdue and no task is
polled, the stack says what the loop has called.
"""

import asyncio
import itertools
import linecache
import sys
import threading
import time
import types
from typing import Any

from asyncdemo import _names, _recorder
from asyncdemo._stream import Channel, End, Event, Kind, clock

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
            polling, callback = loop.polling, loop.callback
            # While no task is polled, the heartbeat should come.
            since = polling[1] if polling else max(loop.due, loop.ended)
            if callback is not None and (polling is not None or callback.since != since):
                callback.over()
            held = clock() - since
            if held < (slow_poll if polling else period * 1e9):
                continue
            frame = sys._current_frames().get(ident)
            # The poll may have ended while the frame was taken.
            if frame is None or loop.polling is not polling:
                continue
            if polling is not None:
                channel.note((Event.SEEN, polling[0], since, channel.text(where(frame))))
                continue
            callback, called = loop.callback, _called(frame)
            if called is not None and _names.is_housekeeping(called.f_code):
                called = None
            if callback is None or callback.called is not called:
                loop.callback = _Callback(watched, loop, called, since) if called is not None else None
            elif held >= slow_poll:
                # The same at two looks: it has run all the while.
                callback.seen(where(frame))


class _Callback:
    """What an event loop has called that is no task's poll, and that has not returned yet.

    This thread sees it. That it has returned, the loop's own thread knows first: the loop may end at once.
    """

    def __init__(self, watched: Any, loop: Any, called: types.FrameType, since: int) -> None:
        self.called = called
        self.since = since
        self._watched = watched
        self._loop = loop
        self._lane = 0
        self._over = False
        self._changing = threading.Lock()

    def seen(self, line: str) -> None:
        """It holds its loop, at this line."""
        with self._changing:
            if self._over:
                return
            channel = self._watched.channel
            self._lane = self._lane or self._lane_of(self.called)
            channel.note((Event.SEEN, self._lane, self.since, channel.text(line)))

    def _lane_of(self, called: types.FrameType) -> int:
        code = called.f_code
        name = getattr(code, "co_qualname", code.co_name).rpartition("<locals>.")[2]
        place = _names.place(code)
        if _is_handle(called):
            # Nothing of Python is called.
            callback = getattr(called.f_locals.get("self"), "_callback", None)
            name, place = getattr(callback, "__qualname__", "a callback"), ""
        lane: int = self._watched.lane(Kind.CALLBACK, self._loop.number, 0, name, f"{name} (callback)", place)
        return lane

    def over(self) -> None:
        """It has returned: the heartbeat came, a task is polled, or the loop stands still."""
        with self._changing:
            if self._lane and not self._over:
                now, loop = clock(), self._loop
                polling = loop.polling
                beat = loop.due - int(_recorder.PERIOD * 1e9)
                until = next(at for at in (beat, polling[1] if polling else 0, now) if self.since < at <= now)
                self._watched.channel.note((Event.POLL, self._lane, self.since, until))
                self._watched.channel.note((Event.END, self._lane, until, End.COMPLETED))
            self._over = True
        if self._loop.callback is self:
            self._loop.callback = None


def _called(frame: "types.FrameType | None") -> "types.FrameType | None":
    """Of the stack of a loop's thread, the frame that the loop itself has called. None where it waits."""
    while frame is not None and not _is_handle(frame):
        outer = frame.f_back
        if outer is not None and _is_handle(outer):
            return frame
        if outer is not None and outer.f_code.co_filename.startswith(_names.OWN_FOLDER):
            # A loop that is no asyncio's has no frames of its own.
            return frame if _names.is_own(frame.f_code.co_filename) else None
        frame = outer
    return frame


def _is_handle(frame: types.FrameType) -> bool:
    return frame.f_code is asyncio.Handle._run.__code__


def where(frame: "types.FrameType | None") -> str:
    """`routes.py:24 time.sleep(0.2)`: the innermost line of the program's own, or else of any file."""
    innermost = frame
    while frame is not None and not _names.is_own(frame.f_code.co_filename):
        frame = frame.f_back
    frame = frame or innermost
    if frame is None:
        return ""
    # A frame that has only begun may stand at no line yet.
    line = frame.f_lineno or frame.f_code.co_firstlineno
    place = f"{_names.short(frame.f_code.co_filename)}:{line}"
    return f"{place} {_code_at(frame, line)}".rstrip()


def _code_at(frame: types.FrameType, line: int) -> str:
    """The call in which a frame stands, or its line."""
    file = frame.f_code.co_filename
    text = linecache.getline(file, line)
    if sys.version_info >= (3, 11):
        positions = frame.f_code.co_positions()
        at = next(itertools.islice(positions, frame.f_lasti // 2, None), None)
        if at is not None and at[0] == at[1] == line and None not in at:
            # The columns count bytes of UTF-8.
            text = text.encode()[at[2] : at[3]].decode(errors="replace")
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
