"""Faults of the login server: calls end right or with an error of ours, in time, and no token is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from proofs.broken import let_errors_out, repeat_everything
from proofs.fault_scenes import GRACE, Pulse
from servers import LAST_CHUNK, Peer, RawServer, Request, answer, chunk, stream
from service import END, READ, SAY, WRITE, Item, Service, word

from flexsdk.core import oauth, tokens
from flexsdk.core.oauth import OAuth2
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth
from flexsdk.errors import FlexError, LoginRequired

Record = Callable[[str, object], None]
Fault = Callable[["Login", Peer], Awaitable[None]]

DEADLINE = 0.4
"""Seconds for a call."""
RENEWAL = 0.9
"""Seconds for a renewal, which goes on when the call has ended."""
DRIP = 0.05
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


class Login:
    """A login server and its API; each refresh token serves once, and ``faults`` answer in its place."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = list(faults)
        self.issued = 0
        self.told = 0
        """The number of the last token whose answer went out whole."""
        self.sent: list[str] = []
        """The bodies of the token requests."""
        self.server = RawServer(self._serve)

    def rotate(self) -> bytes:
        """Make a pair of tokens; the one before is no longer good."""
        self.issued += 1
        return msgspec.json.encode(
            {
                "token_type": "Bearer",
                "expires_in": 3600,
                "access_token": f"flc_test_access_{self.issued}",
                "refresh_token": f"flc_test_refresh_{self.issued}",
            }
        )

    def grant(self) -> bytes:
        """Rotate, with an answer that goes out whole."""
        body = self.rotate()
        self.told = self.issued
        return body

    def token(self, *, expires_at: float | None) -> Token:
        """Give the pair that is good now."""
        number = self.told = self.issued
        refresh = f"flc_test_refresh_{number}"
        return Token(access=f"flc_test_access_{number}", refresh=refresh, expires_at=expires_at)

    async def _serve(self, request: Request, peer: Peer) -> None:
        if request.target == "/token":
            self.sent.append(request.body.decode())
            await self._renew(request, peer)
        elif request.headers["authorization"] != f"Bearer flc_test_access_{self.issued}":
            await peer.send(answer(401, b'{"code":"expired"}'))
        elif request.target == "/say":
            await peer.send(stream(word("a"), END))
        else:
            await peer.send(answer(200, b'{"id":"a"}'))

    async def _renew(self, request: Request, peer: Peer) -> None:
        if self.faults:
            await self.faults.pop(0)(self, peer)
        elif f"refresh_token=flc_test_refresh_{self.issued}&" in f"{request.body.decode()}&":
            await peer.send(answer(200, self.grant()))
        else:
            await peer.send(answer(400, b'{"error":"invalid_grant"}'))


def _says(data: bytes) -> Fault:
    async def fault(_: Login, peer: Peer) -> None:
        await peer.send(data)

    return fault


def _page(body: bytes, content_type: str) -> Fault:
    return _says(answer(200, body, content_type=content_type))


async def _reset(_: Login, peer: Peer) -> None:
    peer.reset()


async def _close(_: Login, peer: Peer) -> None:
    peer.close()


async def _silence(_: Login, peer: Peer) -> None:
    await peer.until_gone()


async def _dripping_head(_: Login, peer: Peer) -> None:
    for _beat in range(200):
        await peer.send(b"H")
        await asyncio.sleep(DRIP)


async def _dripping_body(_: Login, peer: Peer) -> None:
    await peer.send(CHUNKED)
    for _beat in range(200):
        await peer.send(chunk(b" "))
        await asyncio.sleep(DRIP)


async def _late(login: Login, peer: Peer) -> None:
    """Come with the whole answer when the callers have gone, and the renewal has not."""
    body = login.grant()
    await peer.send(CHUNKED)
    for _beat in range(12):
        await peer.send(chunk(b" "))
        await asyncio.sleep(DRIP)
    await peer.send(chunk(body) + LAST_CHUNK)


async def _sliced(login: Login, peer: Peer) -> None:
    for byte in answer(200, login.grant()):
        await peer.send(bytes([byte]))


async def _two(login: Login, peer: Peer) -> None:
    first = login.grant()
    second = first.replace(b"access_1", b"access_x").replace(b"refresh_1", b"refresh_x")
    await peer.send(answer(200, first) + answer(200, second))


async def _other_type(login: Login, peer: Peer) -> None:
    await peer.send(answer(200, login.grant(), content_type="text/plain"))


def _lost(ending: Callable[[bytes], bytes], *, broken: bool = False) -> Fault:
    """Rotate, and lose the answer on its way."""

    async def fault(login: Login, peer: Peer) -> None:
        await peer.send(ending(login.rotate()))
        if broken:
            peer.reset()
        else:
            peer.close()

    return fault


