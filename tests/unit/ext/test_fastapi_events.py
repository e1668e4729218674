from __future__ import annotations

from typing import Any

import aiohttp
import msgspec
import pytest
from fastapi import FastAPI, Response
from fastapi_kit import Served, application, browser, served
from servers import RawServer, Step, answer, close, silence, stream
from service import END, SAY, Service, until, word
from starlette.background import BackgroundTask
from stream_kit import opened

from flexsdk.core.op import StreamOp
from flexsdk.ext.fastapi import relay
from flexsdk.platforms.flapjack import Answer, Event
from flexsdk.platforms.flapjack.events import EVENTS

TALK: StreamOp[Event, Answer] = StreamOp("talk", "POST", "/say", None, events=EVENTS)

FAILED = b'event: end\ndata: {"ok":false}\n\n'
ODD = b"event: word\ndata: {}\n\n"


def frames(body: bytes) -> list[tuple[str, Any]]:
    """Read events as a browser does: names and JSON."""
    found = []
    for frame in body.decode().strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in frame.split("\n"))
        found.append((fields["event"], msgspec.json.decode(fields["data"])))
    return found


async def read(app: FastAPI, path: str = "/say", **options: Any) -> tuple[aiohttp.ClientResponse, bytes]:
    async with (
        served(app) as url,
        aiohttp.ClientSession() as session,
        session.get(url + path, **options) as response,
    ):
        return response, await response.read()


def talking(upstream: RawServer) -> FastAPI:
    """Make an application that relays the events of Flapjack."""
    app = application(upstream)

    @app.get("/talk")
    async def talk(service: Served) -> Response:
        return relay(service.stream(TALK, idle_timeout=5.0, event_timeout=5.0))

    return app


async def test_each_event_has_its_wire_name_and_its_wire_form() -> None:
    async with RawServer(stream(word("Hé"), word('a "b"\n'), END)) as upstream:
        response, body = await read(application(upstream))

    assert response.status == 200
    assert body.startswith('event: word\ndata: {"text":"Hé"}\n\n'.encode())
    assert frames(body) == [("word", {"text": "Hé"}), ("word", {"text": 'a "b"\n'}), ("end", {"ok": True})]
    assert response.content_type == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["X-Accel-Buffering"] == "no"


async def test_names_and_fields_of_flapjack_are_those_of_its_own_stream() -> None:
    calls = b'{"toolCalls":[{"id":"c1","name":"add","arguments":"{}"}]}'
    sent = (
        b'event: meta\ndata: {"startedAt":"2026-01-05T09:00:00Z"}\n\n'
        b'event: tool_executing\ndata: {"tool_name":"add"}\n\n'
        b"event: requires_action\ndata: %b\n\n"
        b'event: done\ndata: {"ok":true,"messageId":"m1","content":"Hi"}\n\n' % calls
    )

    async with RawServer(stream(sent)) as upstream:
        _, body = await read(talking(upstream), "/talk")

    names = dict(frames(body))
    assert list(names) == ["meta", "tool_executing", "requires_action", "done"]
    assert names["meta"] == {"startedAt": "2026-01-05T09:00:00Z"}
    assert names["requires_action"] == msgspec.json.decode(calls)
    assert names["done"]["messageId"] == "m1"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(b'event: mood\ndata: {"a":[1]}\n\n', ("mood", {"a": [1]}), id="JSON"),
        pytest.param(b"event: mood\ndata: plain\n\n", ("mood", "plain"), id="text"),
        pytest.param(
            b'data: {"type":"x\\ndata: 1\\n\\nevent: done"}\n\n',
            ("x data: 1 event: done", {"type": "x\ndata: 1\n\nevent: done"}),
            id="a name that would forge an event",
        ),
    ],
)
async def test_an_event_of_an_unknown_name_goes_through(sent: bytes, expected: tuple[str, Any]) -> None:
    async with RawServer(stream(sent, b'event: done\ndata: {"messageId":"m"}\n\n')) as upstream:
        _, body = await read(talking(upstream), "/talk")

    unknown, done = frames(body)
    assert unknown == expected
    assert done[0] == "done"


async def test_what_fails_before_the_first_event_has_its_own_status() -> None:
    refused = answer(404, b'{"code":"gone","message":"No such thread."}')

    async with RawServer(refused) as upstream:
        response, body = await read(application(upstream))

    assert response.status == 404
    assert response.content_type == "application/problem+json"
    assert msgspec.json.decode(body)["detail"] == "No such thread."


