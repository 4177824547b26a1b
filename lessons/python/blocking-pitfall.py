"""One call blocks, all wait. Standard library: python blocking-pitfall.py"""

import asyncio
import time
from dataclasses import dataclass

from demo import Output, Seconds, main, track

MOMENT = 0.15  # of quiet before the work and after it


@dataclass
class Knobs:
    block: Seconds = 0.5  # how long the work takes
    timeout: Seconds = 0.1  # the deadline in timeout_cannot_help


async def async_sleep(knobs: Knobs) -> str:
    await asyncio.sleep(MOMENT)
    await track("worker task", asyncio.sleep(knobs.block))
    await asyncio.sleep(MOMENT)
    return "done"


async def blocking_work(time_: float) -> None:
    time.sleep(time_)  # no await: the thread is held, and nothing else runs


async def thread_sleep(knobs: Knobs) -> str:
    await asyncio.sleep(MOMENT)
    await track("worker task", blocking_work(knobs.block))
    await asyncio.sleep(MOMENT)
    return "done"


async def no_yield(knobs: Knobs) -> str:
    async def ready() -> None: ...

    async def busy() -> None:
        start = time.perf_counter()
        while time.perf_counter() - start < knobs.block:
            await ready()  # an await yields only if it has to wait

    await asyncio.sleep(MOMENT)
    await track("worker task", busy())
    await asyncio.sleep(MOMENT)
    return "done"


async def spawn_blocking(knobs: Knobs) -> str:
    await asyncio.sleep(MOMENT)
    await track("worker task", asyncio.to_thread(time.sleep, knobs.block))
    await asyncio.sleep(MOMENT)
    return "done"


async def timeout_cannot_help(knobs: Knobs) -> Output:
    async def limited() -> None:
        async with asyncio.timeout(knobs.timeout):
            # The deadline passes, and nobody sees it.
            await blocking_work(knobs.block)

    await asyncio.sleep(MOMENT)
    timed_out = 0
    try:
        await track("worker task", limited())
    except TimeoutError:
        timed_out = 1
    await asyncio.sleep(MOMENT)
    return Output("done", timed_out_count=timed_out)


if __name__ == "__main__":
    main(
        Knobs,
        async_sleep,
        thread_sleep,
        no_yield,
        spawn_blocking,
        timeout_cannot_help,
    )
