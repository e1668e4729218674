"""A walk over a list that is killed again and again loses no item and sees none twice."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from servers import Peer, RawServer, Request, answer

PAGE = 100
WALKER = Path(__file__).with_name("page_walker.py")


class Deadly:
    """Serves a list, fails every fifth request in some way, and kills the client at random pages."""

    def __init__(self, items: int, kills: int, random: Random) -> None:
        self._items = items
        self._random = random
        self._deaths = sorted(random.sample(range(1, items // PAGE), kills), reverse=True)
        self.client: asyncio.subprocess.Process
        self.faults = 0

    @property
    def done(self) -> bool:
        return not self._deaths

    async def serve(self, request: Request, peer: Peer) -> None:
        at = int(parse_qs(urlsplit(request.target).query).get("cursor", ["0"])[0])
        deadly = bool(self._deaths) and at >= self._deaths[-1]
        if deadly:
            self._deaths.pop()
            await self._turns()
            self.client.kill()
        elif self._random.random() < 0.2:
            self.faults += 1
            await self._fail(peer, self._page(at))
            return
        await peer.send(self._page(at))

    async def _turns(self) -> None:
        """Let the client work on for a moment that is never the same."""
        for _ in range(self._random.randrange(12)):
            await asyncio.sleep(0)

    def _page(self, at: int) -> bytes:
        items = [{"id": str(each)} for each in range(at * PAGE, min((at + 1) * PAGE, self._items))]
        more = (at + 1) * PAGE < self._items
        return answer(
            200, msgspec.json.encode({"items": items, "next_cursor": str(at + 1) if more else None})
        )

    async def _fail(self, peer: Peer, page: bytes) -> None:
        how = self._random.randrange(4)
        if how == 0:
            await peer.send(answer(500))
        elif how == 1:
            await peer.send(answer(503, b"{}", retry_after="0"))
        elif how == 2:
            peer.reset()
        else:
            await peer.send(page[: len(page) // 2])
            peer.close()


@pytest.mark.parametrize(
    ("items", "kills"),
    [
        (5_050, 3),
        pytest.param(100_000, 30, marks=pytest.mark.slow),
        pytest.param(1_000_000, 200, marks=pytest.mark.full),
    ],
)
async def test_a_killed_walk_that_goes_on_sees_every_item_once(
    items: int, kills: int, tmp_path: Path
) -> None:
    deadly = Deadly(items, kills, Random(4))
    journal = tmp_path / "journal"
    places: list[str] = []
    async with RawServer(deadly.serve) as server:
        for _ in range(kills + 1):
            deadly.client = await asyncio.create_subprocess_exec(
                sys.executable, str(WALKER), server.url, str(journal)
            )
            if await deadly.client.wait() == 0:
                break
            places += journal.read_text().splitlines()[-1:]

    seen = [line.partition(" ")[0] for line in journal.read_text().splitlines()]
    assert deadly.done
    assert deadly.faults > items / PAGE / 10
    assert len(places) == kills
    assert kills < 100 or any("~skip" in place for place in places)
    assert seen == [str(number) for number in range(items)]
