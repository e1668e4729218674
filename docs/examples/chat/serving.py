"""The chat beside a sandbox, both in this process and on free ports, for screenshots and tests."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import uvicorn
from fastapi import FastAPI

from flexsdk.sandbox import Sandbox

__all__ = ["serving"]


@asynccontextmanager
async def serving(sandbox: Sandbox) -> AsyncIterator[str]:
    """Serve the chat while the context is open, with a running sandbox as its platform; gives its address."""
    platform = {"FLAPJACK_API_KEY": sandbox.flapjack.key, "FLAPJACK_BASE_URL": sandbox.flapjack.base_url}
    config = uvicorn.Config(_load_app(), log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with patch.dict(os.environ, platform), socket.create_server(("127.0.0.1", 0)) as listener:
        # Connections of a browser wait in the listener until the server is ready.
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve([listener]))
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True


def _load_app() -> FastAPI:
    """Load `app.py` by its place, as examples are no package."""
    spec = importlib.util.spec_from_file_location("chat_app", Path(__file__).with_name("app.py"))
    assert spec, "it stands beside this file"
    assert spec.loader, "it is Python"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = module.app
    assert isinstance(app, FastAPI), "its server"
    return app
