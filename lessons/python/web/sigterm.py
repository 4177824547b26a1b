"""What a real SIGTERM to a real uvicorn leaves undone: python sigterm.py

A request leaves its mail to BackgroundTasks, or to create_task. The server is
told to stop before it is sent. Needs FastAPI and uvicorn.
"""

import asyncio
import contextlib
import os
import socket
import sys
from urllib.request import Request, urlopen

import uvicorn
from fastapi import BackgroundTasks, FastAPI

MAIL_TIME = float(os.environ.get("MAIL_TIME", "0.4"))

app = FastAPI()
running = set()


async def send() -> None:
    print("begun", flush=True)
    await asyncio.sleep(MAIL_TIME)
    print("sent", flush=True)


@app.post("/background-tasks")
async def by_background_tasks(tasks: BackgroundTasks) -> str:
    tasks.add_task(send)
    return "accepted"


@app.post("/create-task")
async def by_create_task() -> str:
    running.add(asyncio.create_task(send()))
    return "accepted"


def serve() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # who comes before uvicorn waits for it
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(app, lifespan="off", log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


def post(port: int, path: str) -> None:
    request = Request(f"http://127.0.0.1:{port}{path}", method="POST")
    with urlopen(request, timeout=30):
        pass


async def sent_after_sigterm(path: str, mail_time: float) -> "int | None":
    """How many of one mail, asked for there, were sent."""
    if os.name == "nt":
        return None  # Windows has no such signal
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        "serve",
        env={**os.environ, "MAIL_TIME": str(mail_time)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        port = int(await server.stdout.readline())
        await asyncio.to_thread(post, port, path)
        await server.stdout.readline()
        server.terminate()
        said = await server.stdout.read()
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()
        await server.wait()
    return said.count(b"sent")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        for path in "/background-tasks", "/create-task":
            sent = asyncio.run(sent_after_sigterm(path, 0.4))
            print(f"{path}: {sent} of 1 mail sent")
