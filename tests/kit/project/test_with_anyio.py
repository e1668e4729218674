"""Tests of the pretend project under the plugin of anyio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from report import ask, names

from flexsdk import Flapjack, Fleece, Retry
from flexsdk.platforms.fleece import Agent
from flexsdk.sandbox import Fault, Sandbox
from flexsdk.testing import VirtualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def first(anyio_backend: str, flexsdk_fleece: Fleece) -> AsyncIterator[Agent | None]:
    """Use a client before the test and after it."""
    yield await flexsdk_fleece.agents.list().first()
    await flexsdk_fleece.agents.list().first()


async def test_an_async_fixture_may_use_a_client(first: Agent, flexsdk_fleece: Fleece) -> None:
    assert first.name == (await names(flexsdk_fleece))[0]


async def test_a_stream(flexsdk_flapjack: Flapjack) -> None:
    assert await ask(flexsdk_flapjack, "What changed?")


async def test_an_hour_of_repeats(
    flexsdk_sandbox: Sandbox, flexsdk_connect: Callable[..., Any], flexsdk_clock: VirtualClock
) -> None:
    flexsdk_sandbox.fleece.faults.add(Fault.status(503, retry_after=1800), requests=[1, 2])

    assert await names(flexsdk_connect(Fleece, retry=Retry(max_retry_after=3600)))

    assert sum(flexsdk_clock.slept) >= 3600
