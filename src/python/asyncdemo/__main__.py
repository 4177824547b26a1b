"""What `asyncdemo python` starts in place of your program: the recorder first, then your program.

    python …/asyncdemo/__main__.py SCRIPT ARGS…      or -m MODULE ARGS…, -c CODE ARGS…, -
"""

import os
import sys


def main() -> None:
    """Import the package this file belongs to, begin to record, and run the program."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        del sys.path[0]
    sys.path.insert(0, os.path.dirname(here))
    from asyncdemo import _awaits, _loops, _program, _recorder, _stalls, _stream, _threads

    # Whoever imports `asyncdemo` finds it in `sys.modules`. Its folder is no place for other imports.
    del sys.path[0]

    # A child of this process is not watched: were it to write here, two processes would speak at once.
    channel = _stream.connect(os.environ.pop("ASYNCDEMO_EVENTS", ""))
    if channel is not None:
        settings = _stream.settings(os.environ.pop("ASYNCDEMO_SETTINGS", ""))
        _loops.install(_recorder.install(channel, internal=settings.internal))
        _threads.install(channel)
        _stalls.watch(channel, settings.slow_poll)
        if settings.awaits and not _awaits.install(channel):
            channel.say(finding="no_awaits")
    _program.run(sys.argv[1:], channel)


main()
