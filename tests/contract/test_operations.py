"""Every operation of the client, held against the OpenAPI file of its platform."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_args

import msgspec
import pytest

from flexsdk import codec
from flexsdk.core.op import Op, Replay, StreamOp
from flexsdk.platforms import operations
from flexsdk.protocol.sse import ServerSentEvent
from flexsdk.sandbox.contract import Contract, Operation, Schema, load
from flexsdk.sandbox.example import example

COVERED = {"flapjack": 168, "fleece": 11, "flexorch": 52, "flextell": 51, "platform": 6}
"""Operations with a method in the client: all there are."""

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


class Answer(NamedTuple):
    """A documented success: the schema of its payload, and whether the payload stands in an envelope."""

    schema: Schema
    enveloped: bool

    def body(self, payload: Any) -> bytes:
        whole = (
            {"status": "success", "data": payload, "error": None, "meta": {}} if self.enveloped else payload
        )
        return msgspec.json.encode(whole)


def answers(contract: Contract, operation: Operation) -> Iterator[Answer]:
    for status, media in operation.answers.items():
        if status.startswith("2") and "application/json" in media:
            for schema in alternatives(contract, media["application/json"]["schema"]):
                yield from payloads(contract, schema)


def payloads(contract: Contract, schema: Schema) -> Iterator[Answer]:
    """Take the payload out of FlexOrch's envelope, which is laid over it with ``allOf``, or stands alone."""
    envelope = contract.document["components"]["schemas"].get("Envelope")
    parts = [contract.resolve(part) for part in schema.get("allOf", [schema])]
    if envelope is None or envelope not in parts:
        yield Answer(schema, enveloped=False)
        return
    for found in alternatives(contract, parts[-1]["properties"]["data"]):
        yield Answer(found, enveloped=True)


def alternatives(contract: Contract, schema: Schema) -> Iterator[Schema]:
    found = contract.resolve(schema)
    choices = found.get("anyOf") or found.get("oneOf")
    if not choices:
        yield found
    for choice in choices or ():
        yield from alternatives(contract, choice)


def item(contract: Contract, schema: Schema, answer: Any) -> Schema:
    """Give the schema of one item where the client answers with a list, else what stands in ``data``."""
    if not get_args(answer):
        inner = contract.resolve(schema.get("properties", {}).get("data", {}))
        return inner if "properties" in inner else schema
    for name in ("data", "items", "rows", "traces", "skills", "servers"):
        inner = contract.resolve(schema.get("properties", {}).get(name, {}))
        if "items" in inner or (name == "data" and "properties" in inner):
            schema = inner
    return contract.resolve(schema.get("items", schema))


def properties(contract: Contract, schema: Schema) -> set[str]:
    return set(contract.resolve(schema).get("properties", {}))


def structs(answer: Any) -> list[Any]:
    """Find the structs in an answer: itself, or what it is a page, list or choice of."""
    if isinstance(answer, type) and issubclass(answer, msgspec.Struct):
        return [answer]
    return [found for part in get_args(answer) for found in structs(part)]


def fields(kind: Any) -> Sequence[Any]:
    """Give the fields of a struct; a body without a known shape is a plain mapping."""
    return msgspec.structs.fields(kind) if issubclass(kind, msgspec.Struct) else ()


def wire_names(struct: Any) -> set[str]:
    return {field.encode_name for field in fields(struct)}


def sent_form(contract: Contract, op: Op[Any], schema: Schema) -> Schema:
    """Give the form of a body that the client sends, where the contract has several."""
    forms = alternatives(contract, schema)
    return max(forms, key=lambda form: len(wire_names(op.body) & set(form.get("properties", {}))))


def test_the_count_of_covered_operations_is_what_is_claimed() -> None:
    assert {platform: len(ops) for platform, ops in operations().items()} == COVERED


@each_operation
def test_method_and_path_are_those_of_the_contract(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)

    path = re.sub(r"\{(\w+)\}", lambda found: "{" + snake(found[1]) + "}", operation.template)

    prefix = contract.prefix if operation.template.startswith(contract.prefix) else ""  # OAuth is at the root
    assert (op.method, prefix + op.path) == (operation.method, path)


@each_operation
def test_query_parameters_are_those_of_the_contract(platform: str, op: Op[Any]) -> None:
    _, operation = find(platform, op)

    assert set(op.query) == {each.name for each in operation.parameters if each.place == "query"}


LEFT_OUT = {"connectors_schedules_create": {"name"}}
"""Fields of bodies that only the form of the documentation has, where the client sends the live form."""


