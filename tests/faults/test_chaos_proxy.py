"""The proxy of the fault suites does to bytes what it says, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from faults.chaos import ChaosProxy, End, Toxic, Way, full_backlog

QUESTION = b"question " * 1_000
ANSWER = bytes(range(256)) * 400


class Echo:
    """A server that answers so many bytes with others, and notes how its connections end."""

    def __init__(self) -> None:
        self.heard = b""
        self.ends: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                self.heard += data
                if len(self.heard) % len(QUESTION) == 0:
                    writer.write(ANSWER)
            self.ends.append("closed")
        except ConnectionError:
            self.ends.append("reset")
        writer.close()


@asynccontextmanager
async def echo_behind_proxy() -> AsyncIterator[tuple[Echo, ChaosProxy]]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    async with ChaosProxy(server.sockets[0].getsockname()[1]) as proxy:
        yield echo, proxy
    server.close()


async def ask(proxy: ChaosProxy, *, times: int = 1, patience: float = 5.0) -> tuple[bytes, str]:
    """Ask over one connection; give what came, and how it ended: ``open``, ``closed`` or ``reset``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    came = b""
    try:
        async with asyncio.timeout(patience):
            for number in range(times):
                writer.write(QUESTION)
                while len(came) < (number + 1) * len(ANSWER):
                    if not (data := await reader.read(65_536)):
                        return came, "closed"
                    came += data
        return came, "open"
    except TimeoutError:
        return came, "open"
    except ConnectionError:
        return came, "reset"
    finally:
        writer.close()


@pytest.mark.parametrize(
    "toxic",
    [
        Toxic(),
        Toxic(up=Way(slice=500), down=Way(slice=900)),
        Toxic(up=Way(latency=0.01), down=Way(latency=0.01)),
        Toxic(down=Way(slice=20_000, pause=0.001)),
        Toxic(linger=60),
    ],
    ids=["clean", "sliced", "late", "narrow", "lingering"],
)
async def test_mild_toxics_change_no_byte(toxic: Toxic) -> None:
    async with echo_behind_proxy() as (echo, proxy):
        proxy.poison(toxic)

        assert await ask(proxy, times=3) == (ANSWER * 3, "open")
        assert echo.heard == QUESTION * 3
        assert proxy.exchanges == proxy.spoiled == 3


@pytest.mark.parametrize("after", [0, 1, 10_000, len(ANSWER) - 1])
@pytest.mark.parametrize(("end", "seen"), [("close", "closed"), ("reset", "reset"), ("shut", "closed")])
async def test_an_answer_ends_after_so_many_bytes(after: int, end: End, seen: str) -> None:
    async with echo_behind_proxy() as (_, proxy):
        proxy.poison(Toxic(down=Way(after=after, end=end)))
        came, ended = await ask(proxy)

    assert ended == seen
    assert came == ANSWER[:after] or (end == "reset" and ANSWER[:after].startswith(came))


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_a_half_open_connection_says_nothing_more_and_stays_open(direction: str) -> None:
    async with echo_behind_proxy() as (echo, proxy):
        proxy.poison(Toxic(**{direction: Way(after=700, end="hold")}))
        came, ended = await ask(proxy, patience=0.2)

        assert ended == "open"
        assert came == (b"" if direction == "up" else ANSWER[:700])
        assert echo.heard == (QUESTION[:700] if direction == "up" else QUESTION)


async def test_only_so_many_exchanges_are_spoiled_on_one_connection_or_on_several() -> None:
    async with echo_behind_proxy() as (_, proxy):
        assert (await ask(proxy, times=2))[1] == "open"
        proxy.poison(Toxic(down=Way(after=5)), times=2)

        assert [await ask(proxy) for _ in range(3)] == [(ANSWER[:5], "closed")] * 2 + [(ANSWER, "open")]
        assert (proxy.exchanges, proxy.spoiled, proxy.connections) == (5, 2, 4)


async def test_a_healed_proxy_lets_all_through() -> None:
    async with echo_behind_proxy() as (_, proxy):
        proxy.poison(Toxic(refuse=True))
        assert (await ask(proxy))[1] == "reset"
        proxy.heal()

        assert await ask(proxy) == (ANSWER, "open")


async def test_a_deaf_proxy_refuses_and_listens_again_on_its_port() -> None:
    async with echo_behind_proxy() as (_, proxy):
        proxy.deafen()
        with pytest.raises(ConnectionRefusedError):
            await ask(proxy)
        await proxy.listen()

        assert await ask(proxy) == (ANSWER, "open")


async def test_a_servers_end_is_kept_from_the_client_for_so_long() -> None:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    async with ChaosProxy(server.sockets[0].getsockname()[1]) as proxy:
        assert await ask(proxy) == (b"", "closed")
        proxy.poison(Toxic(linger=60))
        assert (await ask(proxy, patience=0.05))[1] == "open"
    server.close()


async def test_a_full_backlog_answers_nobody() -> None:
    async with full_backlog() as port:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await asyncio.open_connection("127.0.0.1", port)
