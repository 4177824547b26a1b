"""One call blocks, all wait. Standard library: python blocking-pitfall.py"""

import asyncio
import time


async def heartbeat(gaps: list[float]) -> None:
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0.01)
        last, before = time.perf_counter(), last
        gaps.append(last - before)


async def async_sleep() -> None:
    await asyncio.sleep(0.3)


async def thread_sleep() -> None:
    time.sleep(0.3)  # holds the only thread: nothing else can run


async def to_thread() -> None:
    await asyncio.to_thread(time.sleep, 0.3)


async def beside(work) -> float:
    gaps: list[float] = []
    heart = asyncio.create_task(heartbeat(gaps))
    await asyncio.sleep(0.05)
    await work()
    await asyncio.sleep(0.05)
    heart.cancel()
    return max(gaps)


for way in (async_sleep, thread_sleep, to_thread):
    gap = asyncio.run(beside(way))
    print(f"{way.__name__:<13} longest gap {gap * 1e3:.0f} ms")
