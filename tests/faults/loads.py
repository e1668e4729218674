"""Many calls to a server that is careless with its connections; what came out wrong, in words."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import msgspec
from servers import Peer, RawServer, Request, answer
from service import KEY, READ, WRITE, Service

from flexsdk.core.retry import Retry
from flexsdk.errors import ConnectionLost

CALLERS = 20
IDLE = 0.004
"""Seconds in which what follows an answer has arrived."""


class Careless:
    """Answers with the id that was asked for, and often ends the connection without a word."""

    def __init__(self, random: Random, lost: float) -> None:
        self._random = random
        self._lost = lost
        self.posted: Counter[str] = Counter()

    async def serve(self, request: Request, peer: Peer) -> None:
        if request.method == "POST":
            name = msgspec.json.decode(request.body)["id"]
            self.posted[name] += 1
        else:
            name = request.target.rpartition("/")[2]
        if self._random.random() < self._lost:
            peer.close()  # has read the request, and did not answer it
            return
        await peer.send(answer(200, b'{"id":"%b"}' % name.encode()))
        how = self._random.random()
        if how < 0.2:
            peer.close()
        elif how < 0.3:
            asyncio.get_running_loop().call_later(self._random.random() * IDLE, _reset, peer)


def _reset(peer: Peer) -> None:
    with contextlib.suppress(OSError):  # the client has left
        peer.reset()


@dataclass
class Tally:
    """What came of the calls."""

    calls: int = 0
    wrong: list[str] = field(default_factory=list)


async def keep_alive_load(calls: int, *, lost: float = 0.05) -> Tally:
    """Read and write in turn; every read has to be right, and no write may arrive twice.

    ``lost`` is the share of the requests that get no answer.
    """
    tally = Tally()
    careless = Careless(Random(7), lost)
    numbers = iter(range(calls))

    async def caller(client: Service) -> None:
        for number in numbers:
            tally.calls += 1
            try:
                await (_post if number % 3 == 0 else _get)(client, str(number), tally)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                tally.wrong.append(f"call {number}: {error!r:.200}")

    retry = Retry(attempts=8, base=0.001, cap=0.01)  # and the usual budget
    async with (
        RawServer(careless.serve) as server,
        Service(KEY, base_url=server.url, retry=retry, limits=None) as client,
    ):
        await asyncio.gather(*(caller(client) for _ in range(CALLERS)))
    tally.wrong += [
        f"POST {name} arrived {count} times" for name, count in careless.posted.items() if count > 1
    ]
    return tally


async def _get(client: Service, name: str, tally: Tally) -> None:
    if (found := await client.call(READ, name)).id != name:
        tally.wrong.append(f"{found.id} in place of {name}")


async def _post(client: Service, name: str, tally: Tally) -> None:
    try:
        made = await client.call(WRITE, body={"id": name})
    except ConnectionLost:  # it may have been done: only the caller can find out
        return
    if made.id != name:
        tally.wrong.append(f"{made.id} in place of {name}")


async def second_answers(rounds: int) -> list[str]:
    """Ask a server that answers twice, each time the connection has been idle; name the wrong answers."""
    wrong: list[str] = []

    async def twice(request: Request, peer: Peer) -> None:
        name = request.target.rpartition("/")[2].encode()
        await peer.send(answer(200, b'{"id":"%b"}' % name))
        await asyncio.sleep(IDLE / 4)
        await peer.send(answer(200, b'{"id":"second of %b"}' % name))

    async def ask(client: Service, name: str) -> None:
        if (found := (await client.call(READ, name)).id) != name:
            wrong.append(f"{found} in place of {name}")

    async with RawServer(twice) as server, Service(KEY, base_url=server.url, limits=None) as client:
        for turn in range(rounds):
            await asyncio.gather(*(ask(client, f"{turn}-{number}") for number in range(CALLERS)))
            await asyncio.sleep(IDLE)
    return wrong
