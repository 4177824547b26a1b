"""A check for tests: the event loop was never blocked for longer than this."""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncdemo import _stalls

_PERIOD = 0.005


class LoopBlocked(AssertionError):
    """The event loop was blocked for longer than was allowed."""


@asynccontextmanager
async def assert_responsive(longest: float = 0.1) -> AsyncIterator[None]:
    """Fail if nothing else could run on the event loop for more than `longest` seconds.

        async def test_report() -> None:
            async with assert_responsive(0.1):
                await report()

    A thread watches a ticker on the loop, so the line that held it up is named.
    """
    loop_thread = threading.get_ident()
    last, worst, at, done = time.perf_counter(), 0.0, "", False

    def look() -> None:
        nonlocal at
        told = 0.0
        while not done:
            time.sleep(_PERIOD)
            if time.perf_counter() - last > longest and told != last:
                told, at = last, _stalls.where(sys._current_frames().get(loop_thread))

    async def tick() -> None:
        nonlocal last, worst
        while True:
            await asyncio.sleep(_PERIOD)
            now = time.perf_counter()
            worst, last = max(worst, now - last - _PERIOD), now

    watcher = threading.Thread(target=look, name="asyncdemo responsive", daemon=True)
    ticker = asyncio.get_running_loop().create_task(tick())
    watcher.start()
    try:
        yield
        # What blocked until now is seen by the next tick.
        await asyncio.sleep(2 * _PERIOD)
        # Or here, where the loop came to this first.
        worst = max(worst, time.perf_counter() - last - 2 * _PERIOD)
    finally:
        done = True
        ticker.cancel()
    if worst > longest:
        where = f" by {at}" if at else ""
        raise LoopBlocked(f"the event loop was blocked for {worst:.3f} s{where}; allowed are {longest:g} s")
