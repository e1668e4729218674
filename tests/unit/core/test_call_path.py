"""The two rings: who meets a call in which order, and what each of them may do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import pytest
from servers import RawServer, answer
from service import KEY, KEYED, READ, WRITE, Connect, Item

from flexsdk.core.call import Call, Reply
from flexsdk.core.hooks import AttemptEnded, CallEnded, CallStarted, Event, FirstByte, RetryScheduled
from flexsdk.core.limits import RateLimit
from flexsdk.core.op import Op
from flexsdk.core.retry import Retry
from flexsdk.errors import ConfigError, ServerError
from flexsdk.types import Handler, Middleware


def spy(seen: list[str], name: str) -> Middleware:
    async def middleware(call: Call, forward: Handler) -> Reply[Any]:
        seen.append(name)
        return await forward(call)

    return middleware


class Limits(RateLimit):
    """A limiter that does what a test wants."""

    def __init__(self, act: Middleware) -> None:
        super().__init__()
        self.act = act

    def bind(self, scope: str) -> RateLimit:
        return self

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        return await self.act(call, forward)


async def test_calls_pass_the_call_ring_once_and_the_attempt_ring_with_every_attempt(
    connect: Connect,
) -> None:
    seen: list[str] = []
    async with RawServer(answer(503), answer(200)) as server:
        client = connect(
            server,
            middlewares=[spy(seen, "call 1"), spy(seen, "call 2")],
            attempt_middlewares=[spy(seen, "attempt 1"), spy(seen, "attempt 2")],
            limits=Limits(spy(seen, "limits")),
        )

        await client.call(READ, "a")

    attempt = ["attempt 1", "attempt 2", "limits"]
    assert seen == ["call 1", "call 2", *attempt, *attempt]


async def test_credentials_come_after_the_users_attempt_middlewares_and_before_the_limits(
    connect: Connect,
) -> None:
    seen: list[tuple[str, bool]] = []

    def look(name: str) -> Middleware:
        async def middleware(call: Call, forward: Handler) -> Reply[Any]:
            seen.append((name, bool(call.credentials)))
            return await forward(call)

        return middleware

    async with RawServer(answer()) as server:
        client = connect(server, attempt_middlewares=[look("user")], limits=Limits(look("limits")))

        await client.call(READ, "a")

    assert seen == [("user", False), ("limits", True)]
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_a_waiting_limiter_holds_no_slot(connect: Connect) -> None:
    held = asyncio.Event()

    async def hold_first(call: Call, forward: Handler) -> Reply[Any]:
        if call.target.endswith("first"):
            await held.wait()
        return await forward(call)

    async with RawServer(answer()) as server:
        client = connect(server, max_connections=1, limits=Limits(hold_first))
        first = asyncio.create_task(client.call(READ, "first"))
        await asyncio.sleep(0)

        await client.call(READ, "second", deadline=1)
        held.set()
        await first

    assert server.lines == ["GET /items/second HTTP/1.1", "GET /items/first HTTP/1.1"]


@pytest.mark.parametrize("ring", ["middlewares", "attempt_middlewares"])
async def test_no_middleware_of_the_user_ever_meets_the_key(connect: Connect, ring: str) -> None:
    seen: list[str] = []

    async def look(call: Call, forward: Handler) -> Reply[Any]:
        seen.append(state(call))
        reply = await forward(call)
        seen.append(state(call) + state(reply.call))
        return reply

    def state(call: Call) -> str:
        return repr([getattr(call, name) for name in Call.__slots__])

    async with RawServer(answer(503), answer()) as server:
        await connect(server, **{ring: [look]}).call(READ, "a")

    assert len(seen) >= 2
    assert KEY not in "".join(seen)


async def test_a_reply_in_the_users_hands_holds_no_key(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        reply = await connect(server).send(READ, "a")

    assert KEY not in repr([getattr(reply.call, name) for name in Call.__slots__])


class Once:
    """A middleware as a class: one object for each call, which can be called, too."""

    def __init__(self, call: Call, forward: Handler) -> None:
        call.headers["X-Once"] = "1"
        self._reply = forward(call)

    def __await__(self) -> Generator[Any, None, Reply[Any]]:
        return self._reply.__await__()

    def __call__(self) -> None:
        raise AssertionError("nobody calls the object")


async def test_a_middleware_may_be_a_class(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        await connect(server, middlewares=[Once]).call(READ, "a")

    assert server.requests[0].headers["x-once"] == "1"


async def test_a_middleware_may_change_headers_target_and_timeout(connect: Connect) -> None:
    async def change(call: Call, forward: Handler) -> Reply[Any]:
        call.headers["X-Tenant"] = "blue"
        call.target = "/elsewhere?x=1"
        call.timeout = 5.0
        return await forward(call)

    async with RawServer(answer()) as server:
        await connect(server, middlewares=[change]).call(READ, "a")

    assert server.lines == ["GET /elsewhere?x=1 HTTP/1.1"]
    assert server.requests[0].headers["x-tenant"] == "blue"


@pytest.mark.parametrize(
    "options", [{}, {"headers": {"X-Own": "1"}}], ids=["no headers", "view with headers"]
)
async def test_a_header_set_by_a_middleware_stays_with_its_call(
    connect: Connect, options: dict[str, Any]
) -> None:
    async def mark_first(call: Call, forward: Handler) -> Reply[Any]:
        if call.target.endswith("first"):
            call.headers["X-Tenant"] = "blue"
        return await forward(call)

    async with RawServer(answer()) as server:
        client = connect(server, middlewares=[mark_first]).with_options(**options)
        await client.call(READ, "first")
        await client.call(READ, "second")
        await connect(server).call(READ, "third")

    tenants = [request.headers.get("x-tenant") for request in server.requests]
    assert tenants == ["blue", None, None]


async def test_a_middleware_may_forward_twice(connect: Connect) -> None:
    async def twice(call: Call, forward: Handler) -> Reply[Any]:
        await forward(call)
        return await forward(call)

    async with RawServer(answer(200, b'{"id":"one"}'), answer(200, b'{"id":"two"}')) as server:
        reply = await connect(server, middlewares=[twice]).send(READ, "a")

    assert reply.value.id == "two"
    assert [attempt.number for attempt in reply.attempts] == [1, 2]


async def test_a_middleware_may_answer_itself(connect: Connect) -> None:
    async def cache(call: Call, forward: Handler) -> Reply[Any]:
        return Reply(call, 200, {}, b'{"id":"cached"}')

    async with RawServer(answer()) as server:
        item = await connect(server, middlewares=[cache]).call(READ, "a")

    assert item.id == "cached"
    assert server.requests == []


async def test_an_error_status_is_a_reply_inside_the_rings_and_an_error_outside(connect: Connect) -> None:
    statuses = []

    async def look(call: Call, forward: Handler) -> Reply[Any]:
        reply = await forward(call)
        statuses.append(reply.status)
        return reply

    async with RawServer(answer(500)) as server:
        client = connect(server, middlewares=[look])
        with pytest.raises(ServerError):
            await client.call(WRITE, body={})

    assert statuses == [500]


async def test_retry_can_be_removed(connect: Connect) -> None:
    async with RawServer(answer(503)) as server:
        with pytest.raises(ServerError):
            await connect(server, retry=None).call(READ, "a")

    assert len(server.requests) == 1


async def test_retry_can_be_replaced_by_any_middleware(connect: Connect) -> None:
    async def once_more(call: Call, forward: Handler) -> Reply[Any]:
        reply = await forward(call)
        return await forward(call) if reply.status == 418 else reply

    async with RawServer(answer(418), answer(200)) as server:
        assert await connect(server, retry=once_more).call(WRITE, body={}) == Item()

    assert len(server.requests) == 2


async def test_retry_can_stand_outside_the_users_call_middlewares(connect: Connect) -> None:
    seen: list[str] = []
    async with RawServer(answer(503), answer(200)) as server:
        middlewares = [Retry(rng=lambda: 0.0), spy(seen, "inside")]
        await connect(server, middlewares=middlewares, retry=None).call(READ, "a")

    assert seen == ["inside", "inside"]


async def test_call_gives_the_value_and_send_the_whole_reply(connect: Connect) -> None:
    body = b'{"id":"a","size":3}'
    served = answer(
        200, body, x_request_id="req-7", x_ratelimit_limit="60", x_ratelimit_remaining="59", x_other="o"
    )
    async with RawServer(served) as server:
        client = connect(server)
        value = await client.call(READ, "a")
        reply = await client.send(READ, "a")

    assert value == reply.value == Item(id="a", size=3)
    assert (reply.status, reply.headers["x-other"], reply.request_id) == (200, "o", "req-7")
    assert [(limit.limit, limit.remaining) for limit in reply.rate_limit] == [(60, 59)]
    assert [(attempt.number, attempt.outcome) for attempt in reply.attempts] == [(1, "200")]


async def test_an_operation_of_the_users_own_works(connect: Connect) -> None:
    own = Op("own", "PUT", "/teams/{team}/items/{item}", dict[str, int])
    async with RawServer(answer(200, b'{"size":3}')) as server:
        value = await connect(server).call(
            own, "t 1", 7, query={"dry": True, "tag": ["a", "b"]}, body={"x": 1}
        )

    assert value == {"size": 3}
    assert server.lines == ["PUT /teams/t%201/items/7?dry=true&tag=a&tag=b HTTP/1.1"]
    assert server.requests[0].body == b'{"x":1}'
    assert server.requests[0].headers["content-type"] == "application/json"


async def test_hooks_hear_of_attempts_waits_and_the_end(connect: Connect) -> None:
    heard: list[Event] = []
    async with RawServer(answer(503, retry_after="2"), answer(200)) as server:
        await connect(server, hooks=[heard.append]).call(READ, "a")

    assert heard == [
        CallStarted(op="read", base_url=server.url),
        FirstByte(op="read", attempt=1, seconds=0.0),
        AttemptEnded(op="read", attempt=1, outcome="503", seconds=0.0),
        RetryScheduled(op="read", attempt=1, cause="503", wait=2.1, hint=2.0),
        FirstByte(op="read", attempt=2, seconds=0.0),
        AttemptEnded(op="read", attempt=2, outcome="200", seconds=0.0),
        CallEnded(op="read", outcome="200", attempts=2, seconds=2.1),
    ]


async def test_a_hook_that_raises_harms_no_call_and_is_logged(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Event) -> None:
        raise ValueError("of the hook")

    async with RawServer(answer()) as server:
        assert await connect(server, hooks=[broken]).call(READ, "a") == Item()

    assert "a hook failed on CallEnded" in caplog.text


async def test_an_exception_of_a_middleware_passes_and_is_not_reported_as_a_cancellation(
    connect: Connect,
) -> None:
    heard: list[Event] = []

    async def broken(call: Call, forward: Handler) -> Reply[Any]:
        raise LookupError("of the middleware")

    async with RawServer(answer()) as server:
        with pytest.raises(LookupError, match="of the middleware"):
            await connect(server, middlewares=[broken], hooks=[heard.append]).call(READ, "a")

    assert isinstance(heard[-1], CallEnded)
    assert heard[-1].outcome == "LookupError"


# --- keyed operations


async def test_a_keyed_operation_sends_one_key_for_all_attempts_and_a_new_one_for_each_call(
    connect: Connect,
) -> None:
    async with RawServer(answer(500), answer(200)) as server:
        client = connect(server)
        await client.call(KEYED, body={})
        await client.call(KEYED, body={})
        await client.call(KEYED, body={}, idempotency_key="mine-1")

    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] == "mine-1"


async def test_an_idempotency_key_is_refused_where_none_is_documented(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        with pytest.raises(ConfigError, match="no idempotency key for write"):
            await connect(server).call(WRITE, body={}, idempotency_key="mine-1")

    assert server.requests == []
