from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from authority import CLIENT_ID, CLIENT_SECRET, Authority, Make, client, stored
from servers import RawServer, close
from service import READ, FakeClock, until

from flexsdk.core.tokenfile import FileStore
from flexsdk.core.tokens import MemoryStore, Token
from flexsdk.errors import (
    ConnectionLost,
)


async def test_an_expired_token_is_renewed_and_the_new_pair_stored(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    async with client(authority, make(store=expired), clock) as service:
        await service.call(READ, "1")

    assert authority.token_requests == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "flc_test_refresh_1",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
    ]
    kept = await expired.load()
    assert kept is not None
    assert (kept.access, kept.refresh) == ("flc_test_access_2", "flc_test_refresh_2")
    assert kept.scope == "customers:read"


async def test_the_old_refresh_token_stays_when_no_new_one_comes(make: Make, clock: FakeClock) -> None:
    async with Authority(rotates=False) as authority:
        store = MemoryStore(stored(authority, clock, left=-1.0))
        oauth = make(store=store, token_url=f"{authority.url}/oauth/token")
        async with client(authority, oauth, clock) as service:
            await service.call(READ, "1")
            clock.now += 3600
            await service.call(READ, "1")

    assert [each["refresh_token"] for each in authority.token_requests] == ["flc_test_refresh_1"] * 2


async def test_a_token_without_an_end_is_renewed_when_it_is_refused(make: Make, clock: FakeClock) -> None:
    async with Authority(expires_in=None) as authority:
        store = MemoryStore(stored(authority, clock, left=-1.0))
        oauth = make(store=store, token_url=f"{authority.url}/oauth/token")
        async with client(authority, oauth, clock) as service:
            await service.call(READ, "1")
            clock.now += 1e9
            await service.call(READ, "1")
            before = len(authority.token_requests)
            authority.accepted = set()
            await service.call(READ, "1")

    assert (before, len(authority.token_requests)) == (1, 2)


async def test_a_short_lived_token_is_used_before_it_is_renewed(make: Make, clock: FakeClock) -> None:
    async with Authority(expires_in=40) as authority:
        store = MemoryStore(stored(authority, clock, left=-1.0))
        oauth = make(store=store, token_url=f"{authority.url}/oauth/token")
        async with client(authority, oauth, clock) as service:
            for _ in range(3):
                await service.call(READ, "1")

    assert len(authority.token_requests) == 1


async def test_a_401_renews_once_and_repeats_the_call(
    make: Make, authority: Authority, clock: FakeClock
) -> None:
    store = MemoryStore(stored(authority, clock))
    authority.accepted = set()

    async with client(authority, make(store=store), clock) as service:
        reply = await service.send(READ, "1")

    assert [attempt.outcome for attempt in reply.attempts] == ["401", "200"]
    assert len(authority.token_requests) == 1


async def test_ten_thousand_tasks_with_an_expired_token_make_one_token_request(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    oauth = make(store=expired)

    tokens = await asyncio.gather(*(oauth.token(clock.time()) for _ in range(10_000)))

    assert {token.access for token in tokens} == {"flc_test_access_2"}
    assert len(authority.token_requests) == 1


async def test_two_clients_with_one_login_make_one_token_request(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    oauth = make(store=expired)

    async with client(authority, oauth, clock) as one, client(authority, oauth, clock) as two:
        await asyncio.gather(*(each.call(READ, "1") for each in (one, two) for _ in range(50)))

    assert len(authority.token_requests) == 1
    assert len(authority.api_requests) == 100


async def test_the_leader_is_cancelled_and_the_others_go_on_with_its_token(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    authority.hold()
    async with client(authority, make(store=expired), clock) as service:
        tasks = [asyncio.ensure_future(service.call(READ, "1")) for _ in range(10)]
        await until(lambda: authority.token_requests)

        tasks[0].cancel()
        await asyncio.sleep(0)
        authority.release()
        await asyncio.gather(*tasks[1:])

    assert tasks[0].cancelled()
    assert len(authority.token_requests) == 1
    assert len(authority.api_requests) == 9


CHILD = """
import asyncio, sys, time
from flexsdk.core.oauth import OAuth2
from flexsdk.core.tokenfile import FileStore

oauth = OAuth2(client_id="flc_test_client", client_secret="flc_test_secret", redirect_uri="https://app.example",
               authorize_url=sys.argv[1], token_url=sys.argv[1], store=FileStore(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
token = asyncio.run(oauth.token(time.time()))
print(token.access)
"""


async def test_processes_that_share_a_file_make_one_token_request(
    authority: Authority, tmp_path: Path
) -> None:
    path = tmp_path / "token.json"
    issued = authority.issue()
    old = Token(access=issued["access_token"], refresh=issued["refresh_token"], expires_at=1.0)
    await FileStore(path).save(old)
    authority.hold()

    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHILD, f"{authority.url}/oauth/token", path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert await child.stdout.readline() == b"ready\n"
    ended = [asyncio.ensure_future(child.communicate(b"go\n")) for child in children]
    await until(lambda: authority.token_requests)
    authority.release()
    printed = [out for out, _ in await asyncio.gather(*ended)]

    assert printed == [b"flc_test_access_2\n"] * 2
    assert len(authority.token_requests) == 1


async def test_after_an_ambiguous_failure_the_store_is_read_before_anything_is_sent_again(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    async with RawServer(close) as broken:
        oauth = make(store=expired, token_url=f"{broken.url}/oauth/token")
        with pytest.raises(ConnectionLost):
            await oauth.token(clock.time())
        await expired.save(stored(authority, clock))

        token = await oauth.token(clock.time())

    assert token.access == "flc_test_access_2"
    assert len(broken.requests) == 1
