"""Computing beside an event loop. Standard library: python cpu-bound.py"""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def compute(piece: int) -> int:
    number = piece
    for _ in range(2_000_000):  # about 0.1 s, and no await in it
        number = number * 48271 % 2147483647
    return number


async def sequential() -> list[int]:
    return [compute(piece) for piece in range(1, 5)]


async def gathered() -> list[int]:
    async def one(piece: int) -> int:
        return compute(piece)
    return await asyncio.gather(*map(one, range(1, 5)))  # on one thread


async def executed(pool) -> list[int]:
    with pool:
        loop = asyncio.get_running_loop()
        calls = [loop.run_in_executor(pool, compute, n) for n in range(1, 5)]
        return await asyncio.gather(*calls)


if __name__ == "__main__":  # each process of the pool imports this file
    for name, way in (("sequential", sequential), ("gather", gathered),
        ("2 threads, one GIL", lambda: executed(ThreadPoolExecutor(2))),
        ("2 processes", lambda: executed(ProcessPoolExecutor(2)))):
        start = time.perf_counter()
        hashes = asyncio.run(way())
        print(f"{name:<19} {time.perf_counter() - start:.3f} s  {hashes[0]}")
