"""Runs a program as `python` itself would: a script, a module, or code."""

import builtins
import os
import runpy
import sys
import types

from asyncdemo import _tracebacks
from asyncdemo._stream import Channel


def run(arguments: list[str], channel: "Channel | None") -> None:
    """Run what the command line names; whatever it raises is raised."""
    sys.excepthook = _tracebacks.without_our_frames(sys.excepthook)
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    first, *rest = arguments
    try:
        if first == "-m":
            _first_on_path(os.getcwd())
            sys.argv = rest
            # What the interpreter itself calls for -m: it says so itself where there is no such module.
            runpy._run_module_as_main(rest[0])  # type: ignore[attr-defined]
        elif first == "-c":
            _first_on_path("")
            sys.argv = ["-c", *rest[1:]]
            _execute(rest[0], "<string>", main)
        elif first == "-":
            _first_on_path("")
            sys.argv = ["-", *rest]
            _execute(sys.stdin.read(), "<stdin>", main)
        else:
            sys.argv = arguments
            _script(first, main)
    finally:
        if channel is not None:
            channel.send()


def _script(path: str, main: types.ModuleType) -> None:
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        _first_on_path(path)
        runpy.run_path(path, run_name="__main__")
        return
    _first_on_path(os.path.dirname(os.path.realpath(path)))
    # As the interpreter does since Python 3.9.
    path = os.path.abspath(path)
    main.__file__ = path
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        reason = f"[Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: can't open file {path!r}: {reason}", file=sys.stderr)
        sys.exit(2)
    _execute(source, path, main)


def _execute(source: "str | bytes", name: str, main: types.ModuleType) -> None:
    code = compile(source, name, "exec", dont_inherit=True)
    exec(code, main.__dict__)


def _first_on_path(folder: str) -> None:
    # With -I and -P, nothing is put there.
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        sys.path.insert(0, folder)
