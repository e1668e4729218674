from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from clinic import TOKEN, Clinic
from service import FakeClock

from flexsdk.core.retry import Retry
from flexsdk.platforms.flextell import Flextell


@pytest.fixture
async def clinic() -> AsyncIterator[Clinic]:
    async with Clinic() as clinic:
        yield clinic


@pytest.fixture
async def flextell(clinic: Clinic, clock: FakeClock) -> AsyncIterator[Flextell]:
    retry = Retry(rng=lambda: 0.5)
    async with Flextell(TOKEN, base_url=clinic.url, clock=clock, retry=retry) as flextell:
        yield flextell
