"""The sandbox under requests made from the contracts: it never answers what they do not describe."""

from __future__ import annotations

import asyncio
import copy
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.contract import load
from flexsdk.sandbox.emulator import Emulator

schemathesis = pytest.importorskip("schemathesis")
requests = pytest.importorskip("requests")
openapi = pytest.importorskip("schemathesis.specs.openapi.checks")

pytestmark = pytest.mark.slow

PLATFORMS = ("flapjack", "flexorch", "fleece", "flextell", "platform")
Mode = schemathesis.GenerationMode
EXAMPLES = 10
"""Requests of each mode for each operation."""
SECONDS = 10.0
"""For one answer, all of which are made at once."""

TENANT = "42"
"""A tenant of the Flextell sandbox."""

S3 = {"bucket": "b", "region": "eu", "access_key_id": "flc_test_a", "secret_access_key": "flc_test_b"}

LEFT_OUT = {
    "oauth_authorize": "a page for a browser, which answers with redirects to the address in the query",
    **dict.fromkeys(
        ("threads_send_message", "public_chat_send_message", "computer_exec", "computer_bootstrap_stream"),
        "an event stream: the contract describes its events, not its body",
    ),
}

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]


def operation_id(operation: Any) -> str:
    found: str = operation.definition.raw["operationId"]
    return found


def described(platform: str) -> Iterator[Any]:
    """Give the operations with behaviour of a platform, as Schemathesis reads them."""
    document = copy.deepcopy(dict(load(platform).document))
    if platform == "flextell":  # a date of birth is named a date-time, and is a plain date in all examples
        del document["components"]["schemas"]["Customer"]["properties"]["date_of_birth"]["format"]
    behaviour = set(Sandbox(platforms=(platform,)).coverage()[platform].behaviour)
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    for found in schemathesis.openapi.from_dict(document, config=config).get_all_operations():
        operation = found.ok()
        if operation_id(operation) in behaviour - LEFT_OUT.keys():
            yield operation


def modes(platform: str, operation: Any) -> list[Any]:
    """Ask for wrong requests only where there is something that can be wrong: a query or a body."""
    known = load(platform).operations[operation_id(operation)]
    refutable = known.bodies or any(each.place == "query" for each in known.parameters)
    return [Mode.POSITIVE, Mode.NEGATIVE] if refutable else [Mode.POSITIVE]


CASES = [
    pytest.param(platform, operation, mode, id=f"{platform}-{operation_id(operation)}-{mode.value}")
    for platform in PLATFORMS
    for operation in described(platform)
    for mode in modes(platform, operation)
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox without limits, on a loop and a thread of its own: Schemathesis does not await."""
    ready, stop = threading.Event(), asyncio.Event()
    box = Sandbox(platforms=PLATFORMS, limits={name: [] for name in PLATFORMS}, run_seconds=0.0)
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with box:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        furnish(box)
        yield box
    finally:
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


def furnish(box: Sandbox) -> None:
    """Make objects of each kind that is not there from the start, so that ids of theirs can be found."""
    agent = ask(box.flapjack, "POST", "/api/agents", json={"name": "Guide"})
    thread = ask(box.flapjack, "POST", "/api/threads", json={"agentId": agent["id"]})
    ask(box.flapjack, "POST", "/api/plans", json={"threadId": thread["id"], "title": "Release"})
    template = ask(box.flapjack, "GET", "/api/code-agents")[0]
    ask(box.flapjack, "POST", "/api/code-sessions", json={"codeAgentId": template["id"], "prompt": "Mend"})
    ask(box.platform, "POST", "/resources", json={"name": "Report"})
    ask(box.flextell, "POST", "/resources", json={"name": "Report"})
    uploaded = ask(
        box.flexorch, "POST", "/data-process/async", files={"files": ("note.txt", b"Ada Lovelace")}
    )
    job = ask(box.flexorch, "GET", f"/jobs/{uploaded['data']['jobs'][0]['job_id']}")
    execution = job["data"]["processing_summary"]["execution_id"]
    ask(box.flexorch, "POST", f"/datasets/build-from-execution/{execution}", json={"name": "People"})
    ask(box.flexorch, "POST", "/connectors", json={"type": "s3", "name": "Archive", "config": S3})
    ask(
        box.flexorch,
        "POST",
        "/webhooks",
        json={"url": "http://127.0.0.1:9/hook", "events": ["job.completed"]},
    )


def ask(emulator: Emulator, method: str, path: str, **body: Any) -> Any:
    """Ask with the platform's first kind of credential."""
    schemes = next(each.schemes for each in emulator.contract.operations.values() if each.schemes)
    headers = credential(emulator, schemes)
    answer = requests.request(method, emulator.base_url + path, headers=headers, timeout=SECONDS, **body)
    answer.raise_for_status()
    return answer.json()


def known_ids(origin: str, template: str, headers: dict[str, str]) -> dict[str, str]:
    """Find ids for a path in the lists above it, as far as there are lists and something is in them."""
    known: dict[str, str] = {}
    for name in re.findall(r"\{(\w+)\}", template):
        above = template.partition("/{" + name + "}")[0].format(**known)
        answer = requests.get(origin + above, headers=headers, timeout=SECONDS)
        found = first_id(answer.json(), name) if answer.ok else None
        if found is None:
            break
        known[name] = str(found)
    return known


def first_id(value: Any, name: str) -> Any:
    """Give the first id in an answer, whatever is around the list."""
    if isinstance(value, dict) and {"id", name} & value.keys():
        return value.get("id", value.get(name))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for each in inner if (found := first_id(each, name)) is not None), None)


@pytest.mark.parametrize(("platform", "operation", "mode"), CASES)
def test_an_answer_is_one_that_the_contract_describes(
    platform: str, operation: Any, mode: Any, sandbox: Sandbox
) -> None:
    emulator: Emulator = getattr(sandbox, platform)
    known = emulator.contract.operations[operation_id(operation)]
    headers = credential(emulator, known.schemes) | {"X-Tenant": TENANT}
    ids = known_ids(emulator.origin, known.template, headers)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), exists=st.booleans())
    def answered_as_described(case: Any, exists: bool) -> None:
        if exists:
            case.path_parameters |= ids
        base_url = emulator.origin + known.template.removesuffix(operation.path)
        response = case.call(base_url=base_url, headers=headers, timeout=SECONDS)
        case.validate_response(response, checks=CHECKS)

    before = len(sandbox.violations)
    answered_as_described()

    assert sandbox.violations[before:] == []
