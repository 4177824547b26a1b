"""One thread, and still a race. Standard library only: python locks.py"""

import asyncio
import time

PAYMENT, SAVE = 0.1, 0.02  # a call to another service; a query, or a log

async def race() -> None:
    global sold
    await asyncio.sleep(PAYMENT)
    before = sold
    await asyncio.sleep(SAVE)  # the others run here, and read the same
    sold = before + 1

async def no_await() -> None:
    global sold
    await asyncio.sleep(PAYMENT + SAVE)
    sold += 1  # no await between read and write: nobody else runs

async def async_lock() -> None:
    global sold
    await asyncio.sleep(PAYMENT)
    async with lock:  # held across the await: the others wait
        before = sold
        await asyncio.sleep(SAVE)
        sold = before + 1

async def held_across() -> None:
    async with lock:
        await race()  # the payment, too: now they wait for that as well

async def at_once(request) -> None:
    await asyncio.gather(*(request() for _ in range(5)))

for way in (race, no_await, async_lock, held_across):
    sold, lock, start = 0, asyncio.Lock(), time.perf_counter()
    asyncio.run(at_once(way))
    took = time.perf_counter() - start
    print(f"{way.__name__:<11} {took:.3f} s, {sold} of 5 counted")
