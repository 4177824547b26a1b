"""Lanes for coroutines that are awaited, not only for tasks: `--awaits`, from Python 3.12 on.

`await fetch()` makes no task: `fetch` runs inside its caller's polls. `sys.monitoring` tells when a
coroutine starts, yields, resumes and returns. Functions that are no coroutines of the program's own
files are told of once and then never again, so the rest of the program pays next to nothing.
"""

import asyncio
import inspect
import sys
import types
from typing import Any

from asyncdemo import _names, _recorder
from asyncdemo._stream import Channel, End, Event, Kind, clock

_TOOL = "asyncdemo"


class Awaits:
    """The coroutines that have begun, by their frames."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._lanes: "dict[types.FrameType, int]" = {}
        self._polls: "dict[types.FrameType, tuple[int, Any]]" = {}

    def start(self, code: types.CodeType, _offset: int) -> Any:
        """A coroutine is polled for the first time."""
        if not (code.co_flags & inspect.CO_COROUTINE and _names.is_own(code.co_filename)):
            return sys.monitoring.DISABLE
        watched = _recorder._watched
        loop = watched.loop() if watched is not None else None
        if watched is None or loop is None or loop.polling is None or loop.fresh:
            # The task's own coroutine has the task's lane.
            if loop is not None:
                loop.fresh = False
            return None
        frame = sys._getframe(1)
        name = code.co_qualname.rpartition("<locals>.")[2]
        label = _names.with_values(frame, code, name)
        self._lanes[frame] = watched.lane(Kind.TRACKED, loop.number, loop.lane, name, label, _names.place(code))
        self._begin(frame, loop)
        return None

    def resume(self, code: types.CodeType, _offset: int, *_error: Any) -> Any:
        """It is polled again, or told of an error."""
        frame = sys._getframe(1)
        watched = _recorder._watched
        loop = watched.loop() if watched is not None else None
        if frame in self._lanes and loop is not None and frame not in self._polls:
            self._begin(frame, loop)
        return None

    def pause(self, _code: types.CodeType, _offset: int, _value: Any) -> Any:
        """It waits."""
        self._stop(sys._getframe(1))

    def returned(self, _code: types.CodeType, _offset: int, _value: Any) -> Any:
        """It is done."""
        self._over(sys._getframe(1), End.COMPLETED)

    def unwound(self, _code: types.CodeType, _offset: int, error: BaseException) -> Any:
        """An exception ends it."""
        frame = sys._getframe(1)
        if frame in self._lanes:
            cancelled = isinstance(error, (asyncio.CancelledError, GeneratorExit))
            self._over(frame, End.CANCELLED if cancelled else self._channel.text(type(error).__name__))

    def _begin(self, frame: types.FrameType, loop: Any) -> None:
        begun = clock()
        self._polls[frame] = (begun, loop.polling)
        loop.polling = (self._lanes[frame], begun)

    def _stop(self, frame: types.FrameType) -> int:
        now = clock()
        begun, outer = self._polls.pop(frame, (0, None))
        if begun:
            self._channel.note((Event.POLL, self._lanes[frame], begun, now))
            watched = _recorder._watched
            loop = watched.loop() if watched is not None else None
            if loop is not None:
                loop.polling = outer
        return now

    def _over(self, frame: types.FrameType, how: int) -> None:
        if frame in self._lanes:
            now = self._stop(frame)
            self._channel.note((Event.END, self._lanes.pop(frame), now, how))


def install(channel: Channel) -> bool:
    """Begin. False where this Python cannot, or another tool has the place."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return False
    tool = next((each for each in (4, 3) if monitoring.get_tool(each) is None), None)
    if tool is None:
        return False
    monitoring.use_tool_id(tool, _TOOL)
    awaits, events = Awaits(channel), monitoring.events
    callbacks = {
        events.PY_START: awaits.start,
        events.PY_RESUME: awaits.resume,
        events.PY_THROW: awaits.resume,
        events.PY_YIELD: awaits.pause,
        events.PY_RETURN: awaits.returned,
        events.PY_UNWIND: awaits.unwound,
    }
    wanted = 0
    for event, callback in callbacks.items():
        monitoring.register_callback(tool, event, callback)
        wanted |= event
    monitoring.set_events(tool, wanted)
    return True
