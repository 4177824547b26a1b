"""One thread, and still a race. Standard library only: python locks.py"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from demo import Output, Seconds, main, track


@dataclass
class Knobs:
    requests: int = 5  # how many there are at once; each sells one ticket
    payment: Seconds = 0.2  # a call to another service
    save: Seconds = 0.05  # how long each awaits to count its ticket


class Kiosk:
    """Counts the tickets sold, and how long a request waits for the lock."""

    def __init__(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self.sold = 0
        self.lock = asyncio.Lock()
        self.longest_wait: float | None = None

    async def pay(self) -> None:
        await asyncio.sleep(self.knobs.payment)

    async def save(self) -> None:
        await asyncio.sleep(self.knobs.save)

    async def __aenter__(self) -> None:
        start = time.perf_counter()
        await self.lock.acquire()
        waited = time.perf_counter() - start
        self.longest_wait = max(waited, self.longest_wait or 0.0)

    async def __aexit__(self, *error) -> None:
        self.lock.release()


Sell = Callable[[Kiosk], Awaitable[None]]


async def at_once(sell: Sell, knobs: Knobs) -> Output:
    kiosk = Kiosk(knobs)
    numbers = range(1, knobs.requests + 1)
    selling = (track(f"request {n}", sell(kiosk)) for n in numbers)
    await asyncio.gather(*selling)
    return Output(
        kiosk.sold,
        requests_count=knobs.requests,
        updates_lost_count=knobs.requests - kiosk.sold,
        longest_wait_for_lock_s=kiosk.longest_wait,
    )


async def race(knobs: Knobs) -> Output:
    async def sell(kiosk: Kiosk) -> None:
        await kiosk.pay()
        before = kiosk.sold
        await kiosk.save()
        kiosk.sold = before + 1

    return await at_once(sell, knobs)


async def no_await(knobs: Knobs) -> Output:
    async def sell(kiosk: Kiosk) -> None:
        await kiosk.pay()
        await kiosk.save()
        kiosk.sold += 1  # no await between read and write: nobody else runs

    return await at_once(sell, knobs)


async def async_lock(knobs: Knobs) -> Output:
    async def sell(kiosk: Kiosk) -> None:
        await kiosk.pay()
        async with kiosk:  # an asyncio.Lock, held across the await
            before = kiosk.sold
            await kiosk.save()
            kiosk.sold = before + 1

    return await at_once(sell, knobs)


async def held_across(knobs: Knobs) -> Output:
    async def sell(kiosk: Kiosk) -> None:
        async with kiosk:
            # The payment needs no lock, and now all the others wait for it.
            await kiosk.pay()
            before = kiosk.sold
            await kiosk.save()
            kiosk.sold = before + 1

    return await at_once(sell, knobs)


if __name__ == "__main__":
    main(Knobs, race, no_await, async_lock, held_across)
