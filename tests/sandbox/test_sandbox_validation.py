"""Requests against the contract, and the answers of the sandbox itself."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
from sandbox_kit import Ask

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Answer, Call
from flexsdk.sandbox.flapjack import Flapjack
from flexsdk.sandbox.fleece import Fleece
from flexsdk.sandbox.forms import Part, parse_form

JSON = {"Content-Type": "application/json"}
ID = "5e0f2a52-6a0e-4a0e-9a55-6f0d2f0c9b11"


@pytest.mark.parametrize(
    ("name", "method", "path", "options", "status", "text"),
    [
        pytest.param(
            "flapjack", "POST", "/api/agents", {"json": {}}, 422, "name is required", id="missing member"
        ),
        pytest.param(
            "flapjack",
            "POST",
            "/api/agents",
            {"json": {"name": "A", "temperature": 2}},
            422,
            "temperature: 2 is greater than the maximum of 1",
            id="member out of range",
        ),
        pytest.param(
            "flapjack", "POST", "/api/agents", {"data": b"{"}, 400, "not valid JSON", id="broken JSON"
        ),
        pytest.param(
            "flapjack", "POST", "/api/agents", {"data": b'"\xff"'}, 400, "not valid JSON", id="broken UTF-8"
        ),
        pytest.param(
            "flapjack", "POST", "/api/agents", {"data": b"[" * 9999}, 400, "not valid JSON", id="deep JSON"
        ),
        pytest.param("flapjack", "POST", "/api/agents", {"json": []}, 422, "not of type", id="wrong type"),
        pytest.param("flapjack", "POST", "/api/agents", {"data": b""}, 400, "not valid JSON", id="no body"),
        pytest.param(
            "flapjack", "GET", "/api/logs?limit=0", {}, 400, "limit: 0 is less", id="parameter too small"
        ),
        pytest.param(
            "flapjack", "GET", "/api/logs?limit=many", {}, 400, "limit: 'many' is not", id="no number"
        ),
        pytest.param(
            "fleece", "POST", "/api/v1/keys", {"json": {}}, 400, "name is required", id="fleece member"
        ),
        pytest.param(
            "fleece",
            "POST",
            "/api/v1/keys",
            {"json": {"name": "a", "x": 1}},
            400,
            "'x' was unexpected",
            id="extra",
        ),
        pytest.param("fleece", "GET", "/api/v1/agents/abc", {}, 404, "Not found", id="no uuid"),
        pytest.param(
            "fleece",
            "GET",
            f"/api/v1/flows/{ID}/runs?limit=101",
            {},
            400,
            "limit: 101 is greater",
            id="fleece limit",
        ),
        pytest.param(
            "platform", "POST", "/v1/resources", {"json": {}}, 422, "name is required", id="platform"
        ),
        pytest.param("platform", "GET", "/v1/jobs/abc", {}, 404, "Not found", id="pattern of an id"),
        pytest.param(
            "flextell", "GET", "/api/v1/customers", {}, 400, "X-Tenant is required", id="required header"
        ),
    ],
)
async def test_refuses_what_the_contract_does_not_allow(
    sandbox: Sandbox,
    ask: Ask,
    name: str,
    method: str,
    path: str,
    options: dict[str, Any],
    status: int,
    text: str,
) -> None:
    emulator: Emulator = getattr(sandbox, name)
    headers = {"Authorization": f"Bearer {emulator.key}"} | (JSON if "data" in options else {})

    reply = await ask(emulator, method, path, headers=headers, **options)

    assert reply.status == status
    assert text in str(reply.json())


async def test_platform_names_the_offending_field(sandbox: Sandbox, ask: Ask) -> None:
    reply = await ask(sandbox.platform, "POST", "/v1/resources", json={"name": 1})

    assert reply.json()["error"] == {
        "code": "validation_error",
        "message": "name: 1 is not of type 'string'",
        "param": "name",
    }


async def test_every_answer_of_platform_names_its_request(sandbox: Sandbox, ask: Ask) -> None:
    replies = [await ask(sandbox.platform, "GET", path) for path in ("/v1/resources", "/v1/jobs/x", "/v1/x")]

    assert [reply.headers["X-Request-Id"] for reply in replies] == ["req_000001", "req_000002", "req_000003"]


async def test_json_under_another_content_type_is_refused(fleece: Fleece, ask: Ask) -> None:
    reply = await ask(fleece, "POST", "/api/v1/keys", data=b'{"name": "a"}')

    assert reply.status == 400
    assert reply.json() == {"error": "The Content-Type has to be application/json"}


async def test_an_upload_without_its_file_is_refused(flapjack: Flapjack, ask: Ask) -> None:
    form = aiohttp.FormData({"title": "T", "scopeType": "org", "scopeId": "1"}, default_to_multipart=True)

    reply = await ask(flapjack, "POST", "/api/knowledge/upload", data=form)

    assert (reply.status, reply.json()["detail"]) == (422, "file is required")


async def test_a_large_body_is_recorded_whole(flapjack: Flapjack, ask: Ask) -> None:
    form = aiohttp.FormData({"title": "T", "scopeType": "org", "scopeId": "1"}, default_to_multipart=True)
    form.add_field("file", io.BytesIO(b"x" * 3_000_000), filename="big.txt")

    reply = await ask(flapjack, "POST", "/api/knowledge/upload", data=form)

    assert reply.status == 201
    assert len(flapjack.requests[0].body) > 3_000_000


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n',
            {"a": [Part("a", b"1")]},
            id="one field",
        ),
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n\r\n\x00--b\r\n\r\n--b--",
            {"f": [Part("f", b"\r\n\x00--b\r\n", "x.bin", "application/octet-stream")]},
            id="bytes that look like a boundary",
        ),
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n2\r\n--b--',
            {"a": [Part("a", b"1"), Part("a", b"2")]},
            id="a name twice",
        ),
    ],
)
def test_multipart_parts_keep_their_bytes(body: bytes, expected: dict[str, list[Part]]) -> None:
    assert parse_form("multipart/form-data; boundary=b", body) == expected


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        pytest.param("multipart/form-data", b"--b--", "no boundary", id="no boundary"),
        pytest.param("multipart/form-data; boundary=b", b"--b\r\n\r\n", "last boundary", id="cut off"),
        pytest.param("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--", "no name", id="no name"),
    ],
)
def test_a_broken_form_is_refused(content_type: str, body: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_form(content_type, body)


class Wrong:
    """A section with one answer for ``agents_list``."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def agents_list(self, _call: Call) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param([{"id": "1"}], "agents_list answered 200 with 0.name is required", id="missing member"),
        pytest.param(
            [{"id": "1", "name": "A", "created_at": "soon"}], "'soon' is not a 'date-time'", id="time"
        ),
        pytest.param(Answer(404, {"detail": "x"}), "answered 404 with error is required", id="error body"),
        pytest.param(Answer(200, body=b"x", content_type="text/csv"), "the content type text/csv", id="type"),
        pytest.param(ZeroDivisionError("oops"), "failed with ZeroDivisionError('oops')", id="bug"),
    ],
)
async def test_an_answer_against_the_contract_is_a_violation(ask: Ask, answer: object, text: str) -> None:
    async with Sandbox(platforms=("flapjack",)) as sandbox:
        sandbox.flapjack.behaviours["agents_list"] = Wrong(answer).agents_list

        reply = await ask(sandbox.flapjack, "GET", "/api/agents")

    assert reply.status == 500
    assert text in reply.json()["detail"]
    assert [text in violation for violation in sandbox.violations] == [True]


