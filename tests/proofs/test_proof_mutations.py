"""Answers with one thing changed: they are taken, or one error names the operation and the place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec
import pytest
from mutants import WORD, Document, Mutant, garbage, mutants, settled
from servers import Peer, RawServer, Request, answer
from service import KEY, Service
from verdicts import Judge, use

from flexsdk import Flapjack, Fleece, FlexOrch, Flextell, Platform, codec
from flexsdk.core.auth import Bearer
from flexsdk.core.client import Client
from flexsdk.core.op import Op, StreamOp
from flexsdk.errors import DecodeError, FlexError
from flexsdk.platforms import operations
from flexsdk.platforms.flextell.oauth import AUTHORIZE
from flexsdk.protocol.sse import ServerSentEvent
from flexsdk.sandbox.contract import Contract, Schema, load
from flexsdk.sandbox.example import example
from flexsdk.structs import Model

CLIENTS: dict[str, type[Client]] = {
    "flapjack": Flapjack,
    "fleece": Fleece,
    "flexorch": FlexOrch,
    "flextell": Flextell,
    "platform": Platform,
}
ENVELOPE = {"status", "data", "error", "meta"}
Record = Callable[[str, object], None]
each_platform = pytest.mark.parametrize("platform", CLIENTS)


# --- what the contracts say


def successes(contract: Contract, op: Op[Any]) -> Iterator[tuple[Schema, Any]]:
    """Give every form of a documented success, as schema and example."""
    for status, media in contract.operations[op.id].answers.items():
        if status.startswith("2") and "application/json" in media:
            for schema in _forms(contract, media["application/json"]["schema"]):
                yield schema, _linked(example(contract.document, schema))


def _forms(contract: Contract, schema: Schema) -> Iterator[Schema]:
    """Give the forms of a schema; in an envelope those of what it holds, beside an error that is none."""
    found = contract.resolve(schema)
    if choices := found.get("anyOf") or found.get("oneOf"):
        for choice in choices:
            yield from _forms(contract, choice)
        return
    whole, _ = settled(contract.document, found)
    members = whole.get("properties", {})
    if set(members) != ENVELOPE:
        yield found
        return
    for data in _forms(contract, members["data"]):
        yield {**whole, "properties": {**members, "data": data, "error": {"type": "null"}}}


def _linked(value: Any) -> Any:
    """Let a link to the next page name one, as real links do; without a number there is no next page."""
    if isinstance(value, dict) and isinstance(value.get("links"), dict):
        value["links"]["next"] = "https://example.com/v1?page=2"
    return value


def failures(contract: Contract, op: Op[Any]) -> Iterator[tuple[Schema, Any]]:
    for status, media in contract.operations[op.id].answers.items():
        if status[0] in "45d" and "application/json" in media:
            schema = media["application/json"]["schema"]
            yield schema, example(contract.document, schema)


def all_of(document: Document, schema: Schema, value: Any) -> Iterator[Mutant]:
    yield from mutants(document, schema, value)
    yield from garbage(msgspec.json.encode(value))


def client_of(platform: str, url: str | None = None) -> Client:
    made = CLIENTS[platform](auth=Bearer(KEY), base_url=url, retry=None, limits=None)
    return made.with_tenant(7) if isinstance(made, Flextell) else made


def answered(platform: str) -> Iterator[tuple[Op[Any], Schema, Any]]:
    """Give every operation with a JSON answer, but the page that only a browser opens."""
    for op in operations()[platform]:
        if op.id != AUTHORIZE.id and not op.streamed:
            for schema, value in successes(load(platform), op):
                yield op, schema, value


# --- the promises


@each_platform
def test_a_changed_answer_is_taken_or_refused_by_name(platform: str, record_property: Record) -> None:
    document = load(platform).document
    client = client_of(platform)
    cases = 0
    found: list[str] = []

    for op, schema, value in answered(platform):
        judge = Judge(client, op)
        outcomes = [judge.wrong(mutant) for mutant in all_of(document, schema, value)]
        found += filter(None, outcomes)
        cases += len(outcomes)

    record_property("cases", cases)
    assert found == []
    assert cases > 500


@each_platform
async def test_it_is_the_same_over_a_socket(platform: str, record_property: Record) -> None:
    document = load(platform).document
    body = b""

    async def step(_: Request, peer: Peer) -> None:
        await peer.send(answer(200, body))

    cases = 0
    async with RawServer(step) as server, client_of(platform, server.url) as client:
        for op, schema, value in answered(platform):
            for mutant in _few(document, schema, value):
                body = mutant.body
                outcome = await _called(client, op)
                assert outcome in ((op.id, 1), None), f"{op.id}, {mutant.kind}: {outcome}"
                assert outcome is None or not mutant.works
                cases += 1
        assert server.connections == 1
    record_property("cases", cases)


def _few(document: Document, schema: Schema, value: Any) -> Iterator[Mutant]:
    wanted = {"add", "drop", "half", "no UTF-8", "deep list", "None"}
    for mutant in all_of(document, schema, value):
        if mutant.kind in wanted:
            wanted.discard(mutant.kind)
            yield mutant


async def _called(client: Client, op: Op[Any]) -> object:
    """Make the call; give what its error names and how often was tried, ``None`` for a value."""
    try:
        await client.call(op, *["x"] * len(op.template.names))
    except DecodeError as error:
        return str(error).partition(":")[0], len(error.attempts)
    except FlexError as error:
        return error
    return None


def test_a_changed_event_is_taken_or_refused_and_the_result_stands(record_property: Record) -> None:
    contract = load("flapjack")
    cases = 0
    found: list[str] = []

    for op in operations()["flapjack"]:
        if isinstance(op, StreamOp):
            for name, schema in contract.operations[op.id].events.items():
                for mutant in all_of(contract.document, schema, example(contract.document, schema)):
                    found += filter(None, [_wrong_event(op, name, mutant)])
                    cases += 1

    record_property("cases", cases)
    assert found == []
    assert cases > 500


def _wrong_event(op: StreamOp[Any, Any], name: str, mutant: Mutant) -> str | None:
    fold = op.events.fold()
    try:
        event = op.events.decode(ServerSentEvent(name, mutant.body, "", None))
        use(event)
        fold.add([event])
        fold.failure()
    except DecodeError:
        return f"{op.id} {name}, {mutant.kind} at {mutant.path}: refused" if mutant.works else None
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{op.id} {name}, {mutant.kind} at {mutant.path}: {error!r:.200}"
    use(fold.result("cut"))
    return None


@each_platform
def test_a_changed_error_is_an_error_of_the_platform_all_the_same(
    platform: str, record_property: Record
) -> None:
    contract, dialect = load(platform), CLIENTS[platform].dialect
    seen, cases = set(), 0

    for op in operations()[platform]:
        for schema, value in failures(contract, op):
            if (key := msgspec.json.encode([schema, value])) in seen:
                continue
            seen.add(key)
            for mutant in all_of(contract.document, schema, value):
                error = dialect.error(422, mutant.body, request_id=None, retry_after=None, limits=(), now=0.0)
                assert 0 < len(str(error)) < 7_000
                assert error.body == mutant.body
                cases += 1

    record_property("cases", cases)
    assert cases > 50


# --- controls


class Thing(Model, frozen=True, kw_only=True):
    id: str
    state: Literal["open", "closed"] | str = "open"


class ClosedWords(Model, frozen=True, kw_only=True):
    id: str
    state: Literal["open", "closed"] = "open"


class NoNews(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    state: str = "open"


class AllRequired(Model, frozen=True, kw_only=True):
    id: str
    state: str


class Raises(Model, frozen=True, kw_only=True):
    id: str
    state: str = "open"

    @property
    def number(self) -> int:
        return {"open": 1, "closed": 2}[self.state]


THING: Schema = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "state": {"type": "string", "enum": ["open", "closed"]}},
}


def _found(kind: type[Model]) -> list[str]:
    judge = Judge(Service(KEY, limits=None), Op("thing", "GET", "/thing", kind))
    return [wrong for each in all_of({}, THING, example({}, THING)) if (wrong := judge.wrong(each))]


def _as_it_is(error: Exception, answer: Any, body: bytes) -> Exception:
    return error


def _no_place(error: Exception, answer: Any, body: bytes) -> DecodeError:
    return DecodeError("wrong", expected="thing", path="$.elsewhere", body=body)


def test_what_is_well_is_not_called_wrong() -> None:
    assert _found(Thing) == []


@pytest.mark.control
@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (ClosedWords, "unknown word at ('state',): refused"),
        (NoNews, "add at (): refused"),
        (AllRequired, "drop at ('state',): refused"),
        (Raises, f"not one of ours: KeyError('{WORD}')"),
    ],
    ids=["closed words", "no new fields", "nothing may be missing", "a property that raises"],
)
def test_a_struct_that_takes_too_little_is_seen(kind: type[Model], what: str) -> None:
    assert any(what in each for each in _found(kind))


@pytest.mark.control
@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (_as_it_is, "not one of ours: ValidationError"),
        (_as_it_is, "not one of ours: UnicodeDecodeError"),
        (_as_it_is, "not one of ours: RecursionError"),
        (_no_place, "names another place"),
    ],
    ids=["raw errors", "raw Unicode errors", "raw recursion errors", "the wrong place"],
)
def test_a_decoder_that_lets_raw_errors_out_is_seen(
    broken: Callable[..., Exception], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "_failure", broken)

    assert any(what in each for each in _found(Thing))
