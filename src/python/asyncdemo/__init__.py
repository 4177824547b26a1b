"""See what your own asyncio program does: the part that runs inside it.

`asyncdemo python app.py` puts this package beside your program and records its tasks. You may also
import it yourself, to give a lane of its own to whatever you await:

    from asyncdemo import track

    async def report() -> None:
        await track("fetch one", fetch("one"))

Where the program does not run under `asyncdemo python`, `track` hands back what it was given and
`heartbeat` returns at once, so both may stay in the code. `assert_responsive` checks always: it is
for tests.

The files, in the order in which to read them:

    _recorder.py    what is noted of a task
    _loops.py       where each event loop is hooked, and its heartbeat
    _names.py       what a task is called, and whether it belongs to a library
    _stalls.py      who holds the event loop, and at which line
    _threads.py     jobs that run on other threads
    _stream.py      how all of that reaches the program that draws it
    _program.py     how your program is started, as `python` itself would start it

Standard library only; CPython 3.10 and later.
"""

from asyncdemo._recorder import heartbeat, track
from asyncdemo._responsive import LoopBlocked, assert_responsive

__all__ = ["LoopBlocked", "assert_responsive", "heartbeat", "track"]
