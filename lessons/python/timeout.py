"""Stopping work that takes too long. Standard library: python timeout.py"""

import asyncio
import time


async def work() -> str:
    try:
        await asyncio.sleep(0.5)
        return "an answer"
    finally:  # when cancelled, too. It may await, which Rust's Drop cannot
        await asyncio.sleep(0.05)


async def timeout() -> str:
    async with asyncio.timeout(0.1):  # cancels the task at its await
        return await work()

async def timeout_blocking() -> str:
    async with asyncio.timeout(0.1):
        time.sleep(0.5)  # no await: the deadline passes unseen
    return "an answer, late"

async def cancel() -> str:
    task = asyncio.create_task(work())
    asyncio.get_running_loop().call_later(0.1, task.cancel)
    return await task

async def shield() -> str:
    async with asyncio.timeout(0.1):
        return await asyncio.shield(work())  # the waiting ends, the work not

for way in (timeout, timeout_blocking, cancel, shield):
    start = time.perf_counter()
    try:
        end = asyncio.run(way())
    except (TimeoutError, asyncio.CancelledError) as error:
        end = type(error).__name__
    print(f"{way.__name__:<17} {time.perf_counter() - start:.3f} s  {end}")
