"""Ingestion through a real client, against a server."""

from __future__ import annotations

from typing import Any

from ingest_kit import collect
from servers import RawServer, answer, reset
from service import KEYED, READ, WRITE, Connect, Item, Service

from flexsdk.core.op import Replay
from flexsdk.errors import RateLimited
from flexsdk.ingest import Done, GaveUp, NoJournal, Operation, Uncertain, ingest


def writing(service: Service, op: Any) -> Operation[str, Item]:
    async def send(name: str, **options: Any) -> Item:
        return await service.call(op, body={"name": name}, **options)

    return Operation(send, op)


async def test_an_outcome_tells_all_attempts(connect: Connect) -> None:
    async with RawServer(answer(503), answer(200, b'{"id":"a"}')) as server:
        service = connect(server)

        (outcome,) = await collect(["a"], Operation(lambda item: service.call(READ, item), READ))

    assert isinstance(outcome, Done)
    assert outcome.value == Item(id="a")
    assert [attempt.outcome for attempt in outcome.attempts] == ["503", "200"]


async def test_a_client_method_is_an_operation_as_it_is(connect: Connect) -> None:
    async with RawServer(answer(201)) as server:
        service = connect(server)

        async def create(name: str, **options: Any) -> Item:
            return await service.call(KEYED, body={"name": name}, **options)

        await collect(["a"], Operation(create, KEYED), journal=NoJournal("import"))

    assert server.requests[0].headers["idempotency-key"] == NoJournal("import").idempotency_key("0", 0)


async def test_a_lost_answer_makes_an_item_uncertain_and_tells_what_was_tried(connect: Connect) -> None:
    async with RawServer(reset) as server:
        (outcome,) = await collect(["a"], writing(connect(server), WRITE))

    assert isinstance(outcome, Uncertain)
    assert [attempt.outcome for attempt in outcome.attempts] == ["ConnectionLost"]


async def test_a_refusal_after_a_first_request_does_not_send_the_first_again(connect: Connect) -> None:
    async with RawServer(answer(201), answer(429, retry_after="1")) as server:
        service = connect(server)

        async def twice(name: str) -> None:
            await service.call(WRITE, body={"name": name}, attempts=1)
            await service.call(WRITE, body={"name": name}, attempts=1)

        (outcome,) = await collect(["a"], Operation(twice, Replay.NEVER))

    assert isinstance(outcome, Uncertain)
    assert isinstance(outcome.error, RateLimited)
    assert len(server.requests) == 2


async def test_reads_before_a_refusal_make_nothing_uncertain(connect: Connect) -> None:
    quota = answer(429, b'{"code":"quota"}')
    async with RawServer(answer(200), quota) as server:
        service = connect(server)

        async def look_and_write(name: str) -> None:
            await service.call(READ, name)
            await service.call(WRITE, body={"name": name})

        (outcome,) = await collect(["a"], Operation(look_and_write, Replay.NEVER))

    assert isinstance(outcome, GaveUp)


async def test_refusals_make_it_work_on_fewer_items(connect: Connect) -> None:
    async with RawServer(*[answer(429, retry_after="1")] * 8, answer(201)) as server:
        operation = writing(connect(server), WRITE)

        async with ingest(map(str, range(8)), operation) as run:
            before = run.progress.concurrency
            outcomes = [outcome async for outcome in run]

    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert run.progress.concurrency < before
