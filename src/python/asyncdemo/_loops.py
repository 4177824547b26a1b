"""Event loops: where each is hooked when it is made, and its heartbeat.

Every loop of asyncio is made by `BaseEventLoop.__init__` and runs in `run_forever`. A policy is no
such door (uvicorn makes its loop without one), nor is `new_event_loop`. uvloop's loop is a class of
its own, with the same two methods: it is hooked as soon as the program imports it.
"""

import asyncio
import importlib.machinery
import sys
import threading
import types
from collections.abc import Sequence
from typing import Any

from asyncdemo._recorder import PERIOD, Loop, Watched, watch
from asyncdemo._stream import Channel, Event, clock

_OTHERS = {"uvloop", "winloop"}
"""Modules with a class `Loop` that is none of asyncio's."""


class Beat:
    """Beats on an event loop every 10 ms, and notes how late each beat came."""

    def __init__(self, event_loop: asyncio.AbstractEventLoop, loop: Loop, channel: Channel) -> None:
        self._event_loop = event_loop
        self._loop = loop
        self._note = channel.note
        self._keep_up = channel.keep_up
        self._timer: "asyncio.TimerHandle | None" = None

    def start(self) -> None:
        """Beat from now on: a loop may stop and run again."""
        if self._timer is not None:
            self._timer.cancel()
        self._again()

    def _again(self) -> None:
        self._loop.due = clock() + int(PERIOD * 1e9)
        self._timer = self._event_loop.call_later(PERIOD, self._beat)

    def _beat(self) -> None:
        callback = self._loop.callback
        if callback is not None:
            callback.over()
        self._note((Event.BEAT, self._loop.number, self._loop.due, clock()))
        self._keep_up()
        self._again()


def install(watched: Watched) -> None:
    """Watch every event loop that is made from now on."""
    _hook(asyncio.BaseEventLoop, watched)
    sys.meta_path.insert(0, _Finder(watched))  # type: ignore[arg-type]


def _hook(loops: Any, watched: Watched) -> None:
    """Watch every event loop of this class."""
    make, run_forever, note = loops.__init__, loops.run_forever, watched.channel.note

    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        loop = Loop()
        self._asyncdemo = loop, Beat(self, loop, watched.channel)
        watch(self, loop, watched)

    def runs(self: Any) -> None:
        loop, beat = self._asyncdemo
        loop.ident = threading.get_ident()
        note((Event.RUNS, loop.number, clock(), watched.thread()))
        watched.running[loop.ident] = loop
        beat.start()
        try:
            run_forever(self)
        finally:
            watched.running.pop(loop.ident, None)
            callback = loop.callback
            if callback is not None:
                callback.over()

    loops.__init__ = made
    loops.run_forever = runs


class _Finder:
    """Hooks the loops of a module when it has been imported. It finds nothing by itself."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def find_spec(self, name: str, path: "Sequence[str] | None", target: Any = None) -> Any:
        """Where the module is, with a loader that hooks its loops."""
        if name not in _OTHERS:
            return None
        found = (each.find_spec(name, path, target) for each in sys.meta_path if each is not self)
        spec: "importlib.machinery.ModuleSpec | None" = next((each for each in found if each is not None), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def and_hook(module: types.ModuleType) -> None:
            execute(module)
            if isinstance(getattr(module, "Loop", None), type):
                _hook(module.Loop, self._watched)

        spec.loader.exec_module = and_hook  # type: ignore[method-assign]
        return spec
