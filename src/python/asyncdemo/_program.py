"""Runs a program as `python` itself would: a script, a module, or code."""

import builtins
import os
import runpy
import sys
import types
from collections.abc import Iterator

from asyncdemo._names import OWN_FOLDER
from asyncdemo._stream import Channel


def run(arguments: list[str], channel: "Channel | None") -> None:
    """Run what the command line names; whatever it raises is raised."""
    sys.excepthook = _without_our_frames(sys.excepthook)
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


def _without_our_frames(hook):  # type: ignore[no-untyped-def]
    """An excepthook that shows a traceback as it would be without this package."""

    def shown(kind, error, traceback):  # type: ignore[no-untyped-def]
        for each in _chain(error):
            each.__traceback__ = _outside(each.__traceback__)
        hook(kind, error, error.__traceback__)

    return shown


def _chain(error: "BaseException | None") -> Iterator[BaseException]:
    """An exception, those that led to it, and those that it groups."""
    waiting, met = [error], set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in met:
            continue
        met.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def _outside(traceback: "types.TracebackType | None") -> "types.TracebackType | None":
    """The traceback without the frames of this package, and of `runpy` before the program began."""
    ours = (OWN_FOLDER, "<frozen runpy>", runpy.__file__)
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(ours):
        traceback = traceback.tb_next
    each = traceback
    while each is not None and each.tb_next is not None:
        if each.tb_next.tb_frame.f_code.co_filename.startswith(OWN_FOLDER):
            each.tb_next = each.tb_next.tb_next
        else:
            each = each.tb_next
    return traceback
