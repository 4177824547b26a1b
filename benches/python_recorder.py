"""What a poll and a task cost: run it alone, then after `asyncdemo python`, and compare.

Processor time of the event loop's own thread, the best of seven rounds: other programs disturb it least.
"""

import asyncio
import sys
import time

POLLS = 30_000
TASKS = 1_500
ROUNDS = 7


async def nothing() -> None:
    """A task that ends with its first poll."""


async def polls() -> float:
    """Microseconds of one poll."""
    begun = time.thread_time()
    for _ in range(POLLS):
        await asyncio.sleep(0)
    return (time.thread_time() - begun) / POLLS * 1e6


async def tasks() -> float:
    """Microseconds of one task that is made and awaited."""
    begun = time.thread_time()
    for _ in range(TASKS):
        await asyncio.create_task(nothing())
    return (time.thread_time() - begun) / TASKS * 1e6


async def main() -> None:
    """Print the best of each."""
    poll = min([await polls() for _ in range(ROUNDS)])
    task = min([await tasks() for _ in range(ROUNDS)])
    print(f"{sys.version.split()[0]}: {poll:.2f} us a poll, {task:.2f} us a task")


asyncio.run(main())
