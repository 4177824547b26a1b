"""Queries to SQLite: python db.py --queries 4

Needs aiosqlite and SQLAlchemy. Both run SQLite on threads, one for each
connection: SQLite itself is not async, so no ORM makes it faster than its
connections. Tortoise ORM has one connection to it. For PostgreSQL, asyncpg
speaks to the server without threads (SQLAlchemy: postgresql+asyncpg://).
`databases`, which older tutorials use, is archived.
"""

import asyncio
import sqlite3
import tempfile
import time
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path

import aiosqlite
from demo import File, Output, Seconds, main, track
from sqlalchemy import event, text
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)


@dataclass
class Knobs:
    queries: int = 4  # how many
    latency: Seconds = 0.2  # how long each waits inside SQLite
    connections: int = 4  # how many the pool has
    pool_timeout: Seconds = 0.5  # how long one waits for a second connection
    database: File | None = None  # asyncdemo's own, kept; else a new one

    @property
    def half(self) -> int:
        return min(self.connections, max(self.queries // 2, 1))

    @property
    def one_each(self) -> int:
        return min(self.connections, self.queries)


SELECT = "SELECT name, pause(:pause) FROM items WHERE id = :id"
INSERT = """INSERT INTO sales (item) VALUES (:id)
            RETURNING (SELECT name FROM items WHERE id = item)"""


@dataclass
class Stage:
    file: Path
    engine: AsyncEngine
    half: AsyncEngine  # too few connections for the queries
    one_each: AsyncEngine  # too few for requests that want two
    pooled: list[aiosqlite.Connection]
    sales: int  # how many were there before

    @property
    def one(self) -> aiosqlite.Connection:
        return self.pooled[0]


async def fetch(db: aiosqlite.Connection, number: int, pause: float) -> str:
    async with db.execute(SELECT, {"id": number, "pause": pause}) as rows:
        return (await rows.fetchone())[0]


async def blocking(knobs: Knobs, stage: Stage) -> list[str]:
    async def query(number: int) -> str:
        # No await in here: until SQLite answers, the event loop stands still.
        return database.execute(
            SELECT, {"id": number, "pause": knobs.latency}
        ).fetchone()[0]

    database = sqlite3.connect(stage.file)
    database.create_function("pause", 1, time.sleep)
    return [
        await track(f"query {number}", query(number))
        for number in numbers(knobs)
    ]


async def sequential(knobs: Knobs, stage: Stage) -> list[str]:
    return [
        await track(
            f"query {number}", fetch(stage.one, number, knobs.latency)
        )
        for number in numbers(knobs)
    ]


async def one_connection(knobs: Knobs, stage: Stage) -> Output:
    # All are on their way at once, to one thread, where they queue.
    names = await asyncio.gather(
        *(
            track(f"query {number}", fetch(stage.one, number, knobs.latency))
            for number in numbers(knobs)
        )
    )
    return Output(names, **in_orms(knobs, stage.file))


def in_orms(knobs: Knobs, file: Path) -> dict:
    """What SQLAlchemy and Tortoise ORM make of one connection: tried after
    the strategy, in orms.py.
    """
    same = file, knobs.queries, knobs.latency
    took = [None, None]

    async def refused() -> int | None:
        with suppress(ImportError):  # where Tortoise ORM is not there
            from orms import refused_by_one_session

            return await refused_by_one_session(*same)

    async def alone() -> float | None:
        with suppress(ImportError):
            from orms import tortoise

            took[:] = await tortoise(*same)
        return took[0]

    return {
        "session_refused_count": refused,
        "tortoise_alone_s": alone,
        "tortoise_at_once_s": lambda: took[1],
    }


async def pool(knobs: Knobs, stage: Stage) -> Output:
    # A session for each, as FastAPI's dependency makes one for each request.
    # One session in a gather raises: it is one conversation with the
    # database.
    async def query(number: int) -> str:
        async with Session() as session:
            # Its lane begins when a connection is free.
            await session.connection()
            return await track(
                f"query {number}", read(session, number, knobs.latency)
            )

    Session = async_sessionmaker(stage.engine)
    names = await asyncio.gather(
        *(query(number) for number in numbers(knobs))
    )
    return Output(names, **in_fastapi(knobs, stage.file))


def in_fastapi(knobs: Knobs, file: Path) -> dict:
    """Such a pool behind a route: tried after the strategy, in shop.py."""

    async def at_once() -> float | None:
        with suppress(ImportError):  # where FastAPI is not there
            from shop import at_once

            return await at_once(
                file, knobs.connections, knobs.queries, float(knobs.latency)
            )

    return {"route_at_once_s": at_once}


async def read(session: AsyncSession, number: int, pause: float) -> str:
    return await session.scalar(text(SELECT), {"id": number, "pause": pause})


async def exhausted(knobs: Knobs, stage: Stage) -> Output:
    async def query(number: int) -> str:
        async with Session() as session:
            with waits.measured():
                # Where none is free, it waits here.
                await session.connection()
            return await read(session, number, knobs.latency)

    Session, waits = async_sessionmaker(stage.half), Waits()
    names = await asyncio.gather(
        *(
            track(f"query {number}", query(number))
            for number in numbers(knobs)
        )
    )
    return Output(names, longest_wait_for_connection_s=waits.longest)


async def self_deadlock(knobs: Knobs, stage: Stage) -> Output:
    async def request(number: int) -> str | None:
        try:
            async with Session() as first:
                await read(first, number, knobs.latency)
                # It keeps `first` while it waits, and so do all the others.
                async with Session() as second:
                    with waits.measured():
                        await second.connection()
                    return await read(second, number, knobs.latency)
        except NoConnection:  # QueuePool limit of size 4 overflow 0 reached
            return None

    Session, waits = async_sessionmaker(stage.one_each), Waits()
    names = await asyncio.gather(
        *(
            track(f"request {number}", request(number))
            for number in numbers(knobs)
        )
    )
    return Output(
        names,
        gave_up_count=names.count(None),
        longest_wait_for_connection_s=waits.longest,
    )


class Waits:
    longest = 0.0

    @contextmanager
    def measured(self):
        start = time.perf_counter()
        try:
            yield
        finally:
            self.longest = max(self.longest, time.perf_counter() - start)


async def deferred(knobs: Knobs, stage: Stage) -> Output:
    async def write(number: int) -> str | None:
        async with free.connection() as connection:
            try:
                return await track(
                    f"insert {number}", read_and_insert(connection, number)
                )
            except sqlite3.OperationalError:  # database is locked
                await connection.rollback()
                return None

    async def read_and_insert(db: aiosqlite.Connection, number: int) -> str:
        # BEGIN takes no lock: the INSERT asks for it. Another has written
        # since it read: it fails.
        await db.execute("BEGIN")
        name = await fetch(db, number, knobs.latency)
        await db.execute("INSERT INTO sales (item) VALUES (?)", (number,))
        await db.commit()
        return name

    free = Free(stage.pooled)
    names = await asyncio.gather(
        *(write(number) for number in numbers(knobs))
    )
    return Output(names, locked_count=names.count(None))


async def writers(knobs: Knobs, stage: Stage) -> Output:
    async def query(number: int) -> str:
        async with free.connection() as connection:
            return await track(f"insert {number}", insert(connection, number))

    async def insert(db: aiosqlite.Connection, number: int) -> str:
        # IMMEDIATE takes SQLite's one write lock at once, and waits while
        # another has it.
        await db.execute("BEGIN IMMEDIATE")
        async with db.execute(INSERT, {"id": number}) as rows:
            name = (await rows.fetchone())[0]
        await db.execute("SELECT pause(?)", (knobs.latency,))
        await db.commit()
        return name

    free = Free(stage.pooled)
    names = await asyncio.gather(
        *(query(number) for number in numbers(knobs))
    )
    return Output(
        names,
        rows_before_count=stage.sales,
        rows_expected_count=knobs.queries,
        rows_found_count=sales(stage.file) - stage.sales,
    )


def sales(file: Path) -> int:
    with closing(sqlite3.connect(file)) as database:
        return database.execute("SELECT count(*) FROM sales").fetchone()[0]


class Free:
    """A pool: connections, and a queue of those that wait for one."""

    def __init__(self, connections: list[aiosqlite.Connection]):
        self.queue: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        for connection in connections:
            self.queue.put_nowait(connection)

    @asynccontextmanager
    async def connection(self):
        connection = await self.queue.get()
        try:
            yield connection
        finally:
            self.queue.put_nowait(connection)


def numbers(knobs: Knobs) -> range:
    return range(1, knobs.queries + 1)


@asynccontextmanager
async def stage(knobs: Knobs):
    """As a lifespan: the connections are opened before the first request and
    closed after the last.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(knobs.database or f"{folder}/shop.db")
        if knobs.database:
            check(file)
        else:
            make(file, knobs)
        async with AsyncExitStack() as stack:
            pooled = [
                await stack.enter_async_context(
                    aiosqlite.connect(file, isolation_level=None, timeout=60)
                )
                for _ in range(knobs.connections)
            ]
            for connection in pooled:
                await connection.create_function("pause", 1, time.sleep)
                # A COMMIT need not wait for the disk: the log is safe anyhow.
                await connection.execute("PRAGMA synchronous = NORMAL")
            engines = [
                await stack.enter_async_context(opened(file, size, patience))
                for size, patience in (
                    (knobs.connections, 600),
                    (knobs.half, 600),
                    (knobs.one_each, float(knobs.pool_timeout)),
                )
            ]
            yield Stage(file, *engines, pooled, sales(file))


def make(file: Path, knobs: Knobs) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)"
        )
        database.execute(
            "CREATE TABLE sales (id INTEGER PRIMARY KEY, item INTEGER)"
        )
        items = ((number, f"item {number}") for number in numbers(knobs))
        database.executemany("INSERT INTO items VALUES (?, ?)", items)


def check(file: Path) -> None:
    """Nobody else's file is written into."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db:
        mark = db.execute("PRAGMA application_id").fetchone()[0]
    if mark != 0x6173796E:
        raise ValueError(f"{file} is no database of asyncdemo db")


@asynccontextmanager
async def opened(file: Path, size: int, patience: float):
    """An engine with all of its connections open. Who waits longer for one
    gets an error.
    """
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{file}",
        pool_size=size,
        max_overflow=0,
        pool_timeout=patience,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection, _) -> None:
        connection.create_function("pause", 1, time.sleep)

    for connection in [await engine.connect() for _ in range(size)]:
        await connection.close()
    # The first session of a program loads much of SQLAlchemy.
    async with AsyncSession(engine) as session:
        await session.scalar(text("SELECT pause(0)"))
    try:
        yield engine
    finally:
        await engine.dispose()


if __name__ == "__main__":
    main(
        Knobs,
        blocking,
        sequential,
        one_connection,
        pool,
        exhausted,
        self_deadlock,
        deferred,
        writers,
        stage=stage,
    )
