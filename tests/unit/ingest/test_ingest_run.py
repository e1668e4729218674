from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from clock import VirtualClock
from ingest_kit import Desk, by, collect, read
from service import until

from flexsdk.core.op import Replay
from flexsdk.errors import ConfigError, ConnectionLost, RateLimited, Unprocessable
from flexsdk.ingest import Done, Failed, GaveUp, Uncertain, ingest


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


class Watched:
    """A source that counts what was taken, and knows whether it was closed."""

    def __init__(self) -> None:
        self.taken = 0
        self.closed = False

    def __iter__(self) -> Iterator[int]:
        try:
            while True:
                self.taken += 1
                yield self.taken
        finally:
            self.closed = True


@pytest.mark.parametrize("source", [range(5), list(range(5)), iter(range(5)), numbers(5)], ids=type)
async def test_gives_one_outcome_for_every_item_of_any_source(source: Any) -> None:
    outcomes = await collect(source, by(Desk()))

    assert sorted(outcome.item for outcome in outcomes) == [0, 1, 2, 3, 4]
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert {outcome.key: outcome.value for outcome in outcomes}["3"] == {"item": 3}


async def test_works_without_a_block_too() -> None:
    assert [outcome.item async for outcome in ingest([1], by(Desk()))] == [1]


async def test_keeps_the_order_of_the_source_when_asked() -> None:
    async def slow_first(item: int) -> int:
        for _ in range(100 - item):
            await asyncio.sleep(0)
        return item

    outcomes = await collect(range(40), by(slow_first), ordered=True)  # type: ignore[arg-type]  # any call will do

    assert [outcome.item for outcome in outcomes] == list(range(40))


async def test_holds_no_more_than_its_bound_however_slowly_outcomes_are_read() -> None:
    desk, source = Desk(), Watched()

    async with ingest(source, by(desk), concurrency=4) as run:
        await read(run, 1)
        await until(lambda: desk.busy == 0 and source.taken >= 8)
        for _ in range(100):
            await asyncio.sleep(0)

        assert source.taken <= 1 + 8 + 1
        assert desk.most_busy <= 4


async def test_takes_nothing_before_the_first_outcome_is_asked_for() -> None:
    source = Watched()

    async with ingest(source, by(Desk())):
        await asyncio.sleep(0)

    assert source.taken == 0


@pytest.mark.parametrize(
    ("error", "replay", "kind"),
    [
        (Unprocessable("no", status=422), Replay.NEVER, Failed),
        (ConnectionLost("cut"), Replay.NEVER, Uncertain),
        (ConnectionLost("cut"), Replay.SAFE, GaveUp),
        (ConnectionLost("cut"), Replay.KEYED, GaveUp),
        (ValueError("secret"), Replay.NEVER, Uncertain),
    ],
)
async def test_names_what_became_of_an_item(error: Exception, replay: Replay, kind: type[Any]) -> None:
    desk = Desk()
    desk.errors["b"] = [error]

    outcomes = await collect(["a", "b", "c"], by(desk, replay))

    odd = [outcome for outcome in outcomes if not isinstance(outcome, Done)]
    assert [(type(each), each.item, each.key, each.error) for each in odd] == [(kind, "b", "1", error)]


async def test_a_reason_shows_no_text_of_foreign_errors() -> None:
    desk = Desk()
    desk.errors["a"] = [ValueError("fj_test_key")]
    desk.errors["b"] = [Unprocessable("no such size", status=422)]

    outcomes = await collect(["a", "b"], by(desk), ordered=True)

    assert [each.reason for each in outcomes] == ["ValueError", "Unprocessable: 422: no such size"]


async def test_waits_for_a_limit_that_refused_before_anything_was_sent() -> None:
    clock, desk = VirtualClock(), Desk()
    desk.errors["a"] = [RateLimited("full", status=0, retry_after=70.0) for _ in range(3)]

    outcomes = await collect(["a"], by(desk), clock=clock)

    assert [type(outcome) for outcome in outcomes] == [Done]
    assert clock.now == 1_000.0 + 3 * 70.0


async def test_gives_up_on_a_limit_that_does_not_end() -> None:
    clock, desk = VirtualClock(), Desk()
    desk.errors["a"] = [RateLimited("full", status=0, retry_after=100.0) for _ in range(50)]

    outcomes = await collect(["a"], by(desk), clock=clock)

    assert [type(outcome) for outcome in outcomes] == [GaveUp]
    assert clock.now <= 1_000.0 + 900.0


