"""Platform on the clock of its client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from clock import VirtualClock

from flexsdk import Platform
from flexsdk.core.retry import Retry
from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.platform import Platform as Emulated


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(now=0.0, patience=20)


@pytest.fixture
async def emulated(clock: VirtualClock) -> AsyncIterator[Emulated]:
    async with Sandbox(platforms=("platform",), clock=clock.time, run_seconds=9) as sandbox:
        sandbox.platform.terms.webhook_pause = 0
        yield sandbox.platform
    assert sandbox.violations == []


@pytest.fixture
async def platform(emulated: Emulated, clock: VirtualClock) -> AsyncIterator[Platform]:
    retry = Retry(rng=lambda: 0.5)
    async with Platform(
        emulated.key, base_url=emulated.base_url, clock=clock, limits=None, retry=retry
    ) as client:
        yield client
