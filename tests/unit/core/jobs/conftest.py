from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from clock import VirtualClock
from poll_kit import FakeClient, Jobs, Platform, quiet


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    """The platform; the test fails when it leaves a task behind."""
    yield Platform(VirtualClock(now=1_000.0))
    await quiet()


@pytest.fixture
def jobs(platform: Platform) -> Jobs:
    return Jobs(FakeClient(platform, lists=False))  # type: ignore[arg-type]  # all that it needs


@pytest.fixture
def listed(platform: Platform) -> Jobs:
    return Jobs(FakeClient(platform, lists=True))  # type: ignore[arg-type]  # all that it needs
