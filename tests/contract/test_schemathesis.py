"""The sandbox under requests that Schemathesis makes from the contracts: what they do not say never happens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.contract import load
from flexsdk.sandbox.emulator import Emulator

schemathesis = pytest.importorskip("schemathesis")
openapi = pytest.importorskip("schemathesis.specs.openapi.checks")

pytestmark = pytest.mark.slow

PLATFORMS = ("flapjack", "flexorch", "fleece", "flextell", "platform")
MODES = list(schemathesis.GenerationMode)
"""Requests that keep to the contract, and requests that break it in one place."""
EXAMPLES = 10
"""Requests of each mode for each operation."""
SECONDS = 10.0
"""For one answer, all of which are made at once."""

LEFT_OUT = {
    "oauth_authorize": "a page for a browser, which answers with redirects to the address in the query",
    "threads_send_message": "an event stream: the contract describes its events, not its body",
}

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]


def described(platform: str) -> Iterator[Any]:
    """Give the operations with behaviour of a platform, as Schemathesis reads them."""
    behaviour = set(Sandbox(platforms=(platform,)).coverage()[platform].behaviour)
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    for found in schemathesis.openapi.from_dict(
        dict(load(platform).document), config=config
    ).get_all_operations():
        operation = found.ok()
        if operation.definition.raw["operationId"] in behaviour - LEFT_OUT.keys():
            yield operation


OPERATIONS = [
    pytest.param(platform, operation, id=f"{platform}-{operation.definition.raw['operationId']}")
    for platform in PLATFORMS
    for operation in described(platform)
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox without limits, on a loop and a thread of its own: Schemathesis does not await."""
    ready, stop = threading.Event(), asyncio.Event()
    box = Sandbox(platforms=PLATFORMS, limits={name: [] for name in PLATFORMS})
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with box:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield box
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


def credential(emulator: Emulator, schemes: tuple[str, ...]) -> dict[str, str]:
    """Give the header of a valid key, or of a person's token where the operation takes nothing else."""
    if not schemes:
        return {}
    scheme = emulator.contract.schemes[schemes[0]]
    key = emulator.issue("user") if emulator.user_schemes.issuperset(schemes) else emulator.key
    return {scheme["name"]: key} if scheme["type"] == "apiKey" else {"Authorization": f"Bearer {key}"}


STAT = {}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("platform", "operation"), OPERATIONS)
def test_an_answer_is_one_that_the_contract_describes(
    platform: str, operation: Any, mode: Any, sandbox: Sandbox
) -> None:
    emulator: Emulator = getattr(sandbox, platform)
    known = emulator.contract.operations[operation.definition.raw["operationId"]]
    base_url = emulator.origin + known.template.removesuffix(operation.path)
    headers = credential(emulator, known.schemes)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered_as_described(case: Any) -> None:
        response = case.call(base_url=base_url, headers=headers, timeout=SECONDS)
        STAT.setdefault((known.id, mode.value), []).append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    answered_as_described()

    assert sandbox.violations == []


def test_zz():
    import json

    json.dump({"|".join(k): v for k, v in STAT.items()}, open("/tmp/stat.json", "w"))
