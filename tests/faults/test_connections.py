"""Connections that cannot be made, or break: what the caller is told, and that it is true."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from servers import Peer, RawServer, Request, Step, answer, chunk, close, then
from service import READ, WRITE, Connect, FakeClock, Item

from flexsdk.errors import CertificateInvalid, ConnectFailed, ConnectionLost, FlexError, Timeout

MAKE_CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
    "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out certificate.pem"
)


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and is not installed")
    subprocess.run(MAKE_CERTIFICATE.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return context


async def test_a_certificate_that_does_not_verify_is_not_tried_again(
    connect: Connect, clock: FakeClock, self_signed: ssl.SSLContext
) -> None:
    async with RawServer(answer(), tls=self_signed) as server:
        with pytest.raises(CertificateInvalid) as raised:
            await connect(server).call(READ, "a")

    assert len(raised.value.attempts) == 1
    assert clock.slept == []
    assert server.requests == []
    assert server.url in str(raised.value)


async def test_a_server_without_tls_is_a_failed_connection(connect: Connect) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(400))
        writer.close()

    listener = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with RawServer(answer()) as server:
        with pytest.raises(ConnectFailed):
            await connect(server, base_url=f"https://127.0.0.1:{port}", retry=None).call(READ, "a")
    listener.close()


async def test_a_host_that_does_not_exist_is_named(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        with pytest.raises(ConnectFailed, match=r"https://service\.invalid"):
            await connect(server, base_url="https://service.invalid", retry=None).call(READ, "a")


BROKEN: dict[str, Step] = {
    "another protocol": then(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", close),
    "no status": then(b"HTTP/1.1 abc OK\r\n\r\n", close),
    "half a head": then(b"HTTP/1.1 200 OK\r\nContent-Le", close),
    "half a body": then(answer(200, b'{"id":"a"}')[:-4], close),
    "half a chunk": then(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{", close),
    "no last chunk": then(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"{}"), close),
    "no gzip": answer(200, b"plain", content_encoding="gzip"),
    "endless head": then(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", close),
    "header with a line break": then(b"HTTP/1.1 200 OK\r\nX\rY: 1\r\n\r\n", close),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_a_broken_answer_is_a_lost_connection_and_asked_for_again_only_by_reads(
    connect: Connect, case: str
) -> None:
    async with RawServer(BROKEN[case], BROKEN[case], answer()) as server:
        client = connect(server)
        with pytest.raises(ConnectionLost) as raised:
            await client.call(WRITE, body={}, timeout=2)
        assert await client.call(READ, "a", timeout=2) == Item()

    assert [line.split(" ")[0] for line in server.lines] == ["POST", "GET", "GET"]
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


async def test_a_body_with_broken_chunks_is_found_at_once(connect: Connect) -> None:
    async def break_the_chunks(_: Request, peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"{"))
        await asyncio.sleep(0.01)
        await peer.send(b"no size\r\n")

    async with RawServer(break_the_chunks) as server:
        with pytest.raises(ConnectionLost):
            await connect(server).call(WRITE, body={}, timeout=1)


async def test_bytes_that_nobody_asked_for_are_not_the_answer_to_the_next_call(connect: Connect) -> None:
    smuggled = answer(200, b'{"id":"smuggled"}')
    async with RawServer(answer(200, b'{"id":"one"}') + smuggled, answer(200, b'{"id":"two"}')) as server:
        client = connect(server)
        await client.call(READ, "a")
        await asyncio.sleep(0.01)

        assert (await client.call(READ, "b")).id == "two"


async def test_an_answer_before_the_request_is_read_is_taken(connect: Connect) -> None:
    async def early(_: Request, peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 100 Continue\r\n\r\n" + answer(200, b'{"id":"a"}'))

    async with RawServer(early) as server:
        assert (await connect(server).call(READ, "a")).id == "a"


async def test_a_server_that_accepts_and_says_nothing_over_tls_does_not_hold_the_call(
    connect: Connect,
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with RawServer(answer()) as server:
        client = connect(server, base_url=f"https://127.0.0.1:{port}")
        with pytest.raises(Timeout):
            await client.call(WRITE, body={}, timeout=0.05)
        await client.aclose()
    listener.close()
    await asyncio.sleep(0.01)


async def test_every_failure_has_its_history(connect: Connect) -> None:
    async with RawServer(close) as server:
        with pytest.raises(FlexError) as raised:
            await connect(server).call(READ, "a", attempts=3)

    assert [each.outcome for each in raised.value.attempts] == ["ConnectionLost"] * 3
