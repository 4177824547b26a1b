"""Reading and writing files. Standard library only: python files.py"""

import asyncio
import tempfile
import time
import zlib
from pathlib import Path


def write_and_read(path: Path) -> int:
    path.write_bytes(path.name.encode() * 10_000)
    return zlib.crc32(path.read_bytes())


async def blocking(paths: list[Path]) -> list[int]:
    return [write_and_read(path) for path in paths]  # the event loop is deaf


async def a_trip_each(paths: list[Path]) -> list[int]:
    return [await asyncio.to_thread(write_and_read, path) for path in paths]


async def all_trips_at_once(paths: list[Path]) -> list[int]:
    trips = [asyncio.to_thread(write_and_read, path) for path in paths]
    return await asyncio.gather(*trips)


async def one_trip(paths: list[Path]) -> list[int]:
    return await asyncio.to_thread(lambda: list(map(write_and_read, paths)))


with tempfile.TemporaryDirectory() as folder:
    files = [Path(folder) / f"file-{number}" for number in range(64)]
    expected = [write_and_read(path) for path in files]
    for way in (blocking, a_trip_each, all_trips_at_once, one_trip):
        start = time.perf_counter()
        assert asyncio.run(way(files)) == expected
        took = time.perf_counter() - start
        print(f"{way.__name__:<18} {took * 1e3:.0f} ms")
