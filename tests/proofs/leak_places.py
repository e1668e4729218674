"""A canary in every credential, the faults that a call meets, and the places where it could come to light."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest
from proofs.fault_actions import Action, World
from servers import (
    EVENT_STREAM,
    Peer,
    RawServer,
    Request,
    Step,
    answer,
    chunk,
    close,
    reset,
    silence,
    stream,
    then,
)
from service import READ, SAY, WRITE, Service, until, word

from flexsdk import deadline
from flexsdk.cli.session import wire_log
from flexsdk.core.auth import Bearer, HeaderKey
from flexsdk.core.logs import LogHook
from flexsdk.core.oauth import OAuth2
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth
from flexsdk.ext.otel import Telemetry, inject
from flexsdk.ext.prometheus import Metrics
from flexsdk.testing import Cassette
from flexsdk.types import Handler, Middleware

BRIEF = 0.2
CANARY = "c4n4ry0d9f8e7c"
KEY = f"fj_test_{CANARY}"
RENEWAL = answer(200, b'{"token_type":"Bearer","expires_in":3600,"access_token":"%b"}' % KEY.encode())


async def _renew(_: Token | None) -> Token:
    return Token(access=KEY, refresh=f"r-{KEY}")


def _oauth(url: str) -> OAuth2:
    return OAuth2(
        client_id="flc_test_client",
        client_secret=f"s-{KEY}",
        redirect_uri="https://app.example/",
        authorize_url=f"{url}/login",
        token_url=f"{url}/token",
        store=MemoryStore(Token(access=KEY, refresh=f"r-{KEY}", expires_at=0.0)),
    )


CREDENTIALS: dict[str, tuple[Callable[[str], Middleware], tuple[Step, ...]]] = {
    "bearer": (lambda _: Bearer(KEY), ()),
    "header key": (lambda _: HeaderKey(KEY), ()),
    "access token": (lambda _: TokenAuth(_renew, MemoryStore()), ()),
    "secret and refresh token": (_oauth, ()),
    "renewed token": (_oauth, (RENEWAL,)),
}
"""What makes each credential for an address, and what the platform answers before the fault comes."""


def repeat(status: int) -> Step:
    """Tell back every credential that came."""

    async def step(request: Request, peer: Peer) -> None:
        sent = [request.headers.get(name, "") for name in ("authorization", "x-api-key")]
        told = {"id": "a", "code": "c", "message": f"unknown: {sent} {request.body.decode()}"}
        await peer.send(answer(status, msgspec.json.encode(told)))

    return step


FAULTS: dict[str, Step] = {
    **{
        str(status): answer(status, b'{"code":"c","message":"m"}')
        for status in (302, 400, 401, 403, 429, 500)
    },
    "closed": close,
    "reset": reset,
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
    "cut": then(answer(200, b'{"id":"a"}')[:-3], close),
    "bad gzip": answer(200, b"no gzip", content_encoding="gzip"),
    "bad framing": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "silent": silence,
    "garbage": answer(200, b"<html>"),
    "truncated stream": stream(word("a")),
    "cut stream": then(EVENT_STREAM + chunk(word("a")), close),
    "cancelled": silence,
    "repeated": repeat(401),
}


async def work(client: Service, what: str, fault: str, server: RawServer) -> None:
    """Make a call that meets the fault."""
    if what == "stream":
        async with client.stream(SAY, idle_timeout=BRIEF, event_timeout=BRIEF, timeout=BRIEF) as events:
            await events.until_done()
    elif fault == "cancelled":
        task = asyncio.ensure_future(client.call(READ, "a"))
        await until(lambda: KEY in received(server))
        task.cancel()
        await task
    else:
        op, ids = (READ, ("a",)) if what == "read" else (WRITE, ())
        await client.call(op, *ids, timeout=BRIEF)


def received(server: RawServer) -> str:
    """Heads and bodies of all that arrived."""
    return str([(request.headers, request.body) for request in server.requests])


async def whole(action: Action, made: World, client: Any, seconds: float) -> None:
    """Do all of an action, as far as it comes before the deadline."""
    with deadline(seconds):
        async for _ in action.act(made, client, action.name):
            pass


async def leave_it_in(self: HeaderKey, call: Any, forward: Handler) -> Any:
    """Send with the key, and take it out of no answer."""
    call.credentials = self._header
    return await forward(call)


class Traps:
    """All that watches a client and writes something down, for one client; ``settings`` are for it."""

    def __init__(self, folder: Path) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self._registry = CollectorRegistry()
        self._tape = folder / "tape.json"
        tracer = TracerProvider()
        tracer.add_span_processor(SimpleSpanProcessor(self._spans))
        hooks = [Telemetry(tracer, MeterProvider([self._reader])), Metrics(self._registry), LogHook()]
        self.settings: dict[str, Any] = {
            "hooks": hooks,
            "middlewares": [inject],
            "attempt_middlewares": [Cassette(self._tape, mode="record"), wire_log],
        }

    def said(self) -> dict[str, str]:
        """All that was written down, by its place."""
        metrics = self._reader.get_metrics_data()
        return {
            "spans": "".join(span.to_json() for span in self._spans.get_finished_spans()),
            "metrics": metrics.to_json() if metrics else "",
            "exposition": generate_latest(self._registry).decode(),
            "cassette": self._tape.read_text() if self._tape.exists() else "",
        }


def found(places: dict[str, str], canary: str = CANARY) -> list[str]:
    """Name the places that hold the canary."""
    return [place for place, text in places.items() if canary in text]


def files_of(folder: Path) -> dict[str, str]:
    """Every file below a folder, as text."""
    return {path.name: path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()}
