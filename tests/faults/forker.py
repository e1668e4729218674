"""A process that forks while its client has open connections; both sides then use the client.

python forker.py URL "between loops" | "in a running loop"
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from service import KEY, READ, Service

CALLS = 30


async def verdict(client: Service, name: str) -> str:
    """Make calls, and tell whether each got its own answer."""
    names = [f"{name}-{number}" for number in range(CALLS)]
    found = await asyncio.gather(*(client.call(READ, each) for each in names))
    return f"{name} right" if [item.id for item in found] == names else f"{name} wrong"


async def child_of(client: Service) -> str:
    said = await verdict(client, "child")
    await client.aclose()
    return said


def in_child(client: Service, told: int) -> None:
    """Use the client in a loop of the child's own, and leave without the parent's exit handlers."""
    try:
        os.write(told, asyncio.run(child_of(client)).encode())
    finally:
        os._exit(0)


async def parent_of(client: Service) -> str:
    said = await verdict(client, "parent")
    await client.aclose()
    return said


async def fork_inside(client: Service, told: int) -> str:
    await verdict(client, "before")
    if os.fork() == 0:
        in_child(client, told)
    return await parent_of(client)


def fork_between(client: Service, told: int) -> str:
    asyncio.run(verdict(client, "before"))
    if os.fork() == 0:
        in_child(client, told)
    return asyncio.run(parent_of(client))


def main(url: str, when: str) -> None:
    heard, told = os.pipe()
    client = Service(KEY, base_url=url, limits=None)
    inside = when == "in a running loop"
    parent = asyncio.run(fork_inside(client, told)) if inside else fork_between(client, told)
    os.wait()
    print(f"{os.read(heard, 1_000).decode()}, {parent}")


if __name__ == "__main__":
    main(*sys.argv[1:])
