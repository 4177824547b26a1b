"""A pool that is made before the first request: python -m uvicorn shop:app

FastAPI with SQLAlchemy: a pool for the app, made in its lifespan, and a
session for each request. SHOP names the file of the database.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{os.environ.get('SHOP', 'shop.db')}",
        pool_size=int(os.environ.get("SHOP_POOL", "5")),
    )

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection, _) -> None:
        connection.create_function("pause", 1, time.sleep)

    app.state.sessions = async_sessionmaker(engine)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


@app.get("/pause/{seconds}")
async def pause(
    seconds: float, session: Annotated[AsyncSession, Depends(session)]
) -> float:
    # A query that takes so long. Others run on other connections meanwhile.
    await session.scalar(text("SELECT pause(:pause)"), {"pause": seconds})
    return seconds


async def at_once(file, pool: int, requests: int, seconds: float) -> float:
    """How long so many requests at once take, under uvicorn in this loop."""
    import httpx
    import uvicorn

    os.environ.update(SHOP=str(file), SHOP_POOL=str(pool))
    config = uvicorn.Config(app, port=0, log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/pause"
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        # Each connection is opened first.
        first = (client.get(f"{url}/0.01") for _ in range(requests))
        await asyncio.gather(*first)
        start = time.perf_counter()
        asked = (client.get(f"{url}/{seconds}") for _ in range(requests))
        for answer in await asyncio.gather(*asked):
            answer.raise_for_status()
        took = time.perf_counter() - start
    server.should_exit = True
    await serving
    return took
