"""Answer first, work after: python background.py --mails 3

Needs FastAPI, uvicorn and httpx.
"""

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx
import uvicorn
from demo import Output, Seconds, main, track
from fastapi import BackgroundTasks, FastAPI
from sigterm import sent_after_sigterm


@dataclass
class Knobs:
    mails: int = 3  # how many a client asks for, one after the other
    mail_time: Seconds = 0.4  # how long sending one takes


def service(knobs: Knobs, sent: list[int]) -> FastAPI:
    app = FastAPI()

    async def deliver(mail: int) -> None:
        await asyncio.sleep(knobs.mail_time)
        sent.append(mail)

    async def deliver_blocking(mail: int) -> None:
        # In an `async def`: it holds the event loop, which the client of this
        # file shares.
        time.sleep(knobs.mail_time)
        sent.append(mail)

    async def send_email(mail: int) -> None:
        await track(f"mail {mail}", deliver(mail))

    async def send_email_blocking(mail: int) -> None:
        await track(f"mail {mail}", deliver_blocking(mail))

    @app.post("/inline/{mail}")
    async def by_inline(mail: int) -> str:
        await send_email(mail)  # the client waits for the mail
        return "accepted"

    @app.post("/background/{mail}")
    async def by_background(mail: int, tasks: BackgroundTasks) -> str:
        # After the response. Of several in one request, one after the other;
        # one that fails ends them, and the client is not told.
        tasks.add_task(send_email, mail)
        return "accepted"

    @app.post("/blocking/{mail}")
    async def by_blocking(mail: int, tasks: BackgroundTasks) -> str:
        tasks.add_task(send_email_blocking, mail)
        return "accepted"

    @app.post("/create-task/{mail}")
    async def by_create_task(mail: int) -> str:
        # uvicorn knows nothing of it, and does not wait for it at the end.
        running.add(asyncio.create_task(send_email(mail)))
        return "accepted"

    @app.post("/several")
    async def by_several(tasks: BackgroundTasks) -> str:
        for mail in 1, 2:
            tasks.add_task(send_one_of_several, mail)
        tasks.add_task(fail)
        tasks.add_task(send_one_of_several, 4)
        return "accepted"

    async def send_one_of_several(mail: int) -> None:
        several.append(("begun", mail))
        await asyncio.sleep(knobs.mail_time)
        several.append(("sent", mail))

    async def fail() -> None:
        several.append(("begun", 3))
        raise RuntimeError("the mail server is down")

    @app.post("/leaves")
    async def by_leaves() -> str:
        # FastAPI does not cancel it when its client hangs up.
        await send_one_of_several(5)
        return "nobody reads this"

    @app.get("/health")
    async def health() -> str:
        return "ok"

    # Who keeps no reference to a task may lose it to the garbage collector.
    running: set[asyncio.Task] = set()
    app.state.several = several = []
    return app


@dataclass
class Office:
    """A service that runs, its client, and the mails that it has sent."""

    client: httpx.AsyncClient
    server: uvicorn.Server
    serving: asyncio.Task
    sent: list[int]
    several: list[tuple[str, int]]

    async def ask(self, path: str, mails: int, **afterwards) -> Output:
        answers = []
        for mail in range(1, mails + 1):
            answer = await track(
                f"POST {mail}", self.client.post(f"{path}/{mail}")
            )
            answers.append(answer.json())
        return Output(
            answers,
            mails_accepted_count=len(answers),
            mails_lost_count=lambda: len(answers) - len(self.sent),
            **afterwards,
        )

    async def all_sent(self, mails: int) -> None:
        while len(self.sent) < mails:
            await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """As SIGTERM does: no new requests, and those that go on are waited
        for.
        """
        self.server.should_exit = True
        await self.serving


async def inline(knobs: Knobs, office: Office) -> Output:
    async def sent_for_nobody() -> int:
        """Afterwards: the client leaves while its mail is being sent."""
        with suppress(httpx.ReadTimeout):
            await office.client.post("/leaves", timeout=knobs.mail_time / 2)
        await asyncio.sleep(knobs.mail_time)
        return office.several.count(("sent", 5))

    return await office.ask(
        "/inline", knobs.mails, sent_for_nobody_count=sent_for_nobody
    )


async def background(knobs: Knobs, office: Office) -> Output:
    async def begun_after_a_failure() -> int:
        """Afterwards: four tasks of one request, and the third fails. What is
        seen of it is a traceback in uvicorn's log: the client has a 200.
        """
        (await office.client.post("/several")).raise_for_status()
        await asyncio.sleep(knobs.mail_time * 3)
        return office.several.count(("begun", 4))

    def in_order() -> int:
        """How many tasks ended before the next one began."""
        order = [("begun", 1), ("sent", 1), ("begun", 2), ("sent", 2)]
        return 2 if office.several[:4] == order else 0

    output = await office.ask(
        "/background",
        knobs.mails,
        begun_after_a_failure_count=begun_after_a_failure,
        tasks_in_order_count=in_order,
    )
    await office.all_sent(knobs.mails)
    return output


async def blocking_background(knobs: Knobs, office: Office) -> Output:
    output = await office.ask("/blocking", knobs.mails)
    await office.all_sent(knobs.mails)
    return output


async def lost(knobs: Knobs, office: Office) -> Output:
    # The program ends when this returns, and asyncio.run cancels what is
    # left.
    return await office.ask(
        "/create-task",
        knobs.mails,
        sent_after_sigterm_count=after_sigterm("/create-task", knobs),
    )


async def drained(knobs: Knobs, office: Office) -> Output:
    output = await office.ask(
        "/background",
        knobs.mails,
        sent_after_sigterm_count=after_sigterm("/background-tasks", knobs),
    )
    await office.stop()  # it waits for the background tasks of requests
    return output


def after_sigterm(path: str, knobs: Knobs):
    """Afterwards: the same in a uvicorn of its own, and a real SIGTERM."""

    async def sent() -> int | None:
        # So long that the signal comes first.
        return await sent_after_sigterm(path, max(knobs.mail_time, 0.4))

    return sent


@asynccontextmanager
async def stage(knobs: Knobs):
    sent: list[int] = []
    app = service(knobs, sent)
    config = uvicorn.Config(app, port=0, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(
        base_url=url, timeout=120, trust_env=False
    ) as client:
        await client.get(
            "/health"
        )  # the first request of a program loads much
        yield Office(client, server, serving, sent, app.state.several)
    server.should_exit = server.force_exit = True
    await serving


if __name__ == "__main__":
    main(
        Knobs,
        inline,
        background,
        blocking_background,
        lost,
        drained,
        stage=stage,
        linger=0,
    )
