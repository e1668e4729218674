"""Downloads that are redirected to another host by a signed link: followed, with nothing that is ours."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from file_kit import CONTENT, FILE, TAG, FileServer, file_of, head
from servers import RawServer, Step, answer, close
from service import KEY, READ, WATCH, WRITE, Connect
from yarl import URL

from flexsdk.core.op import Op
from flexsdk.errors import (
    APIError,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    FlexError,
    Forbidden,
    RateLimited,
    Timeout,
)

STATUSES = [301, 302, 303, 307, 308]
SIGNED = "/bucket/rows.bin?X-Signature=s3cr3t&X-Expires=60"
SEND: Op[None] = Op("send", "POST", "/files", None, accept="*/*", streamed=True)


def link(server: RawServer, path: str = SIGNED, status: int = 302) -> bytes:
    return answer(status, b"<a href='?s3cr3t'>", location=server.url + path)


@pytest.mark.parametrize("status", STATUSES)
async def test_a_signed_link_is_followed_without_anything_of_ours(
    connect: Connect, tmp_path: Path, status: int
) -> None:
    async with RawServer(FileServer()) as storage, RawServer(link(storage, status=status)) as server:
        client = connect(server, headers={"X-Tenant": "7"})
        saved = await file_of(client, headers={"X-Trace": "1"}).save(tmp_path / "rows.bin")

    assert saved.read_bytes() == CONTENT
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert storage.lines == [f"GET {SIGNED} HTTP/1.1"]
    sent = storage.requests[0].headers
    assert sorted(sent) == ["accept", "accept-encoding", "host", "user-agent"]
    assert sent["user-agent"].startswith("flexsdk/")
    assert sent["accept-encoding"] == "identity"


async def test_a_session_of_the_users_lends_its_connections_but_no_header_or_cookie(
    connect: Connect, tmp_path: Path
) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with RawServer(FileServer()) as storage, RawServer(link(storage)) as server:
        jar.update_cookies({"session": "s3cr3t"}, URL(storage.url))
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"X-Key": "s3cr3t"}) as session:
            await file_of(connect(server, session=session)).save(tmp_path / "rows.bin")
            assert not session.closed

    assert sorted(storage.requests[0].headers) == ["accept", "accept-encoding", "host", "user-agent"]


async def test_a_cut_goes_on_through_a_new_link(connect: Connect, tmp_path: Path) -> None:
    async with RawServer(FileServer(cuts=(100,))) as storage, RawServer(answer()) as server:
        server._steps = [link(storage, "/1?s3cr3t"), link(storage, "/2?s3cr3t")]
        saved = await file_of(connect(server)).save(tmp_path / "rows.bin")

    assert saved.read_bytes() == CONTENT
    assert storage.lines == ["GET /1?s3cr3t HTTP/1.1", "GET /2?s3cr3t HTTP/1.1"]
    assert storage.requests[1].headers["range"] == "bytes=100-"
    assert storage.requests[1].headers["if-range"] == TAG


async def test_iterating_and_reading_follow_too(connect: Connect) -> None:
    async with RawServer(FileServer()) as storage, RawServer(link(storage)) as server:
        client = connect(server)
        assert await file_of(client).read() == CONTENT
        async with file_of(client) as download:
            assert b"".join([piece async for piece in download]) == CONTENT


async def test_credentials_do_not_come_back_when_the_way_leads_home(connect: Connect) -> None:
    async with RawServer(answer()) as storage, RawServer(answer()) as server:
        server._steps = [link(storage), FileServer()]
        storage._steps = [link(server, "/home")]
        assert await file_of(connect(server)).read() == CONTENT

    assert server.lines[1] == "GET /home HTTP/1.1"
    assert "authorization" in server.requests[0].headers
    assert "authorization" not in server.requests[1].headers


async def test_a_hop_inside_the_other_host_brings_no_credentials(connect: Connect) -> None:
    moved = answer(302, b"", location="/other")
    async with RawServer(moved, FileServer()) as storage, RawServer(link(storage)) as server:
        assert await file_of(connect(server)).read() == CONTENT

    assert ["authorization" in request.headers for request in storage.requests] == [False, False]


async def test_a_hop_inside_the_origin_keeps_its_credentials(connect: Connect) -> None:
    async with RawServer(answer(302, b"", location="/other"), FileServer()) as server:
        assert await file_of(connect(server)).read() == CONTENT

    assert "authorization" in server.requests[1].headers


# --- where nobody follows


@pytest.mark.parametrize(
    "place",
    [
        lambda other: f"http://user:word@127.0.0.1:{other.port}/",
        lambda other: f"http://127.0.0.1:{other.port}\\@example.com/",
        lambda other: f"http://127.0.0.1:{other.port}/a b",
        lambda other: f"ftp://127.0.0.1:{other.port}/",
        lambda other: f"http://127.0.0.1.nip.example:{other.port}/",
        lambda other: "http://storage.example/rows",
        lambda other: "http://10.0.0.1/rows",
        lambda other: "http://[::ffff:10.0.0.1]/rows",
    ],
    ids=["user", "backslash", "space", "ftp", "name", "http", "private", "mapped"],
)
async def test_only_https_and_this_machine_are_followed(
    connect: Connect, place: Callable[[RawServer], str]
) -> None:
    async with (
        RawServer(FileServer()) as other,
        RawServer(answer(302, b"<a>s3cr3t", location=place(other))) as server,
    ):
        with pytest.raises(APIError, match="redirect") as raised:
            await file_of(connect(server)).read()

    assert raised.value.status == 302
    assert raised.value.body == b""
    assert other.connections == 0


@pytest.mark.parametrize("operation", [READ, WATCH], ids=["plain call", "stream"])
async def test_calls_and_streams_stay_at_their_host(connect: Connect, operation: Op[object]) -> None:
    ids = ("a",) if operation is READ else ()
    async with RawServer(FileServer()) as other, RawServer(link(other)) as server:
        with pytest.raises(APIError):
            await connect(server).send(operation, *ids)

    assert other.connections == 0


@pytest.mark.parametrize("operation", [WRITE, SEND], ids=["plain", "that answers with a file"])
@pytest.mark.parametrize("status", STATUSES)
async def test_a_post_is_never_sent_on(connect: Connect, operation: Op[object], status: int) -> None:
    async with RawServer(FileServer()) as other, RawServer(link(other, status=status)) as server:
        with pytest.raises(APIError):
            await connect(server).send(operation, body={"a": 1})

    assert other.connections == 0


async def test_a_chain_of_links_ends(connect: Connect) -> None:
    async with RawServer(answer()) as one, RawServer(answer()) as two, RawServer(link(one)) as server:
        one._steps = [link(two, f"/{number}?s3cr3t") for number in range(20)]
        two._steps = [link(one, f"/{number}?s3cr3t") for number in range(20)]
        with pytest.raises(APIError, match="redirect"):
            await file_of(connect(server)).read()

    assert len(one.requests) + len(two.requests) == 5


# --- what goes wrong over there


async def test_a_link_that_has_ended_is_an_error_of_its_status_and_shows_nothing(connect: Connect) -> None:
    refusal = answer(403, b"<Error><StringToSign>GET s3cr3t</StringToSign></Error>")
    async with RawServer(refusal) as storage, RawServer(link(storage)) as server:
        with pytest.raises(Forbidden) as raised:
            await file_of(connect(server)).read()

    assert raised.value.body == b""
    assert "s3cr3t" not in "".join(traceback.format_exception(raised.value))
    assert len(server.requests) == 1


async def test_the_limits_of_the_storage_are_not_those_of_the_platform(connect: Connect) -> None:
    refusal = answer(429, b"", x_ratelimit_remaining="0", x_ratelimit_limit="1", set_cookie="a=b")
    async with RawServer(refusal) as storage, RawServer(link(storage)) as server:
        with pytest.raises(RateLimited) as raised:
            await file_of(connect(server), attempts=1).read()

    assert raised.value.limit is None


async def test_an_outage_of_the_storage_is_repeated_from_the_platform_on(connect: Connect) -> None:
    async with RawServer(answer(503), FileServer()) as storage, RawServer(link(storage)) as server:
        assert await file_of(connect(server)).read() == CONTENT

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("step", "kind"),
    [(close, ConnectionLost), (b"no HTTP\r\n\r\n", ConnectionLost), (None, ConnectFailed)],
    ids=["closed", "no HTTP", "nobody there"],
)
async def test_a_failure_names_the_host_but_not_the_signature(
    connect: Connect, step: Step | None, kind: type[FlexError]
) -> None:
    async with RawServer(step or close) as storage, RawServer(link(storage)) as server:
        if step is None:
            storage._server.close()
        with pytest.raises(kind) as raised:
            await file_of(connect(server), attempts=1).read()

    assert type(raised.value) is kind
    assert storage.url in str(raised.value)
    assert "s3cr3t" not in "".join(traceback.format_exception(raised.value))


async def test_a_host_that_does_not_answer_in_time_is_a_timeout_of_the_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(*_: object, **__: object) -> None:
        raise aiohttp.ConnectionTimeoutError

    async with RawServer(answer(302, b"", location="https://storage.example/?s3cr3t")) as server:
        monkeypatch.setattr(aiohttp.ClientSession, "get", late)
        with pytest.raises(Timeout) as raised:
            await file_of(connect(server), attempts=1).read()

    assert raised.value.phase == "connect"
    assert "https://storage.example within" in str(raised.value)


async def test_a_cut_over_there_does_not_show_the_signature(connect: Connect) -> None:
    async with RawServer(FileServer(cuts=(5,))) as storage, RawServer(link(storage)) as server:
        with pytest.raises(ConnectionLost) as raised:
            await file_of(connect(server)).read()

    assert storage.url in str(raised.value)
    assert "s3cr3t" not in "".join(traceback.format_exception(raised.value))


async def test_a_body_that_stays_packed_is_refused(connect: Connect) -> None:
    async with RawServer(head(200, content_encoding="gzip, gzip", content_length="3") + b"abc") as server:
        client = connect(server)
        with pytest.raises(DecodeError, match="packed as 'gzip, gzip'"):
            await client.send(FILE, "a")
