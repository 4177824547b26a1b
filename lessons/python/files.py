"""Writing and reading files. Standard library: python files.py --size 1MiB"""

import asyncio
import tempfile
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from demo import Size, main, track


@dataclass
class Knobs:
    files: int = 64
    size: Size = 1 << 20  # of each of them
    limit: int = 64  # how many at once, in tokio_concurrent


class File:
    """A file that is to be written and read."""

    def __init__(self, folder: str, number: int, size: int) -> None:
        self.name = f"file {number}"
        self.path = Path(folder) / f"file-{number}"
        self.number, self.size = number, size

    def contents(self) -> bytes:
        """Other bytes for each file."""
        number = self.number * 0x9E3779B97F4A7C15 % 2**64
        pattern = number.to_bytes(8, "little")
        return (pattern * (self.size // 8 + 1))[: self.size]


@asynccontextmanager
async def stage(knobs: Knobs) -> AsyncIterator[list[File]]:
    with tempfile.TemporaryDirectory() as folder:
        numbers = range(1, knobs.files + 1)
        files = [File(folder, number, knobs.size) for number in numbers]
        # Who comes first would pay for memory that the others find ready.
        for file in files:
            file.path.write_bytes(file.contents())
            file.path.read_bytes()
        yield files


def write_and_read(file: File) -> int:
    file.path.write_bytes(file.contents())
    return zlib.crc32(file.path.read_bytes())


async def std(knobs: Knobs, files: list[File]) -> list[int]:
    async def blocking(file: File) -> int:
        return write_and_read(file)  # no await in here: the thread is held

    return [await track(file.name, blocking(file)) for file in files]


async def in_threads(file: File) -> int:
    # Each call goes to a thread, and comes back. aiofiles does the same.
    await asyncio.to_thread(file.path.write_bytes, file.contents())
    return zlib.crc32(await asyncio.to_thread(file.path.read_bytes))


async def tokio_sequential(knobs: Knobs, files: list[File]) -> list[int]:
    return [await track(file.name, in_threads(file)) for file in files]


async def tokio_concurrent(knobs: Knobs, files: list[File]) -> list[int]:
    # The default pool has a few threads more than there are cores. What they
    # have no time for yet queues.
    limit = asyncio.Semaphore(knobs.limit)

    async def limited(file: File) -> int:
        async with limit:
            return await track(file.name, in_threads(file))

    return await asyncio.gather(*map(limited, files))


async def one_offload(knobs: Knobs, files: list[File]) -> list[int]:
    def batch() -> list[int]:  # one trip for all
        return [write_and_read(file) for file in files]

    return await track("all files", asyncio.to_thread(batch))


if __name__ == "__main__":
    main(
        Knobs,
        std,
        tokio_sequential,
        tokio_concurrent,
        one_offload,
        stage=stage,
    )
