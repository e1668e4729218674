from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from ingest_kit import Desk, by

from flexsdk.core.op import Replay
from flexsdk.errors import ConfigError, Unprocessable
from flexsdk.ingest import Operation
from flexsdk.ingest.shard import Result, Shard, cut, run_shard


def setup_of(desk: Desk, replay: Replay) -> Callable[[], Any]:
    @asynccontextmanager
    async def setup() -> AsyncIterator[Operation[Any, Any]]:
        yield by(desk, replay)

    return setup


def test_cuts_a_source_into_shards_that_know_their_place() -> None:
    shards = list(cut("abcde", job="import", size=2))

    assert shards == [
        Shard(job="import", first=0, items=("a", "b")),
        Shard(job="import", first=2, items=("c", "d")),
        Shard(job="import", first=4, items=("e",)),
    ]
    assert pickle.loads(pickle.dumps(shards)) == shards


@pytest.mark.parametrize(("job", "size"), [("", 1), ("import", 0)])
def test_a_job_has_a_name_and_shards_have_items(job: str, size: int) -> None:
    with pytest.raises(ConfigError):
        list(cut("abc", job=job, size=size))


def test_gives_plain_results() -> None:
    desk = Desk()
    desk.errors["d"] = [Unprocessable("no", status=422)]

    results = run_shard(Shard(job="import", first=2, items=("c", "d")), setup_of(desk, Replay.KEYED))

    assert results == [
        Result(key="2", outcome="done", value=b'{"item":"c"}'),
        Result(key="3", outcome="failed", reason="Unprocessable: 422: no"),
    ]


def test_a_shard_that_runs_again_elsewhere_sends_the_same_keys() -> None:
    desk = Desk()
    shard = Shard(job="import", first=0, items=("a",))

    run_shard(shard, setup_of(desk, Replay.KEYED))
    run_shard(shard, setup_of(desk, Replay.KEYED))

    assert desk.keys[0] == desk.keys[1]


def test_what_may_not_be_repeated_needs_a_journal(tmp_path: Path) -> None:
    desk = Desk()
    shard = Shard(job="import", first=0, items=("a",))

    with pytest.raises(ConfigError, match="journals="):
        run_shard(shard, setup_of(desk, Replay.NEVER))
    assert desk.seen == []

    for _ in range(2):
        results = run_shard(shard, setup_of(desk, Replay.NEVER), journals=tmp_path)
        assert [result.outcome for result in results] == ["done"]
    assert desk.seen == ["a"]
