"""Bad arguments: refused before anything is sent, with advice and without the secret."""

from __future__ import annotations

import pickle
import re
import traceback
from typing import Any

import pytest
from servers import RawServer, answer
from service import KEY, READ, WRITE, Connect, Service

from flexsdk.core.auth import Bearer
from flexsdk.errors import ConfigError
from flexsdk.protocol.redact import Secret

LOCAL = "http://127.0.0.1:9"


async def pass_on(call: Any, forward: Any) -> Any:
    return await forward(call)


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"api_key": None}, "pass api_key= or set the environment variable SERVICE_API_KEY"),
        ({"api_key": KEY + "\n"}, "api_key: contains whitespace, a control character"),
        ({"api_key": KEY + "\r\nX-Evil: 1"}, "api_key: contains whitespace"),
        ({"api_key": KEY + "é"}, "not ASCII"),
        ({"api_key": f"Bearer {KEY}"}, "api_key: contains whitespace"),
        ({"api_key": KEY * 300}, "longer than"),
        ({"auth": pass_on}, "two credentials at once: pass api_key= or auth=, not both"),
        ({"headers": {"Authorization": f"Bearer {KEY}"}}, "header Authorization is a second credential"),
        ({"headers": {"x-api-key": KEY}}, "second credential"),
        ({"headers": {"Cookie": KEY}}, "second credential"),
        ({"headers": {"X-Tag": f"a\r\nX-Evil: {KEY}"}}, "header X-Tag must be ASCII text without control"),
        ({"headers": {"X-Tag\r\nX-Evil": "1"}}, "is no valid header name"),
        ({"headers": {"X-Tag": "é"}}, "X-Tag must be ASCII"),
        ({"headers": {"X-Tag": 7}}, "X-Tag must be ASCII"),
        ({"headers": {"Host": "evil.example"}}, "Host is set by the client itself"),
        ({"headers": {"Content-Length": "1"}}, "Content-Length is set by the client itself"),
        ({"timeout": -1}, "timeout must be a number of seconds above 0, not -1"),
        ({"timeout": 0}, "timeout must be"),
        ({"timeout": float("nan")}, "timeout must be"),
        ({"timeout": float("inf")}, "timeout must be"),
        ({"timeout": True}, "timeout must be"),
        ({"timeout": 10**400}, "timeout must be"),
        ({"deadline": -2}, "deadline must be a number of seconds above 0, not -2"),
        ({"max_connections": 0}, "max_connections must be 1 or more, not 0"),
        ({"base_url": "http://api.example.com"}, "use https://"),
        ({"base_url": f"https://user:{KEY}@api.example.com"}, "remove user name and password"),
        ({"base_url": f"https://api.example.com/?key={KEY}"}, "remove the query"),
        ({"base_url": "api.example.com"}, "start with https://"),
        ({"base_url": "https://api.example.com/../x"}, "remove '.' and '..'"),
        ({"base_url": "https://api.example.com:99999"}, "port from 1 to 65535"),
        ({"base_url": "https://api.example.com\n"}, "base_url"),
        ({"base_url": "file:///etc/passwd"}, "start with https://"),
    ],
    ids=lambda each: re.sub(r"[^ -~]|fj_test_\w+", "…", repr(each))[:60] if isinstance(each, dict) else "",
)
def test_an_impossible_client_is_refused_with_advice(settings: dict[str, Any], advice: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Service(**{"api_key": KEY, "base_url": LOCAL, **settings})

    assert advice in str(raised.value)
    assert isinstance(raised.value, ValueError)
    assert KEY[8:] not in f"{raised.value}{raised.value!r}{raised.value.args}"


@pytest.mark.parametrize(
    "settings",
    [{"api_key": KEY + " "}, {"base_url": "nowhere"}, {"timeout": 0}],
    ids=["key", "url", "timeout"],
)
def test_a_refusal_can_be_shown_with_its_locals(settings: dict[str, Any]) -> None:
    """Reports of errors show what stands half made in the frames."""
    with pytest.raises(ConfigError) as raised:
        Service(**{"api_key": KEY, "base_url": LOCAL, **settings})

    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    assert "ConfigError" in "".join(shown.format())


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"timeout": -1}, "timeout must be a number of seconds above 0"),
        ({"timeout": "5"}, "timeout must be a number of seconds above 0, not '5'"),
        ({"deadline": 0}, "deadline must be"),
        ({"attempts": 0}, "attempts must be a whole number of 1 or more, not 0"),
        ({"attempts": 1.5}, "attempts must be a whole number"),
        ({"attempts": True}, "attempts must be a whole number"),
        ({"priority": "urgent"}, "priority must be one of interactive, normal, bulk, not 'urgent'"),
        ({"retries": 3}, "retries is no option of calls; there are timeout, deadline, attempts"),
        ({"headers": {"Authorization": KEY}}, "second credential"),
        ({"headers": {"X-Tag": "a\nb"}}, "X-Tag must be ASCII text without control characters"),
        ({"headers": {"": "a"}}, "is no valid header name"),
        ({"idempotency_key": "a\r\nb"}, "Idempotency-Key must be ASCII text without control"),
    ],
    ids=lambda each: repr(each)[:50] if isinstance(each, dict) else "",
)
async def test_an_impossible_option_is_refused_in_calls_and_in_views(
    connect: Connect, options: Any, advice: str
) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        with pytest.raises(ConfigError, match=re.escape(advice)) as raised:
            client.with_options(**options)
        with pytest.raises(ConfigError, match=re.escape(advice)):
            await client.call(READ, "a", **options)

    assert KEY not in str(raised.value)
    assert server.requests == []


