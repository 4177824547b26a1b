"""Tracebacks as they would be if nobody watched."""

import runpy
import types
from collections.abc import Iterator

from asyncdemo._names import OWN_FOLDER


def without_our_frames(hook):  # type: ignore[no-untyped-def]
    """An excepthook that shows a traceback as it would be without this package."""

    def shown(kind, error, traceback):  # type: ignore[no-untyped-def]
        clean(error)
        hook(kind, error, error.__traceback__)

    return shown


def clean(error: BaseException) -> None:
    """Take this package out of the tracebacks of an exception and of those that led to it."""
    for each in _chain(error):
        each.__traceback__ = _outside(each.__traceback__)


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
