"""One client that reads the same object over and over: ``python -m benchmarks._unary_client KIND URL LOOP``.

A round measures the processor time of a call with 1, 16 and 100 calls at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from benchmarks._contest import serve

Probe = Callable[[], Awaitable[object]]
KEY = "fj_test_0123456789abcdef"
AT_ONCE = (1, 16, 100)


@contextlib.asynccontextmanager
async def bare(url: str) -> AsyncIterator[Probe]:
    """What one writes by hand: ``session.get`` and msgspec."""
    import aiohttp
    import msgspec

    from flexsdk.platforms.platform.resources import Resource

    decode = msgspec.json.Decoder(Resource).decode
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:

        async def probe() -> object:
            async with session.get(f"{url}/resources/r1") as response:
                response.raise_for_status()
                return decode(await response.read())

        yield probe


def _platform(url: str, **settings: Any) -> Any:
    from flexsdk import Platform

    return Platform(KEY, base_url=url, **settings)


@contextlib.asynccontextmanager
async def flexsdk(url: str, **settings: Any) -> AsyncIterator[Probe]:
    """The default client: limits, retries, deadline, one hook."""
    settings = {"deadline": 60.0, "hooks": [lambda _event: None], "max_connections": 200, **settings}
    async with _platform(url, **settings) as platform:
        yield lambda: platform.resources.get("r1")


def flexsdk_two_hooks(url: str) -> Any:
    return flexsdk(url, hooks=[lambda _event: None] * 2)


def flexsdk_middleware(url: str) -> Any:
    async def passing(call: Any, forward: Any) -> Any:
        return await forward(call)

    return flexsdk(url, middlewares=[passing])


@contextlib.asynccontextmanager
async def openai(url: str, client: Any = None) -> AsyncIterator[Probe]:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(api_key=KEY, base_url=url, http_client=client) as made:
        yield lambda: made.models.retrieve("m")


def openai_aiohttp(url: str) -> Any:
    from openai import DefaultAioHttpClient

    return openai(url, DefaultAioHttpClient())


@contextlib.asynccontextmanager
async def anthropic(url: str, client: Any = None) -> AsyncIterator[Probe]:
    from anthropic import AsyncAnthropic

    async with AsyncAnthropic(api_key=KEY, base_url=url, http_client=client) as made:
        yield lambda: made.models.retrieve("m")


def anthropic_aiohttp(url: str) -> Any:
    from anthropic import DefaultAioHttpClient

    return anthropic(url, DefaultAioHttpClient())


KINDS: dict[str, Any] = {
    each.__name__: each
    for each in (
        bare,
        flexsdk,
        flexsdk_two_hooks,
        flexsdk_middleware,
        openai,
        openai_aiohttp,
        anthropic,
        anthropic_aiohttp,
    )
}


async def _drive(probe: Probe, calls: int, at_once: int) -> float:
    """Give the processor time of one call, in microseconds."""

    async def work(share: int) -> None:
        for _ in range(share):
            await probe()

    gc.collect()
    start = time.process_time()
    await asyncio.gather(*(work(calls // at_once) for _ in range(at_once)))
    return (time.process_time() - start) / calls * 1e6


def main(kind: str, url: str, loop: str, calls: str) -> None:
    if loop == "uvloop":
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    else:
        runner = asyncio.Runner()
    with runner:
        opened = KINDS[kind](url)
        probe = runner.run(opened.__aenter__())
        serve(lambda: {str(n): runner.run(_drive(probe, int(calls), n)) for n in AT_ONCE})
        runner.run(opened.__aexit__(None, None, None))


if __name__ == "__main__":
    main(*sys.argv[1:])
