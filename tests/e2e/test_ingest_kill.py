"""Ingestion that is killed again and again, against a platform that loses answers."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from warehouse import Warehouse

from flexsdk.ingest import Journal

WORKER = Path(__file__).with_name("ingest_worker.py")
MOST_RUNS = 10
"""Runs after the last kill, within which everything has to be settled."""

Outcomes = dict[str, list[str]]


@pytest.fixture
async def warehouse() -> AsyncIterator[Warehouse]:
    async with Warehouse(seed=7) as warehouse:
        yield warehouse


class Campaign:
    """Starts the worker over one journal, and kills it."""

    def __init__(self, warehouse: Warehouse, journal: Path, kind: str, documents: int) -> None:
        self._warehouse = warehouse
        self._journal = journal
        self._kind = kind
        self.names = {f"document {number}" for number in range(documents)}
        self.outcomes: Outcomes = {}

    async def run(self, *, kills: int) -> None:
        """Kill it at random points spread over the work, then let it end."""
        chance = random.Random(11)
        for _ in range(kills):
            worker = await self._start()
            await self._after(chance.randrange(1, 2 * len(self.names) // (kills + 1)), worker)
            await asyncio.sleep(chance.random() * 0.002)
            if worker.returncode is None:
                worker.kill()
            await worker.communicate()
        for _ in range(MOST_RUNS):
            worker = await self._start()
            output, complaint = await worker.communicate()
            assert worker.returncode == 0, complaint.decode()
            self.outcomes = msgspec.json.decode(output, type=Outcomes)
            await self._warehouse.settle()
            if "GaveUp" not in self.outcomes:
                return

    async def interrupt(self, *, after: int) -> None:
        """Press Ctrl-C after so many requests, and take what the worker still says."""
        worker = await self._start()
        await self._after(after, worker)
        worker.send_signal(signal.SIGINT)
        output, _ = await worker.communicate()
        await self._warehouse.settle()
        self.outcomes = msgspec.json.decode(output, type=Outcomes)

    def named(self, outcome: str) -> set[str]:
        return set(self.outcomes.get(outcome, []))

    async def _start(self) -> asyncio.subprocess.Process:
        arguments = [self._warehouse.url, str(self._journal), str(len(self.names)), self._kind]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        return await asyncio.create_subprocess_exec(
            sys.executable, str(WORKER), *arguments, stdout=PIPE, stderr=PIPE, env=environment
        )

    async def _after(self, requests: int, worker: asyncio.subprocess.Process) -> None:
        """Wait until so many more requests have arrived, or the worker has ended."""
        arrived = asyncio.create_task(self._warehouse.until(self._warehouse.arrived + requests))
        ended = asyncio.create_task(worker.wait())
        await asyncio.wait([arrived, ended], return_when=asyncio.FIRST_COMPLETED)
        arrived.cancel()
        ended.cancel()


SIZES: list[Any] = [
    pytest.param(300, 3, id="small"),
    pytest.param(5_000, 10, id="medium", marks=pytest.mark.slow),
    pytest.param(100_000, 100, id="full", marks=pytest.mark.full),
]


@pytest.mark.parametrize(("documents", "kills"), SIZES)
async def test_loses_and_doubles_nothing_where_the_platform_takes_keys(
    warehouse: Warehouse, tmp_path: Path, documents: int, kills: int
) -> None:
    campaign = Campaign(warehouse, tmp_path / "journal", "keyed", documents)

    await campaign.run(kills=kills)

    assert campaign.named("Done") == campaign.names
    assert campaign.outcomes.keys() == {"Done"}
    assert set(warehouse.commits) == campaign.names
    assert set(warehouse.commits.values()) == {1}


@pytest.mark.parametrize(("documents", "kills"), SIZES)
async def test_sends_nothing_twice_and_names_every_uncertain_item_where_there_are_no_keys(
    warehouse: Warehouse, tmp_path: Path, documents: int, kills: int
) -> None:
    campaign = Campaign(warehouse, tmp_path / "journal", "plain", documents)

    await campaign.run(kills=kills)

    done, uncertain = campaign.named("Done"), campaign.named("Uncertain")
    assert campaign.outcomes.keys() == {"Done", "Uncertain"}
    assert done | uncertain == campaign.names
    assert set(warehouse.commits.values()) == {1}
    assert done <= set(warehouse.commits)
    assert set(warehouse.commits) - done <= uncertain
    with Journal(tmp_path / "journal") as journal:
        assert {f"document {key}" for key in journal.uncertain()} == uncertain


async def test_ctrl_c_leaves_nothing_in_flight_unnamed(warehouse: Warehouse, tmp_path: Path) -> None:
    campaign = Campaign(warehouse, tmp_path / "journal", "plain", 100_000)

    await campaign.interrupt(after=200)

    named = set().union(*map(campaign.named, campaign.outcomes))
    assert set(warehouse.commits) <= named
    assert campaign.named("Done") <= set(warehouse.commits)
    assert len(named) < len(campaign.names)
