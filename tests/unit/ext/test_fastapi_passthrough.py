from __future__ import annotations

import gzip

import aiohttp
import pytest
from fastapi import FastAPI, Response
from fastapi_kit import Served, application, get, served
from servers import RawServer, Step, answer, chunk, close, reset, stream, then
from service import SAY, word

from flexsdk.core.op import Op
from flexsdk.ext.fastapi import passthrough

FILE: Op[None] = Op("file", "GET", "/file", None, accept="*/*", streamed=True)
BODY = bytes(range(256)) * 400
OF_THE_SERVER = ("date", "server")


def offering(upstream: RawServer, **headers: str) -> FastAPI:
    app = application(upstream)

    @app.get("/file")
    async def file(service: Served) -> Response:
        return passthrough(service.download(FILE), headers=headers)

    @app.get("/raw")
    async def raw(service: Served) -> Response:
        return passthrough(service.stream(SAY, idle_timeout=5.0, event_timeout=5.0))

    return app


async def read(step: Step, path: str = "/file", **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
    async with (
        RawServer(step) as upstream,
        served(offering(upstream, **headers)) as url,
        aiohttp.ClientSession() as session,
        session.get(url + path) as response,
    ):
        return response, await response.read()


async def test_bytes_and_what_is_known_of_them_go_through_untouched() -> None:
    sent = {"content_type": "text/csv; charset=utf-8", "etag": '"v1"', "set_cookie": "key=1", "x_other": "1"}
    sent["content_disposition"] = 'inline; filename="a.csv"'

    response, body = await read(answer(200, BODY, **sent))

    assert body == BODY
    seen = {name.lower(): value for name, value in response.headers.items()}
    assert {name: seen[name] for name in seen if name not in OF_THE_SERVER} == {
        "content-disposition": 'inline; filename="a.csv"',
        "content-length": str(len(BODY)),
        "content-type": "text/csv; charset=utf-8",
        "etag": '"v1"',
        "x-content-type-options": "nosniff",
    }


async def test_a_file_without_a_name_is_no_page_of_this_server() -> None:
    response, _ = await read(answer(200, b"<script>", content_type="image/svg+xml"))

    assert response.headers["Content-Disposition"] == "attachment"


async def test_a_part_of_a_file_stays_a_part() -> None:
    response, body = await read(answer(206, b"bc", content_range="bytes 1-2/4"))

    assert (response.status, body) == (206, b"bc")
    assert response.headers["Content-Range"] == "bytes 1-2/4"


async def test_a_packed_body_is_sent_unpacked_and_without_the_size_of_the_packed_one() -> None:
    response, body = await read(answer(200, gzip.compress(BODY), content_encoding="gzip"))

    assert body == BODY
    assert "Content-Encoding" not in response.headers
    assert "Content-Length" not in response.headers


async def test_headers_of_the_application_come_first() -> None:
    response, _ = await read(
        answer(200, b"1", content_type="text/plain"), **{"Content-Type": "text/csv", "X-Mine": "1"}
    )

    assert response.headers.getall("Content-Type") == ["text/csv"]
    assert response.headers["X-Mine"] == "1"


async def test_a_stream_goes_through_with_all_its_bytes() -> None:
    sent = b": hello\n\n" + word("Hi") + b"event: end\ndata: {}\n\n"

    response, body = await read(stream(sent), "/raw")

    assert body == sent
    assert response.content_type == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache"
    assert "Content-Disposition" not in response.headers


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(
            then(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", close), id="shorter than announced"
        ),
        pytest.param(
            then(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"abc"), close),
            id="without the last chunk",
        ),
        pytest.param(then(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", reset), id="reset"),
    ],
)
async def test_a_body_that_is_cut_upstream_is_cut_for_the_browser(step: Step) -> None:
    with pytest.raises(aiohttp.ClientError):
        await read(step)


async def test_what_fails_before_the_first_byte_has_its_own_status() -> None:
    refused = answer(404, b'{"code":"gone","message":"No such file."}')

    async with RawServer(refused) as upstream, served(offering(upstream)) as url:
        response, told = await get(f"{url}/file")

    assert (response.status, told["detail"]) == (404, "No such file.")
