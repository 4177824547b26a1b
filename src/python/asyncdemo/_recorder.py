"""What is noted of each task: when it was made, polled and woken, and how it ended.

A task of asyncio drives a coroutine by calling its `send`, once for each poll. `Tracked` stands
between the two and notes when each of these calls began and ended. A task asks for its next poll
by `loop.call_soon`: that is its wake.

Nothing of the program is changed for this. When an event loop is made, `_loops` has it given a task
factory and a `call_soon` of its own, here.
"""

import asyncio
import itertools
import sys
import threading
import warnings
from asyncio import Task
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, TypeVar

from asyncdemo import _names, _tracebacks
from asyncdemo._stream import Channel, End, Event, Kind, clock

T = TypeVar("T")

PERIOD = 0.01
"""Seconds between two heartbeats."""

_lanes = itertools.count(1)
_loops = itertools.count(1)
_watched: "Watched | None" = None


class Loop:
    """An event loop, and what is being polled in it."""

    __slots__ = ("callback", "due", "ended", "fresh", "ident", "number", "polling")

    def __init__(self) -> None:
        self.number = next(_loops)
        self.ident: "int | None" = None
        """The thread in which it runs, as `threading.get_ident` calls it."""
        self.fresh = False
        """Whether what is polled has a lane already: the next coroutine to start is it."""
        self.due = 0
        """When the next heartbeat is due."""
        self.ended = 0
        """When the last poll ended."""
        self.callback: Any = None
        """What was called that is no task's poll and has held the loop for a while, if anything: see `_stalls`."""
        self.polling: "tuple[int, int] | None" = None
        """The lane that is being polled, and since when."""

    @property
    def lane(self) -> int:
        """The lane that is being polled, or 0."""
        polling = self.polling
        return polling[0] if polling else 0


class Watched:
    """The process, while it is watched."""

    def __init__(self, channel: Channel, internal: bool) -> None:
        self.channel = channel
        self.internal = internal
        self.running: dict[int, Loop] = {}
        """The loops that run, by the thread in which they do."""
        self.before_task: "Callable[[], None] | None" = None
        """Is called before each task is made."""
        self._threads: dict[int, int] = {}

    def loop(self) -> "Loop | None":
        """The loop that runs in this thread."""
        return self.running.get(threading.get_ident())

    def thread(self) -> int:
        """The number of this thread."""
        thread = threading.current_thread()
        number = self._threads.get(id(thread))
        if number is None:
            number = self._threads[id(thread)] = len(self._threads) + 1
            self.channel.note((Event.THREAD, number, self.channel.text(thread.name), 0))
        return number

    def lane(self, kind: int, loop: int, made_in: int, group: str, label: str, place: str) -> int:
        """A new lane. `loop` is the number of the loop that polls it, 0 where a thread will run it."""
        lane, note, text = next(_lanes), self.channel.note, self.channel.text
        note((Event.MADE, lane, clock(), made_in))
        note((Event.KIND, lane, loop, kind))
        note((Event.GROUP, lane, text(group), 0))
        note((Event.LABEL, lane, text(label), text(place) if place else 0))
        self.channel.keep_up()
        return lane


class Tracked(Coroutine[Any, Any, T]):
    """A coroutine whose polls are noted. To whoever looks at it, it is the coroutine itself."""

    __slots__ = ("_ended", "_inner", "_loop", "_note", "_send", "lane", "polled")

    def __init__(self, inner: Any, lane: int, loop: Loop, channel: Channel) -> None:
        self._inner = inner
        self._send = inner.send
        self._note = channel.note
        self._loop = loop
        self._ended = False
        self.lane = lane
        self.polled = False

    def __next__(self) -> Any:
        # What asyncio calls, for nearly every poll.
        return self._poll(self._send, None)

    def send(self, value: Any) -> Any:
        """One poll."""
        return self._poll(self._send, value)

    def throw(self, *error: Any) -> Any:
        """One poll in which the coroutine is told of an error, or that it was cancelled."""
        return self._poll(self._inner.throw, *error)

    def _poll(self, resume: Any, *values: Any) -> Any:
        loop = self._loop
        outer = loop.polling
        begun = clock()
        loop.polling = (self.lane, begun)
        how: "int | None" = None
        loop.fresh = not self.polled
        try:
            return resume(*values)
        except StopIteration:
            how = End.COMPLETED
            raise
        except asyncio.CancelledError:
            how = End.CANCELLED
            raise
        except BaseException as error:
            how = _watched.channel.text(type(error).__name__) if _watched else End.CANCELLED
            raise
        finally:
            loop.ended = ended = clock()
            loop.polling = outer
            self._note((Event.POLL, self.lane, begun, ended))
            if not self.polled:
                self.polled = True
                self._take_name()
            if how is not None:
                self._end(ended, how)

    def close(self) -> None:
        """Throw the coroutine away."""
        self._end(clock(), End.CANCELLED if self.polled else End.NEVER_AWAITED)
        self._inner.close()

    def _end(self, when: int, how: int) -> None:
        if not self._ended:
            self._ended = True
            self._note((Event.END, self.lane, when, how))

    def _take_name(self) -> None:
        """The task's own name, where the program gave it one: it may come after the task was made."""
        task = asyncio.tasks.current_task()
        if task is not None and task.get_coro() is self and _watched is not None:
            name = task.get_name()
            # Python 3.13.0 names a task of a factory "None".
            if not name.startswith("Task-") and name != "None":
                self._note((Event.LABEL, self.lane, _watched.channel.text(name), 0))

    def __del__(self) -> None:
        # While the interpreter ends, everything is thrown away.
        if not self._ended and not sys.is_finalizing():
            self._end(clock(), End.DESTROYED if self.polled else End.NEVER_AWAITED)

    def __await__(self) -> Generator[Any, None, T]:
        return self  # type: ignore[return-value]

    def __iter__(self) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        # cr_frame, cr_await, cr_running, cr_suspended, __qualname__ …: debuggers and AnyIO read them.
        return getattr(self._inner, name)


