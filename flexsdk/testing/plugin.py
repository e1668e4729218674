"""The plugin for pytest; its fixtures.

| fixture | what it is |
|---|---|
| `flexsdk_sandbox` | the five platforms on 127.0.0.1, new for each test; the environment points to them |
| `flexsdk_sandbox_settings` | a dict of `flexsdk.sandbox.Options`; override it to change the sandbox |
| `flexsdk_clock` | the `VirtualClock` of the sandbox and of the clients below |
| `flexsdk_flapjack`, `flexsdk_flexorch`, `flexsdk_fleece`, `flexsdk_flextell`, `flexsdk_platform` | clients |
| `flexsdk_connect` | makes a client with settings: `flexsdk_connect(Fleece, plan="pro")` |
| `flexsdk_cassette` | a `Cassette` in `cassettes/` beside the test; `--flexsdk-cassettes=record` records it |

The sandbox runs on a loop and in a thread of its own, and clients are closed with the loop of the test: so
every fixture is a plain function and serves whatever runs the test, and async fixtures of yours may use them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # nothing else is imported before a test asks for it: pytest loads this module always
    from anyio.from_thread import BlockingPortal

    from flexsdk import Flapjack, Fleece, FlexOrch, Flextell, Platform
    from flexsdk.sandbox import Sandbox
    from flexsdk.testing import Cassette, VirtualClock

__all__ = [
    "flexsdk_cassette",
    "flexsdk_clock",
    "flexsdk_connect",
    "flexsdk_flapjack",
    "flexsdk_fleece",
    "flexsdk_flexorch",
    "flexsdk_flextell",
    "flexsdk_platform",
    "flexsdk_sandbox",
    "flexsdk_sandbox_settings",
    "pytest_addoption",
]

_PLATFORMS = ("flapjack", "flexorch", "fleece", "flextell", "platform")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says what cassettes do."""
    parser.getgroup("flexsdk").addoption(
        "--flexsdk-cassettes",
        choices=("replay", "record"),
        default="replay",
        help="replay cassettes (the default), or call the platforms and record them anew",
    )


@pytest.fixture(scope="session")
def _flexsdk_portal() -> Iterator[BlockingPortal]:
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def flexsdk_clock() -> VirtualClock:
    """Give the clock of the test; one date for all tests, and monotonic time from that of the system.

    So ``flexsdk.deadline`` in the code under test, which knows the system's clock only, means the same.
    """
    import time

    from flexsdk.testing import VirtualClock

    return VirtualClock(now=time.monotonic())


@pytest.fixture
def flexsdk_sandbox_settings() -> dict[str, Any]:
    """Give the settings of the sandbox; override this fixture to change them."""
    return {}


@pytest.fixture
def flexsdk_sandbox(
    _flexsdk_portal: BlockingPortal,
    flexsdk_clock: VirtualClock,
    flexsdk_sandbox_settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Sandbox]:
    """Start the platforms, and point the environment to them: ``Fleece()`` in your code meets the sandbox.

    The test fails at its end when an answer of the sandbox broke the contract.
    """
    from flexsdk.sandbox import Sandbox

    sandbox = Sandbox(**{"clock": flexsdk_clock.time, **flexsdk_sandbox_settings})
    with _flexsdk_portal.wrap_async_context_manager(sandbox):
        for name in sandbox.platforms:
            emulator = getattr(sandbox, name)
            monkeypatch.setenv(f"{name.upper()}_API_KEY", emulator.key)
            monkeypatch.setenv(f"{name.upper()}_BASE_URL", emulator.base_url)
        yield sandbox
    assert sandbox.violations == [], "the sandbox broke its contract; please report it"


@pytest.fixture
def flexsdk_connect(flexsdk_sandbox: Sandbox, flexsdk_clock: VirtualClock) -> Callable[..., Any]:
    """Give a function that makes clients of the sandbox: a client class, and its settings by keyword."""
    from functools import partial

    from flexsdk.testing.clients import connected

    return partial(connected, flexsdk_sandbox, flexsdk_clock)


@pytest.fixture
def flexsdk_flapjack(flexsdk_connect: Callable[..., Flapjack]) -> Flapjack:
    """Give a client of Flapjack."""
    from flexsdk import Flapjack

    return flexsdk_connect(Flapjack)


@pytest.fixture
def flexsdk_flexorch(flexsdk_connect: Callable[..., FlexOrch]) -> FlexOrch:
    """Give a client of FlexOrch."""
    from flexsdk import FlexOrch

    return flexsdk_connect(FlexOrch)


@pytest.fixture
def flexsdk_fleece(flexsdk_connect: Callable[..., Fleece]) -> Fleece:
    """Give a client of Fleece AI."""
    from flexsdk import Fleece

    return flexsdk_connect(Fleece)


@pytest.fixture
def flexsdk_flextell(flexsdk_connect: Callable[..., Flextell]) -> Flextell:
    """Give a client of Flextell."""
    from flexsdk import Flextell

    return flexsdk_connect(Flextell)


@pytest.fixture
def flexsdk_platform(flexsdk_connect: Callable[..., Platform]) -> Platform:
    """Give a client of Platform."""
    from flexsdk import Platform

    return flexsdk_connect(Platform)


@pytest.fixture
def flexsdk_cassette(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Cassette:
    """Give the cassette of this test: ``Fleece(attempt_middlewares=[flexsdk_cassette])``.

    Recording needs your keys in the environment; replaying needs none.
    """
    import os

    from flexsdk.testing import Cassette

    mode = request.config.getoption("--flexsdk-cassettes")
    if mode == "replay":
        for name in _PLATFORMS:
            variable = f"{name.upper()}_API_KEY"
            monkeypatch.setenv(variable, os.environ.get(variable) or "replayed")
    name = re.sub(r"[^\w.-]+", "-", request.node.name)
    return Cassette(request.path.parent / "cassettes" / f"{request.path.stem}.{name}.json", mode=mode)
