"""Every operation called through the real client: what arrives is what the contract asks for.

The server answers with the example of the contract, so that the value, too, is held against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
import pytest
from multidict import CIMultiDict
from servers import RawServer, Request, answer
from test_operations import ALL, alternatives, payloads

import flexsdk
from flexsdk import Flapjack, Fleece, FlexOrch, Flextell, Platform
from flexsdk.core.auth import Bearer
from flexsdk.core.body import Form, Multipart, Upload
from flexsdk.core.client import Client
from flexsdk.core.op import Op, StreamOp
from flexsdk.platforms.flapjack.events import Error
from flexsdk.platforms.flextell.oauth import AUTHORIZE
from flexsdk.sandbox.auth import presented
from flexsdk.sandbox.contract import Contract, Operation, load
from flexsdk.sandbox.defaults import default_answer
from flexsdk.sandbox.example import example
from flexsdk.sandbox.forms import Part, parse_form
from flexsdk.sandbox.validate import convert, validator
from flexsdk.structs import Page

KEY = "fj_test_5f0c9d7b1a2e4c6f8091a2b3c4d5e6f7"
TENANT = 7
CLIENTS: Mapping[str, type[Client]] = {
    "flapjack": Flapjack,
    "fleece": Fleece,
    "flexorch": FlexOrch,
    "flextell": Flextell,
    "platform": Platform,
}
FILE = Upload(b"%PDF-1.7", name="invoice.pdf")
MULTIPART = "multipart/form-data"
FORM = "application/x-www-form-urlencoded"

CALLED = [(platform, op) for platform, op in ALL if op.id != AUTHORIZE.id]
"""All but the page that a browser opens: it is no call, the client only writes its address."""

FORMS: list[tuple[str, str, str, Form | Multipart]] = [
    ("flexorch", "documents_process", MULTIPART, Multipart(files=[("files", FILE), ("files", FILE)])),
    ("flexorch", "documents_process", FORM, Form({"source": '{"connector_id":3,"keys":["in/a.pdf"]}'})),
    ("flapjack", "agents_marketplace_avatar_upload", MULTIPART, Multipart(files=[("file", FILE)])),
    (
        "flapjack",
        "knowledge_upload",
        MULTIPART,
        Multipart(fields={"title": "Prices", "scopeType": "org", "scopeId": "o"}, files=[("file", FILE)]),
    ),
    ("flextell", "files_upload", MULTIPART, Multipart(fields={"type": "image"}, files=[("file", FILE)])),
    ("flextell", "conversations_messages_send_media", MULTIPART, Multipart(files=[("file", FILE)])),
    (
        "flextell",
        "oauth_exchange_code",
        FORM,
        Form(
            {
                "grant_type": "authorization_code",
                "client_id": "client",
                "client_secret": "flc_test_secret",
                "redirect_uri": "https://example.com/callback",
                "code": "code",
            }
        ),
    ),
]
"""Bodies that are no JSON: platform, operation, content type, body."""

AMENDED: Mapping[str, Mapping[str, Any]] = {
    "appointments_create": {
        "treatment_session_plans": [
            {"treatment_id": 1, "sessions": [{"session_order": 1, "products": [{"product_id": 1}]}]}
        ]
    },
    "channel_blacklists_create": {"metadata": {"source": "desk"}},
    "channel_blacklists_update": {"metadata": {"source": "desk"}},
    "plans_todos_add": {"todos": [{"content": "Read the report"}]},
}
"""Fields whose example the client does not send: cut short by its depth, the empty map of PHP, ``[]``, or the
other one of two forms."""

NOT_JSON = {id_ for _, id_, *_ in FORMS if id_ != "documents_process"}
"""What takes no other body than a form."""


class Success(NamedTuple):
    """One documented answer, as it goes on the wire."""

    status: int
    kind: str
    body: bytes

    def encode(self) -> bytes:
        return answer(self.status, self.body, content_type=self.kind)


def successes(contract: Contract, operation: Operation) -> Iterator[Success]:
    for status, media in operation.answers.items():
        if not status.startswith("2"):
            continue
        if "application/json" in media:
            for schema in alternatives(contract, media["application/json"]["schema"]):
                for each in payloads(contract, schema):
                    body = each.body(example(contract.document, each.schema))
                    yield Success(int(status), "application/json", body)
        else:
            plain = default_answer(contract, operation)
            yield Success(int(status), plain.content_type, plain.body or b"")


class Sent(NamedTuple):
    """The arguments of one call, by the examples of the contract."""

    ids: list[Any]
    query: dict[str, Any]
    body: Any


def arguments(contract: Contract, op: Op[Any], body: Any) -> Sent:
    operation = contract.operations[op.id]
    values = {each.name: example(contract.document, each.schema) for each in operation.parameters}
    if op.body is not None and body is None:
        plain = example(contract.document, operation.bodies["application/json"])
        body = msgspec.convert({**plain, **AMENDED.get(op.id, {})}, op.body)
    ids = [values[name] for name in re.findall(r"\{(\w+)\}", operation.template)]
    return Sent(ids, {name: values[name] for name in op.query}, body)


def connect(server: RawServer, platform: str, op: Op[Any]) -> Client:
    contract = load(platform)
    operation = contract.operations[op.id]
    prefix = contract.prefix if operation.template.startswith(contract.prefix) else ""  # OAuth is at the root
    by_header = any(contract.schemes[name]["type"] == "apiKey" for name in operation.schemes)
    auth = Bearer(KEY) if platform == "flexorch" and not by_header else None
    client = CLIENTS[platform](
        None if auth else KEY, auth=auth, base_url=server.url + prefix, retry=None, limits=None
    )
    return client.with_tenant(TENANT) if isinstance(client, Flextell) else client


async def perform(client: Client, op: Op[Any], sent: Sent) -> Any:
    """Call in the way that the kind of the operation asks for, and give the value."""
    if isinstance(op, StreamOp):
        async with client.stream(
            op, *sent.ids, body=sent.body, idle_timeout=5.0, event_timeout=5.0
        ) as events:
            return [event async for event in events]
    if op.streamed:
        return await client.download(op, *sent.ids, query=sent.query).read()
    return (await client.send(op, *sent.ids, query=sent.query, body=sent.body)).value


async def exchange(
    platform: str, op: Op[Any], success: Success, body: Any = None
) -> tuple[Request, Sent, Any]:
    sent = arguments(load(platform), op, body)
    async with RawServer(success.encode()) as server, connect(server, platform, op) as client:
        value = await perform(client, op, sent)
    assert len(server.requests) == 1
    return server.requests[0], sent, value


def fits(value: Any, kind: Any) -> bool:
    """Tell whether a value has a type, with all that is in it; an empty page has no type to show."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if kind is None:
        return value is None
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in inner)
    if origin is Page:
        return isinstance(value, Page) and fits(value.items, list[inner[0]])  # type: ignore[valid-type]
    if origin is list:
        return isinstance(value, list) and len(value) > 0 and all(fits(each, inner[0]) for each in value)
    return isinstance(value, origin or kind)