@each_operation
def test_the_body_has_the_fields_of_the_contract(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)
    schema = operation.bodies.get("application/json")

    assert (op.body is None) == (schema is None)
    if schema is not None:
        found = sent_form(contract, op, schema)
        members = found.get("properties", {})
        deprecated = {name for name, member in members.items() if member.get("deprecated")}
        required = {field.encode_name for field in fields(op.body) if field.required}
        assert wire_names(op.body) == set(members) - deprecated - LEFT_OUT.get(op.id, set())
        assert required == set(found.get("required", []))


@each_operation
def test_the_struct_of_the_answer_has_every_field_of_the_contract(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)
    known = structs(op.answer)
    if not known:
        return

    for answer in answers(contract, operation):
        wanted = properties(contract, item(contract, answer.schema, op.answer))
        assert any(wire_names(struct) >= wanted for struct in known)


@each_operation
def test_the_answer_of_the_contract_decodes(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)

    for answer in answers(contract, operation):
        op.decode(answer.body(example(contract.document, answer.schema)))


def least(contract: Contract, schema: Schema) -> Any:
    """Give the smallest value that fits: only what is required, and a list that the answer is about."""
    whole = example(contract.document, schema)
    if not isinstance(whole, dict):
        return [] if isinstance(whole, list) else whole
    listed = {name for name in ("items", "rows") if name in whole}
    return {name: whole[name] for name in {*schema.get("required", []), *listed}}


@each_operation
def test_the_least_answer_of_the_contract_decodes(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)

    for answer in answers(contract, operation):
        op.decode(answer.body(least(contract, answer.schema)))


@each_operation
def test_new_fields_and_new_words_decode(platform: str, op: Op[Any]) -> None:
    contract, operation = find(platform, op)

    for answer in answers(contract, operation):
        whole = example(contract.document, answer.schema)
        if not isinstance(whole, dict):
            continue
        for name, member in answer.schema.get("properties", {}).items():
            if "enum" in contract.resolve(member):
                whole[name] = "a_word_of_tomorrow"
        op.decode(answer.body({**whole, "a_field_of_tomorrow": [1]}))


def calls_safe(advice: Any) -> bool:
    """Read the advice of a contract, which is an object or prose."""
    if isinstance(advice, str):
        return advice.startswith(("safe", "same key is overwritten", "idempotent in effect"))
    return bool(advice["safe"])


@each_operation
def test_nothing_is_repeated_that_the_contract_calls_unsafe(platform: str, op: Op[Any]) -> None:
    contract, _ = find(platform, op)
    advice = raw_operation(contract, op).get("x-retry")

    if advice:
        assert (op.repeats is not Replay.NEVER) == calls_safe(advice)
    elif op.method == "GET":
        assert op.repeats is Replay.SAFE


@each_operation
def test_certainty_is_that_of_the_contract(platform: str, op: Op[Any]) -> None:
    contract, _ = find(platform, op)

    assert op.certainty.value == raw_operation(contract, op)["x-certainty"]


STREAMS = [op for _, op in ALL if isinstance(op, StreamOp)]
LOOSE = {op.id for op in STREAMS if not load("flapjack").operations[op.id].events}
"""Streams whose events have one schema together, which names them in ``type``."""


@pytest.mark.parametrize("op", [op for op in STREAMS if op.id not in LOOSE], ids=lambda op: op.id)
def test_the_events_are_those_of_the_contract_and_decode(op: StreamOp[Any, Any]) -> None:
    contract, operation = find("flapjack", op)

    assert set(op.events.types) == set(operation.events)
    for name, schema in operation.events.items():
        raw = codec.encode(example(contract.document, schema))
        event = op.events.decode(ServerSentEvent(name, raw, "", None))
        assert type(event) is op.events.types[name]
        assert wire_names(type(event)) == properties(contract, schema)


@pytest.mark.parametrize("op", [op for op in STREAMS if op.id in LOOSE], ids=lambda op: op.id)
@pytest.mark.parametrize("line", [True, False], ids=["event line", "type in the data"])
def test_events_of_one_schema_decode_by_their_name(op: StreamOp[Any, Any], *, line: bool) -> None:
    contract, operation = find("flapjack", op)
    schema = contract.resolve(operation.answers["200"]["text/event-stream"]["x-event-schema"])
    names = schema["properties"]["type"]["enum"]
    whole = {**example(contract.document, schema), "code": "E", "detail": "text"}  # those of an error

    assert set(op.events.types) == set(names)
    for name in names:
        raw = codec.encode({**whole, "type": name})
        event = op.events.decode(ServerSentEvent(name if line else "message", raw, "", None))
        assert type(event) is op.events.types[name]
        assert wire_names(type(event)) <= set(whole)
    assert set().union(*map(wire_names, op.events.types.values())) >= set(schema["properties"]) - {"type"}
