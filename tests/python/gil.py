"""Which calls of C code keep the GIL: in a thread of their own, they block the event loop all the same.

Prints, for each, how long the call took, the longest gap between two turns of the event loop meanwhile, and how many
turns it had.
"""

import asyncio
import hashlib
import json
import re
import time
import zlib

KEEPS = {
    "sum": lambda size: (range(size * 1000), sum),
    "json.loads": lambda size: ("[" + "1," * (size * 500) + "1]", json.loads),
    "re": lambda size: ("a" * (size * 2), re.compile("a*b").search),
}
LETS_GO = {
    "hashlib": lambda size: (bytes(size * 50_000), hashlib.sha256),
    "zlib": lambda size: (bytes(size * 50_000), zlib.compress),
    "time.sleep": lambda size: (size / 1000, time.sleep),
}


def timed(call, argument):
    begun = time.perf_counter()
    call(argument)
    return begun, time.perf_counter()


async def beside(call, argument):
    task = asyncio.create_task(asyncio.to_thread(timed, call, argument))
    turns = [time.perf_counter()]
    while not task.done():
        await asyncio.sleep(0.005)
        turns.append(time.perf_counter())
    begun, ended = task.result()
    gap = max(after - before for before, after in zip(turns, turns[1:]))
    meanwhile = [turn for turn in turns if begun < turn < ended]
    return {"call_s": ended - begun, "gap_s": gap, "turns": len(meanwhile)}


async def main():
    found = {}
    for keeps, calls in ((True, KEEPS), (False, LETS_GO)):
        for name, sized in calls.items():
            size = 1
            while True:
                argument, call = sized(size)
                one = await beside(call, argument)
                if one["call_s"] >= 0.4:
                    break
                size *= 2
            found[name] = {"keeps": keeps, **one}
    print(json.dumps(found))


asyncio.run(main())
