"""Tests of the pretend project under pytest-asyncio; the markers make them run in its strict mode, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from report import ask, names, names_from_environment

from flexsdk import Flapjack, Fleece, FlexOrch, Flextell, Platform, Retry, errors
from flexsdk.platforms.fleece import Agent
from flexsdk.sandbox import Fault, Sandbox
from flexsdk.testing import Cassette, VirtualClock

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def first(flexsdk_fleece: Fleece) -> AsyncIterator[Agent | None]:
    """Use a client before the test and after it."""
    yield await flexsdk_fleece.agents.list().first()
    await flexsdk_fleece.agents.list().first()


async def test_an_async_fixture_may_use_a_client(first: Agent, flexsdk_fleece: Fleece) -> None:
    assert first.name == (await names(flexsdk_fleece))[0]


async def test_every_platform_answers(
    flexsdk_flapjack: Flapjack,
    flexsdk_flexorch: FlexOrch,
    flexsdk_fleece: Fleece,
    flexsdk_flextell: Flextell,
    flexsdk_platform: Platform,
    flexsdk_sandbox: Sandbox,
) -> None:
    await flexsdk_flapjack.agents.list().collect()
    await flexsdk_flexorch.datasets.list().first()
    await flexsdk_fleece.agents.list().collect()
    await flexsdk_flextell.with_tenant(42).customers.list().first()
    await flexsdk_platform.resources.list().first()

    for name in flexsdk_sandbox.platforms:
        assert [record.status for record in getattr(flexsdk_sandbox, name).requests] == [200], name


async def test_a_client_of_the_environment_meets_the_sandbox(flexsdk_sandbox: Sandbox) -> None:
    assert await names_from_environment()
    assert len(flexsdk_sandbox.fleece.calls("agents_list")) == 1


async def test_a_stream(flexsdk_flapjack: Flapjack) -> None:
    assert await ask(flexsdk_flapjack, "What changed?")


async def test_an_hour_of_repeats(
    flexsdk_sandbox: Sandbox, flexsdk_connect: Callable[..., Any], flexsdk_clock: VirtualClock
) -> None:
    flexsdk_sandbox.fleece.faults.add(Fault.status(503, retry_after=1800), requests=[1, 2])
    fleece = flexsdk_connect(Fleece, retry=Retry(max_retry_after=3600))
    began = flexsdk_clock.monotonic()

    assert await names(fleece)

    assert flexsdk_clock.monotonic() - began >= 3600


async def test_the_deadline_of_the_code_under_test_counts_virtual_seconds(
    flexsdk_sandbox: Sandbox, flexsdk_connect: Callable[..., Any]
) -> None:
    flexsdk_sandbox.fleece.faults.add(Fault.status(503, retry_after=80_000))

    with pytest.raises(errors.ServerError) as caught:
        await names(flexsdk_connect(Fleece, retry=Retry(max_retry_after=90_000)))

    assert len(caught.value.attempts) == 2


async def test_no_time_passes_while_the_sandbox_answers(
    flexsdk_sandbox: Sandbox, flexsdk_fleece: Fleece, flexsdk_clock: VirtualClock
) -> None:
    flexsdk_sandbox.fleece.faults.add(Fault.latency(0.02))
    moments = []

    async def call() -> None:
        await names(flexsdk_fleece)
        moments.append(flexsdk_clock.monotonic())

    began = flexsdk_clock.monotonic()
    await asyncio.gather(call(), flexsdk_clock.sleep(600))

    assert moments == [began]


async def test_time_passes_while_a_stream_is_open(
    flexsdk_flapjack: Flapjack, flexsdk_clock: VirtualClock
) -> None:
    agents = await flexsdk_flapjack.agents.list().collect()
    thread = await flexsdk_flapjack.threads.create(agents[0].id)

    async with asyncio.timeout(10), flexsdk_flapjack.threads.stream(thread.id, "What changed?") as events:
        await flexsdk_clock.sleep(600)

    assert flexsdk_clock.slept == [600]
    assert not events.result.text


@pytest.mark.parametrize("run", [1, 2])
async def test_each_test_gets_a_new_sandbox(
    run: int, flexsdk_fleece: Fleece, flexsdk_sandbox: Sandbox
) -> None:
    await names(flexsdk_fleece)

    assert len(flexsdk_sandbox.fleece.requests) == 1


async def test_a_cassette(flexsdk_cassette: Cassette) -> None:
    async with Fleece(attempt_middlewares=[flexsdk_cassette]) as fleece:
        assert await names(fleece)


class TestOtherLimits:
    @pytest.fixture
    def flexsdk_sandbox_settings(self) -> dict[str, Any]:
        return {"platforms": ["fleece"], "limits": {"fleece": [(2, 60)]}}

    async def test_the_settings_of_the_sandbox_can_be_changed(
        self, flexsdk_fleece: Fleece, flexsdk_clock: VirtualClock, flexsdk_sandbox: Sandbox
    ) -> None:
        for _ in range(5):
            await names(flexsdk_fleece)

        assert sum(flexsdk_clock.slept) >= 60
        assert len(flexsdk_sandbox.fleece.calls("agents_list")) >= 5
