"""What the ORMs do with several queries at once. SQLAlchemy and Tortoise ORM:
python orms.py
"""

import asyncio
import sqlite3
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from tortoise import Tortoise, connections

SLOW = """WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 2000000)
          SELECT max(n) FROM count"""


async def one_session() -> None:
    """One session in a gather: it is one conversation, and refuses a second
    one.
    """
    engine = create_async_engine("sqlite+aiosqlite://")
    async with AsyncSession(engine) as session:
        both = (session.scalar(text(SLOW)) for _ in range(2))
        answers = await asyncio.gather(*both, return_exceptions=True)
    await engine.dispose()
    raised = [answer for answer in answers if isinstance(answer, Exception)]
    print(
        "SQLAlchemy, one session, two queries at once:",
        type(raised[0]).__name__,
    )


async def tortoise() -> None:
    """Tortoise has one connection to SQLite, and so one query at a time."""
    await Tortoise.init(
        db_url="sqlite://:memory:", modules={"models": ["__main__"]}
    )
    connection = connections.get("default")
    start = time.perf_counter()
    await connection.execute_query(SLOW)
    alone = time.perf_counter() - start
    start = time.perf_counter()
    await asyncio.gather(*(connection.execute_query(SLOW) for _ in range(4)))
    four = time.perf_counter() - start
    await Tortoise.close_connections()
    print(
        f"Tortoise ORM, SQLite {sqlite3.sqlite_version}: one query {alone:.3f} s, four at once {four:.3f} s"
    )


asyncio.run(one_session())
asyncio.run(tortoise())
