"""What the ORMs make of several queries at once: python orms.py

SQLAlchemy's session and Tortoise ORM each speak to the database over one
connection. Needs both.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from sqlalchemy import event, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from tortoise import Tortoise, connections, fields
from tortoise.models import Model


class Item(Model):
    name = fields.TextField()


def slow(connection, _=None) -> None:
    connection.create_function("pause", 1, time.sleep)


async def refused_by_one_session(file, queries: int, pause: float) -> int:
    """How many of these queries an AsyncSession refuses in a gather: it is
    one conversation with the database, and says so.
    """
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    event.listen(engine.sync_engine, "connect", slow)
    query = text("SELECT pause(:pause)")
    async with AsyncSession(engine) as session:
        asked = (
            session.scalar(query, {"pause": pause}) for _ in range(queries)
        )
        answers = await asyncio.gather(*asked, return_exceptions=True)
    await engine.dispose()
    return sum(isinstance(answer, InvalidRequestError) for answer in answers)


async def tortoise(file, queries: int, pause: float) -> tuple[float, float]:
    """How long Tortoise takes for the same query alone, and for so many in
    a gather. On SQLite it has one connection, and so one query at a time.
    """
    url = f"sqlite://{file}"
    await Tortoise.init(db_url=url, modules={"models": [__name__]})
    database = connections.get("default")
    async with database.acquire_connection() as connection:
        await connection.create_function("pause", 1, time.sleep)

    async def took(times: int) -> float:
        start = time.perf_counter()
        await asyncio.gather(
            *(
                database.execute_query("SELECT pause(?)", [pause])
                for _ in range(times)
            )
        )
        return time.perf_counter() - start

    try:
        return await took(1), await took(queries)
    finally:
        await Tortoise.close_connections()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "shop.db")
        refused = await refused_by_one_session(file, 4, 0.2)
        print(f"SQLAlchemy: one session refused {refused} of 4 queries")
        alone, at_once = await tortoise(file, 4, 0.2)
        print(f"Tortoise ORM: one query {alone:.3f} s, 4 {at_once:.3f} s")


if __name__ == "__main__":
    asyncio.run(main())
