"""What a task is called, where its code stands, and whether it is the program's own or a library's."""

import asyncio
import functools
import os
import sys
import sysconfig
import types
from typing import Any

OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
"""The folder of this package: nothing in it is the program's."""

_LIBRARIES = tuple(
    os.path.abspath(path) + os.sep
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
    if (path := sysconfig.get_path(name))
)
_ASYNCIO = os.path.dirname(os.path.abspath(asyncio.__file__)) + os.sep
_HOUSEKEEPING = {
    "BaseEventLoop.shutdown_asyncgens",
    "BaseEventLoop.shutdown_default_executor",
    # uvloop's.
    "Loop.shutdown_asyncgens",
    "Loop.shutdown_default_executor",
    "BaseSelectorEventLoop._accept_connection2",
    "StreamReaderProtocol.connection_made",
}
_HOUSEKEEPING_NAMES = {name.rpartition(".")[2] for name in _HOUSEKEEPING}
_ARGUMENTS = 40
"""Columns that the arguments in a label may take."""


@functools.cache
def is_own(file: str) -> bool:
    """Whether a file is the program's: none of the standard library, of a package, of this one."""
    if file.startswith("<") and file not in ("<string>", "<stdin>"):
        return False
    path = os.path.abspath(file)
    packages = f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}"
    return not (path.startswith((OWN_FOLDER, *_LIBRARIES)) or any(name in path for name in packages))


@functools.cache
def short(file: str) -> str:
    """A path as it is shown: from the working directory, or from where libraries are, if it is below one."""
    if file.startswith("<"):
        return file
    path = os.path.abspath(file)
    # The longest first: site-packages is below the standard library's folder.
    folders = sorted((os.getcwd().rstrip(os.sep) + os.sep, *_LIBRARIES), key=len, reverse=True)
    return next((path[len(folder) :] for folder in folders if path.startswith(folder)), path)


def code_of(awaitable: Any) -> "types.CodeType | None":
    """The code that a coroutine runs."""
    return getattr(awaitable, "cr_code", None) or getattr(awaitable, "gi_code", None)


@functools.cache
def place(code: types.CodeType) -> str:
    """`app.py:12`, the line at which a function is defined."""
    return f"{short(code.co_filename)}:{code.co_firstlineno}"


def name_of(awaitable: Any) -> str:
    """The qualified name of a coroutine's function, without the function that it is defined in."""
    name = getattr(awaitable, "__qualname__", None) or type(awaitable).__qualname__
    return name.rpartition("<locals>.")[2]


def with_arguments(awaitable: Any, name: str) -> str:
    """`fetch('one', 2)`: those arguments that are plain values say which of several it is."""
    frame, code = getattr(awaitable, "cr_frame", None), code_of(awaitable)
    return name if frame is None or code is None else with_values(frame, code, name)


def with_values(frame: types.FrameType, code: types.CodeType, name: str) -> str:
    """The same, of a frame that has just begun."""
    given = frame.f_locals
    values = (given.get(each) for each in code.co_varnames[: code.co_argcount])
    # Only of these is the representation known to be quick and harmless.
    shown = [repr(value) for value in values if type(value) in (str, int, float, bool)]
    arguments = ", ".join(shown)
    return f"{name}({arguments})" if 0 < len(arguments) <= _ARGUMENTS else name


def request_of(coroutine: Any, name: str) -> "str | None":
    """`GET /users/1`, for the task in which uvicorn or hypercorn answers a request."""
    if name.endswith(".run_asgi"):  # uvicorn: RequestResponseCycle, WSProtocol
        scope = getattr(coroutine.cr_frame.f_locals.get("self"), "scope", None)
    elif name == "_handle":  # hypercorn
        scope = coroutine.cr_frame.f_locals.get("scope")
    else:
        return None
    if not isinstance(scope, dict) or scope.get("type") not in ("http", "websocket"):
        return None
    return f"{scope.get('method', 'WS')} {scope.get('path', '')}"


def is_internal(coroutine: Any, name: str) -> bool:
    """Whether a task is a library's own affair: its code is a library's, and so is whoever made it."""
    code = code_of(coroutine)
    if code is not None and is_own(code.co_filename):
        return False
    return name in _HOUSEKEEPING or not _made_by_program()


def is_housekeeping(code: types.CodeType) -> bool:
    """Whether it is what an event loop does for itself, when it is shut down."""
    return code.co_filename.startswith(_ASYNCIO) and code.co_name in _HOUSEKEEPING_NAMES


def _made_by_program() -> bool:
    """Whether the first caller outside asyncio is the program's."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((OWN_FOLDER, _ASYNCIO)):
            return is_own(file)
        frame = frame.f_back  # type: ignore[assignment]
    return False
