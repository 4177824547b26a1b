"""Work that waits its turn. Standard library: python work-queue.py"""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass

from demo import Output, Seconds, main, track


@dataclass
class Knobs:
    jobs: int = 10
    job_time: Seconds = 0.15  # how long each job takes
    every: Seconds = 0.02  # how long the producer waits between two jobs
    capacity: int = 3  # how many jobs may wait in a bounded queue
    workers: int = 3  # how many jobs run at once
    patience: Seconds = 0.75  # how long a client waits, below in overload


@dataclass
class Job:
    id: int
    body: bytes  # as an upload would have one


async def work(job: Job, time_: float) -> int:
    await asyncio.sleep(time_)  # slow work
    return sum(job.body)


class Meter:
    """Counts what waits, and how long."""

    def __init__(self) -> None:
        self.waiting: dict[int, tuple[float, int]] = {}
        self.most = self.most_bytes = 0
        self.longest = 0.0
        self.producer_waited: float | None = None

    def came(self, job: Job) -> None:
        self.waiting[job.id] = (time.perf_counter(), len(job.body))
        self.most = max(self.most, len(self.waiting))
        in_memory = sum(size for _, size in self.waiting.values())
        self.most_bytes = max(self.most_bytes, in_memory)

    def begun(self, job: Job) -> None:
        since, _ = self.waiting.pop(job.id)
        self.longest = max(self.longest, time.perf_counter() - since)

    async def waited(self, place: Awaitable[None]) -> None:
        start = time.perf_counter()
        await place
        waited = time.perf_counter() - start
        self.producer_waited = (self.producer_waited or 0.0) + waited

    def output(self, results: dict[int, int]) -> Output:
        return Output(
            [results[id] for id in sorted(results)],
            queue_depth_count=self.most,
            queue_memory_bytes=self.most_bytes,
            longest_delay_s=self.longest,
            producer_waited_s=self.producer_waited,
        )


async def make(knobs: Knobs, number: int) -> Job:
    if number > 1:
        await asyncio.sleep(knobs.every)
    body = (place * number % 251 for place in range(16 * 1024))
    return Job(number, bytes(body))


async def produce(knobs: Knobs, queue: asyncio.Queue, meter: Meter) -> None:
    for number in range(1, knobs.jobs + 1):
        job = await make(knobs, number)
        if queue.maxsize:
            # Where the queue is full, the producer waits here: backpressure.
            await meter.waited(queue.put(job))
        else:
            queue.put_nowait(job)  # at once, however many wait already
        meter.came(job)


async def through(queue: asyncio.Queue, workers: int, knobs: Knobs) -> Output:
    async def worker() -> None:
        while True:
            job = await queue.get()
            meter.begun(job)
            working = work(job, knobs.job_time)
            results[job.id] = await track(f"job {job.id}", working)
            queue.task_done()

    meter, results = Meter(), {}
    tasks = [asyncio.create_task(worker()) for _ in range(workers)]
    await track("producer", produce(knobs, queue, meter))
    await queue.join()
    for task in tasks:
        task.cancel()
    return meter.output(results)


async def unbounded(knobs: Knobs) -> Output:
    return await through(asyncio.Queue(), 1, knobs)


async def bounded(knobs: Knobs) -> Output:
    return await through(asyncio.Queue(knobs.capacity), 1, knobs)


async def workers(knobs: Knobs) -> Output:
    return await through(asyncio.Queue(knobs.capacity), knobs.workers, knobs)


async def semaphore(knobs: Knobs) -> Output:
    async def one(job: Job) -> None:
        async with permits:
            meter.begun(job)
            working = work(job, knobs.job_time)
            results[job.id] = await track(f"job {job.id}", working)

    async def produce_tasks() -> None:
        for number in range(1, knobs.jobs + 1):
            job = await make(knobs, number)
            meter.came(job)
            # The tasks are the queue, and nothing limits how many wait.
            tasks.append(asyncio.create_task(one(job)))

    permits, meter = asyncio.Semaphore(knobs.workers), Meter()
    results, tasks = {}, []
    await track("producer", produce_tasks())
    await asyncio.gather(*tasks)
    return meter.output(results)


class Served:
    """Counts the requests of clients that do not wait for ever."""

    def __init__(self) -> None:
        self.waiting = self.most = self.jobs = self.for_nobody = 0

    def queued(self) -> None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)

    def begun(self) -> None:
        self.waiting -= 1

    def done(self, for_somebody: bool) -> None:
        self.jobs += 1
        self.for_nobody += not for_somebody

    def output(self, told: list[bool | None]) -> Output:
        """Of each client, whether it had an answer in time. None: refused."""
        return Output(
            told.count(True),
            requests_count=len(told),
            in_time_count=told.count(True),
            refused_count=told.count(None),
            jobs_count=self.jobs,
            jobs_for_nobody_count=self.for_nobody,
            queue_depth_count=self.most,
        )


async def answered(answer: asyncio.Future, label: str, knobs: Knobs) -> bool:
    try:
        async with asyncio.timeout(knobs.patience):
            await track(label, answer)
        return True
    except TimeoutError:
        return False  # `answer` is cancelled; the work is not


async def one_worker(client, queue: asyncio.Queue, knobs: Knobs) -> Output:
    """Clients, one every so often, and a worker that answers them."""

    async def arriving(number: int) -> bool | None:
        await asyncio.sleep(knobs.every * (number - 1))
        return await client(number, served)

    async def worker() -> None:
        while True:
            number, answer = await queue.get()
            served.begun()
            working = asyncio.sleep(knobs.job_time)
            await track(f"job {number}", working)
            # Where the client has given up, the work is done all the same.
            served.done(for_somebody=not answer.done())
            if not answer.done():
                answer.set_result("an answer")
            queue.task_done()

    served, working = Served(), asyncio.create_task(worker())
    numbers = range(1, knobs.jobs + 1)
    told = await asyncio.gather(*(arriving(number) for number in numbers))
    await queue.join()
    working.cancel()
    return served.output(told)


async def overload(knobs: Knobs) -> Output:
    async def client(number: int, served: Served) -> bool:
        answer = asyncio.get_running_loop().create_future()
        served.queued()
        queue.put_nowait((number, answer))
        return await answered(answer, f"client {number}", knobs)

    queue = asyncio.Queue()  # no limit: each request is let in
    return await one_worker(client, queue, knobs)


async def shed(knobs: Knobs) -> Output:
    async def client(number: int, served: Served) -> bool | None:
        answer = asyncio.get_running_loop().create_future()
        try:
            queue.put_nowait((number, answer))
        except asyncio.QueueFull:
            return None  # at once: 503 Service Unavailable
        served.queued()
        return await answered(answer, f"client {number}", knobs)

    queue = asyncio.Queue(knobs.capacity)
    return await one_worker(client, queue, knobs)


async def retry_storm(knobs: Knobs) -> Output:
    async def client(number: int, served: Served) -> bool:
        for attempt in range(1, TRIES + 1):
            answer = asyncio.get_running_loop().create_future()
            served.queued()
            queue.put_nowait((number, answer))
            label = f"client {number}, try {attempt}"
            if await answered(answer, label, knobs):
                return True
            # It asks again, and what it asked before is still queued.
        return False

    queue = asyncio.Queue()
    return await one_worker(client, queue, knobs)


TRIES = 3  # how often a client of retry_storm asks


if __name__ == "__main__":
    main(
        Knobs,
        unbounded,
        bounded,
        workers,
        semaphore,
        overload,
        shed,
        retry_storm,
    )
