"""A process that walks over a list and notes every item with the place behind it; killed, it goes on there.

python page_walker.py URL JOURNAL
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from service import KEY, Item, Service

from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.core.retry import Retry
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import Page

LIST = Op("list", "GET", "/items", Page[Item], pages=CURSOR)
RETRY = Retry(attempts=20, base=0.0005, cap=0.002, budget=None)
END = "."


def last_place(journal: Path) -> str | None:
    """Give the place behind the item that was noted last."""
    noted = journal.read_text().splitlines()
    return noted[-1].partition(" ")[2] if noted else None


async def walk(url: str, cursor: str | None, journal: int) -> None:
    async with Service(KEY, base_url=url, retry=RETRY, limits=None) as service:
        pages = Resource(service)._pages(LIST, cursor=cursor, limit=100)
        async for item in pages:
            place = END if pages.ended else pages.cursor
            os.write(journal, f"{item.id} {place}\n".encode())


if __name__ == "__main__":
    url, path = sys.argv[1:]
    with Path(path).open("ab", buffering=0) as file:
        place = last_place(Path(path))
        if place != END:
            asyncio.run(walk(url, place, file.fileno()))
