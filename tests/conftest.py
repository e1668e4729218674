from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from service import KEY, Connect, FakeClock, Service

from flexsdk.core.retry import Retry

_VARIABLES = [
    f"{name}_{what}"
    for name in ("FLAPJACK", "FLEECE", "FLEXORCH", "FLEXTELL", "PLATFORM", "SERVICE")
    for what in ("API_KEY", "BASE_URL")
]


def pytest_collection_finish() -> None:
    """Leave what was imported out of the collections of garbage, each of which takes half a second else."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let the interpreter end as ever: some extensions complain of types that outlive it."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in _VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Collect garbage at the end, so that what was left open warns in the module that left it."""
    yield
    gc.collect()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def connect(clock: FakeClock) -> AsyncIterator[Connect]:
    """Make clients on the fake clock, with half of the jitter and without a limiter; closed at the end."""
    async with AsyncExitStack() as stack:

        def connect(server: Any, **settings: Any) -> Service:
            usual = {"clock": clock, "retry": Retry(rng=lambda: 0.5), "limits": None, "base_url": server.url}
            client = Service(KEY, **usual | settings)
            stack.push_async_callback(client.aclose)
            return client

        yield connect


@pytest.fixture
def mocked_http(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Stand in for all servers; for answers and failures that need no socket."""
    core = pytest.importorskip("aioresponses.core")

    class Response(aiohttp.ClientResponse):
        # aioresponses 0.7.9 does not know the keyword that aiohttp 3.14 asks for.
        def __init__(self, *arguments: Any, **named: Any) -> None:
            named.setdefault("stream_writer", SimpleNamespace(output_size=0))
            super().__init__(*arguments, **named)

    monkeypatch.setattr(core, "ClientResponse", Response)
    with core.aioresponses() as mocked:
        yield mocked
