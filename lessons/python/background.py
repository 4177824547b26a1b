"""Answer first, work after. With FastAPI: uvicorn background:app"""

import asyncio
import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
sent: list[str] = []


async def send_email(address: str) -> None:
    await asyncio.sleep(0.3)
    sent.append(address)


def send_email_blocking(address: str) -> None:
    time.sleep(0.3)  # a plain `def`: FastAPI runs it in its thread pool
    sent.append(address)


@app.post("/inline/{address}")
async def inline(address: str) -> dict[str, str]:
    await send_email(address)  # the caller waits for the mail
    return {"message": "sent"}


@app.post("/send-email/{address}")
async def background(address: str, tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(send_email, address)  # after the response, in this process
    return {"message": "Email will be sent in the background"}


@app.post("/send-email-blocking/{address}")
async def blocking(address: str, tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(send_email_blocking, address)
    return {"message": "Email will be sent in the background"}