@pytest.mark.parametrize(
    "body", [object(), {"a": {1, object()}}, {"deep": float}], ids=["object", "nested object", "class"]
)
async def test_a_body_that_is_no_json_is_refused(connect: Connect, body: object) -> None:
    async with RawServer(answer()) as server:
        with pytest.raises(ConfigError, match="the body cannot be sent as JSON"):
            await connect(server).call(WRITE, body=body)

    assert server.requests == []


@pytest.mark.parametrize("ids", [[], ["a", "b"]], ids=["too few", "too many"])
async def test_a_miscount_of_ids_is_refused(connect: Connect, ids: list[str]) -> None:
    async with RawServer(answer()) as server:
        with pytest.raises(ConfigError, match=re.escape("/items/{item_id}")):
            await connect(server).call(READ, *ids)

    assert server.requests == []


HOSTILE: list[tuple[str, str | None]] = [
    ("", None),
    (".", None),
    ("..", None),
    ("a\r\nX-Evil: 1", None),
    ("a\nb", None),
    ("a\x00", None),
    ("a\x7f", None),
    ("\ud800", None),
    ("x" * 1_025, None),
    ("../admin", "..%2Fadmin"),
    ("..%2fadmin", "..%252fadmin"),
    ("%2e%2e", "%252e%252e"),
    ("a/b", "a%2Fb"),
    ("a\\b", "a%5Cb"),
    ("a?x=1", "a%3Fx%3D1"),
    ("a#b", "a%23b"),
    ("a b", "a%20b"),
    ("a;b", "a%3Bb"),
    ("//evil.example", "%2F%2Fevil.example"),
    ("@evil.example", "%40evil.example"),
    ("...", "..."),
    ("é", "%C3%A9"),
    ("a\u2028b", "a%E2%80%A8b"),
]
"""Ids, and the one segment each becomes on the wire; nothing is sent for those without."""


@pytest.mark.parametrize(("id_", "segment"), HOSTILE, ids=lambda each: ascii(each)[:24])
async def test_an_id_is_one_segment_on_the_wire_or_nothing_is_sent(
    connect: Connect, id_: str, segment: str | None
) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        if segment is None:
            with pytest.raises(ConfigError, match="item_id: "):
                await client.call(READ, id_)
        else:
            await client.call(READ, id_)

    assert server.lines == ([] if segment is None else [f"GET /items/{segment} HTTP/1.1"])


async def test_a_base_url_with_a_path_stands_before_every_target(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        await connect(server, base_url=f"{server.url}/api/v1/").call(READ, "a b")

    assert server.lines == ["GET /api/v1/items/a%20b HTTP/1.1"]


# --- where the settings come from


def test_key_and_address_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_API_KEY", KEY)
    monkeypatch.setenv("SERVICE_BASE_URL", "https://other.example/v2/")

    assert Service().base_url == "https://other.example/v2"


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_BASE_URL", "https://other.example")

    assert Service(KEY, base_url=LOCAL).base_url == LOCAL
    assert Service(KEY).base_url == "https://other.example"


def test_a_bad_key_in_the_environment_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_API_KEY", KEY + " ")

    with pytest.raises(ConfigError, match="SERVICE_API_KEY: contains whitespace") as raised:
        Service()
    assert KEY not in str(raised.value)


def test_an_empty_key_is_refused_and_not_replaced_by_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SERVICE_API_KEY", KEY)

    with pytest.raises(ConfigError, match="api_key"):
        Service("")


async def test_a_key_may_be_given_as_a_secret(connect: Connect) -> None:
    async with RawServer(answer()) as server, Service(Secret(KEY), base_url=server.url) as client:
        await client.call(READ, "a")

    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_another_credential_takes_the_place_of_the_key(connect: Connect) -> None:
    async def tenant(call: Any, forward: Any) -> Any:
        call.credentials = {"X-Api-Key": "flc_test_1"}
        return await forward(call)

    async with RawServer(answer()) as server, Service(auth=tenant, base_url=server.url) as client:
        await client.call(READ, "a")

    headers = server.requests[0].headers
    assert headers["x-api-key"] == "flc_test_1"
    assert "authorization" not in headers


def test_credentials_show_and_travel_nowhere() -> None:
    bearer = Bearer(KEY)

    assert KEY not in repr(bearer)
    assert KEY not in repr(Service(KEY))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(bearer)
