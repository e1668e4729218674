"""Every operation of the client, held against the OpenAPI file of its platform."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

import msgspec
import pytest

from flexsdk import codec
from flexsdk.core.op import Op, Replay, StreamOp
from flexsdk.platforms import operations
from flexsdk.protocol.sse import ServerSentEvent
from flexsdk.sandbox.contract import Contract, Operation, load
from flexsdk.sandbox.example import example
from flexsdk.structs import Page

COVERED = {"flapjack": 9, "fleece": 11}
"""Operations with a method in the client; the whole is 168, 11, 52, 51 and 6."""

ALL = [(platform, op) for platform, ops in operations().items() for op in ops]
each_operation = pytest.mark.parametrize(
    ("platform", "op"), ALL, ids=lambda value: getattr(value, "id", value)
)


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def find(platform: str, op: Op[Any]) -> tuple[Contract, Operation]:
    contract = load(platform)
    return contract, contract.operations[op.id]


def raw_operation(contract: Contract, op: Op[Any]) -> Mapping[str, Any]:
    items = contract.document["paths"].values()
    candidates = [item[op.method.lower()] for item in items if op.method.lower() in item]
    return next(raw for raw in candidates if raw["operationId"] == op.id)


def answers(contract: Contract, operation: Operation) -> Iterator[Mapping[str, Any]]:
    for status, media in operation.answers.items():
        if status.startswith("2") and "application/json" in media:
            yield media["application/json"]["schema"]


def properties(contract: Contract, schema: Mapping[str, Any]) -> set[str]:
    return set(contract.resolve(schema).get("properties", {}))


def wire_names(struct: Any) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(struct)}


def test_the_count_of_covered_operations_is_what_is_claimed() -> None:
    assert {platform: len(ops) for platform, ops in operations().items()} == COVERED


@each_operation
def test_method_and_path_are_those_of_the_contract(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)

    path = re.sub(r"\{(\w+)\}", lambda found: "{" + snake(found[1]) + "}", operation.template)

    assert (op.method, contract.prefix + op.path) == (operation.method, path)


@each_operation
def test_query_parameters_are_those_of_the_contract(platform: str, op: Op[Any]) -> None:
    _, operation = find(platform, op)

    assert set(op.query) == {each.name for each in operation.parameters if each.place == "query"}


@each_operation
def test_the_body_has_the_fields_of_the_contract(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)
    schema = operation.bodies.get("application/json")

    assert (op.body is None) == (schema is None)
    if schema is not None:
        required = {field.encode_name for field in msgspec.structs.fields(op.body) if field.required}
        assert wire_names(op.body) == properties(contract, schema)
        assert required == set(contract.resolve(schema).get("required", []))


@each_operation
def test_the_struct_of_the_answer_has_every_field_of_the_contract(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)
    struct = get_args(op.answer)[0] if get_origin(op.answer) is Page else op.answer
    if struct is None:
        return

    for schema in answers(contract, operation):
        found = contract.resolve(schema)
        if get_origin(op.answer) is Page:
            found = contract.resolve(found.get("items") or found["properties"]["data"]["items"])
        assert wire_names(struct) >= properties(contract, found)


@each_operation
def test_the_answer_of_the_contract_decodes(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)

    for schema in answers(contract, operation):
        op.decode(msgspec.json.encode(example(contract.document, schema)))


@each_operation
def test_the_least_answer_of_the_contract_decodes(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)

    for schema in answers(contract, operation):
        found = contract.resolve(schema)
        whole = example(contract.document, found)
        least = {name: whole[name] for name in found.get("required", [])} if isinstance(whole, dict) else []
        op.decode(msgspec.json.encode(least))


@each_operation
def test_new_fields_and_new_words_decode(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)

    for schema in answers(contract, operation):
        found = contract.resolve(schema)
        whole = example(contract.document, found)
        if not isinstance(whole, dict):
            continue
        for name, member in found["properties"].items():
            if "enum" in contract.resolve(member):
                whole[name] = "a_word_of_tomorrow"
        op.decode(msgspec.json.encode({**whole, "a_field_of_tomorrow": [1]}))


@each_operation
def test_nothing_is_repeated_that_the_contract_calls_unsafe(platform: str, op: Op[Any]) -> None:
    contract, _ = find(platform, op)
    advice = raw_operation(contract, op).get("x-retry")

    if advice:
        assert (op.repeats is not Replay.NEVER) == advice["safe"]
    elif op.method == "GET":
        assert op.repeats is Replay.SAFE


@each_operation
def test_certainty_is_that_of_the_contract(platform: str, op: Op[Any]) -> None:
    contract, _ = find(platform, op)

    assert op.certainty.value == raw_operation(contract, op)["x-certainty"]


@pytest.mark.parametrize("op", [op for _, op in ALL if isinstance(op, StreamOp)], ids=lambda op: op.id)
def test_the_events_are_those_of_the_contract_and_decode(op: StreamOp[Any, Any]) -> None:
    contract, operation = find("flapjack", op)

    assert set(op.events.types) == set(operation.events)
    for name, schema in operation.events.items():
        raw = codec.encode(example(contract.document, schema))
        event = op.events.decode(ServerSentEvent(name, raw, "", None))
        assert type(event) is op.events.types[name]
        assert wire_names(type(event)) == properties(contract, schema)
