"""Computing beside an event loop. Standard library: python cpu-bound.py"""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from demo import Output, Seconds, main, track

CHUNK = 0.002  # how long chunked computes between two turns for others


@dataclass
class Knobs:
    work: Seconds = 0.3  # roughly how long one piece takes one thread
    pieces: int = 4
    workers: int = 2  # processes, in rayon


def compute(number: int, rounds: int) -> int:
    for _ in range(rounds):  # no await in it, and nothing to wait for
        number = number * 48271 % 2147483647
    return number


def timed(rounds: int) -> float:
    start = time.perf_counter()
    compute(1, rounds)
    return time.perf_counter() - start


@dataclass
class Bench:
    pieces: range
    rounds: int  # of one piece
    pool: ProcessPoolExecutor
    alone: float  # what one piece took one thread, just before

    def output(self, results: list[int]) -> Output:
        return Output(results, piece_alone_s=self.alone)


@asynccontextmanager
async def stage(knobs: Knobs) -> AsyncIterator[Bench]:
    trial = 200_000
    rounds = int(trial * knobs.work / min(timed(trial) for _ in range(3)))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(knobs.workers, mp_context=spawn) as pool:
        # A process takes a while to start: before the clock does.
        list(pool.map(timed, [trial // 4] * knobs.workers * 2))
        alone = timed(rounds // 4) * 4
        yield Bench(range(1, knobs.pieces + 1), rounds, pool, alone)


async def piece(number: int, rounds: int) -> int:
    return compute(number, rounds)


async def sequential(knobs: Knobs, bench: Bench) -> Output:
    results = []
    for number in bench.pieces:
        computing = piece(number, bench.rounds)
        results.append(await track(f"piece {number}", computing))
    return bench.output(results)


async def join(knobs: Knobs, bench: Bench) -> Output:
    # One thread polls all of them, and no poll ends before its piece does.
    computing = (
        track(f"piece {number}", piece(number, bench.rounds))
        for number in bench.pieces
    )
    return bench.output(await asyncio.gather(*computing))


async def spawned(knobs: Knobs, bench: Bench) -> Output:
    # A task is no thread: the event loop runs all of them on its own.
    tasks = []
    for number in bench.pieces:
        computing = track(f"piece {number}", piece(number, bench.rounds))
        tasks.append(asyncio.create_task(computing))
    return bench.output([await task for task in tasks])


async def spawn_blocking(knobs: Knobs, bench: Bench) -> Output:
    # A thread each, and one GIL: one thread at a time runs Python.
    computing = (
        track(f"piece {n}", asyncio.to_thread(compute, n, bench.rounds))
        for n in bench.pieces
    )
    return bench.output(await asyncio.gather(*computing))


async def rayon(knobs: Knobs, bench: Bench) -> Output:
    # Each process has an interpreter and a GIL of its own.
    loop = asyncio.get_running_loop()
    computing = []
    for number in bench.pieces:
        call = loop.run_in_executor(bench.pool, compute, number, bench.rounds)
        computing.append(track(f"piece {number}", call))
    return bench.output(await asyncio.gather(*computing))


async def chunked(knobs: Knobs, bench: Bench) -> Output:
    chunk = max(1, int(bench.rounds * CHUNK / knobs.work))

    async def in_chunks(number: int) -> int:
        for done in range(0, bench.rounds, chunk):
            number = compute(number, min(chunk, bench.rounds - done))
            await asyncio.sleep(0)  # now it is the others' turn
        return number

    results = []
    for number in bench.pieces:
        results.append(await track(f"piece {number}", in_chunks(number)))
    return bench.output(results)


if __name__ == "__main__":  # each process of the pool imports this file
    main(
        Knobs,
        sequential,
        join,
        spawned,
        spawn_blocking,
        rayon,
        chunked,
        stage=stage,
    )
