"""One client that reads streams as fast as they come.

``python -m benchmarks._event_client KIND URL LOOP EVENTS A_CHUNK``: a round reads one stream of so many
tokens to its end, so many of them in each HTTP chunk, and measures the processor time of an event.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Any

from benchmarks._contest import Measured, runner_of, serve
from benchmarks._stream_client import KINDS, Open


async def read(open_stream: Open) -> int:
    """Read one stream to its end, and count its events."""
    async with open_stream() as events:
        return sum([1 async for _ in events])


async def _round(open_stream: Open, events: int) -> Measured:
    gc.collect()
    start = time.process_time()
    seen = await read(open_stream)
    spent = time.process_time() - start
    assert abs(seen - events) <= 1, f"{seen} events instead of {events}"  # openai gives no event for the end
    return {"us": spent / events * 1e6}


def main(kind: str, url: str, loop: str, events: str, a_chunk: str) -> None:
    with runner_of(loop) as runner:
        opened: Any = KINDS[kind](f"{url}/burst/{events}/{a_chunk}")
        open_stream = runner.run(opened.__aenter__())
        serve(lambda: runner.run(_round(open_stream, int(events))))
        runner.run(opened.__aexit__(None, None, None))


if __name__ == "__main__":
    main(*sys.argv[1:])
