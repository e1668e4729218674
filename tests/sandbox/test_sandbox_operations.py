"""Every operation of every contract answers a valid request with a documented, valid answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from sandbox_kit import Ask, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.contract import Contract, Operation, load
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.example import example
from flexsdk.sandbox.validate import validator

NAMES = ("flapjack", "flexorch", "fleece", "flextell", "platform")
OPERATIONS = [
    pytest.param(name, operation, id=f"{name}-{operation.id}")
    for name in NAMES
    for operation in load(name).operations.values()
]


def parameters(contract: Contract, operation: Operation, place: str) -> dict[str, str]:
    return {
        parameter.name: str(example(contract.document, parameter.schema))
        for parameter in operation.parameters
        if parameter.place == place and (parameter.required or place == "query")
    }


def credential(emulator: Emulator, operation: Operation) -> dict[str, str]:
    schemes = emulator.contract.schemes
    if not operation.schemes:
        return {}
    if set(operation.schemes) <= emulator.user_schemes:
        return bearer(emulator.issue("user"))
    if schemes[operation.schemes[0]]["type"] == "apiKey":
        return {schemes[operation.schemes[0]]["name"]: emulator.key}
    return bearer(emulator.key)


def body(contract: Contract, operation: Operation) -> dict[str, Any]:
    if not operation.bodies:
        return {}
    kind, schema = next(iter(operation.bodies.items()))
    value = example(contract.document, schema)
    if kind == "application/json":
        return {"json": value}
    if kind == "application/x-www-form-urlencoded":
        return {"data": value}
    form = aiohttp.FormData(default_to_multipart=True)
    members = contract.resolve(schema)["properties"]
    for name, member in value.items():
        binary = "binary" in str(members[name]) or "octet-stream" in str(members[name])
        form.add_field(name, b"data" if binary else str(member), filename="a.pdf" if binary else None)
    return {"data": form}


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
async def test_every_operation_answers_within_its_contract(name: str, operation: Operation, ask: Ask) -> None:
    contract = load(name)
    async with Sandbox(platforms=(name,), limits={name: []}) as sandbox:
        emulator: Emulator = getattr(sandbox, name)
        path = operation.template
        for variable, value in parameters(contract, operation, "path").items():
            path = path.replace("{" + variable + "}", quote(value))

        reply = await ask(
            emulator,
            operation.method,
            path,
            params=parameters(contract, operation, "query"),
            headers=credential(emulator, operation) | parameters(contract, operation, "header"),
            **body(contract, operation),
        )

    assert sandbox.violations == []
    assert [record.operation for record in emulator.requests] == [operation.id]
    assert reply.status == operation.success or (operation.id in emulator.behaviours and reply.status < 500)
    media = operation.media(reply.status)
    kind = reply.headers.get("Content-Type", "").partition(";")[0]
    assert media is not None
    assert (kind in media) if media else (reply.body == b"")
    if kind == "application/json":
        assert validator(name).check(media[kind].get("schema", {}), reply.json()) is None


async def test_a_default_stream_ends_with_its_last_event(ask: Ask) -> None:
    async with Sandbox(platforms=("flapjack",)) as sandbox:
        flapjack = sandbox.flapjack
        flapjack.behaviours.clear()
        message = await ask(flapjack, "POST", "/api/threads/1/messages", json={"content": "x"})
        command = await ask(flapjack, "POST", "/api/agents/1/computer/exec", json={"command": "ls"})

    names = [name for name, _ in message.events()]
    assert (names[0], names[-1], len(names)) == ("meta", "done", 11)
    assert [name for name, _ in command.events()] == ["exit"]


def test_the_contracts_hold_288_operations() -> None:
    counts = {name: len(load(name).operations) for name in NAMES}

    assert counts == {"flapjack": 168, "flexorch": 52, "fleece": 11, "flextell": 51, "platform": 6}


def test_coverage_tells_behaviour_from_default_answers() -> None:
    coverage = Sandbox().coverage()

    assert {name: len(c.behaviour) + len(c.default) for name, c in coverage.items()} == {
        name: len(load(name).operations) for name in NAMES
    }
    assert coverage["fleece"].default == ()
    assert "threads_send_message" in coverage["flapjack"].behaviour
    assert coverage["flapjack"].default == ()
