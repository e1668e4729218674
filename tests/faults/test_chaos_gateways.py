"""A real gateway in front of a platform that restarts and stalls under load."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from faults.chaos import ChaosProxy
from servers import Peer, RawServer, Request, answer
from service import KEY, READ, WRITE, Service, until

from flexsdk.core.retry import Retry
from flexsdk.errors import ConnectionLost, ServerError

CALLS = 400
CALLERS = 12
RESTARTS = 4
DOWN = 0.04
STALLS = 30
"""One read in so many, and one write, is never answered, so that the gateway says 504."""

NGINX = """
daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
  upstream platform {{ server 127.0.0.1:{upstream} max_fails=0; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port}; keepalive_requests 9; keepalive_timeout 30ms;
    location / {{
      proxy_pass http://platform; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_next_upstream off; proxy_read_timeout 150ms;
    }}
  }}
}}
"""
HAPROXY = """
global
  maxconn 256
defaults
  mode http
  retries 0
  timeout connect 1s
  timeout client 5s
  timeout server 150ms
  timeout http-keep-alive 30ms
frontend gateway
  bind 127.0.0.1:{port}
  default_backend platform
backend platform
  http-reuse always
  server platform 127.0.0.1:{upstream}
"""
GATEWAYS = {
    "nginx": (NGINX, ["nginx", "-e", "stderr", "-p", "{folder}", "-c", "conf"]),
    "haproxy": (HAPROXY, ["haproxy", "-db", "-q", "-f", "{folder}/conf"]),
}


class Platform:
    """Answers with the id that was asked for, and at times not at all."""

    def __init__(self) -> None:
        self.posted: Counter[str] = Counter()
        self._reads = 0

    async def serve(self, request: Request, peer: Peer) -> None:
        if request.method == "POST":
            name = msgspec.json.decode(request.body)["id"]
            self.posted[name] += 1
            turn = len(self.posted)
        else:
            name = request.target.rpartition("/")[2]
            turn = self._reads = self._reads + 1
        if turn % STALLS == 0:
            await peer.until_gone()
        else:
            await peer.send(answer(200, b'{"id":"%b"}' % name.encode()))


@asynccontextmanager
async def gateway(kind: str, upstream: int, folder: Path) -> AsyncIterator[str]:
    """Run a gateway in front of a port of this machine, and give its address."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    template, command = GATEWAYS[kind]
    program = shutil.which(command[0], path=path)
    if program is None:
        pytest.skip(f"{kind} is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "conf").write_text(template.format(port=port, upstream=upstream))
    arguments = [each.format(folder=folder) for each in command[1:]]
    process = await asyncio.create_subprocess_exec(program, *arguments)
    try:
        await _listening(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    for _ in range(500):
        with contextlib.suppress(OSError):
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the gateway does not listen")


async def restart_again_and_again(proxy: ChaosProxy) -> None:
    for _ in range(RESTARTS):
        await asyncio.sleep(2 * DOWN)
        proxy.deafen()
        proxy.hang_up()
        await asyncio.sleep(DOWN)
        await proxy.listen()


async def read_and_write(client: Service) -> tuple[list[str], Counter[str]]:
    """Read and write in turn; give what was wrong, and how writes ended."""
    wrong: list[str] = []
    writes: Counter[str] = Counter()
    numbers = iter(range(CALLS))

    async def write(name: str) -> str:
        try:
            return (await client.call(WRITE, body={"id": name})).id
        except (ServerError, ConnectionLost) as error:
            writes[str(getattr(error, "status", "lost"))] += 1
            return name

    async def caller() -> None:
        for number in numbers:
            name = str(number)
            found = await write(name) if number % 3 == 0 else (await client.call(READ, name)).id
            wrong.extend([f"{found} in place of {name}"] * (found != name))

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return wrong, writes


@pytest.mark.parametrize("kind", GATEWAYS)
async def test_reads_outlive_the_restarts_behind_a_gateway_and_no_write_arrives_twice(
    kind: str, tmp_path: Path
) -> None:
    platform = Platform()
    retry = Retry(attempts=12, base=0.02, cap=0.05, budget=None)
    async with RawServer(platform.serve) as server, ChaosProxy(server.port) as proxy:
        async with (
            gateway(kind, proxy.port, tmp_path) as url,
            Service(KEY, base_url=url, retry=retry, limits=None) as client,
        ):
            restarts = asyncio.ensure_future(restart_again_and_again(proxy))
            wrong, writes = await read_and_write(client)
            await restarts
        await until(lambda: proxy.open_connections == 0)

    assert wrong == []
    assert max(platform.posted.values()) == 1
    assert writes["502"] + writes["503"] + writes["504"] > 0
