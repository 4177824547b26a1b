"""Many requests to one server. Standard library only: python http.py"""

import asyncio
import time


async def answer(reader, writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(0.1)  # the service that we call is slow
    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok")
    await writer.drain()
    writer.close()


async def get(port: int) -> bytes:  # or: httpx.AsyncClient().get(url)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    body = (await reader.read()).rpartition(b"\r\n")[2]
    writer.close()
    return body


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port, limit = server.sockets[0].getsockname()[1], asyncio.Semaphore(3)

    async def limited() -> bytes:
        async with limit:
            return await get(port)

    start = time.perf_counter()
    assert [await get(port) for _ in range(10)] == [b"ok"] * 10
    print(f"sequential   {time.perf_counter() - start:.3f} s")
    for name, call in ("concurrent", lambda: get(port)), ("limited", limited):
        start = time.perf_counter()
        answers = await asyncio.gather(*(call() for _ in range(10)))
        print(f"{name:<12} {time.perf_counter() - start:.3f} s")
        assert answers == [b"ok"] * 10
asyncio.run(main())
