"""Queries to SQLite from async code. Standard library only: python db.py"""

import asyncio
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.create_function("slow", 1, lambda n: time.sleep(0.1) or n)
    return connection


def query(connection: sqlite3.Connection, number: int) -> int:
    return connection.execute("SELECT slow(?)", (number,)).fetchone()[0]


async def blocking() -> list[int]:
    connection = connect()
    # Until all have answered, the event loop is deaf.
    return [query(connection, number) for number in range(4)]


async def through(connections: int) -> list[int]:
    """A thread for each connection, as in aiosqlite: each answers in turn."""
    pool = [(connect(), ThreadPoolExecutor(1)) for _ in range(connections)]
    loop = asyncio.get_running_loop()
    def ask(number: int) -> asyncio.Future[int]:
        connection, thread = pool[number % connections]
        return loop.run_in_executor(thread, query, connection, number)
    return await asyncio.gather(*map(ask, range(4)))


ways = {"blocking": blocking(), "one": through(1), "four": through(4)}
for name, way in ways.items():
    start = time.perf_counter()
    assert asyncio.run(way) == [0, 1, 2, 3]
    print(f"{name:<8} {time.perf_counter() - start:.3f} s")
