"""A slow route, and who else waits. With FastAPI: uvicorn routes:app"""

import asyncio
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/ping")
async def ping() -> str:
    return "pong"


@app.get("/async/{item}")
async def async_route(item: int) -> dict[str, int]:
    await asyncio.sleep(0.2)  # the event loop serves others meanwhile
    return {"item": item}


@app.get("/blocking/{item}")
async def blocking_route(item: int) -> dict[str, int]:
    time.sleep(0.2)  # no `await`: nobody is served, not even /ping
    return {"item": item}


@app.get("/offloaded/{item}")
def offloaded_route(item: int) -> dict[str, int]:
    time.sleep(0.2)  # a plain `def`: FastAPI calls it in a pool of 40 threads
    return {"item": item}


# Try it with 20 clients at once, and watch /ping from a second terminal:
#   seq 20 | xargs -P 20 -I{} curl -s localhost:8000/blocking/{} > /dev/null
#   while true; do time curl -s localhost:8000/ping; done
