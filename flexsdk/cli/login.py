"""The login at Flextell: the browser comes back to this machine with a code, which becomes a token."""

from __future__ import annotations

import asyncio
import os
import webbrowser
from pathlib import Path
from typing import Final

from flexsdk.cli.credentials import address_for, config_path
from flexsdk.cli.output import out
from flexsdk.core.tokenfile import FileStore
from flexsdk.errors import FlexError, LoginRequired
from flexsdk.platforms.flextell.oauth import FlextellOAuth

__all__ = ["login", "saved_login"]

_SECONDS: Final = 300.0
"""Time for a login."""
_PATH: Final = "/callback"
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    b"Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\r\n"
    b"You can close this page and go back to the terminal.\n"
)
_NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def saved_login(base_url: str | None) -> FlextellOAuth | None:
    """Give the credential of an earlier login; ``None`` without one, or for an unknown application."""
    known = os.environ.get("FLEXTELL_CLIENT_ID") and os.environ.get("FLEXTELL_CLIENT_SECRET")
    if not known or not _token_path().exists():
        return None
    return _oauth("http://127.0.0.1/callback", "", base_url)  # a renewal sends no redirect address


def login(*, port: int, scope: str, browser: bool) -> int:
    """Log in; see the command for the rest."""
    from flexsdk.cli.session import run

    return run(lambda: _login(port, scope, browser))


async def _login(port: int, scope: str, browser: bool) -> None:
    arrived: asyncio.Queue[str] = asyncio.Queue()
    server = await asyncio.start_server(
        lambda reader, writer: _answer(reader, writer, arrived), "127.0.0.1", port
    )
    async with server:
        redirect_uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{_PATH}"
        oauth = _oauth(redirect_uri, scope, None)
        begun = oauth.authorization_url()
        out(f"Open this address: {begun.url}")
        if browser:
            await asyncio.to_thread(webbrowser.open, begun.url)
        await _finished(oauth, redirect_uri, begun.state, arrived)
    out(f"Logged in; the token is in {_token_path()}")


async def _finished(oauth: FlextellOAuth, redirect_uri: str, state: str, arrived: asyncio.Queue[str]) -> None:
    """Wait for the redirect of this very login; what other pages send here is passed over."""
    try:
        async with asyncio.timeout(_SECONDS):
            while True:
                redirected = redirect_uri.removesuffix(_PATH) + await arrived.get()
                try:
                    await oauth.exchange(redirected, state)
                except LoginRequired as error:
                    if error.code != "state_mismatch":
                        raise
                else:
                    return
    except TimeoutError:
        raise FlexError(f"nobody came back from the login within {_SECONDS:.0f} s") from None


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrived: asyncio.Queue[str]
) -> None:
    """Answer one request; only the path of the redirect counts."""
    try:
        async with asyncio.timeout(5.0):
            line = await reader.readline()
            while await reader.readline() not in (b"\r\n", b""):
                pass  # the head of a request is bounded by the reader's limit and the time
        target = line.decode("latin-1").split(" ")[1] if line.startswith(b"GET ") else ""
        wanted = target.partition("?")[0] == _PATH
        writer.write(_ANSWER if wanted else _NOT_FOUND)
        await writer.drain()
        if wanted:
            arrived.put_nowait(target)
    except (TimeoutError, ValueError, ConnectionError):
        pass  # not a browser that came back
    finally:
        writer.close()


def _oauth(redirect_uri: str, scope: str, base_url: str | None) -> FlextellOAuth:
    path = _token_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = base_url or address_for("flextell")
    return FlextellOAuth(redirect_uri=redirect_uri, scope=scope, base_url=address, store=FileStore(path))


def _token_path() -> Path:
    return config_path().parent / "flextell-token.json"
