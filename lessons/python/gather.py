"""Two waits at once. Standard library only: python gather.py"""

import asyncio
import time


async def fetch(name: str, delay: float) -> str:
    await asyncio.sleep(delay)
    return f"answer {name}"


async def sequential() -> list[str]:
    return [await fetch("one", 0.1), await fetch("two", 0.2)]


async def created_first() -> list[str]:
    one, two = fetch("one", 0.1), fetch("two", 0.2)  # made, not started
    return [await one, await two]


async def join() -> list[str]:
    return list(await asyncio.gather(fetch("one", 0.1), fetch("two", 0.2)))


async def spawned() -> list[str]:
    # A task starts by itself, as with tokio::spawn.
    async with asyncio.TaskGroup() as group:
        one = group.create_task(fetch("one", 0.1))
        two = group.create_task(fetch("two", 0.2))
    return [one.result(), two.result()]


for way in (sequential, created_first, join, spawned):
    start = time.perf_counter()
    assert asyncio.run(way()) == ["answer one", "answer two"]
    print(f"{way.__name__:<14} {time.perf_counter() - start:.3f} s")
