from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from servers import RawServer, Step

from flexsdk.sandbox import Sandbox

OnServerLoop = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="module")
def on_server_loop() -> Iterator[OnServerLoop]:
    """Run a coroutine on a loop and a thread for servers, apart from the clients and the tests."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()


@pytest.fixture
def sandbox(on_server_loop: OnServerLoop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox that the clients find by themselves."""
    box = Sandbox(run_seconds=0)
    on_server_loop(box.__aenter__())
    for name in ("flapjack", "flexorch", "fleece", "flextell", "platform"):
        monkeypatch.setenv(f"{name.upper()}_API_KEY", getattr(box, name).key)
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", getattr(box, name).base_url)
    yield box
    on_server_loop(box.__aexit__(None, None, None))


@pytest.fixture
def serve(on_server_loop: OnServerLoop) -> Iterator[Callable[..., RawServer]]:
    """Start a server that answers with these steps."""
    servers: list[RawServer] = []

    def serve(*steps: Step) -> RawServer:
        servers.append(RawServer(*steps))
        on_server_loop(servers[-1].__aenter__())
        return servers[-1]

    yield serve
    for server in servers:
        on_server_loop(server.__aexit__(None, None, None))
