"""Redirects: followed for reads inside one origin, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from servers import RawServer, answer
from service import KEY, READ, SAY, WRITE, Connect, Item

from flexsdk.errors import APIError, FlexError

STATUSES = [301, 302, 303, 307, 308]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "place", ["{url}/moved?x=1", "/moved?x=1", "moved?x=1"], ids=["whole", "path", "name"]
)
async def test_a_read_follows_inside_its_origin_with_its_credentials(
    connect: Connect, status: int, place: str
) -> None:
    moved = RawServer(answer())
    async with moved:
        moved._steps = [answer(status, b"", location=place.format(url=moved.url)), answer(200, b'{"id":"a"}')]
        assert await connect(moved).call(READ, "a") == Item(id="a")

    assert moved.lines[1] in ("GET /moved?x=1 HTTP/1.1", "GET /items/moved?x=1 HTTP/1.1")
    assert [each.headers["authorization"] for each in moved.requests] == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize("target", ["/a%2Fb", "/a?sign=x%2Fy", "/a?sign=x%2By", "/a?sign=x+y"])
async def test_a_redirect_is_followed_to_the_letter(connect: Connect, target: str) -> None:
    async with RawServer(answer(302, b"", location=target), answer()) as server:
        await connect(server).call(READ, "a")

    assert server.lines[1] == f"GET {target} HTTP/1.1"


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "place",
    [
        lambda other: other.url,
        lambda other: f"http://localhost:{other.port}/",
        lambda other: f"//127.0.0.1:{other.port}/x",
        lambda other: f"http://user@127.0.0.1:{other.port}/",
        lambda other: f"http://127.0.0.1:{other.port}\\@127.0.0.1/",
    ],
    ids=["another port", "another name", "without a scheme", "with a user", "with a backslash"],
)
async def test_nothing_is_sent_to_another_origin(
    connect: Connect, status: int, place: Callable[[RawServer], str]
) -> None:
    async with RawServer(answer()) as other, RawServer(answer(status, b"", location=place(other))) as server:
        with pytest.raises(APIError) as raised:
            await connect(server).call(READ, "a")

    assert raised.value.status == status
    assert other.connections == 0
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", STATUSES)
async def test_a_post_is_never_sent_on(connect: Connect, status: int) -> None:
    async with RawServer(answer(status, b"", location="/elsewhere")) as server:
        client = connect(server)
        with pytest.raises(APIError) as raised:
            await client.call(WRITE, body={"card": 1})
        with pytest.raises(APIError):
            await client.stream(SAY, body={}, idle_timeout=1, event_timeout=1).__aenter__()

    assert raised.value.status == status
    assert server.lines == ["POST /items HTTP/1.1", "POST /say HTTP/1.1"]


@pytest.mark.parametrize("location", ["", "http://[", "http://127.0.0.1:99999/", "javascript:1"], ids=ascii)
async def test_a_redirect_to_nowhere_is_an_error_of_its_status(connect: Connect, location: str) -> None:
    served = answer(302, b"", location=location)
    async with RawServer(served) as server:
        with pytest.raises(APIError) as raised:
            await connect(server).call(READ, "a")

    assert raised.value.status == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>moved</html>"], ids=["empty", "with a body"])
async def test_a_circle_of_redirects_ends_as_an_error_of_its_status(connect: Connect, body: bytes) -> None:
    steps = [answer(302, body, location=f"/{number}") for number in range(20)]
    async with RawServer(*steps) as server:
        with pytest.raises(FlexError) as raised:
            await connect(server, retry=None).call(READ, "a")

    assert isinstance(raised.value, APIError)
    assert raised.value.status == 302
    assert len(server.requests) <= 6


async def test_the_error_of_a_redirect_says_where_it_leads(connect: Connect) -> None:
    async with RawServer(answer(307, b"", location="https://other.example/")) as server:
        with pytest.raises(APIError, match="redirect"):
            await connect(server).call(READ, "a")
