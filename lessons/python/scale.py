"""One wait, and many of them. Standard library only: python scale.py"""

import asyncio
import resource
import threading
import time


async def nap(delay: float) -> None:
    await asyncio.sleep(delay)


async def tasks(number: int) -> None:
    await asyncio.gather(*(nap(0.3) for _ in range(number)))


def threads(number: int) -> None:
    new = lambda: threading.Thread(target=time.sleep, args=(0.3,))
    waiting = [new() for _ in range(number)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()


def measured(name: str, number: int, work) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = cpu / number * 1e6
    print(f"{name} {number:>7,}  {wall:.3f} s  {each:4.0f} us CPU each"
          f"  {peak:4.0f} MiB")


for number in (1_000, 10_000, 30_000):
    measured("tasks  ", number, lambda: asyncio.run(tasks(number)))
measured("threads", 1_000, lambda: threads(1_000))
