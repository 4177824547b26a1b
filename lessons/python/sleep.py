"""What async and await do. Standard library: python sleep.py --tasks 3"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from demo import Output, Seconds, main, track


@dataclass
class Knobs:
    tasks: int = 3  # how many fetches
    delay: Seconds = 0.5  # how long each of them waits


async def fetch(delay: float, begun: list[float]) -> dict[str, str]:
    begun.append(time.perf_counter())
    await asyncio.sleep(delay)  # a slow call; the thread is free meanwhile
    return {"data": "Sample data"}


async def sequential(knobs: Knobs) -> Output:
    begun, answers = [], []
    for number in range(1, knobs.tasks + 1):
        fetching = fetch(knobs.delay, begun)
        answers.append(await track(f"fetch {number}", fetching))
    return Output(answers, fetches_begun_count=len(begun))


async def concurrent(knobs: Knobs) -> Output:
    begun = []
    fetching = (
        track(f"fetch {number}", fetch(knobs.delay, begun))
        for number in range(1, knobs.tasks + 1)
    )
    answers = await asyncio.gather(*fetching)
    return Output(answers, fetches_begun_count=len(begun))


async def threads(knobs: Knobs) -> Output:
    def fetch_in_a_thread() -> dict[str, str]:
        time.sleep(knobs.delay)  # this thread is here to be blocked
        return {"data": "Sample data"}

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=knobs.tasks) as pool:
        calls = []
        for number in range(1, knobs.tasks + 1):
            call = loop.run_in_executor(pool, fetch_in_a_thread)
            calls.append(track(f"fetch {number}", call))
        answers = await asyncio.gather(*calls)
    return Output(answers, fetches_begun_count=len(answers))


async def unawaited(knobs: Knobs) -> Output:
    begun = []
    coroutines = [
        track(f"fetch {number}", fetch(knobs.delay, begun))
        for number in range(1, knobs.tasks + 1)
    ]
    # There is time enough for all of them. Nobody uses it.
    await asyncio.sleep(knobs.delay)
    for coroutine in coroutines:
        coroutine.close()  # else Python warns: it was never awaited
    return Output([], fetches_begun_count=len(begun))


if __name__ == "__main__":
    main(Knobs, sequential, concurrent, threads, unawaited)
