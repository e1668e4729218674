from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from clock import VirtualClock

from flexsdk.core.body import Upload
from flexsdk.core.retry import Retry
from flexsdk.platforms.flexorch import FlexOrch, Job
from flexsdk.sandbox import Sandbox

KEY = "dfx_test_5f0c9d7b1a2e4c6f8091a2b3c4d5e6f7"

Connect = Callable[..., FlexOrch]


@pytest.fixture(autouse=True)
def no_flexorch_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for what in ("API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"FLEXORCH_{what}", raising=False)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(now=0.0, patience=20)


@pytest.fixture
async def sandbox(clock: VirtualClock) -> AsyncIterator[Sandbox]:
    """The platform, on the same clock as its client; the test fails when an answer broke the contract."""
    async with Sandbox(platforms=("flexorch",), clock=clock.time, run_seconds=9) as sandbox:
        yield sandbox
    assert sandbox.violations == []


@pytest.fixture
async def to(clock: VirtualClock) -> AsyncIterator[Connect]:
    """Make clients of a server that wait on the fake clock; closed at the end."""
    async with AsyncExitStack() as stack:

        def connect(server: Any, **settings: Any) -> FlexOrch:
            settings = {"clock": clock, "retry": Retry(rng=lambda: 0.5), "limits": None, **settings}
            client = FlexOrch(KEY, base_url=server.url, **settings)
            stack.push_async_callback(client.aclose)
            return client

        yield connect


@pytest.fixture
async def flexorch(sandbox: Sandbox, clock: VirtualClock) -> AsyncIterator[FlexOrch]:
    platform = sandbox.flexorch
    async with FlexOrch(platform.key, base_url=platform.base_url, clock=clock, limits=None) as client:
        yield client


@pytest.fixture
def text() -> Upload:
    return Upload(b"Invoice 7\nTotal 30 EUR\nanna@example.com", name="invoice.txt")


@pytest.fixture
async def run(flexorch: FlexOrch, text: Upload) -> Job:
    """A completed processing job."""
    upload = await flexorch.documents.process(text)
    return await flexorch.jobs.wait(upload.jobs[0])


@pytest.fixture
async def built(flexorch: FlexOrch, run: Job) -> Job:
    """A completed build job."""
    return await flexorch.jobs.wait(await flexorch.datasets.build_from_execution(run, name="invoices"))