called_once = pytest.mark.parametrize(
    ("platform", "op", "success"),
    [
        pytest.param(platform, op, success, id=f"{platform}-{op.id}-{number}")
        for platform, op in CALLED
        if op.id not in NOT_JSON
        for number, success in enumerate(successes(load(platform), load(platform).operations[op.id]))
    ],
)


def check_head(platform: str, op: Op[Any], sent: Sent, request: Request) -> None:
    contract = load(platform)
    operation = contract.operations[op.id]
    ids = iter(sent.ids)
    path = re.sub(r"\{\w+\}", lambda _: str(next(ids)), operation.template)
    headers = CIMultiDict(request.headers)

    assert request.method == operation.method
    assert unquote(urlsplit(request.target).path) == path
    assert headers["User-Agent"] == f"flexsdk/{flexsdk.__version__}"
    assert headers["Accept"] == op.accept
    kinds = [kind for status, media in operation.answers.items() if status < "3" for kind in media]
    assert not kinds or any(fnmatch(kind, headers["Accept"]) for kind in kinds)
    if operation.schemes:
        assert presented(headers, [contract.schemes[name] for name in operation.schemes]) == KEY


def check_parameters(platform: str, op: Op[Any], request: Request) -> None:
    parameters = load(platform).operations[op.id].parameters
    arrived = {
        "query": dict(parse_qsl(urlsplit(request.target).query, strict_parsing=bool(op.query))),
        "header": CIMultiDict(request.headers),
    }
    judge = validator(platform)

    assert set(arrived["query"]) == {each.name for each in parameters if each.place == "query"}
    for each in parameters:
        if each.place in arrived:
            value = convert(arrived[each.place][each.name], judge.types(each.schema))
            assert judge.check(each.schema, value) is None


@called_once
async def test_an_operation_is_called_and_answered_as_documented(
    platform: str, op: Op[Any], success: Success
) -> None:
    operation = load(platform).operations[op.id]

    request, sent, value = await exchange(platform, op, success)

    check_head(platform, op, sent, request)
    check_parameters(platform, op, request)
    if "application/json" in operation.bodies:
        assert request.headers["content-type"] == "application/json"
        body = msgspec.json.decode(request.body)
        assert validator(platform).check(operation.bodies["application/json"], body) is None
    else:
        assert request.body == b""
    if isinstance(op, StreamOp):
        names = operation.events or operation.answers["200"]["text/event-stream"]["x-terminal-events"][:1]
        assert {type(event) for event in value} == {op.events.types[name] for name in names} - {Error}
    elif op.streamed:
        assert value == success.body
    else:
        assert fits(value, op.answer)


@pytest.mark.parametrize(
    ("platform", "id_", "kind", "body"), FORMS, ids=[f"{id_}-{kind}" for _, id_, kind, _ in FORMS]
)
async def test_a_form_arrives_as_documented(
    platform: str, id_: str, kind: str, body: Form | Multipart
) -> None:
    op = next(op for _, op in CALLED if op.id == id_)
    operation = load(platform).operations[id_]
    success = next(successes(load(platform), operation))

    request, sent, value = await exchange(platform, op, success, body)

    check_head(platform, op, sent, request)
    check_parameters(platform, op, request)
    content_type = request.headers["content-type"]
    assert content_type.partition(";")[0] == kind
    form = parse_form(content_type, request.body)
    assert (
        validator(platform).check(operation.bodies[kind], plain(platform, operation.bodies[kind], form))
        is None
    )
    assert fits(value, op.answer)


def plain(platform: str, schema: Any, form: Mapping[str, list[Part]]) -> dict[str, Any]:
    """Give a form as the value that its schema speaks of; a file stands as its name."""
    members = load(platform).resolve(schema).get("properties", {})
    several = {name for name, member in members.items() if member.get("type") == "array"}
    texts = {name: [part.filename or part.text for part in parts] for name, parts in form.items()}
    return {name: found if name in several else found[0] for name, found in texts.items()}
