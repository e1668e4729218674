"""Bodies that are not what was asked for: garbage, bombs, strangers."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from servers import RawServer, answer, chunk
from service import READ, REMOVE, Connect, Item

from flexsdk.core.op import Op
from flexsdk.core.transport import transport
from flexsdk.errors import APIError, DecodeError, ServerError

CAP = 100_000


@pytest.fixture
def small_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_BODY_BYTES", CAP)


GARBAGE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "$"),
    "page": (b"<html><body>Sign in</body></html>", "$"),
    "text": (b"OK", "$"),
    "cut": (b'{"id": "a', "$"),
    "two values": (b"{}{}", "$"),
    "list": (b"[]", "$"),
    "null": (b"null", "$"),
    "wrong type": (b'{"id":"a","size":"big"}', "$.size"),
    "no UTF-8": (b'{"id":"\xff\xfe"}', "$"),
    "half a surrogate": (b'{"id":"\\ud800"}', "$"),
    "nested": (b'{"id":' + b"[" * 100_000, "$"),
    "deep and valid": (b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "$"),
    "huge number": (b'{"size":1' + b"0" * 5_000 + b"}", "$"),
}


@pytest.mark.parametrize("case", GARBAGE)
async def test_a_200_that_is_no_such_value_is_a_decode_error_with_path_and_body(
    connect: Connect, case: str
) -> None:
    body, path = GARBAGE[case]
    async with RawServer(answer(200, body)) as server:
        with pytest.raises(DecodeError) as raised:
            await connect(server).call(READ, "a")

    assert raised.value.expected == "Item"
    assert raised.value.path.startswith(path)
    assert raised.value.body == body[:65_536]
    assert "the answer is no Item" in str(raised.value)
    assert len(str(raised.value)) < 500
    assert [each.outcome for each in raised.value.attempts] == ["200"]
    assert len(server.requests) == 1


async def test_the_path_of_a_decode_error_leads_to_the_value(connect: Connect) -> None:
    listing: Op[list[Item]] = Op("list", "GET", "/items", list[Item])
    async with RawServer(answer(200, b'[{"size":1},{"size":null}]')) as server:
        with pytest.raises(DecodeError) as raised:
            await connect(server).call(listing)

    assert raised.value.path == "$[1].size"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_the_body_does_not_matter_where_no_value_is_expected(connect: Connect, status: int) -> None:
    body = b"" if status == 204 else b"<html>deleted"
    async with RawServer(answer(status, body)) as server:
        assert await connect(server).call(REMOVE, "a") is None


# --- size


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_small_body_that_unpacks_to_a_huge_one_is_not_unpacked(
    connect: Connect, small_cap: None, status: int, coding: str
) -> None:
    plain = b" " * (8 * 1024 * 1024)
    bomb = gzip.compress(plain) if coding == "gzip" else zlib.compress(plain)
    async with RawServer(answer(status, bomb, content_encoding=coding)) as server:
        client = connect(server, retry=None)
        tracemalloc.start()
        with pytest.raises(DecodeError if status == 200 else ServerError) as raised:
            await client.call(READ, "a")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert len(getattr(raised.value, "body", b"")) <= 65_536
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "in chunks"])
async def test_a_body_above_the_cap_is_a_decode_error_and_the_client_goes_on(
    connect: Connect, small_cap: None, chunked: bool
) -> None:
    plain = b'"' + b"x" * (2 * CAP) + b'"'
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    served = head + chunk(plain) + b"0\r\n\r\n" if chunked else answer(200, plain)
    async with RawServer(served, answer()) as server:
        client = connect(server, max_connections=1)
        with pytest.raises(DecodeError, match=f"above {CAP} bytes") as raised:
            await client.call(READ, "a")
        await client.call(READ, "b")

    assert len(raised.value.body) == 65_536


@pytest.mark.parametrize("size", [CAP - 1, CAP])
async def test_a_body_up_to_the_cap_is_taken(connect: Connect, small_cap: None, size: int) -> None:
    text: Op[str] = Op("text", "GET", "/text", str)
    async with RawServer(answer(200, b'"' + b"x" * (size - 2) + b'"')) as server:
        assert len(await connect(server).call(text)) == size - 2


async def test_a_compressed_answer_is_unpacked(connect: Connect) -> None:
    async with RawServer(answer(200, gzip.compress(b'{"id":"a"}'), content_encoding="gzip")) as server:
        assert (await connect(server).call(READ, "a")).id == "a"


# --- errors of strangers: proxies, load balancers, captive portals


STRANGE: dict[str, bytes] = {
    "empty": b"",
    "page": b"<html><h1>502 Bad Gateway</h1></html>",
    "text": b"upstream connect error",
    "no UTF-8": b'{"message":"\xff"}',
    "list": b"[1]",
    "null": b"null",
    "other shape": b'{"code":{"a":1},"message":["x"]}',
    "nested": b"[" * 100_000,
    "huge": b'{"message":"' + b"x" * 300_000 + b'"}',
    "control characters": b'{"message":"a\\u0000\\u001b[31mb"}',
}


@pytest.mark.parametrize("case", STRANGE)
@pytest.mark.parametrize("status", [404, 502])
async def test_an_error_of_any_shape_is_the_error_of_its_status(
    connect: Connect, case: str, status: int
) -> None:
    async with RawServer(answer(status, STRANGE[case])) as server:
        with pytest.raises(APIError) as raised:
            await connect(server, retry=None).call(READ, "a")

    assert raised.value.status == status
    assert raised.value.body == STRANGE[case][:65_536]
    assert str(raised.value).startswith(f"{status}: ")
    if case != "control characters":
        assert f"status {status} and no explanation" in raised.value.message


async def test_a_huge_message_does_not_flood_the_log(connect: Connect) -> None:
    async with RawServer(answer(400, b'{"message":"' + b"x" * 60_000 + b'"}')) as server:
        with pytest.raises(APIError) as raised:
            await connect(server).call(READ, "a")

    assert len(str(raised.value)) < 5_000


@pytest.mark.parametrize("status", [299, 300, 304, 399, 418, 451, 499, 599, 999], ids=str)
async def test_statuses_that_nobody_documents(connect: Connect, status: int) -> None:
    async with RawServer(answer(status, b"" if status == 304 else b"{}")) as server:
        client = connect(server, retry=None)
        if status == 299:
            assert await client.call(READ, "a") == Item()
            return
        with pytest.raises(APIError) as raised:
            await client.call(READ, "a", timeout=0.5)

    assert raised.value.status == status
