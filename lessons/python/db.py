"""Queries to SQLite from async code. Standard library only: python db.py"""

import asyncio
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.create_function("slow", 1, lambda number: time.sleep(0.1) or number)
    return connection


def query(connection: sqlite3.Connection, number: int) -> int:
    return connection.execute("SELECT slow(?)", (number,)).fetchone()[0]


async def blocking() -> list[int]:
    connection = connect()
    return [query(connection, number) for number in range(4)]  # the event loop is deaf


async def through(connections: int) -> list[int]:
    """One thread for each connection, as aiosqlite has it: a connection answers in turn."""
    pool = [(connect(), ThreadPoolExecutor(1)) for _ in range(connections)]
    loop = asyncio.get_running_loop()
    lanes = [(number, *pool[number % connections]) for number in range(4)]
    return await asyncio.gather(*(loop.run_in_executor(thread, query, connection, number)
                                  for number, connection, thread in lanes))


for name, way in (("blocking", blocking), ("one connection", lambda: through(1)),
                  ("pool of four", lambda: through(4))):
    start = time.perf_counter()
    assert asyncio.run(way()) == [0, 1, 2, 3]
    print(f"{name:<16} {time.perf_counter() - start:.3f} s")