@pytest.mark.parametrize(
    ("step", "settings", "code", "status"),
    [
        pytest.param(opened(word("Hi"), after=close), {}, "upstream_cut", 502, id="connection lost"),
        pytest.param(stream(word("Hi")), {}, "upstream_cut", 502, id="no last event"),
        pytest.param(stream(word("Hi"), FAILED), {}, "broken", 502, id="failed"),
        pytest.param(stream(word("Hi"), ODD), {}, "upstream_unreadable", 502, id="shape"),
        pytest.param(opened(word("Hi")), {"deadline": 0.1}, "upstream_timeout", 504, id="deadline"),
    ],
)
async def test_what_fails_in_the_middle_is_an_event_in_the_form_of_a_problem(
    step: Step, settings: Any, code: str, status: int
) -> None:
    async with RawServer(step) as upstream:
        response, body = await read(application(upstream, **settings))

    assert response.status == 200
    (_, said), (name, told) = frames(body)
    assert said == {"text": "Hi"}
    assert (name, told["code"], told["status"], told["type"]) == ("error", code, status, "about:blank")


async def test_the_callers_deadline_ends_the_stream() -> None:
    async with RawServer(opened(word("Hi"))) as upstream:
        _, body = await read(application(upstream), headers={"X-Request-Timeout": "0.1"})

    assert frames(body)[1][1]["code"] == "upstream_timeout"


async def test_a_bug_is_told_as_an_error_and_breaks_the_connection() -> None:
    async with RawServer(stream(word("Hi"), END)) as upstream:
        app = application(upstream)

        @app.get("/bug")
        async def bug(service: Served) -> Response:
            def fail(_: object) -> None:
                raise RuntimeError("private words")

            events: Any = service.stream(SAY, idle_timeout=5.0, event_timeout=5.0)
            events._fold.add = fail
            return relay(events)

        async with served(app) as url, browser(url, "/bug") as page:
            everything = await page.reader.read()

    assert b'event: error\ndata: {"type":"about:blank","title":"Internal Server Error"' in everything
    assert b"private words" not in everything
    assert not everything.endswith(b"0\r\n\r\n")
    await until(lambda: upstream.open_connections == 0)


async def test_a_stream_that_its_client_closes_is_no_clean_end() -> None:
    async with RawServer(opened(b'event: token\ndata: {"delta":"Hi"}\n\n')) as upstream:
        app = talking(upstream)
        held: list[Service] = []

        @app.get("/held")
        async def talk(service: Served) -> Response:
            held.append(service)
            return relay(service.stream(TALK, idle_timeout=5.0, event_timeout=5.0))

        async with served(app) as url, browser(url, "/held") as page:
            await page.sees(b"Hi")
            await held[0].aclose()
            last = await page.sees(b"0\r\n\r\n")

    assert b"event: error" in last
    assert b"upstream_cut" in last


async def test_a_quiet_stream_is_kept_alive_with_comments() -> None:
    async with RawServer(opened(word("Hi"))) as upstream:
        app = application(upstream)

        @app.get("/quiet")
        async def quiet(service: Served) -> Response:
            return relay(service.stream(SAY, idle_timeout=5.0, event_timeout=5.0), heartbeat=0.01)

        async with served(app) as url, browser(url, "/quiet") as page:
            await page.sees(b"Hi")
            assert (await page.sees(b": ping\n\n")).count(b"event:") == 0
            await page.sees(b": ping\n\n")


async def test_no_comment_comes_before_the_status() -> None:
    async with RawServer(silence) as upstream:
        app = application(upstream, deadline=0.1)

        @app.get("/silent")
        async def silent(service: Served) -> Response:
            return relay(service.stream(SAY, idle_timeout=5.0, event_timeout=5.0), heartbeat=0.01)

        response, _ = await read(app, "/silent")

    assert response.status == 504


async def test_work_after_the_response_is_done() -> None:
    done: list[str] = []
    async with RawServer(stream(word("Hi"), END)) as upstream:
        app = application(upstream)

        @app.get("/after")
        async def after(service: Served) -> Response:
            events = service.stream(SAY, idle_timeout=5.0, event_timeout=5.0)
            response = relay(events, headers={"X-Mine": "1", "Cache-Control": "private"})
            response.background = BackgroundTask(lambda: done.append(events.result.text))
            return response

        response, _ = await read(app, "/after")

    assert done == ["Hi"]
    assert response.headers["X-Mine"] == "1"
    assert response.headers.getall("Cache-Control") == ["private"]
