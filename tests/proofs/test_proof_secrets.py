"""A canary in every credential, searched in the errors, frames, logs and warnings of all faults."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Callable

import pytest
from canaries import failure_of, places_of
from proofs.leak_places import BRIEF, CREDENTIALS, FAULTS, KEY, found, leave_it_in, received, work
from servers import RawServer
from service import Service

from flexsdk.core import oauth
from flexsdk.core.auth import HeaderKey
from flexsdk.core.transport import transport

Record = Callable[[str, object], None]


async def _search(credential: str, fault: str, log: pytest.LogCaptureFixture) -> list[str]:
    make, before = CREDENTIALS[credential]
    seen = []
    for what in ("read", "write", "stream"):
        log.clear()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            async with RawServer(*before, FAULTS[fault]) as server:
                auth = make(server.url)
                async with Service(base_url=server.url, auth=auth, retry=None, limits=None) as client:
                    error = await failure_of(work(client, what, fault, server))
                    shown = f"{client!r}{client!s}{client.__dict__!r}{client.stats()!r}{auth!r}"
                    said = {"log": log.text, "warnings": "".join(str(each.message) for each in warned)}
                    places = {"client": shown, **said, **places_of(error)}
                    seen += [f"{what}: {place}" for place in found(places)]
            assert KEY in received(server)
    return seen


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(oauth, "TOKEN_SECONDS", 2 * BRIEF)
    monkeypatch.setattr(oauth, "RENEWAL_SECONDS", 3 * BRIEF)
    for name in ("", "flexsdk", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_no_failure_shows_a_credential(
    credential: str, fault: str, log: pytest.LogCaptureFixture, record_property: Record
) -> None:
    asyncio.get_running_loop().set_debug(True)
    seen = await _search(credential, fault, log)
    record_property("cases", 3)

    assert seen == []


@pytest.mark.control
async def test_an_error_of_the_http_library_that_gets_out_is_seen(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "translate", lambda error, _: error)

    assert await _search("bearer", "no HTTP", log) != []


@pytest.mark.control
async def test_a_key_that_the_platform_tells_back_is_seen_where_nobody_takes_it_out(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HeaderKey, "__call__", leave_it_in)

    assert await _search("bearer", "repeated", log) != []
