"""Jobs on other threads: `to_thread`, `run_in_executor`, and AnyIO's, which FastAPI uses for plain `def` routes."""

import functools
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asyncdemo import _names, _recorder
from asyncdemo._stream import Channel, End, Event, Kind, clock


WAITED = 20_000_000
"""Nanoseconds. A thread takes less than this to start."""


class Job:
    """A function that becomes a lane: made when it is handed over, busy while a thread runs it."""

    def __init__(self, function: Callable[..., Any], channel: Channel, pool: str, threads: int, full: bool) -> None:
        self._function = function
        self._channel = channel
        self._pool = pool
        self._threads = threads
        """So many run at once in this pool."""
        self._full = full
        """Whether all of them were busy when this was handed over. A blocked event loop makes it wait, too."""
        self._made = clock()
        watched = _recorder._watched
        assert watched is not None
        loop = watched.loop()
        made_in = loop.lane if loop else 0
        name, place = _described(function)
        self._lane = watched.lane(Kind.JOB, 0, made_in, name, f"{name} (thread)", place)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        watched = _recorder._watched
        assert watched is not None
        note, begun = self._channel.note, clock()
        if self._full and begun - self._made >= WAITED:
            waited = begun - self._made
            self._channel.say(finding="pool_full", subject=self._pool, count=self._threads, nanos=waited)
        note((Event.ON, self._lane, watched.thread(), begun))
        how = End.COMPLETED
        try:
            return self._function(*args, **kwargs)
        except BaseException as error:
            how = self._channel.text(type(error).__name__)
            raise
        finally:
            ended = clock()
            note((Event.POLL, self._lane, begun, ended))
            note((Event.END, self._lane, ended, how))


def _described(function: Any) -> "tuple[str, str]":
    """What a function is called, and where it stands."""
    while True:
        if isinstance(function, functools.partial):
            # `to_thread`, Starlette and FastAPI hand over functions of their own, which are given the program's.
            inner, given = function.func, (*function.args, *function.keywords.values())
            own = (each for each in given if _is_own(each))
            called_by_context = getattr(inner, "__name__", "") == "run" and bool(given)
            function = inner if _is_own(inner) else next(own, given[0] if called_by_context else inner)
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        else:
            break
    name = getattr(function, "__qualname__", type(function).__qualname__).rpartition("<locals>.")[2]
    code = getattr(function, "__code__", None)
    return name, _names.place(code) if code is not None else ""


def _is_own(function: Any) -> bool:
    """Whether a function is the program's."""
    code = getattr(function, "__code__", None)
    return code is not None and _names.is_own(code.co_filename)


def install(channel: Channel) -> None:
    """Give a lane to whatever is handed to a pool of threads from a watched event loop."""
    submit = ThreadPoolExecutor.submit

    def submit_job(self: ThreadPoolExecutor, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        watched = _recorder._watched
        if watched is not None and watched.loop() is not None:
            name = self._thread_name_prefix or "ThreadPoolExecutor"
            # What `to_thread` and `run_in_executor(None, ...)` use is called so by asyncio.
            pool = "the default executor" if name == "asyncio" else name
            full = len(self._threads) >= self._max_workers and not self._idle_semaphore._value
            fn = Job(fn, channel, pool, self._max_workers, full)
        return submit(self, fn, *args, **kwargs)

    ThreadPoolExecutor.submit = submit_job  # type: ignore[method-assign]
    if _recorder._watched is not None:
        _recorder._watched.before_task = functools.partial(_find_anyio, channel)


def _find_anyio(channel: Channel) -> None:
    """AnyIO has threads of its own. It is looked for at each new task, until the program has imported it."""
    anyio, to_thread = sys.modules.get("anyio"), sys.modules.get("anyio.to_thread")
    run_sync = getattr(to_thread, "run_sync", None)
    if anyio is None or run_sync is None or _recorder._watched is None:
        return
    _recorder._watched.before_task = None

    async def run_job(function: Any, *args: Any, limiter: Any = None, **options: Any) -> Any:
        used = limiter or to_thread.current_default_thread_limiter()
        full = used.available_tokens < 1
        job = Job(function, channel, "AnyIO's pool of threads", int(min(used.total_tokens, 1 << 30)), full)
        return await run_sync(job, *args, limiter=limiter, **options)

    to_thread.run_sync = run_job
