"""Flapjack and a sandbox whose answers all fit the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from flexsdk import Flapjack
from flexsdk.sandbox import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(platforms=("flapjack",)) as sandbox:
        yield sandbox
    assert sandbox.violations == []


@pytest.fixture
async def flapjack(sandbox: Sandbox) -> AsyncIterator[Flapjack]:
    async with Flapjack(sandbox.flapjack.key, base_url=sandbox.flapjack.base_url) as client:
        yield client
