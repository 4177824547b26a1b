"""What the files beside this one share: knobs from the command line, and a clock.

Such a file names its knobs, has an `async def` for each strategy, and ends with

    if __name__ == "__main__":
        main(Knobs, sequential, join)

`python gather.py --strategy join --delays 300ms,1s` then runs that strategy and prints how long
it took; without `--strategy`, all of them. `asyncdemo gather --python` runs the same file.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import inspect
import json
import os
import re
import time
import typing

try:
    from asyncdemo import track
except ImportError:

    def track(label, awaitable):
        """Make `awaitable` a lane called `label`. Where nobody watches, it is returned as it is."""
        return awaitable


class Seconds(float):
    """A duration: on the command line `250ms`, `1.5s` or `1s 500ms`."""

    def __new__(cls, value):
        if isinstance(value, str):
            units = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
            parts = re.findall(r"([\d.]+)\s*(us|ms|s|m)\b", value)
            if not parts:
                raise ValueError(f"{value!r} is no duration such as 250ms or 1.5s")
            value = sum(float(number) * units[unit] for number, unit in parts)
        return super().__new__(cls, value)


class Size(int):
    """So many bytes: on the command line `4096`, `64KiB` or `1MiB`."""

    def __new__(cls, value):
        if isinstance(value, str):
            number, unit = re.fullmatch(r"(\d+) *(GiB|MiB|KiB|B)?", value.strip()).groups()
            value = int(number) << {"GiB": 30, "MiB": 20, "KiB": 10}.get(unit, 0)
        return super().__new__(cls, value)


class File(str):
    """A file's name, seen from where the command was typed."""

    def __new__(cls, value):
        return super().__new__(cls, os.path.join(os.environ.get("ASYNCDEMO_FROM", ""), value))


class Output:
    """What a strategy returns beside its result: figures, each named with its unit at the end.

    A figure may be a function, or an `async def`. It is called when all that the strategy left
    behind has ended, and is not part of its time.
    """

    def __init__(self, result, **figures):
        self.result = result
        self.figures = figures


def main(knobs, *strategies, stage=None, linger=5.0):
    """Run the strategies that the command line names, each in an event loop of its own.

    `stage(knobs)` is an async context manager, as FastAPI's lifespan is. It is entered before the
    clock starts, and strategies get what it yields as their second argument. When a strategy has
    returned, the event loop goes on for whatever it left behind, as a server's does: for at most
    `linger` seconds.
    """
    given, chosen, as_json = _command_line(knobs, strategies)
    for strategy in chosen:
        ran = asyncio.run(_run(strategy, given, stage, linger))
        if as_json:
            print(json.dumps(ran, default=str), flush=True)
        else:
            figures = "".join(f"  {name}={value:g}" for name, value in ran["metrics"].items())
            told = ran["error"] or figures
            print(f"{_name(strategy):<20} {ran['wall_s']:.3f} s  {told}")


async def _run(strategy, knobs, stage, linger):
    async with contextlib.AsyncExitStack() as stack:
        given = [knobs]
        if stage is not None:
            given.append(await stack.enter_async_context(stage(knobs)))
        # A moment, so that whoever watches the event loop sees it idle first.
        await asyncio.sleep(0.03)
        others = asyncio.all_tasks()
        output, error, start = None, None, time.perf_counter()
        try:
            output = await track("strategy", strategy(*given))
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        wall = time.perf_counter() - start
        await asyncio.sleep(0.02)
        left = asyncio.all_tasks() - others
        if left:
            await asyncio.wait(left, timeout=linger)
        output = output if isinstance(output, Output) else Output(output)
        figures = {}
        for name, value in output.figures.items():
            if inspect.iscoroutinefunction(value):
                for task in left:
                    task.cancel()  # its time is over, as at the end of asyncio.run
                figures[name] = await value()
        # Threads cannot be stopped: they are waited for, as asyncio.run would.
        await asyncio.get_running_loop().shutdown_default_executor()
    for name, value in output.figures.items():
        if name not in figures:
            figures[name] = value() if callable(value) else value
    figures = {name: value for name, value in figures.items() if value is not None}
    return {"wall_s": wall, "result": output.result, "metrics": figures, "error": error}


def _name(strategy):
    """`first-error`, as on the command line of asyncdemo."""
    return strategy.__name__.strip("_").replace("_", "-")


def _command_line(knobs, strategies):
    by_name = {_name(strategy): strategy for strategy in strategies}
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument(
        "--strategy", action="append", choices=by_name, help="run this one; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print what came of it for programs")
    types = typing.get_type_hints(knobs)
    for field in dataclasses.fields(knobs):
        flag = f"--{field.name.replace('_', '-')}"
        if types[field.name] is bool:
            parser.add_argument(flag, action="store_true", default=field.default)
        else:
            parser.add_argument(flag, type=_reader(types[field.name]), default=field.default)
    # Knobs that mean something in Rust only are given here, too.
    typed, unknown = parser.parse_known_args()
    if unknown and not typed.json:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    given = knobs(**{field.name: getattr(typed, field.name) for field in dataclasses.fields(knobs)})
    return given, [by_name[name] for name in typed.strategy or by_name], typed.json


def _reader(kind):
    """What reads a knob of this type from the command line."""
    inner = [each for each in typing.get_args(kind) if each is not type(None)]
    if typing.get_origin(kind) is list:
        return lambda text: [_reader(inner[0])(part) for part in text.split(",")]
    return _reader(inner[0]) if inner else kind
