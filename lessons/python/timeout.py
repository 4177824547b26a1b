"""Stopping work that takes too long. Standard library: python timeout.py"""

import asyncio
import sqlite3
import tempfile
import time
from dataclasses import dataclass, field

from demo import Output, Seconds, main, track

GAVE_UP = "gave up"


@dataclass
class Knobs:
    work: Seconds = 1.0  # how long the work takes
    deadline: Seconds = 0.3  # when it is stopped
    cleanup: Seconds = 0.1  # how long cancel_token cleans up


@dataclass
class Job:
    """Keeps book of some work, even where nobody waits for it."""

    start: float = field(default_factory=time.perf_counter)
    begun: int = 0
    cleanups: int = 0
    awaited_cleanups: int = 0
    finished: list[float] = field(default_factory=list)

    def output(self, answer: str) -> Output:
        """Counted at the end of all: a thread may have gone on."""
        return Output(
            answer,
            begun_count=lambda: self.begun,
            cleanups_count=lambda: self.cleanups,
            awaited_cleanups_count=lambda: self.awaited_cleanups or None,
            finished_count=lambda: len(self.finished[:1]),
            finished_after_s=lambda: next(iter(self.finished), None),
        )


async def work(job: Job, time_: float) -> str:
    job.begun += 1
    try:
        await asyncio.sleep(time_)
        job.finished.append(time.perf_counter() - job.start)
        return "an answer"
    finally:  # when cancelled, too. It may await, which Rust's Drop cannot
        job.cleanups += 1


def blocking_work(job: Job, time_: float) -> str:
    job.begun += 1
    time.sleep(time_)  # no await: nothing can stop it here
    job.finished.append(time.perf_counter() - job.start)
    job.cleanups += 1
    return "an answer"


async def timeout_async(knobs: Knobs) -> Output:
    job, answer = Job(), GAVE_UP
    try:
        async with asyncio.timeout(knobs.deadline):
            answer = await track("work", work(job, knobs.work))
    except TimeoutError:
        pass
    return job.output(answer)


async def timeout_blocking(knobs: Knobs) -> Output:
    async def blocking() -> str:
        return blocking_work(job, knobs.work)

    job, answer = Job(), GAVE_UP
    try:
        async with asyncio.timeout(knobs.deadline):
            answer = await track("work", blocking())
    except TimeoutError:
        pass
    return job.output(answer)


async def select(knobs: Knobs) -> Output:
    job = Job()
    near = track("near server", work(job, knobs.deadline))
    far = track("far server", work(job, knobs.work))
    done, slower = await asyncio.wait(
        [asyncio.create_task(near), asyncio.create_task(far)],
        return_when=asyncio.FIRST_COMPLETED,
    )
    for task in slower:
        task.cancel()  # wait() cancels nothing: it would go on
    await asyncio.gather(*slower, return_exceptions=True)
    return job.output(done.pop().result())


async def abort(knobs: Knobs) -> Output:
    async def computing() -> str:
        time.sleep(knobs.deadline * 1.5)  # no await: it cannot end here
        return await work(job, knobs.work)

    job = Job()
    waits = asyncio.create_task(track("waits", work(job, knobs.work)))
    computes = asyncio.create_task(track("computes", computing()))
    await asyncio.sleep(knobs.deadline)
    waits.cancel()
    computes.cancel()
    # cancel() only asks. Who wants to know that a task has ended awaits it.
    await asyncio.gather(waits, computes, return_exceptions=True)
    return job.output(GAVE_UP if waits.cancelled() else waits.result())


async def abort_blocking(knobs: Knobs) -> Output:
    job, answer = Job(), GAVE_UP
    try:
        # The timeout ends the waiting, not the work: a thread is at it.
        async with asyncio.timeout(knobs.deadline):
            working = asyncio.to_thread(blocking_work, job, knobs.work)
            answer = await track("work", working)
    except TimeoutError:
        pass
    return job.output(answer)


async def cancel_token(knobs: Knobs) -> Output:
    async def working() -> str:
        try:
            return await work(job, knobs.work)
        except asyncio.CancelledError:
            # Stands for telling another server.
            await asyncio.sleep(knobs.cleanup)
            job.awaited_cleanups += 1
            raise

    job = Job()
    task = asyncio.create_task(track("work", working()))
    await asyncio.wait({task}, timeout=knobs.deadline)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return job.output(GAVE_UP if task.cancelled() else task.result())


async def half_done(knobs: Knobs) -> Output:
    def insert(database: sqlite3.Connection, item: int) -> None:
        database.execute("INSERT INTO sales (item) VALUES (?)", (item,))

    async def order(database: sqlite3.Connection) -> None:
        """Two rows that belong together, and a slow call between them."""
        insert(database, 1)
        await asyncio.sleep(knobs.work)
        insert(database, 2)

    async def in_transaction(database: sqlite3.Connection) -> None:
        database.execute("BEGIN IMMEDIATE")
        with database:  # commits; left by an exception, it rolls back
            await order(database)

    def rows() -> int:
        return books.execute("SELECT count(*) FROM sales").fetchone()[0]

    with tempfile.TemporaryDirectory() as folder:
        # Each statement commits by itself, unless a transaction is open.
        books, one, two = (
            sqlite3.connect(f"{folder}/shop.db", isolation_level=None)
            for _ in range(3)
        )
        books.execute("CREATE TABLE sales (item INTEGER)")
        try:
            async with asyncio.timeout(knobs.deadline):
                await track("order", order(one))
        except TimeoutError:
            pass
        left = rows()
        try:
            async with asyncio.timeout(knobs.deadline):
                await track("in a transaction", in_transaction(two))
        except TimeoutError:
            pass
        left_in_transaction = rows() - left
        for database in (books, one, two):
            database.close()
    return Output(
        [left, left_in_transaction],
        rows_of_an_order_count=2,
        rows_left_count=left,
        rows_left_in_transaction_count=left_in_transaction,
    )


if __name__ == "__main__":
    main(
        Knobs,
        timeout_async,
        timeout_blocking,
        select,
        abort,
        abort_blocking,
        cancel_token,
        half_done,
    )
