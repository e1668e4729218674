"""A Flextell that answers what a test tells it, and holds requests against the contract."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
from aiohttp import web

from flexsdk.sandbox.contract import Operation, load
from flexsdk.sandbox.example import example
from flexsdk.sandbox.validate import convert, validator

CONTRACT = load("flextell")
TOKEN = "flc_test_access_0a1b2c3d4e5f"


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; ``form`` holds the fields, and file names, of a body of several parts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    form: dict[str, str]

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass(frozen=True)
class Status:
    """An answer that is not 200, or that has headers."""

    status: int
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Clinic:
    """Gives the ``answers`` in turn, the last one again and again."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.answers: list[Any] = [{"data": {}}]

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        form: dict[str, str] = {}
        if request.content_type == "multipart/form-data":
            parts = (await request.post()).items()
            form = {name: str(getattr(value, "filename", value)) for name, value in parts}
        self.requests.append(
            Asked(
                request.method,
                request.raw_path.partition("?")[0],
                dict(request.query),
                dict(request.headers),
                b"" if form else await request.read(),
                form,
            )
        )
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        told = answer if isinstance(answer, Status) else Status(200, answer)
        body = b"" if told.data is None else msgspec.json.encode(told.data)
        headers = {"Content-Type": "application/json", **told.headers}
        return web.Response(status=told.status, body=body, headers=headers)


def sample(operation: Operation) -> Any:
    """Give the example of a successful answer; nothing for one without a body."""
    media = next(media for status, media in operation.answers.items() if status.startswith("2"))
    return example(CONTRACT.document, media["application/json"]["schema"]) if media else None


def complaints(asked: Asked, operation: Operation) -> list[str]:
    """List in what a request differs from its operation."""
    pattern = re.sub(r"\{\w+\}", "[^/]+", operation.template)
    found = []
    if asked.method != operation.method or not re.fullmatch(pattern, asked.path):
        found.append(f"{asked.method} {asked.path} is not {operation.method} {operation.template}")
    known = {each.name: each for each in operation.parameters if each.place == "query"}
    for name, text in asked.query.items():
        if name not in known:
            found.append(f"no query parameter {name}")
            continue
        schema = known[name].schema
        found += _problems(schema, convert(text, validator("flextell").types(schema)))
    found += [f"no {name}" for name, each in known.items() if each.required and name not in asked.query]
    for kind, schema in operation.bodies.items():
        found += _problems(schema, _typed(asked.form, schema) if asked.form else asked.json)
        found += [] if asked.headers["Content-Type"].startswith(kind) else [f"the body is no {kind}"]
    return found


def _typed(form: dict[str, str], schema: Any) -> dict[str, Any]:
    members = CONTRACT.resolve(schema)["properties"]
    types = validator("flextell").types
    return {name: convert(text, types(members.get(name, {}))) for name, text in form.items()}


def _problems(schema: Any, value: Any) -> list[str]:
    violation = validator("flextell").check(schema, value)
    return [violation.message] if violation else []