def track(label: str, awaitable: Awaitable[T]) -> Awaitable[T]:
    """Give `awaitable` a lane called `label`: `await track("fetch one", fetch("one"))`.

    Like `recorder.track` in Rust. Where the program is not watched, the awaitable itself is returned.
    """
    loop = _watched.loop() if _watched is not None else None
    if _watched is None or loop is None:
        return awaitable
    caller = sys._getframe(1)
    place = f"{_names.short(caller.f_code.co_filename)}:{caller.f_lineno}"
    lane = _watched.lane(Kind.TRACKED, loop.number, loop.lane, label, label, place)
    inner = awaitable if hasattr(awaitable, "send") else _awaiting(awaitable)
    return Tracked(inner, lane, loop, _watched.channel)


async def _awaiting(awaitable: Awaitable[T]) -> T:
    return await awaitable


async def heartbeat() -> None:
    """A lane that ticks every 10 ms, for ever: `create_task(heartbeat())`. Its gaps are what all else felt."""
    while _watched is not None:
        await asyncio.sleep(PERIOD)


def install(channel: Channel, internal: bool) -> Watched:
    """Begin to watch. `_loops` hands over every event loop that is made from now on."""
    global _watched
    _watched = Watched(channel, internal)
    _note_unawaited(channel)
    return _watched


def _note_unawaited(channel: Channel) -> None:
    """Note each coroutine that is thrown away before anybody awaited it. CPython calls this to warn of one."""
    warn = getattr(warnings, "_warn_unawaited_coroutine", None)
    if warn is None:
        return

    def noting(coroutine: Any) -> None:
        code = _names.code_of(coroutine)
        place = _names.place(code) if code is not None else ""
        channel.say(finding="never_awaited", subject=_names.name_of(coroutine), detail=place)
        if getattr(coroutine, "cr_origin", None) is not None:
            warn(coroutine)
            return
        # The same warning, with the line that it would have if this function were not between.
        text = f"coroutine '{coroutine.__qualname__}' was never awaited"
        warnings.warn(text, RuntimeWarning, stacklevel=2, source=coroutine)

    warnings._warn_unawaited_coroutine = noting  # type: ignore[attr-defined]


def watch(event_loop: Any, loop: Loop, watched: Watched) -> None:
    """Note the tasks of this event loop."""
    note = watched.channel.note
    # A factory that the program sets makes the tasks as it likes.
    theirs = None

    def make(event_loop: Any, coroutine: Any, **options: Any) -> Any:
        tracked = _tracked(watched, loop, coroutine)
        if theirs is None:
            return Task(tracked, loop=event_loop, **options)
        return theirs(event_loop, tracked, **options)

    def set_task_factory(factory: Any) -> None:
        nonlocal theirs
        theirs = factory

    event_loop.set_task_factory(make)
    event_loop.set_task_factory = set_task_factory
    event_loop.get_task_factory = lambda: theirs

    call_soon = event_loop.call_soon

    def noting_wakes(callback: Any, *args: Any, context: Any = None) -> Any:
        # asyncio's tasks schedule themselves by a bound method, whatever woke them.
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, Task):
            tracked = owner.get_coro()
            # Its first poll needs no wake.
            if type(tracked) is Tracked and tracked.polled:
                note((Event.WAKE, tracked.lane, clock(), 0))
        return call_soon(callback, *args, context=context)

    event_loop.call_soon = noting_wakes

    tell = event_loop.call_exception_handler

    def noting_what_is_lost(context: "dict[str, Any]") -> None:
        error = context.get("exception")
        # asyncio has no other sign of it than these words.
        if error is not None and "was never retrieved" in context.get("message", ""):
            task = context.get("task") or context.get("future")
            coroutine = task.get_coro() if isinstance(task, Task) else None
            subject = _names.name_of(coroutine) if coroutine is not None else "a future"
            watched.channel.say(finding="lost_exception", subject=subject, detail=type(error).__name__)
            _tracebacks.clean(error)
        tell(context)

    event_loop.call_exception_handler = noting_what_is_lost


def _tracked(watched: Watched, loop: Loop, coroutine: Any) -> Any:
    """The coroutine under a lane of its own, unless it is a library's own affair."""
    if type(coroutine) is Tracked or not hasattr(coroutine, "send"):
        return coroutine
    if watched.before_task is not None:
        watched.before_task()
    name = _names.name_of(coroutine)
    request = _names.request_of(coroutine, name)
    kind = Kind.TASK if request is None else Kind.REQUEST
    if request is None and _names.is_internal(coroutine, name):
        if not watched.internal:
            return coroutine
        kind = Kind.INTERNAL
    code = _names.code_of(coroutine)
    place = _names.place(code) if code is not None else ""
    label = request or _names.with_arguments(coroutine, name)
    lane = watched.lane(kind, loop.number, loop.lane, request or name, label, place)
    return Tracked(coroutine, lane, loop, watched.channel)
