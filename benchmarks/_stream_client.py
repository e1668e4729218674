"""One client with many open streams: ``python -m benchmarks._stream_client KIND URL STREAMS SECONDS``.

The one round opens the streams, waits for a first event of each, and measures what they keep in memory and,
over some seconds, the processor time of an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

from benchmarks._contest import Measured, resident, serve

KEY = "fj_test_0123456789abcdef"

Open = Callable[[], Any]
"""Makes a stream: an async context manager that gives an async iterator of typed events."""


@contextlib.asynccontextmanager
async def bare(url: str) -> AsyncIterator[Open]:
    """What one writes by hand: ``iter_any``, a split at empty lines, and a decoder of msgspec by name."""
    import aiohttp
    import msgspec

    from flexsdk.platforms.flapjack.events import Done, Token

    kinds = {b"event: token": Token, b"event: done": Done}
    decoders = {line: msgspec.json.Decoder(kind).decode for line, kind in kinds.items()}
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Authorization": f"Bearer {KEY}", "Accept": "text/event-stream"}
    timeout = aiohttp.ClientTimeout(total=None)

    async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:

        @contextlib.asynccontextmanager
        async def opened() -> AsyncIterator[AsyncIterator[Any]]:
            async with session.post(f"{url}/every", json={"content": "Hello"}) as response:
                response.raise_for_status()
                yield events(response)

        async def events(response: Any) -> AsyncIterator[Any]:
            rest = b""
            async for chunk in response.content.iter_any():
                *frames, rest = (rest + chunk).split(b"\n\n")
                for frame in frames:
                    name, _, data = frame.partition(b"\n")
                    yield decoders[name](data[6:])

        yield opened


@contextlib.asynccontextmanager
async def flexsdk(url: str) -> AsyncIterator[Open]:
    from flexsdk import Flapjack

    async with Flapjack(KEY, base_url=url, max_connections=10_000, hooks=[lambda _event: None]) as flapjack:
        yield lambda: flapjack.threads.stream("every", "Hello")


@contextlib.asynccontextmanager
async def openai(url: str) -> AsyncIterator[Open]:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(api_key=KEY, base_url=url) as made:

        @contextlib.asynccontextmanager
        async def opened() -> AsyncIterator[Any]:
            stream = await made.chat.completions.create(model="m", messages=[], stream=True)
            async with stream:
                yield stream

        yield opened


KINDS: dict[str, Any] = {each.__name__: each for each in (bare, flexsdk, openai)}


class _Counter:
    def __init__(self, streams: int) -> None:
        self.events = 0
        self.awaited = streams
        self.all_begun = asyncio.Event()


async def _read(open_stream: Open, counter: _Counter, slots: asyncio.Semaphore) -> None:
    async with AsyncExitStack() as stack:
        async with slots:  # not all at once: a backlog is finite
            events = aiter(await stack.enter_async_context(open_stream()))
            await anext(events)
            counter.awaited -= 1
            if counter.awaited == 0:
                counter.all_begun.set()
        async for _ in events:
            counter.events += 1


async def _measure(kind: str, url: str, streams: int, seconds: float) -> Measured:
    async with KINDS[kind](url) as open_stream:
        await _run(open_stream, 20, 0.2)  # all that is loaded and cached at first use
        return await _run(open_stream, streams, seconds)


async def _run(open_stream: Open, streams: int, seconds: float) -> Measured:
    gc.collect()
    before = resident()
    counter, slots = _Counter(streams), asyncio.Semaphore(100)
    tasks = [asyncio.create_task(_read(open_stream, counter, slots)) for _ in range(streams)]
    await counter.all_begun.wait()
    gc.collect()
    kept = resident() - before
    seen, start = counter.events, time.process_time()
    await asyncio.sleep(seconds)
    spent = time.process_time() - start
    events = max(1, counter.events - seen)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return {"kib": kept / streams / 1024, "us": spent / events * 1e6, "events": events}


def main(kind: str, url: str, streams: str, seconds: str) -> None:
    serve(lambda: asyncio.run(_measure(kind, url, int(streams), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
