"""What watching costs a server: FastAPI under uvicorn, 200 clients, with `asyncdemo python` and without, in turn.

    python benches/python_server.py path/to/asyncdemo

FastAPI and uvicorn must be installed beside this interpreter. Each client asks again as soon as it has its answer, on
one connection. Which of the two is measured first changes from round to round; the medians are compared.
"""

import asyncio
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CLIENTS = 200
SECONDS = 4
ROUNDS = 4

APP = """
import asyncio
from fastapi import FastAPI

app = FastAPI()

@app.get("/report/{number}")
async def report(number: int):
    await asyncio.sleep(0.01)
    return {"number": number}
"""


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


async def client(port: int, until: float) -> int:
    """How many answers one client has had."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = 0
    while time.perf_counter() < until:
        writer.write(b"GET /report/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        answers += 1
    writer.close()
    return answers


async def clients(port: int) -> float:
    """Answers a second, of all clients."""
    begun = time.perf_counter()
    answers = await asyncio.gather(*(client(port, begun + SECONDS) for _ in range(CLIENTS)))
    return sum(answers) / (time.perf_counter() - begun)


def measure(command: "list[str]", folder: str) -> float:
    """Answers a second of the server that this command starts."""
    port = free_port()
    server = ["-m", "uvicorn", "app:app", "--log-level", "warning", "--port", str(port)]
    process = subprocess.Popen([*command, *server], cwd=folder, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        return asyncio.run(clients(port))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def main() -> None:
    """Print the medians."""
    asyncdemo = str(pathlib.Path(sys.argv[1]).resolve())
    alone, watched = [sys.executable], [asyncdemo, "python", "--python", sys.executable]
    alone_all, watched_all = [], []
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "app.py").write_text(APP)
        for number in range(ROUNDS):
            for of in (alone_all, watched_all) if number % 2 else (watched_all, alone_all):
                of.append(measure(alone if of is alone_all else watched, folder))
    one, other = statistics.median(alone_all), statistics.median(watched_all)
    print(f"alone {one:.0f} requests/s, watched {other:.0f}: {100 - 100 * other / one:.0f} % less")
    print("alone", *map(round, alone_all), "watched", *map(round, watched_all))


main()