async def test_lets_what_is_in_flight_finish_when_it_is_left_early() -> None:
    desk, source = Desk(held=True), Watched()

    async def release_late() -> None:
        await until(lambda: source.closed)
        desk.release()

    async with ingest(source, by(desk), concurrency=4) as run:
        reading = asyncio.create_task(read(run, 1))
        await until(lambda: desk.busy == 4)
        reading.cancel()
        releasing = asyncio.create_task(release_late())

    await releasing
    assert [(type(outcome), outcome.item) for outcome in run.unread] == [(Done, n) for n in (1, 2, 3, 4)]
    assert desk.busy == 0


async def test_names_what_it_cut_off_after_its_grace() -> None:
    desk = Desk(held=True)

    async with ingest(["a", "b"], by(desk), grace=0.001) as run:
        reading = asyncio.create_task(read(run, 1))
        await until(lambda: desk.busy == 2)
        reading.cancel()

    assert [(type(each), each.item) for each in run.unread] == [(Uncertain, "a"), (Uncertain, "b")]
    assert desk.busy == 0


async def test_a_cancelled_loop_without_a_block_closes_the_run() -> None:
    desk, source = Desk(held=True), Watched()
    run = ingest(source, by(desk, Replay.SAFE), grace=0.001, concurrency=2)

    reading = asyncio.create_task(read(run, 1))
    await until(lambda: desk.busy == 2)
    reading.cancel()
    await asyncio.wait([reading])

    assert source.closed
    assert [type(each) for each in run.unread] == [GaveUp, GaveUp]


async def test_ends_after_it_was_closed() -> None:
    run = ingest(Watched(), by(Desk()))
    await read(run, 1)

    await run.aclose()
    await run.aclose()

    assert [outcome async for outcome in run] == []


async def test_a_call_that_cancels_itself_ends_its_own_item_only() -> None:
    desk = Desk()
    desk.errors["a"] = [asyncio.CancelledError()]  # type: ignore[list-item]  # no Exception, on purpose

    outcomes = await collect(["a", "b"], by(desk), ordered=True)

    assert [type(outcome) for outcome in outcomes] == [Uncertain, Done]


async def test_an_error_of_the_source_is_raised_after_the_outcomes_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise LookupError("no more")

    run = ingest(broken(), by(Desk()))

    seen = await read(run, 2)
    with pytest.raises(LookupError, match="no more"):
        await anext(run)

    assert sorted(outcome.item for outcome in seen) == [1, 2]


async def test_two_items_with_one_key_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="two items of the source have the key 'same'"):
        await collect(["a", "b"], by(Desk(), key=lambda _: "same"))


@pytest.mark.parametrize("key", ["", "a\0b", 7])
async def test_a_key_is_printable_text(key: Any) -> None:
    with pytest.raises(ConfigError, match="printable text"):
        await collect(["a"], by(Desk(), key=lambda _: key))


async def test_an_item_that_is_no_plain_data_needs_a_name() -> None:
    with pytest.raises(ConfigError, match="name items with key="):
        await collect([object()], by(Desk()))

    assert len(await collect([object()], by(Desk(), key=lambda _: "it"))) == 1


def test_refuses_a_concurrency_below_one() -> None:
    with pytest.raises(ConfigError, match="concurrency"):
        ingest([], by(Desk()), concurrency=0)


async def test_reports_its_progress() -> None:
    clock, desk = VirtualClock(), Desk()
    desk.errors[2] = [Unprocessable("no", status=422)]

    async with ingest(range(8), by(desk), clock=clock) as run:
        await read(run, 4)
        clock.now += 2.0
        await until(lambda: desk.busy == 0)
        progress = run.progress

    assert (progress.done, progress.failed, progress.in_flight) == (7, 1, 0)
    assert progress.rate == 4.0
    assert progress.time_left == 0.0


async def test_tells_no_time_left_where_the_number_of_items_is_unknown() -> None:
    async with ingest(iter(range(3)), by(Desk())) as run:
        await read(run, 1)

        assert run.progress.time_left is None


async def test_a_path_counts_by_its_name(tmp_path: Path) -> None:
    first = await collect([tmp_path / "a"], by(Desk()), journal=tmp_path / "journal")
    again = await collect([tmp_path / "a"], by(Desk()), journal=tmp_path / "journal")

    assert [first[0].recorded, again[0].recorded] == [False, True]
