"""Two waits at once. Standard library: python gather.py --delays 1s,2s"""

import asyncio
from dataclasses import dataclass

from demo import Seconds, main, track


@dataclass
class Knobs:
    delays: list[Seconds] = (1.0, 2.0)  # how long each of the two calls takes
    fail_at: Seconds = 0.5  # when the first one fails, in first_error


async def fetch(name: str, delay: float) -> str:
    await asyncio.sleep(delay)  # a slow call; the thread is free meanwhile
    return f"answer {name}"


async def fail(delay: float) -> str:
    await asyncio.sleep(delay)
    raise RuntimeError("fetch one failed")


async def sequential(knobs: Knobs) -> list[str]:
    one, two = knobs.delays
    return [
        await track("fetch one", fetch("one", one)),
        await track("fetch two", fetch("two", two)),
    ]


async def created_first(knobs: Knobs) -> list[str]:
    one, two = knobs.delays
    # A coroutine that is made has not started: only a task starts by itself.
    first = track("fetch one", fetch("one", one))
    second = track("fetch two", fetch("two", two))
    return [await first, await second]


async def join(knobs: Knobs) -> list[str]:
    one, two = knobs.delays
    return await asyncio.gather(
        track("fetch one", fetch("one", one)),
        track("fetch two", fetch("two", two)),
    )


async def spawned(knobs: Knobs) -> list[str]:
    one, two = knobs.delays
    async with asyncio.TaskGroup() as group:
        first = group.create_task(track("fetch one", fetch("one", one)))
        second = group.create_task(track("fetch two", fetch("two", two)))
    return [first.result(), second.result()]


async def first_error(knobs: Knobs) -> str:
    _, two = knobs.delays
    try:
        await asyncio.gather(
            track("fetch one", fail(knobs.fail_at)),
            track("fetch two", fetch("two", two)),
        )
    except RuntimeError as error:
        # gather has raised, and cancels nothing: the other call goes on.
        # A TaskGroup would have cancelled it.
        return str(error)


if __name__ == "__main__":
    main(Knobs, sequential, created_first, join, spawned, first_error)
