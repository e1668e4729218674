from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sandbox_kit import Ask, Clock, Reply, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.flapjack import Flapjack
from flexsdk.sandbox.fleece import Fleece


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    """All platforms; the test fails when an answer broke the contract."""
    async with Sandbox(clock=clock) as sandbox:
        yield sandbox
    assert sandbox.violations == []


@pytest.fixture
def flapjack(sandbox: Sandbox) -> Flapjack:
    return sandbox.flapjack


@pytest.fixture
def fleece(sandbox: Sandbox) -> Fleece:
    return sandbox.fleece


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


@pytest.fixture
def ask(session: aiohttp.ClientSession) -> Ask:
    async def ask(emulator: Emulator, method: str, path: str, **options: Any) -> Reply:
        options.setdefault("headers", bearer(emulator.key))
        options.setdefault("allow_redirects", False)
        async with session.request(method, emulator.origin + path, **options) as response:
            return Reply(response.status, response.headers, await response.read())

    return ask
