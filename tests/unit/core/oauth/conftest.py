from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from authority import CLIENT_ID, CLIENT_SECRET, HOME, Authority, Make, stored
from service import FakeClock

from flexsdk.core.oauth import OAuth2
from flexsdk.core.tokens import MemoryStore


@pytest.fixture
async def authority() -> AsyncIterator[Authority]:
    async with Authority() as authority:
        yield authority


@pytest.fixture
def make(authority: Authority, clock: FakeClock) -> Make:
    def make(**settings: Any) -> OAuth2:
        return OAuth2(
            **{
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "redirect_uri": HOME,
                "authorize_url": f"{authority.url}/oauth/authorize",
                "token_url": f"{authority.url}/oauth/token",
                "clock": clock,
                **settings,
            }
        )

    return make


@pytest.fixture
def expired(authority: Authority, clock: FakeClock) -> MemoryStore:
    """Hold a token of the authority's that has expired; its refresh token is good."""
    return MemoryStore(stored(authority, clock, left=-1.0))
