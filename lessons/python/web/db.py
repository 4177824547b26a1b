"""Queries to SQLite. aiosqlite, SQLAlchemy and Tortoise ORM: python db.py --queries 4

Both libraries run SQLite on threads, one for each connection: SQLite itself is not async, so no ORM
makes it faster than its connections. For PostgreSQL, asyncpg speaks to the server without threads
(SQLAlchemy: postgresql+asyncpg://). `databases`, which older tutorials use, is archived.
"""

import asyncio
import sqlite3
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiosqlite
from demo import Output, Seconds, main, track
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine


@dataclass
class Knobs:
    queries: int = 4  # how many
    latency: Seconds = 0.2  # how long each waits inside SQLite
    connections: int = 4  # how many the pool has


SELECT = "SELECT name, pause(:pause) FROM items WHERE id = :id"
INSERT = "INSERT INTO sales (item) VALUES (:id) RETURNING (SELECT name FROM items WHERE id = item)"


@dataclass
class Stage:
    file: Path
    engine: AsyncEngine
    pooled: list[aiosqlite.Connection]

    @property
    def one(self) -> aiosqlite.Connection:
        return self.pooled[0]


async def fetch(db: aiosqlite.Connection, number: int, pause: float) -> str:
    async with db.execute(SELECT, {"id": number, "pause": pause}) as rows:
        return (await rows.fetchone())[0]


async def blocking(knobs: Knobs, stage: Stage) -> list[str]:
    async def query(number: int) -> str:
        # No await in here: until SQLite answers, the event loop stands still.
        return database.execute(SELECT, {"id": number, "pause": knobs.latency}).fetchone()[0]

    database = sqlite3.connect(stage.file)
    database.create_function("pause", 1, time.sleep)
    return [await track(f"query {number}", query(number)) for number in numbers(knobs)]


async def sequential(knobs: Knobs, stage: Stage) -> list[str]:
    return [
        await track(f"query {number}", fetch(stage.one, number, knobs.latency))
        for number in numbers(knobs)
    ]


async def one_connection(knobs: Knobs, stage: Stage) -> list[str]:
    # All are on their way at once, to one thread, where they queue.
    return await asyncio.gather(
        *(
            track(f"query {number}", fetch(stage.one, number, knobs.latency))
            for number in numbers(knobs)
        )
    )


async def pool(knobs: Knobs, stage: Stage) -> list[str]:
    # A session for each, as FastAPI's dependency makes one for each request. One session in a
    # gather raises: it is one conversation with the database.
    async def query(number: int) -> str:
        async with Session() as session:
            await session.connection()  # its lane begins when a connection is free
            return await track(f"query {number}", read(session, number))

    async def read(session: AsyncSession, number: int) -> str:
        return await session.scalar(text(SELECT), {"id": number, "pause": knobs.latency})

    Session = async_sessionmaker(stage.engine)
    return await asyncio.gather(*(query(number) for number in numbers(knobs)))


async def writers(knobs: Knobs, stage: Stage) -> Output:
    free: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
    for connection in stage.pooled:
        free.put_nowait(connection)

    async def query(number: int) -> str:
        connection = await free.get()
        try:
            return await track(f"insert {number}", insert(connection, number))
        finally:
            free.put_nowait(connection)

    async def insert(db: aiosqlite.Connection, number: int) -> str:
        # IMMEDIATE takes SQLite's one write lock at once, and waits while another has it.
        await db.execute("BEGIN IMMEDIATE")
        async with db.execute(INSERT, {"id": number}) as rows:
            name = (await rows.fetchone())[0]
        await db.execute("SELECT pause(?)", (knobs.latency,))
        await db.commit()
        return name

    names = await asyncio.gather(*(query(number) for number in numbers(knobs)))
    with sqlite3.connect(stage.file) as database:
        found = database.execute("SELECT count(*) FROM sales").fetchone()[0]
    return Output(
        names, rows_before_count=0, rows_expected_count=knobs.queries, rows_found_count=found
    )


def numbers(knobs: Knobs) -> range:
    return range(1, knobs.queries + 1)


@asynccontextmanager
async def stage(knobs: Knobs):
    """As a lifespan: the connections are opened before the first request and closed after the last."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "shop.db")
        with sqlite3.connect(file) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)")
            database.execute("CREATE TABLE sales (id INTEGER PRIMARY KEY, item INTEGER)")
            items = ((number, f"item {number}") for number in numbers(knobs))
            database.executemany("INSERT INTO items VALUES (?, ?)", items)
        database.close()
        async with AsyncExitStack() as stack:
            pooled = [
                await stack.enter_async_context(
                    aiosqlite.connect(file, isolation_level=None, timeout=60)
                )
                for _ in range(knobs.connections)
            ]
            for connection in pooled:
                await connection.create_function("pause", 1, time.sleep)
            engine = create_async_engine(
                f"sqlite+aiosqlite:///{file}", pool_size=knobs.connections, max_overflow=0
            )
            stack.push_async_callback(engine.dispose)

            @event.listens_for(engine.sync_engine, "connect")
            def connected(connection, _) -> None:
                connection.create_function("pause", 1, time.sleep)

            # All of its connections, open.
            opened = [await engine.connect() for _ in range(knobs.connections)]
            for connection in opened:
                await connection.close()
            yield Stage(file, engine, pooled)


if __name__ == "__main__":
    main(Knobs, blocking, sequential, one_connection, pool, writers, stage=stage)