HTML = b"<html><body>Sign in to the network</body></html>"
UNAVAILABLE = _says(answer(503, b"", retry_after="0"))
RIGHT: dict[str, tuple[Fault, ...]] = {
    "in single bytes": (_sliced,),
    "two answers": (_two,),
    "another content type": (_other_type,),
    "503 with Retry-After, twice": (UNAVAILABLE, UNAVAILABLE),
}
"""After these the call ends right."""
LATE: dict[str, tuple[Fault, ...]] = {"late, but whole": (_late,)}
UNTOUCHED: dict[str, tuple[Fault, ...]] = {
    "reset": (_reset,),
    "closed": (_close,),
    "silent": (_silence,),
    "a dripping head": (_dripping_head,),
    "a dripping body": (_dripping_body,),
    "garbage": (_page(b"\x00\xffgarbage", "application/json"),),
    "HTML": (_page(HTML, "text/html"),),
    "HTML under the right name": (_page(HTML, "application/json"),),
    "nothing": (_page(b"", "application/json"),),
    "no token": (_page(b"{}", "application/json"),),
    "a list": (_page(b"[]", "application/json"),),
    "a token that fits no header": (_page(b'{"access_token":"a\\r\\nX: b"}', "application/json"),),
    "packed by its name only": (_says(answer(200, b"{}", content_encoding="gzip")),),
    "another protocol": (_says(b"SSH-2.0-x\r\n\r\n"),),
    "a redirect": (_says(answer(307, b"", location="https://127.0.0.2/token")),),
    "503": (_says(answer(503, b"")),),
    "503 with a long wish": (_says(answer(503, b"", retry_after="3600")),),
    "429 with a long wish": (_says(answer(429, b"", retry_after="3600")),),
    "500 and HTML": (_says(answer(500, HTML, content_type="text/html")),),
}
"""After these the refresh token is as good as before."""
LOST: dict[str, tuple[Fault, ...]] = {
    "cut in the body": (_lost(lambda body: answer(200, body)[:-9]),),
    "cut in the body, and reset": (_lost(lambda body: answer(200, body)[:-9], broken=True),),
    "no last chunk": (_lost(lambda body: CHUNKED + chunk(body)),),
    "half a chunk": (_lost(lambda body: CHUNKED + chunk(body)[:-9]),),
    "half of it, with a length": (_lost(lambda body: answer(200, body[: len(body) // 2])),),
    "reset when it is done": (_lost(lambda _: b"", broken=True),),
    "closed when it is done": (_lost(lambda _: b""),),
}
"""Here the token is lost on the wire: the user has to log in again, and is told."""
FAULTS = {**RIGHT, **LATE, **UNTOUCHED, **LOST}


@pytest.fixture(autouse=True)
def quick_renewals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth, "TOKEN_SECONDS", RENEWAL)
    monkeypatch.setattr(oauth, "RENEWAL_SECONDS", RENEWAL)


def _auth(login: Login, store: MemoryStore) -> OAuth2:
    return OAuth2(
        client_id="flc_test_client",
        client_secret="flc_test_secret",
        redirect_uri="https://app.example/",
        authorize_url=f"{login.server.url}/login",
        token_url=f"{login.server.url}/token",
        store=store,
    )


async def _read(client: Service, **options: Any) -> object:
    return await client.call(READ, "a", **options)


async def _write(client: Service, **options: Any) -> object:
    return await client.call(WRITE, **options)


async def _say(client: Service, **options: Any) -> object:
    async with client.stream(SAY, idle_timeout=5, event_timeout=5, **options) as events:
        return (await events.until_done()).text


ACTIONS: dict[Callable[..., Awaitable[object]], object] = {
    _read: Item(id="a"),
    _write: Item(id="a"),
    _say: "a",
}


async def _outcome(
    action: Callable[..., Awaitable[object]], client: Service, pulse: Pulse
) -> tuple[str, list[str]]:
    """Do one thing; tell how it ended and what is wrong with that."""
    loop = asyncio.get_running_loop()
    began, wrong, outcome = loop.time(), [], "right"
    try:
        async with asyncio.timeout(4 * DEADLINE):  # what hangs is not waited for
            if (came := await action(client, deadline=DEADLINE)) != ACTIONS[action]:
                wrong.append(f"{came!r} in place of {ACTIONS[action]!r}")
    except FlexError as error:
        outcome = type(error).__name__
    except Exception as error:  # noqa: BLE001 - whatever else comes out is wrong
        outcome = type(error).__name__
        wrong.append(f"no error of ours: {error!r:.200}")
    if loop.time() - began > DEADLINE + GRACE + pulse.late_since(began):
        wrong.append(f"ended {loop.time() - began - DEADLINE:.2f} s after its time")
    return outcome, [f"{action.__name__}: {each}" for each in wrong]


async def prove(name: str, *, refused: bool) -> list[str]:
    """Let three actions at once need a token, and meet the fault; name what is wrong afterwards."""
    login = Login(*FAULTS[name])
    # A token that is refused is not known to be old: it is renewed after a 401.
    old = login.token(expires_at=None if refused else 0.0)
    if refused:
        old = msgspec.structs.replace(old, access="flc_test_access_old")
    store = MemoryStore(old)
    async with login.server:
        auth = _auth(login, store)
        settings: dict[str, Any] = {"base_url": login.server.url, "limits": None}
        async with Service(auth=auth, retry=None, **settings) as client:
            pulse = Pulse()
            async with pulse.beating():
                ends = await asyncio.gather(*(_outcome(action, client, pulse) for action in ACTIONS))
            wrong = [each for _, found in ends for each in found]
            outcomes = {outcome for outcome, _ in ends}
            if (outcomes == {"right"}) != (name in RIGHT):
                wrong.append(f"the actions ended with {outcomes}")
            wrong += await _settled(auth)
            if len(login.sent) != len(FAULTS[name]) + (UNAVAILABLE in FAULTS[name]):
                wrong.append(f"{len(login.sent)} token requests")
            wrong += _kept(await store.load(), login, old)
            wrong += await _aftermath(name, client, auth, login)
    return wrong


async def _settled(auth: TokenAuth) -> list[str]:
    """Wait until the renewal has ended, which it does by itself."""
    renewal = auth._renewals.get().task
    if renewal is None:
        return []
    done, _ = await asyncio.wait({renewal}, timeout=RENEWAL + GRACE)
    return [] if done else ["the renewal does not end"]


def _kept(held: Token | None, login: Login, old: Token) -> list[str]:
    """Hold the stored token against the last one whose answer had gone out whole."""
    if login.told == 0:
        return [] if held == old else [f"{held!r} is stored in place of the old token"]
    good = held is not None and held.refresh == f"flc_test_refresh_{login.told}"
    return [] if good else ["a token that the server has rotated is lost"]


async def _aftermath(name: str, client: Service, auth: OAuth2, login: Login) -> list[str]:
    """The client goes on: by itself, or after a new login where the token was lost on the wire."""
    login.faults.clear()
    if name in LOST:
        try:
            await client.call(READ, "a", deadline=5.0)
        except LoginRequired:
            login.rotate()
            await auth.keep(login.token(expires_at=None))
        else:
            return ["no new login is asked for"]
    wrong = []
    for action, meant in ACTIONS.items():
        try:
            came = await action(client, deadline=5.0)
        except FlexError as error:
            came = error
        if came != meant:
            wrong.append(f"{action.__name__} afterwards: {came!r:.200}")
    stats = client.stats()
    if stats.under_way or stats.connections_in_use:
        wrong.append(f"the client still holds {stats}")
    return wrong


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_of_the_login_server_is_one_error_of_ours_and_loses_no_token(
    name: str, record_property: Record
) -> None:
    record_property("cases", 2 * len(ACTIONS))

    assert await prove(name, refused=False) == []
    assert await prove(name, refused=True) == []


# --- controls


def _forget_deadlines(patch: pytest.MonkeyPatch) -> None:
    async def whole(_: object, waiting: Awaitable[Token]) -> Token:
        return await waiting

    patch.setattr(tokens, "_in_time", whole)


def _renew_in_the_callers_task(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TokenAuth, "_another", TokenAuth._replace)


def _store_nothing(patch: pytest.MonkeyPatch) -> None:
    async def nothing(_: MemoryStore, __: Token) -> None: ...

    patch.setattr(MemoryStore, "save", nothing)


CONTROLS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, str]] = {
    "renewals that no deadline bounds": (_forget_deadlines, "silent", "after its time"),
    "a renewal that ends with its caller": (_renew_in_the_callers_task, "late, but whole", "is lost"),
    "an error of the HTTP library": (let_errors_out, "reset", "no error of ours"),
    "a token request that is repeated": (repeat_everything, "reset when it is done", "token requests"),
    "a token that is not stored": (_store_nothing, "two answers", "is lost"),
}


@pytest.mark.control
@pytest.mark.parametrize("control", CONTROLS)
async def test_the_harness_sees_a_broken_renewal(control: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it, name, complaint = CONTROLS[control]
    break_it(monkeypatch)

    found = await prove(name, refused=False)

    assert any(complaint in each for each in found)
