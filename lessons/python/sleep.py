"""What async and await do. Standard library only: python sleep.py"""

import asyncio
import time


async def fetch(number: int) -> dict[str, str]:
    await asyncio.sleep(0.2)  # a slow call; the thread is free meanwhile
    return {"data": "Sample data"}


async def sequential() -> None:
    for number in range(3):
        await fetch(number)


async def concurrent() -> None:
    await asyncio.gather(*(fetch(number) for number in range(3)))


async def unawaited() -> None:
    coroutines = [fetch(number) for number in range(3)]  # none of it runs
    for coroutine in coroutines:
        coroutine.close()  # else Python warns: it was never awaited


for way in (sequential, concurrent, unawaited):
    start = time.perf_counter()
    asyncio.run(way())
    print(f"{way.__name__:<12} {time.perf_counter() - start:.3f} s")
