"""What is repeated, after which wait, and when it ends: as a server counts it."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest
from servers import RawServer, Step, answer, close, reset
from service import KEYED, READ, REMOVE, WRITE, Connect, FakeClock, Item

from flexsdk import deadline
from flexsdk.core.hooks import Event, RetryScheduled
from flexsdk.core.op import Op
from flexsdk.core.retry import Retry
from flexsdk.errors import (
    APIError,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    FlexError,
    QuotaExceeded,
    RateLimited,
    ServerError,
    Timeout,
)
from flexsdk.protocol.retry import Budget

JITTERED = [0.25, 0.5, 1.0]
"""Waits without a hint, in the middle of their ranges."""


@pytest.mark.parametrize("op", [READ, KEYED, WRITE], ids=["read", "keyed", "write"])
@pytest.mark.parametrize("status", [408, 425, 429])
async def test_refusals_are_repeated_whatever_the_call_does(
    connect: Connect, clock: FakeClock, status: int, op: Op[Any]
) -> None:
    async with RawServer(answer(status), answer()) as server:
        await connect(server).call(op, *(["a"] if op is READ else []))

    assert len(server.requests) == 2
    assert clock.slept == [0.25]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
async def test_accidents_of_the_platform_are_repeated_only_where_repeating_is_safe(
    connect: Connect, clock: FakeClock, status: int
) -> None:
    async with RawServer(answer(status)) as server:
        client = connect(server)
        for op, ids, requests in ((READ, ["a"], 4), (REMOVE, ["a"], 4), (KEYED, [], 4), (WRITE, [], 1)):
            before = len(server.requests)
            with pytest.raises(ServerError):
                await client.call(op, *ids)
            assert len(server.requests) - before == requests, op.id

    assert clock.slept == JITTERED * 3


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 409, 410, 413, 415, 422, 501, 505])
async def test_answers_that_will_not_change_are_not_repeated(connect: Connect, status: int) -> None:
    async with RawServer(answer(status, retry_after="1")) as server:
        with pytest.raises(APIError) as raised:
            await connect(server).call(READ, "a")

    assert len(server.requests) == 1
    assert raised.value.status == status


NOW = 1_780_000_000.0


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "2"}, 2.1),
        ({"retry_after": "0"}, 0.025),
        ({"retry_after": "30"}, 30.5),
        ({"retry_after": "1.5"}, 1.575),
        ({"retry_after": formatdate(NOW + 10, usegmt=True)}, 10.5),
        ({"retry_after": formatdate(NOW + 10, usegmt=True), "date": formatdate(NOW + 7, usegmt=True)}, 3.15),
        ({"retry_after": formatdate(NOW - 99, usegmt=True)}, 0.025),
        ({"retry_after": "soon"}, 0.25),
        ({"retry_after": "-5"}, 0.025),
        ({"retry_after": "1", "x_ratelimit_remaining": "0", "x_ratelimit_reset": "20"}, 20.5),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": f"{NOW + 4:.0f}"}, 4.2),
    ],
    ids=[
        "seconds", "zero", "half a minute", "decimal", "date", "date by the server's clock", "date gone by",
        "no number", "negative", "exhausted window is longer", "reset alone",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
async def test_waits_as_long_as_the_server_asked_and_a_little_longer(
    connect: Connect, clock: FakeClock, status: int, headers: dict[str, str], wait: float
) -> None:
    async with RawServer(answer(status, **headers), answer()) as server:
        await connect(server).call(READ, "a")

    assert clock.slept == pytest.approx([wait])


async def test_a_503_that_names_a_time_is_a_refusal_and_repeated_for_writes_too(connect: Connect) -> None:
    async with RawServer(answer(503, retry_after="1"), answer()) as server:
        assert await connect(server).call(WRITE, body={}) == Item()

    assert len(server.requests) == 2


async def test_a_503_without_retry_after_is_no_refusal_though_the_window_is_used_up(connect: Connect) -> None:
    # The limit headers stand on every answer; they do not say that this call was not processed.
    served = answer(503, x_ratelimit_limit="60", x_ratelimit_remaining="0", x_ratelimit_reset="20")
    async with RawServer(served, answer()) as server:
        with pytest.raises(ServerError):
            await connect(server).call(WRITE, body={})

    assert len(server.requests) == 1


@pytest.mark.parametrize(("own", "requests"), [({}, 4), ({"attempts": 2}, 2), ({"attempts": 1}, 1)])
async def test_attempts_are_limited_by_the_call_else_by_the_retry(
    connect: Connect, own: Any, requests: int
) -> None:
    async with RawServer(answer(500)) as server:
        with pytest.raises(ServerError):
            await connect(server).call(READ, "a", **own)

    assert len(server.requests) == requests


async def test_a_wait_above_the_longest_one_is_not_waited_out(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer(429, retry_after="61")) as server:
        with pytest.raises(RateLimited) as raised:
            await connect(server).call(READ, "a")

    assert clock.slept == []
    assert raised.value.retry_after == 61
    assert "retry after 61 s" in str(raised.value)


async def test_the_longest_wait_is_set_by_the_user(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer(429, retry_after="61"), answer()) as server:
        await connect(server, retry=Retry(max_retry_after=100, rng=lambda: 0.0)).call(READ, "a")

    assert clock.slept == [61.0]


async def test_a_wait_that_would_pass_the_deadline_is_not_begun(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer(503, retry_after="10")) as server:
        with pytest.raises(ServerError) as raised:
            await connect(server).call(READ, "a", deadline=10)

    assert clock.slept == []
    assert raised.value.retry_after == 10


async def test_the_deadline_counts_all_attempts_and_waits(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer(503, retry_after="4")) as server:
        with pytest.raises(ServerError):
            await connect(server).call(READ, "a", deadline=10)

    assert clock.slept == [4.2, 4.2]
    assert len(server.requests) == 3


async def test_the_deadline_of_a_block_counts_over_several_calls(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer(503, retry_after="4"), answer(), answer(503, retry_after="4")) as server:
        client = connect(server)
        with deadline(6, clock=clock):
            await client.call(READ, "a")
            with pytest.raises(ServerError):
                await client.call(READ, "b")

    assert clock.slept == [4.2]


async def test_a_call_after_the_deadline_of_its_block_is_not_sent(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        with deadline(2, clock=clock):
            await clock.sleep(3)
            with pytest.raises(Timeout) as raised:
                await client.call(READ, "a")
        await client.call(READ, "b")

    assert raised.value.phase == "deadline"
    assert server.lines == ["GET /items/b HTTP/1.1"]


@pytest.mark.parametrize(("outer", "inner"), [(5, 50), (50, 5)], ids=["outer first", "inner first"])
async def test_of_nested_deadlines_the_earliest_counts(
    connect: Connect, clock: FakeClock, outer: float, inner: float
) -> None:
    async with RawServer(answer(503, retry_after="4")) as server:
        with deadline(outer, clock=clock), deadline(inner, clock=clock), pytest.raises(ServerError):
            await connect(server).call(READ, "a", deadline=40)

    assert clock.slept == [4.2]


async def test_an_outage_costs_a_tenth_more_and_a_reserve_not_four_times_the_calls(connect: Connect) -> None:
    async with RawServer(answer(500)) as server:
        client = connect(server)
        for _ in range(50):
            with pytest.raises(ServerError):
                await client.call(READ, "a")

    assert 50 + 10 <= len(server.requests) <= 50 + 10 + 5


async def test_waits_that_the_platform_sets_cost_no_budget(connect: Connect) -> None:
    retry = Retry(budget=Budget(ratio=0.0, reserve=1.0), rng=lambda: 0.0)
    async with RawServer(answer(429, retry_after="1")) as server:
        for _ in range(3):
            with pytest.raises(RateLimited):
                await connect(server, retry=retry).call(READ, "a")

    assert len(server.requests) == 12


async def test_without_a_budget_every_call_has_its_attempts(connect: Connect) -> None:
    async with RawServer(answer(500)) as server:
        client = connect(server, retry=Retry(budget=None, rng=lambda: 0.0))
        for _ in range(20):
            with pytest.raises(ServerError):
                await client.call(READ, "a")

    assert len(server.requests) == 80


async def test_a_used_up_quota_is_not_waited_for(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer(429, b'{"code":"quota"}', retry_after="1")) as server:
        with pytest.raises(QuotaExceeded):
            await connect(server).call(READ, "a")

    assert len(server.requests) == 1


@pytest.mark.parametrize("lose", [close, reset], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("op", "ids", "requests"),
    [(READ, ["a"], 2), (REMOVE, ["a"], 2), (KEYED, [], 2), (WRITE, [], 1)],
    ids=["get", "delete", "keyed post", "post"],
)
async def test_a_lost_answer_is_asked_for_again_only_where_that_is_safe(
    connect: Connect, lose: Step, op: Op[Any], ids: list[str], requests: int
) -> None:
    async with RawServer(lose, answer()) as server:
        client = connect(server)
        if requests == 1:
            with pytest.raises(ConnectionLost) as raised:
                await client.call(op, *ids, body={})
            assert [each.outcome for each in raised.value.attempts] == ["ConnectionLost"]
        else:
            reply = await client.send(op, *ids)
            assert [each.outcome for each in reply.attempts] == ["ConnectionLost", "200"]

    assert len(server.requests) == requests


async def test_a_kept_connection_that_was_dropped_costs_a_get_one_repeat_without_a_wait(
    connect: Connect, clock: FakeClock
) -> None:
    async with RawServer(answer(), close, answer()) as server:
        client = connect(server)
        await client.call(READ, "a")
        reply = await client.send(READ, "b")

    assert server.lines[1:] == ["GET /items/b HTTP/1.1"] * 2
    assert [request.connection for request in server.requests] == [1, 1, 2]
    assert [(each.outcome, each.waited) for each in reply.attempts] == [("ConnectionLost", 0.0), ("200", 0.0)]


async def test_a_kept_connection_that_was_dropped_fails_a_post_which_is_sent_once(connect: Connect) -> None:
    async with RawServer(answer(), close, answer()) as server:
        client = connect(server)
        await client.call(READ, "a")
        with pytest.raises(ConnectionLost):
            await client.call(WRITE, body={})

    assert [line.split(" ")[0] for line in server.lines] == ["GET", "POST"]


async def test_without_retry_nobody_below_repeats_a_get_either(connect: Connect) -> None:
    async with RawServer(answer(), close, answer()) as server:
        client = connect(server, retry=None)
        await client.call(READ, "a")
        with pytest.raises(ConnectionLost) as raised:
            await client.call(READ, "b")

    assert server.lines == ["GET /items/a HTTP/1.1", "GET /items/b HTTP/1.1"]
    assert len(raised.value.attempts) == 1


async def test_a_refused_connection_is_tried_again_for_a_post_too(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer()) as server:
        gone = server.url
    async with RawServer(answer()) as server:
        with pytest.raises(ConnectFailed) as raised:
            await connect(server, base_url=gone).call(WRITE, body={})

    assert [each.outcome for each in raised.value.attempts] == ["ConnectFailed"] * 4
    assert clock.slept == JITTERED
    assert gone in str(raised.value)


async def test_the_history_tells_number_outcome_and_waits(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer(503, retry_after="2"), close, answer(404)) as server:
        with pytest.raises(FlexError) as raised:
            await connect(server).call(READ, "a")

    history = [(each.number, each.outcome, round(each.waited, 3)) for each in raised.value.attempts]
    assert history == [(1, "503", 2.1), (2, "ConnectionLost", 0.5), (3, "404", 0.0)]
    assert [round(each.started, 3) for each in raised.value.attempts] == [0.0, 2.1, 2.6]
    assert "3 attempts" in str(raised.value)


async def test_every_repeat_is_told_to_the_hooks_with_its_cause(connect: Connect) -> None:
    heard: list[Event] = []
    async with RawServer(answer(429, retry_after="1"), close, answer()) as server:
        await connect(server, hooks=[heard.append]).call(READ, "a")

    repeats = [(each.cause, each.hint) for each in heard if isinstance(each, RetryScheduled)]
    assert repeats == [("429", 1.0), ("ConnectionLost", None)]


@pytest.mark.parametrize("draw", [0.0, 0.999])
async def test_waits_without_a_hint_double_up_to_the_cap(
    connect: Connect, clock: FakeClock, draw: float
) -> None:
    retry = Retry(attempts=6, base=1.0, cap=4.0, rng=lambda: draw)
    async with RawServer(answer(500)) as server:
        with pytest.raises(ServerError):
            await connect(server, retry=retry).call(READ, "a")

    assert clock.slept == pytest.approx([draw * top for top in (1, 2, 4, 4, 4)])


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"attempts": 0}, "attempts must be 1 or more, not 0"),
        ({"max_retry_after": -1}, "max_retry_after must be a number of seconds above 0"),
        ({"base": 0}, "base must be"),
        ({"cap": float("nan")}, "cap must be"),
    ],
    ids=["attempts", "max_retry_after", "base", "cap"],
)
def test_impossible_settings_of_retry_are_refused(settings: Any, advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        Retry(**settings)
