"""Users may test with aioresponses, which stands in for the session: that has to go on working.

aioresponses 0.7.9 fails on aiohttp 3.14, for the response it makes lacks the keyword ``stream_writer``; the
fixture ``mocked_http`` adds it. When this fails after an update of either, look there first.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from service import KEY, READ, Item, Service

from flexsdk.core.retry import Retry
from flexsdk.errors import ConnectionLost

URL = "https://service.invalid/items/a"


async def test_a_mocked_answer_is_an_answer(mocked_http: Any) -> None:
    mocked_http.get(URL, payload={"id": "a"})

    async with Service(KEY) as client:
        assert await client.call(READ, "a") == Item(id="a")


async def test_a_mocked_failure_is_repeated_and_then_told(mocked_http: Any) -> None:
    mocked_http.get(URL, exception=aiohttp.ServerDisconnectedError(), repeat=True)

    async with Service(KEY, retry=Retry(attempts=3, rng=lambda: 0.0)) as client:
        with pytest.raises(ConnectionLost) as raised:
            await client.call(READ, "a")

    assert len(raised.value.attempts) == 3
    assert raised.value.__context__ is None
