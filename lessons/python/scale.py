"""One wait, and many of them. Standard library: python scale.py"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from demo import Output, Seconds, main, track


@dataclass
class Knobs:
    tasks: list[int] = (1_000,)  # how many
    delay: Seconds = 1.0  # how long each of them waits


async def nap(delay: float) -> None:
    await asyncio.sleep(delay)


def used() -> dict[str, float]:
    """What this process has used so far; nothing where no system tells."""
    try:
        import resource
    except ImportError:  # on Windows
        return {}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if sys.platform == "linux":
        # There, ru_maxrss has the peak of whoever started this process, too.
        status = Path("/proc/self/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return {"cpu_s": cpu, "peak_memory_bytes": peak}


async def counted(
    knobs: Knobs, work: Callable[[int, float], Awaitable[None]]
) -> Output:
    tasks = max(knobs.tasks)
    before = used()
    await work(tasks, knobs.delay)
    after = used()
    if not before:
        return Output(tasks, tasks_count=tasks)
    peak = after["peak_memory_bytes"]
    return Output(
        tasks,
        tasks_count=tasks,
        cpu_s=after["cpu_s"] - before["cpu_s"],
        peak_memory_bytes=peak,
        grown_memory_bytes=peak - before["peak_memory_bytes"],
    )


async def spawned(knobs: Knobs) -> Output:
    async def run(tasks: int, delay: float) -> None:
        naps = (track("task", nap(delay)) for _ in range(tasks))
        started = [asyncio.create_task(each) for each in naps]
        for task in started:
            await task

    return await counted(knobs, run)


async def threads(knobs: Knobs) -> Output:
    async def run(tasks: int, delay: float) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(max_workers=tasks) as pool:
            naps = []
            for _ in range(tasks):
                call = loop.run_in_executor(pool, time.sleep, delay)
                naps.append(track("thread", call))
            await asyncio.gather(*naps)

    return await counted(knobs, run)


async def joined(knobs: Knobs) -> Output:
    async def run(tasks: int, delay: float) -> None:
        # gather makes a task of each: no way to wait for many is cheaper.
        naps = (track("task", nap(delay)) for _ in range(tasks))
        await asyncio.gather(*naps)

    return await counted(knobs, run)


if __name__ == "__main__":
    main(Knobs, spawned, threads, joined)
