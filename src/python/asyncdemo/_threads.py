"""Jobs on other threads: `to_thread`, `run_in_executor`, and AnyIO's, which FastAPI uses for plain `def` routes."""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asyncdemo import _names, _recorder
from asyncdemo._stream import Channel, End, Event, Kind, clock


class Job:
    """A function that becomes a lane: made when it is handed over, busy while a thread runs it."""

    def __init__(self, function: Callable[..., Any], channel: Channel) -> None:
        self._function = function
        self._channel = channel
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
            # `to_thread` and Starlette wrap what they run: `partial(context.run, function, …)`.
            inner = function.func
            function = function.args[0] if getattr(inner, "__name__", "") == "run" and function.args else inner
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        else:
            break
    name = getattr(function, "__qualname__", type(function).__qualname__).rpartition("<locals>.")[2]
    code = getattr(function, "__code__", None)
    return name, _names.place(code) if code is not None else ""


def install(channel: Channel) -> None:
    """Give a lane to whatever is handed to a pool of threads from a watched event loop."""
    submit = ThreadPoolExecutor.submit

    def submit_job(self: ThreadPoolExecutor, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if _recorder._watched is not None and _recorder._watched.loop() is not None:
            fn = Job(fn, channel)
        return submit(self, fn, *args, **kwargs)

    ThreadPoolExecutor.submit = submit_job  # type: ignore[method-assign]

