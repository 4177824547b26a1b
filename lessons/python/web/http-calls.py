"""Many requests to one server. httpx: python http-calls.py --requests 10"""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from demo import Output, Seconds, main, track
from others import started


@dataclass
class Knobs:
    requests: int = 10  # how many
    latency: Seconds = 0.2  # how long the server waits before each answer
    limit: int = 3  # how many at once in `limited`
    timeout: Seconds = (
        15.0  # how long one may take, and wait for a connection
    )
    url: str | None = None  # a server of your own


@dataclass
class Stage:
    urls: list[str]
    client: httpx.AsyncClient
    blocking_client: httpx.Client
    server: object
    before: int = 0  # connections

    async def output(self, answers: list) -> Output:
        """What came back, and of what failed the exception's name."""
        told = [
            answer if isinstance(answer, str) else type(answer).__name__
            for answer in answers
        ]
        if not any(isinstance(answer, str) for answer in answers):
            raise answers[0]
        opened = (
            await self.server.ask() - self.before if self.server else None
        )
        return Output(told, connections_opened_count=opened)


async def fetch(client: httpx.AsyncClient, url: str) -> str:
    answer = await client.get(url)
    answer.raise_for_status()
    return answer.text


async def attempt(number: int, fetching) -> str | httpx.HTTPError:
    try:
        return await track(f"request {number}", fetching)
    except httpx.HTTPError as error:
        return error  # httpx.PoolTimeout: no connection was free in time


async def blocking(knobs: Knobs, stage: Stage) -> Output:
    async def fetch_blocking(client: httpx.Client, url: str) -> str:
        return (
            client.get(url).raise_for_status().text
        )  # no await: all others wait

    answers = [
        await attempt(number, fetch_blocking(stage.blocking_client, url))
        for number, url in enumerate(stage.urls, 1)
    ]
    return await stage.output(answers)


async def sequential(knobs: Knobs, stage: Stage) -> Output:
    answers = [
        await attempt(number, fetch(stage.client, url))
        for number, url in enumerate(stage.urls, 1)
    ]
    return await stage.output(answers)


async def concurrent(knobs: Knobs, stage: Stage) -> Output:
    # A client has at most 100 connections, unless it is given other Limits.
    # Who waits longer than its timeout for one gets a PoolTimeout.
    answers = await asyncio.gather(
        *(
            attempt(number, fetch(stage.client, url))
            for number, url in enumerate(stage.urls, 1)
        )
    )
    return await stage.output(answers)


async def limited(knobs: Knobs, stage: Stage) -> Output:
    limit = asyncio.Semaphore(knobs.limit)

    async def one(number: int, url: str) -> str | httpx.HTTPError:
        async with limit:
            return await attempt(number, fetch(stage.client, url))

    answers = await asyncio.gather(
        *(one(*request) for request in enumerate(stage.urls, 1))
    )
    return await stage.output(answers)


async def new_client_each(knobs: Knobs, stage: Stage) -> Output:
    async def fetch_alone(url: str) -> str:
        # It reads this machine's certificates again, and connects anew.
        async with httpx.AsyncClient(
            timeout=knobs.timeout, trust_env=False
        ) as client:
            return await fetch(client, url)

    answers = [
        await attempt(number, fetch_alone(url))
        for number, url in enumerate(stage.urls, 1)
    ]
    return await stage.output(answers)


@asynccontextmanager
async def stage(knobs: Knobs):
    async with httpx.AsyncClient(
        timeout=knobs.timeout, trust_env=False
    ) as client:
        blocking_client = httpx.Client(timeout=knobs.timeout, trust_env=False)
        if knobs.url:
            yield Stage(
                [knobs.url] * knobs.requests, client, blocking_client, None
            )
            return
        async with started("service", float(knobs.latency)) as server:
            url = f"http://127.0.0.1:{server.ready}/items"
            # The first request of a program loads much; those clients'
            # connections do not count.
            async with httpx.AsyncClient(trust_env=False) as other:
                await other.get(f"{url}/warm-up")
            with httpx.Client(trust_env=False) as other:
                other.get(f"{url}/warm-up")
            before = await server.ask()
            urls = [
                f"{url}/{number}" for number in range(1, knobs.requests + 1)
            ]
            yield Stage(urls, client, blocking_client, server, before)


if __name__ == "__main__":
    main(
        Knobs,
        blocking,
        sequential,
        concurrent,
        limited,
        new_client_each,
        stage=stage,
    )
