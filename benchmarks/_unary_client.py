"""One client that reads the same object over and over.

``python -m benchmarks._unary_client KIND URL LOOP CALLS AT_ONCE...``: a round makes so many calls, once for
each number of calls at the same time. It measures the processor time of one, and the memory held at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from benchmarks._contest import Measured, resident, runner_of, serve
from benchmarks._unary_peers import PEERS

Probe = Callable[[], Awaitable[object]]
KEY = "fj_test_0123456789abcdef"


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


@contextlib.asynccontextmanager
async def flexsdk(url: str, **settings: Any) -> AsyncIterator[Probe]:
    """The default client: limits, retries, deadline, one hook."""
    from flexsdk import Platform

    settings = {"deadline": 60.0, "hooks": [lambda _event: None], "max_connections": 1_000, **settings}
    async with Platform(KEY, base_url=url, **settings) as platform:
        yield lambda: platform.resources.get("r1")


def flexsdk_two_hooks(url: str) -> Any:
    return flexsdk(url, hooks=[lambda _event: None] * 2)


def flexsdk_middleware(url: str) -> Any:
    async def passing(call: Any, forward: Any) -> Any:
        return await forward(call)

    return flexsdk(url, middlewares=[passing])


def flexsdk_few_connections(url: str) -> Any:
    return flexsdk(url, max_connections=100)


KINDS: dict[str, Any] = {each.__name__: each for each in (bare, flexsdk, flexsdk_few_connections, *PEERS)}


async def drive(probe: Probe, calls: int, at_once: int) -> float:
    """Give the processor time of one call, in microseconds."""

    async def work(share: int) -> None:
        for _ in range(share):
            await probe()

    gc.collect()
    start = time.process_time()
    await asyncio.gather(*(work(calls // at_once) for _ in range(at_once)))
    return (time.process_time() - start) / calls * 1e6


async def _round(probe: Probe, calls: int, numbers: list[int]) -> Measured:
    measured = {str(number): await drive(probe, calls, number) for number in numbers}
    gc.collect()
    return {**measured, "resident": resident()}


def main(kind: str, url: str, loop: str, calls: str, *at_once: str) -> None:
    with runner_of(loop) as runner:
        opened = KINDS[kind](url)
        probe = runner.run(opened.__aenter__())
        numbers = [int(number) for number in at_once]
        serve(lambda: runner.run(_round(probe, int(calls), numbers)))
        runner.run(opened.__aexit__(None, None, None))


if __name__ == "__main__":
    main(*sys.argv[1:])
