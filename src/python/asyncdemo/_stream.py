"""How what is noted reaches the program that draws it: over a loopback socket, in frames.

A frame is one byte for its kind, the length of its body (four bytes, little-endian), and the body:

    T   one JSON value: what there is to say of the whole process, a list `[id, text]` that gives a
        text a number, an object with the key `finding`: what to tell of it once, or one with the key
        `over`: that all has been sent. A process that is killed does not say that.
    N   events, each four signed 64-bit integers in this machine's byte order: the event's kind (see
        `Event`), which lane it is about, and two values. Instants are nanoseconds of
        `time.perf_counter_ns`. Where an event speaks of a text, it has the text's number.

A text is defined in a frame before the one that uses it. A number is never given twice, and none is
used again after `TEXTS` more texts were numbered: whoever reads need not keep them all.

To note an event is to append a tuple to a deque, which any thread may do without a lock. A thread
sends what has come together, twenty times a second.
"""

import array
import atexit
import collections
import itertools
import json
import os
import platform
import socket
import sys
import threading
import time
from typing import Any, NamedTuple

clock = time.perf_counter_ns

PERIOD = 0.05
"""Seconds between two sends."""

TEXTS = 4096
"""After so many texts, their numbers are forgotten and new ones are given."""


LONGEST = 1_000
"""Of a text, so many characters are sent."""

BACKLOG = 20_000
"""So many events, some 4 MiB, may wait for the thread that sends them."""


class Event:
    """The kinds of events, and what their two values are."""

    MADE = 1  # a lane: when; the lane in which it was made, or 0
    KIND = 2  # the number of the loop that polls it, or 0; Kind
    GROUP = 3  # the text by which it is counted with others of its kind; 0
    LABEL = 4  # the text of its label; the text of its place in the source, or 0
    POLL = 5  # from when; until when
    WAKE = 6  # when; 0
    END = 7  # when; End, or the text of the exception that ended it
    ON = 8  # the thread that runs it, where no loop polls it; since when
    SEEN = 9  # when the poll began in which it was seen; the text of the line at which it stood
    # Of these, the first number is no lane's.
    THREAD = 10  # a thread: the text of its name; 0
    RUNS = 11  # a loop: since when; in which thread
    BEAT = 12  # a loop: when a heartbeat was due; when it came


class Kind:
    """What a lane stands for."""

    TASK = 0
    TRACKED = 1  # awaited inside a task: `track`, or a coroutine under `--awaits`
    REQUEST = 2
    JOB = 3  # on a thread of an executor
    INTERNAL = 4  # a task of a library
    CALLBACK = 5  # no task: a function that the event loop called


class End:
    """How a lane ended, where no exception ended it."""

    COMPLETED = 0
    CANCELLED = -1
    DESTROYED = -2  # it was thrown away while it waited
    NEVER_AWAITED = -3


class Settings(NamedTuple):
    """What the command line asked for."""

    slow_poll: int = 50_000_000
    """Nanoseconds. A poll at least this long is looked into while it lasts."""
    internal: bool = False
    """Whether the tasks of libraries are noted, too."""
    awaits: bool = False
    """Whether each coroutine of the program's own files is a lane."""


def settings(text: str) -> Settings:
    """Read what `ASYNCDEMO_SETTINGS` holds: a JSON object with some of `Settings`."""
    return Settings(**json.loads(text or "{}"))


class Channel:
    """Takes events from any thread, and sends them from one of its own."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._events: collections.deque[tuple[int, int, int, int]] = collections.deque()
        self._said: collections.deque[str] = collections.deque()
        self._texts: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._open = True
        self._sending = threading.Lock()
        self._stopped = threading.Event()
        self.note = self._events.append
        """Note one event: a tuple of four integers."""

    def text(self, text: str) -> int:
        """The number of a text, which is given now if it has none."""
        number = self._texts.get(text)
        if number is None:
            # A program may call a task what it likes: half a character, or a megabyte.
            shown = text[:LONGEST].encode(errors="replace").decode()
            if len(self._texts) >= TEXTS:
                self._texts = {}
            number = self._texts[text] = next(self._numbers)
            self._said.append(json.dumps([number, shown]))
        return number

    def say(self, **value: Any) -> None:
        """Send an object that is no event."""
        self._said.append(json.dumps(value))

    def start(self) -> None:
        """Begin to send."""
        self.say(
            asyncdemo=1,
            implementation=platform.python_implementation(),
            version=platform.python_version(),
            origin=clock(),
            pid=os.getpid(),
        )
        threading.Thread(target=self._send_on, name="asyncdemo events", daemon=True).start()
        atexit.register(self.stop)
        # A forked child has this socket and none of these threads.
        os.register_at_fork(after_in_child=self._fall_silent) if hasattr(os, "register_at_fork") else None

    def stop(self) -> None:
        """Send what is left, and nothing after it."""
        self._stopped.set()
        self.say(over=True)
        self.send()
        self._fall_silent()

    def keep_up(self) -> None:
        """Send at once where so much has come together that memory would grow: then the program waits for that."""
        # Not for ever: a signal's handler may come while this very thread sends.
        if len(self._events) > BACKLOG and self._sending.acquire(timeout=1):
            self._sending.release()
            self.send()

    def send(self) -> None:
        """Send what has come together."""
        with self._sending:
            # First the events, then the texts: those that these events speak of are among them.
            events = [self._events.popleft() for _ in range(len(self._events))]
            said = [self._said.popleft() for _ in range(len(self._said))]
            if not self._open:
                return
            frames = [_frame(b"T", text.encode()) for text in said]
            if events:
                numbers = array.array("q", itertools.chain.from_iterable(events))
                frames.append(_frame(b"N", numbers.tobytes()))
            try:
                if frames:
                    self._connection.sendall(b"".join(frames))
            except OSError:
                # Nobody listens any more. The program goes on as if it had never been watched.
                self._open = False

    def _send_on(self) -> None:
        while not self._stopped.wait(PERIOD) and self._open:
            self.send()

    def _fall_silent(self) -> None:
        self._open = False
        self._connection.close()


def _frame(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body


def connect(address: str) -> "Channel | None":
    """Connect to whoever draws: `PORT/TOKEN` on this machine. None where nobody asked for it."""
    port, _, token = address.partition("/")
    if not port:
        return None
    try:
        connection = socket.create_connection(("127.0.0.1", int(port)), timeout=10)
        connection.settimeout(None)
        connection.sendall(token.encode())
    except (OSError, ValueError) as error:
        print(f"asyncdemo: this run is not recorded: {error}", file=sys.stderr)
        return None
    channel = Channel(connection)
    channel.start()
    return channel
