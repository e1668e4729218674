"""Metrics as Prometheus reads them: the names, the labels and the numbers of the exposition."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from canaries import leaks, sing
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from servers import RawServer, answer, stream
from service import END, READ, SAY, Connect, until, word
from stream_kit import opened, say

from flexsdk.core.hooks import CallEnded, CallRef, StreamEnded
from flexsdk.core.limits import RateLimit, Window
from flexsdk.errors import RateLimited
from flexsdk.ext.prometheus import Metrics

CALL = CallRef(platform="Service", method="GET", route="/items/{item_id}")


class Scrape:
    """A registry, and its samples as a server scrapes them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)

    @property
    def text(self) -> str:
        return generate_latest(self.registry).decode()

    def value(self, sample: str, **labels: str) -> float | None:
        """Give a sample by its name and some of its labels."""
        families = text_string_to_metric_families(self.text)
        found = [
            each.value
            for family in families
            for each in family.samples
            if each.name == sample and labels.items() <= each.labels.items()
        ]
        assert len(found) < 2, f"{sample} is not one sample"
        return found[0] if found else None


@pytest.fixture
def scrape() -> Scrape:
    return Scrape()


async def test_a_call_is_timed_with_all_its_waits(connect: Connect, scrape: Scrape) -> None:
    async with RawServer(answer(503, retry_after="2"), answer()) as server:
        await connect(server, hooks=[scrape.metrics]).call(READ, "a")

    labels = {"platform": "Service", "op": "read"}
    assert scrape.value("flexsdk_call_duration_seconds_sum", **labels, outcome="2xx") == pytest.approx(2.1)
    assert scrape.value("flexsdk_call_wait_seconds_sum", **labels, cause="backoff") == pytest.approx(2.1)
    assert scrape.value("flexsdk_call_retries_total", **labels, outcome="5xx") == 1


async def test_waits_for_limits_and_refusals_of_the_limiter_are_told_apart(
    connect: Connect, scrape: Scrape
) -> None:
    async with RawServer(answer()) as server:
        held = connect(server, hooks=[scrape.metrics], limits=RateLimit(Window(1, 60.0)))
        await held.call(READ, "a")
        await held.call(READ, "a")
        strict = connect(server, hooks=[scrape.metrics], limits=RateLimit(Window(1, 60.0), max_wait=1.0))
        with pytest.raises(RateLimited):
            await strict.call(READ, "a")

    assert scrape.value("flexsdk_call_wait_seconds_sum", cause="limiter") == pytest.approx(60.0)
    assert scrape.value("flexsdk_call_refused_total", by="limiter") == 1
    assert scrape.value("flexsdk_call_refused_total", by="platform") is None
    assert scrape.value("flexsdk_call_duration_seconds_count", outcome="RateLimited") == 1


async def test_refusals_of_the_platform_are_counted_one_by_one(connect: Connect, scrape: Scrape) -> None:
    async with RawServer(answer(429, retry_after="1"), answer(429, retry_after="1"), answer()) as server:
        await connect(server, hooks=[scrape.metrics]).call(READ, "a")

    assert scrape.value("flexsdk_call_refused_total", by="platform") == 2
    assert scrape.value("flexsdk_call_retries_total", outcome="4xx") == 2


async def test_the_wait_for_a_connection_is_counted(connect: Connect, scrape: Scrape) -> None:
    async with RawServer(answer()) as server:
        client = connect(server, hooks=[scrape.metrics], max_connections=1)
        await asyncio.gather(client.call(READ, "a"), client.call(READ, "b"))

    assert scrape.value("flexsdk_call_wait_seconds_count", cause="queue") == 1


async def test_a_stream_is_open_until_it_is_closed(connect: Connect, scrape: Scrape) -> None:
    async with RawServer(opened(word("a"))) as server, say(connect(server, hooks=[scrape.metrics])) as events:
        await anext(events)
        assert scrape.value("flexsdk_stream_open", op="say") == 1
        assert scrape.value("flexsdk_stream_first_event_seconds_count", op="say") == 1

    assert scrape.value("flexsdk_stream_open", op="say") == 0
    assert scrape.value("flexsdk_stream_duration_seconds_count", op="say", outcome="cancelled") == 1


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(lambda client: client.aclose(), id="by closing the client"),
        pytest.param(lambda client: _forget(client), id="by a cancelled task"),
    ],
)
async def test_a_stream_that_is_left_in_another_way_counts_as_closed(
    connect: Connect, scrape: Scrape, leave: Any
) -> None:
    async with RawServer(opened(word("a"))) as server:
        client = connect(server, hooks=[scrape.metrics])
        task = asyncio.create_task(_read(client))
        await until(lambda: scrape.value("flexsdk_stream_first_event_seconds_count"))
        client.task = task

        await leave(client)
        await asyncio.wait([task])

    assert scrape.value("flexsdk_stream_open") == 0


async def _read(client: Any) -> None:
    async with say(client, SAY) as events:
        await events.until_done()


async def _forget(client: Any) -> None:
    client.task.cancel()


async def test_a_stream_that_is_read_to_its_end_is_complete(connect: Connect, scrape: Scrape) -> None:
    async with RawServer(stream(word("a"), END)) as server:
        await _read(connect(server, hooks=[scrape.metrics]))

    assert scrape.value("flexsdk_stream_open") == 0
    assert scrape.value("flexsdk_stream_duration_seconds_count", outcome="complete") == 1


def test_tokens_are_counted_by_kind(scrape: Scrape) -> None:
    ended = StreamEnded(
        op="say", call=CALL, outcome="complete", events=3, seconds=1.0, tokens={"input": 4, "output": 7}
    )

    scrape.metrics(ended)
    scrape.metrics(ended)

    assert scrape.value("flexsdk_tokens_total", platform="Service", op="say", kind="input") == 8
    assert scrape.value("flexsdk_tokens_total", platform="Service", op="say", kind="output") == 14


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        ("200", "2xx"),
        ("204", "2xx"),
        ("NotFound", "NotFound"),
        ("Cancelled", "Cancelled"),
        ("OfSomeMiddleware4711", "Other"),
    ],
)
def test_the_outcomes_are_few_whatever_happens(scrape: Scrape, outcome: str, label: str) -> None:
    scrape.metrics(CallEnded(op="read", call=CALL, outcome=outcome, attempts=1, seconds=0.1))

    assert scrape.value("flexsdk_call_duration_seconds_count", outcome=label) == 1


async def test_nothing_private_is_in_the_exposition(connect: Connect, scrape: Scrape) -> None:
    await sing(connect, [scrape.metrics])

    assert scrape.value("flexsdk_call_duration_seconds_count", op="send") == 1
    assert not leaks(scrape.text)


def test_one_object_serves_all_clients_and_a_second_one_is_refused(scrape: Scrape) -> None:
    with pytest.raises(ValueError, match="Duplicated"):
        Metrics(scrape.registry)
