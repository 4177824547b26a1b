"""Three kinds of route, and who else waits: python routes.py --clients 20

Needs FastAPI and uvicorn.
"""

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio.to_thread
import uvicorn
from demo import Output, Seconds, main, track
from fastapi import FastAPI
from others import started


@dataclass
class Knobs:
    clients: int = 20  # how many ask at once, one request each
    latency: Seconds = 0.2  # how long the route's query takes
    pool: int = 40  # how many threads plain `def` routes may use


async def query(item: int, latency: float) -> str:
    await asyncio.sleep(latency)  # an async driver: the event loop is free
    return f"item {item}"


def blocking_query(item: int, latency: float) -> str:
    time.sleep(latency)  # a driver that knows nothing of async
    return f"item {item}"


def service(knobs: Knobs) -> FastAPI:
    app = FastAPI()

    @app.get("/ping")
    async def ping() -> str:
        return "pong"

    @app.get("/async/{item}")
    async def by_async(item: int) -> str:
        return await query(item, knobs.latency)

    @app.get("/blocking/{item}")
    async def by_blocking(item: int) -> str:
        return blocking_query(
            item, knobs.latency
        )  # no await: all others wait

    @app.get("/offloaded/{item}")
    def by_offloaded(
        item: int,
    ) -> str:  # a plain `def`: on one of AnyIO's threads
        return blocking_query(item, knobs.latency)

    return app


async def async_route(knobs: Knobs, crowd) -> Output:
    return answered(await crowd.ask("/async"))


async def blocking_route(knobs: Knobs, crowd) -> Output:
    return answered(await crowd.ask("/blocking"))


async def offloaded_route(knobs: Knobs, crowd) -> Output:
    # 40, unless this is set.
    anyio.to_thread.current_default_thread_limiter().total_tokens = knobs.pool
    return answered(await crowd.ask("/offloaded"))


def in_lanes(app: FastAPI):
    """ASGI middleware: each request for an item is a lane."""

    async def watched(scope, receive, send) -> None:
        answering = app(scope, receive, send)
        item = scope.get("path", "").rpartition("/")[2]
        if item.isdigit():
            answering = track(f"GET item {item}", answering)
        await answering

    return watched


@asynccontextmanager
async def serving(app: FastAPI):
    """`uvicorn routes:app`, in this event loop. Yields the port."""
    config = uvicorn.Config(
        in_lanes(app),
        lifespan="off",
        port=0,
        backlog=2048,
        log_level="warning",
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


@asynccontextmanager
async def stage(knobs: Knobs):
    async with serving(service(knobs)) as port, started(
        "crowd", port, knobs.clients
    ) as crowd:
        yield crowd


def answered(told) -> Output:
    answers, longest_ping = told
    latencies = sorted(latency for _, latency in answers)
    return Output(
        [body for body, _ in answers],
        latency_p50_s=latencies[len(latencies) // 2],
        latency_max_s=latencies[-1],
        ping_longest_wait_s=longest_ping,
        requests_per_second=len(answers) / latencies[-1],
    )


if __name__ == "__main__":
    main(Knobs, async_route, blocking_route, offloaded_route, stage=stage)
