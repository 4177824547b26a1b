"""Work that waits its turn. Standard library only: python work-queue.py"""

import asyncio
import time

JOBS, JOB_TIME, CAPACITY = 10, 0.05, 3


async def worker(jobs: asyncio.Queue[int], results: dict[int, int]) -> None:
    while True:
        number = await jobs.get()
        await asyncio.sleep(JOB_TIME)
        results[number] = number * number
        jobs.task_done()


async def through(capacity: int, workers: int) -> tuple[dict, int, float]:
    jobs: asyncio.Queue[int] = asyncio.Queue(capacity)  # 0: no limit
    results: dict[int, int] = {}
    new = lambda: asyncio.create_task(worker(jobs, results))
    tasks = [new() for _ in range(workers)]
    longest, start = 0, time.perf_counter()
    for number in range(JOBS):
        await jobs.put(number)  # waits while the queue is full: backpressure
        longest = max(longest, jobs.qsize())
    held_back = time.perf_counter() - start
    await jobs.join()
    for task in tasks:
        task.cancel()
    return results, longest, held_back


WAYS = ("unbounded", 0, 1), ("bounded", CAPACITY, 1), ("workers", CAPACITY, 3)
for name, capacity, workers in WAYS:
    start = time.perf_counter()
    results, longest, held_back = asyncio.run(through(capacity, workers))
    assert results == {number: number * number for number in range(JOBS)}
    print(f"{name:<10} {time.perf_counter() - start:.3f} s, up to {longest}"
          f" waited, the producer for {held_back:.3f} s")
