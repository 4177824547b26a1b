"""Other programs, each a process of its own, so that none shares the event loop of the demo beside it.

`crowd` is many clients of one server, all at once, with one that asks for /ping every 10 ms.
`service` is a server that waits before each answer. Standard library only.
"""

import asyncio
import contextlib
import json
import sys
import time

PING_EVERY = 0.01


@contextlib.asynccontextmanager
async def started(*words):
    """This file as a program. It has said that it is ready, and ends with the
    block.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        *map(str, words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    try:
        yield Other(process, await listen(process))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Other:
    def __init__(self, process, ready):
        self.process = process
        self.ready = ready

    async def ask(self, what=""):
        """Tell it to go on, and return what it says then."""
        self.process.stdin.write(what.encode() + b"\n")
        return await listen(self.process)


async def listen(process):
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the other program has ended early")
    return json.loads(line)


def say(what):
    print(json.dumps(what), flush=True)


async def told():
    """Until the demo says something, or is gone."""
    return await asyncio.to_thread(sys.stdin.readline)


async def get(reader, writer, path):
    writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    return json.loads(await reader.readexactly(length))


async def crowd(port, clients):
    connections = [
        await asyncio.open_connection("127.0.0.1", port)
        for _ in range(clients + 1)
    ]
    pinging, *asking = connections
    await get(*pinging, "/ping")
    say("ready")
    path = (await told()).strip()
    start = time.perf_counter()
    # When each ping was due, and how long each answer took from then on.
    due, waits = [], []

    async def item(number, connection):
        body = await get(*connection, f"{path}/{number}")
        return body, time.perf_counter() - start

    async def ping():
        while True:
            await asyncio.sleep(PING_EVERY)
            due.append(time.perf_counter())
            await get(*pinging, "/ping")
            waits.append(time.perf_counter() - due[-1])

    pings = asyncio.create_task(ping())
    answers = await asyncio.gather(
        *(
            item(number, connection)
            for number, connection in enumerate(asking, 1)
        )
    )
    if len(due) > len(waits):
        waits.append(time.perf_counter() - due[-1])
    pings.cancel()
    say([answers, max(waits, default=0.0)])
    await told()


async def service(latency):
    opened = 0

    async def answer(reader, writer):
        nonlocal opened
        opened += 1
        with contextlib.suppress(
            asyncio.IncompleteReadError, ConnectionError
        ):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                item = head.split(b" ")[1].rpartition(b"/")[2]
                if item != b"warm-up":
                    await asyncio.sleep(latency)
                body = b"item " + item
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"
                    % len(body)
                    + body
                )
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    say(server.sockets[0].getsockname()[1])
    while await told():
        say(opened)


if __name__ == "__main__":
    role, *words = sys.argv[1:]
    if role == "crowd":
        asyncio.run(crowd(int(words[0]), int(words[1])))
    else:
        asyncio.run(service(float(words[0])))