async def test_json_where_a_stream_is_due_is_a_violation(ask: Ask) -> None:
    async with Sandbox(platforms=("flapjack",)) as sandbox:
        sandbox.flapjack.behaviours["threads_send_message"] = Wrong({"content": "x"}).agents_list

        reply = await ask(sandbox.flapjack, "POST", "/api/threads/1/messages", json={})

    assert (reply.status, sandbox.violations) == (500, ["threads_send_message answered with JSON"])


async def test_a_stream_that_fails_is_a_violation(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"data: 1"
        raise ZeroDivisionError("oops")

    async with Sandbox(platforms=("flapjack",)) as sandbox:
        answer = Answer(200, body=broken(), content_type="text/event-stream")
        sandbox.flapjack.behaviours["threads_send_message"] = Wrong(answer).agents_list

        with pytest.raises(aiohttp.ClientPayloadError):
            await ask(sandbox.flapjack, "POST", "/api/threads/1/messages", json={})

    assert sandbox.violations == ["threads_send_message failed with ZeroDivisionError('oops')"]


async def test_a_status_outside_the_contract_is_a_violation(ask: Ask) -> None:
    async with Sandbox(platforms=("fleece",)) as sandbox:
        sandbox.fleece.behaviours["agents_list"] = Wrong(Answer(418, {"error": "x"})).agents_list

        await ask(sandbox.fleece, "GET", "/api/v1/agents")

    assert sandbox.violations == ["agents_list answered 418, which the contract does not list"]


async def test_answers_go_out_unchecked_when_asked(ask: Ask) -> None:
    async with Sandbox(platforms=("flapjack",), check_answers=False) as sandbox:
        sandbox.flapjack.behaviours["agents_list"] = Wrong([{"id": "1"}]).agents_list

        reply = await ask(sandbox.flapjack, "GET", "/api/agents")

    assert (reply.status, reply.json(), sandbox.violations) == (200, [{"id": "1"}], [])


async def test_a_number_of_thousands_of_digits_is_refused_like_any_other_text(
    sandbox: Sandbox, ask: Ask
) -> None:
    flow = (await ask(sandbox.fleece, "GET", "/api/v1/flows")).json()["data"][0]["id"]

    reply = await ask(sandbox.fleece, "GET", f"/api/v1/flows/{flow}/runs?limit={'9' * 5_000}")

    assert reply.status == 400
